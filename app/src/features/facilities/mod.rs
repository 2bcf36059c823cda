//! The administration of a facility: its staff.

pub mod views;
