//! Pairs by the shape of the lines before: a device writes the same keys in the same order, so where a value ends is told by the key that
//! should follow it. Whatever is not as expected is read by [`Pairs`], so the pairs are always the same.

use super::pairs::{Between, Pairs, Unclosed, Value, is_plain_key};

/// The keys of a line that was read, in order. Made once for a file.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    /// Each key as it stands behind another pair: ` srcip=`.
    steps: Vec<Box<[u8]>>,
}

/// No line that is worth learning has more pairs.
const MOST_STEPS: usize = 200;

impl Shape {
    /// The pairs of these bytes. Where most of them were not as expected, that is what is expected of the next line.
    #[inline]
    pub fn each<'p>(
        &mut self,
        bytes: &'p [u8],
        between: Between,
        mut take: impl FnMut(&'p [u8], Value<'p>),
    ) -> Result<(), Unclosed<'p>> {
        let mut pairs = Pairs::new(bytes, between);
        if between == Between::Commas {
            return pairs.try_for_each(|pair| pair.map(|(key, value)| take(key, value)));
        }
        let (mut at, mut expected, mut others) = (0, 0, 0);
        loop {
            if let Some(step) = self.steps.get(at)
                && let Some((key, value)) = pairs.as_expected(step, self.steps.get(at + 1).map(|next| &**next))
            {
                take(key, value);
                (at, expected) = (at + 1, expected + 1);
                continue;
            }
            let Some(pair) = pairs.next() else { break };
            let (key, value) = pair?;
            take(key, value);
            others += 1;
            // A key that was expected later: those before it are left out in this line.
            let later = self.steps.iter().skip(at).position(|step| key_of(step) == key);
            at += later.map_or(0, |later| later + 1);
        }
        if others > 2 + expected / 2 {
            self.learn(bytes, between);
        }
        Ok(())
    }

    fn learn(&mut self, bytes: &[u8], between: Between) {
        self.steps.clear();
        let keys = Pairs::new(bytes, between).take(MOST_STEPS).flatten().map(|(key, _)| key);
        self.steps.extend(keys.filter(|key| is_plain_key(key)).map(|key| [b" ", key, b"="].concat().into()));
    }
}

/// The key of a step, without the blank before it and the sign behind.
fn key_of(step: &[u8]) -> &[u8] {
    &step[1..step.len() - 1]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Read = (Vec<(Vec<u8>, String)>, bool);

    fn plainly(line: &[u8]) -> Read {
        let mut all = Vec::new();
        for pair in Pairs::new(line, Between::Blanks) {
            match pair {
                Ok((key, value)) => all.push((key.to_vec(), format!("{value:?}"))),
                Err(_) => return (all, false),
            }
        }
        (all, true)
    }

    fn shaped(shape: &mut Shape, line: &[u8]) -> Read {
        let mut all = Vec::new();
        let whole = shape.each(line, Between::Blanks, |key, value| all.push((key.to_vec(), format!("{value:?}"))));
        (all, whole.is_ok())
    }

    #[test]
    fn a_line_of_the_same_keys_is_read_as_any_other() {
        let mut shape = Shape::default();
        for line in [
            "a=1 b=\"x y\" c=3 d=\"\" e=\"k=v\" f=long-long-long-long-long-value g=h",
            "a=1 b=\"z\" c=3 d=\"\" e=\"k\" f=1 g=h",
            "b=\"he said \"no\" twice\" c=3 d=\"q\\\" c=4\" e=\"\" g=",
            "a=1 b=\"open c=3 d=4 e=5 f=6 g=7",
            "<13>Jun 1 10:00:00 fw a=1 b=2 c=3 d=4 e=\"5\tf=6 g=7\"",
        ] {
            assert_eq!(shaped(&mut shape, line.as_bytes()), plainly(line.as_bytes()), "{line}");
        }
        shape.learn(b"a=1 \"b=2 c=\"d e=f\"", Between::Blanks);
        assert_eq!(shape.steps, [*b" a=", *b" c="].map(Box::<[u8]>::from));
    }

    proptest! {
        #[test]
        fn the_shape_never_changes_what_is_read(
            lines in prop::collection::vec(prop::collection::vec(prop::sample::select(vec![
                "a=", "b=", "c=", " a=", " b=", " c=\"", "\"", "\\\"", "\\", "=", " ", "\t", "x", "value", "0123456789", "-", "é",
            ]), 0..16), 1..6),
        ) {
            let mut shape = Shape::default();
            for line in lines {
                let line = line.concat();
                prop_assert_eq!(shaped(&mut shape, line.as_bytes()), plainly(line.as_bytes()), "{}", line);
            }
        }
    }
}
