//! The result of a review, for reading, printing and keeping.

use std::collections::HashMap;

use maud::{Markup, html};
use uuid::Uuid;

use super::{
    model::{Item, Proof, Review},
    rules::{outcome_in_words, quarter_in_words},
    views::role,
};
use crate::web::{
    page::{Page, page},
    ui::{Ctx, Tab, Tone, Topbar, callout, icon, time},
    urls,
};

pub fn result_page(
    facility: &str,
    review: &Review,
    items: &[Item],
    proof: &Proof,
    titles: &HashMap<Uuid, String>,
    ctx: &Ctx,
) -> Markup {
    let title = format!("棚卸の結果 {}", quarter_in_words(&review.quarter));
    let count = |codes: &[&str]| {
        items.iter().filter(|i| i.answer.as_deref().is_some_and(|a| codes.contains(&a))).count()
    };
    let (accounts, members): (Vec<&Item>, Vec<&Item>) = items.iter().partition(|i| i.is_account());
    let body = html! {
        (seal(proof))
        @if count(&["spared"]) > 0 {
            (callout(Tone::Danger, "管理者がだれも確かめられていません", html! { p { "返事のない管理者の利用は止めていません。止めると、施設に管理者がいなくなるためです。すぐに確かめてください。" } }))
        }
        section {
            dl.facts-table {
                div { dt { "施設" } dd { (facility) } }
                div { dt { "始めた日時" } dd { (time::to_the_second(review.opened_at)) @if let Some(by) = &review.opened_by { "（" (by) "さん）" } } }
                div { dt { "終わった日時" } dd { (review.closed_at.map(time::to_the_second).unwrap_or_default()) } }
                div { dt { "続ける" } dd { (count(&["keep"])) "件" } }
                div { dt { "外した・止めた" } dd { (count(&["remove", "suspended"])) "件" } }
                div { dt { "返事がない" } dd { (count(&["suspended", "spared", "unanswered"])) "件" } }
            }
        }
        section {
            h2 { "スタッフ " (accounts.len()) "人" }
            (account_rows(&accounts))
        }
        @if !members.is_empty() {
            section {
                h2 { "グループのメンバー " (members.len()) "件" }
                p.small.soft { "ほかの施設が管理するグループは、だれのことかを出していません。" }
                (member_rows(&members, titles))
            }
        }
        (hashes(proof))
        div.row.no-print {
            button.btn.large type="button" data-act="print" hidden { (icon("print")) "印刷する" }
            a.btn.large href=(urls::review_csv(review.id)) { (icon("download")) "CSVで保存" }
        }
    };
    let bar = Topbar {
        title: &title,
        note: Some(facility),
        back: Some((urls::facility_reviews(), "棚卸の一覧に戻る")),
        ..Topbar::default()
    };
    page(ctx, Page { title: "棚卸の結果", tab: Tab::Menu, bar, body })
}

fn seal(proof: &Proof) -> Markup {
    match (proof.holds, &proof.signature) {
        (false, _) => callout(
            Tone::Danger,
            "結果が、書かれたときと違います",
            html! { p { "一覧・答え・署名のどれかが合いません。この結果は使わず、運営に問い合わせてください。" } },
        ),
        (true, Some(_)) => callout(
            Tone::Success,
            "署名を確かめました",
            html! { p { "一覧と答えは、終わったときのままです。" } },
        ),
        (true, None) => callout(
            Tone::Info,
            "署名はまもなく付きます",
            html! { p { "一覧と答えのつながりは合っています。しばらくして開き直してください。" } },
        ),
    }
}

fn outcome(i: &Item) -> &'static str {
    i.answer.as_deref().map_or("", |a| outcome_in_words(a, i.is_account()))
}

/// Two lines for each: a phone shows forty of them.
fn row(i: &Item, who: &str, group: Option<String>) -> Markup {
    let picture = match i.answer.as_deref() {
        Some("keep") => "ok",
        Some("gone") => "out",
        Some("remove" | "suspended") => "ban",
        _ => "warn",
    };
    html! {
        li.entry-row {
            (icon(picture))
            div {
                b { (who) } " " span.badge.plain { (role(&i.role)) }
                @if let Some(group) = group { small { (group) } }
                small { (outcome(i)) @if let Some(by) = &i.by_name { "・" (by) "さん" } @if let Some(at) = i.at { "・" (time::to_the_second(at)) } }
            }
        }
    }
}

fn account_rows(items: &[&Item]) -> Markup {
    html! { ul.panel.flush.rows { @for i in items { (row(i, i.name.as_deref().unwrap_or_default(), None)) } } }
}

/// A group is called by its patient only where the viewer is a member; else by the end of its id.
fn member_rows(items: &[&Item], titles: &HashMap<Uuid, String>) -> Markup {
    let group = |i: &Item| match i.group_id {
        Some(id) => titles
            .get(&id)
            .map_or_else(|| format!("グループ {}", tail(id)), |name| format!("{name}のグループ")),
        None => "ほかの施設が管理するグループ".to_owned(),
    };
    html! { ul.panel.flush.rows { @for i in items { (row(i, i.name.as_deref().unwrap_or("メンバー"), Some(group(i)))) } } }
}

fn tail(id: Uuid) -> String {
    let text = id.simple().to_string();
    text[text.len() - 6..].to_owned()
}

fn hashes(proof: &Proof) -> Markup {
    html! {
        details.opens {
            summary { "確かめるための値" }
            p.small.soft { "結果の全体は、SHA-256でつながれ、Ed25519で署名されています。計算のしかたは運用の手引きにあります。" }
            dl.facts-table {
                div { dt { "一覧" } dd { code { (proof.list) } } }
                div { dt { "結果" } dd { code { (proof.result) } } }
                @if let Some(key) = &proof.public_key { div { dt { "公開鍵" } dd { code { (key) } } } }
                @if let Some(signature) = &proof.signature { div { dt { "署名" } dd { code { (signature) } } } }
            }
        }
    }
}
