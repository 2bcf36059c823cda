//! What answers in the clear on a public address: the way to https, and nothing else.

use std::{convert::Infallible, future::Ready};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use tower::util::{ServiceFn, service_fn};

type Answered = Ready<Result<Response<Full<Bytes>>, Infallible>>;

/// Sends everybody to the same path below `base_url`, whatever host they asked for.
pub fn redirect<B: 'static>(
    base_url: &str,
) -> ServiceFn<impl Fn(Request<B>) -> Answered + Clone + Send + Sync + 'static> {
    let base = base_url.trim_end_matches('/').to_owned();
    service_fn(move |request: Request<B>| std::future::ready(Ok(answer(&base, &request))))
}

fn answer<B>(base: &str, request: &Request<B>) -> Response<Full<Bytes>> {
    let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
    let path = if path.starts_with('/') { path } else { "/" };
    let mut response = Response::new(Full::default());
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    // What was sent in the clear is not sent again: the person should notice.
    *response.status_mut() = if reading { StatusCode::PERMANENT_REDIRECT } else { StatusCode::BAD_REQUEST };
    if reading && let Ok(place) = format!("{base}{path}").parse() {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_always_ours() {
        let to = |method: &str, uri: &str| {
            let request = Request::builder().method(method).uri(uri).body(()).unwrap();
            let response = answer("https://renkei.invalid", &request);
            let place = response.headers().get(header::LOCATION).map(|l| l.to_str().unwrap().to_owned());
            (response.status().as_u16(), place)
        };
        assert_eq!(to("GET", "/groups?x=1"), (308, Some("https://renkei.invalid/groups?x=1".into())));
        assert_eq!(
            to("GET", "//elsewhere.invalid/"),
            (308, Some("https://renkei.invalid//elsewhere.invalid/".into()))
        );
        assert_eq!(to("GET", "http://elsewhere.invalid/a"), (308, Some("https://renkei.invalid/a".into())));
        assert_eq!(to("POST", "/sign-in"), (400, None));
    }
}
