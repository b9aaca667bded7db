//! Names of sites that say nothing to others: the same secret gives the same names, so that rollups of several sites can
//! still be laid together.

use sha2::{Digest, Sha256};

use super::{EXTERNAL, UNASSIGNED};

/// The pseudonym of a site: ten hex digits of HMAC-SHA-256 (RFC 2104) of its name. What is no site keeps its word.
pub fn pseudonym(name: &str, secret: &str) -> String {
    if name == EXTERNAL || name == UNASSIGNED {
        return name.to_owned();
    }
    let mut key = [0_u8; 64];
    let hashed = Sha256::digest(secret.as_bytes());
    let bytes = if secret.len() > key.len() { &hashed[..] } else { secret.as_bytes() };
    key[..bytes.len()].copy_from_slice(bytes);
    let pad = |with: u8| key.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(name.as_bytes()).finalize();
    let outer = Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize();
    let digits: String = outer.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    format!("site-{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_is_the_first_digits_of_hmac_sha_256() {
        // RFC 4231, test case 2: key "Jefe", data "what do ya want for nothing?", 5bdcc146bf…
        assert_eq!(pseudonym("what do ya want for nothing?", "Jefe"), "site-5bdcc146bf");
        assert_eq!(pseudonym("external", "Jefe"), "external");
    }
}
