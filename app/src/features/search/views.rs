//! The search: the form, and what was found with what stands around it.

mod found;
mod sample;

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::model::{Hit, Kind, MAX_QUERY};
use crate::words::{fill, t};
use crate::{
    features::labels,
    opaque_debug,
    web::{
        forms::{Entry, Errors, boxes, check, choices as offered},
        page::{Page, how_to, page as frame},
        ui::{Ctx, Profession, Tab, Topbar, icon},
        urls,
    },
};

/// What stands in the form, as typed.
#[derive(Clone, Default)]
pub struct Typed {
    pub q: String,
    pub group: String,
    pub author: String,
    pub profession: String,
    pub facility: String,
    pub kinds: Vec<String>,
    pub has_files: bool,
    pub label: String,
    pub from: String,
    pub to: String,
}

impl Typed {
    fn has_filters(&self) -> bool {
        let texts =
            [&self.group, &self.author, &self.profession, &self.facility, &self.label, &self.from, &self.to];
        self.has_files || !self.kinds.is_empty() || texts.iter().any(|text| !text.is_empty())
    }
}

#[derive(Clone)]
pub struct PersonChoice {
    pub id: Uuid,
    pub name: String,
    pub profession: String,
    pub facility: String,
}

/// What the filters offer.
#[derive(Clone)]
pub struct Choices {
    /// In the order of the list.
    pub groups: Vec<(Uuid, String)>,
    pub people: Vec<PersonChoice>,
    pub facilities: Vec<(Uuid, String)>,
}

impl Choices {
    pub fn title(&self, group: Uuid) -> &str {
        self.groups.iter().find(|(id, _)| *id == group).map_or("", |(_, title)| title)
    }
}

/// One hit with the patient's name, or the title of the group.
#[derive(Clone)]
pub struct HitRow {
    pub title: String,
    pub hit: Hit,
}

#[derive(Clone)]
pub struct Results {
    /// Newest first.
    pub rows: Vec<HitRow>,
    pub next: Option<String>,
    /// The time was up before the page was full.
    pub unfinished: bool,
    pub searched_back_to: Option<Timestamp>,
    /// Whether this is not the first page.
    pub goes_on: bool,
    pub now: Timestamp,
}

#[derive(Clone)]
pub struct SearchView {
    pub typed: Typed,
    pub choices: Choices,
    pub errors: Errors,
    pub results: Option<Results>,
}

opaque_debug!(Typed, PersonChoice, Choices, HitRow, Results, SearchView);

/// The page `/search`. The heading is the same whatever was looked for: it stands in the browser's tab.
pub fn page(view: &SearchView, ctx: &Ctx) -> Markup {
    let body = html! {
        (view.errors.summary())
        (form(view))
        @match &view.results {
            Some(results) => (found::section(view, results)),
            None => @if view.typed.q.is_empty() { (what_can_be_found()) (how_to("search")) },
        }
    };
    let back = view.typed.group.parse().ok().map(urls::group);
    let bar = Topbar {
        title: t("検索"),
        back: back.as_deref().map(|href| (href, t("グループに戻る"))),
        ..Topbar::default()
    };
    frame(ctx, Page { title: t("検索"), tab: Tab::Search, bar, body })
}

fn form(view: &SearchView) -> Markup {
    let typed = &view.typed;
    html! {
        form class="stack" role="search" method="post" action=(urls::search()) {
            @if let Some(why) = view.errors.of("q") { p class="error" id="q-error" { (icon("alert")) span { (why) } } }
            div class="search-form" {
                div class="search" {
                    (icon("search"))
                    input class="input" type="search" id="q" name="q" value=(typed.q) aria-label=(t("探すことば")) placeholder=(t("ことば（例: 血圧　咳）"))
                        autocomplete="off" enterkeyhint="search" maxlength=(MAX_QUERY * 2) required
                        aria-invalid=[view.errors.of("q").map(|_| "true")] aria-describedby=[view.errors.of("q").map(|_| "q-error")];
                }
                button class="btn primary" type="submit" { (t("探す")) }
            }
            details class="opens" open[typed.has_filters() && view.results.is_none()] {
                summary { (t("絞り込む")) @if typed.has_filters() { (t("（指定あり）")) } }
                (filters(view))
            }
        }
    }
}

fn filters(view: &SearchView) -> Markup {
    let (typed, errors) = (&view.typed, &view.errors);
    let all = |word: &str| (String::new(), word.to_owned());
    let ids = |list: &[(Uuid, String)], first: &str| -> Vec<(String, String)> {
        let row = |(id, name): &(Uuid, String)| (id.to_string(), name.clone());
        std::iter::once(all(first)).chain(list.iter().map(row)).collect()
    };
    let groups = ids(&view.choices.groups, t("すべて"));
    let facilities = ids(&view.choices.facilities, t("すべて"));
    let people: Vec<_> = std::iter::once(all(t("だれでも")))
        .chain(view.choices.people.iter().map(|p| {
            let profession = Profession::of(&p.profession).label();
            (
                p.id.to_string(),
                fill(
                    t("{0}（{profession}・{1}）"),
                    &[("0", &p.name), ("profession", &profession), ("1", &p.facility)],
                ),
            )
        }))
        .collect();
    let professions: Vec<_> = std::iter::once(all(t("すべて")))
        .chain(Profession::all().map(|p| (p.code().to_owned(), p.label().to_owned())))
        .collect();
    let labels: Vec<_> = std::iter::once(all(t("すべて")))
        .chain(labels::model::all().map(|(code, word)| (code.to_owned(), word.to_owned())))
        .collect();
    let kinds: Vec<_> = Kind::ALL.iter().map(|k| (k.code().to_owned(), k.label().to_owned())).collect();
    html! {
        div class="stack" {
            (Entry::select("group", t("患者さん・グループ"), &offered(&groups)).value(&typed.group).errors(errors))
            (Entry::select("author", t("書いた人"), &offered(&people)).value(&typed.author).errors(errors))
            (Entry::select("profession", t("職種"), &offered(&professions)).value(&typed.profession).errors(errors))
            (Entry::select("facility", t("施設"), &offered(&facilities)).value(&typed.facility).errors(errors))
            (boxes("kind", t("探すところ（選ばなければ全部）"), &kinds, &typed.kinds, errors))
            (check("files", t("ファイルのついた投稿だけ"), "", typed.has_files, errors))
            (Entry::select("label", t("ラベル"), &offered(&labels)).value(&typed.label).errors(errors))
            div class="pair" {
                (Entry::date("from", t("この日から")).value(&typed.from).errors(errors))
                (Entry::date("to", t("この日まで")).value(&typed.to).errors(errors))
            }
            button class="btn" type="submit" { (icon("search")) (t("この条件で探す")) }
        }
    }
}

fn what_can_be_found() -> Markup {
    html! {
        div class="panel stack" {
            h2 { (t("探せるもの")) }
            ul class="hints" {
                li { (t("あなたが入っているグループの投稿と訂正（終わったグループも）")) }
                li { (t("投稿についたファイルの名前")) }
                li { (t("患者さんのお名前と基礎情報（いまの版）")) }
            }
            p class="small soft" {
                (t("全角・半角、ひらがな・カタカナ、大文字・小文字は区別しません。1文字からでも探せます。"))
                (t("ことばを空けて並べると、すべてを含むものを探します。\"夜間 せん妄\" のように囲むと、続きのことばとして探します。"))
            }
            p class="small soft" { (t("探したことは、アクセス記録に残ります。探したことばは、残りません。")) }
        }
    }
}
