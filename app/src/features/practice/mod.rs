//! お試しグループ: a place of one's own to try posting, 了解, correcting and withdrawing, among invented people (decision 0039).
//!
//! *Owns* nothing: what was done so far travels in the page's own form, and nothing of it is kept on the server. So it can reach nobody,
//! is in no count, search, export or review, and needs no end. *Emits* nothing. *Needs* nothing. *Who*: any signed-in person.

mod model;
mod routes;
mod views;

pub use routes::routes;
