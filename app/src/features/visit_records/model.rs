//! What comes in and what goes out. It prints as `…`.

use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::words::t;
use crate::{
    FieldError, features::posts::model::Post, features::visits::model::Kind, opaque_debug, web::input,
    web::ui::time,
};

/// Characters of each part.
pub const MAX_PART: usize = 1_500;

/// A record in parts: what is sealed beside its post.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub kind: Kind,
    pub day: Date,
    pub at: Option<Time>,
    pub did: String,
    pub condition: String,
    pub plan_changed: bool,
    pub plan: String,
    pub cautions: String,
    pub next: Option<Next>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    pub day: Date,
    pub at: Option<Time>,
}

/// Body of `POST /groups/{id}/visit-records`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordBody {
    pub client_id: Uuid,
    pub kind: Kind,
    /// `2026-12-04`
    pub date: String,
    /// `10:00`
    pub time: Option<String>,
    pub did: String,
    #[serde(default)]
    pub condition: String,
    pub plan_changed: bool,
    /// How, where it changed.
    #[serde(default)]
    pub plan: String,
    #[serde(default)]
    pub cautions: String,
    pub next_date: Option<String>,
    pub next_time: Option<String>,
}

/// Answer of the call: the post, and the next date as the calendar takes it.
#[derive(Clone, Serialize, ToSchema)]
pub struct Recorded {
    pub post: Post,
    pub next_date: Option<String>,
    pub next_time: Option<String>,
}

/// A record of a list.
#[derive(Clone)]
pub struct Listed {
    pub post: Uuid,
    pub author: String,
    pub profession: String,
    pub facility: String,
    pub written_at: Timestamp,
    pub record: Record,
}

/// A record as the API shows it.
#[derive(Clone, Serialize, ToSchema)]
pub struct RecordView {
    pub post_id: Uuid,
    pub author: String,
    pub profession: String,
    pub facility: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub kind: Kind,
    pub date: String,
    pub time: Option<String>,
    pub did: String,
    pub condition: String,
    pub plan_changed: bool,
    pub plan: String,
    pub cautions: String,
    pub next_date: Option<String>,
    pub next_time: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct RecordPage {
    pub items: Vec<RecordView>,
    pub next: Option<String>,
}

impl From<Listed> for RecordView {
    fn from(l: Listed) -> Self {
        let r = l.record;
        Self {
            post_id: l.post,
            author: l.author,
            profession: l.profession,
            facility: l.facility,
            created_at: l.written_at,
            kind: r.kind,
            date: r.day.to_string(),
            time: r.at.map(input::clock_value),
            did: r.did,
            condition: r.condition,
            plan_changed: r.plan_changed,
            plan: r.plan,
            cautions: r.cautions,
            next_date: r.next.map(|next| next.day.to_string()),
            next_time: r.next.and_then(|next| next.at).map(input::clock_value),
        }
    }
}

opaque_debug!(Record, RecordBody, Recorded, Listed, RecordView, RecordPage);

fn clock(field: &'static str, text: Option<&str>) -> Result<Option<Time>, FieldError> {
    text.filter(|text| !text.trim().is_empty()).map(|text| input::clock(field, text)).transpose()
}

impl TryFrom<&RecordBody> for Record {
    type Error = Vec<FieldError>;

    fn try_from(b: &RecordBody) -> Result<Self, Vec<FieldError>> {
        let mut problems = Vec::new();
        let visited = input::near_day("date", &b.date).map_err(|e| problems.push(e)).unwrap_or_default();
        let at = clock("time", b.time.as_deref()).map_err(|e| problems.push(e)).unwrap_or_default();
        let did = input::text("did", &b.did, MAX_PART).map_err(|e| problems.push(e)).unwrap_or_default();
        let mut part = |field, text: &str| {
            input::optional_text(field, text, MAX_PART).map_err(|e| problems.push(e)).unwrap_or_default()
        };
        let (condition, plan, cautions) =
            (part("condition", &b.condition), part("plan", &b.plan), part("cautions", &b.cautions));
        if visited > time::day_of(Timestamp::now()) {
            problems.push(FieldError::new("date", "ahead", t("訪問した日は、今日までの日にしてください。")));
        }
        if b.plan_changed && plan.is_empty() {
            problems.push(FieldError::new("plan", "empty", t("計画をどう変えたかを書いてください。")));
        }
        if !b.plan_changed && !plan.is_empty() {
            let why = t("計画の変更に内容があります。「あり」を選ぶか、内容を消してください。");
            problems.push(FieldError::new("plan_changed", "contradiction", why));
        }
        let next_at =
            clock("next_time", b.next_time.as_deref()).map_err(|e| problems.push(e)).unwrap_or_default();
        let next = match b.next_date.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => {
                let next = input::near_day("next_date", text).map_err(|e| problems.push(e)).ok();
                if next.is_some_and(|next| next < visited) {
                    let why = t("次回の日は、訪問した日より後にしてください。");
                    problems.push(FieldError::new("next_date", "before", why));
                }
                next.map(|day| Next { day, at: next_at })
            }
            None => {
                if next_at.is_some() {
                    problems.push(FieldError::new("next_date", "empty", t("次回の日も入れてください。")));
                }
                None
            }
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        let plan_changed = b.plan_changed;
        Ok(Self { kind: b.kind, day: visited, at, did, condition, plan_changed, plan, cautions, next })
    }
}
