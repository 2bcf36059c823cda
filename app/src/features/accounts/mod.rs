pub mod device_views;
pub mod views;
