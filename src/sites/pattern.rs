//! Patterns over names: `*` stands for any run of characters, `?` for one; case is ignored.

/// A pattern, ready to be asked often. Asking allocates nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    marks: Vec<Mark>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Run,
    One,
    Just(char),
}

impl Pattern {
    /// A pattern for the whole name.
    pub fn of(text: &str) -> Pattern {
        let mut marks: Vec<Mark> = text
            .chars()
            .map(|c| match c {
                '*' => Mark::Run,
                '?' => Mark::One,
                other => Mark::Just(other),
            })
            .collect();
        marks.dedup_by(|a, b| (*a, *b) == (Mark::Run, Mark::Run));
        Pattern { marks }
    }

    /// A pattern for a name that contains this.
    pub fn within(text: &str) -> Pattern {
        Pattern::of(&format!("*{text}*"))
    }

    /// How many characters it spells out: the more, the more particular.
    pub fn literals(&self) -> usize {
        self.marks.iter().filter(|mark| matches!(mark, Mark::Just(_))).count()
    }

    /// Whether the name matches. At worst the product of the two lengths.
    pub fn matches(&self, name: &str) -> bool {
        let mut rest = name.chars();
        let mut at = 0;
        // After the last run: where the pattern goes on, and the name when it was last tried there.
        let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            let before = rest.clone();
            match (self.marks.get(at), rest.next()) {
                (Some(Mark::Run), _) => {
                    at += 1;
                    rest = before.clone();
                    retry = Some((at, before));
                    continue;
                }
                (Some(Mark::One), Some(_)) => at += 1,
                (Some(Mark::Just(own)), Some(c)) if same(*own, c) => at += 1,
                (None, None) => return true,
                (_, None) => return false,
                (_, Some(_)) => {
                    let Some((resume, from)) = &mut retry else { return false };
                    _ = from.next();
                    (at, rest) = (*resume, from.clone());
                }
            }
        }
    }
}

fn same(a: char, b: char) -> bool {
    a == b || a.to_lowercase().eq(b.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_others() {
        for (pattern, name) in
            [("*", ""), ("bkk-*", "BKK-FW01"), ("*fw??", "tyo-fw01"), ("a*b*c", "aXbXbc"), ("É*", "école"), ("x", "x")]
        {
            assert!(Pattern::of(pattern).matches(name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("bkk-*", "tyo-fw"), ("a?c", "ac"), ("", "x"), ("a*b", "abc"), ("*a", ""), ("fw", "fw1")]
        {
            assert!(!Pattern::of(pattern).matches(name), "{pattern} {name}");
        }
        assert!(Pattern::within("fw").matches("the FW of Tokyo"));
    }

    #[test]
    fn a_malicious_pattern_ends_soon() {
        let pattern = Pattern::of(&"*a".repeat(500));
        assert!(!pattern.matches(&"a".repeat(5_000).replace("aaaaaaaaaaa", "b")));
        assert!(!Pattern::of("*a*b").matches(&"a".repeat(20_000)));
    }
}
