//! What a recovery is about, and where it stands.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::words::t;
use crate::{FieldError, web::ui::Choice};

/// Which factor is gone. The other one is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LostFactor)]
pub enum Lost {
    Factor,
    Password,
}

impl Lost {
    pub fn from_code(code: &str) -> Self {
        if code == "password" { Self::Password } else { Self::Factor }
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::Factor => "factor",
            Self::Password => "password",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Factor => t("認証アプリの登録のやり直し"),
            Self::Password => t("パスワードの作り直し"),
        }
    }
}

/// `lost`, `broken`, `replaced`: the factor; `forgotten`: the password.
pub const REASONS: [Choice<'static>; 4] = [
    Choice {
        value: "lost",
        label: "認証アプリの入った端末をなくした、盗まれた",
        help: Some("その端末は、すぐに使えなくしてください。"),
    },
    Choice { value: "broken", label: "端末がこわれた", help: None },
    Choice { value: "replaced", label: "機種を変えて、前の端末がもうない", help: None },
    Choice {
        value: "forgotten",
        label: "パスワードを忘れた",
        help: Some("連絡用のメールを確かめてある方は、サインインの画面から自分で作り直せます。"),
    },
];

/// How the admin made sure who is asking.
pub const WAYS: [Choice<'static>; 3] = [
    Choice { value: "in_person", label: "対面", help: Some("本人が目の前にいる") },
    Choice { value: "video", label: "ビデオ", help: Some("顔を見て話した") },
    Choice {
        value: "call_back",
        label: "電話をかけ直した",
        help: Some("かかってきた電話ではなく、前から知っている番号へ"),
    },
];

pub fn label(choices: &[Choice<'static>], code: &str) -> &'static str {
    choices.iter().find(|c| c.value == code).map_or("", |c| t(c.label))
}

/// The form as a page sends it, and the body of `POST /facilities/{id}/staff/{account}/recovery`.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecoveryStart)]
pub struct StartForm {
    pub client_id: Uuid,
    /// `lost`, `broken` or `replaced`: the authenticator; `forgotten`: the password.
    #[serde(default)]
    pub reason: String,
    /// How the admin made sure who is asking: `in_person`, `video` or `call_back`.
    #[serde(default)]
    pub identified: String,
}

#[derive(Debug, Clone, Copy)]
pub struct NewRecovery {
    pub client_id: Uuid,
    pub lost: Lost,
    pub reason: &'static str,
    pub identified: &'static str,
}

impl TryFrom<&StartForm> for NewRecovery {
    type Error = Vec<FieldError>;

    fn try_from(form: &StartForm) -> Result<Self, Self::Error> {
        let known = |choices: &[Choice<'static>], field: &'static str, value: &str| {
            choices
                .iter()
                .find(|c| c.value == value)
                .map(|c| c.value)
                .ok_or_else(|| FieldError::new(field, "empty", t("1つ選んでください。")))
        };
        match (known(&REASONS, "reason", &form.reason), known(&WAYS, "identified", &form.identified)) {
            (Ok(reason), Ok(identified)) => {
                let lost = if reason == "forgotten" { Lost::Password } else { Lost::Factor };
                Ok(Self { client_id: form.client_id, lost, reason, identified })
            }
            (reason, identified) => Err([reason.err(), identified.err()].into_iter().flatten().collect()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RecoveryState)]
pub enum State {
    /// A second person has to confirm.
    Started,
    /// A code may be made.
    Confirmed,
    /// The old factors are void; the new one is not there yet.
    Used,
    Done,
    Expired,
    Cancelled,
}

impl State {
    pub fn from_code(code: &str) -> Self {
        match code {
            "started" => Self::Started,
            "confirmed" => Self::Confirmed,
            "used" => Self::Used,
            "done" => Self::Done,
            "cancelled" => Self::Cancelled,
            _ => Self::Expired,
        }
    }

    pub fn is_open(self) -> bool {
        matches!(self, Self::Started | Self::Confirmed | Self::Used)
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Started => t("もう一人の確認を待っています"),
            Self::Confirmed => t("確認が済みました"),
            Self::Used => t("本人が登録をやり直しています"),
            Self::Done => t("終わりました"),
            Self::Expired => t("24時間が過ぎ、無効になりました"),
            Self::Cancelled => t("取り消されました"),
        }
    }
}

/// One of the facility's, as its admins see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Recovery {
    pub id: Uuid,
    /// What the two admins call it by.
    pub number: i32,
    /// Whose factor is lost.
    #[serde(rename = "account_id")]
    pub account: Uuid,
    pub name: String,
    pub lost: Lost,
    pub reason: String,
    pub identified: String,
    pub state: State,
    pub started_by: Uuid,
    pub started_name: String,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    pub confirmed_name: Option<String>,
    /// Confirmed at the operator's console.
    pub by_operator: bool,
}

/// What is open for the viewer's own account.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OwnRecovery)]
pub struct Mine {
    pub id: Uuid,
    pub number: i32,
    pub facility: String,
    pub lost: Lost,
    pub state: State,
    pub started_name: String,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
}

/// What an operator sees: the facility and how to call it, nobody of its staff but its contact.
#[derive(Debug, Clone)]
pub struct AtConsole {
    pub id: Uuid,
    pub number: i32,
    pub facility: String,
    pub phone: String,
    pub contact: Option<(String, String)>,
    /// Active admins of the facility other than the person concerned.
    pub admins: i64,
    pub lost: Lost,
    pub reason: String,
    pub identified: String,
    pub state: State,
    pub started_at: Timestamp,
    pub ends_at: Timestamp,
    pub by_operator: bool,
}
