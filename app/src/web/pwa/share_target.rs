//! What a phone offers 連携 for: the kinds of files that a team sends. What a file is says its content, when it arrives.

use serde_json::{Value, json};

use super::urls;

/// For the manifest of the app. Some phones look at the kind, some at the end of the name.
const ACCEPTED: [&str; 26] = [
    "image/*",
    "audio/*",
    "video/*",
    "application/pdf",
    "text/plain",
    "text/csv",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/zip",
    ".heic",
    ".heif",
    ".pdf",
    ".txt",
    ".csv",
    ".doc",
    ".docx",
    ".xls",
    ".xlsx",
    ".ppt",
    ".pptx",
    ".zip",
    ".dcm",
];

/// The `share_target` of the manifest (W3C Web Share Target).
pub fn share_target() -> Value {
    json!({
        "action": urls::share(), "method": "POST", "enctype": "multipart/form-data",
        "params": {"title": "title", "text": "text", "url": "url", "files": [{"name": "files", "accept": ACCEPTED}]},
    })
}
