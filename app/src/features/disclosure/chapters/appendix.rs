//! The tables at the end: checklist with role split, risk register, measurements.

use super::Page;
use crate::features::disclosure::{
    answers::Answer,
    catalogue::{Risk, controls, risks},
};

pub(super) fn write(page: &mut Page<'_>) {
    page.chapter("checklist", "付録A 事業者チェックリストと役割分担");
    page.text("医療情報セキュリティ開示書（MDS/SDS）の項目にならい、ことばを改めた自己点検です。公式の番号との対応づけは、まだ行っていません。「裏づけ」は、答えが拠っている試験、設定、測定、文書の名前です。");
    let hosting = page.state.config.disclosure.hosting;
    let row = |a: &Answer| {
        vec![
            a.control.n.to_string(),
            format!("{}\n（{}・{}）", a.control.question, a.control.area, a.control.id),
            a.verdict.word().to_owned(),
            a.why.clone(),
            a.control.duty.words(hosting).to_owned(),
            if a.backing.is_empty() { "－".to_owned() } else { a.backing.clone() },
        ]
    };
    page.table(
        &["番号", "問い", "答え", "内容・理由", "役割", "裏づけ"],
        page.answers.iter().map(row).collect(),
    );
    page.chapter("risks", "付録B リスク登録簿");
    let row = |r: &Risk| {
        let level = r.likelihood * r.impact;
        vec![
            r.id.clone(),
            r.threat.clone(),
            format!("{level}（起こりやすさ{}×影響{}）", r.likelihood, r.impact),
            in_words(r, page.answers),
            r.residual.clone(),
            r.duty.words(hosting).to_owned(),
        ]
    };
    let rows = risks().iter().map(row).collect();
    page.table(
        &["番号", "脅威", "大きさ", "手当て（チェックリストの番号と、いまの答え）", "残るもの", "役割"],
        rows,
    );
    page.chapter("facts", "付録C 測った値");
    let now = page.state.now;
    let rows = page.state.facts.iter().map(|f| {
        let doubt = f.doubt(now);
        vec![f.title.to_owned(), f.in_words(), if doubt.is_none() { "はい" } else { "いいえ" }.to_owned()]
    });
    page.table(&["項目", "値と測った時", "裏づけになるか"], rows.collect());
}

/// The controls of a risk with their answers of now.
pub(crate) fn in_words(risk: &Risk, answers: &[Answer]) -> String {
    let one = |n: &u32| {
        let area = controls().iter().find(|c| c.n == *n).map_or("", |c| c.area.as_str());
        let word = answers.iter().find(|a| a.control.n == *n).map_or("いいえ", |a| a.verdict.word());
        format!("{n} {area}: {word}")
    };
    risk.controls.iter().map(one).collect::<Vec<_>>().join("\n")
}
