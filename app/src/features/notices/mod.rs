//! お知らせ: what waits for an answer, and what became of it.
//!
//! *Owns* nothing. *Emits* nothing. *Needs* groups, invitations, announcements, vitals, tasks, asks, webhooks, joining, and when they were last seen
//! (notifications). *Who*: each person, the own ones.

pub mod api;
pub mod read;
pub mod routes;
pub mod views;
