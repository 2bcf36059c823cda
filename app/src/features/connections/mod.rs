//! つながり: people who know each other across facilities.

pub mod views;
