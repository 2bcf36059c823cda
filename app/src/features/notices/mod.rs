//! お知らせ: what waits for an answer, and what became of it.

pub mod views;
