//! Finding a patient by name or kana, and the order of the list.

use unicode_normalization::UnicodeNormalization as _;

use crate::web::input::{self, folded};

/// Whether a patient is found: every word stands in the name or in the kana.
pub fn is_found(q: &str, name: &str, kana: &str) -> bool {
    input::is_found(q, &[name, kana])
}

/// The place in the order of the fifty sounds. Voicing and small letters only decide between otherwise equal readings
/// (JIS X 4061); who has no reading comes last, by name.
pub fn place(name: &str, kana: &str) -> (bool, String, String, String) {
    let folded = folded(kana);
    let plain = folded.nfd().filter(|c| !matches!(c, '\u{3099}' | '\u{309a}')).map(large).collect();
    (folded.is_empty(), plain, folded, name.to_owned())
}

fn large(c: char) -> char {
    match c {
        'ぁ' => 'あ',
        'ぃ' => 'い',
        'ぅ' => 'う',
        'ぇ' => 'え',
        'ぉ' => 'お',
        'っ' => 'つ',
        'ゃ' => 'や',
        'ゅ' => 'ゆ',
        'ょ' => 'よ',
        'ゎ' => 'わ',
        'ゕ' => 'か',
        'ゖ' => 'け',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_however_they_are_typed() {
        let found = |q| is_found(q, "小野寺 ハル子", "オノデラ ハルコ");
        for q in ["小野寺", "おのでら", "オノデラ", "ｵﾉﾃﾞﾗ", "小野寺ハル子", "はる 小野", "　おの　", ""]
        {
            assert!(found(q), "{q}");
        }
        for q in ["小野田", "おのでらさん", "はる 大野"] {
            assert!(!found(q), "{q}");
        }
        assert!(is_found("ANNA", "Anna・Ito", ""));
    }

    #[test]
    fn the_list_follows_the_fifty_sounds() {
        let mut kana = ["がい", "", "かんだ", "きゃべつ", "きやま", "ハシ", "かい", "ばし", "あべ"];
        kana.sort_by_key(|kana| place("", kana));
        assert_eq!(kana, ["あべ", "かい", "がい", "かんだ", "きゃべつ", "きやま", "ハシ", "ばし", ""]);
    }
}
