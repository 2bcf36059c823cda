//! The bytes of one call. Signed as Standard Webhooks 1.0 has it: `webhook-id`, `webhook-timestamp`, and in `webhook-signature` for each
//! secret that is good `v1,` with the Base64 of HMAC-SHA-256 over `id.timestamp.body`.

use aws_lc_rs::hmac;
use bytes::Bytes;
use data_encoding::BASE64;
use envelope::Secret;
use http_body_util::Full;
use hyper::Request;
use jiff::Timestamp;
use serde_json::json;

use super::send::Due;
use crate::{app::App, config::Reach, outbound::Target};

/// Where an address leads that the operator's lists allow now.
pub fn target(app: &App, url: &str) -> Option<Target> {
    let reach = app.config.webhooks.reach(url)?;
    Target::parse(url, reach == Reach::Private).ok()
}

/// What a receiver computes again.
pub fn signature(secret: &[u8], id: &str, timestamp: i64, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
    context.update(format!("{id}.{timestamp}.").as_bytes());
    context.update(body);
    format!("v1,{}", BASE64.encode(context.sign().as_ref()))
}

/// `None`: something of it is no header.
pub(super) fn request(
    target: &Target,
    secrets: &[Secret],
    call: &Due,
    now: Timestamp,
) -> Option<Request<Full<Bytes>>> {
    let told = json!({"type": call.kind, "timestamp": call.at, "data": {"event_id": call.id}});
    let body = serde_json::to_vec(&told).ok()?;
    let (id, second) = (format!("msg_{}", call.id), now.as_second());
    let signed: Vec<String> =
        secrets.iter().map(|secret| signature(secret.expose(), &id, second, &body)).collect();
    Request::post(target.path())
        .header("host", target.authority())
        .header("content-type", "application/json")
        .header("user-agent", concat!("renkei/", env!("CARGO_PKG_VERSION")))
        .header("webhook-id", &id)
        .header("webhook-timestamp", second)
        .header("webhook-signature", signed.join(" "))
        .body(Full::new(Bytes::from(body)))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the standard's own libraries.
    #[test]
    fn the_signature_is_the_standard_s() {
        let secret = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("Base64");
        let wanted = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body), wanted);
    }
}
