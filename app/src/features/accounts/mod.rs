//! My account: the menu, devices, password.

pub mod device_views;
pub mod views;
