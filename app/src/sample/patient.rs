//! One patient: the group, its team, the face sheet's history and the talk (`app/sample/patients/*.json`).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::calendar::When;
use super::document::Document;
use super::pictures::Picture;

/// A face sheet: field name (`name`, `birthDate`, `allergies` …) to text.
pub(crate) type Sheet = BTreeMap<String, String>;

/// One patient and the patient group.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Patient {
    /// Names the patient inside the sample only; also the file's name.
    pub(crate) key: String,
    /// Key of the managing facility.
    pub(crate) facility: String,
    /// The managing facility's own number for the patient.
    pub(crate) number: String,
    /// When the group was opened.
    pub(crate) opened: When,
    /// Everybody who is or was in the team, the host first.
    pub(crate) members: Vec<Member>,
    /// Oldest first; the first registers the patient.
    pub(crate) face_sheet: Vec<SheetVersion>,
    /// Oldest first.
    pub(crate) posts: Vec<Post>,
    #[serde(default)]
    pub(crate) ranges: Vec<Range>,
    /// Measured values, by who measured them.
    #[serde(default)]
    pub(crate) vitals: Vec<Round>,
    /// Member (`login_id`) to the key of the last post read; who is not named has read nothing yet.
    pub(crate) read_up_to: BTreeMap<String, String>,
    /// Set once care has ended.
    #[serde(default)]
    pub(crate) archived: Option<Archive>,
    #[serde(default)]
    pub(crate) tasks: Vec<Task>,
    #[serde(default)]
    pub(crate) visits: Vec<Visit>,
    #[serde(default)]
    pub(crate) visit_records: Vec<VisitRecord>,
}

/// Something to do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    pub(crate) by: String,
    pub(crate) owner: String,
    pub(crate) when: When,
    pub(crate) what: String,
    /// In days from today.
    pub(crate) due_in_days: i32,
    #[serde(default)]
    pub(crate) due_time: Option<jiff::civil::Time>,
    /// Key of the post that it came from.
    #[serde(default)]
    pub(crate) post: Option<String>,
    #[serde(default)]
    pub(crate) done: Option<Done>,
}

/// A task's end, by its owner.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Done {
    pub(crate) after_minutes: u16,
    pub(crate) result: String,
}

/// A planned visit by a member, once or every so many weeks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Visit {
    pub(crate) by: String,
    pub(crate) when: When,
    pub(crate) kind: String,
    /// In days from today.
    pub(crate) first_in_days: i32,
    pub(crate) at: jiff::civil::Time,
    pub(crate) minutes: u16,
    /// Every so many weeks, on the weekday of the first day; not at all: once.
    #[serde(default)]
    pub(crate) every_weeks: Option<u8>,
    /// On all days but Sunday instead.
    #[serde(default)]
    pub(crate) workdays: bool,
    #[serde(default)]
    pub(crate) note: String,
    /// One visit that is not as the series says.
    #[serde(default)]
    pub(crate) moved: Option<MovedVisit>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MovedVisit {
    pub(crate) from_in_days: i32,
    pub(crate) to_in_days: i32,
    pub(crate) at: jiff::civil::Time,
    pub(crate) reason: String,
}

/// A visit record, written right after the visit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VisitRecord {
    pub(crate) by: String,
    pub(crate) when: When,
    pub(crate) kind: String,
    pub(crate) did: String,
    pub(crate) condition: String,
    /// How the plan changed; empty: it did not.
    #[serde(default)]
    pub(crate) plan: String,
    #[serde(default)]
    pub(crate) cautions: String,
    /// In days from today.
    pub(crate) next_in_days: i32,
    #[serde(default)]
    pub(crate) next_at: Option<jiff::civil::Time>,
}

impl Patient {
    /// The member entry of this person.
    pub(crate) fn member(&self, login_id: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.login_id == login_id)
    }

    /// Where the post stands in [`Self::posts`].
    pub(crate) fn position(&self, post: &str) -> Option<usize> {
        self.posts.iter().position(|candidate| candidate.key == post)
    }

    /// The whole face sheet after each version, oldest first.
    pub(crate) fn sheets(&self) -> impl Iterator<Item = (&SheetVersion, Sheet)> {
        self.face_sheet.iter().scan(Sheet::new(), |sheet, version| {
            version.apply(sheet);
            Some((version, sheet.clone()))
        })
    }
}

/// A member's part in the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    Host,
    Member,
    /// With an end date.
    Guest,
}

/// Somebody's membership.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Member {
    pub(crate) login_id: String,
    /// Key of the facility for which the person is a member.
    pub(crate) facility: String,
    pub(crate) role: Role,
    pub(crate) since: When,
    /// A guest's last day, in days from today.
    #[serde(default)]
    pub(crate) until_in_days: Option<u16>,
    /// Set when the host has removed the member.
    #[serde(default)]
    pub(crate) removed: Option<Removal>,
}

