//! What the case file keeps of a finding's small picture: numbers, each list on one line.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::compact::Lines;
use super::significant;
use crate::calendar;
use crate::finding::usual::{self, Beats, Day, Days, Hours, Measure, Share, Spread};
use crate::flow::Moment;

/// What is normal as numbers, and where this lies ([`usual::Usual`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", try_from = "Value")]
#[allow(missing_docs, reason = "as in crate::finding::usual")]
pub enum Usual {
    Spread {
        /// `bytes`, `connections`, `seconds` or `ratio`.
        of: String,
        low: f64,
        high: f64,
        counts: Lines<u32>,
        median: f64,
        this: f64,
    },
    Days {
        /// `2020-05-01`.
        from: String,
        /// A letter a day: a space without a log, `.` nothing, `x` refused, `o` ran, `!` what it is about.
        days: String,
    },
    Hours {
        /// Thousandths of the use in each hour of the caller's day.
        usual: Lines<u32>,
        /// The hours of this day's use.
        this: Lines<u32>,
        /// Some of them lie on a day of rest.
        rest: bool,
    },
    Beats {
        /// `2020-05-01`.
        from: String,
        /// For each day the hours of UTC with a connection, as a number whose lowest bit is 00:00 to 00:59.
        hours: Lines<u32>,
    },
    Share {
        usual: (u64, u64),
        this: (u64, u64),
    },
}

const MEASURES: [(Measure, &str); 4] = [
    (Measure::Bytes, "bytes"),
    (Measure::Connections, "connections"),
    (Measure::Seconds, "seconds"),
    (Measure::Ratio, "ratio"),
];
const DAYS: [(Day, char); 5] =
    [(Day::NoLog, ' '), (Day::Quiet, '.'), (Day::Refused, 'x'), (Day::Ran, 'o'), (Day::This, '!')];

/// A date of a day from the epoch, and back.
fn date(day: i32) -> String {
    calendar::date(Moment(i64::from(day) * calendar::DAY))
}

fn day(date: &str) -> Option<i32> {
    i32::try_from(calendar::read_date(date)?).ok()
}

/// By hand: what serde derives for an enum with a tag is twenty kilobytes of the page's module.
impl TryFrom<Value> for Usual {
    type Error = String;

    fn try_from(told: Value) -> Result<Usual, String> {
        let lacks = |name: &str| format!("the small picture of a finding lacks a sound {name:?}");
        let text = |name: &str| told[name].as_str().map(str::to_owned).ok_or_else(|| lacks(name));
        let number = |name: &str| told[name].as_f64().ok_or_else(|| lacks(name));
        let list = |name: &str| -> Result<Vec<u64>, String> {
            let list = told[name].as_array().and_then(|list| list.iter().map(Value::as_u64).collect());
            list.ok_or_else(|| lacks(name))
        };
        let small = |name: &str| -> Result<Lines<u32>, String> {
            let list = list(name)?.into_iter().map(|own| u32::try_from(own).ok()).collect::<Option<_>>();
            list.map(Lines).ok_or_else(|| lacks(name))
        };
        let two = |name: &str| match list(name)?[..] {
            [part, whole] => Ok((part, whole)),
            _ => Err(lacks(name)),
        };
        Ok(match &*text("kind")? {
            "spread" => Usual::Spread {
                of: text("of")?,
                low: number("low")?,
                high: number("high")?,
                counts: small("counts")?,
                median: number("median")?,
                this: number("this")?,
            },
            "days" => Usual::Days { from: text("from")?, days: text("days")? },
            "hours" => Usual::Hours {
                usual: small("usual")?,
                this: small("this")?,
                rest: told["rest"].as_bool().ok_or_else(|| lacks("rest"))?,
            },
            "beats" => Usual::Beats { from: text("from")?, hours: small("hours")? },
            "share" => Usual::Share { usual: two("usual")?, this: two("this")? },
            _ => return Err(lacks("kind")),
        })
    }
}

impl Usual {
    /// As it is written.
    pub fn of(own: &usual::Usual) -> Usual {
        match own {
            usual::Usual::Spread(own) => Usual::Spread {
                of: MEASURES
                    .iter()
                    .find(|(measure, _)| *measure == own.measure)
                    .map_or("", |(_, name)| name)
                    .to_owned(),
                low: significant(own.low),
                high: significant(own.high),
                counts: Lines(own.counts.clone()),
                median: significant(own.middle),
                this: significant(own.this),
            },
            usual::Usual::Days(own) => Usual::Days {
                from: date(own.first),
                days: own.days.iter().filter_map(|day| Some(DAYS.iter().find(|(own, _)| own == day)?.1)).collect(),
            },
            usual::Usual::Hours(own) => Usual::Hours {
                usual: Lines(own.usual.to_vec()),
                this: Lines((0..24).filter(|hour| own.this >> hour & 1 == 1).collect()),
                rest: own.rest,
            },
            usual::Usual::Beats(own) => Usual::Beats { from: date(own.first), hours: Lines(own.hours.clone()) },
            usual::Usual::Share(Share { usual, this }) => Usual::Share { usual: *usual, this: *this },
        }
    }

