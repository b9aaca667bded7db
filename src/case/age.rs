//! A case file encrypted by a passphrase, as a file of age (age-encryption.org/v1, <https://c2sp.org/age>): header, one stanza of
//! scrypt, and the payload in chunks of ChaCha20-Poly1305. `age`, `rage` and the like open what this writes, and the other way round.
//!
//! Invariant: no randomness is drawn here; whoever encrypts brings it ([`Randomness`]). The ciphers are those of RustCrypto; the crate
//! `age` was not taken, because it draws its own randomness, which the page's module must not.

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// What has to be random, anew for each file.
#[derive(Clone, Copy)]
pub struct Randomness {
    /// The key of this file.
    pub file_key: [u8; 16],
    /// Salts the passphrase.
    pub salt: [u8; 16],
    /// Tells the payload's key from those of other files.
    pub nonce: [u8; 16],
}

impl Randomness {
    /// Of as many random bytes.
    pub fn of(bytes: [u8; 48]) -> Randomness {
        let part = |from: usize| std::array::from_fn(|at| bytes[from + at]);
        Randomness { file_key: part(0), salt: part(16), nonce: part(32) }
    }
}

/// The passphrase is stretched by 2 to the power of this, as age itself does: a second, and 256 MiB of memory.
pub const WORK: u8 = 18;
/// More than this is not tried: a file from anybody could ask for any amount.
const MOST_WORK: u8 = 20;
const INTRO: &[u8] = b"age-encryption.org/v1\n";
const ARMOUR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
const LABEL: &[u8] = b"age-encryption.org/v1/scrypt";
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;

/// Whether a file begins as age writes it, in bytes or in letters.
pub fn looks_encrypted(head: &[u8]) -> bool {
    head.starts_with(INTRO) || head.trim_ascii_start().starts_with(ARMOUR)
}

/// Encrypts by a passphrase.
pub fn encrypt(plain: &[u8], passphrase: &str, random: Randomness) -> Result<Vec<u8>, String> {
    encrypt_with(plain, passphrase, random, WORK)
}

fn encrypt_with(plain: &[u8], passphrase: &str, random: Randomness, work: u8) -> Result<Vec<u8>, String> {
    if passphrase.is_empty() {
        return Err("an empty passphrase protects nothing".to_owned());
    }
    let wrapped = cipher(&stretched(passphrase, &random.salt, work)?)
        .encrypt(&Nonce::default(), random.file_key.as_slice())
        .map_err(|_error| "the key can't be encrypted".to_owned())?;
    let mut out = INTRO.to_vec();
    out.extend(format!("-> scrypt {} {work}\n{}\n---", encoded(&random.salt), encoded(&wrapped)).into_bytes());
    let mac = header_mac(&random.file_key, &out);
    out.extend(format!(" {}\n", encoded(&mac)).into_bytes());
    out.extend(random.nonce);
    let cipher = cipher(&payload_key(&random.file_key, &random.nonce));
    let chunks = plain.chunks(CHUNK).len().max(1);
    for number in 0..chunks {
        let from = number * CHUNK;
        let chunk = &plain[from..plain.len().min(from + CHUNK)];
        let sealed = cipher.encrypt(&chunk_nonce(number as u64, number + 1 == chunks), chunk);
        out.extend(sealed.map_err(|_error| "the file can't be encrypted".to_owned())?);
    }
    Ok(out)
}

/// Decrypts by a passphrase. A sentence, where it is not the right one or the file is damaged.
pub fn decrypt(bytes: &[u8], passphrase: &str) -> Result<Vec<u8>, String> {
    let unarmoured;
    let bytes = match bytes.trim_ascii_start().starts_with(ARMOUR) {
        true => {
            unarmoured = unarmour(bytes).ok_or("the armour of this age file is damaged")?;
            &unarmoured
        }
        false => bytes,
    };
    let damaged = || "this age file is damaged".to_owned();
    let rest = bytes.strip_prefix(INTRO).ok_or("this is no file of age (version 1)")?;
    let end = memchr::memmem::find(rest, b"\n---").ok_or_else(damaged)? + 4 + INTRO.len();
    let stanza = std::str::from_utf8(&bytes[INTRO.len()..end - 4]).map_err(|_error| damaged())?;
    let mut lines = stanza.lines();
    let arguments: Vec<&str> = lines.next().ok_or_else(damaged)?.split(' ').collect();
    let ["->", "scrypt", salt, work] = arguments.as_slice() else {
        return Err("this file is encrypted to a key, not by a passphrase; decrypt it with age first".to_owned());
    };
    let (Some(salt), Ok(work)) = (decoded(salt).and_then(|salt| <[u8; 16]>::try_from(salt).ok()), work.parse::<u8>())
    else {
        return Err(damaged());
    };
    if work > MOST_WORK {
        return Err(format!("this file asks for 2^{work} of work on the passphrase; up to 2^{MOST_WORK} is done"));
    }
    let wrapped = decoded(lines.next().ok_or_else(damaged)?).ok_or_else(damaged)?;
    if lines.next().is_some() {
        return Err(damaged());
    }
    let wrong = || "the passphrase is wrong, or the file is damaged".to_owned();
    let file_key = cipher(&stretched(passphrase, &salt, work)?)
        .decrypt(&Nonce::default(), wrapped.as_slice())
        .map_err(|_error| wrong())?;
    let file_key = <[u8; 16]>::try_from(file_key).map_err(|_error| damaged())?;
    let line = memchr::memchr(b'\n', &bytes[end..]).ok_or_else(damaged)?;
    let mac = std::str::from_utf8(&bytes[end..end + line]).ok().and_then(|mac| decoded(mac.strip_prefix(' ')?));
    if mac.as_deref() != Some(header_mac(&file_key, &bytes[..end]).as_slice()) {
        return Err(damaged());
    }
    let payload = &bytes[end + line + 1..];
    let (nonce, payload) = payload.split_at_checked(16).ok_or_else(damaged)?;
    opened(payload, &payload_key(&file_key, nonce)).ok_or_else(damaged)
}

