//! `/api/v1/facilities/{id}/staff-invitations/import`: a list of people, as the page of lists takes it.

use std::collections::HashMap;

use axum::{
    Json,
    extract::{Path, State},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    csv_list::{Line, read},
    csv_routes::known,
    model::{Invited, NewInvitation},
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::facilities::staff::administrating,
    opaque_debug,
    web::{input::Strict, problem::Problem},
};

/// The facility's admin, for the facility for which they act.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(import))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StaffListBody {
    client_id: Uuid,
    /// The list with its head, as text: 氏名, ふりがな, 職種, ID, メール, 管理者.
    csv: String,
    /// Reads, and invites nobody.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Serialize, ToSchema)]
struct StaffListLine {
    /// As a spreadsheet counts, the head being line 1.
    line: u64,
    name: String,
    /// What is wrong, in words for people; whoever stands in such a line is not invited.
    errors: Vec<String>,
    /// Null in a dry run, and where something is wrong.
    invitation: Option<Invited>,
}

#[derive(Serialize, ToSchema)]
struct StaffList {
    lines: Vec<StaffListLine>,
}

opaque_debug!(StaffListBody, StaffListLine, StaffList);

/// Invites the people of a list, up to 500, or says line by line what would become of it. Whoever can be is invited, all of them or (where
/// something fails) none. The same client id with the same list gives the same invitations and links, and no second letter.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/staff-invitations/import", tag = "facilities", request_body = StaffListBody,
    responses((status = 200, body = StaffList), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn import(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<StaffListBody>,
) -> Result<Json<StaffList>> {
    let (mut tx, _) = administrating(&app, &who, "invited_staff", Some(id)).await?;
    let known = known(&mut tx).await?;
    let lines = read(&body.csv, body.client_id, &known);
    let lines = lines.map_err(|why| Error::invalid("csv", "unreadable", why))?;
    let readable = lines.iter().filter_map(|line| Some((line.number, line.read.clone().ok()?)));
    let (numbers, new): (Vec<u64>, Vec<NewInvitation>) = readable.unzip();
    let made = if body.dry_run || new.is_empty() {
        tx.commit().await?;
        Vec::new()
    } else {
        acts::invite(&app, tx, &new).await?
    };
    let mut made: HashMap<u64, Invited> =
        numbers.into_iter().zip(made.into_iter().map(|(invited, _)| invited)).collect();
    let line = |line: Line| StaffListLine {
        line: line.number,
        name: line.name,
        errors: line.read.err().unwrap_or_default(),
        invitation: made.remove(&line.number),
    };
    Ok(Json(StaffList { lines: lines.into_iter().map(line).collect() }))
}
