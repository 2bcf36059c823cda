//! Who is asking: tokens, passwords, one-time codes. The database decides whether a token is good; here it is only read.

mod actor;
pub mod binding;
mod operator;
pub mod password;
pub mod token;
pub mod totp;

pub use actor::{Actor, CERTIFICATE_HEADER, DEVICE_COOKIE, Elsewhere, SESSION_COOKIE, cookie, session};
pub use operator::{OPERATOR_COOKIE, Operator};
