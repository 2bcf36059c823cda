//! Errors become answers at the edge: problem details under `/api/`, a page elsewhere. The public text of a 500 is
//! constant plus the request id.

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::problem;
use crate::Error;

/// The error on its way out, for the layer that knows whether a page or JSON was asked for.
#[derive(Debug, Clone)]
struct Raised(std::sync::Arc<Error>);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = status(&self).into_response();
        if let Self::TooMany { retry_after } = &self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*retry_after));
        }
        if let Self::Unavailable(_) = &self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(2));
        }
        if let Self::OutOfService(now) = &self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(now.mode.retry_after()));
        }
        response.extensions_mut().insert(Raised(std::sync::Arc::new(self)));
        response
    }
}

pub fn status(error: &Error) -> StatusCode {
    match error {
        Error::NotSignedIn | Error::WrongCredentials | Error::SecondFactorRequired | Error::Locked => {
            StatusCode::UNAUTHORIZED
        }
        Error::MustEnrol | Error::Forbidden(_) => StatusCode::FORBIDDEN,
        Error::NotFound => StatusCode::NOT_FOUND,
        Error::Conflict(_) => StatusCode::CONFLICT,
        Error::Stale | Error::Overtaken(_) => StatusCode::PRECONDITION_FAILED,
        Error::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::BadRequest(_) => StatusCode::BAD_REQUEST,
        Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::OutOfService(_) | Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The layer that writes the body. Also turns the router's own bare 404 and 405 into the same shapes.
pub async fn write_errors(request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/api/");
    let path = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
    let method = request.method().clone();
    let ctx = super::viewer::plain(request.headers(), request.extensions(), request.uri());
    let request_id = super::headers::request_id(request.extensions());
    let (request, typed) = keep_typed(request).await;
    let response = next.run(request).await;
    let error = match response.extensions().get::<Raised>() {
        Some(Raised(error)) => error.clone(),
        None if response.status() == StatusCode::NOT_FOUND && is_bare(&response) => Error::NotFound.into(),
        None if response.status() == StatusCode::METHOD_NOT_ALLOWED => {
            Error::BadRequest("method_not_allowed".into()).into()
        }
        None => return response,
    };
    note(&error, &request_id);
    let mut answer = if api {
        problem::answer(&error, &request_id)
    } else {
        super::error_pages::answer(&error, &ctx, &request_id, &path, &method, &typed)
    };
    for (name, value) in response.headers() {
        if name == header::RETRY_AFTER || name == header::SET_COOKIE || name == header::ALLOW {
            answer.headers_mut().append(name, value.clone());
        }
    }
    answer
}

/// Fields that never come back on a page.
fn is_secret(field: &str) -> bool {
    field.contains("password")
        || field.contains("code")
        || matches!(field, "client_id" | "id" | "seen" | "next")
}

/// Remembers what a small form carries, so that an error page can show it again.
async fn keep_typed(request: Request) -> (Request, Vec<(String, String)>) {
    let form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|t| t.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if !form {
        return (request, Vec::new());
    }
    let (parts, body) = request.into_parts();
    match axum::body::to_bytes(body, crate::router::FORM_LIMIT).await {
        Ok(bytes) => {
            let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(&bytes).unwrap_or_default();
            let typed = pairs
                .into_iter()
                .filter(|(name, text)| !is_secret(name) && text.chars().count() > 1)
                .collect();
            (Request::from_parts(parts, axum::body::Body::from(bytes)), typed)
        }
        // Too large or cut off: the handler sees an empty body and refuses it.
        Err(_) => (Request::from_parts(parts, axum::body::Body::empty()), Vec::new()),
    }
}

fn is_bare(response: &Response) -> bool {
    !response.headers().contains_key(header::CONTENT_TYPE)
}

fn note(error: &Error, request_id: &str) {
    match error {
        Error::Internal(cause) => tracing::error!(request_id, cause, "internal error"),
        Error::Unavailable(cause) => tracing::warn!(request_id, cause, "unavailable"),
        _ => {}
    }
}
