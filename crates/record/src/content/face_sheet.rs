use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::prints_nothing;

/// A saved version of the face sheet: all of it, not the difference.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaceSheetVersion {
    /// 1, 2, 3 … of this patient's sheet.
    pub version: u64,
    /// The fields by name; an empty field is left out.
    pub fields: BTreeMap<String, Field>,
    /// Why it was changed, in the author's words.
    pub reason: String,
}

/// The value of a field. There are no numbers, so that none can be rounded or spelled in two ways: quantities are
/// written as text, with their unit.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Field {
    /// Text exactly as typed, dates and quantities too.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// Several, in the order given: allergies, contacts.
    List(Vec<Field>),
    /// Parts by name: a contact's name and telephone number.
    Parts(BTreeMap<String, Field>),
}

prints_nothing!(FaceSheetVersion, Field);
