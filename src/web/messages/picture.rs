//! The picture, the timeline and the figure: how they are wanted, what of them can be pointed at, and what a figure that was
//! opened again was made with.

use serde::{Deserialize, Serialize};

use super::{millis, moment, number_of, party_of};
use crate::ledger::survey::LinkKey;
use crate::report::figure::Placement;
use crate::scene::timeline::Timeline;
use crate::scene::{Scene, Subject};
use crate::sites::Party;

/// What can be pointed at.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", try_from = "SubjectFields")]
pub enum SubjectMessage {
    /// A site or another party.
    Site {
        /// Who.
        party: i32,
    },
    /// A link.
    Link {
        /// Whose calls.
        from: i32,
        /// To whom.
        to: i32,
    },
    /// A finding.
    Finding {
        /// Its id.
        id: String,
    },
    /// A moment of the timeline.
    Moment {
        /// When.
        ms: f64,
    },
}

/// All fields of all subjects: what serde derives for an enum with a tag is twenty kilobytes of the module.
#[derive(Deserialize)]
struct SubjectFields {
    kind: String,
    party: Option<i32>,
    from: Option<i32>,
    to: Option<i32>,
    id: Option<String>,
    ms: Option<f64>,
}

impl TryFrom<SubjectFields> for SubjectMessage {
    type Error = &'static str;

    fn try_from(told: SubjectFields) -> Result<SubjectMessage, &'static str> {
        let subject = match &*told.kind {
            "site" => told.party.map(|party| SubjectMessage::Site { party }),
            "link" => told.from.zip(told.to).map(|(from, to)| SubjectMessage::Link { from, to }),
            "finding" => told.id.map(|id| SubjectMessage::Finding { id }),
            "moment" => told.ms.map(|ms| SubjectMessage::Moment { ms }),
            _ => None,
        };
        subject.ok_or("a subject without what it is")
    }
}

impl SubjectMessage {
    /// The message of a subject; words that were elided are none.
    pub fn of(subject: &Subject) -> Option<SubjectMessage> {
        Some(match subject {
            Subject::Site(party) => SubjectMessage::Site { party: number_of(*party) },
            Subject::Link(key) => SubjectMessage::Link { from: number_of(key.from), to: number_of(key.to) },
            Subject::Finding(id) => SubjectMessage::Finding { id: id.clone() },
            Subject::Hours(first, _) => SubjectMessage::Moment { ms: first.start().map(millis)? },
            Subject::Words => return None,
        })
    }

    /// The subject of a message.
    pub fn subject(&self) -> Subject {
        match self {
            SubjectMessage::Site { party } => Subject::Site(party_of(*party)),
            SubjectMessage::Link { from, to } => Subject::Link(LinkKey { from: party_of(*from), to: party_of(*to) }),
            SubjectMessage::Finding { id } => Subject::Finding(id.clone()),
            SubjectMessage::Moment { ms } => {
                let hour = moment(*ms).hour();
                Subject::Hours(hour, hour)
            }
        }
    }
}

/// How the picture is wanted.
#[derive(Debug, Clone, Deserialize)]
pub struct View {
    /// `map` or `ring`.
    pub layout: LayoutMessage,
    /// In CSS pixels.
    pub width: f32,
    /// In CSS pixels.
    pub height: f32,
    /// The brush's beginning.
    pub from_ms: Option<f64>,
    /// The brush's end.
    pub to_ms: Option<f64>,
    /// What was chosen.
    pub selected: Option<SubjectMessage>,
    /// What lies under the pointer.
    pub hovered: Option<SubjectMessage>,
    /// How far a matrix is enlarged; 1 where absent.
    pub zoom: Option<f32>,
    /// How far it is moved, in CSS pixels.
    pub pan: Option<(f32, f32)>,
    /// Only what lies near this party.
    pub focus: Option<Focus>,
    /// The hosts of what is chosen, in place of the sites.
    pub hosts: Option<bool>,
    /// `en` or `ja`; English where absent.
    pub language: Option<String>,
}

/// A party and how many links off others may be.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Focus {
    /// Whom it is about.
    pub party: i32,
    /// How many links.
    pub hops: u32,
}

impl Focus {
    /// As a lens has it.
    pub fn of_lens(self) -> (Party, u32) {
        (party_of(self.party), self.hops.min(20))
    }
}

/// A scene on its way to a stage.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Shown {
    /// A picture.
    Picture(Scene),
    /// The timeline, which also knows its moments.
    Timeline(Timeline),
}

impl Shown {
    /// What is painted.
    pub fn scene(&self) -> &Scene {
        match self {
            Shown::Picture(scene) => scene,
            Shown::Timeline(timeline) => &timeline.scene,
        }
    }

    /// As bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("a scene is plain data, and allocation is the only way to fail")
    }
}

/// How sites are placed.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LayoutMessage {
    /// On the map.
    Map,
    /// On a ring.
    Ring,
    /// Those that talk near each other.
    Force,
    /// Site by site.
    Matrix,
}

impl LayoutMessage {
    /// As the figure has it.
    pub fn placement(self) -> Placement {
        match self {
            LayoutMessage::Map => Placement::Map,
            LayoutMessage::Ring => Placement::Ring,
            LayoutMessage::Force => Placement::Force,
            LayoutMessage::Matrix => Placement::Matrix,
        }
    }
}

/// How the figure is wanted.
#[derive(Debug, Clone, Deserialize)]
pub struct FigureOptions {
    /// `a4-landscape`, `a4-portrait`, `16:9`.
    pub size: String,
    /// `map` or `ring`.
    pub layout: LayoutMessage,
    /// `CLEAR`, `GREEN`, `AMBER`, `AMBER+STRICT`, `RED`.
    pub tlp: String,
    /// The figure's number in the report.
    pub number: Option<String>,
    /// A title other than the finding's own.
    pub title: Option<String>,
    /// `en` or `ja`; English where absent.
    pub language: Option<String>,
    /// Names and addresses as pseudonyms.
    pub pseudonyms: Option<bool>,
    /// Without what lets it be opened again.
    pub bare: Option<bool>,
    /// Only what lies near this party.
    pub focus: Option<Focus>,
    /// The brush's beginning.
    pub from_ms: Option<f64>,
    /// The brush's end.
    pub to_ms: Option<f64>,
}

/// A numbered step, for the analyst to put elsewhere and to word.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepMessage {
    /// The initiators' site, by name.
    pub from: String,
    /// The responders' site, by name.
    pub to: String,
    /// The rule's words.
    #[serde(default)]
    pub rule: String,
    /// The analyst's words, where there are any.
    pub says: Option<String>,
}

/// A figure that was opened again: what it was made with, for the page to show it so.
#[derive(Debug, Serialize)]
pub struct RecipeMessage {
    /// `a4-landscape`, `a4-portrait`, `16:9`.
    pub size: String,
    /// `ring`, `map`, `force`, `matrix`.
    pub layout: String,
    /// The label.
    pub tlp: String,
    /// Its number.
    pub number: u32,
    /// Its title, where it was worded.
    pub title: Option<String>,
    /// `en` or `ja`.
    pub language: String,
    /// Whether names were pseudonyms.
    pub pseudonyms: bool,
    /// What was looked at.
    pub window: Option<(f64, f64)>,
    /// Near whom.
    pub focus: Option<(i32, u32)>,
    /// What of its evidence is not here, or otherwise; empty where all is here.
    pub lacking: Vec<String>,
    /// Whether it was made of this very case.
    pub same_case: bool,
}
