//! Encodings of text.
