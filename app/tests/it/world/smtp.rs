//! A small mail server: it speaks SMTP over a socket, with STARTTLS where it was given a certificate, and keeps what it got.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use renkei::config::{Config, Security};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

#[derive(Debug, Clone)]
pub struct Received {
    /// The envelope's sender.
    pub from: String,
    pub to: String,
    /// Headers and text as they came.
    pub data: String,
    pub encrypted: bool,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.data.lines().take_while(|l| !l.is_empty()).find_map(|l| l.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The text as the receiver reads it.
    pub fn text(&self) -> String {
        let (_, body) = self.data.split_once("\r\n\r\n").expect("a head and a body");
        let bytes = match self.header("Content-Transfer-Encoding") {
            Some("base64") => data_encoding::BASE64_MIME.decode(body.trim_end().as_bytes()).expect("base64"),
            Some("quoted-printable") => quoted_printable(body),
            _ => body.as_bytes().to_vec(),
        };
        String::from_utf8(bytes).expect("UTF-8")
    }
}

/// RFC 2045, 6.7.
fn quoted_printable(body: &str) -> Vec<u8> {
    let mut parts = body.split('=');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.strip_prefix("\r\n") {
            Some(rest) => bytes.extend(rest.as_bytes()),
            None => {
                bytes.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
                bytes.extend(&part.as_bytes()[2..]);
            }
        }
    }
    bytes
}

#[derive(Clone)]
pub struct Smtp {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    refused: Arc<Mutex<Vec<Received>>>,
    /// Letters to refuse first, with this answer.
    refuse: Arc<AtomicU32>,
    answer: Arc<Mutex<&'static str>>,
}

impl Smtp {
    /// A configuration by which the product's letters come here.
    pub fn carries(&self, security: Security) -> impl FnOnce(&mut Config) + use<> {
        let port = self.address.port();
        move |config| {
            config.mail.host = "localhost".into();
            config.mail.port = port;
            config.mail.security = security;
            config.mail.from = "renkei@example.jp".into();
        }
    }

    pub async fn start(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let smtp = Self {
            address: listener.local_addr().expect("its number"),
            received: Arc::default(),
            refused: Arc::default(),
            refuse: Arc::default(),
            answer: Arc::new(Mutex::new("")),
        };
        let server = smtp.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (server, tls) = (server.clone(), tls.clone());
                tokio::spawn(async move { server.serve(stream, tls).await });
            }
        });
        smtp
    }

    pub fn letters(&self) -> Vec<Received> {
        self.received.lock().expect("the letters").clone()
    }

    /// What it got and did not say yes to: a server may have taken such a letter all the same.
    pub fn refused(&self) -> Vec<Received> {
        self.refused.lock().expect("the letters").clone()
    }

    pub fn refuse_next(&self, letters: u32, answer: &'static str) {
        *self.answer.lock().expect("the answer") = answer;
        self.refuse.store(letters, Ordering::SeqCst);
    }

    async fn serve(&self, mut stream: TcpStream, tls: Option<TlsAcceptor>) -> Option<()> {
        stream.write_all(b"220 test\r\n").await.ok()?;
        if !self.talk(&mut stream, tls.is_some(), false).await? {
            return Some(());
        }
        let mut stream = tls?.accept(stream).await.ok()?;
        self.talk(&mut stream, false, true).await.map(drop)
    }

    /// Until the end, or until the client wants TLS (then `true`).
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut S,
        offer: bool,
        encrypted: bool,
    ) -> Option<bool> {
        let (read, mut write) = tokio::io::split(stream);
        let mut lines = BufReader::new(read);
        let (mut from, mut to) = (String::new(), String::new());
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).await.ok()? == 0 {
                return Some(false);
            }
            let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            let answer: &str = match verb.as_str() {
                "EHLO" if offer => "250-test\r\n250 STARTTLS\r\n",
                "EHLO" => "250-test\r\n250 8BITMIME\r\n",
                "STAR" => {
                    write.write_all(b"220 go on\r\n").await.ok()?;
                    return Some(true);
                }
                "MAIL" | "RCPT" => {
                    let address = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    *(if verb == "MAIL" { &mut from } else { &mut to }) = address;
                    "250 ok\r\n"
                }
                "DATA" => {
                    write.write_all(b"354 go on\r\n").await.ok()?;
                    let data = read_data(&mut lines).await?;
                    let letter = Received { from: from.clone(), to: to.clone(), data, encrypted };
                    if self
                        .refuse
                        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
                        .is_ok()
                    {
                        self.refused.lock().expect("the letters").push(letter);
                        *self.answer.lock().expect("the answer")
                    } else {
                        self.received.lock().expect("the letters").push(letter);
                        "250 taken\r\n"
                    }
                }
                "QUIT" => {
                    write.write_all(b"221 bye\r\n").await.ok()?;
                    return Some(false);
                }
                _ => "250 ok\r\n",
            };
            write.write_all(answer.as_bytes()).await.ok()?;
        }
    }
}

async fn read_data<R: AsyncBufReadExt + Unpin>(lines: &mut R) -> Option<String> {
    let mut data = String::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).await.ok()?;
        if line == ".\r\n" {
            return Some(data);
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
