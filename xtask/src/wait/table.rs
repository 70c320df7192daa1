//! The tables of the simulation, as Markdown that reads well on a terminal too.

use anyhow::{Context, Result};
use tealight_wait_sim::{Gate, Measures, Outcome};

/// Between these lines `docs/wait.md` shows the table of the last full run.
const BEGIN: &str = "<!-- printed by cargo xtask wait-sim: begin -->";
const END: &str = "<!-- printed by cargo xtask wait-sim: end -->";

/// What was measured of each rule in each scenario.
pub(super) fn measures(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for outcome in outcomes {
        let scenario = &outcome.scenario;
        let first = outcome.rows.first().map(|(_, measures)| *measures).unwrap_or_default();
        let met = f64::from(first.scored + first.no_number);
        text.push_str(&format!(
            "**{}: {}.** {met} people had to wait; a slot was offered after {} minutes on average.\n\n",
            scenario.letter,
            scenario.title,
            decimal(first.mean_wait, 1),
        ));
        let heads = [
            "rule",
            "RMSE",
            "bias",
            "over q25",
            "over q50",
            "over q80",
            "over q90",
            "over first",
            "saw it worsen",
            "changes",
            "broken unsaid",
        ];
        let rows = outcome.rows.iter().map(|(title, measures)| row(title, measures)).collect::<Vec<_>>();
        text.push_str(&markdown(&heads, &rows));
        text.push('\n');
    }
    text
}

fn row(title: &str, measures: &Measures) -> Vec<String> {
    let share =
        |share: Option<f64>| share.map_or("–".into(), |share| format!("{} %", decimal(100.0 * share, 1)));
    let above = |index: usize| share(measures.above.map(|above| above[index]));
    let promised = measures.promises > 0;
    vec![
        title.into(),
        decimal(measures.rmse, 1),
        format!("{:+.1}", measures.bias),
        above(0),
        above(1),
        above(2),
        above(3),
        share(Some(measures.over_first)),
        share(Some(measures.saw_worse)),
        decimal(measures.changes, 1),
        if promised { format!("{} of {}", measures.unannounced, measures.promises) } else { "–".into() },
    ]
}

/// Every gate with what was found.
pub(super) fn gates(gates: &[Gate]) -> String {
    let rows = gates.iter().map(|gate| {
        let digits = if gate.found.abs() < 1.0 && gate.most < 1.0 { 3 } else { 2 };
        let allowed = if gate.least < 0.0 {
            format!("within ±{}", gate.most)
        } else if gate.least > 0.0 {
            format!("{} to {}", gate.least, gate.most)
        } else {
            format!("at most {}", decimal(gate.most, digits))
        };
        vec![
            if gate.is_passed() { "ok".into() } else { "FAILED".into() },
            gate.asked.to_string(),
            gate.scenario.to_string(),
            decimal(gate.found, digits),
            allowed,
        ]
    });
    markdown(&["gate", "asked", "in", "found", "allowed"], &rows.collect::<Vec<_>>())
}

/// A document with the table between the two marks replaced.
pub(super) fn into_document(document: &str, table: &str) -> Result<String> {
    let marks = "the document has lost the two lines between which the table belongs";
    let (before, rest) = document.split_once(BEGIN).context(marks)?;
    let (_, after) = rest.split_once(END).context(marks)?;
    Ok(format!("{before}{BEGIN}\n\n{table}{END}{after}"))
}

fn markdown(heads: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([heads[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded = cells.zip(&widths).enumerate().map(|(index, (cell, width))| {
            // The first column reads, the others are compared.
            if index == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "))
    };
    let rule = widths.iter().enumerate().map(|(index, width)| {
        if index == 0 { "-".repeat(*width) } else { format!("{}:", "-".repeat(width - 1)) }
    });
    let mut text = line(&mut heads.iter().copied());
    text.push_str(&format!("| {} |\n", rule.collect::<Vec<_>>().join(" | ")));
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    text
}

/// A number with so many digits; what is no number is a dash.
fn decimal(value: f64, digits: usize) -> String {
    if value.is_finite() { format!("{value:.digits$}") } else { "–".into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tealight_wait_sim::{LineUp, QueueLength, Row, Showing, judge, run_all, scenario};

    #[test]
    fn the_table_has_a_row_for_each_rule_and_no_nonsense() {
        let outcomes = outcomes();
        let text = measures(&outcomes);
        assert_eq!(text.lines().filter(|line| line.starts_with("| QL ")).count(), 2, "{text}");
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        let widths: Vec<_> =
            text.lines().filter(|line| line.starts_with('|')).map(|line| line.chars().count()).collect();
        assert!(widths[..3].iter().all(|width| *width == widths[0]), "{text}");
    }

    #[test]
    fn a_gate_that_is_not_passed_is_easy_to_see() {
        let text = gates(&judge(&outcomes(), "nobody", "QL"));
        assert!(text.lines().skip(2).all(|line| line.starts_with("| FAILED |")), "{text}");
    }

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let document = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let new = into_document(&document, "new\n\n").unwrap();
        assert_eq!(new, format!("before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"));
        assert_eq!(into_document(&new, "new\n\n").unwrap(), new);
        assert!(into_document("without marks", "new").is_err());
    }

    fn outcomes() -> Vec<Outcome> {
        let scenarios = ['B', 'C'].map(|letter| scenario(letter, 300).unwrap());
        run_all(&scenarios, |_| LineUp {
            rules: vec![Box::new(QueueLength)],
            rows: vec![Row { title: "QL", rule: 0, showing: Showing::Number }],
        })
    }
}
