//! The geometry of the plots: scales, marks on the axes, and the paths of lines, in pixels. The words are elsewhere.

use std::fmt::Write as _;

use tealight_session::Millis;

use crate::moments::local_time;
use crate::shifts::Step;

/// Turns values into pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    /// The values at both ends.
    pub(crate) values: (f64, f64),
    /// Where these are, in pixels.
    pub(crate) pixels: (f64, f64),
}

impl Scale {
    /// Where a value is; outside the ends, at the nearer one.
    pub(crate) fn at(self, value: f64) -> f64 {
        let (low, high) = self.values;
        let part = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.0 };
        let (from, to) = self.pixels;
        tenth(from + part * (to - from))
    }

    /// Where a moment is.
    pub(crate) fn moment(self, at: Millis) -> f64 {
        self.at(at as f64)
    }
}

/// A tenth of a pixel is fine enough, and keeps the paths short.
fn tenth(pixels: f64) -> f64 {
    (pixels * 10.0).round() / 10.0
}

/// Marks for counts from 0 to at least `most`: whole numbers at even distances, at most six of them.
pub(crate) fn counts(most: u32) -> Vec<u32> {
    let most = most.max(1);
    let step = (0..9)
        .flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u32.pow(power)))
        .find(|step| most.div_ceil(*step) <= 5)
        .unwrap_or(u32::MAX);
    (0..=most.div_ceil(step)).map(|mark| mark.saturating_mul(step)).collect()
}

/// Marks for whole local hours between two moments, so far apart that `most` of them fit.
pub(crate) fn hours(
    from: Millis,
    to: Millis,
    most: usize,
    behind_utc_min: impl Fn(Millis) -> i32,
) -> Vec<(Millis, String)> {
    const QUARTER: Millis = 900_000;
    let length = usize::try_from(to.saturating_sub(from) / (4 * QUARTER)).unwrap_or(usize::MAX);
    let every = [1, 2, 3, 4, 6, 12, 24].into_iter().find(|every| length / every < most.max(1)).unwrap_or(24);
    // Zones lie whole quarters apart.
    let first = from.div_ceil(QUARTER) * QUARTER;
    (0..)
        .map(|quarter| first + quarter * QUARTER)
        .take_while(|at| *at <= to)
        .take(1_000)
        .filter_map(|at| {
            let time = local_time(at, behind_utc_min(at));
            let hour: usize = time.strip_suffix(":00")?.parse().ok()?;
            hour.is_multiple_of(every).then_some((at, time))
        })
        .collect()
}

/// The path of a staircase that ends at a moment.
pub(crate) fn staircase(steps: &[Step], until: Millis, x: Scale, y: Scale) -> String {
    let mut path = String::new();
    let Some(first) = steps.first() else { return path };
    let _ = write!(path, "M{} {}", x.moment(first.at), y.at(f64::from(first.count)));
    for step in &steps[1..] {
        let _ = write!(path, "H{}V{}", x.moment(step.at), y.at(f64::from(step.count)));
    }
    let _ = write!(path, "H{}", x.moment(until));
    path
}

/// The same, closed along the axis, to be filled.
pub(crate) fn staircase_area(steps: &[Step], until: Millis, x: Scale, y: Scale) -> String {
    let Some(first) = steps.first() else { return String::new() };
    let base = y.at(0.0);
    format!("{}V{base}H{}Z", staircase(steps, until, x, y), x.moment(first.at))
}

/// The path through points, interrupted where there is none.
pub(crate) fn line(points: &[Option<(f64, f64)>]) -> String {
    let mut path = String::new();
    let mut is_drawing = false;
    for point in points {
        if let Some((x, y)) = point {
            let _ = write!(path, "{}{} {}", if is_drawing { 'L' } else { 'M' }, tenth(*x), tenth(*y));
        }
        is_drawing = point.is_some();
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: Scale = Scale { values: (0.0, 100.0), pixels: (10.0, 110.0) };
    const Y: Scale = Scale { values: (0.0, 4.0), pixels: (80.0, 0.0) };

    #[test]
    fn values_find_their_place_and_never_leave_the_plot() {
        assert_eq!((X.at(0.0), X.at(50.0), X.at(500.0), X.at(-1.0)), (10.0, 60.0, 110.0, 10.0));
        assert_eq!((Y.at(1.0), Y.at(4.0)), (60.0, 0.0));
        let point = Scale { values: (3.0, 3.0), pixels: (5.0, 9.0) };
        assert_eq!(point.at(3.0), 5.0);
    }

    #[test]
    fn counts_are_marked_at_whole_numbers_and_not_too_often() {
        assert_eq!(counts(0), [0, 1]);
        assert_eq!(counts(5), [0, 1, 2, 3, 4, 5]);
        assert_eq!(counts(7), [0, 2, 4, 6, 8]);
        assert_eq!(counts(23), [0, 5, 10, 15, 20, 25]);
        assert!(counts(u32::MAX).len() <= 6);
    }

    #[test]
    fn hours_are_marked_by_the_local_clock_and_never_crowded() {
        let day = 24 * 3_600_000;
        let names = |most, behind| -> Vec<String> {
            hours(0, day, most, |_| behind).into_iter().map(|(_, name)| name).collect()
        };
        assert_eq!(names(30, 0).len(), 25);
        assert_eq!(
            names(9, 0),
            ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "00:00"]
        );
        assert_eq!(names(5, -330), ["06:00", "12:00", "18:00", "00:00"], "half past the hour by UTC");
        assert_eq!(names(0, 0).len(), 2);
    }

    #[test]
    fn a_staircase_goes_level_and_straight_up_to_its_end() {
        let steps = [Step { at: 0, count: 1 }, Step { at: 50, count: 4 }];
        assert_eq!(staircase(&steps, 80, X, Y), "M10 60H60V0H90");
        assert_eq!(staircase_area(&steps, 80, X, Y), "M10 60H60V0H90V80H10Z");
        assert_eq!(staircase(&[], 80, X, Y) + &staircase_area(&[], 80, X, Y), "");
    }

    #[test]
    fn a_line_is_interrupted_where_nothing_is_known() {
        let points = [Some((0.0, 1.0)), Some((2.0, 3.04)), None, Some((4.0, 5.0)), None];
        assert_eq!(line(&points), "M0 1L2 3M4 5");
    }
}
