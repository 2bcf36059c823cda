//! The reviews of a facility, and one that is open: forty people on a phone, one tap each.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    model::{Item, Review},
    rules::{outcome_in_words, quarter_in_words},
};
use crate::words::{fill, t};
use crate::{
    features::facilities::views::{AdminTab, admin_bar},
    web::{
        forms::{done, hidden},
        page::{Page, Step, consequences, page, way},
        ui::{Ctx, Profession, Size, Tab, Tone, Topbar, avatar, callout, empty, icon, profession, time},
        urls,
    },
};

pub struct ListView {
    pub facility: String,
    pub reviews: Vec<Review>,
    pub client_id: Uuid,
    pub now: Timestamp,
    /// Why none was opened.
    pub refusal: Option<Cow<'static, str>>,
}

/// The role in words.
pub fn role(code: &str) -> &'static str {
    match code {
        "admin" => t("管理者"),
        "staff" => t("スタッフ"),
        "host" => t("ホスト"),
        "guest" => t("一時参加"),
        _ => t("メンバー"),
    }
}

pub fn profession_of(code: Option<&str>) -> Profession {
    code.and_then(Profession::from_code).unwrap_or(Profession::Other)
}

/// `12 / 40人`, as a bar too.
pub fn progress(answered: usize, all: usize) -> Markup {
    html! {
        div.progress {
            progress max=(all.max(1)) value=(answered) aria-label=(t("確かめた人数")) {}
            p.spread { (t("確かめた人 ")) (answered) " / " (all) (t("人")) }
        }
    }
}

pub fn list_page(view: &ListView, ctx: &Ctx) -> Markup {
    let open = view.reviews.iter().any(|r| r.closed_at.is_none());
    let body = html! {
        @if let Some(why) = &view.refusal { (callout(Tone::Danger, t("始めていません"), html! { p { (why) } })) }
        section {
            h2 { (t("棚卸")) }
            p { (t("スタッフのアカウントと、グループのメンバーを、3か月に1度、1人ずつ確かめます。四半期のはじめに、自動で始まります。")) }
            @if view.reviews.is_empty() {
                (empty("list", t("まだありません"), t("四半期のはじめに始まります。いま始めることもできます。"), None))
            } @else {
                ul.panel.flush.ways { @for r in &view.reviews {
                    (way(&urls::facility_review(r.id), "list", &quarter_in_words(&r.quarter), &state(r, view.now)))
                } }
            }
        }
        @if !open {
            form.stack-s method="post" action=(urls::facility_reviews()) {
                (hidden("client_id", &view.client_id.to_string()))
                p.small.soft { (t("異動の多い時期など、四半期を待たずに確かめたいときに使います。管理者とホストに知らせが届きます。")) }
                button.btn.large type="submit" { (icon("plus")) (t("いま棚卸を始める")) }
            }
        }
        ul.panel.flush.ways { (way(urls::unused(), "clock", t("90日使われていないもの"), t("アカウントと端末の一覧"))) }
    };
    page(
        ctx,
        Page { title: t("棚卸"), tab: Tab::Menu, bar: admin_bar(&view.facility, AdminTab::Reviews), body },
    )
}

fn state(r: &Review, now: Timestamp) -> String {
    match r.closed_at {
        Some(at) => fill(t("終わりました・{0}"), &[("0", &time::when(at, now))]),
        None => fill(
            t("確かめた人 {0} / {1}人・期限 {2}"),
            &[("0", &r.answers), ("1", &r.items), ("2", &time::when(r.due_at, now))],
        ),
    }
}

pub struct OneView {
    pub facility: String,
    /// The viewer.
    pub me: Uuid,
    pub review: Review,
    pub items: Vec<Item>,
    pub kept: bool,
    /// Somebody else had answered.
    pub overtaken: bool,
    /// Whose account was just suspended.
    pub removed: Option<Uuid>,
    pub now: Timestamp,
}

