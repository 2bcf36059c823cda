//! Refusals stand in the access log too.

use uuid::Uuid;

use crate::{Error, Result, app::Shared, audit, auth::Actor};

/// Passes a result on. A refusal in it is written first, in a transaction of its own: the one of the act is over.
pub async fn noted<T>(
    app: &Shared,
    who: &Actor,
    what: &str,
    group: Option<Uuid>,
    reference: Option<Uuid>,
    result: Result<T>,
) -> Result<T> {
    if let Err(Error::NotFound | Error::Forbidden(_)) = &result {
        audit::refused(app, who, what, group, reference).await;
    }
    result
}
