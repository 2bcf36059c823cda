//! What a webhook is, and what may be asked for.

use jiff::Timestamp;
use uuid::Uuid;

use crate::words::t;
use crate::{config::Webhooks, error::FieldError};

/// What a facility can be told of, with its words. The database has the same list.
pub const KINDS: [(&str, &str); 6] = [
    ("post.created", "投稿"),
    ("post.corrected", "投稿の訂正"),
    ("post.withdrawn", "投稿の取り消し"),
    ("task.changed", "依頼の変更"),
    ("visit.changed", "訪問の変更"),
    ("observations.changed", "バイタルの記録"),
];

pub fn label(kind: &str) -> &str {
    match kind {
        "test" => t("試し"),
        _ => KINDS.iter().find(|(code, _)| *code == kind).map_or(kind, |(_, label)| label),
    }
}

/// A webhook to be made.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    pub id: Uuid,
    pub url: String,
    pub kinds: Vec<String>,
}

/// Every problem at once.
pub fn parse(
    config: &Webhooks,
    id: Uuid,
    url: &str,
    kinds: &[String],
) -> Result<NewWebhook, Vec<FieldError>> {
    let mut problems = Vec::new();
    let url = url.trim();
    if config.reach(url).is_none() {
        let words = t("運営が認めたホストの、https:// で始まるアドレスを入れてください。");
        problems.push(FieldError::new("url", "not_allowed", words));
    }
    let known = |kind: &String| KINDS.iter().any(|(code, _)| code == kind);
    if kinds.is_empty() || !kinds.iter().all(known) {
        problems.push(FieldError::new("kinds", "empty", t("知らせることを、1つ以上選んでください。")));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let kinds =
        KINDS.iter().filter(|(code, _)| kinds.iter().any(|k| k == code)).map(|(code, _)| (*code).to_owned());
    Ok(NewWebhook { id, url: url.to_owned(), kinds: kinds.collect() })
}

#[derive(Debug, Clone)]
pub struct Webhook {
    pub id: Uuid,
    pub url: String,
    pub kinds: Vec<String>,
    pub made_by: Option<String>,
    pub made_at: Timestamp,
    /// When a call arrived last.
    pub delivered_at: Option<Timestamp>,
    /// Since when no call has arrived.
    pub failing_since: Option<Timestamp>,
    /// In a row.
    pub failures: i32,
    /// It rests until then.
    pub held_until: Option<Timestamp>,
    /// Calls that are still to be made.
    pub waiting: i64,
    /// So long the secret before this one signs too.
    pub old_until: Option<Timestamp>,
    pub off: Option<Off>,
}

/// Since when and why it is called no more.
#[derive(Debug, Clone)]
pub struct Off {
    pub at: Timestamp,
    /// `admin`, `failing` (five days without one arrival) or `gone` (410).
    pub why: String,
}

impl Off {
    pub fn words(&self) -> &'static str {
        match self.why.as_str() {
            "failing" => t("5日のあいだ1つも届かなかったため、止まりました。"),
            "gone" => t("受け取る側が「もう受け取らない」（410）と答えたため、止まりました。"),
            _ => t("管理者が止めました。"),
        }
    }
}

/// Another secret is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Rotation {
    pub client_id: Uuid,
    /// The one before it is known to somebody else: it signs no more.
    pub at_once: bool,
}

/// One call and what became of it.
#[derive(Debug, Clone)]
pub struct Call {
    pub id: Uuid,
    pub webhook: Uuid,
    pub kind: String,
    pub at: Timestamp,
    pub state: String,
    pub tries: i32,
    pub code: Option<String>,
    /// What the receiver answered the last time.
    pub status: Option<i32>,
    pub tried_at: Option<Timestamp>,
}

impl Call {
    pub fn failed(&self) -> bool {
        self.state == "failed"
    }

    /// Why it did not arrive, in words.
    pub fn why(&self) -> &'static str {
        match self.code.as_deref() {
            None => "",
            Some("address_not_allowed") => t("アドレスの先が、呼んではいけない場所です"),
            Some("no_connection") => t("つながりませんでした"),
            Some("tls_failed" | "not_a_name") => t("証明書を確かめられませんでした"),
            Some("timed_out" | "no_answer") => t("返事がありませんでした"),
            Some("redirected") => t("別のアドレスに案内されました（案内には従いません）"),
            Some("refused_by_receiver") => t("受け取りを断られました"),
            Some("receiver_failed") => t("受け取る側でエラーになりました"),
            Some("receiver_says_later") => t("あとにするように言われました"),
            Some("gone") => t("もう受け取らないと答えました"),
            Some("webhook_off") => t("止まったため、送りませんでした"),
            Some("host_not_listed") => t("運営が認めたホストではなくなりました"),
            Some(_) => t("送れませんでした"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_told_at_once_and_kinds_have_one_order() {
        let config = Webhooks { hosts: "hook.example.jp".into(), ..Webhooks::default() };
        let kinds = ["visit.changed".to_owned(), "post.created".to_owned()];
        let new = parse(&config, Uuid::nil(), " https://hook.example.jp/x ", &kinds).expect("a webhook");
        assert_eq!((new.url.as_str(), new.kinds.len()), ("https://hook.example.jp/x", 2));
        assert_eq!(new.kinds[0], "post.created");
        let problems = parse(&config, Uuid::nil(), "https://10.0.0.1/", &["other".to_owned()]);
        assert_eq!(problems.expect_err("two problems").len(), 2);
    }
}
