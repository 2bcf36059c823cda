//! 患者・家族: the family timeline with its people, and the third door through which they come (decision 0026).
//!
//! *Owns* `care.relative`, `care.relative_invitation`, `care.office_hours`, `care.release`, `care.relative_setting`,
//! `care.relative_cursor`, `care.relative_notice`, `sec.relative_credential`, `sec.relative_session`, `sec.relative_contact`,
//! `sec.relative_subscription`, `sec.relative_push`. *Emits* `post.created`, `post.acknowledged`, `receipt.read` on the family timeline,
//! `post.corrected`, `post.withdrawn`, `member.relative_joined`, `member.relative_removed`, `membership.ended`, `session.ended`.
//! *Needs* groups, posts, files, who_read (what is told of who read) and the sender of notifications.
//! *Who*: the host and the managing facility's admin invite, end and set the office hours; members read, write and let single
//! posts through; a patient or relative reads and writes the family timelines that they are on now, and nothing else exists
//! for them: their sessions stand apart from the staff's, and the database role behind this door can call the functions of
//! the schema `fam` and read no table.

mod acts;
pub mod api;
mod change;
mod change_views;
pub mod door;
mod door_routes;
mod door_views;
mod files;
pub mod join;
mod join_routes;
mod join_views;
pub mod model;
pub mod notices;
mod notices_pages;
mod notices_views;
mod pages;
mod people_pages;
mod people_views;
mod read;
pub mod release;
mod release_pages;
mod release_views;
pub mod ring;
mod sent;
pub mod team;
pub mod team_api;
mod team_pages;
mod team_views;
mod views;
mod who_read;
mod who_read_views;

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
