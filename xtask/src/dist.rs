//! `cargo xtask dist`: builds the engine and seals the page into dist/kyoten.html.

use crate::joiner;
use crate::sealing::{self, Parts};
use crate::stopwatch::timed;
use crate::wasm::{self, Effort, Engine};
use crate::workspace::{root, shown};
use anyhow::{Context, Result, bail};
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::num::NonZero;
use std::path::PathBuf;

/// The workers' scripts: www/reader.js and www/analyst.js.
const WORKERS: [&str; 2] = ["reader", "analyst"];

/// What the module may take, gzipped, in bytes; the aim is [`AIM_MODULE`]. Whoever makes it smaller lowers this with it.
const MOST_MODULE: usize = 1_710_000;
/// What the page may take, in bytes.
const MOST_PAGE: usize = 2_855_000;
/// What the module shall take one day.
const AIM_MODULE: usize = 1_000_000;

/// The options of `dist`.
#[derive(clap::Args, Default)]
pub struct Dist {
    /// Spend little time on optimising: for trying a change, never for shipping
    #[arg(long)]
    pub fast: bool,
}

/// Where the page is written.
pub fn place() -> PathBuf {
    root().join("dist/kyoten.html")
}

impl Dist {
    /// Builds the page, and says its sizes and digest.
    pub fn run(&self) -> Result<()> {
        let engine = wasm::build(if self.fast { Effort::Quick } else { Effort::Shipped })?;
        timed("sealing the page", || write(&engine, self.fast))
    }
}

/// Refuses a page that is larger than it may be, or whose module is; else says how large they are.
pub fn within_budget() -> Result<String> {
    let page = fs::read_to_string(place()).context("dist/kyoten.html cannot be read")?;
    let after = page.split_once("id=&quot;kyoten-wasm&quot;>").context("the page has no module in it")?.1;
    let letters = after.find('<').context("the page's module has no end")?;
    // Four letters of base64 stand for three bytes.
    let module = letters / 4 * 3;
    let sizes = format!("module {} KB gzipped, page {} KB", module / 1000, page.len() / 1000);
    if module > MOST_MODULE || page.len() > MOST_PAGE {
        bail!(
            "{sizes}: more than the {} and {} KB that are allowed: look at what was added last, or raise the limit with a reason",
            MOST_MODULE / 1000,
            MOST_PAGE / 1000
        );
    }
    Ok(format!(
        "{sizes}; allowed are {} and {} KB, the module's aim is {} KB",
        MOST_MODULE / 1000,
        MOST_PAGE / 1000,
        AIM_MODULE / 1000
    ))
}

fn write(engine: &Engine, fast: bool) -> Result<()> {
    let read = |name: &str| fs::read_to_string(root().join(name)).with_context(|| format!("cannot read {name}"));
    let script = |name: &str| joiner::join(&root().join("www").join(name));
    let mut workers = vec![];
    for kind in WORKERS {
        workers.push((kind, script(&format!("{kind}.js"))?));
    }
    let mut parts = Parts {
        skeleton: read("index.html")?,
        style: read("www/style.css")?,
        seal: read("www/seal.js")?,
        glue: engine.glue.clone(),
        main: script("main.js")?,
        workers,
        packed_wasm: if fast { pack(&engine.wasm)? } else { pack_well(&engine.wasm)? },
        version: env!("CARGO_PKG_VERSION").to_owned(),
        build: String::new(),
    };
    parts.build = build(&parts, &engine.wasm);
    let page = sealing::seal(&parts)?;

    let path = place();
    let digest = hex(&Sha256::digest(&page));
    fs::create_dir_all(path.parent().expect("dist is a folder")).context("cannot make the folder dist")?;
    fs::write(&path, &page).context("cannot write dist/kyoten.html")?;
    fs::write(path.with_extension("html.sha256"), format!("{digest}  kyoten.html\n"))
        .context("cannot write the page's digest")?;
    println!(
        "{}: {} KB (engine {} KB, {} KB gzipped), version {} build {}\nSHA-256 {digest}",
        shown(&path),
        page.len() / 1000,
        engine.wasm.len() / 1000,
        parts.packed_wasm.len() / 1000,
        parts.version,
        parts.build,
    );
    Ok(())
}

/// Gzip without a time or a name in it, so that the same module makes the same bytes.
fn pack(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut packer = GzBuilder::new().mtime(0).operating_system(255).write(vec![], Compression::best());
    packer.write_all(wasm)?;
    Ok(packer.finish()?)
}

/// Gzip by zopfli, which looks some seconds for what takes fewer bytes. It writes no time and no name either.
fn pack_well(wasm: &[u8]) -> Result<Vec<u8>> {
    let rounds = NonZero::new(3).expect("three is not zero");
    let options = zopfli::Options { iteration_count: rounds, ..zopfli::Options::default() };
    let mut packed = vec![];
    zopfli::compress(options, zopfli::Format::Gzip, wasm, &mut packed)?;
    Ok(packed)
}

/// Which build this is: the beginning of the digest over module, scripts, style and skeleton.
fn build(parts: &Parts, wasm: &[u8]) -> String {
    let mut digest = Sha256::new();
    digest.update(wasm);
    let workers = parts.workers.iter().map(|(_, script)| script);
    for text in [&parts.glue, &parts.seal, &parts.main, &parts.style, &parts.skeleton].into_iter().chain(workers) {
        digest.update(text);
    }
    hex(&digest.finalize())[..12].to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
