//! Who is asking: tokens, passwords, one-time codes. The database decides whether a token is good; here it is only read.

mod actor;
pub mod binding;
pub mod factors;
mod operator;
pub mod password;
mod relative;
pub mod token;
pub mod totp;

pub use actor::{Actor, CERTIFICATE_HEADER, DEVICE_COOKIE, Elsewhere, SESSION_COOKIE, cookie, session};
pub use operator::{OPERATOR_COOKIE, Operator};
pub use relative::{FAMILY_COOKIE, Relative};

/// The code of the refusal of what reaches far, for whoever has not shown again within five minutes who they are: the database's
/// words in `sec.must_be_fresh`.
pub const STEP_UP_REQUIRED: &str = "step_up_required";
