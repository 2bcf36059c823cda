//! The capabilities. Each owns its tables, its acts and its screens.

pub mod posts;
pub mod sign_in;
pub mod stream;
