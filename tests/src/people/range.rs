//! How long a wait somebody was told, read back from the words.

use anyhow::{Context, Result, bail};

/// A range of minutes, as it is written on a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Its lower end.
    pub low: u32,
    /// Its upper end; none: nobody knows how much more.
    pub high: Option<u32>,
}

impl Range {
    /// Reads `20 to 45 minutes`, `45 minutes to 1½ hours`, `less than 2 minutes`, `more than 2 hours` and
    /// `1 to over 2 hours`.
    pub fn read(words: &str) -> Result<Self> {
        let words = words.trim().trim_end_matches('.');
        if let Some(high) = words.strip_prefix("less than ") {
            return Ok(Self { low: 0, high: Some(amount(high, "")?) });
        }
        if let Some(low) = words.strip_prefix("more than ") {
            return Ok(Self { low: amount(low, "")?, high: None });
        }
        let Some((low, high)) = words.split_once(" to ") else { bail!("{words:?} is no range") };
        let (high, is_open) = high.strip_prefix("over ").map_or((high, false), |high| (high, true));
        let unit = high.split_once(' ').map_or("", |(_, unit)| unit);
        let (low, high) = (amount(low, unit)?, amount(high, unit)?);
        Ok(Self { low, high: (!is_open).then_some(high) })
    }
}

/// `20`, `20 minutes` or `1½ hours`, in minutes. The other end's unit serves where there is none.
fn amount(words: &str, unit: &str) -> Result<u32> {
    let (number, unit) = words.split_once(' ').unwrap_or((words, unit));
    let whole: u32 =
        number.trim_end_matches('½').parse().with_context(|| format!("{words:?} is no amount"))?;
    Ok(match (unit, number.ends_with('½')) {
        ("minute" | "minutes", false) => whole,
        ("hour" | "hours", false) => whole * 60,
        ("hour" | "hours", true) => whole * 60 + 30,
        _ => bail!("{words:?} has no unit"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_say_a_range_is_read() -> Result<()> {
        let range = |low, high| Range { low, high };
        for (words, read) in [
            ("less than 2 minutes", range(0, Some(2))),
            ("20 to 45 minutes", range(20, Some(45))),
            ("45 minutes to 1½ hours", range(45, Some(90))),
            ("1 to 2 hours", range(60, Some(120))),
            ("more than 2 hours.", range(120, None)),
            ("1 to over 2 hours", range(60, None)),
        ] {
            assert_eq!(Range::read(words)?, read, "{words}");
        }
        assert!(Range::read("We can't say how long it will be.").is_err());
        Ok(())
    }
}
