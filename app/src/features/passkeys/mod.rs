//! Passkeys (WebAuthn Level 3): signing in by one alone or after the password, proving oneself again, unlocking; and one's own
//! list of them.
//!
//! *Owns* `sec.passkey`, `sec.ceremony`. *Emits* nothing. *Needs* sign-in (sessions, the count of tries). *Who*: a challenge for
//! signing in is anybody's; the list is a signed-in person's own, and changing it asks who they are (`Fresh`). The last second
//! factor stays.

pub mod acts;
pub mod api;
pub mod ask_views;
mod ceremony;
pub mod model;
pub mod routes;
mod store;
pub mod views;
