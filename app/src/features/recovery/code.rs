//! The code that stands for what was lost: shown once, printed or typed on another device.

use crate::auth::token;

/// A hundred random bits as twenty characters without `0`, `1`, `8` and `9`, which are easily misread.
pub fn fresh() -> String {
    data_encoding::BASE32_NOPAD.encode(&token::random::<13>()).to_lowercase()[..20].to_owned()
}

/// As it was meant, however it was typed: full width, capitals, spaces and hyphens do not matter.
pub fn folded(typed: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    typed.nfkc().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).take(40).collect()
}

/// `ab3d-ef7h-…`: groups of four are easier to copy.
pub fn in_fours(code: &str) -> String {
    let chars: Vec<char> = code.chars().collect();
    chars.chunks(4).map(String::from_iter).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::{folded, fresh, in_fours};

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        let code = fresh();
        assert_eq!(code.len(), 20);
        assert_ne!(code, fresh());
        let shown = in_fours(&code);
        assert_eq!(shown.len(), 24);
        for typed in [shown.clone(), shown.to_uppercase(), shown.replace('-', " ")] {
            assert_eq!(folded(&typed), code);
        }
        assert_eq!(folded("ＡＢ３ｄ－ｅｆ"), "ab3def");
    }
}
