//! What the analyst chose for the picture, and what is kept of it in the case file: which steps come first and in what words,
//! where sites stand, and which pseudonym stands for whom.

use serde::{Deserialize, Serialize};

/// Depiction for the picture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Depiction {
    /// The numbered steps that the analyst put in order or worded; those not named follow by rank.
    pub steps: Vec<ChosenStep>,
    /// Sites that were put somewhere.
    pub pins: Vec<Pin>,
    /// The key to the pseudonyms: it stands here and nowhere else.
    pub pseudonyms: Vec<Pseudonym>,
}

/// A step as the analyst wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenStep {
    /// The initiators' site.
    pub from: String,
    /// The responders' site.
    pub to: String,
    /// What is wrong, in the analyst's words; the rule's where absent.
    #[serde(default)]
    pub says: Option<String>,
}

/// A site's place on the picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pin {
    /// The site's name.
    pub site: String,
    /// From the left, in parts of the picture's width.
    pub x: f32,
    /// From the top, in parts of its height.
    pub y: f32,
}

/// A name and what stands for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pseudonym {
    /// The name, address, account, sensor or file.
    pub name: String,
    /// `Site-A`, `SRV-01`.
    pub pseudonym: String,
}

impl Depiction {
    /// Whether nothing was chosen.
    pub fn is_empty(&self) -> bool {
        *self == Depiction::default()
    }
}
