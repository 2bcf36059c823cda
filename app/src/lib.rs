//! Renkei: messenger comfort on a permanent, provable record.

pub mod features;
pub mod web;
