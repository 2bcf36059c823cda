//! Choosing a template in a group, and filling it in.

use maud::{Markup, html};
use uuid::Uuid;

use super::{
    fill::{MAX_LINE, MAX_LONG, entry},
    form::{Block, Kind},
    model::{Owner, Template},
};
use crate::words::{fill, t};
use crate::{
    features::groups::views::{self as groups, GroupHeader},
    opaque_debug,
    web::{
        forms::{Entry, Errors, check, hidden},
        page::{how_to, way},
        ui::{self, Choice, Ctx, Shell, Tab, Tone, Topbar, icon},
        urls,
    },
};

/// The page `/groups/{g}/templates`.
#[derive(Clone)]
pub struct ChooserView {
    pub header: GroupHeader,
    pub templates: Vec<Template>,
}

/// The page `/groups/{g}/templates/{t}`.
#[derive(Clone)]
pub struct FillView {
    pub header: GroupHeader,
    /// How many people will read it, the writer included.
    pub readers: u32,
    pub template: Template,
    pub client_id: Uuid,
    /// What was typed before, by entry.
    pub typed: Vec<(String, String)>,
    pub errors: Errors,
    /// Something about the whole form, as a sentence.
    pub notice: Option<&'static str>,
}

opaque_debug!(ChooserView, FillView);

/// The list alone: what opens over the timeline, and what stands on the page.
pub fn choices(view: &ChooserView) -> Markup {
    let group = view.header.group_id;
    html! {
        div.choices.stack {
            @for owner in [Owner::Person, Owner::Facility, Owner::Deployment] {
                @let these: Vec<_> = view.templates.iter().filter(|template| template.owner == owner).collect();
                @if !these.is_empty() {
                    section {
                        h2 { (owner.word()) }
                        ul.ways.panel.flush {
                            @for template in these { (way(&urls::use_template(group, template.id), "list", &template.name, &about(template))) }
                        }
                    }
                }
            }
            p { a.btn.quiet href=(urls::templates()) { (icon("pen")) (t("定型文を作る・直す")) } }
        }
    }
}

/// The headings of a template, as what it is about.
fn about(template: &Template) -> String {
    let heading = |b: Block| match b {
        Block::Heading(h) => Some(h),
        _ => None,
    };
    template.blocks().into_iter().filter_map(heading).collect::<Vec<_>>().join(t("・"))
}

pub fn chooser_page(view: &ChooserView, ctx: &Ctx) -> Markup {
    let group = urls::group(view.header.group_id);
    let body = html! {
        p { (t("選ぶと、書き込める用紙が開きます。送ると、ふつうの投稿になります。")) }
        (choices(view))
        (how_to("templates"))
    };
    frame(&view.header, t("定型文を選ぶ"), (&group, t("チームに戻る")), body, ctx)
}

pub fn fill_page(view: &FillView, ctx: &Ctx) -> Markup {
    let back = urls::group_templates(view.header.group_id);
    let action = urls::use_template(view.header.group_id, view.template.id);
    let body = html! {
        (view.errors.summary())
        @if let Some(notice) = view.notice { (ui::callout(Tone::Caution, "", html! { p { (notice) } })) }
        form.stack.template-form method="post" action=(action) data-keep=(format!("template/{}/{}", view.header.group_id, view.template.id)) data-changed=(t("定型文が直されています。")) data-came-back[view.notice.is_some() || !view.errors.is_empty()] {
            (hidden("client_id", &view.client_id.to_string()))
            (hidden("version", &view.template.version.to_string()))
            p.saved.small.soft role="status" {}
            div.panel.stack { @for (n, block) in view.template.blocks().iter().enumerate() { (input(n, block, view)) } }
            (Entry::text("more", t("ほかに伝えること"), 3).value(typed(view, "more")).errors(&view.errors).max_chars(limit(MAX_LONG)))
            p.notice-line { (icon("lock")) span {
                @if let Some(viewer) = &ctx.viewer { b { (viewer.facility) } (t("として書き、")) } b { (t("チーム ")) (view.readers) (t("人")) } (t("が読みます。"))
            } }
            div.row {
                button.btn.primary.large type="submit" { (icon("send")) (t("この内容で送る")) }
                a.btn.quiet href=(urls::group(view.header.group_id)) { (t("やめる")) }
            }
            (ui::notice_line("info", t("空のままの欄は、投稿に出ません。写真は、送ったあとの返信で付けられます。")))
        }
    };
    frame(&view.header, &view.template.name, (&back, t("定型文を選びなおす")), body, ctx)
}

fn limit(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX / 2)
}

fn typed<'a>(view: &'a FillView, name: &str) -> &'a str {
    view.typed.iter().find(|(n, _)| n == name).map_or("", |(_, text)| text)
}

fn input(n: usize, block: &Block, view: &FillView) -> Markup {
    let name = entry(n);
    let (value, errors) = (typed(view, &name), &view.errors);
    match block {
        Block::Gap => html! {},
        Block::Heading(text) => html! { h2.part { (text) } },
        Block::Text(text) => html! { p { (text) } },
        Block::Check(label) => check(&name, label, "", value == "on", errors),
        Block::Field { label, kind } => field(&name, label, kind, value, errors),
    }
}

fn field(name: &str, label: &str, kind: &Kind, value: &str, errors: &Errors) -> Markup {
    let help = |example: &str| {
        if example.is_empty() { String::new() } else { fill(t("例: {example}"), &[("example", &example)]) }
    };
    match kind {
        Kind::Line { example } => {
            let help = help(example);
            html! { (Entry::line(name, label).value(value).help(&help).errors(errors).max_chars(limit(MAX_LINE))) }
        }
        Kind::Long { example } => {
            let help = help(example);
            html! { (Entry::text(name, label, 3).value(value).help(&help).errors(errors).max_chars(limit(MAX_LONG))) }
        }
        Kind::Number { unit } => {
            let label = if unit.is_empty() {
                label.to_owned()
            } else {
                fill(t("{label}（{unit}）"), &[("label", &label), ("unit", &unit)])
            };
            html! { (Entry::line(name, &label).value(value).errors(errors).inputmode("decimal").autocomplete("off")) }
        }
        Kind::Date => html! { (Entry::date(name, label).value(value).errors(errors)) },
        Kind::Choice(all) => {
            let choices: Vec<Choice<'_>> =
                all.iter().map(|c| Choice { value: c, label: c, help: None }).collect();
            html! { (Entry::select(name, label, &choices).value(value).errors(errors)) }
        }
    }
}

/// A page one step below the timeline: its own heading, the group under it.
fn frame(header: &GroupHeader, title: &str, back: (&str, &str), body: Markup, ctx: &Ctx) -> Markup {
    let named = if header.kind == groups::GroupKind::Patient {
        fill(t("{0} 様"), &[("0", &header.title)])
    } else {
        header.title.clone()
    };
    let between = if header.note.is_empty() { "" } else { t("・") };
    let note = format!("{named}{between}{}", header.note);
    let main = html! {
        (ui::topbar(Topbar { title, note: Some(&note), back: Some(back), ..Topbar::default() }))
        (ui::column(body))
    };
    ui::shell(
        ctx,
        Shell { title: t("定型文"), tab: Tab::Patients, list: None, side: None, in_room: false, main },
    )
}
