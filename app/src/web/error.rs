//! Errors become answers at the edge: problem details under `/api/`, a page elsewhere. The public text of a 500 is
//! constant plus the request id.

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{admission::Typed, problem};
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
        if let Self::Unavailable(_) | Self::Busy = &self {
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
        Error::MustEnrol | Error::DeviceWaits | Error::OutsideHours(_) | Error::Forbidden(_) => {
            StatusCode::FORBIDDEN
        }
        Error::NotFound => StatusCode::NOT_FOUND,
        Error::Conflict(_) => StatusCode::CONFLICT,
        Error::Stale | Error::Overtaken(_) => StatusCode::PRECONDITION_FAILED,
        Error::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::BadRequest(_) => StatusCode::BAD_REQUEST,
        Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        Error::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::AddressTooLong => StatusCode::URI_TOO_LONG,
        Error::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Error::TooSlow => StatusCode::REQUEST_TIMEOUT,
        Error::OutOfService(_) | Error::Unavailable(_) | Error::Busy => StatusCode::SERVICE_UNAVAILABLE,
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
    let typed = response.extensions().get::<Typed>().cloned().unwrap_or_default().0;
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

fn is_bare(response: &Response) -> bool {
    !response.headers().contains_key(header::CONTENT_TYPE)
}

fn note(error: &Error, request_id: &str) {
    match error {
        Error::Internal(cause) => tracing::error!(request_id, cause, "internal error"),
        Error::DiskFull => tracing::error!(request_id, "an upload was refused: the disk is full"),
        Error::Unavailable(cause) => tracing::warn!(request_id, cause, "unavailable"),
        _ => {}
    }
}
