//! アクセス記録: who saw or did what.

pub mod views;
