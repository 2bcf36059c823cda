//! The files (ファイル) of a group, and the question before a file that may run something.

use intake::sniff::Family;
use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::model::GroupFile;
use crate::features::patients::room::{Room, RoomTab};
use crate::features::posts::present;
use crate::features::posts::views::{FileKind, FileState, FileView, file_row};
use crate::web::page::{Page, Step, page, steps};
use crate::web::ui::{Ctx, Profession, Tab, Tone, Topbar, callout, empty, icon, pager, profession, time};
use crate::web::urls;
use crate::words::t;

/// One file with the post that carries it.
#[derive(Clone)]
pub struct FileRow {
    pub file: FileView,
    pub group_id: Uuid,
    pub post_id: Uuid,
    pub author: String,
    pub profession: Profession,
    pub at: Timestamp,
    pub withdrawn: bool,
}

#[derive(Clone)]
pub struct FilesView {
    pub room: Room,
    /// Newest first.
    pub rows: Vec<FileRow>,
    /// Where the older ones are.
    pub older: Option<String>,
    pub now: Timestamp,
}

/// A file that asks before it is saved.
#[derive(Clone)]
pub struct WarningView {
    pub file: FileView,
    pub why: Why,
    /// Where やめる leads.
    pub back: String,
}

crate::opaque_debug!(FileRow, FilesView, WarningView);

/// What may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Macros,
    Program,
    ActiveContent,
}

impl Why {
    pub fn of(family: Family) -> Self {
        match family {
            Family::MacroOffice => Self::Macros,
            Family::ActiveContent => Self::ActiveContent,
            _ => Self::Program,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Macros => t("マクロ（自動で動く命令）が入っているか、中を確かめられない文書です。"),
            Self::Program => t("開くとパソコンの中で動き出す、プログラムの形式です。"),
            Self::ActiveContent => t("開くとブラウザの中で動き出すことがある形式です。"),
        }
    }
}

impl FileRow {
    pub fn from_api(group_id: Uuid, item: GroupFile) -> Self {
        Self {
            file: present::file(&item.file),
            group_id,
            post_id: item.post_id,
            author: item.author,
            profession: Profession::of(&item.profession),
            at: item.created_at,
            withdrawn: item.withdrawn,
        }
    }
}

impl FilesView {
    pub fn sample() -> Self {
        let now: Timestamp = "2026-11-17T05:32:00Z".parse().unwrap_or(Timestamp::UNIX_EPOCH);
        let row = |n: u128, name: &str, class: &str, kind, state, has_thumbnail| FileRow {
            file: FileView {
                id: Uuid::from_u128(n),
                name: name.to_owned(),
                class: class.to_owned(),
                kind,
                bytes: 412_000,
                state,
                has_thumbnail,
                plays: false,
            },
            group_id: Uuid::from_u128(13),
            post_id: Uuid::from_u128(100 + n),
            author: "五十嵐 みずほ".to_owned(),
            profession: Profession::Nurse,
            at: now - jiff::SignedDuration::from_hours(20 * i64::try_from(n).unwrap_or(1)),
            withdrawn: n == 4,
        };
        let refused = FileState::Refused("安全でない内容が見つかったため、開けません。".to_owned());
        Self {
            room: Room::sample(),
            rows: vec![
                row(1, "褥瘡 仙骨部.jpg", "画像", FileKind::Photo, FileState::Ready, true),
                row(2, "血液検査の結果.pdf", "検査", FileKind::Pdf(None), FileState::Ready, true),
                row(3, "訪問予定.docx", "その他", FileKind::Document, FileState::Scanning, false),
                row(4, "お薬手帳.jpg", "薬歴", FileKind::Photo, FileState::Unscanned, true),
                row(5, "請求書.docm", "その他", FileKind::Document, refused, false),
            ],
            older: Some("?cursor=abc".to_owned()),
            now,
        }
    }

    /// Nothing was attached yet.
    pub fn sample_empty() -> Self {
        Self { rows: Vec::new(), older: None, ..Self::sample() }
    }
}

impl WarningView {
    pub fn sample() -> Self {
        let file = FileView {
            id: Uuid::from_u128(6),
            name: "訪問予定表.docm".to_owned(),
            class: "その他".to_owned(),
            kind: FileKind::Document,
            bytes: 82_000,
            state: FileState::Ready,
            has_thumbnail: false,
            plays: false,
        };
        Self { file, why: Why::Macros, back: urls::group_files(Uuid::from_u128(13)) }
    }
}

pub fn files_page(view: &FilesView, ctx: &Ctx) -> Markup {
    let body = html! {
        @if view.rows.is_empty() {
            (empty("clip", t("ファイルはまだありません"), t("チームの投稿に付けた写真や書類が、ここに並びます。"), None))
        } @else {
            ul class="plain stack" aria-label=(t("ファイルの一覧")) { @for one in &view.rows { (row(one, view.now)) } }
        }
        (pager(None, view.older.as_deref()))
    };
    view.room.page(ctx, t("ファイル"), view.room.bar(RoomTab::Files, None), body, None)
}

fn row(one: &FileRow, now: Timestamp) -> Markup {
    html! {
        li class="panel stack-s" {
            (file_row(&one.file))
            p class="small soft" {
                (one.author) " " (profession(one.profession)) (t("・"))
                time datetime=(time::machine(one.at)) title=(time::date_long(one.at)) { (time::when(one.at, now)) }
                @if one.withdrawn { (t("・取り消された投稿")) }
                " "
                @if one.file.kind == FileKind::Pdf(None) && one.file.openable() {
                    a.whole href={ (urls::file(one.file.id)) "?view=1" } { (t("画面で見る")) } " "
                }
                a.whole href=(urls::post_in_group(one.group_id, one.post_id)) { (t("投稿を見る")) }
            }
        }
    }
}

pub fn warning_page(view: &WarningView, ctx: &Ctx) -> Markup {
    let known = [
        Step {
            icon: "tel",
            what: t("送った人に確かめてください"),
            more: t("心当たりのないときは、開かずに電話などで確かめます。"),
        },
        Step {
            icon: "shield",
            what: t("職場の決まりに従ってください"),
            more: t("このファイルは画面の中では開きません。保存だけができます。"),
        },
        Step { icon: "log", what: t("保存したことは記録に残ります"), more: "" },
    ];
    let body = html! {
        (callout(Tone::Caution, t("開くと、動き出すことがあるファイルです"), html! { p { (view.why.words()) } }))
        div class="panel stack" {
            p class="strong" { (view.file.name) }
            (steps(&known))
            div class="row" {
                a class="btn large" href=(view.back) { (t("やめる")) }
                a class="btn primary large" href={ (urls::file(view.file.id)) "?confirmed=1" } { (icon("download")) (t("わかったうえで保存する")) }
            }
        }
    };
    let bar =
        Topbar { title: t("保存する前に"), back: Some((&view.back, t("戻る"))), ..Topbar::default() };
    page(ctx, Page { title: t("保存する前に"), tab: Tab::Patients, bar, body })
}
