//! What clocks show where: minutes east of UTC by the name of a zone, a country or a longitude, with the summer times that
//! are in force.
//!
//! Rules after the IANA time zone database, 2025b, as they stand today; a year in which a country had others is an hour off
//! for part of the year. It serves what people do by day and by night, and what is said of it; no log is dated by it.

use super::{Civil, DAY, days_from_civil, weekday};
use crate::flow::Moment;

/// When clocks are put forward and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Summer {
    Never,
    /// Last Sunday of March to last Sunday of October, 01:00 UTC.
    Europe,
    /// Second Sunday of March to first Sunday of November, 02:00.
    America,
    /// First Sunday of October to first Sunday of April, 02:00.
    Australia,
    /// Last Sunday of September to first Sunday of April, 02:00.
    NewZealand,
    /// First Sunday of September to first Sunday of April.
    Chile,
}

use Summer::{America, Australia, Chile, Europe, Never, NewZealand};

/// The last part of the zone's name, its country, minutes east in winter, summer time. The first of a country stands for it.
const ZONES: &[(&str, &str, i32, Summer)] = &[
    ("Tokyo", "JP", 540, Never),
    ("Seoul", "KR", 540, Never),
    ("Shanghai", "CN", 480, Never),
    ("Chongqing", "CN", 480, Never),
    ("Hong_Kong", "HK", 480, Never),
    ("Macau", "MO", 480, Never),
    ("Taipei", "TW", 480, Never),
    ("Singapore", "SG", 480, Never),
    ("Kuala_Lumpur", "MY", 480, Never),
    ("Manila", "PH", 480, Never),
    ("Makassar", "", 480, Never),
    ("Jayapura", "", 540, Never),
    ("Jakarta", "ID", 420, Never),
    ("Pontianak", "ID", 420, Never),
    ("Bangkok", "TH", 420, Never),
    ("Ho_Chi_Minh", "VN", 420, Never),
    ("Saigon", "VN", 420, Never),
    ("Hanoi", "VN", 420, Never),
    ("Phnom_Penh", "KH", 420, Never),
    ("Vientiane", "LA", 420, Never),
    ("Yangon", "MM", 390, Never),
    ("Rangoon", "MM", 390, Never),
    ("Dhaka", "BD", 360, Never),
    ("Kathmandu", "NP", 345, Never),
    ("Kolkata", "IN", 330, Never),
    ("Calcutta", "IN", 330, Never),
    ("Colombo", "LK", 330, Never),
    ("Karachi", "PK", 300, Never),
    ("Tashkent", "UZ", 300, Never),
    ("Almaty", "KZ", 300, Never),
    ("Kabul", "AF", 270, Never),
    ("Dubai", "AE", 240, Never),
    ("Muscat", "OM", 240, Never),
    ("Baku", "AZ", 240, Never),
    ("Tbilisi", "GE", 240, Never),
    ("Tehran", "IR", 210, Never),
    ("Riyadh", "SA", 180, Never),
    ("Kuwait", "KW", 180, Never),
    ("Qatar", "QA", 180, Never),
    ("Bahrain", "BH", 180, Never),
    ("Baghdad", "IQ", 180, Never),
    ("Istanbul", "TR", 180, Never),
    ("Jerusalem", "IL", 120, Europe),
    ("Amman", "JO", 180, Never),
    ("Beirut", "LB", 120, Europe),
    ("Moscow", "RU", 180, Never),
    ("Minsk", "BY", 180, Never),
    ("Vladivostok", "", 600, Never),
    ("Nairobi", "KE", 180, Never),
    ("Addis_Ababa", "ET", 180, Never),
    ("Johannesburg", "ZA", 120, Never),
    ("Cairo", "EG", 120, Europe),
    ("Lagos", "NG", 60, Never),
    ("Algiers", "DZ", 60, Never),
    ("Tunis", "TN", 60, Never),
    ("Casablanca", "MA", 60, Never),
    ("Accra", "GH", 0, Never),
    ("Abidjan", "CI", 0, Never),
    ("Athens", "GR", 120, Europe),
    ("Helsinki", "FI", 120, Europe),
    ("Kyiv", "UA", 120, Europe),
    ("Kiev", "UA", 120, Europe),
    ("Bucharest", "RO", 120, Europe),
    ("Sofia", "BG", 120, Europe),
    ("Riga", "LV", 120, Europe),
    ("Vilnius", "LT", 120, Europe),
    ("Tallinn", "EE", 120, Europe),
    ("Nicosia", "CY", 120, Europe),
    ("Berlin", "DE", 60, Europe),
    ("Busingen", "DE", 60, Europe),
    ("Paris", "FR", 60, Europe),
    ("Rome", "IT", 60, Europe),
    ("Madrid", "ES", 60, Europe),
    ("Amsterdam", "NL", 60, Europe),
    ("Brussels", "BE", 60, Europe),
    ("Luxembourg", "LU", 60, Europe),
    ("Zurich", "CH", 60, Europe),
    ("Vienna", "AT", 60, Europe),
    ("Prague", "CZ", 60, Europe),
    ("Bratislava", "SK", 60, Europe),
    ("Budapest", "HU", 60, Europe),
    ("Warsaw", "PL", 60, Europe),
    ("Copenhagen", "DK", 60, Europe),
    ("Stockholm", "SE", 60, Europe),
    ("Oslo", "NO", 60, Europe),
    ("Belgrade", "RS", 60, Europe),
    ("Zagreb", "HR", 60, Europe),
    ("Ljubljana", "SI", 60, Europe),
    ("Sarajevo", "BA", 60, Europe),
    ("Skopje", "MK", 60, Europe),
    ("Malta", "MT", 60, Europe),
    ("London", "GB", 0, Europe),
    ("Belfast", "GB", 0, Europe),
    ("Dublin", "IE", 0, Europe),
    ("Lisbon", "PT", 0, Europe),
    ("Reykjavik", "IS", 0, Never),
    ("Azores", "", -60, Europe),
    ("New_York", "US", -300, America),
    ("Detroit", "US", -300, America),
    ("Indianapolis", "US", -300, America),
    ("Louisville", "US", -300, America),
    ("Eastern", "US", -300, America),
    ("Toronto", "CA", -300, America),
    ("Montreal", "CA", -300, America),
    ("Halifax", "", -240, America),
    ("Chicago", "", -360, America),
    ("Central", "", -360, America),
    ("Winnipeg", "", -360, America),
    ("Regina", "", -360, Never),
    ("Denver", "", -420, America),
    ("Boise", "", -420, America),
    ("Mountain", "", -420, America),
    ("Edmonton", "", -420, America),
    ("Phoenix", "", -420, Never),
    ("Los_Angeles", "", -480, America),
    ("Pacific", "", -480, America),
    ("Vancouver", "", -480, America),
    ("Tijuana", "", -480, America),
    ("Anchorage", "", -540, America),
    ("Honolulu", "", -600, Never),
    ("Mexico_City", "MX", -360, Never),
    ("Monterrey", "MX", -360, Never),
    ("Guatemala", "GT", -360, Never),
    ("Costa_Rica", "CR", -360, Never),
    ("El_Salvador", "SV", -360, Never),
    ("Tegucigalpa", "HN", -360, Never),
    ("Panama", "PA", -300, Never),
    ("Bogota", "CO", -300, Never),
    ("Lima", "PE", -300, Never),
    ("Guayaquil", "EC", -300, Never),
    ("Jamaica", "JM", -300, Never),
    ("Havana", "CU", -300, America),
    ("Caracas", "VE", -240, Never),
    ("La_Paz", "BO", -240, Never),
    ("Puerto_Rico", "PR", -240, Never),
    ("Santo_Domingo", "DO", -240, Never),
    ("Manaus", "", -240, Never),
    ("Santiago", "CL", -240, Chile),
    ("Asuncion", "PY", -180, Never),
    ("Sao_Paulo", "BR", -180, Never),
    ("Fortaleza", "BR", -180, Never),
    ("Buenos_Aires", "AR", -180, Never),
    ("Montevideo", "UY", -180, Never),
    ("St_Johns", "", -210, America),
    ("Sydney", "AU", 600, Australia),
    ("Melbourne", "AU", 600, Australia),
    ("Canberra", "AU", 600, Australia),
    ("Hobart", "AU", 600, Australia),
    ("Brisbane", "", 600, Never),
    ("Adelaide", "", 570, Australia),
    ("Darwin", "", 570, Never),
    ("Perth", "", 480, Never),
    ("Auckland", "NZ", 720, NewZealand),
    ("Port_Moresby", "PG", 600, Never),
    ("Guam", "GU", 600, Never),
    ("Fiji", "FJ", 720, Never),
    ("UTC", "", 0, Never),
    ("GMT", "", 0, Never),
    ("Zulu", "", 0, Never),
    ("Japan", "", 540, Never),
    ("ROK", "", 540, Never),
    ("PRC", "", 480, Never),
];

