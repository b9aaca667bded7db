//! Which arrays are envelopes: one document around many records, as clouds and search engines export them.

/// Arrays by the keys on the way to them that hold records wherever they stand: Azure's and AWS's blobs, CloudWatch
/// subscriptions, Elasticsearch answers, Windows events turned to JSON.
const USUAL: [(&[u8], &[u8]); 4] = [(b"", b"records"), (b"", b"logevents"), (b"hits", b"hits"), (b"events", b"event")];

/// Arrays that hold records only if the file begins with them.
const AMBIGUOUS: [&[u8]; 11] = [
    b"events",
    b"value",
    b"results",
    b"data",
    b"logs",
    b"entries",
    b"items",
    b"messages",
    b"alerts",
    b"rows",
    b"flows",
];

/// How many keys may stand before an ambiguous one: an envelope says little about itself.
const FEW: u8 = 6;
/// The longest key that matters.
const LONGEST: usize = 12;

/// What an array may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// Part of a record.
    None,
    /// An envelope's.
    Usual,
    /// An envelope's, if the file begins with it.
    Ambiguous,
}

/// The keys of the two outermost levels on the way to where a document is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Key {
    outer: Name,
    inner: Name,
    /// The level of the key being read: 1 or 2; 0 while none is.
    level: u8,
    /// How many keys of the outermost level have begun.
    keys: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Name {
    /// In lower case.
    text: [u8; LONGEST],
    /// More than [`LONGEST`] where it is longer.
    length: u8,
}

impl Key {
    /// A key begins at this depth.
    pub(super) fn begin(&mut self, depth: u64) {
        match depth {
            1 => {
                (self.outer, self.inner, self.level) = (Name::default(), Name::default(), 1);
                self.keys = self.keys.saturating_add(1);
            }
            2 => (self.inner, self.level) = (Name::default(), 2),
            _ => {}
        }
    }

    /// Bytes inside a string.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        match self.level {
            1 => self.outer.take(bytes),
            2 => self.inner.take(bytes),
            _ => {}
        }
    }

    /// The string has ended.
    pub(super) fn close(&mut self) {
        self.level = 0;
    }

    /// What the array is that stands at this depth: inside one object, or inside an object of that.
    pub(super) fn opening(&self, depth: u64) -> Opening {
        let names: (&[u8], &[u8]) = match depth {
            1 => (b"", self.outer.text()),
            2 => (self.outer.text(), self.inner.text()),
            _ => return Opening::None,
        };
        if USUAL.contains(&names) {
            Opening::Usual
        } else if depth == 1 && self.keys <= FEW && AMBIGUOUS.contains(&names.1) {
            Opening::Ambiguous
        } else {
            Opening::None
        }
    }
}

impl Name {
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().take(LONGEST + 1) {
            if let Some(place) = self.text.get_mut(usize::from(self.length)) {
                *place = byte.to_ascii_lowercase();
            }
            self.length = self.length.saturating_add(1);
        }
    }

    /// The name; nothing where it is too long to be one of ours.
    fn text(&self) -> &[u8] {
        self.text.get(..usize::from(self.length)).unwrap_or_default()
    }
}
