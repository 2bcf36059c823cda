//! What reaches far asks first: exports, departures, contacts, factors. One extractor for the pages, one function for the
//! database (`sec.must_be_fresh`); both say `step_up_required`, and the edge leads a page to `/confirm` and back.

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{Error, Result, app::Shared, auth::Actor};

const MUST_BE_FRESH: &str = "SELECT act.must_be_fresh()";

/// Somebody signed in who has proven again, within five minutes, who they are. A remembered device is no such proof.
#[derive(Debug, Clone)]
pub struct Fresh(pub Actor);

impl FromRequestParts<Shared> for Fresh {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self> {
        let who = <Actor as FromRequestParts<Shared>>::from_request_parts(parts, app).await?;
        app.db.acting(&who).await?.query_and_commit(MUST_BE_FRESH, &[]).await?;
        Ok(Self(who))
    }
}
