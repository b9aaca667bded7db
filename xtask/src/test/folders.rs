//! The page holds no name of a folder of the machine that built it: the same source would otherwise make a different page for
//! everyone, and a builder's name would go with it.

use super::step::{Count, Outcome};
use crate::dist;
use crate::workspace::root;
use anyhow::{Context, Result, bail};
use base64::Engine as _;
use std::io::Read;

/// Looks through the page and the module in it.
pub fn unnamed() -> Result<Outcome> {
    let page = std::fs::read_to_string(dist::place()).context("dist/kyoten.html cannot be read")?;
    let module = module(&page)?;
    let mut names = vec![root().display().to_string()];
    // A short one, `/root` say, would be found by chance.
    let homes =
        ["HOME", "USERPROFILE", "CARGO_HOME", "RUSTUP_HOME"].into_iter().filter_map(|name| std::env::var(name).ok());
    names.extend(homes.map(|home| format!("{}/.", home.trim_end_matches('/'))));
    for name in names {
        if page.contains(&name) || memmem(&module, name.as_bytes()) {
            bail!("the page holds the name {name}: see the flags in xtask/src/wasm.rs that should have replaced it");
        }
    }
    // Were nothing replaced, there would be nothing to find either.
    if !memmem(&module, b"kyoten/src/") && !memmem(&module, b"src/") {
        bail!("the module names no source at all, so that this test could not fail");
    }
    Ok(Outcome::ran(Count::ONE))
}

/// The module that the page holds.
fn module(page: &str) -> Result<Vec<u8>> {
    let opening = "id=&quot;kyoten-wasm&quot;>";
    let packed =
        page.split_once(opening).and_then(|(_, rest)| rest.split_once('<')).context("the page holds no module")?.0;
    let packed = base64::engine::general_purpose::STANDARD.decode(packed.trim())?;
    let mut module = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut module)?;
    Ok(module)
}

fn memmem(within: &[u8], what: &[u8]) -> bool {
    within.windows(what.len()).any(|window| window == what)
}
