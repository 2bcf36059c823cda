//! "Why can X see this?": the facts on which one person's access to one group rests, in their order, to the first that is missing.
//!
//! *Owns* nothing; reads across people, groups and service modes by one definer function. *Emits* nothing. *Needs* facilities,
//! face sheets (the patient's name, for whoever may read it). *Who*: the group's host and the managing facility's admin about
//! anybody; a facility's admin about whoever is or was in the group, or invited, through that facility. 403 for other members,
//! 404 for everybody else.

pub mod api;
pub mod chain;
pub mod facts;
pub mod routes;
mod views;
