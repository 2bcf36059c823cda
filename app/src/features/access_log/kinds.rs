//! What kind of act a code is. `sec.act_kind` says the same in the database; a test compares the two.

use super::words;
use crate::words::t;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    View,
    Search,
    Export,
    Print,
    SignIn,
    Change,
}

const ALL: [Kind; 6] = [Kind::View, Kind::Search, Kind::Export, Kind::Print, Kind::SignIn, Kind::Change];

const SIGN_IN: [&str; 11] = [
    "signed_in",
    "signed_out",
    "signed_out_everywhere",
    "locked",
    "unlocked",
    "confirmed_identity",
    "showed_identity",
    "switched_facility",
    "ended_after_hours",
    "used_token",
    "used_system_token",
];
const EXPORT: [&str; 2] = ["fetched_calendar", "kept_copy"];
const VIEW: [&str; 4] = ["found_in_search", "read_copy", "maintenance_read", "opened_paper"];

/// Views of the log itself, and the frame of the family's door: they are about a patient, and open nothing of the record.
const OF_THE_LOG: [&str; 5] =
    ["viewed_access_log", "viewed_chart_counts", "viewed_access", "viewed_who_read", "viewed_family_page"];

/// Whether an act opened what is a patient's record. `sec.opens_chart` says the same in the database.
pub fn opens_chart(act: &str) -> bool {
    Kind::of(act) == Kind::View && !OF_THE_LOG.contains(&act)
}

/// Every code that does.
pub fn chart_acts() -> Vec<&'static str> {
    words::codes().filter(|code| opens_chart(code)).collect()
}

impl Kind {
    pub fn of(act: &str) -> Self {
        let begins = |with: &[&str]| with.iter().any(|prefix| act.starts_with(prefix));
        if SIGN_IN.contains(&act) {
            Self::SignIn
        } else if begins(&["downloaded_", "exported_"]) || EXPORT.contains(&act) {
            Self::Export
        } else if begins(&["printed_"]) {
            Self::Print
        } else if act == "searched" || begins(&["searched_"]) {
            Self::Search
        } else if begins(&["viewed_", "viewing_", "unfolded_"]) || VIEW.contains(&act) {
            Self::View
        } else {
            Self::Change
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Search => "search",
            Self::Export => "export",
            Self::Print => "print",
            Self::SignIn => "sign_in",
            Self::Change => "change",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        ALL.into_iter().find(|kind| kind.code() == code)
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::View => t("見た"),
            Self::Search => t("探した"),
            Self::Export => t("ファイルに書き出した"),
            Self::Print => t("印刷した"),
            Self::SignIn => t("サインイン・サインアウト"),
            Self::Change => t("書いた・変えた"),
        }
    }

    /// Every code of this kind.
    pub fn acts(self) -> Vec<&'static str> {
        words::codes().filter(|code| Self::of(code) == self).collect()
    }
}

/// What a filter may ask for: a kind of act, or what was not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Kind(Kind),
    Refused,
}

impl Wanted {
    pub fn from_code(code: &str) -> Option<Self> {
        if code == "refused" { Some(Self::Refused) } else { Kind::from_code(code).map(Self::Kind) }
    }

    /// Code and words of each, for a list of choices.
    pub fn choices() -> Vec<(String, String)> {
        let kinds = ALL.map(|kind| (kind.code().to_owned(), kind.label().to_owned()));
        kinds.into_iter().chain([("refused".to_owned(), t("断られた").to_owned())]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_each_kind() {
        for (act, kind) in [
            ("viewed_timeline", Kind::View),
            ("found_in_search", Kind::View),
            ("searched", Kind::Search),
            ("downloaded_access_log", Kind::Export),
            ("exported_audit_events", Kind::Export),
            ("printed_page", Kind::Print),
            ("signed_in", Kind::SignIn),
            ("post", Kind::Change),
        ] {
            assert_eq!(Kind::of(act), kind, "{act}");
            assert!(kind.acts().contains(&act), "{act} has words");
            assert_eq!(Kind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(Wanted::from_code("refused"), Some(Wanted::Refused));
        assert_eq!(Wanted::from_code("everything"), None);
    }
}
