//! What kind of world a seed makes: which helpline, which database, which network, how much goes wrong.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use tealight_server::testing::CONFIG;

/// A kind of world.
#[derive(Debug)]
pub(super) struct Recipe {
    /// The helpline's configuration.
    pub(super) toml: String,
    /// Visitors choose one of these.
    pub(super) areas: Vec<String>,
    /// The areas of each operator; none means all.
    pub(super) operators: Vec<Vec<String>>,
    /// Whether the database is a file.
    pub(super) on_disk: bool,
    /// The usual delay of a frame at most, in milliseconds.
    pub(super) latency: u64,
    /// Of a thousand frames, so many take twenty times as long.
    pub(super) spikes: u32,
    /// Of a hundred things that happen, so many are failures of the server.
    pub(super) server_failures: u32,
    /// Of a hundred messages, so many are so long that a history of them needs several pages.
    pub(super) long_words: u32,
    /// How many things happen.
    pub(super) actions: u32,
}

impl Recipe {
    pub(super) fn new(seed: u64) -> Self {
        // Not the dice of the run itself: a change of the recipe must not change every run.
        let mut rng = ChaCha20Rng::seed_from_u64(!seed);
        let areas: Vec<String> = if rng.random_range(0..3) == 0 {
            vec!["north".to_owned(), "south".to_owned()]
        } else {
            Vec::new()
        };
        let operators = (0..rng.random_range(2..=3))
            .map(|_| areas.iter().filter(|_| rng.random_range(0..3) == 0).cloned().collect())
            .collect();
        Self {
            toml: toml(&mut rng, &areas),
            areas,
            operators,
            on_disk: rng.random_range(0..4) == 0,
            latency: [5, 80, 600, 2_000][rng.random_range(0..4)],
            spikes: [0, 0, 20, 100][rng.random_range(0..4)],
            server_failures: [1, 3, 15][rng.random_range(0..3)],
            long_words: [0, 0, 30, 80][rng.random_range(0..4)],
            actions: rng.random_range(60..160),
        }
    }
}

fn toml(rng: &mut ChaCha20Rng, areas: &[String]) -> String {
    // Runs begin on a Saturday at 20:00, and last three or four minutes before everything is put right.
    let hours = match rng.random_range(0..6) {
        0 => r#"hours = [{ days = ["sat"], from = "18:00", to = "20:02" }]"#,
        1 => {
            r#"hours = [{ days = ["sat"], from = "18:00", to = "20:01" }, { days = ["sat"], from = "20:03", to = "23:00" }]"#
        }
        _ => "",
    };
    let capacity = [200, 200, 3][rng.random_range(0..3)];
    let place_hold = rng.random_range(2..=5);
    let ready_hold = [10, 90][rng.random_range(0..2)];
    let after_closing = [0, 1, 30][rng.random_range(0..3)];
    let retention = [24, 24, 1, 0][rng.random_range(0..4)];
    let lease = [5, 20, 60][rng.random_range(0..3)];
    let mut toml = CONFIG.replace("[[alternatives]]", &format!("{hours}\n[[alternatives]]"));
    toml.push_str(&format!(
        "capacity = {capacity}\nplace_hold_minutes = {place_hold}\nready_hold_seconds = {ready_hold}\n\
         after_closing_minutes = {after_closing}\n[limits]\nretention_hours = {retention}\n\
         operator_lease_seconds = {lease}\n"
    ));
    for area in areas {
        toml.push_str(&format!("[[areas]]\nid = \"{area}\"\nname = \"{area}\"\n"));
    }
    toml
}
