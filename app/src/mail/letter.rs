//! What a letter can hold: words that stand in the source, ids, numbers, times, and links to this deployment. There is no
//! way to put a patient's or a person's text into one.

use std::fmt::Write as _;

use jiff::Timestamp;
use uuid::Uuid;

use crate::japan;

#[derive(Debug, Clone)]
pub struct Letter {
    subject: String,
    text: String,
    secret: bool,
}

impl Letter {
    /// `【連携】` is put in front of the subject.
    pub fn new(subject: &'static str) -> Self {
        Self { subject: format!("【連携】{subject}"), text: String::new(), secret: false }
    }

    /// With a number that people ask by: `受付 #1234`.
    #[must_use]
    pub fn numbered(mut self, number: i64) -> Self {
        let _ = write!(self.subject, " #{number}");
        self
    }

    #[must_use]
    pub fn line(mut self, words: &'static str) -> Self {
        self.text.push_str(words);
        self.text.push_str("\r\n");
        self
    }

    #[must_use]
    pub fn number(mut self, label: &'static str, number: i64, unit: &'static str) -> Self {
        let _ = write!(self.text, "{label}：{number}{unit}\r\n");
        self
    }

    #[must_use]
    pub fn id(mut self, label: &'static str, id: Uuid) -> Self {
        let _ = write!(self.text, "{label}：{id}\r\n");
        self
    }

    /// To the minute, in Japan.
    #[must_use]
    pub fn time(mut self, label: &'static str, at: Timestamp) -> Self {
        let at = at.to_zoned(japan::zone());
        let _ = write!(self.text, "{label}：{}\r\n", at.strftime("%Y-%m-%d %H:%M"));
        self
    }

    #[must_use]
    pub fn link(mut self, link: &Link) -> Self {
        self.text.push_str(&link.url);
        self.text.push_str("\r\n");
        self.secret |= link.secret;
        self
    }

    /// For a letter whose number opens something: it waits in the queue like one with a token.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Subject and text, for a definer function that knows whom to write to (`sec.write_to`).
    pub fn words(&self) -> serde_json::Value {
        serde_json::json!({"subject": self.subject, "text": self.text})
    }

    /// Whether it holds a token: who reads it could use it.
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Plain text, lines end with CR LF.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A way into this deployment. Its parts are fixed words, ids and random tokens.
#[derive(Debug, Clone)]
pub struct Link {
    url: String,
    secret: bool,
}

impl Link {
    /// `path` without its first slash; `base_url` from the configuration.
    pub fn to(base_url: &str, path: &'static str) -> Self {
        Self { url: format!("{}/{path}", base_url.trim_end_matches('/')), secret: false }
    }

    #[must_use]
    pub fn id(mut self, id: Uuid) -> Self {
        let _ = write!(self.url, "/{id}");
        self
    }

    /// A random token; anything but `A–Z a–z 0–9 - _` in it is left out, so that no text travels here.
    #[must_use]
    pub fn token(mut self, token: &str) -> Self {
        self.url.push('/');
        self.secret = true;
        self.url.extend(token.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_fixed_words_ids_numbers_and_links() {
        let id = Uuid::nil();
        let letter = Letter::new("試験")
            .numbered(7)
            .line("本文です。")
            .number("件数", 3, "件")
            .id("番号", id)
            .time("時刻", "2026-11-23T00:30:00Z".parse().expect("a time"))
            .link(&Link::to("https://renkei.example.jp/", "support").id(id).token("ab-C_9\r\n<x>"));
        assert_eq!(letter.subject(), "【連携】試験 #7");
        assert!(letter.is_secret(), "it holds a token");
        assert!(
            !Letter::new("試験").link(&Link::to("https://renkei.example.jp", "support").id(id)).is_secret()
        );
        assert_eq!(
            letter.text(),
            "本文です。\r\n件数：3件\r\n番号：00000000-0000-0000-0000-000000000000\r\n時刻：2026-11-23 09:30\r\n\
             https://renkei.example.jp/support/00000000-0000-0000-0000-000000000000/ab-C_9x\r\n"
        );
    }
}
