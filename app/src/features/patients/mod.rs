//! The patients of a facility.

pub mod new_views;
pub mod room;
pub mod views;
