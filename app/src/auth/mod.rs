//! Who is asking: tokens, passwords, one-time codes. The database decides whether a token is good; here it is only read.

mod actor;
pub mod password;
pub mod token;
pub mod totp;

pub use actor::{Actor, SESSION_COOKIE, cookie};
