//! A result for a spreadsheet program: one line for each item, then what proves it.

use super::{
    model::{Item, Proof, Review},
    rules::{outcome_in_words, quarter_in_words},
};
use crate::web::{csv, ui::time};
use crate::words::t;

const HEAD: [&str; 10] = [
    "番号",
    "種類",
    "名前",
    "ID",
    "役割",
    "最後に使った日時",
    "グループのID",
    "結果",
    "答えた人",
    "答えた日時",
];

pub fn file(review: &Review, items: &[Item], proof: &Proof) -> String {
    let fact = |what: &str, value: String| {
        let mut line: [String; 10] = Default::default();
        line[1] = what.to_owned();
        line[2] = value;
        line
    };
    let rows = items.iter().map(row).chain([
        fact(t("棚卸"), quarter_in_words(&review.quarter)),
        fact(t("始めた日時"), time::machine(review.opened_at)),
        fact(t("終わった日時"), review.closed_at.map(time::machine).unwrap_or_default()),
        fact(t("一覧のハッシュ値"), proof.list.clone()),
        fact(t("結果のハッシュ値"), proof.result.clone()),
        fact(t("公開鍵"), proof.public_key.clone().unwrap_or_default()),
        fact(t("署名"), proof.signature.clone().unwrap_or_default()),
    ]);
    csv::file(HEAD.map(t), rows)
}

fn row(i: &Item) -> [String; 10] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    [
        i.n.to_string(),
        if i.is_account() { t("アカウント") } else { t("メンバー") }.to_owned(),
        text(&i.name),
        text(&i.login_id),
        super::views::role(&i.role).to_owned(),
        i.used_at.map(time::machine).unwrap_or_default(),
        i.group_id.map(|id| id.to_string()).unwrap_or_default(),
        i.answer.as_deref().map_or("", |a| outcome_in_words(a, i.is_account())).to_owned(),
        text(&i.by_name),
        i.at.map(time::machine).unwrap_or_default(),
    ]
}
