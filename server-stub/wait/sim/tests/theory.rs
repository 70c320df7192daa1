//! The simulation itself, against what theory knows and what others have measured.
//!
//! If this holds, a rule that does well in the simulation does well for a reason.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

use tealight_wait::Minutes;
use tealight_wait::closed_form::qlm as delay;
use tealight_wait_sim::{
    LastMet, LastTen, LineUp, Measures, Outcome, QueueLength, QueueLengthMarkov, Row, Showing, VISITORS, all,
    run_all, scenario,
};

#[test]
fn scenario_a_is_the_queue_of_the_textbook() {
    let (slots, mean, patience) = (20.0, 45.0, 40.0);
    let (service, leaving) = (slots / mean, 1.0 / patience);
    let arrivals = 1.2 * service;
    // Stationary chances of k people in the helpline (a birth-and-death chain), seen by whoever arrives.
    let mut chances = vec![1.0];
    for k in 1..400 {
        let rate = f64::min(k as f64, slots) / mean + f64::max(k as f64 - slots, 0.0) * leaving;
        chances.push(chances[k - 1] * arrivals / rate);
    }
    let all: f64 = chances.iter().sum();
    let delayed: f64 = chances[20..].iter().sum();
    let (mut wait, mut square) = (0.0, 0.0);
    for (ahead, chance) in chances[20..].iter().enumerate() {
        let delay = delay(ahead as u32, 20, Minutes(mean), leaving);
        wait += chance / delayed * delay.mean.0;
        square += chance / delayed * delay.variance;
    }

    let outcome = &outcomes("A")[0];
    let qlm = of(outcome, "QLm");
    let share = f64::from(qlm.scored) / (VISITORS as f64 * 0.9);
    assert!(close(share, delayed / all, 0.02), "who has to wait: {share}, in theory {}", delayed / all);
    assert!(close(qlm.mean_wait, wait, 0.04), "offered wait: {}, in theory {wait}", qlm.mean_wait);
    // QLm is the exact mean there: what is left of its error is the wait's own spread.
    assert!(close(qlm.rmse, square.sqrt(), 0.03), "error: {}, in theory {}", qlm.rmse, square.sqrt());
    assert!(qlm.bias.abs() < 0.02 * wait, "bias: {}", qlm.bias);
    for (found, nominal) in qlm.above.unwrap().into_iter().zip([0.75, 0.5, 0.2, 0.1]) {
        assert!((found - nominal).abs() < 0.015, "{:?}", qlm.above);
    }
}

#[test]
fn the_rules_of_others_are_as_wrong_as_an_independent_simulation_found_them() {
    // Error and bias in minutes. The roster of D is our own, so that D can only be alike.
    let reference = [
        ('A', "QL", 5.6, 2.1),
        ('A', "QLm", 4.7, 0.1),
        ('A', "last 10", 7.6, -2.4),
        ('B', "QL", 16.0, 8.1),
        ('B', "QLm", 11.7, 1.3),
        ('B', "last 10", 20.1, -9.8),
        ('C', "QL", 27.3, 15.0),
        ('C', "QLm", 19.2, 4.2),
        ('C', "last 10", 30.8, -18.4),
        ('D', "QL", 18.0, 7.0),
        ('D', "QLm", 14.0, 0.8),
        ('D', "last 10", 21.9, -11.9),
    ];
    let outcomes = outcomes("ABCD");
    for (letter, rule, rmse, bias) in reference {
        let outcome = outcomes.iter().find(|outcome| outcome.scenario.letter == letter).unwrap();
        let found = of(outcome, rule);
        let (apart, minutes) = if letter == 'D' { (0.2, 3.0) } else { (0.10, 1.0) };
        assert!(close(found.rmse, rmse, apart), "{letter} {rule}: error {} for {rmse}", found.rmse);
        assert!((found.bias - bias).abs() < minutes, "{letter} {rule}: bias {} for {bias}", found.bias);
    }
}

#[test]
fn the_same_seed_gives_the_same_measures_in_any_number_of_threads() {
    let scenarios = all(600);
    let together = run_all(&scenarios, |_| line_up());
    for (scenario, outcome) in scenarios.iter().zip(&together) {
        let alone = run_all(std::slice::from_ref(scenario), |_| line_up());
        assert_eq!(format!("{:?}", alone[0].rows), format!("{:?}", outcome.rows));
    }
    let mut other = scenarios[1].clone();
    other.seed += 1;
    let other = run_all(&[other], |_| line_up());
    assert_ne!(format!("{:?}", other[0].rows), format!("{:?}", together[1].rows));
}

fn outcomes(letters: &str) -> Vec<Outcome> {
    let scenarios: Vec<_> =
        letters.chars().map(|letter| scenario(letter, VISITORS).expect("a known letter")).collect();
    run_all(&scenarios, |_| line_up())
}

fn line_up() -> LineUp {
    let number = |title, rule| Row { title, rule, showing: Showing::Number };
    LineUp {
        rules: vec![Box::new(QueueLength), Box::new(QueueLengthMarkov), Box::new(LastTen), Box::new(LastMet)],
        rows: vec![number("QL", 0), number("QLm", 1), number("last 10", 2), number("last", 3)],
    }
}

fn of<'a>(outcome: &'a Outcome, title: &str) -> &'a Measures {
    outcome.of(title).expect("a row of the line-up")
}

fn close(found: f64, expected: f64, share: f64) -> bool {
    (found / expected - 1.0).abs() < share
}
