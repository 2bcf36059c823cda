//! 文書: what the operator keeps in writing: policies with versions and acceptance, the register of the organisation, papers.
//!
//! *Owns* `care.policy_version`, `care.policy_acceptance`, `care.register_version`, `care.paper`, `care.paper_event`.
//! *Emits* nothing. *Needs* operators. *Who*: operators write; everybody reads what is public; staff read and accept what is
//! for them; a facility's admin opens the papers that were shared with the facility. Nothing is ever rewritten: a version
//! stands beside the one before it.

pub mod papers;
pub mod policies;
pub mod register;

use axum::Router;

use crate::app::Shared;

pub use policies::gate::{Gate, ask_for_acceptance};

/// Operators, staff and admins, each on their own pages.
pub fn routes() -> Router<Shared> {
    policies::routes::routes().merge(register::routes::routes()).merge(papers::routes::routes())
}
