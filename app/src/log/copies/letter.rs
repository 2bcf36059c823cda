//! The letter with a copy.

use super::Copy;
use crate::mail::Letter;

pub fn letter(copy: &Copy) -> Letter {
    Letter::new("記録の控え")
        .line("記録があとから書きかえられていないことを、外の人が確かめるための控えです。患者さんの情報は入っていません。")
        .line("このメールは消さずに、長く保管してください。")
        .time("封印した時刻", copy.signed_at)
        .number("記録の数", copy.size, "件")
        .line("")
        .note(&copy.note)
        .line("")
        .line("運営者に確かめてもらうには、このメールの文章をファイルに保存して渡してください（renkei verify --copies ファイル）。")
}
