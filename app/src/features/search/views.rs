//! The search: the form, and what was found with what stands around it.

use folding::Piece;
use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::model::{Hit, Kind, MAX_QUERY};
use crate::{
    opaque_debug,
    web::{
        forms::{Entry, Errors, check, choices as offered, hidden},
        page::{Page, page as frame},
        ui::{self, Ctx, Profession, Tab, Tone, Topbar, icon, time},
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
    pub from: String,
    pub to: String,
}

impl Typed {
    fn has_filters(&self) -> bool {
        let texts = [&self.group, &self.author, &self.profession, &self.facility, &self.from, &self.to];
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
            Some(results) => (found(view, results)),
            None => @if view.typed.q.is_empty() { (what_can_be_found()) },
        }
    };
    let back = view.typed.group.parse().ok().map(urls::group);
    let bar = Topbar {
        title: "検索",
        back: back.as_deref().map(|href| (href, "グループに戻る")),
        ..Topbar::default()
    };
    frame(ctx, Page { title: "検索", tab: Tab::Search, bar, body })
}

fn form(view: &SearchView) -> Markup {
    let typed = &view.typed;
    html! {
        form class="stack" role="search" method="post" action=(urls::search()) {
            @if let Some(why) = view.errors.of("q") { p class="error" id="q-error" { (icon("alert")) span { (why) } } }
            div class="search-form" {
                div class="search" {
                    (icon("search"))
                    input class="input" type="search" id="q" name="q" value=(typed.q) aria-label="探すことば" placeholder="ことば（例: 血圧　咳）"
                        autocomplete="off" enterkeyhint="search" maxlength=(MAX_QUERY * 2) required
                        aria-invalid=[view.errors.of("q").map(|_| "true")] aria-describedby=[view.errors.of("q").map(|_| "q-error")];
                }
                button class="btn primary" type="submit" { "探す" }
            }
            details class="opens" open[typed.has_filters() && view.results.is_none()] {
                summary { "絞り込む" @if typed.has_filters() { "（指定あり）" } }
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
    let groups = ids(&view.choices.groups, "すべて");
    let facilities = ids(&view.choices.facilities, "すべて");
    let people: Vec<_> = std::iter::once(all("だれでも"))
        .chain(view.choices.people.iter().map(|p| {
            let profession = Profession::of(&p.profession).label();
            (p.id.to_string(), format!("{}（{profession}・{}）", p.name, p.facility))
        }))
        .collect();
    let professions: Vec<_> = std::iter::once(all("すべて"))
        .chain(Profession::all().map(|p| (p.code().to_owned(), p.label().to_owned())))
        .collect();
    let kinds: Vec<_> = Kind::ALL.iter().map(|k| (k.code().to_owned(), k.label().to_owned())).collect();
    html! {
        div class="stack" {
            (Entry::select("group", "患者さん・グループ", &offered(&groups)).value(&typed.group).errors(errors))
            (Entry::select("author", "書いた人", &offered(&people)).value(&typed.author).errors(errors))
            (Entry::select("profession", "職種", &offered(&professions)).value(&typed.profession).errors(errors))
            (Entry::select("facility", "施設", &offered(&facilities)).value(&typed.facility).errors(errors))
            (crate::web::forms::boxes("kind", "探すところ（選ばなければ全部）", &kinds, &typed.kinds, errors))
            (check("files", "ファイルのついた投稿だけ", "", typed.has_files, errors))
            div class="pair" {
                (Entry::date("from", "この日から").value(&typed.from).errors(errors))
                (Entry::date("to", "この日まで").value(&typed.to).errors(errors))
            }
            button class="btn" type="submit" { (icon("search")) "この条件で探す" }
        }
    }
}

fn what_can_be_found() -> Markup {
    html! {
        div class="panel stack" {
            h2 { "探せるもの" }
            ul {
                li { "あなたが入っているグループの投稿と訂正（終わったグループも）" }
                li { "投稿についたファイルの名前" }
                li { "患者さんのお名前と基礎情報（いまの版）" }
            }
            p class="small soft" {
                "全角・半角、ひらがな・カタカナ、大文字・小文字は区別しません。1文字からでも探せます。"
                "ことばを空けて並べると、すべてを含むものを探します。\"夜間 せん妄\" のように囲むと、続きのことばとして探します。"
            }
            p class="small soft" { "探したことは、アクセス記録に残ります。探したことばは、残りません。" }
        }
    }
}

fn found(view: &SearchView, results: &Results) -> Markup {
    html! {
        section class="stack" aria-labelledby="h-found" {
            h2 id="h-found" role="status" { (count(results)) }
            @if results.rows.is_empty() && !results.unfinished { (nothing(view, results)) }
            @for row in &results.rows { (hit(row, results.now)) }
            @if results.unfinished {
                (ui::callout(Tone::Info, "まだ途中です", html! {
                    p {
                        @if let Some(at) = results.searched_back_to { (time::when(at, results.now)) "より新しいものまで探しました。" }
                        @else { "探す準備をしています。" }
                        "続けて、さらに古い投稿を探せます。"
                    }
                }))
            }
            @if let Some(next) = &results.next { (go_on(view, next, results.unfinished)) }
        }
    }
}

fn count(results: &Results) -> String {
    match (results.rows.len(), results.next.is_some(), results.goes_on) {
        (0, false, true) => "これより古いものはありません".to_owned(),
        (0, false, false) => "見つかりませんでした".to_owned(),
        (0, true, _) => "ここまでには見つかっていません".to_owned(),
        (n, true, _) => format!("新しい順に{n}件（続きがあります）"),
        (n, false, true) => format!("続きの{n}件（これで全部です）"),
        (n, false, false) => format!("{n}件見つかりました"),
    }
}

fn nothing(view: &SearchView, results: &Results) -> Markup {
    html! {
        @if !results.goes_on {
            div class="panel stack" {
                p class="strong" { "次のことを試してください。" }
                ul {
                    li { "ことばを短くする、数を減らす（例: 「褥瘡の処置」→「褥瘡」）" }
                    li { "漢字をかなに、かなを漢字にかえる" }
                    @if view.typed.has_filters() { li { "絞り込みを外す" } }
                    li { "取り消された投稿は、取消の理由だけで探せます" }
                }
            }
        }
    }
}

/// Everything that was typed goes along in the form: the address says nothing.
fn go_on(view: &SearchView, next: &str, unfinished: bool) -> Markup {
    let t = &view.typed;
    let texts = [
        ("q", &t.q),
        ("group", &t.group),
        ("author", &t.author),
        ("profession", &t.profession),
        ("facility", &t.facility),
        ("from", &t.from),
        ("to", &t.to),
    ];
    html! {
        form method="post" action=(urls::search()) {
            @for (name, value) in texts { (hidden(name, value)) }
            @for kind in &t.kinds { (hidden("kind", kind)) }
            @if t.has_files { (hidden("files", "on")) }
            (hidden("cursor", next))
            button class="btn large block" type="submit" {
                @if unfinished { "さらに古い投稿を探す" } @else { "続きを見る" }
            }
        }
    }
}

fn hit(row: &HitRow, now: Timestamp) -> Markup {
    let hit = &row.hit;
    let profession = Profession::of(&hit.author.profession);
    let (href, way) = match (hit.post.zip(hit.group), hit.patient) {
        (Some((post, group)), _) => (urls::post_in_group(group, post), "投稿を開く"),
        (None, Some(patient)) => (urls::face_sheet(patient), "基礎情報を開く"),
        (None, None) => (urls::home().to_owned(), "ホームを開く"),
    };
    html! {
        article class="panel hit" {
            header {
                h3 { a href=(href) { (row.title) span class="sr" { "、" (way) } } }
                span class="kind" { (label(hit)) }
                time class="soft small" datetime=(time::machine(hit.at)) title=(time::date_long(hit.at)) { (time::when(hit.at, now)) }
            }
            @if hit.withdrawn { p class="notice-line" { (icon("ban")) span { "取り消された投稿です。取消の理由に見つかりました。" } } }
            @if hit.corrected_since { p class="notice-line" { (icon("pen")) span { "このあと訂正されました。下は訂正前の文です。" } } }
            @if !hit.excerpt.is_empty() { p class="words" { (pieces(&hit.excerpt)) } }
            @for (label, text) in &hit.fields { p class="words" { span class="soft small" { (label) ": " } (pieces(text)) } }
            @for name in &hit.files { p class="words" { (icon("clip")) span class="sr" { "ファイル名" } " " (pieces(name)) } }
            p class="small soft" {
                @if hit.patient.is_some() { "最後に直した人: " }
                (hit.author.name) " " (ui::profession(profession)) "・" (hit.author.facility)
            }
        }
    }
}

fn label(hit: &Hit) -> &'static str {
    match hit.kind {
        Kind::FaceSheet => "基礎情報",
        kind => kind.label(),
    }
}

fn pieces(pieces: &[Piece]) -> Markup {
    html! {
        @for piece in pieces {
            @if piece.marked { mark { (piece.text) } } @else { (piece.text) }
        }
    }
}
