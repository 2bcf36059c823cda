//! One line in the log and one count in the metrics for each request.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use prometheus_client::metrics::gauge::Gauge;

use crate::{app::Shared, web::headers::request_id};

/// Counts down again whatever becomes of the request: a client that hangs up drops it in the middle.
struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The layer. The line names the route's template, never the path or the query that was asked for: templates hold no id,
/// no search word and no token.
pub async fn note(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    let method = method(request.method());
    let id = request_id(request.extensions());
    let metrics = &app.watch.metrics;
    metrics.in_flight.inc();
    let under_way = InFlight(metrics.in_flight.clone());
    let begun = Instant::now();
    let response = next.run(request).await;
    drop(under_way);
    let (took, status) = (begun.elapsed(), response.status().as_u16());
    metrics.answered(route, method, status, took);
    let ms = (took.as_secs_f64() * 10_000.0).round() / 10.0;
    tracing::info!(target: "renkei::access", method, route, status, ms, request_id = id, "request");
    response
}

/// The methods that the product knows; whatever else is sent is one label.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        _ => "OTHER",
    }
}
