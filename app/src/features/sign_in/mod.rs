//! Signing in: ID and password, app authentication, the idle lock, recovery codes.

pub mod enrol_views;
pub mod views;
