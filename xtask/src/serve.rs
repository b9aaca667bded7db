//! `cargo xtask serve`: builds the page and serves that one file on the loopback address.

use crate::dist::{self, Dist};
use crate::workspace::shown;
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The port that is tried first when none is asked for.
const PORT: u16 = 4173;

/// The options of `serve`.
#[derive(clap::Args)]
pub struct Serve {
    /// The port; 0 for any free one [default: 4173, or the next that is free]
    #[arg(long)]
    port: Option<u16>,
    /// Open the page in the default browser
    #[arg(long)]
    open: bool,
    /// Spend little time on optimising
    #[arg(long)]
    fast: bool,
    /// Serve dist/kyoten.html as it is
    #[arg(long)]
    no_build: bool,
}

impl Serve {
    /// Builds, then serves until interrupted.
    pub fn run(&self) -> Result<()> {
        if !self.no_build {
            Dist { fast: self.fast }.run()?;
        } else if !dist::place().exists() {
            bail!("{} is not built yet: run `cargo xtask dist` first", shown(&dist::place()));
        }
        let listener = listen(self.port)?;
        let address = format!("http://{}/", listener.local_addr()?);
        println!("serving {} on {address} to this machine only; Ctrl+C ends it", shown(&dist::place()));
        if self.open {
            open(&address);
        }
        for stream in listener.incoming() {
            std::thread::spawn(move || {
                // A browser that goes away in the middle of an answer is its own affair, and the next one is served.
                if let Err(error) = stream.map_err(Into::into).and_then(answer) {
                    eprintln!("a request was not answered: {error:#}");
                }
            });
        }
        Ok(())
    }
}

/// The port that was asked for, or the first free one from the usual on.
fn listen(port: Option<u16>) -> Result<TcpListener> {
    if let Some(port) = port {
        return TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("port {port} cannot be used: choose another with --port, or leave it out"));
    }
    (PORT..PORT + 100)
        .find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok())
        .with_context(|| format!("no port from {PORT} on is free: choose one with --port"))
}

/// Answers one request: the page for `/`, and nothing else.
fn answer(mut stream: TcpStream) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut lines = BufReader::new((&stream).take(16 * 1024)).lines();
    let Some(request) = lines.next() else {
        return Ok(());
    };
    let request = request?;
    let mut host = None;
    for line in lines.by_ref() {
        let line = line?;
        match line.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("host") => host = Some(value.trim().to_owned()),
            None if line.is_empty() => break,
            _ => {}
        }
    }
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    // Another name for this machine in the Host line is a page elsewhere that had its own name point here.
    let expected = stream.local_addr()?;
    let local =
        host.is_some_and(|host| host == expected.to_string() || host == format!("localhost:{}", expected.port()));
    let (status, policy, body) = match (local, method, path) {
        (false, _, _) => {
            ("421 Misdirected Request", String::new(), b"This server answers to its own address only.\n".to_vec())
        }
        (_, "GET" | "HEAD", "/" | "/kyoten.html") => {
            let page = std::fs::read(dist::place()).context("dist/kyoten.html is gone: run `cargo xtask dist`")?;
            ("200 OK", policy_of(&page)?, page)
        }
        _ => ("404 Not Found", String::new(), b"There is one page here, at /.\n".to_vec()),
    };
    let kind = if policy.is_empty() { "text/plain" } else { "text/html" };
    let policy = if policy.is_empty() { "default-src 'none'".to_owned() } else { policy };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {}\r\n\
         Content-Security-Policy: {policy}; frame-ancestors 'none'\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nCross-Origin-Opener-Policy: same-origin\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n",
        body.len(),
    )?;
    if method != "HEAD" {
        stream.write_all(&body)?;
    }
    Ok(())
}

/// The policy that the page carries, so that header and page can't say different things.
fn policy_of(page: &[u8]) -> Result<String> {
    let start = String::from_utf8_lossy(&page[..page.len().min(8192)]).into_owned();
    let policy = start
        .split_once("http-equiv=\"Content-Security-Policy\" content=\"")
        .and_then(|(_, rest)| rest.split_once('"'));
    Ok(policy.context("dist/kyoten.html carries no policy: run `cargo xtask dist`")?.0.to_owned())
}

/// Opens an address in the default browser; where that fails the address is on the screen anyway.
fn open(address: &str) {
    let (command, arguments): (_, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("cmd", &["/C", "start"]),
        _ => ("xdg-open", &[]),
    };
    let started = Command::new(command)
        .args(arguments)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if started.is_err() {
        println!("no browser could be opened with {command}: open {address} yourself");
    }
}
