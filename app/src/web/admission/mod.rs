//! Who gets in, and how much at once. One layer decides before any handler runs:
//!
//! 1. the head: as long as a browser's, not longer ([`head`])
//! 2. the caller: behind trusted fronts the address that they name ([`caller`])
//! 3. the rate of the session and of the address block: 429 with `Retry-After` ([`rate`])
//! 4. the body of a form or of JSON: whole, in time, of a sane shape ([`body`]), within the caller's share of memory ([`memory`])
//! 5. a place among the requests in work: 503 with `Retry-After` ([`work`])
//!
//! Health checks and assets are never counted. Locking and signing out have a generous rate of their own, and need no place.

mod body;
mod caller;
mod head;
mod memory;
mod rate;
mod work;

use axum::{
    body::Body,
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};

use self::{body::Kind, caller::Fronts, rate::Rates, work::Work};
pub use self::{body::Typed, caller::Caller};
use crate::{Result, app::Shared, config::Config, web::urls};

/// What the layer remembers between requests; all of it bounded.
#[derive(Debug)]
pub struct Admission {
    fronts: Fronts,
    rates: Rates,
    bodies: memory::Memory,
    work: Work,
}

impl Admission {
    /// Fails when the fronts' secret cannot be read.
    pub fn new(config: &Config) -> Result<Self> {
        Ok(Self {
            fronts: Fronts::new(&config.proxy)?,
            rates: Rates::new(&config.limits),
            bodies: memory::Memory::new(&config.limits),
            work: Work::new(&config.limits),
        })
    }
}

/// How a request is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Treat {
    /// Not looked at: health checks and assets touch no database.
    Free,
    /// Let in whatever else was asked: who wants out or wants the screen locked is not made to wait.
    Out,
    Counted,
}

fn treat(request: &Request) -> Treat {
    match (request.method(), request.uri().path()) {
        (_, "/healthz" | "/readyz") => Treat::Free,
        (_, path) if path.starts_with("/assets/") => Treat::Free,
        (&Method::POST, "/sign-out" | "/lock" | "/family/sign-out")
        | (&Method::DELETE, "/api/v1/session") => Treat::Out,
        _ => Treat::Counted,
    }
}

/// The layer.
pub async fn admit(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    if let Err(error) = head::check(&request) {
        return error.into_response();
    }
    let caller = app.admission.fronts.caller(&mut request);
    request.extensions_mut().insert(caller);
    let treat = treat(&request);
    if treat == Treat::Free {
        return next.run(request).await;
    }
    let rates = &app.admission.rates;
    let rate = if treat == Treat::Out { rates.count_out(&request) } else { rates.count(&request) };
    let kind = Kind::of(&request);
    // What a person has typed is read even when it is refused: the answer shows it again.
    let rate = match rate {
        Err(error) if kind != Kind::Form => return error.into_response(),
        other => other,
    };
    if kind == Kind::Upload && request.uri().path() == urls::share() {
        let place = app.admission.work.share_place();
        let request = if place.is_some() { request } else { request.map(|_| Body::empty()) };
        return next.run(request).await;
    }
    if kind == Kind::Upload {
        return upload(&app, request, next).await;
    }
    let gathered = match body::gather(&app, request, kind).await {
        Ok(gathered) => gathered,
        Err(error) => return error.into_response(),
    };
    let mut response = match rate {
        Err(error) => error.into_response(),
        Ok(()) => worked_on(&app, treat, gathered.request, next).await,
    };
    response.extensions_mut().insert(gathered.typed);
    response
}

async fn worked_on(app: &Shared, treat: Treat, request: Request, next: Next) -> Response {
    if treat == Treat::Out {
        return next.run(request).await;
    }
    match app.admission.work.place().await {
        Ok(_place) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Files stream in while they are worked on, so they have places of their own.
async fn upload(app: &Shared, request: Request, next: Next) -> Response {
    let Ok(_place) = app.admission.work.upload_place() else {
        return crate::Error::Busy.into_response();
    };
    let (request, slow) = body::paced(app, request);
    let response = next.run(request).await;
    if slow.load(std::sync::atomic::Ordering::Relaxed) {
        crate::Error::TooSlow.into_response()
    } else {
        response
    }
}
