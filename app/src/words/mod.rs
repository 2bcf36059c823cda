//! The words of the screens in two languages. The Japanese text is the key: `t("保存")` is that text in Japanese, and what the
//! catalogue (`app/words/en/`) has for it in English. `fill` puts values into `{places}`.
//!
//! The language belongs to the request (`choose::speak`). Where there is none — jobs, mails, the command line, a test — it is Japanese.
//! What is stored, hashed, exported for machines or read back is Japanese always: `stored` says so where a word is both.

mod catalogue;
mod choose;
mod english;
mod language;
pub mod script;

pub use choose::{COOKIE, COOKIE_AGE, speak};
pub use english::{day, month_of_year, plural, weekday};
pub use language::Language;

use std::fmt::{Display, Write as _};

tokio::task_local! {
    static LANGUAGE: Language;
}

/// The language of what is being answered.
pub fn language() -> Language {
    LANGUAGE.try_with(|language| *language).unwrap_or_default()
}

pub fn is_english() -> bool {
    language() == Language::English
}

/// The text in the language of the request. A text that the catalogue lacks stays Japanese; a test fails on it.
pub fn t(japanese: &'static str) -> &'static str {
    match language() {
        Language::Japanese => japanese,
        Language::English => catalogue::english(japanese).unwrap_or(japanese),
    }
}

/// The English of a line of a letter: nobody knows which language its reader speaks, so a letter says everything twice.
pub fn in_letter(japanese: &str) -> Option<&'static str> {
    catalogue::in_letter(japanese)
}

/// The same where one Japanese text has two meanings: the catalogue has it as `text|meaning`.
pub fn t_in(japanese: &'static str, meaning: &str) -> &'static str {
    match language() {
        Language::Japanese => japanese,
        Language::English => catalogue::english(&format!("{japanese}|{meaning}")).unwrap_or(japanese),
    }
}

/// A text of the catalogue with its `{places}` filled; `{{` and `}}` are braces.
pub fn fill(pattern: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut out = String::with_capacity(pattern.len() + 16 * values.len());
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
            continue;
        }
        let place = rest.split_once('}').filter(|_| brace == "{");
        match place.and_then(|(name, after)| Some((values.iter().find(|(n, _)| *n == name)?.1, after))) {
            Some((value, after)) => {
                let _ = write!(out, "{value}");
                rest = after;
            }
            None => out.push_str(brace),
        }
    }
    out.push_str(rest);
    out
}

/// `lang` of what a person wrote: an English page says so where it is Japanese, for whoever hears it.
pub fn lang_of(content: &str) -> Option<&'static str> {
    let is_japanese = |c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}');
    (is_english() && content.contains(is_japanese)).then_some("ja")
}

/// `make` in Japanese, whatever is spoken: for what becomes part of a record, a hash or a file for machines.
pub fn stored<R>(make: impl FnOnce() -> R) -> R {
    LANGUAGE.sync_scope(Language::Japanese, make)
}

/// `make` in English, whatever is spoken: for a paper that somebody asked for in this language.
pub fn in_english<R>(make: impl FnOnce() -> R) -> R {
    LANGUAGE.sync_scope(Language::English, make)
}

#[cfg(test)]
mod exempt;
#[cfg(test)]
mod guard;
#[cfg(test)]
mod quoted;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod tests;
