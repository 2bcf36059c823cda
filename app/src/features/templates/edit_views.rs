//! One's own templates and the facility's: the list, one of them, and the form that writes it.

use maud::{Markup, html};
use uuid::Uuid;

use super::{
    form::{Block, Kind},
    model::{MAX_CONTENT, MAX_NAME, Owner, Template},
};
use crate::{
    opaque_debug,
    web::{
        forms::{Entry, Errors, done, hidden},
        page::{Page, page, way},
        ui::{self, Ctx, Tab, Tone, Topbar, difference, icon, notice_line},
        urls,
    },
};

pub struct ListView {
    pub templates: Vec<Template>,
    pub admin: bool,
    pub facility: String,
    pub done: Option<&'static str>,
}

/// The form of a new template, or of one that is changed.
pub struct EditView {
    /// `None`: a new one.
    pub template: Option<Uuid>,
    pub owner: Owner,
    pub client_id: Uuid,
    pub version: u32,
    pub name: String,
    pub content: String,
    pub errors: Errors,
    /// Somebody saved first: their text. What was typed stands in the form.
    pub theirs: Option<Template>,
}

opaque_debug!(ListView, EditView);

fn back_to_list() -> (&'static str, &'static str) {
    (urls::templates(), "定型文の一覧に戻る")
}

fn frame(title: &str, back: (&str, &str), body: Markup, ctx: &Ctx) -> Markup {
    let bar = Topbar { title, back: Some(back), ..Topbar::default() };
    page(ctx, Page { title: "定型文", tab: Tab::Menu, bar, body })
}

pub fn list_page(view: &ListView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done))
        p { "よく書く報告を用紙にしておけます。チームの画面の「定型文」から選んで使います。" }
        @for owner in [Owner::Person, Owner::Facility, Owner::Deployment] {
            section {
                h2 { (owner.word()) @if owner == Owner::Facility { span.small.soft { "（" (view.facility) "）" } } }
                @let these: Vec<_> = view.templates.iter().filter(|t| t.owner == owner).collect();
                @if these.is_empty() { p.soft { "まだありません。" } } @else {
                    ul.ways.panel.flush { @for t in these { (way(&urls::template(t.id), "list", &t.name, "")) } }
                }
                @if owner == Owner::Person || owner == Owner::Facility && view.admin {
                    p { a.btn href=(urls::new_template(owner.code(), None)) { (icon("plus")) (owner.word()) "を作る" } }
                }
            }
        }
        (notice_line("info", "はじめからある定型文は、写して自分用・施設用に直せます。"))
    };
    frame("定型文", (urls::menu(), "メニューに戻る"), body, ctx)
}

/// One template that the viewer may not change, with ways to copy it.
pub fn template_page(t: &Template, admin: bool, ctx: &Ctx) -> Markup {
    let body = html! {
        p.soft { (t.owner.word()) "・版" (t.version) }
        section { h2 { "用紙の中身" } div.panel { (outline(&t.blocks())) } }
        div.row {
            a.btn.primary href=(urls::new_template("person", Some(t.id))) { (icon("plus")) "自分用に写す" }
            @if admin && t.owner != Owner::Facility { a.btn href=(urls::new_template("facility", Some(t.id))) { (icon("plus")) "施設用に写す" } }
        }
    };
    frame(&t.name, back_to_list(), body, ctx)
}

/// What the form will ask for, in words.
fn outline(blocks: &[Block]) -> Markup {
    html! {
        ul.outline {
            @for block in blocks {
                @match block {
                    Block::Gap => {},
                    Block::Heading(text) => li.strong { "■ " (text) },
                    Block::Text(text) => li { (text) },
                    Block::Check(label) => li { "□ " (label) },
                    Block::Field { label, kind } => li { (label) span.soft { "　" (asked(kind)) } },
                }
            }
        }
    }
}

fn asked(kind: &Kind) -> String {
    match kind {
        Kind::Line { .. } => "1行の文".to_owned(),
        Kind::Long { .. } => "何行かの文".to_owned(),
        Kind::Number { unit } if unit.is_empty() => "数".to_owned(),
        Kind::Number { unit } => format!("数（{unit}）"),
        Kind::Date => "日付".to_owned(),
        Kind::Choice(all) => all.join(" / "),
    }
}

pub fn edit_page(view: &EditView, ctx: &Ctx) -> Markup {
    let action = view.template.map_or_else(|| urls::new_template_form().to_owned(), urls::template);
    let title = match (view.template, view.owner) {
        (Some(_), _) => view.name.clone(),
        (None, owner) => format!("{}を作る", owner.word()),
    };
    let body = html! {
        (view.errors.summary())
        @if let Some(theirs) = &view.theirs { (overtaken(theirs, &view.content)) }
        form.stack method="post" action=(action) {
            (hidden("client_id", &view.client_id.to_string()))
            (hidden("version", &view.version.to_string()))
            (hidden("owner", view.owner.code()))
            (Entry::line("name", "名前").value(&view.name).errors(&view.errors).need().max_chars(limit(MAX_NAME)))
            (Entry::text("content", "用紙の中身", 16).value(&view.content).errors(&view.errors).need().max_chars(limit(MAX_CONTENT))
                .help("1行に1つずつ書きます。患者さんの名前やようすは書かないでください。"))
            (how_to_write())
            div.row {
                button.btn.primary.large type="submit" { @if view.template.is_some() { "新しい版として保存する" } @else { "保存する" } }
                a.btn.quiet href=(urls::templates()) { "やめる" }
            }
        }
        @if let Some(id) = view.template {
            details.opens {
                summary { "この定型文を使わないようにする" }
                form.stack-s method="post" action=(urls::template_removal(id)) {
                    (hidden("version", &view.version.to_string()))
                    p.small { "一覧に出なくなります。これまでに送った投稿は、そのまま残ります。" }
                    button.btn.danger-quiet type="submit" { (icon("trash")) "使わないようにする" }
                }
            }
        }
    };
    frame(&title, back_to_list(), body, ctx)
}

fn limit(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX / 2)
}

fn overtaken(theirs: &Template, mine: &str) -> Markup {
    ui::callout(
        Tone::Caution,
        "書いているあいだに、ほかの人が先に保存しました",
        html! {
            p { "あなたの文は、下の欄に残っています。もう一度保存すると、あなたの文が新しい版になります。" }
            p.strong { "先に保存された版（" (theirs.name) "）とのちがい" }
            (difference(&theirs.content, mine))
        },
    )
}

/// The spelling, with an example of each kind of line.
fn how_to_write() -> Markup {
    let rows = [
        ("■ 見出し", "見出し"),
        ("□ 口の中を見た", "チェックする欄"),
        ("体温：[数 ℃]", "数と単位"),
        ("次の訪問：[日付]", "日付"),
        ("食事：[全量/8割/半分/なし]", "1つ選ぶ欄"),
        ("ようす：[文]", "1行の文"),
        ("経過：[長文]", "何行かの文"),
        ("それ以外の行", "そのまま投稿に出る文"),
    ];
    html! {
        details.opens open {
            summary { "書き方" }
            dl.spelling { @for (line, meaning) in rows { div { dt { code { (line) } } dd { (meaning) } } } }
        }
    }
}
