//! The invented company: its sites, their clocks and holidays, its servers, and what its policy allows.
//!
//! Sites use addresses of RFC 1918, the Internet those of RFC 5737 (documentation).

use crate::calendar::{days_from_civil, weekday};
use crate::flow::Moment;

/// An IPv4 address.
pub type Address = [u8; 4];

/// A site.
pub struct Place {
    name: &'static str,
    /// The first two bytes of its /16.
    pub net: [u8; 2],
    country: &'static str,
    timezone: &'static str,
    position: &'static str,
    role: &'static str,
    contact: &'static str,
    /// Minutes east of UTC in summer and in winter, and the month and day on which winter time begins.
    clock: (i32, i32, (u8, u8)),
    /// Month and day of 2020's holidays from May on.
    holidays: &'static [(u8, u8)],
}

const NEVER: (u8, u8) = (12, 31);
const JAPAN: &[(u8, u8)] = &[
    (5, 4),
    (5, 5),
    (5, 6),
    (7, 23),
    (7, 24),
    (8, 10),
    (8, 13),
    (8, 14),
    (9, 21),
    (9, 22),
    (11, 3),
    (11, 23),
    (12, 29),
    (12, 30),
    (12, 31),
];

pub const TOKYO: Place = Place {
    name: "Tokyo DC",
    net: [10, 10],
    country: "JP",
    timezone: "Asia/Tokyo",
    position: "35.68,139.77",
    role: "datacentre",
    contact: "soc@hoshizora.example",
    clock: (540, 540, NEVER),
    holidays: JAPAN,
};
pub const CLOUD: Place = Place {
    name: "Tokyo Cloud",
    net: [172, 20],
    position: "35.55,139.65",
    role: "cloud",
    contact: "cloud@hoshizora.example",
    ..TOKYO
};
pub const KOBE: Place = Place {
    name: "Kobe Works",
    net: [10, 20],
    position: "34.68,135.18",
    role: "plant",
    contact: "kobe-it@hoshizora.example",
    ..TOKYO
};
pub const BANGKOK: Place = Place {
    name: "Bangkok Office",
    net: [10, 66],
    country: "TH",
    timezone: "Asia/Bangkok",
    position: "13.75,100.52",
    role: "office",
    contact: "bkk-it@hoshizora.example",
    clock: (420, 420, NEVER),
    holidays: &[
        (5, 4),
        (5, 6),
        (6, 3),
        (7, 6),
        (7, 27),
        (7, 28),
        (8, 12),
        (9, 4),
        (9, 7),
        (10, 13),
        (10, 23),
        (12, 7),
        (12, 10),
        (12, 31),
    ],
};
pub const JAKARTA: Place = Place {
    name: "Jakarta Office",
    net: [10, 62],
    country: "ID",
    timezone: "Asia/Jakarta",
    position: "-6.21,106.82",
    role: "office",
    contact: "jkt-it@hoshizora.example",
    clock: (420, 420, NEVER),
    holidays: &[
        (5, 7),
        (5, 21),
        (5, 22),
        (5, 25),
        (6, 1),
        (7, 31),
        (8, 17),
        (8, 20),
        (8, 21),
        (10, 28),
        (10, 29),
        (10, 30),
        (12, 9),
        (12, 24),
        (12, 25),
        (12, 31),
    ],
};
pub const MANILA: Place = Place {
    name: "Manila Office",
    net: [10, 63],
    country: "PH",
    timezone: "Asia/Manila",
    position: "14.56,121.02",
    role: "office",
    contact: "mnl-it@hoshizora.example",
    clock: (480, 480, NEVER),
    holidays: &[
        (5, 25),
        (6, 12),
        (7, 31),
        (8, 21),
        (8, 31),
        (11, 2),
        (11, 30),
        (12, 8),
        (12, 24),
        (12, 25),
        (12, 30),
        (12, 31),
    ],
};
pub const NEW_YORK: Place = Place {
    name: "New York Office",
    net: [10, 12],
    country: "US",
    timezone: "America/New_York",
    position: "40.75,-73.98",
    role: "office",
    contact: "nyc-it@hoshizora.example",
    clock: (-240, -300, (11, 1)),
    holidays: &[(5, 25), (7, 3), (9, 7), (11, 26), (11, 27), (12, 24), (12, 25)],
};
pub const ROTTERDAM: Place = Place {
    name: "Rotterdam Office",
    net: [10, 31],
    country: "NL",
    timezone: "Europe/Amsterdam",
    position: "51.92,4.48",
    role: "office",
    contact: "rtm-it@hoshizora.example",
    clock: (120, 60, (10, 25)),
    holidays: &[(5, 5), (5, 21), (6, 1), (12, 25)],
};
const ALL: [&Place; 8] = [&TOKYO, &CLOUD, &KOBE, &BANGKOK, &JAKARTA, &MANILA, &NEW_YORK, &ROTTERDAM];

