//! Letters over a real socket: encrypted where the server is elsewhere, tried again, given up in sight.

use renkei::{
    config::{Config, Security},
    jobs,
    mail::{self, Letter, Link},
};

use crate::world::{World, smtp::Smtp, tls};

fn letter() -> Letter {
    Letter::new("警報のお知らせ")
        .line("確認してください。")
        .link(&Link::to("https://renkei.example.jp", "operator/watch"))
}

async fn send(w: &World) {
    mail::enqueue_now(&w.app, &mail::address("kanri@example.jp").expect("an address"), &letter())
        .await
        .expect("queued");
    assert_eq!(jobs::round(&w.app, &[mail::KIND]).await.expect("a round"), 1);
}

async fn last_error(w: &World) -> (String, Option<String>) {
    let sql = "SELECT state, last_error FROM care.job ORDER BY made_at DESC LIMIT 1";
    let row = w.superuser().await.query_one(sql, &[]).await.expect("the job");
    (row.get(0), row.get(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_arrives_as_plain_utf8_text_with_an_encoded_subject() {
    let smtp = Smtp::start(None).await;
    let w = World::with(smtp.carries(Security::None)).await;
    send(&w).await;
    let letters = smtp.letters();
    assert_eq!((letters.len(), letters[0].to.as_str()), (1, "kanri@example.jp"));
    assert!(
        letters[0].header("Subject").is_some_and(|s| s.starts_with("=?utf-8?b?") && s.is_ascii()),
        "{letters:?}"
    );
    assert_eq!(letters[0].header("Content-Type"), Some("text/plain; charset=utf-8"));
    assert_eq!(letters[0].header("Auto-Submitted"), Some("auto-generated"));
    assert!(letters[0].header("Message-ID").is_some_and(|id| id.ends_with("@example.jp>")));
    assert_eq!(last_error(&w).await, ("done".into(), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn starttls_is_required_and_the_certificate_is_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let (acceptor, authority) = tls::localhost(folder.path());
    let smtp = Smtp::start(Some(acceptor)).await;
    let trusting = |config: &mut Config| {
        smtp.carries(Security::Starttls)(config);
        config.mail.ca_file = authority.clone();
    };
    let w = World::with(trusting).await;
    assert_eq!(mail::reach(&w.app.config.mail).await, Ok(()));
    send(&w).await;
    assert!(smtp.letters().len() == 1 && smtp.letters()[0].encrypted, "{:?}", last_error(&w).await);
    // Whoever does not know the authority sends nothing.
    let w = World::with(smtp.carries(Security::Starttls)).await;
    assert!(mail::reach(&w.app.config.mail).await.is_err());
    send(&w).await;
    assert_eq!(last_error(&w).await.0, "waiting");
    // Nor to a server that offers no encryption.
    let clear = Smtp::start(None).await;
    let w = World::with(|config| {
        clear.carries(Security::Starttls)(config);
        config.mail.ca_file = authority.clone();
    })
    .await;
    send(&w).await;
    assert_eq!(last_error(&w).await.0, "waiting");
    assert!(clear.letters().is_empty() && smtp.letters().len() == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_is_asked_again_and_a_refusal_is_final_and_seen() {
    let smtp = Smtp::start(None).await;
    let w = World::with(smtp.carries(Security::None)).await;
    smtp.refuse_next(1, "451 not now\r\n");
    send(&w).await;
    assert_eq!(last_error(&w).await, ("waiting".into(), Some("server_says_later".into())));
    w.superuser().await.batch_execute("UPDATE care.job SET run_at = now()").await.expect("time passes");
    assert_eq!(jobs::round(&w.app, &[mail::KIND]).await.expect("a round"), 1);
    assert_eq!((smtp.letters().len(), last_error(&w).await.0.as_str()), (1, "done"));
    smtp.refuse_next(1, "550 no such person\r\n");
    send(&w).await;
    assert_eq!(last_error(&w).await, ("dead".into(), Some("refused_by_server".into())));
    assert_eq!(jobs::dead(&w.app, 5).await.expect("the list").len(), 1);
    // Where the server does not like who sends, the letter waits until somebody has mended that; whom it was for is not to blame.
    smtp.refuse_next(1, "553 5.7.1 sender not owned by user\r\n");
    send(&w).await;
    assert_eq!(last_error(&w).await, ("waiting".into(), Some("sender_refused".into())));
    w.superuser()
        .await
        .batch_execute("UPDATE care.job SET run_at = now() WHERE state = 'waiting'")
        .await
        .expect("time passes");
    assert_eq!(jobs::round(&w.app, &[mail::KIND]).await.expect("a round"), 1);
    assert_eq!(last_error(&w).await.0, "done");
}
