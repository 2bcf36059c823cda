pub mod enrol_views;
mod acts;
mod store;
pub mod views;
