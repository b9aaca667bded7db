//! The boundary to the browser: the only module that names wasm_bindgen, web_sys and js_sys.

use wasm_bindgen::prelude::wasm_bindgen;

/// The engine's version, as the page shows it.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
