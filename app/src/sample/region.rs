//! Facilities and staff of the region (`app/sample/region.json`).

use serde::Deserialize;

/// The region with everybody who works in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Region {
    /// As shown, e.g. `ことり市`.
    pub(crate) name: String,
    pub(crate) facilities: Vec<Facility>,
    pub(crate) staff: Vec<Staff>,
}

impl Region {
    /// Nothing yet.
    pub(crate) fn empty() -> Self {
        Self { name: String::new(), facilities: Vec::new(), staff: Vec::new() }
    }

    /// The facility with this key.
    pub(crate) fn facility(&self, key: &str) -> Option<&Facility> {
        self.facilities.iter().find(|facility| facility.key == key)
    }

    /// The person who signs in with this id.
    pub(crate) fn person(&self, login_id: &str) -> Option<&Staff> {
        self.staff.iter().find(|person| person.login_id == login_id)
    }
}

/// One facility.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Facility {
    /// Names the facility inside the sample only.
    pub(crate) key: String,
    /// `clinic`, `hospital`, `visiting_nurse_station`, `pharmacy`, `care_plan_office` or `care_provider`.
    pub(crate) kind: String,
    pub(crate) name: String,
    /// Katakana reading of the name.
    pub(crate) kana: String,
    pub(crate) postal_code: String,
    pub(crate) address: String,
    pub(crate) telecom: String,
    /// Who is on duty (`login_id`) as the demo begins.
    #[serde(default)]
    pub(crate) on_duty: Option<String>,
}

/// One natural person with one account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Staff {
    pub(crate) login_id: String,
    pub(crate) name: String,
    /// Katakana reading of the name.
    pub(crate) kana: String,
    /// Profession code, e.g. `nurse` or `care_manager`.
    pub(crate) profession: String,
    /// Where the person works, the main place first; never empty.
    pub(crate) facilities: Vec<Position>,
}

impl Staff {
    /// Whether the person works at this facility.
    pub(crate) fn works_at(&self, facility: &str) -> bool {
        self.facilities.iter().any(|position| position.key == facility)
    }
}

/// One person's position at one facility.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Position {
    /// The facility's key.
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) facility_admin: bool,
    /// Who stands in for the person there (`login_id`).
    #[serde(default)]
    pub(crate) substitute: Option<String>,
}
