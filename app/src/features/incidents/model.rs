//! An incident as it stands, and what operators type, parsed.

use jiff::Timestamp;
use serde::Deserialize;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::words::t;
use crate::{
    Error, FieldError, Result,
    web::input::{self, Fields},
};

/// A closed list with codes (as the database and forms write them) and words.
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident = $code:literal, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
        #[serde(try_from = "String")]
        pub enum $name { $($(#[$item_doc])* $item),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$item),+];

            pub fn code(self) -> &'static str {
                match self { $(Self::$item => $code),+ }
            }

            pub fn label(self) -> &'static str {
                match self { $(Self::$item => $crate::words::t($label)),+ }
            }

            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|x| x.code() == code)
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(code: String) -> Result<Self, String> {
                Self::from_code(&code).ok_or(code)
            }
        }
    };
}

coded! {
    /// What happened.
    Kind {
        Leak = "leak", "漏えい";
        Loss = "loss", "滅失(なくなった)";
        Damage = "damage", "毀損(壊れた、変わった)";
        UnauthorisedAccess = "unauthorised_access", "不正アクセス";
        Outage = "outage", "サービスの停止";
        Other = "other", "その他";
    }
}

coded! {
    /// What was within reach of whoever should not have had it.
    Reached {
        Database = "database", "データベースのファイルや写し";
        Files = "files", "アップロードされたファイルの置き場";
        Backup = "backup", "バックアップ";
        Disk = "disk", "サーバーのディスク全体";
        Server = "server", "動いているサーバー(管理者の権限)";
        Session = "session", "利用者の端末、セッション、パスワード";
        Paper = "paper", "紙や画面";
    }
}

coded! {
    /// What was done, in the life of an incident.
    StepKind {
        Opened = "opened", "開いた";
        Contained = "contained", "広がりを止めた";
        ReportedEarly = "reported_early", "速報を出した";
        ReportedFinal = "reported_final", "確報を出した";
        PeopleTold = "people_told", "本人に知らせた";
        FacilitiesTold = "facilities_told", "施設に知らせた";
        Published = "published", "公表した";
        Unpublished = "unpublished", "公表を取り下げた";
        Closed = "closed", "終えた";
        Reopened = "reopened", "開きなおした";
        Noted = "noted", "書きとめた";
    }
}

impl StepKind {
    /// Those that an operator writes down; the others are written by the act itself.
    pub const BY_HAND: [Self; 7] = [
        Self::Contained,
        Self::ReportedEarly,
        Self::ReportedFinal,
        Self::PeopleTold,
        Self::Noted,
        Self::Closed,
        Self::Reopened,
    ];
}

#[derive(Debug, Clone)]
pub struct Incident {
    pub id: Uuid,
    pub drill: bool,
    pub known_at: Timestamp,
    /// The version of what is said below.
    pub assessment: i32,
    pub title: String,
    pub kind: Kind,
    pub improper: bool,
    pub reached: Vec<Reached>,
    pub note: String,
    pub closed: bool,
}

