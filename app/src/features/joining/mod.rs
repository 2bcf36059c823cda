//! Joining (入職): a facility's admin invites people, one or many; each comes in by a link that works once and sets ID, password and
//! how to be reached alone.
//!
//! *Owns* `sec.staff_invitation`. *Emits* nothing; letters to the invited and to the inviter. *Needs* facilities (staff), accounts
//! (what makes a password weak, how a person is reached), sign-in. *Who*: the facility's admin, for the facility for which they act,
//! invites, looks and takes back; whoever holds the link looks, refuses and joins. An unknown link is 404, a used one 410, and
//! neither tells anything. By JSON a used one is 409 `used_or_expired`; somebody new begins no session there, as the second factor is
//! set up on a page.

mod account_routes;
pub mod acts;
pub mod api;
mod csv_list;
mod csv_routes;
mod csv_views;
mod import_api;
pub mod join;
mod join_api;
mod join_routes;
mod join_views;
mod letters;
pub mod model;
mod returning;
pub mod routes;
pub mod rules;
mod views;
