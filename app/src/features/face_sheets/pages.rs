//! From what was read to what the pages show.

use jiff::{Timestamp, civil::Date};
use uuid::Uuid;

use super::{
    conflict_views::ConflictView,
    edit_form::EditForm,
    edit_views::EditView,
    fields::Section,
    merge::{Merge, Pick},
    model::{Sheet, Version},
    room::Room,
    version_views::{VersionRow, VersionView, VersionsView},
    views::FaceSheetView,
};
use crate::words::t;
use crate::{
    people::People,
    web::{
        forms::Errors,
        ui::{Profession, time},
        urls,
    },
};

/// Versions that stand beside the sheet.
pub const BESIDE: usize = 5;
/// Versions on one page of their list.
pub const ON_A_PAGE: usize = 50;

pub fn room(sheet: &Sheet, today: Date) -> Room {
    Room::of(sheet.patient, sheet.open_group(), &sheet.newest().fields, today)
}

pub fn row(version: &Version, people: &People, now: Timestamp) -> VersionRow {
    let by = version.changed_by(people);
    VersionRow {
        number: version.number,
        when: time::when(version.at, now),
        who: by.name,
        profession: Profession::of(&by.profession),
        facility: by.facility,
        reason: version.reason.clone(),
    }
}

/// The sheet, from its newest [`BESIDE`] versions and one more.
pub fn sheet(sheet: &Sheet, people: &People, now: Timestamp, done: Option<&str>) -> FaceSheetView {
    let (today, newest) = (time::day_of(now), sheet.newest());
    FaceSheetView {
        room: room(sheet, today),
        fields: newest.fields.clone(),
        version: newest.number,
        today,
        versions: sheet.versions.iter().take(BESIDE).map(|v| row(v, people, now)).collect(),
        changed: newest.changes(sheet.versions.get(1)).len(),
        may_edit: !sheet.archived,
        // Without a group only the admin of the managing facility sees the sheet, who may open one.
        may_open_group: sheet.group.is_none(),
        done: done.and_then(done_words).map(str::to_owned),
    }
}

/// What the address says after a redirect.
pub fn done_words(code: &str) -> Option<&'static str> {
    match code {
        "saved" => Some(t("新しい版として保存しました。")),
        "joined" => Some(t("保存しました。書いているあいだにほかの人が直した項目も、あわせて残っています。")),
        "registered" => Some(t("患者さんを登録しました。")),
        _ => None,
    }
}

/// An empty form over the newest version.
pub fn edit(sheet: &Sheet, section: Option<Section>, today: Date) -> EditView {
    EditView {
        room: room(sheet, today),
        client_id: Uuid::new_v4(),
        version: sheet.newest().number,
        section,
        typed: sheet.newest().fields.clone(),
        reason: String::new(),
        errors: Errors::none(),
    }
}

/// The form again, as typed. `base` holds the version on which it began.
pub fn edit_again(base: &Sheet, form: &EditForm, errors: Errors, today: Date) -> EditView {
    EditView {
        room: room(base, today),
        client_id: form.client_id,
        version: form.version,
        section: form.section,
        typed: form.typed(),
        reason: form.reason.clone(),
        errors,
    }
}

/// Two people changed the same fields.
pub fn conflict(
    theirs: &Sheet,
    merge: Merge,
    form: &EditForm,
    people: &People,
    now: Timestamp,
) -> ConflictView {
    ConflictView {
        room: room(theirs, time::day_of(now)),
        client_id: form.client_id,
        theirs: row(theirs.newest(), people, now),
        merged: merge.merged,
        conflicts: merge.conflicts,
        picks: Vec::new(),
        reason: form.reason.clone(),
        errors: Errors::none(),
    }
}

/// The choice again, with what was picked. `theirs` holds the version that the choice was about.
pub fn conflict_again(
    theirs: &Sheet,
    form: &EditForm,
    errors: Errors,
    people: &People,
    now: Timestamp,
) -> ConflictView {
    let picks: Vec<(String, Pick)> = form.picks();
    let merge = Merge { merged: form.typed(), conflicts: form.conflicts() };
    ConflictView { picks, errors, ..conflict(theirs, merge, form, people, now) }
}

/// A page of the list, from its versions and one more if there are older ones. `newest` is the number of the version
/// that stands now, where this page begins with it.
pub fn versions(sheet: &Sheet, current: i64, people: &People, now: Timestamp) -> VersionsView {
    let shown = &sheet.versions[..sheet.versions.len().min(ON_A_PAGE)];
    let more = sheet.versions.len() > ON_A_PAGE;
    let older = shown.last().filter(|_| more);
    VersionsView {
        room: room(sheet, time::day_of(now)),
        rows: shown.iter().map(|version| row(version, people, now)).collect(),
        current,
        older: older.map(|last| urls::face_sheet_versions_before(sheet.patient, last.number)),
    }
}

/// One version; `around` holds it, the one before and the one after, as far as there are such.
pub fn version(around: &Sheet, number: i64, people: &People, now: Timestamp) -> Option<VersionView> {
    let at = around.versions.iter().position(|version| version.number == number)?;
    let (this, before) = (&around.versions[at], around.versions.get(at + 1));
    Some(VersionView {
        room: room(around, time::day_of(now)),
        row: row(this, people, now),
        changes: this.changes(before),
        first: before.is_none(),
        older: before.map(|version| version.number),
        newer: at.checked_sub(1).map(|newer| around.versions[newer].number),
    })
}
