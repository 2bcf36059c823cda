//! Width, case and compatibility forms folded away, with the way back to the original.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

/// Folded characters, each with where it stands in the original.
pub(super) struct Folded {
    pub(super) chars: Vec<char>,
    spans: Vec<Range<usize>>,
}

/// Stands for a digit that was no plain one: ①, ², ½ … Nobody writes a measured value with them.
const NO_DIGIT: char = '\u{fffd}';

impl Folded {
    pub(super) fn of(text: &str) -> Self {
        let mut folded = Self { chars: Vec::with_capacity(text.len()), spans: Vec::new() };
        let mut rest = text.char_indices().peekable();
        while let Some((start, base)) = rest.next() {
            let mut cluster = String::from(base);
            let mut end = start + base.len_utf8();
            // A voicing mark belongs to the letter before it, also in half width.
            while let Some((_, mark)) =
                rest.next_if(|(_, c)| matches!(c, '\u{3099}' | '\u{309a}' | '\u{ff9e}' | '\u{ff9f}'))
            {
                cluster.push(mark);
                end += mark.len_utf8();
            }
            if cluster.len() == base.len_utf8() && is_plain(base) {
                folded.chars.push(base.to_ascii_lowercase());
                folded.spans.push(start..end);
            } else {
                folded.push(&cluster, base, start..end);
            }
        }
        folded
    }

    fn push(&mut self, cluster: &str, base: char, span: Range<usize>) {
        let plain = matches!(base, '0'..='9' | '０'..='９');
        for c in cluster.nfkc() {
            let c = match c {
                '₂' => '2',
                c if c.is_numeric() && base == '₂' => '2',
                c if c.is_numeric() && !plain && c.is_ascii_digit() => NO_DIGIT,
                '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff70}' => '-',
                '\u{301c}' | '\u{ff5e}' => '~',
                '\u{2044}' | '\u{2215}' => '/',
                '\u{2236}' => ':',
                '\u{3001}' => ',',
                c => c.to_ascii_lowercase(),
            };
            self.chars.push(c);
            self.spans.push(span.clone());
        }
    }

    /// Where folded characters stand in the original, as bytes.
    pub(super) fn span(&self, of: Range<usize>) -> Range<usize> {
        match (self.spans.get(of.start), of.end.checked_sub(1).and_then(|last| self.spans.get(last))) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        }
    }
}

/// Most of what people write: it folds to itself but for its case.
const fn is_plain(c: char) -> bool {
    c.is_ascii() || matches!(c, '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{4e00}'..='\u{9fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_folded_and_the_way_back_is_kept() {
        let text = "ＳｐＯ₂　９６％ ﾊﾟﾙｽ ③";
        let folded = Folded::of(text);
        let all: String = folded.chars.iter().collect();
        assert_eq!(all, "spo2 96% パルス \u{fffd}");
        assert_eq!(&text[folded.span(5..7)], "９６");
        assert_eq!(&text[folded.span(9..10)], "ﾊﾟ");
    }
}
