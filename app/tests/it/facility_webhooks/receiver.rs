//! A facility's program: an HTTPS server that keeps what it gets and answers as it is told.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use data_encoding::BASE64;
use renkei::features::webhooks::request::signature;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

#[derive(Clone)]
pub struct Got {
    pub head: String,
    pub body: Vec<u8>,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.head.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// Everything as it came over the line.
    pub fn text(&self) -> String {
        format!("{}{}", self.head, String::from_utf8_lossy(&self.body))
    }

    /// As a library of the standard decides: one of the signatures is that of the secret.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let key = BASE64.decode(secret.strip_prefix("whsec_").expect("whsec_").as_bytes()).expect("a key");
        let second = self.header("webhook-timestamp").parse().expect("a second");
        let wanted = signature(&key, self.header("webhook-id"), second, &self.body);
        self.header("webhook-signature").split(' ').any(|one| one == wanted)
    }
}

#[derive(Clone)]
pub struct Receiver {
    calls: Arc<Mutex<Vec<Got>>>,
    answer: Arc<Mutex<(&'static str, Duration)>>,
    pub port: u16,
}

impl Receiver {
    pub async fn start(acceptor: TlsAcceptor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its number").port();
        let receiver = Self {
            calls: Arc::default(),
            answer: Arc::new(Mutex::new(("HTTP/1.1 204 No Content\r\n", Duration::ZERO))),
            port,
        };
        let kept = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, acceptor) = (kept.clone(), acceptor.clone());
                tokio::spawn(
                    async move { kept.take(BufReader::new(acceptor.accept(stream).await.ok()?)).await },
                );
            }
        });
        receiver
    }

    async fn take(&self, mut stream: BufReader<TlsStream<TcpStream>>) -> Option<()> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            stream.read_line(&mut head).await.ok()?;
        }
        let length = head.lines().find_map(|l| l.strip_prefix("content-length: "))?.parse().ok()?;
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        self.calls.lock().expect("the calls").push(Got { head, body });
        let (head, after) = *self.answer.lock().expect("the answer");
        tokio::time::sleep(after).await;
        // The body is somebody else's: whatever it says must be found nowhere.
        let text = format!("{head}content-length: 18\r\n\r\nBODY-OF-A-RECEIVER");
        stream.write_all(text.as_bytes()).await.ok()?;
        stream.flush().await.ok()
    }

    /// Status line and headers of what it answers from now on.
    pub fn says(&self, head: &'static str) {
        self.says_after(head, Duration::ZERO);
    }

    pub fn says_after(&self, head: &'static str, after: Duration) {
        *self.answer.lock().expect("the answer") = (head, after);
    }

    pub fn got(&self) -> Vec<Got> {
        self.calls.lock().expect("the calls").clone()
    }

    pub fn count(&self) -> usize {
        self.got().len()
    }

    pub fn last(&self) -> Got {
        self.got().pop().expect("a call")
    }
}
