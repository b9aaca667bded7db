//! Finds a way to compile for wasm32-unknown-unknown: the active toolchain's own, one that rustup adds, or Debian's.

use crate::apt;
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The target that the page's module is compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's packages: a compiler with the wasm target's code generator, and the standard library's source.
const DEBIAN: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// How the wasm module is compiled.
pub enum Toolchain {
    /// The active toolchain, which has the target's standard library.
    Active,
    /// Debian's compiler, which builds the standard library itself and borrows a linker.
    Debian {
        /// rust-lld or wasm-ld.
        linker: PathBuf,
    },
}

/// Chooses, installing what is missing. `KYOTEN_WASM=debian` skips to Debian's way, so that it can be tried anywhere.
pub fn choose() -> Result<Toolchain> {
    if std::env::var_os("KYOTEN_WASM").is_none_or(|way| way != "debian") {
        if active_has_target() {
            return Ok(Toolchain::Active);
        }
        println!("the active toolchain lacks {TARGET}: trying `rustup target add {TARGET}` …");
        if rustup_adds_target() && active_has_target() {
            return Ok(Toolchain::Active);
        }
    }
    if !DEBIAN.iter().all(|package| installed(package)) {
        if !apt::possible() {
            bail!(
                "no Rust toolchain here compiles for {TARGET}: run `rustup target add {TARGET}`, or on Debian `apt-get install {}` as root",
                DEBIAN.join(" ")
            );
        }
        apt::install(&DEBIAN)?;
    }
    Ok(Toolchain::Debian { linker: linker()? })
}

/// Whether the active rustc finds a standard library for the target.
pub fn active_has_target() -> bool {
    printed("rustc", &["--print", "target-libdir", "--target", TARGET])
        .and_then(|folder| std::fs::read_dir(folder).ok())
        .is_some_and(|files| files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libstd-")))
}

/// Asks rustup for the target, for two minutes at most: on a machine without network it must not hang.
fn rustup_adds_target() -> bool {
    let rustup =
        Command::new("rustup").args(["target", "add", TARGET]).stdin(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(mut rustup) = rustup else { return false };
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(120) {
        match rustup.try_wait() {
            Ok(None) => std::thread::sleep(Duration::from_millis(100)),
            Ok(Some(status)) => return status.success(),
            Err(_unwaitable) => return false,
        }
    }
    // It may have ended in this very moment, and then there is nothing left to kill: either way it did not help.
    let _ended_or_killed = rustup.kill().and_then(|()| rustup.wait());
    false
}

/// Whether Debian's package is here. Files alone would not tell: Debian's plain rustc has the same paths and no wasm.
fn installed(package: &str) -> bool {
    printed("dpkg-query", &["-W", "-f=${db:Status-Status}", package]).is_some_and(|status| status == "installed")
}

/// A linker that writes wasm: rustup's rust-lld if there is one, else wasm-ld, installed where possible.
fn linker() -> Result<PathBuf> {
    let found = || {
        let sysroot = printed("rustc", &["--print", "sysroot"]);
        let host = printed("rustc", &["--print", "host-tuple"]);
        let ours = sysroot.zip(host).map(|(sysroot, host)| format!("{sysroot}/lib/rustlib/{host}/bin/rust-lld"));
        ours.map(PathBuf::from).filter(|path| path.exists()).or_else(|| on_path("wasm-ld"))
    };
    if let Some(linker) = found() {
        return Ok(linker);
    }
    apt::install(&["lld"])?;
    match found() {
        Some(linker) => Ok(linker),
        None => bail!("neither rust-lld nor wasm-ld is here to link the wasm module: install LLVM's lld"),
    }
}

/// The first executable of that name on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A command's trimmed standard output, when it went well.
fn printed(command: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(command).args(arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
