//! Nobody goes on before the newest terms are accepted.
//!
//! The rule stands here and not in the database's session check: a version that demands acceptance must hold up people,
//! not the record (a retry of a post that was acknowledged, a job, the verifier), and whoever must accept has to be able
//! to read what for. Who accepted what is the database's own; this asks it once per session and demanded set.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::{Method, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use parking_lot::Mutex;

use super::acts;
use crate::{
    Error, Result,
    app::{App, Shared},
    auth::Actor,
    web::urls,
};

/// How long another node's publication may go unnoticed here.
const LOOKED_FOR: Duration = Duration::from_secs(5);
/// Sessions remembered before the memory begins anew.
const SESSIONS: usize = 20_000;

/// What is demanded now, and which sessions are known to have accepted it.
#[derive(Debug, Default)]
pub struct Gate {
    state: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    looked: Option<Instant>,
    demanded: String,
    /// Session to the demanded set that it was found to have accepted.
    passed: HashMap<[u8; 32], String>,
}

impl Gate {
    /// The next request asks the database what is demanded.
    pub fn look_again(&self) {
        self.state.lock().looked = None;
    }

    /// The next request of this session is looked at anew.
    pub fn forget_session(&self, who: &Actor) {
        self.state.lock().passed.remove(&who.key());
    }

    async fn demanded(&self, app: &App) -> Result<String> {
        {
            let state = self.state.lock();
            if state.looked.is_some_and(|at| at.elapsed() < LOOKED_FOR) {
                return Ok(state.demanded.clone());
            }
        }
        let found = acts::demanded(app).await;
        let mut state = self.state.lock();
        let demanded = match found {
            Ok(demanded) => demanded,
            // The database is away: what was demanded a moment ago still is.
            Err(_) if state.looked.is_some() => state.demanded.clone(),
            Err(error) => return Err(error),
        };
        state.looked = Some(Instant::now());
        state.demanded.clone_from(&demanded);
        Ok(demanded)
    }

    /// Whether this session must accept something first. A caller without a session is nobody's business here.
    async fn holds(&self, app: &App, who: &Actor) -> Result<bool> {
        let demanded = self.demanded(app).await?;
        if demanded.is_empty() || self.state.lock().passed.get(&who.key()) == Some(&demanded) {
            return Ok(false);
        }
        let mut tx = app.db.acting(who).await?;
        let due = acts::due(&mut tx).await?;
        tx.commit().await?;
        if due.is_empty() {
            let mut state = self.state.lock();
            if state.passed.len() >= SESSIONS {
                state.passed.clear();
            }
            state.passed.insert(who.key(), demanded);
        }
        Ok(!due.is_empty())
    }
}

/// What stays reachable: the terms themselves, the doors, and what needs no session.
const OPEN: [&str; 21] = [
    "/terms",
    "/api/v1/terms",
    "/sign-in",
    "/sign-out",
    "/signed-out",
    "/lock",
    "/unlock",
    "/enrol",
    "/api/v1/session",
    "/api/v1/docs",
    "/api/v1/openapi.json",
    "/operator",
    "/disclosure",
    "/policies",
    "/status",
    "/api/v1/status",
    "/api/v1/synthetic",
    "/support",
    "/notices/incidents",
    "/assets",
    "/healthz",
];

fn is_open(path: &str) -> bool {
    let under = |open: &&'static str| {
        path.strip_prefix(*open).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    path == "/readyz" || path == "/metrics" || OPEN.iter().any(under)
}

/// The layer: pages lead to the terms, the API and forms answer 403 `terms_to_accept`.
pub async fn ask_for_acceptance(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if is_open(&path) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(who) =
        <Actor as axum::extract::OptionalFromRequestParts<Shared>>::from_request_parts(&mut parts, &app)
            .await;
    let request = Request::from_parts(parts, body);
    let Some(who) = who else { return next.run(request).await };
    match app.terms.holds(&app, &who).await {
        Ok(false) => next.run(request).await,
        Ok(true) if request.method() == Method::GET && is_page(&request) => {
            let back = request.uri().path_and_query().map_or("/", |p| p.as_str());
            Redirect::to(&format!("{}?next={}", urls::terms(), urls::encode(back))).into_response()
        }
        Ok(true) => Error::Forbidden("terms_to_accept".into()).into_response(),
        // No session, locked, not enrolled: the page itself says so.
        Err(Error::NotSignedIn | Error::Locked | Error::MustEnrol | Error::DeviceWaits | Error::NotFound) => {
            next.run(request).await
        }
        // Read from a standby, the few pages that may be: whoever reads on has come in before.
        Err(Error::Unavailable(_)) if app.db.is_away() && request.method() == Method::GET => {
            next.run(request).await
        }
        // Not knowing is no acceptance.
        Err(error) => error.into_response(),
    }
}

/// Somebody opens a page, not a script that wants a part of one.
fn is_page(request: &Request) -> bool {
    let path = request.uri().path();
    let part = request.headers().get("sec-fetch-dest").is_some_and(|d| d != "document");
    !path.starts_with("/api/") && !part && !request.headers().contains_key(header::RANGE)
}

#[cfg(test)]
mod tests {
    use super::is_open;

    #[test]
    fn only_the_doors_and_what_is_public_stay_open() {
        for open in [
            "/terms",
            "/sign-out",
            "/lock",
            "/assets/css/contrast.css",
            "/operator/policies",
            "/disclosure/risks",
            "/readyz",
        ] {
            assert!(is_open(open), "{open}");
        }
        for shut in ["/", "/groups", "/termsx", "/api/v1/groups", "/menu", "/files/1", "/facility/papers"] {
            assert!(!is_open(shut), "{shut}");
        }
    }
}
