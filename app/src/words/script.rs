//! The words of the scripts. Japanese stands in the scripts themselves; an English page carries these in a block of data.

use std::sync::LazyLock;

/// Japanese text → English text, as JSON without a gap.
pub static ENGLISH: LazyLock<String> = LazyLock::new(|| {
    let words: serde_json::Value =
        serde_json::from_str(SOURCE).unwrap_or_else(|why| panic!("words/en/script.json: {why}"));
    words.to_string()
});

pub(super) const SOURCE: &str = include_str!("../../words/en/script.json");
