//! Whether anybody would hear of an alarm: the mail server answers, the secrets can be read.

use std::path::Path;

use super::{Finding, Site, words};
use crate::{config::Config, mail};

pub async fn check(site: &Site) -> Vec<Finding> {
    let Some(config) = site.config() else { return Vec::new() };
    let mut findings = vec![channels(config)];
    if config.mail.is_configured() {
        findings.push(mail_server(config).await);
        findings.push(bounces(config));
    }
    if !config.watch.webhook.is_empty() {
        findings.push(readable("webhook", &config.watch.webhook_secret_file));
    }
    if !config.watch.metrics_token_file.as_os_str().is_empty() {
        findings.push(readable("metrics_token", &config.watch.metrics_token_file));
    }
    findings
}

fn channels(config: &Config) -> Finding {
    let mail = config.mail.is_configured() && !config.watch.mail_to.is_empty();
    if mail || !config.watch.webhook.is_empty() {
        return Finding::ok(
            "alarms",
            "watch",
            words!("警報を知らせる先があります", "alarms are told to somebody"),
        );
    }
    Finding::warning(
        "alarms",
        "watch.mail_to, watch.webhook",
        words!("警報を知らせる先がありません", "nobody is told of alarms"),
        words!(
            "設定の [mail] と watch.mail_to、または watch.webhook を決めてください",
            "set [mail] and watch.mail_to, or watch.webhook"
        ),
    )
}

async fn mail_server(config: &Config) -> Finding {
    let place = format!("{}:{}", config.mail.host, config.mail.port);
    match mail::reach(&config.mail).await {
        Ok(()) => Finding::ok("mail", place, words!("メールサーバーが答えます", "the mail server answers")),
        Err(code) => Finding::bad(
            "mail",
            place,
            words!("メールサーバーにつながりません（{code}）", "the mail server cannot be used ({code})"),
            words!(
                "[mail] の host・port・security・user・password_file を確かめてください",
                "check host, port, security, user and password_file in [mail]"
            ),
        ),
    }
}

/// What comes back is noticed where `renkei bounce` gets it.
fn bounces(config: &Config) -> Finding {
    let address = &config.mail.bounces;
    if !address.is_empty() {
        return Finding::ok(
            "bounces",
            "mail.bounces",
            words!(
                "戻ってきたメールの知らせは {address} に来ます",
                "reports on mail that comes back go to {address}"
            ),
        );
    }
    Finding::warning(
        "bounces",
        "mail.bounces",
        words!(
            "あとから戻ってきたメールに、だれも気づきません",
            "mail that comes back later is noticed by nobody"
        ),
        words!(
            "mail.bounces を決め、届いたものをメールサーバーから renkei bounce に渡してください（docs/operations/notifications.md）",
            "set mail.bounces, and let the mail server hand what arrives there to renkei bounce (docs/operations/notifications.md)"
        ),
    )
}

fn readable(name: &'static str, file: &Path) -> Finding {
    match std::fs::read(file) {
        Ok(bytes) if bytes.trim_ascii().len() >= 16 => {
            Finding::ok(name, file.display(), words!("秘密を読めます", "the secret can be read"))
        }
        Ok(_) => Finding::bad(
            name,
            file.display(),
            words!("秘密が短すぎます", "the secret is too short"),
            words!(
                "16文字以上の、推測できないものにしてください",
                "make it at least 16 characters that cannot be guessed"
            ),
        ),
        Err(why) => Finding::bad(
            name,
            file.display(),
            words!("読めません：{why}", "cannot be read: {why}"),
            words!("ファイルの場所と権限を確かめてください", "check its path and its rights"),
        ),
    }
}
