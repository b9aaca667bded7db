//! What is fuzzed together: readers that share their reading, a family each, the most exposed first. A member is a format (by its file
//! in src/formats), a container (by its folder in fuzz/seeds, where its seeds are) or a book (by its name in `books.rs`).
//!
//! `xtask/src/fuzz/` reads this file too, and a test there holds that every format and every container is in one family.

/// What is no log and yet comes from anybody, each held to its word in `books.rs`.
pub const BOOKS: &[&str] =
    &["sites", "policy", "countries", "case", "locked", "indicators", "figure", "mapping", "order", "result"];

/// Readers that are fuzzed together.
pub struct Family {
    /// What the chore, the tally and docs/security.md call it.
    pub name: &'static str,
    /// Its members; a byte of the input picks one, or none, and then the content tells.
    pub members: &'static [&'static str],
    /// The longest input, in bytes.
    #[allow(dead_code, reason = "of the chore alone")]
    pub longest: usize,
}

/// All of them.
pub const FAMILIES: &[Family] = &[
    Family { name: "packed", members: &["gzip", "zip", "tar", "zstd", "xz", "bzip2", "lz4", "utf16"], longest: 4096 },
    Family {
        name: "events",
        members: &["evtx", "windows_event_xml", "windows_event_json", "windows_event_csv"],
        // A chunk of an event log alone has 64 KiB.
        longest: 72 << 10,
    },
    Family { name: "parquet", members: &["parquet"], longest: 4096 },
    Family {
        name: "json",
        members: &[
            "zeek_conn_json",
            "suricata_eve",
            "aws_vpc_flow_json",
            "gcp_vpc_flow",
            "azure_flow",
            "azure_firewall",
            "ocsf_json",
            "ecs_json",
            "carried",
            "mapped_json",
        ],
        longest: 4096,
    },
    Family { name: "packets", members: &["pcap"], longest: 4096 },
    Family {
        name: "pairs",
        members: &[
            "fortigate_traffic",
            "sophos_xg",
            "sonicwall",
            "stormshield",
            "checkpoint",
            "juniper_srx",
            "cef",
            "leef",
            "cisco_meraki",
            "mapped_pairs",
        ],
        longest: 4096,
    },
    Family {
        name: "lines",
        members: &[
            "cisco_asa",
            "cisco_ftd",
            "cisco_ios",
            "watchguard",
            "barracuda",
            "iptables",
            "mikrotik",
            "pfsense_filterlog",
            "vpn_pulse",
            "openvpn",
            "radius",
            "snort",
            "squid",
            "unix_logons",
            "citrix_adc",
            "arrowed",
            "symantec_sep",
        ],
        longest: 4096,
    },
    Family {
        name: "tables",
        members: &[
            "zeek_conn_tsv",
            "zeek_protocols",
            "nfdump",
            "argus",
            "cicflowmeter",
            "panos",
            "cisco_umbrella",
            "zscaler_zia",
            "aws_vpc_flow",
            "windows_firewall",
            "w3c_elf",
            "microsoft_tables",
            "kyoten_rollup",
            "mapped_csv",
        ],
        longest: 4096,
    },
    Family { name: "books", members: BOOKS, longest: 16 << 10 },
];

/// What reads the records of a container that was picked: one format, so that the time goes into unpacking. Where none was picked,
/// the content tells.
#[allow(dead_code, reason = "of the target alone")]
pub fn within(container: &str) -> &'static str {
    match container {
        "evtx" => "windows_event_xml",
        "parquet" => "ecs_json",
        _ => "zeek_conn_tsv",
    }
}

/// The family of this name.
pub fn named(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.name == name)
}
