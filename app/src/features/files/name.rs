//! The name of an upload: kept as typed, but never a path, and never one that reads differently from how it is stored.

use unicode_normalization::UnicodeNormalization;

use crate::web::input;

/// Characters of a name.
const MAX: usize = 200;
const NAMELESS: &str = "名前のないファイル";

/// NFC; folders cut off; control and direction characters become `�`, so that one sees that something was there;
/// too long ones are cut in the middle and keep their extension.
pub(super) fn kept(raw: &str) -> String {
    let last = raw.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String =
        last.nfc().map(|c| if input::deceives(c) || c.is_control() { '\u{fffd}' } else { c }).collect();
    let shown = shown.trim();
    if shown.is_empty() || shown.chars().all(|c| c == '.') { NAMELESS.to_owned() } else { shorten(shown) }
}

fn shorten(name: &str) -> String {
    let length = name.chars().count();
    if length <= MAX {
        return name.to_owned();
    }
    let end = name.rfind('.').map_or("", |dot| &name[dot..]);
    let end = if end.chars().count() <= 20 { end } else { "" };
    let room = MAX - 1 - end.chars().count();
    name.chars().take(room).chain(['…']).chain(end.chars()).collect()
}

/// The name under which it is saved: a picture that was written anew in another format gets that format's extension.
pub(super) fn saved(name: &str, media_type: &str) -> String {
    let fitting: &[&str] = match media_type {
        "image/jpeg" => &["jpg", "jpeg"],
        "image/png" => &["png"],
        "image/webp" => &["webp"],
        _ => return name.to_owned(),
    };
    let extension = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
    if extension.is_some_and(|e| fitting.contains(&e.as_str())) {
        name.to_owned()
    } else {
        format!("{name}.{}", fitting[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_as_typed_but_are_no_paths_and_do_not_deceive() {
        let table = [
            ("検査結果 2026.pdf", "検査結果 2026.pdf"),
            ("か\u{3099}.txt", "が.txt"),
            ("C:\\fakepath\\写真.jpg", "写真.jpg"),
            ("../../etc/passwd", "passwd"),
            ("a\u{202e}fdp.exe", "a\u{fffd}fdp.exe"),
            ("a\r\nb", "a\u{fffd}\u{fffd}b"),
            ("..", NAMELESS),
            (" / ", NAMELESS),
        ];
        for (raw, name) in table {
            assert_eq!(kept(raw), name, "{raw:?}");
        }
    }

    #[test]
    fn long_names_keep_their_end() {
        let name = kept(&format!("{}.docx", "長".repeat(300)));
        assert_eq!(name.chars().count(), MAX);
        assert!(name.ends_with("….docx"), "{name}");
    }

    #[test]
    fn a_picture_is_saved_under_the_extension_it_has_now() {
        assert_eq!(saved("IMG_1.HEIC", "image/jpeg"), "IMG_1.HEIC.jpg");
        assert_eq!(saved("IMG_1.JPEG", "image/jpeg"), "IMG_1.JPEG");
        assert_eq!(saved("予定.docm", "application/zip"), "予定.docm");
    }
}