/// A clock: minutes east of UTC in winter, and its summer time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalClock {
    winter: i32,
    summer: Summer,
}

impl LocalClock {
    /// The clock of UTC.
    pub const UTC: LocalClock = LocalClock { winter: 0, summer: Never };

    /// Of a zone of the IANA database by its name (`Asia/Tokyo`), or an offset (`+09:00`, `UTC+9`).
    pub fn of_zone(name: &str) -> Option<LocalClock> {
        let city = name.trim().rsplit('/').next()?.replace(' ', "_");
        let known = ZONES.iter().find(|(own, ..)| own.eq_ignore_ascii_case(&city));
        if let Some((_, _, winter, summer)) = known {
            return Some(LocalClock { winter: *winter, summer: *summer });
        }
        let offset = name.trim().trim_start_matches("UTC").trim_start_matches("GMT");
        let minutes = read_offset(offset)?;
        Some(LocalClock { winter: minutes, summer: Never })
    }

    /// The clock of a country's capital, or of most of its people.
    pub fn of_country(code: &str) -> Option<LocalClock> {
        let (_, _, winter, summer) =
            ZONES.iter().find(|(_, own, ..)| !own.is_empty() && own.eq_ignore_ascii_case(code.trim()))?;
        Some(LocalClock { winter: *winter, summer: *summer })
    }

