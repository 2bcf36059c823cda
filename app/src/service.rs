//! Service modes: how much of the service there is, for everybody or for one facility. What holds is a row in the
//! database, and the database refuses; this is only how it is told.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::words::t;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "kebab-case")]
pub enum ServiceMode {
    /// Everything works.
    Normal,
    /// Everything can be read; what would write a record answers 503.
    ReadOnly,
    /// Nobody can sign in; whoever is in goes on.
    SignInStopped,
    /// Nothing but a page that says why.
    Stopped,
}

impl ServiceMode {
    /// In the order of how much is left.
    pub const ALL: [Self; 4] = [Self::Normal, Self::ReadOnly, Self::SignInStopped, Self::Stopped];

    /// As the database and the API write it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::ReadOnly => "read_only",
            Self::SignInStopped => "sign_in_stopped",
            Self::Stopped => "stopped",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.code() == code)
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Normal => t("通常"),
            Self::ReadOnly => t("読むだけ"),
            Self::SignInStopped => t("サインイン停止"),
            Self::Stopped => t("停止"),
        }
    }

    /// What it means for whoever wants to work now.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Normal => t("すべて使えます。"),
            Self::ReadOnly => t("いまは読むだけにしています。書いたものは端末に残っています。"),
            Self::SignInStopped => {
                t("いまは新しくサインインできません。サインインしているかたは、そのまま使えます。")
            }
            Self::Stopped => t("いまはサービスを止めています。これまでの記録は無事です。"),
        }
    }

    /// Seconds after which trying again makes sense.
    pub fn retry_after(self) -> u32 {
        match self {
            Self::Normal => 1,
            Self::ReadOnly => 30,
            Self::SignInStopped | Self::Stopped => 120,
        }
    }
}

/// A mode that holds now. The reason is the operator's text and is shown to everybody whom the mode concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    pub mode: ServiceMode,
    pub reason: String,
    pub since: Timestamp,
    /// When it will probably be over.
    pub until: Option<Timestamp>,
    /// False: only for the facility of whoever asks.
    pub everybody: bool,
}

impl InForce {
    /// What the database says with SQLSTATE `RK513`.
    pub fn from_detail(detail: &str) -> Option<Self> {
        serde_json::from_str(detail).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_detail_of_a_refusal_is_read() {
        let detail = r#"{"mode" : "read_only", "reason" : "調査のため", "since" : "2026-11-23T05:00:00.123456+00:00", "until" : null, "everybody" : true}"#;
        let found = InForce::from_detail(detail).expect("as the database writes it");
        assert_eq!((found.mode, found.everybody), (ServiceMode::ReadOnly, true));
        assert!(InForce::from_detail("{}").is_none());
    }

    #[test]
    fn codes_lead_back_to_their_modes() {
        assert!(ServiceMode::ALL.into_iter().all(|m| ServiceMode::from_code(m.code()) == Some(m)));
        assert_eq!(ServiceMode::from_code("else"), None);
    }
}
