//! `/api/v1/me/notices`.

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    routes::{Shown, shown},
    views::{Notice, NoticeRow},
};
use crate::{
    Result,
    app::Shared,
    auth::Actor,
    opaque_debug,
    people::StaffBody,
    web::{looked::Looked, person::Person},
};

/// Any signed-in person, the own notices.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list))
}

impl From<Person> for StaffBody {
    fn from(p: Person) -> Self {
        Self {
            id: p.account_id,
            name: p.name,
            profession: p.profession.code().to_owned(),
            facility: p.facility,
        }
    }
}

/// What somebody is told. Which fields are there depends on `kind`.
#[derive(Default, Serialize, ToSchema)]
struct NoticeBody {
    /// `invitation`, `approval`, `joined`, `host`, `left`, `review`, `access_review`, `maintenance`, `webhook`, `invitation_undelivered`, `guest_ends`,
    /// `beyond_range`, `asked`, `task`, `connection_asked` or `connection`.
    kind: &'static str,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Waits for an answer, or was not looked at before.
    new: bool,
    /// The invitation, the task or the work order.
    id: Option<Uuid>,
    group_id: Option<Uuid>,
    patient_id: Option<Uuid>,
    /// What the group is called; only while the caller is in it.
    title: Option<String>,
    person: Option<StaffBody>,
    /// Values beyond the range; members whom a review still asks about; invitations.
    count: Option<i64>,
    /// As the page says it, in the language of the request.
    words: Option<String>,
    /// The page where it is answered.
    href: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Notices {
    /// The newest first.
    items: Vec<NoticeBody>,
    /// Always null: there is one page.
    next: Option<String>,
    /// Notices about the caller's own sign-ins that were not seen yet.
    sign_ins: usize,
}

opaque_debug!(NoticeBody, Notices);

impl From<NoticeRow> for NoticeBody {
    fn from(row: NoticeRow) -> Self {
        let told = Self { at: row.at, new: row.new, ..Self::default() };
        let group = |kind, group: Uuid, title: String| Self {
            kind,
            group_id: Some(group),
            title: Some(title),
            at: row.at,
            new: row.new,
            ..Self::default()
        };
        match row.notice {
            Notice::Invitation { id, from, .. } => {
                Self { kind: "invitation", id: Some(id), person: Some(from.into()), ..told }
            }
            Notice::Approval { group_id, person, patient, .. } => {
                Self { person: Some(person.into()), ..group("approval", group_id, patient) }
            }
            Notice::Joined { group_id, patient } => group("joined", group_id, patient),
            Notice::Host { group_id, patient } => group("host", group_id, patient),
            Notice::Out { words } => Self { kind: "left", words: Some(words), ..told },
            Notice::Review { remaining, .. } => Self { kind: "review", count: Some(remaining), ..told },
            Notice::AccessReview { href, month, .. } => {
                Self { kind: "access_review", href: Some(href), words: Some(month), ..told }
            }
            Notice::Work { id, words, .. } => {
                Self { kind: "maintenance", id: Some(id), words: Some(words.to_owned()), ..told }
            }
            Notice::Lost { count } => Self { kind: "invitation_undelivered", count: Some(count), ..told },
            Notice::Webhook { words } => Self { kind: "webhook", words: Some(words.to_owned()), ..told },
            Notice::Ending { group_id, person, patient, .. } => {
                Self { person: Some(person.into()), ..group("guest_ends", group_id, patient) }
            }
            Notice::Beyond { patient_id, patient, count } => Self {
                kind: "beyond_range",
                patient_id: Some(patient_id),
                title: Some(patient),
                count: Some(count),
                ..told
            },
            Notice::Asked { href, words, patient, .. } => Self {
                kind: "asked",
                href: Some(href),
                words: Some(words.to_owned()),
                title: Some(patient),
                ..told
            },
            Notice::Task { id, words, patient } => {
                Self { kind: "task", id: Some(id), words: Some(words), title: Some(patient), ..told }
            }
            Notice::Asking { person } => {
                Self { kind: "connection_asked", person: Some(person.into()), ..told }
            }
            Notice::Connection { words } => Self { kind: "connection", words: Some(words), ..told },
        }
    }
}

/// What the caller is told. As on the page, this look at it makes what was new old.
#[utoipa::path(get, path = "/api/v1/me/notices", tag = "notifications", responses((status = 200, body = Notices)))]
async fn list(State(app): State<Shared>, who: Actor, Looked(looked): Looked) -> Result<Json<Notices>> {
    let Shown { rows, sign_ins, .. } = shown(&app, &who, looked).await?;
    Ok(Json(Notices { items: rows.into_iter().map(Into::into).collect(), next: None, sign_ins }))
}
