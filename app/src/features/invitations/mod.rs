//! Inviting people to a group, and answering.

pub mod new_views;
pub mod views;