impl Incident {
    pub fn read(r: &Row) -> Self {
        let reached: Vec<String> = r.get("reached");
        Self {
            id: r.get("id"),
            drill: r.get("drill"),
            known_at: r.get("known_at"),
            assessment: r.get("assessment"),
            title: r.get("title"),
            kind: Kind::from_code(r.get("kind")).unwrap_or(Kind::Other),
            improper: r.get("improper"),
            reached: reached.iter().filter_map(|code| Reached::from_code(code)).collect(),
            note: r.get("note"),
            closed: r.get("closed"),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Step {
    pub incident: Uuid,
    pub kind: StepKind,
    pub happened_at: Timestamp,
    /// When it was written down.
    pub at: Timestamp,
    pub note: String,
    pub scope: Option<i32>,
    pub report: Option<i32>,
    pub letters: Option<i32>,
    pub operator: Option<String>,
}

impl Step {
    pub fn read(r: &Row) -> Self {
        Self {
            incident: r.get("incident_id"),
            kind: StepKind::from_code(r.get("kind")).unwrap_or(StepKind::Noted),
            happened_at: r.get("happened_at"),
            at: r.get("at"),
            note: r.get("note"),
            scope: r.get("scope"),
            report: r.get("report"),
            letters: r.get("letters"),
            operator: r.get("operator"),
        }
    }

    pub fn sample() -> Self {
        Self {
            incident: Uuid::nil(),
            kind: StepKind::Opened,
            happened_at: Timestamp::UNIX_EPOCH,
            at: Timestamp::UNIX_EPOCH,
            note: String::new(),
            scope: None,
            report: None,
            letters: None,
            operator: None,
        }
    }
}

/// What an operator says an incident is.
#[derive(Debug, Clone)]
pub struct Assessment {
    pub title: String,
    pub kind: Kind,
    pub improper: bool,
    pub reached: Vec<Reached>,
    pub note: String,
}

impl Assessment {
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let title = input::line("title", fields.one("title"), 120).unwrap_or_else(|e| {
            wrong.push(e);
            String::new()
        });
        let note = input::optional_text("note", fields.one("note"), 4000).unwrap_or_else(|e| {
            wrong.push(e);
            String::new()
        });
        let kind = Kind::from_code(fields.one("kind"));
        if kind.is_none() {
            wrong.push(FieldError::new("kind", "empty", t("何が起きたかを選んでください。")));
        }
        let reached = fields.all("reached").into_iter().filter_map(Reached::from_code).collect();
        match kind {
            Some(kind) if wrong.is_empty() => {
                Ok(Self { title, kind, improper: fields.one("improper") == "yes", reached, note })
            }
            _ => Err(wrong),
        }
    }
}

/// Which events of the access log are looked at. Empty lists: everybody's.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    pub version: i32,
    pub from: Timestamp,
    pub to: Timestamp,
    pub accounts: Vec<Uuid>,
    pub sessions: Vec<Uuid>,
    pub devices: Vec<Uuid>,
    pub facilities: Vec<Uuid>,
    pub patients: Vec<Uuid>,
}

impl Scope {
    /// `accounts` come from the caller, who may have found them by their sign-in IDs.
    pub fn parse(fields: &Fields, accounts: Vec<Uuid>) -> Result<Self, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let mut time = |field| match input::moment(field, fields.one(field)) {
            Ok(Some(at)) => at,
            Ok(None) => {
                wrong.push(FieldError::new(field, "empty", t("日時を入れてください。")));
                Timestamp::UNIX_EPOCH
            }
            Err(e) => {
                wrong.push(e);
                Timestamp::UNIX_EPOCH
            }
        };
        let (from, to) = (time("from"), time("to"));
        if wrong.is_empty() && to <= from {
            wrong.push(FieldError::new("to", "order", t("終わりは、始まりよりあとにしてください。")));
        }
        let mut ids = |field: &'static str| {
            words(fields.one(field)).map(str::parse).collect::<Result<Vec<Uuid>, _>>().unwrap_or_else(|_| {
                wrong.push(FieldError::new(
                    field,
                    "id",
                    t("番号の形になっていません。1行に1つずつ入れてください。"),
                ));
                Vec::new()
            })
        };
        let (sessions, devices, patients) = (ids("sessions"), ids("devices"), ids("patients"));
        let facilities = fields.ids("facilities").unwrap_or_default();
        if wrong.is_empty() {
            Ok(Self { version: 0, from, to, accounts, sessions, devices, facilities, patients })
        } else {
            Err(wrong)
        }
    }
}

/// What stands between blanks, commas and line ends.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || c == ',' || c == '、').filter(|word| !word.is_empty())
}

/// One affected patient: never a name.
#[derive(Debug, Clone)]
pub struct Affected {
    pub patient: Uuid,
    pub facility: Uuid,
    pub facility_name: String,
    /// False: only the name, on a list.
    pub opened: bool,
    /// Codes of the access log.
    pub acts: Vec<String>,
    pub events: i64,
    pub first: Timestamp,
    pub last: Timestamp,
}

/// A facility whose patients are affected, and whom to call there.
#[derive(Debug, Clone)]
pub struct Contact {
    pub facility: Uuid,
    pub name: String,
    pub kind: String,
    pub phone: String,
    pub person: String,
    pub contact_phone: String,
    pub mail: String,
    pub admins: Vec<String>,
    pub opened: i64,
    pub listed: i64,
}

/// Headings of the nine answers, in the order of the authority's form.
pub const NINE: [(&str, &str); 9] = [
    ("概要", "いつ、どこで、何が起きたか。分かったいきさつ。"),
    ("項目", "漏えいなどをした、またはそのおそれがある情報の種類。"),
    ("人数", "本人の数。分からないときは、分かった範囲と「調査中」。"),
    ("原因", "なぜ起きたか。"),
    ("二次被害", "悪用など、またはそのおそれがあるか、その内容。"),
    ("本人への対応", "本人への通知など、したこと・すること。"),
    ("公表", "公表したか、するか。方法と内容。"),
    ("再発防止", "もう起きないようにする措置。済んだものと予定。"),
    ("その他", "参考になること。鍵の分離、委託元への通知など。"),
];

/// The nine answers.
pub type Answers = [String; 9];

/// Reads the nine fields `answer0` … `answer8`; an empty answer is allowed in a draft.
pub fn answers(fields: &Fields) -> Result<Answers, Vec<FieldError>> {
    let mut wrong = Vec::new();
    let read = ANSWER_FIELDS.map(|field| {
        input::optional_text(field, fields.one(field), 8000).unwrap_or_else(|e| {
            wrong.push(e);
            String::new()
        })
    });
    if wrong.is_empty() { Ok(read) } else { Err(wrong) }
}

pub const ANSWER_FIELDS: [&str; 9] =
    ["answer0", "answer1", "answer2", "answer3", "answer4", "answer5", "answer6", "answer7", "answer8"];

/// The column of nine, as an array.
pub fn nine(column: Vec<String>) -> Result<Answers> {
    column.try_into().map_err(|_| Error::internal("a report has nine answers"))
}
