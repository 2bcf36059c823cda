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
use crate::words::{fill, t};

pub fn result_page(
    facility: &str,
    review: &Review,
    items: &[Item],
    proof: &Proof,
    titles: &HashMap<Uuid, String>,
    ctx: &Ctx,
) -> Markup {
    let title = fill(t("棚卸の結果 {0}"), &[("0", &quarter_in_words(&review.quarter))]);
    let count = |codes: &[&str]| {
        items.iter().filter(|i| i.answer.as_deref().is_some_and(|a| codes.contains(&a))).count()
    };
    let (accounts, members): (Vec<&Item>, Vec<&Item>) = items.iter().partition(|i| i.is_account());
    let body = html! {
        (seal(proof))
        @if count(&["spared"]) > 0 {
            (callout(Tone::Danger, t("管理者がだれも確かめられていません"), html! { p { (t("返事のない管理者の利用は止めていません。止めると、施設に管理者がいなくなるためです。すぐに確かめてください。")) } }))
        }
        section {
            dl.facts-table {
                div { dt { (t("施設")) } dd { (facility) } }
                div { dt { (t("始めた日時")) } dd { (time::to_the_second(review.opened_at)) @if let Some(by) = &review.opened_by { (t("（")) (by) (t("さん）")) } } }
                div { dt { (t("終わった日時")) } dd { (review.closed_at.map(time::to_the_second).unwrap_or_default()) } }
                div { dt { (t("続ける")) } dd { (count(&["keep"])) (t("件")) } }
                div { dt { (t("外した・止めた")) } dd { (count(&["remove", "suspended"])) (t("件")) } }
                div { dt { (t("返事がない")) } dd { (count(&["suspended", "spared", "unanswered"])) (t("件")) } }
            }
        }
        section {
            h2 { (t("スタッフ ")) (accounts.len()) (t("人")) }
            (account_rows(&accounts))
        }
        @if !members.is_empty() {
            section {
                h2 { (t("グループのメンバー ")) (members.len()) (t("件")) }
                p.small.soft { (t("ほかの施設が管理するグループは、だれのことかを出していません。")) }
                (member_rows(&members, titles))
            }
        }
        (hashes(proof))
        div.row.no-print {
            button.btn.large type="button" data-act="print" hidden { (icon("print")) (t("印刷する")) }
            a.btn.large href=(urls::review_csv(review.id)) { (icon("download")) (t("CSVで保存")) }
        }
    };
    let bar = Topbar {
        title: &title,
        note: Some(facility),
        back: Some((urls::facility_reviews(), t("棚卸の一覧に戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title: t("棚卸の結果"), tab: Tab::Menu, bar, body })
}

fn seal(proof: &Proof) -> Markup {
    match (proof.holds, &proof.signature) {
        (false, _) => callout(
            Tone::Danger,
            t("結果が、書かれたときと違います"),
            html! { p { (t("一覧・答え・署名のどれかが合いません。この結果は使わず、運営に問い合わせてください。")) } },
        ),
        (true, Some(_)) => callout(
            Tone::Success,
            t("署名を確かめました"),
            html! { p { (t("一覧と答えは、終わったときのままです。")) } },
        ),
        (true, None) => callout(
            Tone::Info,
            t("署名はまもなく付きます"),
            html! { p { (t("一覧と答えのつながりは合っています。しばらくして開き直してください。")) } },
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
                small { (outcome(i)) @if let Some(by) = &i.by_name { (t("・")) (by) (t("さん")) } @if let Some(at) = i.at { (t("・")) (time::to_the_second(at)) } }
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
        Some(id) => titles.get(&id).map_or_else(
            || fill(t("グループ {0}"), &[("0", &tail(id))]),
            |name| fill(t("{name}のグループ"), &[("name", &name)]),
        ),
        None => t("ほかの施設が管理するグループ").to_owned(),
    };
    html! { ul.panel.flush.rows { @for i in items { (row(i, i.name.as_deref().unwrap_or(t("メンバー")), Some(group(i)))) } } }
}

fn tail(id: Uuid) -> String {
    let text = id.simple().to_string();
    text[text.len() - 6..].to_owned()
}

fn hashes(proof: &Proof) -> Markup {
    html! {
        details.opens {
            summary { (t("確かめるための値")) }
            p.small.soft { (t("結果の全体は、SHA-256でつながれ、Ed25519で署名されています。計算のしかたは運用の手引きにあります。")) }
            dl.facts-table {
                div { dt { (t("一覧")) } dd { code { (proof.list) } } }
                div { dt { (t("結果")) } dd { code { (proof.result) } } }
                @if let Some(key) = &proof.public_key { div { dt { (t("公開鍵")) } dd { code { (key) } } } }
                @if let Some(signature) = &proof.signature { div { dt { (t("署名")) } dd { code { (signature) } } } }
            }
        }
    }
}
