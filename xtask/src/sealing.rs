//! Puts the page's parts into one HTML file that cannot reach out.
//!
//! The file is two documents. The outer has no script: a policy, and a sandboxed frame with the application as its text.
//! The frame takes over the outer's policy, and is what the policy alone cannot be: it has no origin, opens no window, and
//! may go nowhere, since the outer's `frame-src blob:` rules where the frame may be sent (a frame's own text is exempt). Blobs
//! are what it saves: Firefox counts a download as going somewhere, and saved nothing under `'none'`. A document from a blob
//! takes over the policy of who made it, and has the frame's sandbox, so it can do no more than the frame.
//! It may ask before it is closed (`allow-modals`), or a reload would lose an hour's reading without a word.

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256};

/// What a page is made of.
pub struct Parts {
    /// index.html, as written.
    pub skeleton: String,
    /// The stylesheet.
    pub style: String,
    /// Runs before all else, in the page and in each worker.
    pub seal: String,
    /// wasm-bindgen's classic script.
    pub glue: String,
    /// The page's joined script.
    pub main: String,
    /// The workers' joined scripts, by kind.
    pub workers: Vec<(&'static str, String)>,
    /// The module, gzipped.
    pub packed_wasm: Vec<u8>,
    /// The version that is shown.
    pub version: String,
    /// The first twelve hex digits of the digest over all that runs.
    pub build: String,
}

/// The style of the outer document: the frame fills the window, and nothing flashes white in the dark.
const OUTER_STYLE: &str = "html,body{margin:0;height:100%;overflow:hidden}iframe{border:0;display:block;width:100%;height:100vh;height:100dvh}";

/// The sealed page.
pub fn seal(parts: &Parts) -> Result<String> {
    let policy = |frames| policy(&[&parts.seal, &parts.glue, &parts.main], &[OUTER_STYLE, &parts.style], frames);
    let application = application(parts, &policy("'none'"))?;
    let policy = policy("blob:");
    let head: String = parts
        .skeleton
        .lines()
        .filter(|line| ["<title>", "<meta name=", "<link rel=\"icon\""].iter().any(|tag| line.starts_with(tag)))
        .flat_map(|line| [line, "\n"])
        .collect();
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta http-equiv=\"x-dns-prefetch-control\" content=\"off\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <!-- Kyoten {} build {}: a log viewer in one file. Nothing that is dropped here leaves this page. -->\n\
         {head}<style>{OUTER_STYLE}</style>\n</head>\n<body>\n\
         <iframe title=\"Kyoten\" sandbox=\"allow-scripts allow-downloads allow-modals\" allow=\"clipboard-write *\" autofocus srcdoc=\"{}\"></iframe>\n\
         </body>\n</html>\n",
        parts.version,
        parts.build,
        application.replace('&', "&amp;").replace('"', "&quot;"),
    );
    Ok(page)
}

/// The policy: our scripts and styles by their digests, blob workers, frames from there alone, and nothing else.
fn policy(scripts: &[&str], styles: &[&str], frames: &str) -> String {
    let hashes = |texts: &[&str]| {
        let quoted: Vec<String> =
            texts.iter().map(|text| format!("'sha256-{}'", BASE64.encode(Sha256::digest(text)))).collect();
        quoted.join(" ")
    };
    format!(
        "default-src 'none'; script-src {} 'wasm-unsafe-eval'; worker-src blob:; style-src {}; img-src blob: data:; \
         connect-src 'none'; frame-src {frames}; object-src 'none'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types kyoten",
        hashes(scripts),
        hashes(styles),
    )
}

/// The document inside the frame.
fn application(parts: &Parts, policy: &str) -> Result<String> {
    let scripts = [("www/seal.js", &parts.seal), ("the engine's bindings", &parts.glue), ("www/main.js", &parts.main)];
    let workers = parts.workers.iter().map(|(kind, script)| (*kind, script));
    for (name, script) in scripts.into_iter().chain(workers) {
        // The HTML parser would end the script there, or, after a comment's opening, not at its end.
        if let Some(trap) = ["</script", "<script", "<!--"].iter().find(|trap| script.to_lowercase().contains(**trap)) {
            bail!(
                "{name} or a module of it contains {trap}, which ends a script in HTML: break the text up, as in \"<\" + \"{}\"",
                &trap[1..]
            );
        }
        if script.contains('\r') {
            bail!(
                "{name} or a module of it has carriage returns, which HTML drops, so that its digest would not fit: save it with plain line ends"
            );
        }
    }
    if parts.style.to_lowercase().contains("</style") || parts.style.contains('\r') {
        bail!("www/style.css contains </style or carriage returns, which HTML would read otherwise: remove them");
    }
    let before = format!(
        "<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta http-equiv=\"x-dns-prefetch-control\" content=\"off\">\n<meta name=\"kyoten-version\" content=\"{}\">\n\
         <meta name=\"kyoten-build\" content=\"{}\">\n<script id=\"kyoten-seal\">{}</script>",
        parts.version, parts.build, parts.seal,
    );
    let mut after = String::new();
    let data = BASE64.encode(&parts.packed_wasm);
    after += &format!("<script type=\"application/octet-stream;base64\" id=\"kyoten-wasm\">{data}</script>\n");
    for (kind, script) in &parts.workers {
        after += &format!("<script type=\"text/plain\" id=\"kyoten-{kind}\">{script}</script>\n");
    }
    after += &format!("<script id=\"kyoten-glue\">{}</script>\n<script>{}</script>\n</body>", parts.glue, parts.main);

    let skeleton = put(&parts.skeleton, "<meta charset=\"utf-8\">", &before)?;
    let skeleton =
        put(&skeleton, "<link rel=\"stylesheet\" href=\"www/style.css\">", &format!("<style>{}</style>", parts.style))?;
    let skeleton = put(&skeleton, "<script type=\"module\" src=\"www/main.js\"></script>", "")?;
    put(&skeleton, "</body>", &after)
}

/// Replaces a tag that must stand exactly once in index.html.
fn put(skeleton: &str, tag: &str, text: &str) -> Result<String> {
    let (before, after) =
        skeleton.split_once(tag).with_context(|| format!("index.html must contain {tag} once, written just so"))?;
    if text.is_empty() || !after.contains(tag) {
        Ok(format!("{before}{text}{after}"))
    } else {
        bail!("index.html contains {tag} more than once")
    }
}
