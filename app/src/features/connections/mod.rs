//! つながり: people who know each other across facilities, and their conversations of two (1対1).
//!
//! *Owns* `care.connection`, `care.direct`. *Emits* `notice`; `member.archived` when a conversation ends. *Needs* groups (a conversation is
//! one), facilities (the directory). *Who*: any staff asks any other; the one who is asked answers; either ends it at any time. It ends with
//! the tie of either. Who was declined is not told. No connection, no conversation: the database makes none and keeps none open.

pub mod acts;
pub mod api;
mod ask_routes;
pub mod ask_views;
pub mod direct;
pub mod model;
pub mod read;
pub mod routes;
mod store;
pub mod views;
