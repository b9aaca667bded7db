//! Compiles the crate for the browser and writes its JavaScript bindings.

use crate::stopwatch::timed;
use crate::toolchain::{self, TARGET, Toolchain};
use crate::workspace;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;

/// What the page needs of the engine.
pub struct Engine {
    /// The module, ready to compile.
    pub wasm: Vec<u8>,
    /// The classic script that defines `wasm_bindgen`.
    pub glue: String,
}

/// How much effort the compiler spends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// What is shipped: link-time optimisation over everything.
    Shipped,
    /// What is quick to rebuild while writing.
    Quick,
}

/// Builds the module and its bindings; the bindings' types are left for tsc.
pub fn build(effort: Effort) -> Result<Engine> {
    let toolchain = toolchain::choose()?;
    let how = match toolchain {
        Toolchain::Active => "the active toolchain",
        Toolchain::Debian { .. } => "Debian's compiler",
    };
    let module = timed(&format!("compiling the engine for the browser with {how}"), || compile(&toolchain, effort))?;
    timed("writing the engine's bindings", || bind(&module))
}

/// Where the generated types of the bindings go: to the tests, whose tsconfig.json names them.
fn types() -> PathBuf {
    workspace::root().join("tests/browser/out/kyoten.d.ts")
}

/// A target directory of its own: the two toolchains would otherwise undo each other's work.
fn folder() -> PathBuf {
    workspace::target().join("wasm")
}

fn compile(toolchain: &Toolchain, effort: Effort) -> Result<PathBuf> {
    let profile = match effort {
        Effort::Shipped => "wasm",
        Effort::Quick => "wasm-quick",
    };
    let (mut cargo, way) = match toolchain {
        Toolchain::Active => (Command::new("cargo"), "active"),
        Toolchain::Debian { linker } => {
            let mut cargo = Command::new("/usr/bin/cargo");
            // The standard library comes as source there, and building it needs switches that stable cargo keeps locked.
            cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTC", "/usr/bin/rustc");
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
            // Set for the toolchain that runs this chore; its libraries are not for another compiler.
            cargo.env_remove("LD_LIBRARY_PATH").env_remove("RUSTUP_TOOLCHAIN");
            (cargo, "debian")
        }
    };
    // `rustc --crate-type` rather than a line in the manifest, so that the native library stays a plain one.
    cargo.args(["rustc", "--quiet", "--lib", "--crate-type", "cdylib", "--package", "kyoten", "--target", TARGET]);
    cargo.args(["--profile", profile, "--target-dir"]).arg(folder().join(way));
    if matches!(toolchain, Toolchain::Debian { .. }) {
        cargo.args(["-Z", "build-std=std,panic_abort"]);
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags().join("\x1f")).env_remove("RUSTFLAGS").current_dir(workspace::root());
    let status = cargo.status().with_context(|| format!("{} could not be started", cargo.get_program().display()))?;
    if !status.success() {
        bail!("the engine does not compile for {TARGET}: see the compiler's messages above");
    }
    Ok(folder().join(way).join(TARGET).join(profile).join("kyoten.wasm"))
}

/// Flags for the compiler. Names of folders on the building machine would otherwise stand in the panic messages, and the
/// same source would make a different page for everyone.
fn flags() -> Vec<String> {
    let mut flags = vec!["-Ctarget-feature=+simd128,+bulk-memory".to_owned()];
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| home.map(|home| home.join(".cargo")));
    if let Some(cargo) = cargo {
        flags.push(format!("--remap-path-prefix={}=cargo", cargo.display()));
    }
    flags.push(format!("--remap-path-prefix={}=kyoten", workspace::root().display()));
    flags
}

fn bind(module: &Path) -> Result<Engine> {
    let mut output = Bindgen::new()
        .input_path(module)
        .no_modules(true)?
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .context("wasm-bindgen cannot read the module: the versions of wasm-bindgen and of wasm-bindgen-cli-support in Cargo.lock must be the same")?;
    // A crate may list itself with no file.
    let inlined = output.snippets().iter().filter(|(_, files)| !files.is_empty()).map(|(name, _)| name);
    let foreign: Vec<_> =
        inlined.chain(output.local_modules().keys()).chain(output.npm_dependencies().keys()).cloned().collect();
    if !foreign.is_empty() {
        bail!(
            "{} brings JavaScript files of its own, which the sealed page cannot load: use js-sys and web-sys instead",
            foreign.join(", ")
        );
    }
    let declared = output.ts().context("wasm-bindgen wrote no types")?;
    std::fs::create_dir_all(types().parent().expect("types lie in a folder"))
        .context("cannot make tests/browser/out")?;
    std::fs::write(types(), declared).with_context(|| format!("cannot write {}", types().display()))?;
    // It would ask where the script lies, and a script inside a frame's own text lies nowhere: the question itself throws.
    let asking = "script_src = new URL(document.currentScript.src, location.href).toString();";
    let (before, after) =
        output.js().split_once(asking).context("wasm-bindgen writes its bindings otherwise now: look at `asking`")?;
    Ok(Engine { glue: format!("{before}{after}"), wasm: output.wasm_mut().emit_wasm() })
}
