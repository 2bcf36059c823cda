//! One letter to the configured server.

use std::time::Duration;

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    address::Envelope,
    message::{Mailbox, header},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters, TlsVersion},
        extension::ClientId,
    },
};

use super::{
    bounce,
    payload::{self, Payload},
    store,
};
use crate::{
    app::{App, Shared},
    config::{Mail, Security},
    jobs::Failure,
    outbound,
};

pub(super) async fn send(app: Shared, payload: serde_json::Value) -> Result<(), Failure> {
    let mail = &app.config.mail;
    if !mail.is_configured() {
        return Err(Failure::for_good("no_mail_server"));
    }
    let opened = payload::open(&app.keys, payload).await.map_err(|_| Failure::later("no_key"))?;
    let payload = opened.ok_or(Failure::for_good("not_a_letter"))?;
    let sender = sender(&app, &payload).await?;
    let message = message(mail, payload, sender).ok_or(Failure::for_good("not_a_letter"))?;
    let transport = transport(mail).await?;
    let sent = transport.send(message).await;
    sent.map(drop).map_err(|error| {
        if about_the_sender(&error) { Failure::later("sender_refused") } else { failure(&error) }
    })
}

/// Where a notification about this try goes; `None`: to `From:`, which somebody reads. Noted first: it may be there before the server's answer.
async fn sender(app: &App, p: &Payload) -> Result<Option<Address>, Failure> {
    let bounces = &app.config.mail.bounces;
    if bounces.is_empty() {
        return Ok(None);
    }
    let token = bounce::fresh();
    let address = bounce::address(bounces, &token).ok_or(Failure::for_good("no_bounce_address"))?;
    store::note(app, p.message, p.to.as_ref(), &token).await.map_err(|_| Failure::later("not_noted"))?;
    Ok(Some(address))
}

/// Whether the server answers and lets us in; the code says why not. Sends nothing.
pub async fn reach(mail: &Mail) -> Result<(), &'static str> {
    let transport = transport(mail).await.map_err(|failure| failure.code)?;
    match transport.test_connection().await {
        Ok(true) => Ok(()),
        Ok(false) => Err("no_answer"),
        Err(error) => Err(failure(&error).code),
    }
}

/// RFC 5322, UTF-8 text, the subject as encoded words. `Auto-Submitted` keeps holiday answers away.
fn message(mail: &Mail, p: Payload, sender: Option<Address>) -> Option<Message> {
    let from: Address = mail.from.parse().ok()?;
    let domain = from.domain().to_owned();
    let envelope = Envelope::new(Some(sender.unwrap_or_else(|| from.clone())), vec![p.to.clone()]).ok()?;
    Message::builder()
        .envelope(envelope)
        .from(Mailbox::new(None, from))
        .to(Mailbox::new(None, p.to))
        .subject(p.subject)
        .message_id(Some(format!("<{}@{domain}>", p.message)))
        .raw_header(header::HeaderValue::new(
            header::HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .header(header::ContentType::TEXT_PLAIN)
        .body(p.text)
        .ok()
}

async fn transport(mail: &Mail) -> Result<AsyncSmtpTransport<Tokio1Executor>, Failure> {
    let domain = mail.from.rsplit('@').next().unwrap_or("localhost").to_owned();
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.host)
        .port(mail.port)
        .hello_name(ClientId::Domain(domain))
        .timeout(Some(Duration::from_secs(20)))
        .tls(security(mail).await?);
    if !mail.user.is_empty() {
        let password = tokio::fs::read_to_string(&mail.password_file)
            .await
            .map_err(|_| Failure::later("no_password_file"))?;
        builder = builder.credentials(Credentials::new(mail.user.clone(), password.trim_end().to_owned()));
    }
    Ok(builder.build())
}

async fn security(mail: &Mail) -> Result<Tls, Failure> {
    if mail.security == Security::None {
        return Ok(Tls::None);
    }
    outbound::tls::install();
    let mut parameters = TlsParameters::builder(mail.host.clone()).set_min_tls_version(TlsVersion::Tlsv12);
    if !mail.ca_file.as_os_str().is_empty() {
        let pem = tokio::fs::read(&mail.ca_file).await.map_err(|_| Failure::later("no_ca_file"))?;
        let authority = Certificate::from_pem(&pem).map_err(|_| Failure::later("no_ca_file"))?;
        parameters = parameters
            .certificate_store(lettre::transport::smtp::client::CertificateStore::None)
            .add_root_certificate(authority);
    }
    let parameters = parameters.build_rustls().map_err(|_| Failure::later("tls_failed"))?;
    Ok(match mail.security {
        Security::Tls => Tls::Wrapper(parameters),
        _ => Tls::Required(parameters),
    })
}

/// By the enhanced status (RFC 3463): our own standing, or the address that we send from. The letter is kept, and no recipient is to blame.
fn about_the_sender(error: &lettre::transport::smtp::Error) -> bool {
    let said = error.to_string();
    error.is_permanent() && [" 5.7.", " 5.1.7", " 5.1.8"].iter().any(|status| said.contains(status))
}

/// A code; never the server's text, which may hold the address.
fn failure(error: &lettre::transport::smtp::Error) -> Failure {
    if error.is_permanent() {
        return Failure::for_good("refused_by_server");
    }
    Failure::later(match () {
        () if error.is_transient() => "server_says_later",
        () if error.is_timeout() => "timed_out",
        () if error.is_tls() => "tls_failed",
        () if error.is_client() => "no_way_to_agree",
        () => "no_connection",
    })
}