/// The end of a membership.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removal {
    pub(crate) when: When,
    pub(crate) reason: String,
}

/// The end of care: the group can be read, and no longer written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Archive {
    pub(crate) by: String,
    pub(crate) when: When,
    pub(crate) reason: String,
}

/// One saved version of the face sheet, as the difference to the one before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SheetVersion {
    pub(crate) by: String,
    pub(crate) when: When,
    pub(crate) reason: String,
    /// Fields with their new text; `null` takes the field away.
    pub(crate) changes: BTreeMap<String, Option<String>>,
}

impl SheetVersion {
    fn apply(&self, sheet: &mut Sheet) {
        for (field, text) in &self.changes {
            match text {
                Some(text) => sheet.insert(field.clone(), text.clone()),
                None => sheet.remove(field),
            };
        }
    }
}

/// One post on the team timeline.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Post {
    /// Names the post inside its patient's file only.
    pub(crate) key: String,
    pub(crate) author: String,
    pub(crate) when: When,
    /// May hold dates for [`super::calendar::Calendar::dated`].
    pub(crate) body: String,
    /// Whether the author has made data of the vital signs in the text.
    #[serde(default)]
    pub(crate) recorded: bool,
    /// Key of an earlier post.
    #[serde(default)]
    pub(crate) reply_to: Option<String>,
    /// Key of the author's own earlier post that this one corrects.
    #[serde(default)]
    pub(crate) corrects: Option<String>,
    /// People (`login_id`) addressed with `@name` in the body.
    #[serde(default)]
    pub(crate) mentions: Vec<String>,
    /// The deadline in minutes from the start of the demo; negative when it has passed.
    #[serde(default)]
    pub(crate) must_acknowledge_in_minutes: Option<i32>,
    #[serde(default)]
    pub(crate) urgent: bool,
    #[serde(default)]
    pub(crate) acknowledged: Vec<Acknowledgement>,
    /// What was done about it, and who was called.
    #[serde(default)]
    pub(crate) followed: Vec<Followed>,
    #[serde(default)]
    pub(crate) withdrawn: Option<Withdrawal>,
    #[serde(default)]
    pub(crate) files: Vec<Attachment>,
    /// Name of the built-in template on which it was filled in.
    #[serde(default)]
    pub(crate) template: Option<String>,
    #[serde(default)]
    pub(crate) stamps: Vec<Stamp>,
    /// Who pinned it above the timeline.
    #[serde(default)]
    pub(crate) pinned: Option<Acknowledgement>,
}

/// A stamp of one member.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stamp {
    pub(crate) by: String,
    /// As in `features/marks/model.rs`.
    pub(crate) code: String,
    /// Minutes after the post.
    pub(crate) after_minutes: u16,
}

/// A reference range that was set for the patient.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Range {
    pub(crate) by: String,
    pub(crate) when: When,
    /// Of the number.
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) low: Option<String>,
    #[serde(default)]
    pub(crate) high: Option<String>,
    pub(crate) reason: String,
}

/// What one member has measured.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Round {
    pub(crate) by: String,
    #[serde(default)]
    pub(crate) device: Option<String>,
    pub(crate) rows: Vec<Measured>,
}

/// Values of one moment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Measured {
    pub(crate) when: When,
    /// The key of a wound's site.
    #[serde(default)]
    pub(crate) site: Option<String>,
    /// Key of the sign to its numbers, with a stroke between two.
    pub(crate) values: BTreeMap<String, String>,
}

/// 了解 by one member, or something else that one did to a post.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acknowledgement {
    pub(crate) by: String,
    /// Minutes after the post.
    pub(crate) after_minutes: u16,
}

/// 対応済 by one who was asked or the author; with `called`, a call to that person that nobody answered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Followed {
    pub(crate) by: String,
    /// Minutes after the post.
    pub(crate) after_minutes: u16,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) called: Option<String>,
}

/// The author's own withdrawal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Withdrawal {
    /// Minutes after the post.
    pub(crate) after_minutes: u16,
    pub(crate) reason: String,
}

/// A file attached to a post.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attachment {
    /// `photo`, `test_result`, `medication_history`, `narcotics_ledger`, `referral` or `other`.
    pub(crate) class: String,
    /// File name with its ending; may hold dates for [`super::calendar::Calendar::dated`].
    pub(crate) name: String,
    pub(crate) content: Content,
    /// For a picture of a wound: the key of its site.
    #[serde(default)]
    pub(crate) wound_site: Option<String>,
}

/// What an attached file is made from.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Content {
    /// A drawn JPEG.
    Picture(Picture),
    /// A one-page PDF.
    Pdf(Document),
}
