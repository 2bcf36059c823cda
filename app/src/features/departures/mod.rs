//! Departure (離職): a facility's admin ends the tie of one person with the facility, in one act and one transaction.
//!
//! *Owns* `care.departure`, the reports. *Emits* what the acts on memberships emit (`member.removed`, `member.handed_over` …),
//! and `session.ended`. *Needs* facilities (staff), groups (records of the membership streams), face sheets (names of patients).
//! *Who*: the facility's admin, for the facility for which they act; 403 for others of the facility, 404 for other facilities. And
//! everybody for their own tie (退会), with the password checked again; only the last admin may not.
//! Groups that other facilities manage are ended too, but not named: the admin may not know whose they are.

pub mod acts;
pub mod api;
mod ask_views;
mod csv;
pub mod model;
pub mod read;
mod report_views;
pub mod routes;
pub mod withdrawal_routes;
mod withdrawal_views;
