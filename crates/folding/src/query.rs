use std::fmt;

use memchr::memmem::Finder;

use crate::{
    excerpt::{self, Piece},
    fold::fold,
};

/// What somebody looks for: words that must all occur. A phrase in quotation marks (`"…"`, `“…”`) is one word.
#[derive(Clone)]
pub struct Query {
    /// The longest first: it is the rarest.
    words: Vec<Finder<'static>>,
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Query(…)")
    }
}

impl Query {
    /// Reads what was typed. Words of which nothing is left when folded do not count.
    pub fn parse(typed: &str) -> Self {
        let mut words: Vec<String> = split(typed).map(fold).filter(|word| !word.is_empty()).collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.dedup();
        Self { words: words.iter().map(|word| Finder::new(word).into_owned()).collect() }
    }

    /// Whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// Whether every word stands in this folded text.
    pub fn is_in(&self, folded: &[u8]) -> bool {
        self.words.iter().all(|word| word.find(folded).is_some())
    }

    /// Whether every word stands in this text as typed.
    pub fn matches(&self, text: &str) -> bool {
        self.is_in(fold(text).as_bytes())
    }

    /// The places of the words in the text as typed, a few characters around them, marked. Nothing where none occurs.
    pub fn excerpt(&self, text: &str) -> Vec<Piece> {
        excerpt::cut(text, &self.words)
    }

    /// The whole text with the words marked, however long.
    pub fn marked(&self, text: &str) -> Vec<Piece> {
        excerpt::whole(text, &self.words)
    }
}

/// At white space, but not within quotation marks; one that is never closed is a character like any other.
fn split(typed: &str) -> impl Iterator<Item = &str> {
    const QUOTES: [char; 4] = ['"', '“', '”', '＂'];
    let mut rest = typed;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let mut chars = rest.chars();
        let first = chars.next()?;
        let inside = chars.as_str();
        if QUOTES.contains(&first)
            && let Some(end) = inside.find(QUOTES)
        {
            let word = &inside[..end];
            rest = inside[end..].trim_start_matches(QUOTES);
            return Some(word);
        }
        let after_first = first.len_utf8();
        let end = rest[after_first..]
            .find(|c: char| c.is_whitespace() || QUOTES.contains(&c))
            .map_or(rest.len(), |at| at + after_first);
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(if word.chars().all(|c| QUOTES.contains(&c)) { "" } else { word })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(typed: &str) -> Vec<&str> {
        split(typed).filter(|word| !word.is_empty()).collect()
    }

    #[test]
    fn words_are_apart_and_phrases_whole() {
        assert_eq!(words("  血圧　128  "), ["血圧", "128"]);
        assert_eq!(words("\"山田 太郎\" 咳"), ["山田 太郎", "咳"]);
        assert_eq!(words("“夜間 せん妄”"), ["夜間 せん妄"]);
        assert_eq!(words("咳\"夜 間\"痰"), ["咳", "夜 間", "痰"]);
        assert_eq!(words("\"閉じない 引用"), ["\"閉じない", "引用"]);
        assert_eq!(words("\" \" ＂＂"), [" "]);
        assert!(Query::parse("\" \" ・ 　").is_empty());
    }

    #[test]
    fn all_words_must_occur() {
        let query = Query::parse("カイゴ  ｹﾂｱﾂ");
        assert_eq!(query.words(), 2);
        assert!(query.matches("かいごとけつあつ"));
        assert!(!query.matches("かいご"));
        assert!(Query::parse("\"夜間　せん妄\"").matches("昨夜間せん妄あり"));
        assert!(!Query::parse("\"夜間　せん妄\"").matches("せん妄、夜間"));
        assert!(Query::parse("夜間　せん妄").matches("せん妄、夜間"));
    }
}
