//! Where things lie: the repository's root, whatever directory the chore was started from.

use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> PathBuf {
    // cargo says where xtask lies when it runs it, so a copied or moved clone needs no rebuild to be found.
    let manifest = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    Path::new(&manifest).parent().expect("xtask is a folder of the repository").to_owned()
}

/// Cargo's target directory, honouring CARGO_TARGET_DIR.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// A path as a reader of messages wants it: from the repository's root.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
