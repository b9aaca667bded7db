//! Time zones by name, from the tz database of a crate.

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use kyoten::evidence::zone::{Rules, YEARS, Zone};

/// The zone of this name; a sentence when there is none.
pub fn named(name: &str) -> Result<Zone, String> {
    let none = || format!("{name:?} is not a zone that Kyoten knows; write Asia/Tokyo, or an offset like +09:00");
    let zone = TimeZone::get(name).map_err(|_unknown| none())?;
    // The database's own spelling, however it was asked for.
    let name = zone.iana_name().ok_or_else(none)?.to_owned();
    let begin = |year: i32| -> Option<Timestamp> {
        let year = i16::try_from(year).ok()?;
        Some(date(year, 1, 1).to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    let (from, to) = begin(*YEARS.start()).zip(begin(YEARS.end() + 1)).ok_or_else(none)?;
    let first = zone.to_offset(from).seconds();
    let mut changes: Vec<(i64, i32)> = Vec::new();
    for change in zone.following(from).take_while(|change| change.timestamp() < to) {
        // A change of name alone is none of the clock's.
        if changes.last().map_or(first, |(_, offset)| *offset) != change.offset().seconds() {
            changes.push((change.timestamp().as_second(), change.offset().seconds()));
        }
    }
    Zone::new(Rules { name, first, changes }).ok_or_else(none)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_the_offsets_of_their_seasons() {
        let at = |name: &str, seconds: i64| named(name).unwrap().offset_at(kyoten::flow::Moment(seconds * 1_000_000));
        assert_eq!(at("America/New_York", 1_705_320_000), -18_000);
        assert_eq!(at("america/new_york", 1_721_044_800), -14_400);
        assert_eq!((at("Asia/Kolkata", 1_721_044_800), at("Asia/Tokyo", 1_721_044_800)), (19_800, 32_400));
        assert!(named("Asia/Nowhere").is_err());
    }
}
