//! The one error type at the edge. What a person may not know of is `NotFound`, never `Forbidden`;
//! `Forbidden` is for a thing one can see with an act one may not do.

use std::{borrow::Cow, collections::BTreeMap};

use tokio_postgres::error::SqlState;

use crate::{auth::STEP_UP_REQUIRED, service::InForce};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One field that could not be accepted, in the person's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub field: Cow<'static, str>,
    pub code: &'static str,
    pub message: Cow<'static, str>,
}

impl FieldError {
    pub fn new(
        field: impl Into<Cow<'static, str>>,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { field: field.into(), code, message: message.into() }
    }
}

/// Somebody saved first. Both texts by field, so that the second of two savers loses nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Overtaken {
    /// The version that was saved meanwhile.
    pub version: i64,
    pub mine: BTreeMap<String, String>,
    pub theirs: BTreeMap<String, String>,
}

crate::opaque_debug!(Overtaken);

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("not signed in")]
    NotSignedIn,
    #[error("wrong credentials")]
    WrongCredentials,
    #[error("a second factor is required")]
    SecondFactorRequired,
    #[error("the session is locked")]
    Locked,
    #[error("a second factor must be set up first")]
    MustEnrol,
    /// The facility has not approved the device yet.
    #[error("the device waits for its approval")]
    DeviceWaits,
    /// The facility's sign-in hours, as `7:00〜20:00`.
    #[error("outside the sign-in hours")]
    OutsideHours(String),
    #[error("not found")]
    NotFound,
    /// A short reason, one of the database's constant texts.
    #[error("forbidden: {0}")]
    Forbidden(Cow<'static, str>),
    #[error("conflict: {0}")]
    Conflict(Cow<'static, str>),
    #[error("stale")]
    Stale,
    /// `Stale`, with both texts for the answer.
    #[error("stale")]
    Overtaken(Box<Overtaken>),
    #[error("a precondition is required")]
    PreconditionRequired,
    #[error("invalid fields")]
    Invalid(Vec<FieldError>),
    #[error("bad request: {0}")]
    BadRequest(Cow<'static, str>),
    #[error("too large: the limit is {0} bytes")]
    TooLarge(u64),
    /// So little room is left that only the record still gets it.
    #[error("the disk is full")]
    DiskFull,
    #[error("too many tries")]
    TooMany { retry_after: u32 },
    #[error("the address is too long")]
    AddressTooLong,
    #[error("the headers are too large")]
    HeadersTooLarge,
    #[error("the body came too slowly")]
    TooSlow,
    /// Too much is in work; nothing of this request has been begun.
    #[error("busy")]
    Busy,
    /// The service mode does not allow it now; nothing was acknowledged.
    #[error("out of service: {}", .0.mode.code())]
    OutOfService(Box<InForce>),
    /// The database or the disk does not answer now; nothing was acknowledged.
    #[error("unavailable: {0}")]
    Unavailable(String),
    #[error("internal: {0}")]
    Internal(String),
}

impl Error {
    pub fn invalid(
        field: impl Into<Cow<'static, str>>,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Invalid(vec![FieldError::new(field, code, message)])
    }

    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }

    /// Whether only the proof of who it is has grown old: nobody was refused anything.
    pub fn wants_step_up(&self) -> bool {
        matches!(self, Self::Forbidden(reason) if reason == STEP_UP_REQUIRED)
    }

    /// Whether trying the same thing again later may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Busy | Self::OutOfService(_))
    }
}

/// SQLSTATEs of class RK are ours (see migrations); the rest is told apart by whether the server went away.
impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            // No answer from the server: closed, unreachable, or timed out. The result is unknown.
            return Self::Unavailable(error.to_string());
        };
        let reason = || Cow::Owned(db.message().replace(' ', "_"));
        match db.code().code() {
            "RK401" => Self::NotSignedIn,
            "RK423" => Self::Locked,
            "RK428" => Self::MustEnrol,
            "RK429" => Self::DeviceWaits,
            "RK430" => Self::OutsideHours(db.detail().unwrap_or_default().to_owned()),
            "RK403" => Self::Forbidden(reason()),
            "RK404" => Self::NotFound,
            "RK409" => Self::Conflict(reason()),
            "RK412" => Self::Stale,
            "RK422" => Self::Invalid(vec![FieldError::new("", "impossible", reason())]),
            "RK513" => match db.detail().and_then(InForce::from_detail) {
                Some(mode) => Self::OutOfService(Box::new(mode)),
                None => Self::Unavailable(reason().into_owned()),
            },
            "RK503" | "25006" | "53100" | "53200" | "53300" | "57P01" | "57P02" | "57P03" | "57P05"
            | "57014" | "55P03" | "25P03" | "40P01" | "40001" => {
                Self::Unavailable(format!("{}: {}", db.code().code(), db.message()))
            }
            // Connections, and errors of the disk under the database.
            code if code.starts_with("08") || code == "58030" => {
                Self::Unavailable(format!("{code}: {}", db.message()))
            }
            _ if db.code() == &SqlState::UNIQUE_VIOLATION => {
                Self::Conflict(Cow::Owned(db.constraint().unwrap_or("unique").to_owned()))
            }
            code => Self::Internal(format!("{code}: {}", db.message())),
        }
    }
}

impl From<deadpool_postgres::PoolError> for Error {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            // Whatever kept a connection from being made, nothing has been begun on it.
            deadpool_postgres::PoolError::Backend(error) => match error.into() {
                Self::Internal(cause) => Self::Unavailable(cause),
                other => other,
            },
            other => Self::Unavailable(other.to_string()),
        }
    }
}
