//! `cargo xtask test`: tbd.

/// The options of `test`.
#[derive(clap::Args)]
pub struct Test {}

impl Test {
    /// Runs.
    pub fn run(&self) -> anyhow::Result<()> {
        anyhow::bail!("not yet")
    }
}
