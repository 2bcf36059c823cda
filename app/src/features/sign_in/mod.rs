//! Signing in: password, app authentication, enrolment, lock, proving oneself again, and the way out.
//!
//! *Owns* `sec.session`, `sec.device`, `sec.credential`, `sec.recovery_code`, `sec.pre_sign_in`, `sec.attempt`.
//! *Emits* `session.locked`, `session.ended`. *Needs* staff ties. *Who*: anybody; every try is counted before it is
//! checked, and an unknown ID looks and takes the same as a wrong password.

pub mod acts;
pub mod api;
pub mod confirm;
pub mod confirm_routes;
pub mod confirm_views;
pub mod enrol_routes;
pub mod enrol_views;
mod fresh;
pub mod language;
pub mod lock_routes;
mod origin;
pub mod routes;
mod store;
pub mod views;

pub use crate::auth::DEVICE_COOKIE;
pub use fresh::Fresh;