    /// As a picture is drawn of it; nothing where a file claims what can't be drawn.
    pub fn read(&self) -> Option<usual::Usual> {
        /// More bins or days than any picture has.
        const MOST: usize = 400;
        Some(match self {
            Usual::Spread { of, low, high, counts, median, this } => {
                let (measure, _) = MEASURES.iter().find(|(_, name)| name == of)?;
                let is_sound = [low, high, median, this].iter().all(|own| own.is_finite() && own.abs() < 1e19);
                if !is_sound || low >= high || counts.is_empty() {
                    return None;
                }
                let counts = counts.iter().take(MOST).copied().collect();
                let within = |value: f64| value.clamp(*low, *high);
                let (middle, this) = (within(*median), within(*this));
                usual::Usual::Spread(Spread { measure: *measure, low: *low, high: *high, counts, middle, this })
            }
            Usual::Days { from, days } => {
                let letter = |letter: char| Some(DAYS.iter().find(|(_, own)| *own == letter)?.0);
                let days: Vec<Day> = days.chars().take(MOST).map(letter).collect::<Option<_>>()?;
                if days.is_empty() {
                    return None;
                }
                usual::Usual::Days(Days { first: day(from)?, days })
            }
            Usual::Hours { usual, this, rest } => {
                let usual: Vec<u32> = usual.iter().map(|part| (*part).min(1_000)).collect();
                let this = this.iter().filter(|hour| **hour < 24).fold(0, |mask, hour| mask | 1 << hour);
                usual::Usual::Hours(Hours { usual: usual.try_into().ok()?, this, rest: *rest })
            }
            Usual::Beats { from, hours } => {
                let hours: Vec<u32> = hours.iter().take(MOST).map(|mask| mask & 0xff_ffff).collect();
                if hours.is_empty() {
                    return None;
                }
                usual::Usual::Beats(Beats { first: day(from)?, hours })
            }
            Usual::Share { usual, this } if usual.0 <= usual.1 && this.0 <= this.1 => {
                usual::Usual::Share(Share { usual: *usual, this: *this })
            }
            Usual::Share { .. } => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(json: &str) -> Option<usual::Usual> {
        serde_json::from_str::<Usual>(json).expect("it has the form").read()
    }

    #[test]
    fn what_is_written_is_drawn_again() {
        let days = vec![Day::NoLog, Day::Quiet, Day::Refused, Day::Ran, Day::This];
        let spread =
            Spread { measure: Measure::Seconds, low: 1.0, high: 9.0, counts: vec![4, 1], middle: 2.0, this: 9.0 };
        for own in [
            usual::Usual::Spread(spread),
            usual::Usual::Days(Days { first: 18_383, days }),
            usual::Usual::Hours(Hours { usual: [41; 24], this: 0b1001, rest: true }),
            usual::Usual::Beats(Beats { first: 18_383, hours: vec![0xff_ffff, 0] }),
            usual::Usual::Share(Share { usual: (0, 120), this: (12, 40) }),
        ] {
            let json = serde_json::to_string(&Usual::of(&own)).unwrap();
            assert_eq!(read_back(&json), Some(own), "{json}");
        }
    }

    #[test]
    fn what_has_not_the_form_is_refused_with_the_field() {
        for (json, field) in [
            (r#"{"kind":"pie"}"#, "kind"),
            (r#"[1]"#, "kind"),
            (r#"{"kind":"spread","of":"bytes","low":"0","high":9,"counts":[1],"median":5,"this":5}"#, "low"),
            (r#"{"kind":"hours","usual":[-1],"this":[],"rest":false}"#, "usual"),
            (r#"{"kind":"hours","usual":[1],"this":[],"rest":0}"#, "rest"),
            (r#"{"kind":"beats","from":"2020-02-01","hours":[4294967296]}"#, "hours"),
            (r#"{"kind":"share","usual":[3,2,1],"this":[0,0]}"#, "usual"),
        ] {
            let refusal = serde_json::from_str::<Usual>(json).unwrap_err().to_string();
            assert!(refusal.contains(&format!("{field:?}")), "{json}: {refusal}");
        }
    }

    #[test]
    fn what_can_t_be_drawn_is_no_picture() {
        for json in [
            r#"{"kind":"spread","of":"bytes","low":5,"high":5,"counts":[1],"median":5,"this":5}"#,
            r#"{"kind":"spread","of":"bytes","low":0,"high":1e300,"counts":[1],"median":5,"this":5}"#,
            r#"{"kind":"spread","of":"<b>","low":0,"high":9,"counts":[1],"median":5,"this":5}"#,
            r#"{"kind":"days","from":"2020-02-31","days":"."}"#,
            r#"{"kind":"days","from":"2020-02-01","days":"<"}"#,
            r#"{"kind":"days","from":"2020-02-01","days":""}"#,
            r#"{"kind":"hours","usual":[1,2],"this":[99],"rest":false}"#,
            r#"{"kind":"beats","from":"2020-02-01","hours":[]}"#,
            r#"{"kind":"share","usual":[3,2],"this":[0,0]}"#,
        ] {
            assert_eq!(read_back(json), None, "{json}");
        }
    }
}
