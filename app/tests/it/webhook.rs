//! The webhook over real sockets: signed, by TLS, and never into the own network unless the configuration says so.

use std::sync::{Arc, Mutex};

use renkei::{config::Config, jobs, outbound};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::world::{World, tls};

type Calls = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// Answers every call with `status` and keeps its head and body.
async fn receiver(acceptor: Option<TlsAcceptor>, status: &'static str) -> (u16, Calls) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its number").port();
    let calls = Calls::default();
    let kept = calls.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (kept, acceptor) = (kept.clone(), acceptor.clone());
            tokio::spawn(async move {
                match acceptor {
                    Some(acceptor) => answer(acceptor.accept(stream).await.ok()?, status, kept).await,
                    None => answer(stream, status, kept).await,
                }
            });
        }
    });
    (port, calls)
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(stream: S, status: &str, kept: Calls) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        stream.read_line(&mut head).await.ok()?;
    }
    let length = head.lines().find_map(|l| l.strip_prefix("content-length: "))?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    kept.lock().expect("the calls").push((head, body));
    let text = format!("HTTP/1.1 {status}\r\nlocation: http://127.0.0.1/\r\ncontent-length: 0\r\n\r\n");
    stream.write_all(text.as_bytes()).await.ok()?;
    stream.flush().await.ok()
}

async fn call(change: impl FnOnce(&mut Config)) -> (String, Option<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "a shared secret\n").expect("a file");
    let w = World::with(|config| {
        config.watch.webhook_secret_file = secret;
        change(config);
    })
    .await;
    outbound::enqueue_now(&w.app, &json!({"alarm": "disk_filling"})).await.expect("queued");
    assert_eq!(jobs::round(&w.app, &[outbound::KIND]).await.expect("a round"), 1);
    let sql = "SELECT state, last_error FROM care.job";
    let row = w.superuser().await.query_one(sql, &[]).await.expect("the job");
    (row.get(0), row.get(1))
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    head.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_arrives_signed_over_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let (acceptor, authority) = tls::localhost(folder.path());
    let (port, calls) = receiver(Some(acceptor), "204 No Content").await;
    let outcome = call(|config| {
        config.watch.webhook = format!("https://localhost:{port}/hook?x=1");
        config.watch.webhook_ca_file = authority;
        config.watch.webhook_private = true;
    })
    .await;
    assert_eq!(outcome, ("done".into(), None));
    let (head, body) = calls.lock().expect("the calls")[0].clone();
    assert!(head.starts_with("POST /hook?x=1 HTTP/1.1\r\n"), "{head}");
    assert_eq!(body, br#"{"alarm":"disk_filling"}"#);
    let timestamp = header(&head, "x-renkei-timestamp").parse().expect("a second");
    assert_eq!(
        header(&head, "x-renkei-signature"),
        outbound::signature(b"a shared secret", timestamp, &body)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_own_network_is_not_called_unless_the_configuration_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let (acceptor, authority) = tls::localhost(folder.path());
    let (port, calls) = receiver(Some(acceptor), "200 OK").await;
    let at = |private: bool| {
        let authority = authority.clone();
        move |config: &mut Config| {
            config.watch.webhook = format!("https://localhost:{port}/");
            config.watch.webhook_ca_file = authority;
            config.watch.webhook_private = private;
        }
    };
    assert_eq!(call(at(true)).await.0, "done", "the receiver works");
    assert_eq!(call(at(false)).await, ("waiting".into(), Some("address_not_allowed".into())));
    assert_eq!(calls.lock().expect("the calls").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_not_followed_and_refusals_are_told_apart() {
    for (status, state, error) in [
        ("200 OK", "done", None),
        ("302 Found", "dead", Some("redirected")),
        ("404 Not Found", "dead", Some("refused_by_receiver")),
        ("429 Too Many Requests", "waiting", Some("receiver_says_later")),
        ("500 Internal Server Error", "waiting", Some("receiver_failed")),
    ] {
        let (port, calls) = receiver(None, status).await;
        let outcome = call(|config| {
            config.watch.webhook = format!("http://127.0.0.1:{port}/");
            config.watch.webhook_private = true;
        })
        .await;
        assert_eq!(outcome, (state.into(), error.map(Into::into)), "{status}");
        assert_eq!(calls.lock().expect("the calls").len(), 1, "{status}");
    }
}

#[test]
fn the_signature_is_hmac_sha256_as_others_compute_it() {
    // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac secret
    let wanted = "v1=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686";
    assert_eq!(outbound::signature(b"secret", 1_700_000_000, br#"{"a":1}"#), wanted);
}
