//! The gates, on a run short enough for every day, and proof that they can be failed.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

use tealight_wait_sim::{
    Asked, Estimator, Forecast, Gate, LineUp, OURS, Ours, Outcome, QueueLengthMarkov, Room, Row, Scenario,
    Showing, TEXTBOOK, Told, all, judge, line_up, run_all, scenario,
};

/// Visitors in each scenario: enough for the shares that the gates ask for, and a few seconds.
const SHORT: usize = 3_000;

#[test]
fn the_estimate_passes_every_gate() {
    let gates = judge(&run_all(&all(SHORT), line_up), OURS, TEXTBOOK);
    let failed: Vec<&Gate> = gates.iter().filter(|gate| !gate.is_passed()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(gates.len() > 30, "where are the gates?");
}

#[test]
fn the_promise_is_as_calm_when_it_is_looked_at_as_often_as_a_busy_server_does() {
    let scenario = Scenario { look_every: 1.0 / 6.0, ..scenario('E', 1_000).unwrap() };
    for gate in judge(&run_all(&[scenario], line_up), OURS, TEXTBOOK) {
        if [Asked::SawWorse, Asked::Changes, Asked::Unannounced, Asked::OverFirst].contains(&gate.asked) {
            assert!(gate.is_passed(), "{gate:?}");
        }
    }
}

#[test]
fn an_estimator_that_counts_on_twice_as_many_slots_fails() {
    let failed = failed_in("D", |scenario| Box::new(Dreamer(Ours::new(scenario.seed))), Showing::Promise);
    for asked in [Asked::Error, Asked::Bias, Asked::SawWorse] {
        assert!(failed.contains(&asked), "{failed:?}");
    }
}

#[test]
fn a_good_estimate_without_the_promise_fails() {
    for showing in [Showing::Number, Showing::Range] {
        let failed = failed_in("B", |scenario| Box::new(Ours::new(scenario.seed)), showing);
        assert!(failed.contains(&Asked::SawWorse) && failed.contains(&Asked::Changes), "{failed:?}");
        assert!(!failed.contains(&Asked::AboveQ90), "{failed:?}");
        assert_eq!(failed.contains(&Asked::OverFirst), showing == Showing::Number, "{failed:?}");
    }
}

#[test]
fn an_estimator_that_never_says_it_takes_longer_fails() {
    let failed = failed_in("B", |scenario| Box::new(Silent(Ours::new(scenario.seed))), Showing::Promise);
    assert!(failed.contains(&Asked::Unannounced), "{failed:?}");
}

#[test]
fn an_estimator_that_speaks_only_when_it_is_easy_fails() {
    let failed = failed_in("C", |scenario| Box::new(Shy(Ours::new(scenario.seed))), Showing::Promise);
    assert!(failed.contains(&Asked::NoNumber), "{failed:?}");
}

/// Believes that twice as many are on duty as there are.
struct Dreamer(Ours);

impl Estimator for Dreamer {
    fn look(&mut self, room: &Room<'_>) {
        self.0.look(&Room { slots: room.slots * 2, ..*room });
    }

    fn forecast(&self, room: &Room<'_>, place: usize) -> Option<Forecast> {
        self.0.forecast(room, place)
    }

    fn tell(&mut self, room: &Room<'_>, place: usize) -> Told {
        self.0.tell(room, place)
    }

    fn offered(&mut self, id: usize, wait: f64) {
        self.0.offered(id, wait);
    }
}

/// Makes new promises in silence.
struct Silent(Ours);

impl Estimator for Silent {
    fn look(&mut self, room: &Room<'_>) {
        self.0.look(room);
    }

    fn forecast(&self, room: &Room<'_>, place: usize) -> Option<Forecast> {
        self.0.forecast(room, place)
    }

    fn tell(&mut self, room: &Room<'_>, place: usize) -> Told {
        Told { sorry: false, ..self.0.tell(room, place) }
    }

    fn offered(&mut self, id: usize, wait: f64) {
        self.0.offered(id, wait);
    }
}

/// Says nothing to whoever is likely to wait for more than an hour.
struct Shy(Ours);

impl Estimator for Shy {
    fn look(&mut self, room: &Room<'_>) {
        self.0.look(room);
    }

    fn forecast(&self, room: &Room<'_>, place: usize) -> Option<Forecast> {
        self.0.forecast(room, place).filter(|forecast| forecast.mean < 60.0)
    }

    fn tell(&mut self, room: &Room<'_>, place: usize) -> Told {
        self.0.tell(room, place)
    }

    fn offered(&mut self, id: usize, wait: f64) {
        self.0.offered(id, wait);
    }
}

/// What is failed in these scenarios by an estimator, shown in some way, beside the textbook's.
fn failed_in(
    letters: &str,
    estimator: impl Fn(&Scenario) -> Box<dyn Estimator> + Sync,
    showing: Showing,
) -> Vec<Asked> {
    let scenarios: Vec<Scenario> = letters.chars().filter_map(|letter| scenario(letter, 1_500)).collect();
    let outcomes: Vec<Outcome> = run_all(&scenarios, |scenario| LineUp {
        rules: vec![Box::new(QueueLengthMarkov), estimator(scenario)],
        rows: vec![
            Row { title: TEXTBOOK, rule: 0, showing: Showing::Number },
            Row { title: "tried", rule: 1, showing },
        ],
    });
    let gates = judge(&outcomes, "tried", TEXTBOOK);
    gates.iter().filter(|gate| !gate.is_passed()).map(|gate| gate.asked).collect()
}
