use std::iter::once;

use unicode_normalization::{IsNormalized, UnicodeNormalization, char, is_nfc_quick};

/// The text as a search compares it.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_onto(text, &mut folded);
    folded
}

/// The same, behind what is there already.
pub fn fold_onto(text: &str, folded: &mut String) {
    pieces(text, folded, |_, _| ());
}

/// Folds piece by piece, and tells before each where it begins: in the folded text and in the text as typed. Pieces are
/// cut where no normalisation reaches across, so that folding them one by one is folding the whole.
pub(crate) fn pieces(text: &str, folded: &mut String, mut begins: impl FnMut(usize, usize)) {
    let mut from = 0;
    for (at, c) in text.char_indices().skip(1) {
        if is_plain(c) || (!is_nothing(c) && begins_a_piece(c)) {
            begins(folded.len(), from);
            piece(&text[from..at], folded);
            from = at;
        }
    }
    if !text.is_empty() {
        begins(folded.len(), from);
        piece(&text[from..], folded);
    }
}

fn piece(text: &str, folded: &mut String) {
    let mut seen = text.chars().filter(|c| !is_nothing(*c));
    match (seen.next(), seen.next()) {
        (Some(c), None) if is_plain(c) => folded.push(alike(c.to_ascii_lowercase())),
        _ => normalised(text, folded),
    }
}

fn normalised(text: &str, folded: &mut String) {
    let seen = text.chars().filter(|c| !is_nothing(*c)).map(joining);
    for c in seen.nfkc().filter(|c| !is_nothing(*c)).flat_map(char::to_lowercase) {
        folded.push(alike(c));
        if is_voiced_by_a_mark(c) {
            folded.push('\u{3099}');
        }
    }
}

/// What a search does not see.
pub(crate) fn is_nothing(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '・' | '･' | '\u{ad}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0100}'..='\u{e01ef}')
}

/// The voiced marks that stand by themselves, as those that join the kana before them.
fn joining(c: char) -> char {
    match c {
        '゛' => '\u{3099}',
        '゜' => '\u{309a}',
        other => other,
    }
}

/// Katakana that have no hiragana of their own: わ, ゐ, ゑ, を with a mark behind.
fn is_voiced_by_a_mark(c: char) -> bool {
    matches!(c, 'ヷ'..='ヺ')
}

/// One character for all that are alike.
fn alike(c: char) -> char {
    match c {
        'ヵ' | 'ヶ' | 'ゕ' | 'ゖ' => 'か',
        'ヷ' => 'わ',
        'ヸ' => 'ゐ',
        'ヹ' => 'ゑ',
        'ヺ' => 'を',
        // The two blocks stand 0x60 apart.
        'ァ'..='ヴ' | 'ヽ' | 'ヾ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        '-' | '~' | '〜' | '‐'..='―' | '−' | '─' | '━' | '〰' => 'ー',
        'ς' => 'σ',
        other => other,
    }
}

/// The bulk of all text: nothing before or behind changes these, and NFKC leaves them alone.
fn is_plain(c: char) -> bool {
    matches!(c, '!'..='~' | '\u{4e00}'..='\u{9fff}' | 'ぁ'..='ゖ' | 'ァ'..='ヶ' | 'ー' | '、' | '。' | '「' | '」')
}

/// Whether nothing that stands before `c` can join with it.
fn begins_a_piece(c: char) -> bool {
    once(joining(c)).nfkd().next().is_none_or(|first| {
        char::canonical_combining_class(first) == 0 && is_nfc_quick(once(first)) == IsNormalized::Yes
    })
}
