//! What the name says. Windows drops trailing dots and spaces and everything after a colon, so both are
//! taken off before looking; direction marks only change how a name looks and are ignored.

use super::{Family, Kind};

const EXECUTABLE: &[&str] = &[
    "apk", "app", "appx", "bat", "chm", "cmd", "com", "cpl", "deb", "desktop", "dll", "dmg", "exe", "gadget",
    "hta", "inf", "jar", "jse", "lnk", "msc", "msi", "msix", "msp", "pif", "pkg", "ps1", "psm1", "reg",
    "rpm", "scf", "scr", "sh", "sys", "url", "vbe", "vbs", "wsf", "wsh", "xll",
];
const ACTIVE: &[&str] = &[
    "htc", "htm", "html", "js", "mht", "mhtml", "mjs", "shtml", "svg", "svgz", "swf", "xht", "xhtml", "xsl",
    "xslt",
];
const MACROS: &[&str] =
    &["docm", "dotm", "potm", "ppam", "ppsm", "pptm", "sldm", "xla", "xlam", "xlm", "xlsm", "xltm"];

/// The extension in lower case, or an empty text.
pub(super) fn extension(file_name: &str) -> String {
    let shown: String = file_name.chars().filter(|c| !is_invisible(*c)).collect();
    let base = shown.rsplit(['/', '\\']).next().unwrap_or_default();
    let base = base.split(':').next().unwrap_or_default().trim_end_matches(['.', ' ']);
    base.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default()
}

fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Only names that make the receiving computer run something count.
pub(super) fn claim(extension: &str) -> Option<Kind> {
    let family = if EXECUTABLE.contains(&extension) {
        Family::Executable
    } else if ACTIVE.contains(&extension) {
        Family::ActiveContent
    } else if MACROS.contains(&extension) {
        Family::MacroOffice
    } else {
        return None;
    };
    Some(Kind::new("application/octet-stream", family))
}

/// The family that people expect behind a common name, to warn when the content is something else.
pub(crate) fn expected(file_name: &str) -> Option<Family> {
    Some(match extension(file_name).as_str() {
        "jpg" | "jpeg" | "png" | "gif" | "webp" | "heic" | "heif" => Family::Photo,
        "pdf" => Family::Pdf,
        "doc" | "docx" | "xls" | "xlsx" | "ppt" | "pptx" | "odt" | "ods" | "odp" => Family::Office,
        "txt" | "csv" => Family::Text,
        "zip" => Family::Archive,
        "dcm" => Family::Dicom,
        "mp4" | "mov" => Family::Video,
        "mp3" | "m4a" => Family::Audio,
        _ => return None,
    })
}
