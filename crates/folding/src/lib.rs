//! Searching in Japanese text as people type it. Two texts are the same for a search when they fold to the same bytes:
//!
//! * width and ligatures (NFKC): `ＡＢＣ`, `ｶﾞ`, `㍻`, `㌔`, `㍿`, `①`; a voiced mark typed by itself joins its kana (`か゛`)
//! * kind of kana: katakana are hiragana, small `ヵ` and `ヶ` are `か` (1ヶ月, 1か月, 1カ月)
//! * case
//! * every dash and wave is the long vowel mark (`ー`, `－`, `―`, `〜`)
//! * white space, `・`, variation selectors and invisible characters do not count
//!
//! The folded text is for comparing only; what is shown is the text as typed, cut and marked by [`Query::excerpt`].
//! A folded word stands in a folded text exactly where its bytes do, so finding is a search for bytes, and finds all.

mod excerpt;
mod fold;
mod query;

pub use excerpt::Piece;
pub use fold::{fold, fold_onto};
pub use query::Query;
