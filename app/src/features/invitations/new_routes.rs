//! Inviting in three steps on one address: the facility, the person, how she joins.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    model::{InvitationBody, Invited, Joining},
    new_views::{
        Candidate, FacilityRow, FindFacilityView, FindPersonView, InviteView, InvitedView,
        find_facility_page, find_person_page, invite_form_page, invited_page,
    },
};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{
        facilities::directory::{self, Facility},
        groups::{
            model::{Members, Role},
            pages::{self, Opened},
            read, refusals,
        },
    },
    web::{
        forms::Errors,
        input::Form,
        ui::time,
        viewer::{Asked, Me},
    },
};

pub fn routes() -> Router<Shared> {
    Router::new().route("/groups/{group}/invitations/new", get(ask).post(invite))
}

#[derive(Debug, Deserialize)]
struct Step {
    #[serde(default)]
    q: String,
    facility: Option<Uuid>,
    person: Option<Uuid>,
}

async fn ask(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Query(step): Query<Step>,
) -> Result<Response> {
    let opened = pages::kept(&app, &who, group).await?;
    match (step.facility, step.person) {
        (None, _) => find_facility(opened, asked, group, step.q).await,
        (Some(facility), None) => find_person(opened, asked, group, facility, step.q).await,
        (Some(facility), Some(person)) => {
            let form = InviteForm {
                client_id: Uuid::now_v7(),
                facility,
                person,
                role: "member".into(),
                until: String::new(),
                history: "all".into(),
            };
            the_form(opened, asked, group, form, Errors::none()).await
        }
    }
}

/// Step 1. Without a search: the own facility, and those already in the group.
async fn find_facility(opened: Opened, asked: Asked, group: Uuid, q: String) -> Result<Response> {
    let Opened { mut tx, me, role, room } = opened;
    let mut found = directory::facilities(&mut tx, &q).await?;
    if q.trim().is_empty() {
        let members = read::members(&mut tx, group, role).await?;
        found.retain(|f| f.id == me.facility_id || members.items.iter().any(|m| m.facility_id == f.id));
    }
    audit::viewed(&mut tx, "searched_facilities", None, None, None).await?;
    tx.commit().await?;
    found.truncate(SHOWN);
    let rows = found.iter().map(|f| facility_row(f, &me)).collect();
    let view = FindFacilityView { room, group_id: group, q, rows };
    Ok(find_facility_page(&view, &me.ctx(asked)).into_response())
}

/// Rows of one step; whoever sees that many types more of the name.
const SHOWN: usize = 100;

fn facility_row(facility: &Facility, me: &Me) -> FacilityRow {
    let own = if facility.id == me.facility_id { t("・あなたの施設") } else { "" };
    let line = format!("{}{own}", directory::kind_label(&facility.kind));
    FacilityRow { id: facility.id, name: facility.name.clone(), line }
}

/// Step 2.
async fn find_person(
    opened: Opened,
    asked: Asked,
    group: Uuid,
    facility: Uuid,
    q: String,
) -> Result<Response> {
    let Opened { mut tx, me, role, room } = opened;
    let facility = directory::facility(&mut tx, facility).await?;
    let mut staff = directory::staff(&mut tx, facility.id, &q).await?;
    let members = read::members(&mut tx, group, role).await?;
    audit::viewed(&mut tx, "searched_staff", None, None, Some(facility.id)).await?;
    tx.commit().await?;
    staff.truncate(SHOWN);
    let rows = staff.iter().map(|c| Candidate {
        person: pages::person(c.id, &c.name, &c.profession, &facility.name),
        already: already(&members, c.id),
    });
    let rows = rows.collect();
    let view = FindPersonView { room, group_id: group, facility: facility_row(&facility, &me), q, rows };
    Ok(find_person_page(&view, &me.ctx(asked)).into_response())
}

