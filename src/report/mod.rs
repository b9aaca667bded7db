//! What leaves Kyoten, one export a file. Each is a pure function of the case.

pub mod figure;
pub mod html;
