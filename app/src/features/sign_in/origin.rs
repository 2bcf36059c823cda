use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use super::acts::Origin;
use crate::{auth::cookie, web::admission::Caller};

/// Names the browser to the throttle and to the device list. Not a proof of anything.
pub const DEVICE_COOKIE: &str = "__Host-renkei-device";

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self {
            device: cookie(&parts.headers, DEVICE_COOKIE),
            device_name: device_name(&parts.headers),
            block: Caller::of(&parts.extensions).block().unwrap_or_else(|| "none".into()),
        })
    }
}

/// What a person would call it: "iPhone・Safari".
fn device_name(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let system = find(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("CrOS", "Chromebook"),
        ("Linux", "Linux"),
    ]);
    let browser =
        find(&[("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]);
    match (system, browser) {
        (Some(system), Some(browser)) => format!("{system}・{browser}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "名前のない端末".to_owned(),
    }
}
