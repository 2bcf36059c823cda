pub mod acts;
pub mod views;