    /// The sun's clock at a longitude, by whole hours.
    pub fn of_longitude(degrees: f64) -> LocalClock {
        let hours = (degrees.clamp(-180.0, 180.0) / 15.0 + if degrees < 0.0 { -0.5 } else { 0.5 }) as i32;
        LocalClock { winter: hours * 60, summer: Never }
    }

    /// Minutes east of UTC at a moment.
    pub fn offset(self, at: Moment) -> i32 {
        self.winter + if self.is_summer(at) { 60 } else { 0 }
    }

    fn is_summer(self, at: Moment) -> bool {
        if self.summer == Never {
            return false;
        }
        // All moments by the winter clock, so that none is said twice.
        let local = Moment(at.0.saturating_add(i64::from(self.winter) * 60_000_000));
        let year = Civil::of(local, 0).year;
        let hour = |day: i64, hour: i64| Moment(day * DAY + hour * 3_600_000_000);
        let utc = |day: i64, of: i64| Moment(hour(day, of).0 + i64::from(self.winter) * 60_000_000);
        match self.summer {
            Never => false,
            Europe => utc(last_sunday(year, 3), 1) <= local && local < utc(last_sunday(year, 10), 1),
            America => hour(sunday(year, 3, 1), 2) <= local && local < hour(sunday(year, 11, 0), 1),
            Australia => local >= hour(sunday(year, 10, 0), 2) || local < hour(sunday(year, 4, 0), 2),
            NewZealand => local >= hour(last_sunday(year, 9), 2) || local < hour(sunday(year, 4, 0), 2),
            Chile => local >= hour(sunday(year, 9, 0), 0) || local < hour(sunday(year, 4, 0), 0),
        }
    }
}

/// The first Sunday of a month, and so many weeks more.
fn sunday(year: i32, month: u8, weeks: i64) -> i64 {
    let first = days_from_civil(year, month, 1);
    first + i64::from(6 - weekday(first)) + 7 * weeks
}

fn last_sunday(year: i32, month: u8) -> i64 {
    let last = days_from_civil(year, month, super::days_in_month(year, month));
    last - (i64::from(weekday(last)) + 1) % 7
}

fn read_offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        (_, _) => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours.parse::<i32>().ok()?, minutes.parse::<i32>().ok()?),
        None if digits.len() == 4 => (digits[..2].parse().ok()?, digits[2..].parse().ok()?),
        None => (digits.parse().ok()?, 0),
    };
    ((0..=14).contains(&hours) && (0..60).contains(&minutes)).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(zone: &str, year: i32, month: u8, day: u8, hour: i64) -> i32 {
        let at = Moment(days_from_civil(year, month, day) * DAY + hour * 3_600_000_000);
        LocalClock::of_zone(zone).unwrap().offset(at)
    }

    #[test]
    fn clocks_are_put_forward_and_back_on_their_days() {
        assert_eq!(offset("America/New_York", 2020, 3, 8, 6), -300);
        assert_eq!(offset("America/New_York", 2020, 3, 8, 7), -240);
        assert_eq!(offset("America/New_York", 2020, 11, 1, 5), -240);
        assert_eq!(offset("America/New_York", 2020, 11, 1, 6), -300);
        assert_eq!(offset("Europe/Berlin", 2021, 3, 28, 0), 60);
        assert_eq!(offset("Europe/Berlin", 2021, 3, 28, 1), 120);
        assert_eq!(offset("Europe/Berlin", 2021, 10, 31, 0), 120);
        assert_eq!(offset("Europe/Berlin", 2021, 10, 31, 1), 60);
        assert_eq!(offset("Australia/Sydney", 2021, 1, 10, 0), 660);
        assert_eq!(offset("Australia/Sydney", 2021, 7, 10, 0), 600);
    }

    #[test]
    fn a_half_hour_is_kept() {
        assert_eq!(offset("Asia/Kolkata", 2020, 6, 1, 0), 330);
        assert_eq!(offset("+05:45", 2020, 6, 1, 0), 345);
        assert_eq!(offset("UTC-3", 2020, 6, 1, 0), -180);
        assert_eq!(LocalClock::of_zone("Mars/Olympus"), None);
    }

    #[test]
    fn a_country_or_a_longitude_will_do() {
        assert_eq!(LocalClock::of_country("th").unwrap().offset(Moment(0)), 420);
        assert_eq!(LocalClock::of_longitude(139.7).offset(Moment(0)), 540);
        assert_eq!(LocalClock::of_longitude(-73.9).offset(Moment(0)), -300);
        assert_eq!(LocalClock::of_country(""), None);
    }
}
