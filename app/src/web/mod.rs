//! The web kit: what every page is made of. It knows no capability.

pub mod ui;
pub mod urls;
