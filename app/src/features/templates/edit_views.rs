//! One's own templates and the facility's: the list, one of them, and the form that writes it.

use maud::{Markup, html};
use uuid::Uuid;

use super::{
    form::{Block, Kind},
    model::{MAX_CONTENT, MAX_NAME, Owner, Template},
};
use crate::words::{fill, t};
use crate::{
    opaque_debug,
    web::{
        forms::{Entry, Errors, done, hidden},
        page::{Page, how_to, page, way},
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
    /// Somebody saved first: the version on which what is typed began.
    pub began: Option<u32>,
    pub name: String,
    pub content: String,
    pub errors: Errors,
    /// Somebody saved first: their text. What was typed stands in the form.
    pub theirs: Option<Template>,
}

opaque_debug!(ListView, EditView);

fn back_to_list() -> (&'static str, &'static str) {
    (urls::templates(), t("定型文の一覧に戻る"))
}

fn frame(title: &str, back: (&str, &str), body: Markup, ctx: &Ctx) -> Markup {
    let bar = Topbar { title, back: Some(back), ..Topbar::default() };
    page(ctx, Page { title: t("定型文"), tab: Tab::Menu, bar, body })
}

pub fn list_page(view: &ListView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done))
        p { (t("よく書く報告を用紙にしておけます。チームの画面の「定型文」から選んで使います。")) }
        @for owner in [Owner::Person, Owner::Facility, Owner::Deployment] {
            section {
                h2 { (owner.word()) @if owner == Owner::Facility { span.small.soft { (t("（")) (view.facility) (t("）")) } } }
                @let these: Vec<_> = view.templates.iter().filter(|template| template.owner == owner).collect();
                @if these.is_empty() { p.soft { (t("まだありません。")) } } @else {
                    ul.ways.panel.flush { @for template in these { (way(&urls::template(template.id), "list", &template.name, "")) } }
                }
                @if owner == Owner::Person || owner == Owner::Facility && view.admin {
                    p { a.btn href=(urls::new_template(owner.code(), None)) { (icon("plus")) (owner.word()) (t("を作る")) } }
                }
            }
        }
        (notice_line("info", t("みんなの定型文は、写して自分用・施設用に直せます。")))
        (how_to("templates"))
    };
    frame(t("定型文"), (urls::menu(), t("メニューに戻る")), body, ctx)
}

/// One template that the viewer may not change, with ways to copy it.
pub fn template_page(template: &Template, admin: bool, ctx: &Ctx) -> Markup {
    let body = html! {
        p.soft { (template.owner.word()) (t("・版")) (template.version) }
        section { h2 { (t("用紙の中身")) } div.panel { (outline(&template.blocks())) } }
        div.row {
            a.btn.primary href=(urls::new_template("person", Some(template.id))) { (icon("plus")) (t("自分用に写す")) }
            @if admin && template.owner != Owner::Facility { a.btn href=(urls::new_template("facility", Some(template.id))) { (icon("plus")) (t("施設用に写す")) } }
        }
    };
    frame(&template.name, back_to_list(), body, ctx)
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
                    Block::Field { label, kind } => li { (label) span.soft { (t("　")) (asked(kind)) } },
                }
            }
        }
    }
}

fn asked(kind: &Kind) -> String {
    match kind {
        Kind::Line { .. } => t("1行の文").to_owned(),
        Kind::Long { .. } => t("何行かの文").to_owned(),
        Kind::Number { unit } if unit.is_empty() => t("数").to_owned(),
        Kind::Number { unit } => fill(t("数（{unit}）"), &[("unit", &unit)]),
        Kind::Date => t("日付").to_owned(),
        Kind::Choice(all) => all.join(" / "),
    }
}

pub fn edit_page(view: &EditView, ctx: &Ctx) -> Markup {
    let action = view.template.map_or_else(|| urls::new_template_form().to_owned(), urls::template);
    let place = view.template.map_or_else(|| view.owner.code().to_owned(), |id| id.to_string());
    let keep = format!("template-text/{place}");
    let title = match (view.template, view.owner) {
        (Some(_), _) => view.name.clone(),
        (None, owner) => fill(t("{0}を作る"), &[("0", &owner.word())]),
    };
    let body = html! {
        (view.errors.summary())
        @if let Some(theirs) = &view.theirs { (overtaken(theirs, &view.content)) }
        form.stack method="post" action=(action) data-keep=(keep) data-began=(view.began.map(|n| n.to_string()).unwrap_or_default()) data-came-back[!view.errors.is_empty() || view.theirs.is_some()] {
            (hidden("client_id", &view.client_id.to_string()))
            (hidden("version", &view.version.to_string()))
            (hidden("owner", view.owner.code()))
            (Entry::line("name", t("名前")).value(&view.name).errors(&view.errors).need().max_chars(limit(MAX_NAME)))
            (Entry::text("content", t("用紙の中身"), 16).value(&view.content).errors(&view.errors).need().max_chars(limit(MAX_CONTENT))
                .help(t("1行に1つずつ書きます。患者さんの名前やようすは書かないでください。")))
            (how_to_write())
            div.row {
                button.btn.primary.large type="submit" { @if view.template.is_some() { (t("新しい版として保存する")) } @else { (t("保存する")) } }
                a.btn.quiet href=(urls::templates()) { (t("やめる")) }
            }
        }
        @if let Some(id) = view.template {
            details.opens {
                summary { (t("この定型文を使わないようにする")) }
                form.stack-s method="post" action=(urls::template_removal(id)) {
                    (hidden("version", &view.version.to_string()))
                    p.small { (t("一覧に出なくなります。これまでに送った投稿は、そのまま残ります。")) }
                    button.btn.danger-quiet type="submit" { (icon("trash")) (t("使わないようにする")) }
                }
            }
        }
    };
    frame(&title, back_to_list(), body, ctx)
}

pub(super) fn limit(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX / 2)
}

pub(super) fn overtaken(theirs: &Template, mine: &str) -> Markup {
    ui::callout(
        Tone::Caution,
        t("書いているあいだに、ほかの人が先に保存しました"),
        html! {
            p { (t("あなたの文は、下の欄に残っています。もう一度保存すると、あなたの文が新しい版になります。")) }
            p.strong { (t("先に保存された版（")) (theirs.name) (t("）とのちがい")) }
            (difference(&theirs.content, mine))
        },
    )
}

/// The spelling, with an example of each kind of line.
pub(super) fn how_to_write() -> Markup {
    let rows = [
        (t("■ 見出し"), t("見出し")),
        (t("□ 口の中を見た"), t("チェックする欄")),
        (t("体温：[数 ℃]"), t("数と単位")),
        (t("次の訪問：[日付]"), t("日付")),
        (t("食事：[全量/8割/半分/なし]"), t("1つ選ぶ欄")),
        (t("ようす：[文]"), t("1行の文")),
        (t("経過：[長文]"), t("何行かの文")),
        (t("それ以外の行"), t("そのまま投稿に出る文")),
    ];
    html! {
        details.opens open {
            summary { (t("書き方")) }
            dl.spelling { @for (line, meaning) in rows { div { dt { code { (line) } } dd { (meaning) } } } }
        }
    }
}
