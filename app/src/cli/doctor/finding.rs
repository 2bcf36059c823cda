//! What a check found, in the words of somebody who does this once a month.

use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    Warning,
    Bad,
}

/// The same sentence for both readers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Words {
    pub ja: String,
    pub en: String,
}

/// Two format strings, Japanese and English, over the same captured variables.
macro_rules! words {
    ($ja:literal, $en:literal) => {
        $crate::cli::doctor::Words { ja: format!($ja), en: format!($en) }
    };
}
pub(crate) use words;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable within its subject, for monitoring.
    pub name: &'static str,
    pub state: State,
    /// File, setting, table or device that was looked at.
    pub place: String,
    pub what: Words,
    /// What to do; never empty unless the state is ok.
    pub fix: Option<Words>,
}

impl Finding {
    pub fn ok(name: &'static str, place: impl std::fmt::Display, what: Words) -> Self {
        Self { name, state: State::Ok, place: place.to_string(), what, fix: None }
    }

    pub fn warning(name: &'static str, place: impl std::fmt::Display, what: Words, fix: Words) -> Self {
        Self { name, state: State::Warning, place: place.to_string(), what, fix: Some(fix) }
    }

    pub fn bad(name: &'static str, place: impl std::fmt::Display, what: Words, fix: Words) -> Self {
        Self { name, state: State::Bad, place: place.to_string(), what, fix: Some(fix) }
    }
}
