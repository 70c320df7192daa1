//! What somebody types for a time of day: `18`, `18:30`, `1830`, `18.30`, `6 pm`.

/// Minutes after midnight, 0 to 1,440. `None`: not a time.
pub(crate) fn minute_of_day(typed: &str) -> Option<u32> {
    let typed = typed.trim().to_ascii_lowercase();
    let (digits, half) = match (strip_half(&typed, 'a'), strip_half(&typed, 'p')) {
        (Some(rest), _) => (rest, Some(0)),
        (None, Some(rest)) => (rest, Some(12)),
        (None, None) => (typed.as_str(), None),
    };
    let (hour, minute) = match digits.split_once([':', '.', 'h']) {
        Some((hour, "")) => (hour, "0"),
        Some((hour, minute)) if minute.len() == 2 => (hour, minute),
        Some(_) => return None,
        None if digits.len() > 2 => digits.split_at_checked(digits.len() - 2)?,
        None => (digits, "0"),
    };
    let number = |text: &str| {
        let is_number = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<u32>().ok()).flatten()
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    let hour = match half {
        None => hour,
        Some(later) if (1..=12).contains(&hour) => hour % 12 + later,
        Some(_) => return None,
    };
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= 1_440).then_some(minutes)
}

/// What stands before "am", "a.m.", "pm" and the like.
fn strip_half(typed: &str, letter: char) -> Option<&str> {
    let typed = typed.trim_end_matches('.');
    let typed = typed.strip_suffix('m')?.trim_end_matches('.');
    Some(typed.strip_suffix(letter)?.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_understood_as_people_write_them() {
        for typed in ["18:30", "1830", "18.30", "18h30", " 6:30 pm", "6.30 p.m.", "630pm"] {
            assert_eq!(minute_of_day(typed), Some(18 * 60 + 30), "{typed}");
        }
        for (typed, minutes) in
            [("0", 0), ("7", 420), ("7h", 420), ("07:05", 425), ("24:00", 1_440), ("12am", 0), ("12 pm", 720)]
        {
            assert_eq!(minute_of_day(typed), Some(minutes), "{typed}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for typed in
            ["", "x", "25", "24:01", "18:60", "18:3", "-1", "13 pm", "0am", "18:30:00", "12345", "1é0", "６"]
        {
            assert_eq!(minute_of_day(typed), None, "{typed}");
        }
    }
}
