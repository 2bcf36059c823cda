//! The screens of the papers.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{
    KINDS,
    acts::{Event, PaperRow, Shared, Typed},
};
use crate::{
    features::documents::register::spoken,
    web::{
        console::{Console, console},
        forms::{Entry, Errors, choices, done},
        page::{Page, grouped, page, way},
        ui::{Choice, Ctx, Field, Kind, Tab, Topbar, empty, field, icon, time},
        urls,
    },
    words::{fill, t},
};

#[derive(Debug)]
pub struct DeskView {
    pub name: String,
    pub papers: Vec<PaperRow>,
    /// Id and name.
    pub facilities: Vec<(String, String)>,
    pub typed: Typed,
    pub errors: Errors,
    pub done: bool,
    pub now: Timestamp,
}

fn size(bytes: i64) -> String {
    format!("{} KB", grouped(u64::try_from(bytes).unwrap_or(0).div_ceil(1000)))
}

/// Its title and kind.
fn named(title: &str, kind: &str) -> String {
    format!("{title}{}{}{}", t("（"), spoken(KINDS, kind), t("）"))
}

pub fn desk_page(view: &DeskView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done.then_some(t("保管しました。"))))
        (view.errors.summary())
        p { (t("暗号化して保管します。開いた人と日時は、すべて残ります。原本は施錠して保管し、場所を「2-6 契約書・マニュアルの管理」に書いてください。")) }
        ul.panel.flush.ways {
            @for p in &view.papers {
                @let who = p.facility.as_deref().map_or(t("運営者だけ").to_owned(), |f| fill(t("{facility}の管理者と共有"), &[("facility", &f)]));
                @let ended = if p.ended_at.is_some() { t("・共有を終えた") } else { "" };
                (way(&urls::operator_paper(p.id), "file", &named(&p.title, &p.kind), &fill(t("{who}{ended}・{time}・{size}・開いた回数 {n}"),
                    &[("who", &who), ("ended", &ended), ("time", &time::when(p.at, view.now)), ("size", &size(p.size)), ("n", &p.opened)])))
            }
        }
        (store_form(view))
    };
    console(ctx, Console { title: t("書類"), name: &view.name, current: urls::operator_papers(), body })
}

fn store_form(view: &DeskView) -> Markup {
    let kinds: Vec<Choice<'_>> =
        KINDS.iter().map(|(value, label)| Choice { value, label: t(label), help: None }).collect();
    let mut facilities = vec![(String::new(), t("運営者だけが開ける").to_owned())];
    facilities.extend(view.facilities.iter().cloned());
    let facilities = choices(&facilities);
    let (typed, errors) = (&view.typed, &view.errors);
    html! {
        form.stack method="post" enctype="multipart/form-data" action=(urls::operator_papers()) {
            h2 { (t("書類を保管する")) }
            (Entry::select("kind", t("種類"), &kinds).value(&typed.kind).errors(errors).need())
            (Entry::line("title", t("題名")).value(&typed.title).errors(errors).need().max_chars(120))
            (Entry::line("party", t("相手（契約の相手など）")).value(&typed.party).errors(errors).max_chars(120))
            (Entry::select("facility", t("だれと共有するか"), &facilities).value(&typed.facility).errors(errors))
            (field(&Field { name: "file", label: t("しまうファイル"), error: errors.of("file"), required: true, kind: Kind::File { accept: "", multiple: false }, ..Field::default() }))
            button.btn.primary type="submit" { (icon("upload")) (t("保管する")) }
        }
    }
}

#[derive(Debug)]
pub struct PaperView {
    pub name: String,
    pub paper: PaperRow,
    pub events: Vec<Event>,
    pub now: Timestamp,
}

pub fn paper_page(view: &PaperView, ctx: &Ctx) -> Markup {
    let p = &view.paper;
    let here = urls::operator_paper(p.id);
    let body = html! {
        p { a href=(urls::operator_papers()) { (icon("back")) (t("書類の一覧へ")) } }
        p { (spoken(KINDS, &p.kind)) @if !p.party.is_empty() { (t("・")) (p.party) } (t("・")) (p.name) (t("・")) (size(p.size)) }
        p { @match &p.facility {
            Some(f) => { (fill(t("{facility}の管理者と共有"), &[("facility", f)])) @if p.ended_at.is_some() { (t("（終えた）")) } },
            None => (t("運営者だけが開けます")),
        } }
        div.row {
            a.btn.primary href={ (here) "/content" } { (icon("download")) (t("開く（記録に残ります）")) }
            @if p.facility.is_some() && p.ended_at.is_none() {
                form method="post" action={ (here) "/end" } { button.btn type="submit" { (icon("x")) (t("共有を終える")) } }
            }
        }
        section {
            h2 { (t("この書類の記録")) }
            ul.panel.flush.rows {
                @for e in &view.events {
                    li.entry-row { span {} div {
                        b { (act(&e.act)) }
                        small { (e.name.as_deref().unwrap_or("?")) @if let Some(f) = &e.facility { (t("・")) (f) } (t("・")) (time::when(e.at, view.now)) }
                    } }
                }
            }
        }
    };
    console(ctx, Console { title: &p.title, name: &view.name, current: urls::operator_papers(), body })
}

fn act(code: &str) -> &'static str {
    match code {
        "stored" => t("保管した"),
        "opened" => t("開いた"),
        _ => t("共有を終えた"),
    }
}

/// 施設の管理: what the operator shared.
pub fn shared_page(papers: &[Shared], now: Timestamp, ctx: &Ctx) -> Markup {
    let body = html! {
        p { (t("運営者がこの施設の管理者と共有している書類です。開くと、アクセス記録に残ります。")) }
        @if papers.is_empty() { (empty("folder", t("書類はまだありません"), t("契約書などを運営者が共有すると、ここに並びます。"), None)) }
        @else {
            ul.panel.flush.ways {
                @for p in papers {
                    (way(&urls::facility_paper(p.id), "download", &named(&p.title, &p.kind),
                        &[p.name.clone(), size(p.size), time::when(p.at, now)].join(t("・"))))
                }
            }
        }
    };
    let bar = Topbar {
        title: t("運営者からの書類"),
        back: Some((urls::menu(), t("メニューに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title: t("運営者からの書類"), tab: Tab::Menu, bar, body })
}
