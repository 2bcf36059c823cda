//! The capabilities of the product, one folder each.

pub mod groups;
pub mod home;
pub mod posts;
