use crate::checkpoint::decimal;
use crate::note::Signature;

/// The content type of a conflict's body.
pub const SIZE_TYPE: &str = "text/x.tlog.size";

/// What a witness says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200: its signature line.
    Cosigned(Signature),
    /// 400: not a request, or an old size that is larger than the checkpoint's.
    BadRequest,
    /// 403: no key that is trusted for this log has signed, or one of them has not signed *this*.
    NotSigned,
    /// 404: another log.
    UnknownLog,
    /// 409 with the size that the witness knows: ask again, with a proof from there.
    Conflict(u64),
    /// 409: the log has signed another root for the size that the witness knows. Proof of misbehaviour: keep the request.
    Forked,
    /// 422: the proof does not lead from what the witness knows to this checkpoint.
    NotProved,
}

impl Answer {
    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Cosigned(_) => 200,
            Self::BadRequest => 400,
            Self::NotSigned => 403,
            Self::UnknownLog => 404,
            Self::Conflict(_) | Self::Forked => 409,
            Self::NotProved => 422,
        }
    }

    /// `Content-Type`.
    pub const fn content_type(&self) -> &'static str {
        match self {
            Self::Conflict(_) => SIZE_TYPE,
            _ => "text/plain; charset=utf-8",
        }
    }

    /// The body.
    pub fn body(&self) -> String {
        match self {
            Self::Cosigned(line) => line.to_string(),
            Self::BadRequest => "this is not an add-checkpoint request\n".to_owned(),
            Self::NotSigned => "no trusted key has signed this checkpoint\n".to_owned(),
            Self::UnknownLog => "this log is not known here\n".to_owned(),
            Self::Conflict(size) => format!("{size}\n"),
            Self::Forked => "another root is known for this size\n".to_owned(),
            Self::NotProved => "the consistency proof does not hold\n".to_owned(),
        }
    }
}

/// For the log's side: the size in a witness's 409; `None` if it names none, as when it knows another root.
pub fn known_size(content_type: &str, body: &str) -> Option<u64> {
    if content_type == SIZE_TYPE { decimal(body.strip_suffix('\n')?) } else { None }
}
