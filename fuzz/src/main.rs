//! One target a family of readers (`families.rs`): `KYOTEN_FAMILY` names it, and `KYOTEN_FORMAT` one member of it, where only that one is
//! to be fuzzed. `cargo xtask fuzz` sets both.
//!
//! An input is two bytes and what is read: how large the chunks are, and which member reads it.

#![no_main]

mod books;
mod families;
mod logs;

use families::Family;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static FAMILY: LazyLock<&Family> = LazyLock::new(|| {
    let name = std::env::var("KYOTEN_FAMILY").expect("KYOTEN_FAMILY names a family");
    families::named(&name).expect("it is one of families.rs")
});
static ONLY: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("KYOTEN_FORMAT").ok());

fuzz_target!(|input: &[u8]| {
    let [chunk, choice, bytes @ ..] = input else { return };
    // The last choice is none: the content tells.
    let picked = FAMILY.members.get(usize::from(*choice) % (FAMILY.members.len() + 1)).copied();
    let chunk = 1 + usize::from(*chunk);
    match ONLY.as_deref().or(picked) {
        Some(book) if families::BOOKS.contains(&book) => books::hold(book, bytes),
        None if FAMILY.members == families::BOOKS => {}
        Some(format) if kyoten::formats::by_name(format).is_some() => logs::hold(Some(format), chunk, bytes),
        container => logs::hold(container.map(families::within), chunk, bytes),
    }
});
