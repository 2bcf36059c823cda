//! 1-1 to 1-4: policies, people, trust, soundness.

use super::Page;
use crate::features::documents::policies::{POLICIES, audience, views::day};

pub(super) fn write(page: &mut Page<'_>) {
    policies(page);
    people(page);
    trust(page);
    page.chapter("1-4", "1-4 経営の健全性");
    page.section("事業者");
    page.text(page.state.statement("provider"));
    page.section("財務の公開");
    page.text(page.state.statement("finances"));
}

fn policies(page: &mut Page<'_>) {
    page.chapter("1-1", "1-1 基本方針・取扱規程等の整備状況");
    let state = page.state;
    let row = |p: &crate::features::documents::policies::Policy| match state.policy(p.code) {
        Some(v) => vec![
            v.title.clone(),
            format!("第{}版（{}から）", v.n, day(v.effective_on)),
            match v.audience.as_str() {
                "public" => format!("公開（/policies/{}）", p.code),
                other => audience(other).to_owned(),
            },
            if v.must_accept {
                "スタッフ全員に同意を求めている"
            } else {
                "求めていない"
            }
            .to_owned(),
        ],
        None => vec![p.title.to_owned(), "公開していません".into(), "－".into(), "－".into()],
    };
    page.table(&["文書", "版", "読める人", "同意"], POLICIES.iter().map(row).collect());
    page.text("どの文書も版を重ねて保存し、前の版は消えません。同意を求める版が出ると、スタッフは次の画面で、前の版との違いを読んで同意するまで先へ進めません。だれが、いつ、どの版に同意したかが残ります。");
}

fn people(page: &mut Page<'_>) {
    page.chapter("1-2", "1-2 実施体制");
    let people: Vec<Vec<String>> = page
        .state
        .entries("person")
        .map(|p| {
            let until = if p.get("to").is_empty() { String::new() } else { format!("〜{}", p.get("to")) };
            vec![
                p.words("role"),
                p.get("name").to_owned(),
                p.get("duty").to_owned(),
                format!("{}から{until}", p.get("from")),
            ]
        })
        .collect();
    if people.is_empty() {
        page.text("責任者は、まだ登録されていません。");
    } else {
        page.table(&["役割", "氏名", "職務", "期間"], people);
    }
    page.section("教育と守秘");
    let text = page.state.statement("training");
    page.text(text);
    let text = format!("システムを動かす画面を使える人: {}。", page.state.measured("operators"));
    page.text(text);
}

fn trust(page: &mut Page<'_>) {
    page.chapter("1-3", "1-3 信用度");
    page.section("認証と監査");
    let certificates: Vec<Vec<String>> = page
        .state
        .entries("certificate")
        .map(|c| {
            let until =
                if c.get("to").is_empty() { String::new() } else { format!("（{}まで）", c.get("to")) };
            vec![
                c.words("what"),
                c.get("number").to_owned(),
                c.get("issuer").to_owned(),
                format!("{}{until}", c.get("from")),
                c.get("result").to_owned(),
            ]
        })
        .collect();
    if certificates.is_empty() {
        page.text("プライバシーマーク、ISO/IEC 27001・27017などの認証と、第三者の監査は、いまはありません。");
    } else {
        page.table(&["種類", "番号", "審査した人", "日付", "結果"], certificates);
    }
    page.section("事故の有無");
    let text = format!("記録された事故: {}。", page.state.measured("incidents"));
    page.text(text);
    page.section("目的外の利用");
    page.text("預かった情報を、連携のため以外に使いません。広告、統計、学習への提供はなく、画面にも外部の計測や広告の部品はありません（外へ出る通信先は 2-2 の表だけです）。");
}
