//! Input that is parsed, not validated: strict JSON and text as people may type it.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use jiff::{
    ToSpan,
    civil::{Date, Time},
};
use serde::{Deserialize, de::DeserializeOwned};
use unicode_normalization::UnicodeNormalization;

use crate::words::{fill, t};
use crate::{Error, FieldError, Result, japan};

/// What a page was told by the address that an act leads to: `?done=` with a code of that page's own.
#[derive(Debug, Deserialize)]
pub struct Done {
    pub done: Option<String>,
}

/// A JSON body of exactly the named fields: anything unknown, missing or of another type is a 400.
#[derive(Debug)]
pub struct Strict<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Strict<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let bytes = Bytes::from_request(request, state).await.map_err(too_large_or_cut)?;
        serde_json::from_slice(&bytes).map(Self).map_err(|e| {
            tracing::debug!(category = ?e.classify(), line = e.line(), column = e.column(), "unreadable JSON");
            Error::BadRequest("unreadable_json".into())
        })
    }
}

/// The version that `If-Match` names. A weak tag is taken too: it names a version, not bytes, and proxies that
/// compress weaken it. `*` would mean "whatever stands there", which is what this header is to prevent.
pub fn if_match(headers: &HeaderMap) -> Result<i64> {
    let tag = headers.get(header::IF_MATCH).ok_or(Error::PreconditionRequired)?;
    let tag = tag.to_str().unwrap_or_default().trim();
    if tag == "*" {
        return Err(Error::PreconditionRequired);
    }
    let quoted = tag.strip_prefix("W/").unwrap_or(tag);
    let number = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let number = number.filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    number.and_then(|digits| digits.parse().ok()).ok_or(Error::BadRequest("unreadable_if_match".into()))
}

/// A form of exactly the named fields. A page's own form always fits; anything else is a 400.
#[derive(Debug)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        axum::Form::<T>::from_request(request, state)
            .await
            .map(|form| Self(form.0))
            .map_err(|_| Error::BadRequest("unreadable_form".into()))
    }
}

/// An address's query as the type says; anything else is a 400.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let read = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        read.map(|query| Self(query.0)).map_err(|_| unreadable_query())
    }
}

/// A query that is none of the route's, or says what it does not know.
pub fn unreadable_query() -> Error {
    Error::BadRequest("unreadable_query".into())
}

fn too_large_or_cut(rejection: axum::extract::rejection::BytesRejection) -> Error {
    if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        Error::TooLarge(crate::router::BODY_LIMIT)
    } else {
        Error::BadRequest("body_cut_off".into())
    }
}

/// Text of one or many lines. Kept exactly as typed except for: NFC, line ends as LF, blank ends cut.
/// Refused, never silently changed: control characters, and the bidirectional overrides that make text read
/// differently from how it is stored.
pub fn text(field: &'static str, raw: &str, max: usize) -> Result<String, FieldError> {
    let text = raw.replace("\r\n", "\n").replace('\r', "\n").nfc().collect::<String>();
    let text = text.trim().to_owned();
    if text.is_empty() {
        return Err(FieldError::new(field, "empty", t("入力してください。")));
    }
    if text.chars().count() > max {
        return Err(FieldError::new(
            field,
            "too_long",
            fill(
                t("{max}文字までにしてください（いま{0}文字）。"),
                &[("max", &max), ("0", &text.chars().count())],
            ),
        ));
    }
    if text.chars().any(deceives) {
        return Err(FieldError::new(
            field,
            "characters",
            t("使えない文字（制御文字）が入っています。消してからもう一度送ってください。"),
        ));
    }
    Ok(text)
}

/// Like `text`, for a field that may stay empty.
pub fn optional_text(field: &'static str, raw: &str, max: usize) -> Result<String, FieldError> {
    if raw.trim().is_empty() { Ok(String::new()) } else { text(field, raw, max) }
}

/// A single line: line breaks are refused too.
pub fn line(field: &'static str, raw: &str, max: usize) -> Result<String, FieldError> {
    let text = text(field, raw, max)?;
    if text.contains('\n') {
        return Err(FieldError::new(field, "characters", t("1行で入力してください。")));
    }
    Ok(text)
}

/// The fields of a form in which a name may stand several times (boxes to tick).
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// A page's own form: any other name is a 400.
    pub fn only(pairs: Vec<(String, String)>, names: &[&str]) -> Result<Self> {
        if pairs.iter().any(|(name, _)| !names.contains(&name.as_str())) {
            return Err(Error::BadRequest("unreadable_form".into()));
        }
        Ok(Self(pairs))
    }

    /// The value of a field, empty where it was not sent.
    pub fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// Every value of a field.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Ids that a page put into its own form.
    pub fn ids(&self, name: &str) -> Result<Vec<uuid::Uuid>> {
        let parsed = self.all(name).into_iter().map(str::parse).collect::<Result<_, _>>();
        parsed.map_err(|_| Error::BadRequest("unreadable_form".into()))
    }
}

/// Local date and time in Japan as browsers send it, `2026-11-17T17:00`; nothing where the field is empty.
pub fn moment(field: &'static str, raw: &str) -> Result<Option<jiff::Timestamp>, FieldError> {
    if raw.trim().is_empty() {
        return Ok(None);
    }
    let read = raw.trim().parse::<jiff::civil::DateTime>().and_then(|t| t.to_zoned(japan::zone()));
    match read {
        Ok(zoned) => Ok(Some(zoned.timestamp())),
        Err(_) => Err(FieldError::new(field, "time", t("日時を 2026-11-17 17:00 の形で入れてください。"))),
    }
}

