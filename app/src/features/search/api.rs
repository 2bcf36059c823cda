//! `POST /api/v1/search`.

use axum::{Json, extract::State};
use folding::Piece;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    model::{Found, Hit, Kind, SearchBody, Wanted},
    read,
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::posts::model::{Author, Timeline},
    opaque_debug,
    web::{input::Strict, problem::Problem},
};

/// Any signed-in person, in what that person may read.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(search))
}

/// Looks for words in posts, corrections, names of files and face sheets, newest first. POST, so that what is looked for
/// stands in no address; it is kept nowhere. A page without `next` is the last one; an `unfinished` page ended because
/// its time was up, and `next` goes on.
#[utoipa::path(post, path = "/api/v1/search", tag = "search", request_body = SearchBody,
    responses((status = 200, body = SearchPage), (status = 404, body = Problem, description = "not in that group"), (status = 422, body = Problem),
        (status = 429, body = Problem, description = "another search of the same person still runs"), (status = 503, body = Problem, description = "too many search now")))]
async fn search(
    State(app): State<Shared>,
    who: Actor,
    Strict(body): Strict<SearchBody>,
) -> Result<Json<SearchPage>> {
    let wanted = Wanted::try_from(&body).map_err(Error::Invalid)?;
    Ok(Json(SearchPage::from(read::alone(&app, &who, wanted).await?)))
}

#[derive(Serialize, ToSchema)]
pub struct SearchPage {
    items: Vec<SearchItem>,
    next: Option<String>,
    /// The time was up before the page was full.
    unfinished: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    searched_back_to: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
struct SearchItem {
    kind: Kind,
    /// `null`: a face sheet.
    post_id: Option<Uuid>,
    group_id: Option<Uuid>,
    patient_id: Option<Uuid>,
    timeline: Option<Timeline>,
    author: Author,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// As typed; `…` where something is left out.
    excerpt: String,
    /// What was found in the excerpt, in Unicode scalar values.
    marks: Vec<Mark>,
    /// Names of files in which something was found.
    files: Vec<String>,
    /// The post is withdrawn; what was found stands in the reason.
    withdrawn: bool,
    /// There is a newer text, which is not among the hits.
    corrected_since: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct Mark {
    from: usize,
    to: usize,
}

opaque_debug!(SearchPage, SearchItem);

impl From<Found> for SearchPage {
    fn from(found: Found) -> Self {
        Self {
            items: found.hits.into_iter().map(SearchItem::from).collect(),
            next: found.next.map(super::model::Place::cursor),
            unfinished: found.unfinished,
            searched_back_to: found.searched_back_to,
        }
    }
}

impl From<Hit> for SearchItem {
    fn from(hit: Hit) -> Self {
        let first_field = hit.fields.into_iter().next().map(|(_, pieces)| pieces);
        let first_name = || hit.files.first().cloned();
        let pieces =
            Some(hit.excerpt).filter(|pieces| !pieces.is_empty()).or(first_field).or_else(first_name);
        let (excerpt, marks) = laid_out(&pieces.unwrap_or_default());
        Self {
            kind: hit.kind,
            post_id: hit.post,
            group_id: hit.group,
            patient_id: hit.patient,
            timeline: hit.timeline,
            author: hit.author,
            created_at: hit.at,
            excerpt,
            marks,
            files: hit.files.iter().map(|name| name.iter().map(|p| p.text.as_str()).collect()).collect(),
            withdrawn: hit.withdrawn,
            corrected_since: hit.corrected_since,
        }
    }
}

fn laid_out(pieces: &[Piece]) -> (String, Vec<Mark>) {
    let (mut text, mut marks, mut at) = (String::new(), Vec::new(), 0);
    for piece in pieces {
        let length = piece.text.chars().count();
        if piece.marked {
            marks.push(Mark { from: at, to: at + length });
        }
        text.push_str(&piece.text);
        at += length;
    }
    (text, marks)
}
