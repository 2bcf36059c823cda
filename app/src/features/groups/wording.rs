//! The question before a post in a space where no patient is written about.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{read, rules};
use crate::{Result, app::App, auth::Actor, db::Tx, opaque_debug};

/// Body of `POST /groups/{id}/wording`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WordingBody {
    pub body: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Wording {
    /// Empty: nothing looks like a patient. Always so in a patient's group.
    pub findings: Vec<Finding>,
}

/// What kind of thing looks like a patient; never the words that do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Finding {
    /// `known_name`, `person_with_age`, `birth_date` or `number`.
    pub code: &'static str,
    pub message: &'static str,
}

opaque_debug!(WordingBody);

/// What a text holds that looks like a patient, where that is against the rule. Nothing is kept. `NotFound` for whoever is not in
/// the group.
pub async fn look(app: &App, who: &Actor, group: Uuid, body: &str) -> Result<Vec<rules::Hint>> {
    let mut tx = app.db.acting(who).await?;
    read::role(&mut tx, group).await?;
    let found = look_in(&mut tx, app, group, body).await?;
    tx.commit().await?;
    Ok(found)
}

async fn look_in(tx: &mut Tx, app: &App, group: Uuid, body: &str) -> Result<Vec<rules::Hint>> {
    if app.keys.group_streams(tx, group).await?.patient_id.is_some() {
        return Ok(Vec::new());
    }
    let names = read::patients_of_mine(tx, app).await?;
    Ok(rules::patient_like(body, &names.iter().map(String::as_str).collect::<Vec<_>>()))
}

pub fn findings(hints: &[rules::Hint]) -> Wording {
    let findings = hints.iter().map(|h| Finding { code: h.code(), message: h.words() }).collect();
    Wording { findings }
}
