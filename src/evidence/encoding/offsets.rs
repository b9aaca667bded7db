//! Where in the file a place of the decoded text stands: text is as long as its bytes only where both are ASCII.

use std::collections::VecDeque;

/// From here on the text is ASCII, up to the next mark at most: each of its bytes is so many in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// A place in the decoded text.
    pub text: u64,
    /// The same in the bytes as they were written.
    pub raw: u64,
    /// How many bytes an ASCII character takes there: two in UTF-16.
    pub width: u8,
}

/// The marks behind which a record may still begin.
#[derive(Debug, Default)]
pub struct Offsets {
    marks: VecDeque<Mark>,
}

/// More marks than this wait only inside of one record that was made for it; then every second goes, and places in that
/// record come out a little low.
const MOST: usize = 1 << 20;

impl Offsets {
    /// Takes the next marks of a text, in order.
    pub fn extend(&mut self, marks: &[Mark]) {
        self.marks.extend(marks);
        if self.marks.len() > MOST {
            let mut at = 0;
            self.marks.retain(|_| {
                at += 1;
                at % 2 == 1
            });
        }
    }

    /// The place in the file. Places are asked for in order; each is where a record begins, so at an ASCII character or
    /// right behind one.
    pub fn raw(&mut self, text: u64) -> u64 {
        while self.marks.get(1).is_some_and(|next| next.text <= text) {
            self.marks.pop_front();
        }
        let Some(mark) = self.marks.front() else { return text };
        let width = u64::from(mark.width);
        match text.checked_sub(mark.text) {
            Some(after) => mark.raw + after * width,
            None => mark.raw.saturating_sub((mark.text - text) * width),
        }
    }
}
