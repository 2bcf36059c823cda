//! Tables for spreadsheet programs: RFC 4180, UTF-8 with a byte order mark. And what such programs save, in their encodings.

use axum::{
    extract::Multipart,
    http::header,
    response::{IntoResponse, Response},
};
use encoding_rs::{Encoding, SHIFT_JIS, UTF_8};

use crate::words::t;
use crate::{Error, Result};

/// Lines of quoted fields, with a mark.
pub fn file<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut out = String::from('\u{feff}');
    let mut line = |fields: [String; N]| {
        out.push_str(&fields.map(|field| quoted(&field)).join(","));
        out.push_str("\r\n");
    };
    line(head.map(str::to_owned));
    rows.into_iter().for_each(line);
    out
}

/// The file for saving under this name.
pub fn download(name: &str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, text).into_response()
}

/// Text of a file: UTF-8 with or without a mark, UTF-16 with one, else Shift_JIS. `None`: none of them.
pub fn decoded(bytes: &[u8]) -> Option<String> {
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None if std::str::from_utf8(bytes).is_ok() => UTF_8,
        None => SHIFT_JIS,
    };
    let (text, _, broken) = encoding.decode(bytes);
    (!broken).then(|| text.into_owned())
}

/// Counts lines as a spreadsheet shows them: empty ones too, which the reader of records leaves out.
#[derive(Debug)]
pub struct LineCount<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl<'a> LineCount<'a> {
    /// Of a text with one kind of line end.
    pub fn of(text: &'a str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    pub fn line_of(&mut self, record: &csv::StringRecord) -> u64 {
        let start = record.position().and_then(|p| usize::try_from(p.byte()).ok()).unwrap_or(self.at);
        let bytes = self.text.as_bytes();
        while self.at < bytes.len() && (self.at < start || bytes[self.at] == b'\n') {
            self.line += u64::from(bytes[self.at] == b'\n');
            self.at += 1;
        }
        self.line
    }
}

/// A name that begins like a formula must stay text when the file is opened.
fn quoted(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, field.replace('"', "\"\""))
}

/// The uploaded file (field `file`), or else the pasted text (`list`), of at most so many bytes; and why neither can be read.
pub async fn received(mut form: Multipart, most: usize) -> Result<(String, Option<&'static str>)> {
    let unreadable = |_| Error::BadRequest("unreadable_form".into());
    let (mut uploaded, mut pasted) = (Vec::new(), String::new());
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        match field.name().unwrap_or_default() {
            "file" => uploaded = field.bytes().await.map_err(unreadable)?.to_vec(),
            "list" => pasted = field.text().await.map_err(unreadable)?,
            _ => return Err(Error::BadRequest("unknown_field".into())),
        }
    }
    if uploaded.len().max(pasted.len()) > most {
        return Ok((String::new(), Some(t("一覧が大きすぎます。分けてください。"))));
    }
    if uploaded.is_empty() {
        return Ok((pasted, None));
    }
    Ok(match decoded(&uploaded) {
        Some(text) => (text, None),
        None => (pasted, Some(t("文字が読めません。CSV（コンマ区切り）で保存し直してください。"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_a_formula_and_no_quote_ends_one() {
        for bad in ["=1+1", "+81", "-2", "@SUM(A1)", "\tx", "\rx", "＝1"] {
            assert_eq!(quoted(bad), format!("\"'{bad}\""));
        }
        assert_eq!(quoted("五十嵐 \"み\""), "\"五十嵐 \"\"み\"\"\"");
    }
}
