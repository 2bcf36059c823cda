//! The register on the console: one list, one form, one history.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    Field, KINDS, Kind, Takes,
    acts::{Entry, Fields, Version},
    spoken,
};
use crate::web::{
    console::{Console, console},
    forms::{self, Errors, done, hidden},
    page::way,
    ui::{Choice, Ctx, difference, icon, time},
    urls,
};
use crate::words::{fill, t};

#[derive(Debug)]
pub struct ListView {
    pub name: String,
    pub entries: Vec<Entry>,
    pub done: bool,
    pub now: Timestamp,
}

pub fn list_page(view: &ListView, ctx: &Ctx) -> Markup {
    let today = time::day_of(view.now);
    let body = html! {
        (done(view.done.then_some(t("保存しました。"))))
        p { (t("ここに書いたことは「安全管理に関する情報提供」にそのまま載ります。直しても前の版は残ります。")) }
        @for kind in &KINDS {
            section {
                h2 { (t(kind.title)) }
                p.small { (t(kind.what)) }
                ul.panel.flush.ways {
                    @for entry in view.entries.iter().filter(|e| e.kind == kind.code) {
                        @let past = if entry.holds_on(today) { "" } else { t("（期間の外）") };
                        (way(&urls::register_entry(entry.id), "pen", &format!("{}{past}", headline(kind, entry)), &line(kind, entry)))
                    }
                    (way(&urls::new_register_entry(kind.code), "plus", &fill(t("{what}を加える"), &[("what", &t(kind.title))]), ""))
                }
            }
        }
    };
    console(
        ctx,
        Console { title: t("体制の台帳"), name: &view.name, current: urls::operator_register(), body },
    )
}

/// The first two fields: what it is.
fn headline(kind: &Kind, entry: &Entry) -> String {
    let short =
        |n: usize| kind.fields.get(n).filter(|f| f.takes != Takes::Text).map(|f| shown(f, &entry.fields));
    [short(0), short(1)]
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(t("・"))
}

/// The rest, on one line.
fn line(kind: &Kind, entry: &Entry) -> String {
    let rest = kind.fields.iter().skip(1).map(|f| shown(f, &entry.fields)).filter(|text| !text.is_empty());
    rest.collect::<Vec<_>>().join(t("・")).chars().take(120).collect()
}

/// What stands in a field, as words.
fn shown<'a>(field: &Field, fields: &'a Fields) -> &'a str {
    let value = fields.get(field.code).map_or("", String::as_str);
    match field.takes {
        Takes::One(list) => spoken(list, value),
        _ => value,
    }
}

#[derive(Debug)]
pub struct EntryView {
    pub name: String,
    pub kind: &'static Kind,
    /// `None`: a new one.
    pub entry: Option<Uuid>,
    pub typed: Fields,
    pub errors: Errors,
    pub versions: Vec<Version>,
    pub now: Timestamp,
}

impl EntryView {
    pub fn new(name: String, kind: &'static Kind) -> Self {
        Self {
            name,
            kind,
            entry: None,
            typed: Fields::new(),
            errors: Errors::none(),
            versions: Vec::new(),
            now: Timestamp::now(),
        }
    }
}

pub fn entry_page(view: &EntryView, ctx: &Ctx) -> Markup {
    let action = view.entry.map_or_else(|| urls::new_register_entry(view.kind.code), urls::register_entry);
    let next = view.versions.first().map_or(1, |v| v.n + 1);
    let body = html! {
        p { a href=(urls::operator_register()) { (icon("back")) (t("台帳へ")) } }
        (view.errors.summary())
        form.stack method="post" action=(action) {
            @if view.entry.is_some() { (hidden("n", &next.to_string())) }
            @for field in view.kind.fields { (entry_field(view, field)) }
            button.btn.primary type="submit" { (t("保存する")) }
        }
        @if view.entry.is_some() && view.versions.first().is_some_and(|v| !v.removed) {
            form method="post" action=(action) {
                (hidden("n", &next.to_string())) (hidden("remove", "1"))
                button.btn type="submit" { (icon("x")) (t("台帳から外す（履歴は残ります）")) }
            }
        }
        @if !view.versions.is_empty() { (history(view)) }
    };
    console(
        ctx,
        Console { title: t(view.kind.title), name: &view.name, current: urls::operator_register(), body },
    )
}

fn entry_field(view: &EntryView, field: &Field) -> Markup {
    let value = view.typed.get(field.code).map_or("", String::as_str);
    let choices: Vec<Choice<'_>> = match field.takes {
        Takes::One(list) => {
            list.iter().map(|(value, label)| Choice { value, label: t(label), help: None }).collect()
        }
        _ => Vec::new(),
    };
    let entry = match field.takes {
        Takes::Line => forms::Entry::line(field.code, t(field.label)),
        Takes::Text => forms::Entry::text(field.code, t(field.label), 5),
        Takes::Date => forms::Entry::date(field.code, t(field.label)),
        Takes::One(_) => forms::Entry::select(field.code, t(field.label), &choices),
    };
    let entry = entry.value(value).errors(&view.errors);
    html! { @if field.required { (entry.need()) } @else { (entry) } }
}

fn history(view: &EntryView) -> Markup {
    html! {
        section {
            h2 { (t("履歴")) }
            @for (n, version) in view.versions.iter().enumerate() {
                @let before = view.versions.get(n + 1).map(|v| in_words(view.kind, v)).unwrap_or_default();
                details.panel.more open[n == 0] {
                    summary {
                        (fill(t("第{n}版・{time}"), &[("n", &version.n), ("time", &time::when(version.at, view.now))]))
                        @if let Some(by) = &version.by { (t("・")) (by) } @if version.removed { (t("・外した")) }
                    }
                    (difference(&before, &in_words(view.kind, version)))
                }
            }
        }
    }
}

/// An entry as lines of text, for the difference.
fn in_words(kind: &Kind, version: &Version) -> String {
    let mut text = String::new();
    for field in kind.fields {
        let value = shown(field, &version.fields);
        if !value.is_empty() {
            text.push_str(&format!("{}: {value}\n", t(field.label)));
        }
    }
    if version.removed {
        text.push_str(t("（台帳から外した）"));
        text.push('\n');
    }
    text
}
