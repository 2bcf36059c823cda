//! Why a file was not taken, in the person's words.

use intake::Error as Trouble;

use crate::Error;
use crate::words::t;

/// What `intake` found against an upload.
pub(crate) fn intake(trouble: Trouble) -> Error {
    let refusal = |code, message| Error::invalid("file", code, message);
    match trouble {
        Trouble::Empty => refusal("empty", t("中身のないファイルです。")),
        Trouble::TooLarge { limit } => Error::TooLarge(limit),
        Trouble::Broken => refusal(
            "broken",
            t(
                "ファイルが途中で切れているか、壊れています。もとのファイルを開けるか確かめて、もう一度送ってください。",
            ),
        ),
        Trouble::TooManyPixels { .. } => {
            refusal("too_many_pixels", t("写真の画素数が多すぎます。小さくしてから送ってください。"))
        }
        Trouble::Unsupported => {
            refusal("unsupported", t("この写真の形式は受け取れません。JPEGかPNGにしてから送ってください。"))
        }
        Trouble::ToolMissing { tool } | Trouble::ToolFailed { tool } | Trouble::ToolTimedOut { tool } => {
            tracing::warn!(tool, "a picture could not be freed of its place");
            refusal("unreadable", t("この写真を読み取れませんでした。JPEGにしてから送ってください。"))
        }
        other => storage(other),
    }
}

/// What the blob store said. A full disk is a passing trouble: nothing was stored, trying again may succeed.
pub(crate) fn storage(trouble: Trouble) -> Error {
    match trouble {
        Trouble::NoSpace | Trouble::Io(_) => Error::Unavailable(trouble.to_string()),
        other => Error::internal(other),
    }
}
