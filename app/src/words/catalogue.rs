//! The English of every text, by its Japanese. Embedded, read once.

use std::{collections::HashMap, sync::LazyLock};

/// One file for each part of the product; `app/words/README.md` says how they are kept.
pub(super) const FILES: &[(&str, &str)] = &[
    ("frame", include_str!("../../words/en/frame.json")),
    ("care", include_str!("../../words/en/care.json")),
    ("facility", include_str!("../../words/en/facility.json")),
    ("operation", include_str!("../../words/en/operation.json")),
];

/// What only letters say.
pub(super) const LETTERS: &str = include_str!("../../words/en/letters.json");

static IN_LETTERS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    serde_json::from_str(LETTERS).unwrap_or_else(|why| panic!("words/en/letters.json: {why}"))
});

/// A line of a letter; some are words of the screens too.
pub(super) fn in_letter(japanese: &str) -> Option<&'static str> {
    IN_LETTERS.get(japanese).map(String::as_str).or_else(|| english(japanese))
}

#[cfg(test)]
pub(super) fn of_letters() -> impl Iterator<Item = (&'static str, &'static str)> {
    IN_LETTERS.iter().map(|(japanese, english)| (japanese.as_str(), english.as_str()))
}

static ENGLISH: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    for (name, text) in FILES {
        let part: HashMap<String, String> =
            serde_json::from_str(text).unwrap_or_else(|why| panic!("words/en/{name}.json: {why}"));
        all.extend(part);
    }
    all
});

pub(super) fn english(japanese: &str) -> Option<&'static str> {
    ENGLISH.get(japanese).map(String::as_str)
}

/// All of them, for the tests.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    ENGLISH.iter().map(|(japanese, english)| (japanese.as_str(), english.as_str()))
}
