pub mod new_views;
pub mod views;
