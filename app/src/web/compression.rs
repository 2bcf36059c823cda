//! What is compressed, and for whom. A page holds the caller's own words beside words that others chose; if a stranger's
//! site may have it fetched again and again, its compressed length tells about both (BREACH). So only requests that this
//! site, the address bar or a program makes are answered compressed.

use axum::{
    extract::Request,
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};

/// Everybody else is asked as if they could not unpack.
pub async fn only_for_own(mut request: Request, next: Next) -> Response {
    if !is_own(request.headers()) {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    next.run(request).await
}

/// By fetch metadata (W3C): every browser of today sends it. A program shows its token, which no other site can add.
fn is_own(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(|v| v.as_bytes());
    matches!(site, Some(b"same-origin" | b"none")) || headers.contains_key(header::AUTHORIZATION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_site_s_requests_are_not_answered_compressed() {
        let own = |name: &'static str, value: &'static str| {
            is_own(&HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]))
        };
        assert!(own("sec-fetch-site", "same-origin") && own("sec-fetch-site", "none"));
        assert!(own("authorization", "Bearer x"));
        assert!(!own("sec-fetch-site", "cross-site") && !own("sec-fetch-site", "same-site"));
        assert!(!is_own(&HeaderMap::new()));
    }
}
