//! Asking for a connection, in three steps.

use maud::{Markup, html};
use uuid::Uuid;

use super::model::MAX_GREETING;
use crate::words::t;
use crate::{
    opaque_debug,
    web::{
        forms::{Entry, Errors, hidden, search},
        page::{Page, page, way},
        person::Person,
        ui::{Ctx, Size, Tab, Topbar, avatar, empty, icon, notice_line},
        urls,
    },
};

fn step(ctx: &Ctx, back: (&str, &str), body: Markup) -> Markup {
    let title = t("つながりを申し込む");
    let bar = Topbar { title, back: Some(back), ..Topbar::default() };
    page(ctx, Page { title, tab: Tab::Connections, bar, body })
}

/// Step 1: which facility. Each with its id, name and one line.
#[derive(Debug, Clone)]
pub struct WhereView {
    pub q: String,
    pub rows: Vec<(Uuid, String, String)>,
}

impl WhereView {
    pub fn sample() -> Self {
        let row = |n, name: &str, line: &str| (Uuid::from_u128(n), name.to_owned(), line.to_owned());
        Self {
            q: "こ".to_owned(),
            rows: vec![
                row(1, "そらまめ訪問看護ステーション", "訪問看護ステーション・あなたの施設"),
                row(2, "医療法人社団 木漏れ日会 こもれび歯科 在宅診療部", "歯科診療所"),
            ],
        }
    }
}

pub fn where_page(view: &WhereView, ctx: &Ctx) -> Markup {
    let here = urls::new_connection();
    let body = html! {
        p.soft { (t("1 / 3　施設を選ぶ")) }
        (search(here, t("施設を探す"), t("施設の名前で探す"), &view.q))
        @if view.rows.is_empty() {
            (empty("facility", t("見つかりませんでした"), t("名前の一部だけで探してみてください。まだこのネットワークに入っていない施設は、出てきません。"), None))
        } @else {
            ul.ways.panel.flush { @for (id, name, line) in &view.rows { (way(&format!("{here}?facility={id}"), "facility", name, line)) } }
        }
    };
    step(ctx, (urls::connections(), t("つながりに戻る")), body)
}

/// Somebody who may be asked.
#[derive(Debug, Clone)]
pub struct Found {
    pub person: Person,
    /// Connected, or asked already: cannot be chosen.
    pub already: Option<&'static str>,
}

/// Step 2: which person.
#[derive(Debug, Clone)]
pub struct WhoView {
    pub facility: (Uuid, String),
    pub q: String,
    pub rows: Vec<Found>,
}

impl WhoView {
    pub fn sample() -> Self {
        let rows = Person::samples()
            .into_iter()
            .take(12)
            .enumerate()
            .map(|(n, person)| Found { person, already: (n == 2).then_some("つながっています") });
        Self {
            facility: (Uuid::from_u128(1), "そらまめ訪問看護ステーション".to_owned()),
            q: String::new(),
            rows: rows.collect(),
        }
    }
}

pub fn who_page(view: &WhoView, ctx: &Ctx) -> Markup {
    let here = urls::new_connection();
    let (facility, name) = &view.facility;
    let body = html! {
        p.soft { (t("2 / 3　人を選ぶ")) }
        h2 { (name) }
        form.search-form role="search" action=(here) {
            (hidden("facility", &facility.to_string()))
            div.search {
                (icon("search"))
                input.input type="search" name="q" value=(view.q) aria-label=(t("人を探す")) placeholder=(t("名前・職種で探す")) autocomplete="off";
            }
            button.btn type="submit" { (t("探す")) }
        }
        @if view.rows.is_empty() {
            (empty("patient", t("見つかりませんでした"), t("名前の一部だけで探してみてください。"), None))
        } @else {
            ul.panel.flush.rows { @for one in &view.rows { (found(*facility, one)) } }
        }
    };
    step(ctx, (here, t("施設を選びなおす")), body)
}

fn found(facility: Uuid, one: &Found) -> Markup {
    let person = &one.person;
    html! {
        li.entry-row {
            (avatar(&person.name, person.profession, Size::Medium))
            div { b { (person.name) } p.affiliation { (person.affiliation()) } }
            @match one.already {
                Some(words) => span.badge.plain { (words) },
                None => a.btn href=(urls::ask_person(facility, person.account_id)) aria-label={ (person.name) (t("さんを選ぶ")) } { (t("選ぶ")) },
            }
        }
    }
}

/// Step 3: a few words.
#[derive(Clone)]
pub struct AskView {
    pub client_id: Uuid,
    pub facility: Uuid,
    pub person: Person,
    /// The viewer's own link: there is nobody to ask.
    pub me: bool,
    pub greeting: String,
    pub errors: Errors,
}

opaque_debug!(AskView);

impl AskView {
    pub fn sample() -> Self {
        Self {
            client_id: Uuid::from_u128(79),
            facility: Uuid::from_u128(1),
            person: Person::samples().swap_remove(5),
            me: false,
            greeting: "先日の会議でお会いした五十嵐です。".to_owned(),
            errors: Errors::none(),
        }
    }
}

pub fn ask_page(view: &AskView, ctx: &Ctx) -> Markup {
    let back = format!("{}?facility={}", urls::new_connection(), view.facility);
    let max = u32::try_from(MAX_GREETING).unwrap_or(u32::MAX);
    let body = html! {
        @if view.me {
            (empty("link", t("これはあなたのリンクです"), t("ほかの人に読み取ってもらってください。"), Some(html! { a.btn.primary href=(urls::my_connection_link()) { (t("自分の二次元コードを見る")) } })))
        } @else {
            p.soft { (t("3 / 3　ひとこと書いて、申し込む")) }
            (view.errors.summary())
            (view.person.head())
            form.stack method="post" action=(urls::connections()) data-keep=(format!("connection/{}/{}", view.facility, view.person.account_id)) data-came-back[!view.errors.is_empty()] {
                (hidden("client_id", &view.client_id.to_string()))
                (hidden("facility", &view.facility.to_string()))
                (hidden("person", &view.person.account_id.to_string()))
                (Entry::text("greeting", t("ひとこと"), 3).value(&view.greeting).help(t("例: 先日の会議でお会いした五十嵐です。患者さんのことは書きません。")).errors(&view.errors).max_chars(max))
                (notice_line("info", t("相手が承知すると、つながります。返事がないこともあります。")))
                div.row {
                    button.btn.primary.large type="submit" { (icon("send")) (t("申し込む")) }
                    a.btn.quiet href=(urls::connections()) { (t("やめる")) }
                }
            }
        }
    };
    step(ctx, (&back, t("人を選びなおす")), body)
}
