//! The boundary to the browser: the only module that names wasm_bindgen, web_sys and js_sys. A page shows scenes
//! ([`stage`]), an analyst holds the case ([`analyst`]), readers take files in ([`reader`]); what crosses is in
//! [`messages`].

pub mod analyst;
pub mod messages;
pub mod reader;
pub mod response;
pub mod rollup;
pub mod stage;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

/// A panic says in the browser's console what it was, before the engine is given up.
#[wasm_bindgen(start)]
pub fn begin() {
    console_error_panic_hook::set_once();
    crate::evidence::encoding::decode_with(decode);
}

/// Decodes by what the browser knows of encodings, so that the module need not carry their tables.
fn decode(label: &str, bytes: &[u8]) -> Option<String> {
    web_sys::TextDecoder::new_with_label(label).ok()?.decode_with_u8_array(bytes).ok()
}

/// SHA-256 over all characters of an encoding as this browser has them; for a test that compares it with the shell's.
#[wasm_bindgen]
pub fn encoding_fingerprint(name: &str) -> Option<String> {
    crate::evidence::encoding::fingerprint(crate::evidence::encoding::Charset::of(name)?)
}

/// The names of the encodings that a file's text can be in.
#[wasm_bindgen]
pub fn encoding_names() -> Vec<String> {
    crate::evidence::encoding::Charset::ALL.iter().map(|charset| charset.name().to_owned()).collect()
}

/// The engine's version, as the page shows it.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// The fonts of pictures, as a style sheet lists them.
#[wasm_bindgen]
pub fn fonts() -> String {
    crate::paint::FONTS.to_owned()
}

/// A file's name as it stands in the case: with acting characters made visible, so that it is the same name everywhere.
#[wasm_bindgen]
pub fn file_name(name: &str) -> String {
    crate::evidence::text::visible(name).into_owned()
}

/// To JavaScript: 64-bit integers as `bigint`, maps as objects, what is absent as `undefined`.
fn out(value: &impl Serialize) -> Result<JsValue, JsError> {
    let serializer = Serializer::new().serialize_large_number_types_as_bigints(true).serialize_maps_as_objects(true);
    value.serialize(&serializer).map_err(|e| JsError::new(&format!("can't be handed to the page: {e}")))
}

/// From JavaScript.
fn take<T: DeserializeOwned>(value: JsValue) -> Result<T, JsError> {
    serde_wasm_bindgen::from_value(value).map_err(|e| JsError::new(&format!("not what the engine expects: {e}")))
}

fn refuse(sentence: impl AsRef<str>) -> JsError {
    JsError::new(sentence.as_ref())
}
