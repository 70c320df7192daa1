//! A few bytes for each thing that happens: what a fuzzer mutates, and what a seed is written in.

use arbitrary::{Arbitrary, Unstructured};

/// Most things that happen in one run: enough for any state, and quick.
const MOST_STEPS: usize = 400;

/// One thing that happens. What the numbers mean is the target's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// What.
    pub(crate) what: u8,
    /// Which.
    pub(crate) which: u8,
    /// How.
    pub(crate) how: u8,
    /// With which words: only where `what` is 128 or more.
    pub(crate) words: String,
}

impl Step {
    /// A step without words.
    pub(crate) fn new(what: u8, which: u8, how: u8) -> Self {
        Self { what: what & 127, which, how, words: String::new() }
    }

    /// A step with words.
    pub(crate) fn with(what: u8, which: u8, how: u8, words: &str) -> Self {
        Self { what: what | 128, which, how, words: words.to_owned() }
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend([self.what, self.which, self.how]);
        if self.what >= 128 {
            let length = u16::try_from(self.words.len()).unwrap_or(u16::MAX);
            bytes.extend(length.to_le_bytes());
            bytes.extend(&self.words.as_bytes()[..usize::from(length)]);
        }
    }
}

impl<'a> Arbitrary<'a> for Step {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let [what, which, how] = <[u8; 3]>::arbitrary(bytes)?;
        let mut words = String::new();
        if what >= 128 {
            let length = usize::from(u16::arbitrary(bytes)?).min(bytes.len());
            words = String::from_utf8_lossy(bytes.bytes(length)?).into_owned();
        }
        Ok(Self { what, which, how, words })
    }
}

/// Reads as many steps as there are.
pub(crate) fn read(bytes: &[u8]) -> Vec<Step> {
    let mut rest = Unstructured::new(bytes);
    let mut steps = Vec::new();
    while !rest.is_empty() && steps.len() < MOST_STEPS {
        match Step::arbitrary(&mut rest) {
            Ok(step) => steps.push(step),
            Err(_) => break,
        }
    }
    steps
}

/// Writes steps so that [`read`] reads them.
pub(crate) fn write(steps: &[Step]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for step in steps {
        step.write(&mut bytes);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let steps = [Step::new(3, 4, 5), Step::with(7, 0, 255, "a word"), Step::new(0, 0, 0)];
        assert_eq!(read(&write(&steps)), steps);
    }
}
