//! 情報提供.
pub mod routes;
