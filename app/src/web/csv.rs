//! Tables for spreadsheet programs: RFC 4180, UTF-8 with a byte order mark.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

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

/// A name that begins like a formula must stay text when the file is opened.
fn quoted(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, field.replace('"', "\"\""))
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
