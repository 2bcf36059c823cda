//! Renkei: messenger comfort on a permanent, provable record.
//!
//! `features` holds the capabilities; everything else is the kit that knows none of them. ARCHITECTURE.md has the map.

pub mod app;
pub mod audit;
pub mod auth;
pub mod cli;
pub mod config;
pub mod db;
pub mod error;
pub mod features;
pub mod holidays;
pub mod japan;
pub mod jobs;
pub mod log;
pub mod mail;
pub mod outbound;
pub mod people;
pub mod router;
#[allow(dead_code, reason = "the shapes of the sample's files are whole; not every field is planted")]
pub mod sample;
pub mod seal;
pub mod service;
pub mod watch;
pub mod web;
pub mod whole_file;
pub mod words;

pub use error::{Error, FieldError, Result};
