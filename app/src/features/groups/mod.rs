pub mod act_views;
pub mod member_views;
pub mod views;
