//! Live updates.
//!
//! *Owns* `care.event`. *Emits* nothing. *Needs* memberships and sessions, in the database.
//! *Who*: a signed-in person hears of the groups they are in now, and of their own invitations and session.
//!
//! The table is the truth. One task per process reads it after a wake (own commits), a nudge (other nodes) or a second,
//! and hands ids, never text, to the open connections of those whom the same statement found to be members.

mod cursor;
mod hub;
mod nudge;
pub mod routes;

pub use hub::{Hub, forget_old_events, run};
pub use nudge::{listen, nudge_others};
