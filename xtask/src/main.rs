//! The project's chores, one subcommand a file.
fn main() {}
