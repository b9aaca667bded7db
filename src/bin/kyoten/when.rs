//! Moments on the command line, and the clock where none is given.

use kyoten::calendar;
use kyoten::evidence::Clock;
use kyoten::flow::Basis;
use kyoten::formats::syntax::time;

/// Reads `2020-06-11`, `2020-06-11 11:13`, `2020-06-11T11:13:00+09:00` as epoch seconds; UTC where no zone is said.
pub fn read(text: &str) -> Result<f64, String> {
    if let Some(day) = calendar::read_date(text) {
        return Ok((day * 86_400) as f64);
    }
    let written = time::read(text.as_bytes());
    let (moment, _): (_, Basis) = written
        .map(|written| written.settle(&Clock { chosen_offset: Some(0), ..Clock::default() }))
        .ok_or_else(|| format!("{text:?} is not a time; write it as 2020-06-11T02:13:00Z or 2020-06-11"))?;
    Ok(moment.0 as f64 / 1e6)
}

/// The time given, or now.
pub fn read_or_now(text: Option<&str>) -> Result<f64, String> {
    match text {
        Some(text) => read(text),
        None => {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            Ok(since.map(|since| since.as_secs() as f64).unwrap_or_default())
        }
    }
}
