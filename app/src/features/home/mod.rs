//! Home: what is new for me, what must I do. Reads only.
//!
//! *Owns* nothing. *Emits* nothing. *Needs* groups, invitations and asks. *Who*: each person, what waits for her.

pub mod read;
pub mod routes;
pub mod views;