fn already(members: &Members, account: Uuid) -> Option<&'static str> {
    if members.items.iter().any(|m| m.id == account) {
        Some(t("メンバーです"))
    } else if members.invitations.iter().any(|i| i.account_id == account) {
        Some(t("招待しています"))
    } else {
        None
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InviteForm {
    client_id: Uuid,
    facility: Uuid,
    person: Uuid,
    role: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    history: String,
}

/// Step 3, as it is first shown or again with what is wrong.
async fn the_form(
    opened: Opened,
    asked: Asked,
    group: Uuid,
    form: InviteForm,
    errors: Errors,
) -> Result<Response> {
    let Opened { mut tx, me, role, room } = opened;
    let managing = read::managing_facility(&mut tx, group).await?;
    let person = candidate(&mut tx, form.facility, form.person).await?;
    tx.commit().await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = InviteView {
        room,
        group_id: group,
        client_id: form.client_id,
        facility_id: form.facility,
        person,
        role: form.role,
        until: form.until,
        history: form.history,
        needs_approval: role != Role::Host && form.facility != managing,
        errors,
    };
    Ok((status, invite_form_page(&view, &me.ctx(asked))).into_response())
}

async fn candidate(
    tx: &mut crate::db::Tx,
    facility: Uuid,
    account: Uuid,
) -> Result<crate::web::person::Person> {
    let facility = directory::facility(tx, facility).await?;
    let staff = directory::staff(tx, facility.id, "").await?;
    let colleague = staff.iter().find(|c| c.id == account).ok_or(Error::NotFound)?;
    Ok(pages::person(account, &colleague.name, &colleague.profession, &facility.name))
}

/// The answer shows the link, once; a second send of the same form shows the same page.
async fn invite(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Form(form): Form<InviteForm>,
) -> Result<Response> {
    let done = match parsed(&form, Timestamp::now()) {
        Ok(body) => acts::invite(&app, &who, group, body).await,
        Err(problem) => Err(Error::Invalid(vec![problem])),
    };
    let done = refusals::noted(&app, &who, "member_invited", Some(group), Some(form.person), done).await;
    match done {
        Ok((invited, _)) => sent(&app, &who, asked, group, &form, invited).await,
        Err(Error::Invalid(problems)) => {
            let opened = pages::kept(&app, &who, group).await?;
            the_form(opened, asked, group, form, pages::errors(problems, &[("account_id", "role")])).await
        }
        Err(error) => Err(error),
    }
}

async fn sent(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    group: Uuid,
    form: &InviteForm,
    invited: Invited,
) -> Result<Response> {
    let Opened { mut tx, me, room, .. } = pages::kept(app, who, group).await?;
    let person = candidate(&mut tx, form.facility, form.person).await?;
    tx.commit().await?;
    let until = time::when(invited.expires_at, Timestamp::now());
    let view = InvitedView { room, group_id: group, person, link: invited.link, until };
    Ok(invited_page(&view, &me.ctx(asked)).into_response())
}

fn parsed(form: &InviteForm, now: Timestamp) -> Result<InvitationBody, FieldError> {
    let role = match form.role.as_str() {
        "member" => Joining::Member,
        "guest" => Joining::Guest,
        _ => return Err(FieldError::new("role", "unknown", t("参加のしかたを選んでください。"))),
    };
    let until = match (role, form.until.trim()) {
        (Joining::Member, _) | (Joining::Guest, "") => None,
        (Joining::Guest, day) => {
            let end = day.parse().ok().and_then(time::end_of_day);
            let wrong =
                || FieldError::new("until", "not_a_day", t("日付を入れてください（例: 2026-12-01）。"));
            Some(end.ok_or_else(wrong)?)
        }
    };
    let body = InvitationBody {
        client_id: form.client_id,
        account_id: form.person,
        facility_id: form.facility,
        role,
        until,
        from_now_on: form.history == "from_now",
    };
    body.check(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_stays_to_the_end_of_the_day_in_japan() {
        let form = |role: &str, until: &str| InviteForm {
            client_id: Uuid::nil(),
            facility: Uuid::nil(),
            person: Uuid::nil(),
            role: role.into(),
            until: until.into(),
            history: "from_now".into(),
        };
        let now: Timestamp = "2026-11-17T05:00:00Z".parse().unwrap();
        let body = parsed(&form("guest", "2026-12-01"), now).unwrap();
        assert_eq!(body.until, Some("2026-12-01T15:00:00Z".parse().unwrap()));
        assert!(body.from_now_on);
        assert_eq!(parsed(&form("member", "2026-12-01"), now).unwrap().until, None);
        let code = |role, until| parsed(&form(role, until), now).unwrap_err().code;
        assert_eq!(code("guest", ""), "empty");
        assert_eq!(code("guest", "12/1"), "not_a_day");
        assert_eq!(code("guest", "2026-11-16"), "not_ahead");
        assert_eq!(code("owner", ""), "unknown");
    }
}
