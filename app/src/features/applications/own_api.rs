//! `/api/v1/facility-applications/status/{link}`: an application as its applicant follows it. Whoever has the link of a letter, and nobody
//! else: who shows a session or a token sees no more by it.

use axum::{
    Json,
    extract::{Path, State},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    api::{ApplicationParticulars, named},
    model::Typed,
};
use crate::{
    Error, FieldError, Result,
    app::{App, Shared},
    web::{
        input::{self, Strict},
        problem::Problem,
    },
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(status)).routes(routes!(confirm)).routes(routes!(answer))
}

#[derive(Debug, Serialize, ToSchema)]
struct ApplicationTalk {
    /// `question`, `answer`, `approved` or `refused`.
    kind: String,
    text: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
struct OwnApplication {
    /// What one asks by.
    number: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `unconfirmed`, `waiting`, `asked`, `approved` or `refused`.
    state: String,
    application: ApplicationParticulars,
    mail: String,
    pledge_version: i32,
    /// The oldest first.
    talk: Vec<ApplicationTalk>,
}

async fn standing(app: &App, link: &str) -> Result<Json<OwnApplication>> {
    let own = acts::of_link(app, link).await?;
    let talk = own.talk.into_iter().map(|(kind, text, at)| ApplicationTalk { kind, text, at });
    Ok(Json(OwnApplication {
        number: own.number,
        at: own.at,
        state: own.state,
        application: (&own.particulars).into(),
        mail: own.mail,
        pledge_version: own.pledge,
        talk: talk.collect(),
    }))
}

/// The application behind a letter's link. 404 for an invented link, and for one whose time is over.
#[utoipa::path(get, path = "/api/v1/facility-applications/status/{link}", tag = "facility applications",
    responses((status = 200, body = OwnApplication), (status = 404, body = Problem)))]
async fn status(State(app): State<Shared>, Path(link): Path<String>) -> Result<Json<OwnApplication>> {
    standing(&app, &link).await
}

/// The address is right: from here on reviewers see the application. Once more changes nothing.
#[utoipa::path(post, path = "/api/v1/facility-applications/status/{link}/confirmation", tag = "facility applications",
    responses((status = 200, body = OwnApplication), (status = 404, body = Problem)))]
async fn confirm(State(app): State<Shared>, Path(link): Path<String>) -> Result<Json<OwnApplication>> {
    acts::confirm(&app, &link).await?;
    standing(&app, &link).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ApplicationAnswer {
    client_id: Uuid,
    answer: String,
    /// The whole of it as it should be; without it everything stands as it is.
    corrected: Option<ApplicationParticulars>,
}

fn corrected(problem: FieldError) -> FieldError {
    let problem = named(problem);
    FieldError { field: format!("corrected.{}", problem.field).into(), ..problem }
}

/// Answers what was asked, with what is put right on the way; the same answer again is the same one. 409 where nothing is asked (any more).
#[utoipa::path(post, path = "/api/v1/facility-applications/status/{link}/answer", tag = "facility applications", request_body = ApplicationAnswer,
    responses((status = 200, body = OwnApplication), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn answer(
    State(app): State<Shared>,
    Path(link): Path<String>,
    Strict(body): Strict<ApplicationAnswer>,
) -> Result<Json<OwnApplication>> {
    let was = acts::of_link(&app, &link).await?.particulars;
    let typed = body.corrected.map_or_else(|| Typed::standing(&was), Into::into);
    let offered = acts::offered(&app).await?;
    match (typed.checked(&offered), input::text("answer", &body.answer, 2000)) {
        (Ok(is), Ok(text)) => acts::answer(&app, &link, body.client_id, &text, &was, &is).await?,
        (checked, text) => {
            let wrong = checked.err().into_iter().flatten().map(corrected).chain(text.err());
            return Err(Error::Invalid(wrong.collect()));
        }
    }
    standing(&app, &link).await
}
