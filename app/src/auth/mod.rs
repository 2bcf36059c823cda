//! Who is asking: tokens, passwords, one-time codes. The database decides whether a token is good; here it is only read.

mod actor;
mod operator;
pub mod password;
pub mod token;
pub mod totp;

pub use actor::{Actor, SESSION_COOKIE, cookie};
pub use operator::{OPERATOR_COOKIE, Operator};
