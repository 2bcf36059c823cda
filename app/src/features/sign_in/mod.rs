pub mod enrol_views;
pub mod views;
