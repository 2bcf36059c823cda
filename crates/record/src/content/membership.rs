use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::prints_nothing;
use crate::moment;

/// What somebody is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 連携ホスト: invites, removes, hands over, archives.
    Host,
    /// メンバー
    Member,
    /// 一時参加: a member with an end date.
    Guest,
    /// 患者, on the family timeline only.
    Patient,
    /// 家族, on the family timeline only.
    Family,
}

/// Somebody was asked to join.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// The id that the answer names.
    pub invitation: Uuid,
    /// Who was asked; absent for a single-use link, whose taker is known when it is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Uuid>,
    /// For which facility.
    pub facility: Uuid,
    /// As what.
    pub role: Role,
    /// When the membership will end by itself.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "moment::optional")]
    pub until: Option<Timestamp>,
    /// The first record of the timeline that will be visible at the earliest (joining decides); absent: all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_seq: Option<u64>,
    /// Why, in the inviter's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An invitation was accepted or declined by the person, approved or refused by the host.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Which invitation.
    pub invitation: Uuid,
    /// Who joins, or does not.
    pub account: Uuid,
    /// For which facility.
    pub facility: Uuid,
    /// Why, in the answering person's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a member may do from here on: the whole of it, not the difference.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// Who.
    pub account: Uuid,
    /// For which facility.
    pub facility: Uuid,
    /// As what.
    pub role: Role,
    /// When it will end by itself.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "moment::optional")]
    pub until: Option<Timestamp>,
    /// The first record of the timeline that is visible; absent: all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_seq: Option<u64>,
    /// Why, in the acting person's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A membership ended: by the host, by the member, by its date.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Departure {
    /// Whose.
    pub account: Uuid,
    /// For which facility; the same person may stay for another.
    pub facility: Uuid,
    /// Why, in the acting person's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Another member is the host from here on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// Who was the host.
    pub from: Party,
    /// Who is.
    pub to: Party,
    /// Why, in the acting person's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A person in the name of a facility.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// The person.
    pub account: Uuid,
    /// The facility.
    pub facility: Uuid,
}

/// The group was opened, archived or reopened.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupState {
    /// Why, in the acting person's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a free group is called from here on, and what for: the whole of it, not the difference.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupTitle {
    /// One line.
    pub title: String,
    /// What the group is for, in the host's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
}

/// Somebody reads and writes the family timeline from here on: the patient, or a relative.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relative {
    /// Who.
    pub account: Uuid,
    /// [`Role::Patient`] or [`Role::Family`].
    pub role: Role,
    /// As the team and the family see it.
    pub name: String,
    /// 続柄, in the host's words; empty for the patient.
    pub relation: String,
    /// Whose invitation it was.
    pub invited_by: Uuid,
}

/// Somebody reads and writes the family timeline no more.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelativeDeparture {
    /// Who.
    pub account: Uuid,
    /// Why, in the acting person's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

prints_nothing!(
    Relative,
    RelativeDeparture,
    Invitation,
    Answer,
    Membership,
    Departure,
    HandOver,
    GroupState,
    GroupTitle
);
