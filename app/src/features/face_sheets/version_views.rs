//! The versions of a face sheet, and what one of them changed.

use maud::{Markup, html};
use uuid::Uuid;

use super::fields;
use super::merge::Change;
use super::room::Room;
use super::views::{label_of, lines, shown};
use crate::web::ui::{Ctx, Profession, icon, pager};
use crate::web::urls;
use crate::words::{fill, t};

/// One version: who, when, why. Names as of the time of writing.
#[derive(Clone)]
pub struct VersionRow {
    pub number: i64,
    /// `今日 13:40`.
    pub when: String,
    pub who: String,
    pub profession: Profession,
    pub facility: String,
    pub reason: String,
}

crate::opaque_debug!(VersionRow, VersionsView, VersionView);

impl VersionRow {
    pub fn samples() -> Vec<Self> {
        let row = |number, when: &str, who: &str, profession, facility: &str, reason: &str| Self {
            number,
            when: when.to_owned(),
            who: who.to_owned(),
            profession,
            facility: facility.to_owned(),
            reason: reason.to_owned(),
        };
        use Profession::{CareManager, Doctor, Nurse, Pharmacist};
        vec![
            row(13, "今日 13:40", "桑原 誠一郎", Doctor, "ひだまり坂クリニック", "採血の結果による休薬"),
            row(12, "11月13日 16:30", "勅使河原 玲奈", Pharmacist, "すずかけ薬局", "降圧薬の変更"),
            row(
                11,
                "11月2日 10:12",
                "皆川 陽子",
                CareManager,
                "居宅介護支援事業所 つむぎ",
                "ご家族の連絡先の追加",
            ),
            row(
                10,
                "10月21日 17:05",
                "五十嵐 みずほ",
                Nurse,
                "そらまめ訪問看護ステーション",
                "とろみの濃さの変更",
            ),
        ]
    }
}

/// The list, newest first; `here` is the version on the page.
pub fn versions_list(patient: Uuid, rows: &[VersionRow], here: i64) -> Markup {
    html! {
        ol.versions {
            @for row in rows {
                li.on[row.number == here] aria-current=[(row.number == here).then_some("true")] {
                    a.strong href=(urls::face_sheet_version(patient, row.number)) { (t("版")) (row.number) }
                    " " span.num { (row.when) }
                    small { (row.who) (t("・")) (row.profession.label()) " " (row.facility) }
                    small { (t("理由: ")) (row.reason) }
                }
            }
        }
    }
}

/// All versions of one sheet.
#[derive(Clone)]
pub struct VersionsView {
    pub room: Room,
    pub rows: Vec<VersionRow>,
    pub current: i64,
    /// Address of the older part of the list.
    pub older: Option<String>,
}

impl VersionsView {
    pub fn sample() -> Self {
        Self {
            room: Room::sample(),
            rows: VersionRow::samples(),
            current: 13,
            older: Some("?cursor=abc".to_owned()),
        }
    }
}

pub fn versions_page(view: &VersionsView, ctx: &Ctx) -> Markup {
    let back = urls::face_sheet(view.room.patient_id);
    let body = html! {
        p { (t("保存するたびに、だれが・いつ・なぜを残します。前の版は消えません。版を選ぶと、変わったところを見られます。")) }
        div.panel { (versions_list(view.room.patient_id, &view.rows, view.current)) }
        (pager(None, view.older.as_deref()))
    };
    let bar = view.room.deeper(t("版の一覧"), (&back, t("基礎情報に戻る")));
    view.room.page(ctx, t("基礎情報の版"), bar, body, None)
}

/// One version against the one before it.
#[derive(Clone)]
pub struct VersionView {
    pub room: Room,
    pub row: VersionRow,
    pub changes: Vec<Change>,
    /// True for the first version: everything is new.
    pub first: bool,
    pub older: Option<i64>,
    pub newer: Option<i64>,
}

impl VersionView {
    pub fn sample() -> Self {
        let change = |key: &str, before: Option<&str>, after: Option<&str>| Change {
            key: key.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        Self {
            room: Room::sample(),
            row: VersionRow::samples().remove(0),
            changes: vec![
                change("birthDate", Some("1934"), Some("1934-03-03")),
                change("careLevel", None, Some("要介護4")),
                change(
                    "anticoagulants",
                    Some("ワーファリン 2 mg・朝1回"),
                    Some("ワーファリン 2 mg・朝1回。11月17日・18日は休薬"),
                ),
                change("note", Some("12月1日(火)に採血"), None),
            ],
            first: false,
            older: Some(12),
            newer: None,
        }
    }
}

pub fn version_page(view: &VersionView, ctx: &Ctx) -> Markup {
    let patient = view.room.patient_id;
    let back = urls::face_sheet_versions(patient);
    let title = fill(t("版{0}"), &[("0", &view.row.number)]);
    let body = html! {
        div.callout {
            (icon("hist"))
            div {
                h2 { (view.row.when) (t("、")) (view.row.who) "(" (view.row.profession.label()) ")" }
                p { (view.row.facility) br; (t("理由: ")) (view.row.reason) }
            }
        }
        section {
            h2 { @if view.first { (t("最初に書かれたこと")) } @else { (t("変わったところ ")) (view.changes.len()) (t("か所")) } }
            dl.facts-table {
                @for change in &view.changes { div.changed { dt { (label_of(&change.key)) } dd { (difference(change)) } } }
            }
        }
        nav.row aria-label=(t("前後の版")) {
            @if let Some(older) = view.older { a.btn href=(urls::face_sheet_version(patient, older)) { (icon("back")) (t("版")) (older) } }
            @if let Some(newer) = view.newer { a.btn href=(urls::face_sheet_version(patient, newer)) { (t("版")) (newer) (icon("next")) } }
            a.btn.quiet href=(urls::face_sheet(patient)) { (t("いまの版を見る")) }
        }
    };
    let bar = view.room.deeper(&title, (&back, t("版の一覧に戻る")));
    view.room.page(ctx, t("基礎情報の版"), bar, body, None)
}

/// − the text before, ＋ the text after; words as well as marks, so that nothing depends on colour.
pub fn difference(change: &Change) -> Markup {
    html! {
        div.diff {
            p.was { span.tag { (t("− 前の版")) } @match &change.before {
                Some(text) => del { (text_of(&change.key, text)) },
                None => span { (t("(書かれていません)")) },
            } }
            p.is { span.tag { (t("＋ この版")) } @match &change.after {
                Some(text) => ins { (text_of(&change.key, text)) },
                None => span { (t("(消しました)")) },
            } }
        }
    }
}

/// A text of one field, also of a field that older tables had.
pub fn text_of(key: &str, text: &str) -> Markup {
    match fields::find(key) {
        Some(field) => shown(field, text, None),
        None => lines(text),
    }
}
