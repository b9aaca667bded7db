//! Holds the page's scripts to the promise that nothing leaves: words that a script needs in order to reach out, or to make
//! markup or script from text, may stand in them only where a reason is given here.

use crate::workspace::{root, shown};
use std::path::{Path, PathBuf};

/// Words, and why none of our scripts may use them.
const BARRED: &[(&str, &str)] = &[
    ("innerHTML", "makes markup from text"),
    ("outerHTML", "makes markup from text"),
    ("insertAdjacentHTML", "makes markup from text"),
    ("setHTMLUnsafe", "makes markup from text"),
    ("document.write", "makes markup from text"),
    ("createContextualFragment", "makes markup from text"),
    ("DOMParser", "makes markup from text"),
    ("srcdoc", "makes a document from text"),
    ("eval(", "makes script from text"),
    ("new Function", "makes script from text"),
    ("importScripts", "loads a script"),
    ("location", "leads the page away; Chromium looks up the name before the policy can stop it"),
    ("window.open", "opens a window"),
    ("iframe", "is a page of its own, with everything that the seal took away"),
    ("<a href", "leads away"),
    ("http-equiv", "can lead away"),
    ("fetch(", "asks the network"),
    ("XMLHttpRequest", "asks the network"),
    ("WebSocket", "asks the network"),
    ("EventSource", "asks the network"),
    ("sendBeacon", "asks the network"),
    ("WebTransport", "asks the network"),
    ("RTCPeerConnection", "asks the network"),
    ("http://", "names a place outside"),
    ("https://", "names a place outside"),
    ("localStorage", "does not work without an origin, and would leave rows behind"),
    ("sessionStorage", "does not work without an origin, and would leave rows behind"),
    ("indexedDB", "does not work without an origin, and would leave rows behind"),
    ("document.cookie", "does not work without an origin, and would leave rows behind"),
    (" style=\"", "is stopped by the policy: use a class, or the element's style from a script"),
    (" onclick=", "is stopped by the policy: use addEventListener"),
];

/// Where a barred word may stand all the same: file, word, reason.
const ALLOWED: &[(&str, &str, &str)] = &[
    ("www/seal.js", "location", "a comment says what cannot be taken away"),
    ("www/seal.js", "iframe", "it is what is refused"),
    ("www/seal.js", "http://", "the name of a namespace"),
    ("www/seal.js", "innerHTML", "it is what is refused"),
    ("www/seal.js", "outerHTML", "it is what is refused"),
    ("www/seal.js", "insertAdjacentHTML", "it is what is refused"),
    ("www/seal.js", "setHTMLUnsafe", "it is what is refused"),
    ("www/seal.js", "createContextualFragment", "it is what is refused"),
    ("www/seal.js", "DOMParser", "it is what is refused"),
    ("www/seal.js", "srcdoc", "it is what is refused"),
    ("www/seal.js", "WebTransport", "it is what is taken away"),
    ("www/seal.js", "RTCPeerConnection", "it is what is taken away"),
    ("index.html", "http://", "the name of the icon's namespace"),
];

/// The name of SVG, which every script that draws needs and which is asked of nobody.
const NAMESPACE: &str = "http://www.w3.org/2000/svg";

#[test]
fn our_scripts_have_no_word_that_reaches_out() {
    let mut files = vec![root().join("index.html")];
    gather(&root().join("www"), &mut files);
    let mut found = vec![];
    for file in files {
        let name = shown(&file).replace('\\', "/");
        let text = std::fs::read_to_string(&file).expect("the page's files are text");
        for (number, line) in text.lines().enumerate() {
            for (word, why) in BARRED {
                let excused = ALLOWED.iter().any(|(file, allowed, _)| *file == name && allowed == word);
                if !excused && says(&line.replace(NAMESPACE, ""), word) {
                    found.push(format!("{name}:{}: `{word}` {why}", number + 1));
                }
            }
        }
    }
    assert!(
        found.is_empty(),
        "give the exception and its reason in xtask/src/promise.rs, or write it otherwise:\n{}",
        found.join("\n")
    );
}

#[test]
fn no_exception_outlives_its_use() {
    for (file, word, _) in ALLOWED {
        let text = std::fs::read_to_string(root().join(file)).expect("an exception names a file that is there");
        assert!(text.contains(word), "{file} no longer contains {word}: take the exception out");
    }
}

/// Whether a line has the word as such: `allocations` are not `location`.
fn says(line: &str, word: &str) -> bool {
    let part_of_name = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    line.match_indices(word).any(|(place, _)| {
        let before = part_of_name(line[..place].chars().next_back()) && part_of_name(word.chars().next());
        let after = part_of_name(line[place + word.len()..].chars().next()) && part_of_name(word.chars().next_back());
        !before && !after
    })
}

#[test]
fn a_word_within_another_is_not_that_word() {
    assert!(
        says("location.href = x", "location") && !says("two allocations", "location") && !says("prefetch(x)", "fetch(")
    );
}

/// Scripts and markup below a folder; styles have no script, and the policy rules what they may load.
fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("www is a folder").map(|entry| entry.expect("www can be read").path())
    {
        if entry.is_dir() {
            gather(&entry, files);
        } else if entry.extension().is_some_and(|kind| kind == "js" || kind == "html" || kind == "svg") {
            files.push(entry);
        }
    }
}
