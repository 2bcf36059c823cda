//! The web kit: what every page is made of. It knows no capability.

pub mod error_pages;
pub mod forms;
pub mod page;
pub mod person;
pub mod ui;
pub mod urls;