fn opened(payload: &[u8], key: &[u8; 32]) -> Option<Vec<u8>> {
    let cipher = cipher(key);
    let mut plain = Vec::with_capacity(payload.len());
    let chunks = payload.chunks(CHUNK + TAG);
    let last = chunks.len().checked_sub(1)?;
    for (number, chunk) in chunks.enumerate() {
        let own = cipher.decrypt(&chunk_nonce(number as u64, number == last), chunk).ok()?;
        // Only a file of nothing ends with an empty chunk.
        if own.is_empty() && number > 0 {
            return None;
        }
        plain.extend(own);
    }
    Some(plain)
}

fn cipher(key: &[u8; 32]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&(*key).into())
}

fn stretched(passphrase: &str, salt: &[u8; 16], work: u8) -> Result<[u8; 32], String> {
    let impossible = |what: &dyn std::fmt::Display| format!("the passphrase can't be stretched: {what}");
    let parameters = scrypt::Params::new(work, 8, 1).map_err(|error| impossible(&error))?;
    let mut key = [0; 32];
    let salt = [LABEL, salt].concat();
    scrypt::scrypt(passphrase.as_bytes(), &salt, &parameters, &mut key).map_err(|error| impossible(&error))?;
    Ok(key)
}

fn derived(file_key: &[u8; 16], salt: &[u8], what: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(salt), file_key).expand(what, &mut key).expect("32 bytes are within HKDF's reach");
    key
}

fn payload_key(file_key: &[u8; 16], nonce: &[u8]) -> [u8; 32] {
    derived(file_key, nonce, b"payload")
}

fn header_mac(file_key: &[u8; 16], header: &[u8]) -> [u8; 32] {
    let key = derived(file_key, b"", b"header");
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).expect("HMAC takes keys of any length");
    mac.update(header);
    mac.finalize().into_bytes().into()
}

/// A counter of eleven bytes, and whether it is the last.
fn chunk_nonce(number: u64, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce.into()
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base 64 without padding.
fn encoded(bytes: &[u8]) -> String {
    let digit = |bits: u32| char::from(DIGITS[(bits & 63) as usize]);
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let three = chunk.iter().fold(0_u32, |all, byte| all << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        out.extend((0..=chunk.len()).map(|place| digit(three >> (18 - 6 * place))));
    }
    out
}

/// Reads base 64 without padding, in its one canonical spelling.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in text.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for digit in chunk {
            bits = bits << 6 | DIGITS.iter().position(|own| own == digit)? as u32;
        }
        let left = 4 - chunk.len();
        bits <<= 6 * left;
        let bytes = &bits.to_be_bytes()[1..];
        let count = 3_usize.checked_sub(left).filter(|count| *count > 0)?;
        if bytes[count..].iter().any(|byte| *byte != 0) {
            return None;
        }
        out.extend(&bytes[..count]);
    }
    Some(out)
}

fn unarmour(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let body: String =
        text.trim().lines().skip(1).take_while(|line| !line.starts_with("-----END")).map(str::trim).collect();
    decoded(body.trim_end_matches('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Little work, so that a test takes no second.
    const LITTLE: u8 = 8;

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let random = Randomness::of(std::array::from_fn(|at| at as u8 * 3));
        encrypt_with(plain, "correct horse", random, LITTLE).unwrap()
    }

    #[test]
    fn what_was_encrypted_is_read_back_at_every_length_around_a_chunk() {
        for length in [0, 1, 100, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let plain: Vec<u8> = (0..length).map(|at| at as u8).collect();
            assert!(decrypt(&sealed(&plain), "correct horse").unwrap() == plain, "{length}");
        }
        assert!(looks_encrypted(&sealed(b"")) && !looks_encrypted(b"{\"schema\":"));
    }

    #[test]
    fn a_wrong_passphrase_and_every_changed_byte_are_refused() {
        let whole = sealed(b"{\"schema\":\"kyoten-case/1\"}");
        assert!(decrypt(&whole, "correct hose").unwrap_err().contains("passphrase"));
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(decrypt(&changed, "correct horse").is_err(), "byte {at}");
            assert!(decrypt(&whole[..at], "correct horse").is_err(), "cut at {at}");
        }
        assert!(encrypt_with(b"x", "", Randomness::of([0; 48]), LITTLE).is_err());
    }

    #[test]
    fn a_file_that_asks_for_too_much_or_for_a_key_is_refused_in_words() {
        let greedy = b"age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 40\nAAAA\n--- AAAA\n";
        assert!(decrypt(greedy, "x").unwrap_err().contains("2^40"));
        let keyed = b"age-encryption.org/v1\n-> X25519 AAAA\nAAAA\n--- AAAA\n";
        assert!(decrypt(keyed, "x").unwrap_err().contains("to a key"));
    }

    #[test]
    fn armour_is_taken_off() {
        let whole = sealed(b"a case");
        let mut text = "-----BEGIN AGE ENCRYPTED FILE-----\n".to_owned();
        let body = encoded(&whole);
        for line in body.as_bytes().chunks(64) {
            text.push_str(std::str::from_utf8(line).unwrap());
            text.push('\n');
        }
        text.push_str("-----END AGE ENCRYPTED FILE-----\n");
        assert!(looks_encrypted(text.as_bytes()));
        assert_eq!(decrypt(text.as_bytes(), "correct horse").unwrap(), b"a case");
    }
}
