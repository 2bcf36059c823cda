//! Files under a post: photos as pictures, everything else as a row, always with the state in words.

use maud::{Markup, html};
use uuid::Uuid;

use crate::words::{fill, t};
use crate::{
    opaque_debug,
    web::{ui::icon, urls},
};

/// (code, word) of the classes that a sender chooses from; the first is the default.
pub const FILE_CLASSES: [(&str, &str); 6] = [
    ("picture", "画像"),
    ("examination", "検査"),
    ("medication_history", "薬歴"),
    ("narcotics_ledger", "麻薬帳簿"),
    ("referral_letter", "紹介状"),
    ("other", "その他"),
];

/// How a file is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    Photo,
    /// With the number of pages when it is known.
    Pdf(Option<u32>),
    Video,
    Sound,
    Sheet,
    Document,
}

/// Whether a file may be opened, and why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    Ready,
    /// The check for harmful content is under way.
    Scanning,
    /// No checker was reachable: may be opened, with a warning.
    Unscanned,
    /// Refused, with the reason as a sentence.
    Refused(String),
}

/// One file.
#[derive(Clone)]
pub struct FileView {
    pub id: Uuid,
    pub name: String,
    /// The word of its class, for instance 検査.
    pub class: String,
    pub kind: FileKind,
    pub bytes: u64,
    pub state: FileState,
    /// Whether a small picture exists: of a photo, or of the first page of a PDF.
    pub has_thumbnail: bool,
    /// A sound or video of a kind that browsers play.
    pub plays: bool,
}

opaque_debug!(FileView);

impl FileView {
    fn is_picture(&self) -> bool {
        self.kind == FileKind::Photo && self.has_thumbnail && !self.refused()
    }

    fn refused(&self) -> bool {
        matches!(self.state, FileState::Refused(_))
    }

    fn look(&self) -> (&'static str, String) {
        match self.kind {
            FileKind::Photo => ("image", t("写真").to_owned()),
            FileKind::Pdf(Some(pages)) => ("file", fill(t("PDF {pages}ページ"), &[("pages", &pages)])),
            FileKind::Pdf(None) => ("file", "PDF".to_owned()),
            FileKind::Video => ("video", t("動画").to_owned()),
            FileKind::Sound => ("sound", t("音声").to_owned()),
            FileKind::Sheet => ("sheet", t("表").to_owned()),
            FileKind::Document => ("clip", t("ファイル").to_owned()),
        }
    }

    pub fn openable(&self) -> bool {
        matches!(self.state, FileState::Ready | FileState::Unscanned)
    }
}

pub(super) fn files(files: &[FileView]) -> Markup {
    let (pictures, rows): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.is_picture());
    html! {
        @if !pictures.is_empty() { div class="files" { @for one in pictures { (picture(one)) } } }
        @for one in rows { (row(one)) (player(one)) }
    }
}

fn picture(file: &FileView) -> Markup {
    html! {
        figure {
            @if file.openable() {
                a class="photo" href=(urls::file(file.id)) {
                    img src=(urls::thumbnail(file.id)) alt={ (t("写真を開く: ")) (file.name) } loading="lazy" decoding="async" width="320" height="240";
                }
            } @else { span class="photo pending" { (icon("scan")) } }
            figcaption { (file.name) (state(file)) }
        }
    }
}

/// Plays a sound or video in the page. Nothing is fetched before somebody starts it: opening the page is no view of the file.
fn player(file: &FileView) -> Markup {
    html! {
        @if file.plays && file.state == FileState::Ready {
            @match file.kind {
                FileKind::Sound => audio class="player" controls preload="none" src=(urls::file(file.id)) aria-label={ (t("音声を聞く: ")) (file.name) } {},
                FileKind::Video => video class="player" controls preload="none" playsinline src=(urls::file(file.id)) aria-label={ (t("動画を見る: ")) (file.name) } {},
                _ => {},
            }
        }
    }
}

/// One file as a row that opens it.
pub fn row(file: &FileView) -> Markup {
    let (name, words) = file.look();
    let inside = html! {
        @if file.has_thumbnail && file.openable() {
            img class="page" src=(urls::thumbnail(file.id)) alt="" loading="lazy" decoding="async" width="56" height="72";
        } @else { span class="kind" { (icon(if file.refused() { "cut" } else { name })) } }
        span { b { (file.name) } small { (file.class) (t("・")) (words) (t("・")) (size(file.bytes)) (state(file)) } }
    };
    html! {
        @if file.openable() {
            a class="file" href=(urls::file(file.id)) { (inside) (icon("download")) }
        } @else { div class="file closed" { (inside) } }
    }
}

fn state(file: &FileView) -> Markup {
    html! {
        @match &file.state {
            FileState::Ready => {},
            FileState::Scanning => span class="state" { (icon("scan")) (t("安全を確かめています。終わると開けます。")) },
            FileState::Unscanned => span class="state" { (icon("warn")) (t("安全の確認ができていません。")) },
            FileState::Refused(reason) => span class="state bad" { (icon("ban")) (reason) },
        }
    }
}

/// 412 KB, 3.4 MB: powers of 1000, as phones count.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => fill(t("{bytes} バイト"), &[("bytes", &bytes)]),
        1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_in_words() {
        let table = [
            (0, "0 バイト"),
            (999, "999 バイト"),
            (412_000, "412 KB"),
            (1_000_000, "1.0 MB"),
            (24_990_000, "24.9 MB"),
        ];
        for (bytes, words) in table {
            assert_eq!(size(bytes), words);
        }
    }

    #[test]
    fn a_refused_file_has_no_link_and_says_why() {
        let mut file = FileView {
            id: Uuid::from_u128(1),
            name: "予定.docm".to_owned(),
            class: "その他".to_owned(),
            kind: FileKind::Document,
            bytes: 10,
            state: FileState::Ready,
            has_thumbnail: false,
            plays: false,
        };
        assert!(files(std::slice::from_ref(&file)).into_string().contains("href"));
        file.state = FileState::Refused("マクロを含むため受け取れません。".to_owned());
        let html = files(&[file]).into_string();
        assert!(!html.contains("href=\"/files") && html.contains("マクロを含む"), "{html}");
    }

    #[test]
    fn a_sound_is_played_only_when_it_is_known_to_be_safe() {
        let mut file = FileView {
            id: Uuid::from_u128(1),
            name: "申し送り.m4a".to_owned(),
            class: "その他".to_owned(),
            kind: FileKind::Sound,
            bytes: 10,
            state: FileState::Ready,
            has_thumbnail: false,
            plays: true,
        };
        assert!(files(std::slice::from_ref(&file)).0.contains("<audio"));
        for state in [FileState::Scanning, FileState::Unscanned, FileState::Refused(String::new())] {
            file.state = state;
            assert!(!files(std::slice::from_ref(&file)).0.contains("<audio"));
        }
    }
}
