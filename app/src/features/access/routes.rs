//! The page: one person and one group; without a group, the groups of one of the own staff to choose from.

use std::collections::HashMap;

use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    chain::chain,
    facts,
    views::{ChoiceRow, ChoiceView, WhyView, choice_page, why_page},
};
use crate::{
    Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{departures::read::patients, facilities::staff, groups::refusals},
    web::{
        person::Person,
        ui::Profession,
        viewer::{Asked, Me},
    },
};

/// See the capability's header.
pub fn routes() -> Router<Shared> {
    Router::new().route("/accounts/{account}/access", get(show))
}

#[derive(Debug, Deserialize)]
struct Which {
    group: Option<Uuid>,
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(account): Path<Uuid>,
    Query(which): Query<Which>,
) -> Result<Response> {
    match which.group {
        Some(group) => why(&app, &who, asked, account, group).await,
        None => choose(&app, &who, asked, account).await,
    }
}

async fn why(app: &Shared, who: &Actor, asked: Asked, account: Uuid, group: Uuid) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let facts = match facts::of(&mut tx, account, group).await {
        Ok(facts) => facts,
        Err(error) => {
            drop(tx);
            return refusals::noted(app, who, "viewed_access", Some(group), Some(account), Err(error)).await;
        }
    };
    let patient = patients(&mut tx, app, &[group]).await?.remove(&group);
    let members = facts::may_see_members(&mut tx, group).await?;
    audit::viewed(&mut tx, "viewed_access", Some(group), None, Some(account)).await?;
    tx.commit().await?;
    let view = WhyView {
        person: Person {
            account_id: account,
            name: facts.name.clone(),
            profession: Profession::of(&facts.profession),
            facility: facts.facility.clone().unwrap_or_default(),
        },
        group,
        patient,
        members,
        chain: chain(&facts, Timestamp::now()),
    };
    Ok(why_page(&view, &me.ctx(asked)).into_response())
}

async fn choose(app: &Shared, who: &Actor, asked: Asked, account: Uuid) -> Result<Response> {
    let (mut tx, me) = staff::administrating(app, who, "viewed_access", None).await?;
    let reach = staff::reach(&mut tx, account).await?;
    let groups = facts::groups(&mut tx, account).await?;
    let ids: Vec<Uuid> = groups.iter().map(|g| g.group).collect();
    let names: HashMap<Uuid, String> = patients(&mut tx, app, &ids).await?;
    audit::viewed(&mut tx, "viewed_access", None, None, Some(account)).await?;
    tx.commit().await?;
    let row = |g: facts::Asked| ChoiceRow { patient: names.get(&g.group).cloned(), asked: g };
    let view = ChoiceView {
        facility: me.facility.clone(),
        account,
        name: reach.name,
        rows: groups.into_iter().map(row).collect(),
    };
    Ok(choice_page(&view, &me.ctx(asked)).into_response())
}
