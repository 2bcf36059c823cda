//! My account: the menu, how the screen looks, my password and my recovery codes.
//!
//! *Owns* `sec.contact`, `sec.contact_link`, `sec.habit`, `sec.language`; for the rest sign-in owns the tables, and this is how a signed-in person acts on their own rows. *Emits*
//! `session.ended`, `session.moved`. *Needs* sign-in (the throttle that checks a password or a code again) and tasks (their number). *Who*: any
//! signed-in person, only ever for themselves.

pub mod acts;
pub mod contact;
pub mod contact_routes;
mod contact_views;
pub mod habit_routes;
pub mod language;
pub mod password_views;
pub mod routes;
pub mod store;
pub mod views;