/// A day as browsers send it, `2026-12-01`: at most a year ago or three ahead, so that a year that was typed wrong is found here.
pub fn near_day(field: &'static str, raw: &str) -> Result<Date, FieldError> {
    let day: Date = raw
        .trim()
        .parse()
        .map_err(|_| FieldError::new(field, "date", t("日付を 2026-12-01 の形で入れてください。")))?;
    let today = jiff::Timestamp::now().to_zoned(japan::zone()).date();
    let near = today.checked_sub(1.year()).is_ok_and(|d| day >= d)
        && today.checked_add(3.years()).is_ok_and(|d| day <= d);
    if near {
        Ok(day)
    } else {
        Err(FieldError::new(field, "too_far", t("日付の年を確かめてください。")))
    }
}

/// A time of day, `9:30` or `09:30`.
pub fn clock(field: &'static str, raw: &str) -> Result<Time, FieldError> {
    let parts = raw.trim().split_once(':').and_then(|(h, m)| Some((h.parse().ok()?, m.parse().ok()?)));
    let time = parts.and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok());
    time.ok_or_else(|| FieldError::new(field, "time", t("時刻を 17:00 の形で入れてください。")))
}

/// The same the other way, `09:30`: as forms and JSON hold it.
pub fn clock_value(at: Time) -> String {
    at.strftime("%H:%M").to_string()
}

/// A moment of [`moment`], as a form shows it.
pub fn moment_value(at: jiff::Timestamp) -> String {
    at.to_zoned(japan::zone()).strftime("%Y-%m-%dT%H:%M").to_string()
}

/// Text for searching: width, case and kind of kana do not matter. Never stored, never shown.
pub fn folded(text: &str) -> String {
    folding::fold(text)
}

/// Whether every word of `q` stands in one of the texts.
pub fn is_found(q: &str, texts: &[&str]) -> bool {
    let texts: Vec<String> = texts.iter().map(|text| folded(text)).collect();
    q.split_whitespace().map(folded).all(|word| texts.iter().any(|text| text.contains(&word)))
}

/// Control characters other than line ends and tabs, and marks that turn the direction of reading.
pub fn deceives(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_people_type() {
        assert_eq!(text("body", " 葛󠄀城さん\r\n血圧 128/76 ", 100).unwrap(), "葛󠄀城さん\n血圧 128/76");
        assert_eq!(text("body", "か\u{3099}", 10).unwrap(), "が");
        assert_eq!(
            text("body", "👩\u{200d}⚕\u{fe0f} \u{1f468}\u{200d}\u{1f469}", 20).unwrap(),
            "👩\u{200d}⚕\u{fe0f} \u{1f468}\u{200d}\u{1f469}"
        );
    }

    #[test]
    fn a_moment_is_one_in_japan() {
        let at = moment("from", "2026-11-17T17:00").unwrap().unwrap();
        assert_eq!(at.to_string(), "2026-11-17T08:00:00Z");
        assert_eq!(moment_value(at), "2026-11-17T17:00");
        assert_eq!(moment("from", " "), Ok(None));
        assert_eq!(moment("from", "tomorrow").unwrap_err().code, "time");
    }

    #[test]
    fn a_day_is_near_and_a_clock_shows_what_it_can() {
        let today = jiff::Timestamp::now().to_zoned(japan::zone()).date();
        assert_eq!(near_day("due", &today.to_string()), Ok(today));
        for (raw, code) in [("2026-02-30", "date"), ("", "date"), ("1926-11-17", "too_far")] {
            assert_eq!(near_day("due", raw).unwrap_err().code, code, "{raw}");
        }
        assert_eq!(clock("at", " 9:05 "), Ok(Time::constant(9, 5, 0, 0)));
        for raw in ["", "9", "24:00", "9:60", "-1:00"] {
            assert_eq!(clock("at", raw).unwrap_err().code, "time", "{raw}");
        }
    }

    #[test]
    fn a_form_has_the_page_s_own_fields_and_no_others() {
        let pairs = vec![("a".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())];
        let fields = Fields::only(pairs.clone(), &["a", "b"]).unwrap();
        assert_eq!((fields.all("a"), fields.one("b")), (vec!["1", "2"], ""));
        assert!(fields.ids("a").is_err() && Fields::only(pairs, &["b"]).is_err());
    }

    #[test]
    fn searching_does_not_mind_how_it_is_typed() {
        assert!(is_found("ｲｶﾞﾗｼ　みずほ", &["五十嵐 みずほ", "いがらし ミズホ"]));
        assert!(is_found("ＡＢＣ", &["abcクリニック"]));
        assert!(is_found("", &["すべて"]));
        assert!(!is_found("五十風", &["五十嵐"]));
    }

    #[test]
    fn refuses_what_deceives_or_says_nothing() {
        assert_eq!(text("body", "  \n ", 10).unwrap_err().code, "empty");
        assert_eq!(text("body", "12345678901", 10).unwrap_err().code, "too_long");
        for bad in ["a\u{0}b", "a\u{1b}[31m", "a\u{202e}b", "a\u{2066}b"] {
            assert_eq!(text("body", bad, 10).unwrap_err().code, "characters", "{bad:?}");
        }
        assert_eq!(line("name", "a\nb", 10).unwrap_err().code, "characters");
    }
}
