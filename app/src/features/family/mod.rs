//! 患者・家族: the family timeline with its people, and the third door through which they come (decision 0026).
//!
//! *Owns* `care.relative`, `care.relative_invitation`, `care.office_hours`, `care.release`, `sec.relative_credential`,
//! `sec.relative_session`. *Emits* `post.created`, `post.acknowledged`, `receipt.read` on the family timeline,
//! `member.relative_joined`, `member.relative_removed`, `membership.ended`, `session.ended`. *Needs* groups and posts.
//! *Who*: the host and the managing facility's admin invite, end and set the office hours; members read, write and let single
//! posts through; a patient or relative reads and writes the family timelines that they are on now, and nothing else exists
//! for them: their sessions stand apart from the staff's, and the database role behind this door can call the functions of
//! the schema `fam` and read no table.

mod acts;
pub mod api;
pub mod door;
mod door_routes;
mod door_views;
pub mod join;
mod join_routes;
mod join_views;
pub mod model;
mod pages;
mod people_pages;
mod people_views;
mod read;
mod release_pages;
mod release_views;
pub mod team;
mod team_pages;
mod team_views;
mod views;

use axum::Router;
use uuid::Uuid;

use crate::{
    Result,
    app::{App, Shared},
    auth::Relative,
    features::posts::model::NewPost,
};

/// Those of the family's door, and those of the team.
pub fn routes() -> Router<Shared> {
    Router::new()
        .merge(door_routes::routes())
        .merge(join_routes::routes())
        .merge(pages::routes())
        .merge(team_pages::routes())
}

/// Whose session this is, for a sample.
pub(crate) async fn account_of(app: &App, who: &Relative) -> Result<Uuid> {
    read::places(app, who).await?.first().map(|p| p.account_id).ok_or(crate::Error::NotSignedIn)
}

/// A relative reads all there is and writes, for a sample.
pub(crate) async fn write(app: &App, who: &Relative, group: Uuid, new: NewPost) -> Result<()> {
    let (post, _) = acts::post(app, who, group, new).await?;
    acts::mark_read(app, who, group, post.seq).await
}
