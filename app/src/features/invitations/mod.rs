//! Inviting people to a group, answering, and letting in who has accepted.
//!
//! *Owns* nothing: invitations stand with groups, whose stream records every step. *Emits* `member.invited`,
//! `member.accepted`, `member.declined`, `member.joined`, `member.approved`, `member.refused`, `notice`. *Needs* groups.
//! *Who*: the host and the managing facility's admin invite; only the invited person answers, acting for the invited
//! facility, once and within 72 hours (404 for anybody else, also with the right link); own staff of the managing
//! facility and whom the host invited join at once, all others when the host has approved.

pub mod acts;
pub mod api;
pub mod model;
mod new_routes;
pub mod new_views;
pub mod read;
pub mod routes;
pub mod views;
