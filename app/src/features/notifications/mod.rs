//! お知らせの設定: who is told of a new post or notice, on which way, and when it is better to wait.
//!
//! *Owns* `care.notification_setting`, `care.facility_quiet`, `care.notification_level`, `care.notification_cursor`, `care.notices_seen`,
//! `care.notification`,
//! `care.delivery`, `care.interruption`, `sec.push_key`, `sec.push_subscription`, `sec.push`, `sec.mail_test`. *Emits* nothing.
//! *Needs* the live events, what asks and its notices, tasks, memberships, read positions, contacts and devices, in the database; groups (their titles, for the page).
//! *Who*: each person for the own devices, hours and groups; the facility's admin for its usual hours and the counts. Whoever holds the
//! token inside a push may say once that it was shown.
//!
//! Nothing of a post leaves: a push holds a random token, a letter fixed words and numbers. [`decide`] looks at what is new, decides for
//! each person in one statement, and puts in pushes and letters as jobs; [`push`] sends one push and notes what became of it.

mod acts;
pub mod api;
pub mod decide;
pub mod facility_api;
pub mod facility_routes;
mod facility_views;
mod key;
mod letters;
pub mod model;
pub mod push;
pub mod routes;
mod store;
mod views;

pub use acts::public_key;
pub use decide::{digests, forget, look, run};
pub use key::Key;
pub use push::KIND;