pub fn one_page(view: &OneView, ctx: &Ctx) -> Markup {
    let accounts: Vec<&Item> = view.items.iter().filter(|i| i.is_account()).collect();
    let left: Vec<&&Item> = accounts.iter().filter(|i| i.answer.is_none()).collect();
    let title = fill(t("棚卸 {0}"), &[("0", &quarter_in_words(&view.review.quarter))]);
    let body = html! {
        (done(view.kept.then_some(t("「続ける」と答えました。"))))
        @if view.overtaken {
            (callout(Tone::Caution, t("もう別の答えが出ています"), html! { p { (t("ほかの管理者が先に答えました。何も変わっていません。")) } }))
        }
        (removed(view))
        (progress(accounts.len() - left.len(), accounts.len()))
        (what_happens(view))
        @if left.is_empty() {
            (callout(Tone::Success, t("スタッフの確認は終わりました"), html! { p { (t("下のホストの答えがそろうか、期限が来ると、結果がまとまります。")) } }))
        } @else {
            section {
                h2 { (t("確かめるスタッフ ")) (left.len()) (t("人")) }
                ul.panel.flush.rows { @for (n, item) in left.iter().enumerate() { (account_row(view, item, n == 0)) } }
            }
        }
        (hosts(&view.items))
        (answered(&accounts))
    };
    let bar = Topbar {
        title: &title,
        note: Some(&view.facility),
        back: Some((urls::facility_reviews(), t("棚卸の一覧に戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title: t("棚卸"), tab: Tab::Menu, bar, body })
}

fn removed(view: &OneView) -> Markup {
    let item =
        view.items.iter().find(|i| i.is_account() && i.account_id == view.removed && view.removed.is_some());
    html! {
        @if let Some(item) = item {
            (callout(Tone::Success, t("利用を止めました"), html! {
                p { (item.name.as_deref().unwrap_or_default()) (t("さんの利用を止めました。退職・異動のときは、続けて手続きをしてください。間違えたときは、スタッフの一覧で再開できます。")) }
                p { a.btn href=(urls::departure(view.removed.unwrap_or_default())) { (t("退職・異動の手続き")) } }
            }))
        }
    }
}

fn what_happens(view: &OneView) -> Markup {
    let due = fill(t("期限 {0}"), &[("0", &time::when(view.review.due_at, view.now))]);
    let steps = [
        Step { icon: "ok", what: t("続ける"), more: t("いままでどおり使えます") },
        Step {
            icon: "ban",
            what: t("外す"),
            more: t("すぐに利用が止まり、端末からサインアウトします。あとで再開できます"),
        },
        Step {
            icon: "clock",
            what: &due,
            more: t("返事のない人の利用は止まります。途中でやめても、続きから確かめられます"),
        },
    ];
    consequences(t("答えると、こうなります"), &steps)
}

fn account_row(view: &OneView, item: &Item, next: bool) -> Markup {
    let profession_code = profession_of(item.profession.as_deref());
    let name = item.name.as_deref().unwrap_or_default();
    let me = item.account_id == Some(view.me);
    html! {
        li.entry-row id=[next.then_some("next")] {
            (avatar(name, profession_code, Size::Medium))
            div {
                b { (name) }
                @if me { " " span.badge.plain { (t("あなた")) } }
                @if item.role == "admin" { " " span.badge.accent { (icon("shield")) (t("管理者")) } }
                @if item.tie.as_deref() == Some("suspended") { " " span.badge.danger { (icon("ban")) (t("停止中")) } }
                p.affiliation { (profession(profession_code)) " " span { "ID " (item.login_id.as_deref().unwrap_or_default()) } }
                small { (t("最後に使った時刻 ")) (item.used_at.map_or_else(|| t("まだありません").to_owned(), |t| time::when(t, view.now))) }
            }
            (answers(item.id, name, !me))
        }
    }
}

/// The two taps. Nobody suspends oneself.
pub fn answers(item: Uuid, name: &str, may_remove: bool) -> Markup {
    html! {
        form.acts method="post" action=(urls::review_answer(item)) {
            (hidden("client_id", &Uuid::now_v7().to_string()))
            button.btn.primary type="submit" name="answer" value="keep" aria-label={ (name) (t("さんを続ける")) } { (t("続ける")) }
            @if may_remove {
                button.btn.danger-quiet type="submit" name="answer" value="remove" aria-label={ (name) (t("さんを外す")) } { (t("外す")) }
            }
        }
    }
}

/// How far the hosts are: counts alone.
fn hosts(items: &[Item]) -> Markup {
    let mut by_host: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for item in items.iter().filter(|i| !i.is_account()) {
        let count = by_host.entry(item.host.as_deref().unwrap_or_default()).or_default();
        count.0 += usize::from(item.answer.is_some());
        count.1 += 1;
    }
    html! {
        @if !by_host.is_empty() {
            section {
                h2 { (t("グループのメンバー")) }
                p.small.soft { (t("メンバーは、それぞれのグループのホストが確かめます。返事のないメンバーは外さず、結果の一覧に出します。")) }
                ul.panel.flush.rows { @for (host, (answered, all)) in by_host {
                    li.entry-row {
                        (icon("group"))
                        div { b { (host) (t("さん")) } small { (t("確かめたメンバー ")) (answered) " / " (all) (t("人")) } }
                    }
                } }
            }
        }
    }
}

fn answered(accounts: &[&Item]) -> Markup {
    let given: Vec<_> = accounts.iter().filter(|i| i.answer.is_some()).collect();
    html! {
        @if !given.is_empty() {
            details.opens {
                summary { (t("答えた人 ")) (given.len()) (t("人")) }
                ul.panel.flush.rows { @for item in given {
                    li.entry-row {
                        (icon("ok"))
                        div {
                            b { (item.name.as_deref().unwrap_or_default()) }
                            small { (item.answer.as_deref().map_or("", |a| outcome_in_words(a, true)))
                                @if let Some(by) = &item.by_name { (t("・")) (by) (t("さん")) } }
                        }
                    }
                } }
            }
        }
    }
}
