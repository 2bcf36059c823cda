//! Tasks (やること): what somebody of a team has to do until a day, from a post or by itself, and what became of it.
//!
//! *Owns* `care.task`, `care.task_event`. *Emits* `task.changed`, and `notice` to whoever is given one. *Needs* groups (membership) and posts (the first line of a
//! post). *Who*: members of now see and change every task of their group, so that one does what another cannot; each change
//! stands with its name. Whoever leaves passes the open ones on to the host, by a trigger on memberships.

pub mod acts;
pub mod api;
mod forms;
pub mod model;
pub mod read;
pub mod routes;
pub mod rules;
pub mod views;
