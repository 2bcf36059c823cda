//! The web kit: what every route and every page is made of. It knows no capability.

pub mod admission;
pub mod android;
pub mod api_docs;
pub mod compression;
pub mod console;
pub mod csv;
pub mod error;
pub mod error_pages;
pub mod forms;
pub mod headers;
pub mod input;
pub mod listen;
pub mod looked;
pub mod page;
pub mod person;
pub mod problem;
pub mod pwa;
pub mod reading;
pub mod time_limit;
pub mod ui;
pub mod urls;
pub mod viewer;
