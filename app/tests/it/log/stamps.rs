//! Time stamps over checkpoints, by an authority of `openssl ts` behind a small server.

#[path = "../../../../crates/timestamp/tests/authority/mod.rs"]
mod authority;

use std::sync::{Arc, Mutex};

use authority::{Authority, Made};
use axum::{Router, body::Bytes, extract::State, http::header, response::IntoResponse, routing::post};
use jiff::SignedDuration;
use renkei::config;

use super::{Scene, copies::kept, scene_with};

/// How it answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Good,
    OtherNonce,
    OtherDigest,
    Altered,
    /// Another authority's stamp.
    Other,
    /// It takes no SHA-256.
    Refusing,
    /// A page instead of a stamp.
    Page,
}

struct Desk {
    trusted: Authority,
    other: Authority,
    picky: Authority,
    mood: Mutex<Mood>,
}

/// Where the digest and the nonce stand in a question.
const DIGEST: usize = 30;
const NONCE: usize = 60;

async fn answer(State(desk): State<Arc<Desk>>, body: Bytes) -> axum::response::Response {
    let mood = *desk.mood.lock().expect("a mood");
    let mut query = body.to_vec();
    match mood {
        Mood::OtherNonce => query[NONCE] ^= 1,
        Mood::OtherDigest => query[DIGEST] ^= 1,
        Mood::Page => return "<p>いまお休みです".into_response(),
        _ => {}
    }
    let by = match mood {
        Mood::Other => &desk.other,
        Mood::Refusing => &desk.picky,
        _ => &desk.trusted,
    };
    let mut reply = by.reply(&query);
    if mood == Mood::Altered {
        *reply.last_mut().expect("a signature") ^= 1;
    }
    ([(header::CONTENT_TYPE, "application/timestamp-reply")], reply).into_response()
}

impl Desk {
    async fn open() -> (Arc<Self>, config::Timestamp) {
        let made = || Authority::new(Made::default());
        let picky = Authority::new(Made { digests: "sha512", ..Made::default() });
        let mood = Mutex::new(Mood::Good);
        let desk = Arc::new(Self { trusted: made(), other: made(), picky, mood });
        let router = Router::new().route("/stamp", post(answer)).with_state(desk.clone());
        let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/stamp", port.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(port, router).await.expect("it serves") });
        let settings = config::Timestamp {
            url,
            roots_file: desk.trusted.root(),
            private: true,
            ..config::Timestamp::default()
        };
        (desk, settings)
    }

    fn is(&self, mood: Mood) {
        *self.mood.lock().expect("a mood") = mood;
    }
}

async fn stamps(s: &Scene) -> i64 {
    s.count("SELECT count(*) FROM care.checkpoint_stamp").await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_good_stamp_is_kept_and_it_is_checked_again() {
    let (desk, settings) = Desk::open().await;
    let folder = tempfile::tempdir().expect("a folder");
    let s = scene_with(|config| {
        config.log.timestamp = settings;
        config.log.copies.folder = folder.path().to_owned();
    })
    .await;
    let mut sealer = s.sealer().await;
    s.sealed(&mut sealer).await;
    // Every refusal is noted, and the next look tries again after its pause.
    let mut later = SignedDuration::ZERO;
    for (mood, code) in [
        (Mood::OtherNonce, "wrong_nonce"),
        (Mood::OtherDigest, "wrong_imprint"),
        (Mood::Altered, "bad_signature"),
        (Mood::Other, "untrusted"),
        (Mood::Refusing, "not_granted"),
        (Mood::Page, "no_answer"),
    ] {
        desk.is(mood);
        assert_eq!(s.copied(later).await, "failed", "{code}");
        assert_eq!(s.outcomes("stamp").await.last(), Some(&format!("failed {code}")));
        later += SignedDuration::from_mins(16);
    }
    assert_eq!((stamps(&s).await, kept(folder.path(), "tsr").len()), (0, 0));
    assert_eq!(kept(folder.path(), "txt").len(), 1, "the copy did not wait for it");

    desk.is(Mood::Good);
    assert_eq!(s.copied(later).await, "done");
    assert_eq!(s.outcomes("stamp").await.last().map(String::as_str), Some("copied"));
    // Beside the copy, over its very bytes: whoever has both needs nothing of ours.
    let (texts, tokens) = (kept(folder.path(), "txt"), kept(folder.path(), "tsr"));
    assert_eq!((stamps(&s).await, tokens.len()), (1, 1));
    let data = texts.iter().find(|text| text.file_stem() == tokens[0].file_stem()).expect("its copy");
    let path = |path: &std::path::Path| path.to_string_lossy().into_owned();
    desk.trusted.openssl(&[
        "ts",
        "-verify",
        "-data",
        &path(data),
        "-token_in",
        "-in",
        &path(&tokens[0]),
        "-CAfile",
        "root.pem",
    ]);
    let report = s.verified().await;
    assert!(
        report.bad.is_empty() && report.said.iter().any(|said| said == "1 time stamps checked"),
        "{report:?}"
    );
    assert_eq!(s.copied(later).await, "nothing_yet", "once a day");

    // Kept ones are not believed for being there.
    let token = "(SELECT overlay(token PLACING '\\x00' FROM octet_length(token)) FROM care.checkpoint_stamp)";
    s.alter(&format!("UPDATE care.checkpoint_stamp SET token = {token}")).await;
    let bad = s.verified().await.bad;
    assert!(bad.len() == 1 && bad[0].contains("time stamp") && bad[0].contains("signature"), "{bad:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stamp_over_a_state_that_the_log_does_not_have_is_found() {
    let (_desk, settings) = Desk::open().await;
    let s = scene_with(|config| config.log.timestamp = settings).await;
    let mut sealer = s.sealer().await;
    s.sealed(&mut sealer).await;
    assert_eq!(s.copied(SignedDuration::ZERO).await, "done");
    assert!(s.verified().await.bad.is_empty());
    // Somebody rewrites a leaf, and everything that this machine holds, as if it had been so from the beginning.
    s.alter("UPDATE care.checkpoint_stamp SET stamped_at = stamped_at - interval '1 day'").await;
    let bad = s.verified().await.bad;
    assert!(bad.len() == 1 && bad[0].contains("another time"), "{bad:?}");
    s.alter("UPDATE care.checkpoint_stamp SET stamped_at = stamped_at + interval '1 day'; UPDATE care.log_entry SET hash = sha256('x') WHERE idx = 0").await;
    let bad = s.verified().await.bad;
    assert!(bad.iter().any(|b| b.contains("time stamp") && b.contains("another root")), "{bad:?}");
}
