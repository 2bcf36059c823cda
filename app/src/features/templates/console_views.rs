//! The list at the console, and the form of one template.

use maud::{Markup, html};

use super::{
    console_routes::Typed,
    edit_views::{how_to_write, limit, overtaken},
    model::{MAX_CONTENT, MAX_NAME, Template},
};
use crate::words::t;
use crate::{
    opaque_debug,
    web::{
        console::{Console, console},
        forms::{Entry, Errors, done, hidden},
        page::way,
        ui::{Ctx, icon, submit},
        urls,
    },
};

pub struct ListView {
    /// The operator's.
    pub name: String,
    pub templates: Vec<Template>,
    pub done: Option<&'static str>,
}

pub struct FormView {
    /// The operator's.
    pub name: String,
    pub(super) typed: Typed,
    pub errors: Errors,
    /// Somebody saved first: their text. What was typed stands in the form.
    pub theirs: Option<Template>,
}

opaque_debug!(ListView, FormView);

pub fn list_page(view: &ListView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done))
        p { (t("この連携を使うすべての人に出る定型文です。製品にはじめからあるものの前に並びます。")) }
        @if view.templates.is_empty() { p.soft { (t("まだありません。")) } } @else {
            ul.ways.panel.flush { @for one in &view.templates { (way(&urls::operator_template(one.id), "list", &one.name, "")) } }
        }
        p { a.btn.primary href=(urls::operator_new_template()) { (icon("plus")) (t("定型文を作る")) } }
    };
    console(ctx, Console { title: t("定型文"), name: &view.name, current: urls::operator_templates(), body })
}

pub fn form_page(view: &FormView, ctx: &Ctx) -> Markup {
    let typed = &view.typed;
    let new = typed.version == 0;
    let body = html! {
        (view.errors.summary())
        @if let Some(theirs) = &view.theirs { (overtaken(theirs, &typed.content)) }
        form.stack method="post" action=(urls::operator_new_template()) {
            (hidden("id", &typed.id.to_string()))
            (hidden("version", &typed.version.to_string()))
            (Entry::line("name", t("名前")).value(&typed.name).errors(&view.errors).need().max_chars(limit(MAX_NAME)))
            (Entry::text("content", t("用紙の中身"), 16).value(&typed.content).errors(&view.errors).need().max_chars(limit(MAX_CONTENT))
                .help(t("すべての施設の人が読みます。患者さんや施設の名前は書かないでください。")))
            (how_to_write())
            (submit(if new { t("保存する") } else { t("新しい版として保存する") }))
        }
        @if !new {
            details.more {
                summary { (t("この定型文を使わないようにする")) }
                form.stack-s method="post" action=(urls::operator_template_removal(typed.id)) {
                    (hidden("version", &typed.version.to_string()))
                    p.small { (t("一覧に出なくなります。これまでに送った投稿は、そのまま残ります。")) }
                    button.btn.danger-quiet type="submit" { (icon("trash")) (t("使わないようにする")) }
                }
            }
        }
        p { a.btn.quiet href=(urls::operator_templates()) { (t("定型文の一覧に戻る")) } }
    };
    let title = if new { t("定型文を作る") } else { t("定型文を直す") };
    console(ctx, Console { title, name: &view.name, current: urls::operator_templates(), body })
}