/// The file server that the intruder went for. Kobe's engineers use it every day.
pub const FILE_SERVER: Address = [10, 10, 20, 15];
/// Mail and the intranet.
pub const INTRANET: Address = [10, 10, 10, 10];
/// Domain controllers.
pub const DOMAIN: Address = [10, 10, 1, 10];
/// Where the monitoring of all sites runs.
pub const MONITOR: Address = [10, 10, 5, 20];
/// The ERP system's proxy in the cloud, and its database in the data centre.
pub const ERP_PROXY: Address = [172, 20, 1, 10];
/// The ERP system's database.
pub const ERP_DATABASE: Address = [10, 10, 30, 5];

impl Place {
    /// A host of the site.
    pub fn host(&self, third: u8, fourth: u8) -> Address {
        [self.net[0], self.net[1], third, fourth]
    }

    /// Minutes east of UTC on a day.
    pub fn offset(&self, day: i64) -> i32 {
        let (summer, winter, (month, first)) = self.clock;
        if day < days_from_civil(2020, month, first) { summer } else { winter }
    }

    /// So many seconds into that day, by the site's clock.
    pub fn moment(&self, day: i64, second: u64) -> Moment {
        Moment((day * 86_400 + second as i64 - i64::from(self.offset(day)) * 60) * 1_000_000)
    }

    /// Whether people work there on that day.
    pub fn works_on(&self, day: i64) -> bool {
        weekday(day) < 5 && !self.holidays.iter().any(|(month, date)| day == days_from_civil(2020, *month, *date))
    }
}

/// A moment of 2020 by Japan's clock.
pub fn jst(month: u8, day: u8, hour: u64, minute: u64) -> Moment {
    TOKYO.moment(days_from_civil(2020, month, day), hour * 3600 + minute * 60)
}

/// The days that the logs cover: 1 May to 31 December 2020.
pub fn days() -> std::ops::RangeInclusive<i64> {
    days_from_civil(2020, 5, 1)..=days_from_civil(2020, 12, 31)
}

/// Whether the logs cover a moment: all were exported for those days by Japan's clock.
pub fn is_covered(at: Moment) -> bool {
    let (first, last) = (*days().start(), *days().end());
    (TOKYO.moment(first, 0)..TOKYO.moment(last + 1, 0)).contains(&at)
}

/// `sites.csv`.
pub fn sites() -> String {
    let mut csv = "site,cidr,country,timezone,lat,lon,role,contact\n".to_owned();
    for Place { name, net: [a, b], country, timezone, position, role, contact, .. } in ALL {
        csv += &format!("{name},{a}.{b}.0.0/16,{country},{timezone},{position},{role},{contact}\n");
    }
    csv
}

/// `policy.csv`, as it stood when the audit looked.
pub const POLICY: &str = "\
from,to,service,verdict,reason,approver
role:office,Tokyo DC,rdp,deny,servers are administered from Kobe's jump host only,CISO
role:office,Tokyo DC,smb,deny,no file shares across borders,CISO
role:office,Tokyo DC,https,allow,intranet,IT operations
role:office,Tokyo DC,tcp/993,allow,mail,IT operations
role:office,Tokyo DC,dns,allow,names,IT operations
role:office,Tokyo DC,kerberos,allow,domain logon,IT operations
role:office,Tokyo DC,ldap,allow,domain logon,IT operations
*,Tokyo Cloud,https,allow,ERP proxy,ERP team
Tokyo Cloud,Tokyo DC,oracle,allow,ERP database,ERP team
role:office,Bangkok Office,https,allow,regional sales portal,IT operations
Kobe Works,Tokyo DC,*,allow,engineering and backups,IT operations
Kobe Works,Rotterdam Office,tcp/8443,allow,document portal (change 2020-0713),IT operations
Tokyo DC,*,snmp,allow,monitoring of all sites,IT operations
Tokyo DC,Tokyo DC,*,allow,within the data centre (vulnerability scanner 10.10.250.10 included),IT operations
";
