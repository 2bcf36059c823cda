//! Versions as they are read, what is saved, and their shapes in JSON.

use std::collections::BTreeMap;

use jiff::Timestamp;
use record::Field;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{fields::Fields, merge};
use crate::people::{People, StaffBody};

/// One saved version, opened.
#[derive(Clone)]
pub struct Version {
    pub id: Uuid,
    /// 1, 2, 3 … of this patient's sheet; what `If-Match` names.
    pub number: i64,
    pub fields: Fields,
    pub reason: String,
    pub at: Timestamp,
    /// The send that made it.
    pub client_id: Uuid,
    /// Versions of the author and the facility, as of the time of writing.
    pub author: Uuid,
    pub facility: Uuid,
}

/// Some versions of a sheet, newest first and never none, and where the sheet stands.
#[derive(Clone)]
pub struct Sheet {
    pub patient: Uuid,
    /// The patient's group, if there is one.
    pub group: Option<Uuid>,
    /// Whether the caller is in that group now.
    pub member: bool,
    /// Care has ended: the sheet is read-only.
    pub archived: bool,
    pub versions: Vec<Version>,
}

/// What is to become the next version.
#[derive(Clone)]
pub struct Save {
    pub client_id: Uuid,
    /// The version that the author saw last.
    pub seen: i64,
    /// All of the sheet, not the difference.
    pub fields: Fields,
    pub reason: String,
}

crate::opaque_debug!(Version, Sheet, Save);

impl Sheet {
    /// The newest of the versions at hand.
    pub fn newest(&self) -> &Version {
        &self.versions[0]
    }

    /// The version of this number, if it is at hand.
    pub fn numbered(&self, number: i64) -> Option<&Version> {
        self.versions.iter().find(|version| version.number == number)
    }

    /// The group as far as the caller may open it.
    pub fn open_group(&self) -> Option<Uuid> {
        self.group.filter(|_| self.member)
    }
}

/// The fields as the record holds them.
pub fn as_record(fields: &Fields) -> BTreeMap<String, Field> {
    fields.iter().map(|(key, text)| (key.clone(), Field::Text(text.clone()))).collect()
}

/// And back. Text is all that a face sheet of today holds.
pub fn from_record(fields: BTreeMap<String, Field>) -> Fields {
    fields
        .into_iter()
        .filter_map(|(key, field)| match field {
            Field::Text(text) => Some((key, text)),
            Field::Flag(_) | Field::List(_) | Field::Parts(_) => None,
        })
        .collect()
}

/// The sheet in one version.
#[derive(Serialize, ToSchema)]
pub struct SheetBody {
    pub version: i64,
    pub fields: BTreeMap<String, String>,
    pub changed_by: StaffBody,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
}

/// A line of the list of versions.
#[derive(Serialize, ToSchema)]
pub struct VersionBody {
    pub version: i64,
    pub changed_by: StaffBody,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    pub reason: String,
    /// Keys of the fields that this version changed.
    pub changed: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub struct VersionPage {
    pub items: Vec<VersionBody>,
    pub next: Option<String>,
}

/// One version with what it changed against the one before.
#[derive(Serialize, ToSchema)]
pub struct OneVersionBody {
    #[serde(flatten)]
    pub sheet: SheetBody,
    pub reason: String,
    pub changes: Vec<ChangeBody>,
}

/// A field's text before and after; null where there was or is none.
#[derive(Serialize, ToSchema)]
pub struct ChangeBody {
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveBody {
    /// The same id with the same content is saved once.
    pub client_id: Option<Uuid>,
    /// The whole sheet: a field that is left out is emptied.
    pub fields: BTreeMap<String, String>,
    /// Why, for those who read it later.
    pub reason: String,
}

crate::opaque_debug!(SheetBody, VersionBody, VersionPage, OneVersionBody, ChangeBody, SaveBody);

impl Version {
    /// Who changed it, named as of that time. Needs the people of this version to be known: see [`super::read`].
    pub fn changed_by(&self, people: &People) -> StaffBody {
        people.staff(self.author, self.facility)
    }

    pub fn body(&self, people: &People) -> SheetBody {
        SheetBody {
            version: self.number,
            fields: self.fields.clone(),
            changed_by: self.changed_by(people),
            changed_at: self.at,
        }
    }

    /// As a line of the list; `before` is the version before it, absent for the first.
    pub fn line(&self, before: Option<&Self>, people: &People) -> VersionBody {
        VersionBody {
            version: self.number,
            changed_by: self.changed_by(people),
            changed_at: self.at,
            reason: self.reason.clone(),
            changed: self.changes(before).into_iter().map(|change| change.key).collect(),
        }
    }

    /// What this version changed against the one before it.
    pub fn changes(&self, before: Option<&Self>) -> Vec<merge::Change> {
        let nothing = Fields::new();
        merge::diff(before.map_or(&nothing, |version| &version.fields), &self.fields)
    }
}
