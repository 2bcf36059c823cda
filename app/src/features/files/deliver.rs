//! The answer that carries a file's bytes: what a browser may do with them, and which part of them it asked for.

use std::ops::Range;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use intake::sniff::Family;

use super::{
    blobs::{self, Variant},
    name,
    read::Found,
    refusals::storage,
};
use crate::{Result, app::App, web::urls};

/// Nothing in the file may load, run or send anything.
const SHUT: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// For a PDF in the browser's own viewer, which does not start in a sandboxed document. Its scripts never run in our origin.
const SHUT_PDF: &str = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Whether a page may show the file: pictures that were written anew, and a PDF when it is asked for.
pub(super) fn is_inline(family: Family, view: bool) -> bool {
    family == Family::Photo || (family == Family::Pdf && view)
}

/// The file itself.
pub(super) async fn file(app: &App, found: &Found, inline: bool, asked: &HeaderMap) -> Result<Response> {
    let saved = name::saved(&found.file.name, &found.file.media_type);
    let policy = if inline && found.family == Family::Pdf { SHUT_PDF } else { SHUT };
    let mut response = bytes(app, found, Variant::Stored, &found.file.media_type, asked).await?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_DISPOSITION, disposition(inline, &saved));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    Ok(response)
}

/// The small picture, always a JPEG.
pub(super) async fn thumbnail(app: &App, found: &Found, asked: &HeaderMap) -> Result<Response> {
    let mut response = bytes(app, found, Variant::Thumbnail, "image/jpeg", asked).await?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SHUT));
    Ok(response)
}

async fn bytes(
    app: &App,
    found: &Found,
    variant: Variant,
    media_type: &str,
    asked: &HeaderMap,
) -> Result<Response> {
    let reader = blobs::open(app, found.file.id, variant, &found.key).await?;
    let total = reader.len();
    let wanted = asked.get(header::RANGE).and_then(|v| v.to_str().ok()).and_then(|v| range(v, total));
    let (status, part) = match wanted {
        None => (StatusCode::OK, 0..total),
        Some(Some(part)) => (StatusCode::PARTIAL_CONTENT, part),
        Some(None) => return Ok(beyond(total)),
    };
    let length = part.end - part.start;
    let place = format!("bytes {}-{}/{total}", part.start, part.end.saturating_sub(1));
    let body = Body::from_stream(reader.stream(part).map_err(storage)?);
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    let text =
        |t: &str| HeaderValue::from_str(t).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, text(media_type));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if status == StatusCode::PARTIAL_CONTENT {
        headers.insert(header::CONTENT_RANGE, text(&place));
    }
    Ok(response)
}

fn beyond(total: u64) -> Response {
    let headers = [
        (header::CONTENT_RANGE, format!("bytes */{total}")),
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
    ];
    (StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response()
}

/// RFC 9110, 14.1.2: one range of bytes. Outer `None`: to be ignored (other units, several ranges, not well formed);
/// inner `None`: lies outside.
fn range(text: &str, total: u64) -> Option<Option<Range<u64>>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if !digits(first) || !digits(last) {
        return None;
    }
    let range = match (first, last) {
        ("", "") => return None,
        ("", last) => total.saturating_sub(last.parse().ok()?)..total,
        (first, "") => first.parse().ok()?..total,
        (first, last) => first.parse().ok()?..last.parse::<u64>().ok()?.saturating_add(1).min(total),
    };
    if !first.is_empty() && !last.is_empty() && first.parse::<u64>().ok()? > last.parse::<u64>().ok()? {
        return None;
    }
    Some((range.start < range.end).then_some(range))
}

/// RFC 6266 with the name twice: in ASCII for old readers, in full after RFC 8187.
pub(crate) fn disposition(inline: bool, name: &str) -> HeaderValue {
    let kind = if inline { "inline" } else { "attachment" };
    let plain = |c: char| if c.is_ascii_graphic() && !"\"\\%;".contains(c) || c == ' ' { c } else { '_' };
    let ascii: String = name.chars().map(plain).collect();
    let full = urls::encode(name).replace('/', "%2F");
    HeaderValue::from_str(&format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{full}"))
        .unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_as_the_standard_reads_them() {
        let table = [
            ("bytes=0-4", Some(Some(0..5))),
            ("bytes=5-", Some(Some(5..10))),
            ("bytes=-3", Some(Some(7..10))),
            ("bytes=-99", Some(Some(0..10))),
            ("bytes=8-99", Some(Some(8..10))),
            ("bytes=10-", Some(None)),
            ("bytes=-0", Some(None)),
            ("bytes=5-4", None),
            ("bytes=0-1,3-4", None),
            ("bytes=-", None),
            ("bytes=+1-2", None),
            ("pages=0-1", None),
        ];
        for (text, wanted) in table {
            assert_eq!(range(text, 10), wanted, "{text}");
        }
    }

    #[test]
    fn names_in_headers_break_nothing() {
        let value = disposition(false, "検査\"結果;%.pdf");
        assert_eq!(
            value.to_str().unwrap(),
            "attachment; filename=\"____.pdf\"; filename*=UTF-8''%E6%A4%9C%E6%9F%BB%22%E7%B5%90%E6%9E%9C%3B%25.pdf"
                .replace("____", "_______")
        );
    }

    #[test]
    fn only_pictures_and_pdfs_are_ever_shown() {
        assert!(is_inline(Family::Photo, false) && is_inline(Family::Pdf, true));
        for family in [Family::Pdf, Family::Text, Family::Office, Family::ActiveContent, Family::Executable] {
            assert!(!is_inline(family, false), "{family:?}");
        }
        assert!(!is_inline(Family::ActiveContent, true));
    }
}
