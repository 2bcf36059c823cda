//! What a letter can hold: words that stand in the source, ids, numbers, times, and links to this deployment. There is no
//! way to put a patient's or a person's text into one. Below the Japanese it says the same in English, where all of its words have that:
//! a letter is written without anybody's page, and may go to whoever holds no account yet.

use std::fmt::Write as _;

use jiff::Timestamp;
use uuid::Uuid;

use crate::{japan, words};

#[derive(Debug, Clone)]
pub struct Letter {
    subject: &'static str,
    /// What people ask by.
    number: Option<i64>,
    text: String,
    /// The subject and every line but the links; none where a word has no English.
    english: Option<String>,
    secret: bool,
}

/// Columns that a subject may take where it is said in both languages, a Japanese character being two: what a list of mails shows of it.
const SUBJECT_COLUMNS: usize = 90;

impl Letter {
    /// `【連携】` is put in front of the subject, its English after it.
    pub fn new(subject: &'static str) -> Self {
        Self { subject, number: None, text: String::new(), english: Some(String::new()), secret: false }
            .in_english(subject, str::to_owned)
    }

    fn in_english(mut self, words: &str, line: impl FnOnce(&str) -> String) -> Self {
        let words = if words.is_empty() { Some("") } else { words::in_letter(words) };
        self.english = self.english.zip(words).map(|(above, words)| above + &line(words) + "\r\n");
        self
    }

    /// With a number that people ask by: `受付 #1234`.
    #[must_use]
    pub fn numbered(mut self, number: i64) -> Self {
        self.number = Some(number);
        self
    }

    #[must_use]
    pub fn line(mut self, words: &'static str) -> Self {
        self.text.push_str(words);
        self.text.push_str("\r\n");
        self.in_english(words, str::to_owned)
    }

    #[must_use]
    pub fn number(mut self, label: &'static str, number: i64, unit: &'static str) -> Self {
        let _ = write!(self.text, "{label}：{number}{unit}\r\n");
        let unit = if unit.is_empty() { Some("") } else { words::in_letter(unit) };
        self.english = self.english.filter(|_| unit.is_some());
        self.in_english(label, |label| format!("{label}: {number}{}", unit.unwrap_or_default()))
    }

    #[must_use]
    pub fn id(mut self, label: &'static str, id: Uuid) -> Self {
        let _ = write!(self.text, "{label}：{id}\r\n");
        self.in_english(label, |label| format!("{label}: {id}"))
    }

    /// To the minute, in Japan.
    #[must_use]
    pub fn time(mut self, label: &'static str, at: Timestamp) -> Self {
        let at = at.to_zoned(japan::zone());
        let at = at.strftime("%Y-%m-%d %H:%M").to_string();
        let _ = write!(self.text, "{label}：{at}\r\n");
        self.in_english(label, |label| format!("{label}: {at} (Japan)"))
    }

    #[must_use]
    pub fn link(mut self, link: &Link) -> Self {
        self.text.push_str(&link.url);
        self.text.push_str("\r\n");
        self.secret |= link.secret;
        self
    }

    /// A signed checkpoint of the log: hashes, numbers and the names of keys. It stands in the Japanese half alone.
    #[must_use]
    pub fn note(mut self, note: &tlog::note::Note) -> Self {
        for line in note.to_string().lines() {
            self.text.push_str(line);
            self.text.push_str("\r\n");
        }
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
        serde_json::json!({"subject": self.subject, "text": self.text()})
    }

    /// Whether it holds a token: who reads it could use it.
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// `【連携】サインインのお知らせ / About signing in`; the Japanese alone where the letter has no English half, and where both would be too long.
    pub fn subject(&self) -> String {
        let japanese = format!("【連携】{}", self.subject);
        let english = self.english.as_ref().and_then(|_| words::in_letter(self.subject));
        let both = english.map(|english| format!("{japanese} / {english}"));
        let subject = both.filter(|both| columns(both) <= SUBJECT_COLUMNS).unwrap_or(japanese);
        match self.number {
            Some(number) => format!("{subject} #{number}"),
            None => subject,
        }
    }

    /// Plain text, lines end with CR LF. Links stand in the Japanese half alone: one line to press.
    pub fn text(&self) -> String {
        match &self.english {
            Some(english) => format!("{}\r\n— English —\r\n{english}", self.text),
            None => self.text.clone(),
        }
    }
}

fn columns(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
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

    #[test]
    fn it_says_everything_again_in_english_but_for_the_link() {
        let letter = Letter::new("今日のまとめ")
            .number("まだ読んでいない投稿", 3, "件")
            .link(&Link::to("https://renkei.example.jp", ""))
            .line("時刻を変えるには、メニューの「お知らせの設定」を開いてください。");
        let text = letter.text();
        let (japanese, english) = text.split_once("\r\n— English —\r\n").expect("both");
        assert_eq!(text.matches("https://").count(), 1);
        assert!(
            japanese.starts_with("まだ読んでいない投稿：3件\r\nhttps://renkei.example.jp/\r\n"),
            "{japanese}"
        );
        assert_eq!(
            english,
            "Today's summary\r\nPosts you have not read: 3\r\nTo change the time, open “Notification settings” in the menu.\r\n"
        );
        assert_eq!(letter.subject(), "【連携】今日のまとめ / Today's summary");
        assert_eq!(
            Letter::new("利用申請の審査の結果").numbered(7).subject(),
            "【連携】利用申請の審査の結果 / The result of your application #7"
        );
        // A half that could not be said whole is not begun.
        let letter = letter.line("この行には英語がありません。");
        assert!(!letter.text().contains("English"));
        assert_eq!(letter.subject(), "【連携】今日のまとめ");
    }
}
