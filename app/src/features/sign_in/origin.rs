use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use super::acts::Origin;
use crate::{
    auth::{DEVICE_COOKIE, binding, cookie},
    web::admission::Caller,
};

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self {
            device: cookie(&parts.headers, DEVICE_COOKIE),
            device_name: device_name(&parts.headers),
            device_kind: device_kind(&parts.headers),
            certificate: binding::certificate(&parts.headers).map(str::to_owned),
            block: Caller::of(&parts.extensions).block().unwrap_or_else(|| "none".into()),
        })
    }
}

/// Phone, tablet or PC, as far as the browser says. Tablets mostly say that they are something else; nothing depends on it.
fn device_kind(headers: &HeaderMap) -> &'static str {
    let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let has = |mark| agent.contains(mark);
    if has("iPad") || has("Android") && !has("Mobile") {
        "tablet"
    } else if has("iPhone") || has("Android") {
        "phone"
    } else if ["Windows", "Mac OS X", "CrOS", "Linux"].into_iter().any(has) {
        "pc"
    } else {
        "other"
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
