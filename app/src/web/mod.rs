//! What every route shares: answers to errors, headers, parsed input.

pub mod error;
pub mod headers;
pub mod input;
pub mod problem;
pub mod viewer;
pub mod ui;
pub mod urls;
