//! 回復: one of two factors is gone. A lost factor by two people of whom the person concerned is neither; a forgotten password by a
//! letter, or by the same two people. The factor that is left is always asked for.
//!
//! *Owns* `sec.recovery`, `sec.reset`, `sec.old_password`. *Emits* `session.ended`, `notice`. *Needs* sign-in (the count of tries, the
//! session that sets up a factor), facilities (staff). *Who*: the facility's admin starts; another one or an operator confirms; the
//! person, with the other factor, uses the code, and may take it back from any open session.

pub mod acts;
pub mod api;
mod code;
mod facility_api;
mod facility_routes;
mod facility_views;
mod model;
mod operator_api;
mod operator_routes;
mod operator_views;
mod public_routes;
mod public_views;
mod reset;
mod store;

pub use facility_views::{mine_callout, open_rows};
pub use model::{Mine, Recovery};
pub use reset::{LETTER, USED_BEFORE, was_used_before};

use crate::app::Shared;

pub fn routes() -> axum::Router<Shared> {
    facility_routes::routes().merge(operator_routes::routes()).merge(public_routes::routes())
}
