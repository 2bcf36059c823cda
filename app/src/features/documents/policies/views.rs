//! The screens of the policies: to be accepted, to be read, to be written.

use jiff::{Timestamp, civil::Date};
use maud::{Markup, html};

use super::{
    AUDIENCES, Policy,
    acts::{Acceptance, BODY_CHARS, Due, Readable, Typed, Version},
    audience,
};
use crate::web::{
    console::{Console, console},
    forms::{Entry, Errors, check, done, hidden},
    page::{Page, page, way},
    ui::{
        Choice, Ctx, Tab, Tone, Topbar, bare, callout, difference, icon, mark, notice_line, paper_blocks,
        time,
    },
    urls,
};
use crate::words::{self, fill, is_english, lang_of, t};

/// `2026年11月23日`.
pub fn day(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// The same in the language of whoever reads.
fn spoken_day(date: Date) -> String {
    if is_english() { words::day(date, true) } else { day(date) }
}

/// A text that an operator wrote.
pub fn body(text: &str) -> Markup {
    html! { div.paper lang=[lang_of(text)] { (paper_blocks(&paper::read(text))) } }
}

/// On an English screen, of a text that is not in English: that it is so, and which one counts.
pub fn in_japanese(text: &str) -> Markup {
    html! { @if lang_of(text).is_some() { (notice_line("info", t("この文書は日本語です。効力があるのも、日本語の文だけです。"))) } }
}

fn titled(title: &str, n: i32) -> String {
    fill(t("{title} 第{n}版"), &[("title", &title), ("n", &n)])
}

#[derive(Debug)]
pub struct TermsView {
    pub due: Vec<Due>,
    pub next: String,
}

/// Between sign-in and the first page: the texts, what is new in them, one button.
pub fn terms_page(view: &TermsView, ctx: &Ctx) -> Markup {
    let versions: Vec<String> = view.due.iter().map(|d| d.id.to_string()).collect();
    let main = html! {
        div.public {
            header.public-bar { p.brand { (mark()) (t("連携")) } }
            main id="main" tabindex="-1" {
                div.column.sheet {
                    h1 { (t("先に、お読みください")) }
                    p { (t("新しい版になったものがあります。読んで同意すると、先へ進めます。同意したことは、日時と版とともに残ります。")) }
                    @if let Some(first) = view.due.first() { (in_japanese(&first.body)) }
                    @for due in &view.due { (one_due(due)) }
                    form.stack method="post" action=(urls::terms()) {
                        (hidden("versions", &versions.join(" ")))
                        (hidden("next", &view.next))
                        button.btn.primary.large.block type="submit" { (icon("check")) (t("読みました。同意して進む")) }
                    }
                    form method="post" action=(urls::sign_out()) { button.btn type="submit" { (icon("out")) (t("同意せずにサインアウト")) } }
                    (notice_line("info", t("同意しないあいだは、記録を読むことも書くこともできません。急ぐときは、施設の管理者か運営者の窓口に電話してください。")))
                }
            }
        }
    };
    bare(ctx, t("規約への同意"), main)
}

fn one_due(due: &Due) -> Markup {
    html! {
        section.panel aria-label=(due.title) {
            h2 { (titled(&due.title, due.n)) }
            p.small { (fill(t("{day}から"), &[("day", &spoken_day(due.effective_on))])) }
            p { b { (t("変わったところ: ")) } (due.change) }
            @match &due.accepted {
                Some((n, was)) => {
                    h3 { (fill(t("前に同意した第{n}版との違い"), &[("n", &n)])) }
                    (difference(was, &due.body))
                    details.more { summary { (t("全文を読む")) } (body(&due.body)) }
                }
                None => (body(&due.body)),
            }
        }
    }
}

/// メニュー → 規約と方針.
pub fn mine_page(policies: &[Readable], ctx: &Ctx) -> Markup {
    let content = html! {
        @if policies.is_empty() { p { (t("運営者が公開したものは、まだありません。")) } }
        @if let Some(first) = policies.first() { (in_japanese(&first.body)) }
        @for p in policies {
            section.panel {
                h2 { (titled(&p.title, p.n)) }
                p.small {
                    (fill(t("{day}から"), &[("day", &spoken_day(p.effective_on))]))
                    @if let Some(at) = p.accepted_at { (t("・あなたの同意: ")) (time::to_the_second(at)) }
                }
                details.more { summary { (t("全文を読む")) } (body(&p.body)) }
            }
        }
        ul.panel.flush.ways {
            (way(urls::disclosure(), "shield", t("安全管理に関する情報提供"), t("このサービスがどう守られているか")))
            (way(urls::operating_rules(), "file", t("運用管理規程のひな形"), t("施設の規程を作るときに")))
        }
    };
    let bar = Topbar {
        title: t("規約と方針"),
        back: Some((urls::menu(), t("メニューに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title: t("規約と方針"), tab: Tab::Menu, bar, body: content })
}

#[derive(Debug)]
pub struct ReadView {
    pub title: String,
    pub n: i32,
    pub effective_on: Date,
    pub body: String,
}

pub fn read_page(view: &ReadView, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (titled(&view.title, view.n)) }
        p.small { (fill(t("{day}から"), &[("day", &spoken_day(view.effective_on))])) }
        (in_japanese(&view.body))
        (body(&view.body))
    };
    public_page(ctx, &view.title, main)
}

/// A page for everybody, printable: name on top, way to the disclosure, text.
pub fn public_page(ctx: &Ctx, title: &str, main: Markup) -> Markup {
    let whole = html! {
        div.public {
            header.public-bar {
                a.brand href=(urls::disclosure()) { (mark()) (t("連携 ")) small { (t("安全管理に関する情報提供")) } }
            }
            main id="main" tabindex="-1" { div.column.sheet.paper { (main) } }
        }
    };
    bare(ctx, title, whole)
}

#[derive(Debug)]
pub struct DeskRow {
    pub policy: &'static Policy,
    pub newest: Option<Version>,
}

pub fn desk_page(name: &str, rows: &[DeskRow], ctx: &Ctx) -> Markup {
    let content = html! {
        p { (t("版は消せず、書きかえられません。新しい版を公開すると、前の版はそのまま残ります。同意を求める版を公開すると、スタッフは次の画面で読んで同意するまで先へ進めません。")) }
        ul.panel.flush.ways {
            @for row in rows {
                @let state = match &row.newest {
                    Some(v) => fill(t("第{n}版・{day}から・{audience}{accepted}"), &[("n", &v.n), ("day", &spoken_day(v.effective_on)),
                        ("audience", &t(audience(&v.audience))), ("accepted", &accepted(v))]),
                    None => t("まだ公開していません。下書きを直して公開してください").to_owned(),
                };
                (way(&urls::operator_policy(row.policy.code), if row.newest.is_some() { "ok" } else { "pen" }, t(row.policy.title), &state))
            }
        }
    };
    console(ctx, Console { title: t("規程と方針"), name, current: urls::operator_policies(), body: content })
}

/// How many accepted a version, where that was asked for.
fn accepted(v: &Version) -> String {
    if v.must_accept { fill(t("・同意 {n}人"), &[("n", &v.accepted)]) } else { String::new() }
}

#[derive(Debug)]
pub struct EditView {
    pub name: String,
    pub policy: &'static Policy,
    pub versions: Vec<Version>,
    pub typed: Typed,
    pub errors: Errors,
    pub done: bool,
    pub now: Timestamp,
}

pub fn edit_page(view: &EditView, ctx: &Ctx) -> Markup {
    let next = view.versions.first().map_or(1, |v| v.n + 1);
    let content = html! {
        (done(view.done.then_some(t("公開しました。"))))
        (view.errors.summary())
        @if view.versions.is_empty() {
            (callout(Tone::Caution, t("これは下書きです"), html! { p { (t("製品に付いてくる文例です。皆さんの体制に合わせて直し、責任者が確かめてから公開してください。公開するまで、情報提供では「ない」ものとして扱われます。")) } }))
        } @else { (version_list(view)) }
        (edit_form(view, next))
        (notice_line("info", t("見出しは「## 」、箇条書きは「- 」で始めます。")))
    };
    let title = t(view.policy.title);
    console(ctx, Console { title, name: &view.name, current: urls::operator_policies(), body: content })
}

fn edit_form(view: &EditView, next: i32) -> Markup {
    let audiences: Vec<Choice<'_>> =
        AUDIENCES.iter().map(|(value, label, _)| Choice { value, label: t(label), help: None }).collect();
    let (typed, errors) = (&view.typed, &view.errors);
    let chars = u32::try_from(BODY_CHARS).unwrap_or(u32::MAX);
    html! {
        form.stack method="post" action=(urls::operator_policy(view.policy.code)) {
            h2 { (fill(t("第{n}版を書く"), &[("n", &next)])) }
            (hidden("n", &next.to_string()))
            (Entry::line("title", t("題名")).value(&typed.title).errors(errors).need().max_chars(120))
            (Entry::text("body", t("本文"), 18).value(&typed.body).errors(errors).need().max_chars(chars))
            (Entry::select("audience", t("読める人"), &audiences).value(&typed.audience).errors(errors).need())
            (Entry::date("effective_on", t("いつから")).value(&typed.effective_on).errors(errors).need())
            (Entry::text("change", t("変わったところ（ひとことで）"), 2).value(&typed.change).errors(errors).need().max_chars(400))
            (check("must_accept", t("スタッフ全員に同意を求める"), t("「いつから」の日以後、次の画面で読んで同意するまで先へ進めなくなります。"), typed.must_accept, errors))
            button.btn.primary type="submit" { (fill(t("第{n}版を公開する"), &[("n", &next)])) }
        }
    }
}

fn version_list(view: &EditView) -> Markup {
    html! {
        section {
            h2 { (t("これまでの版")) }
            ul.panel.flush.ways {
                @for v in &view.versions {
                    @let more = format!("{}{}{}{}", time::when(v.at, view.now), t("・"), v.change, accepted(v));
                    @let version = fill(t("第{n}版（{day}から）"), &[("n", &v.n), ("day", &spoken_day(v.effective_on))]);
                    (way(&urls::operator_policy_version(&v.policy, v.n), "hist", &version, &more))
                }
            }
        }
    }
}

#[derive(Debug)]
pub struct VersionView {
    pub name: String,
    pub version: Version,
    pub before: Option<Version>,
    pub people: Vec<Acceptance>,
    pub now: Timestamp,
}

pub fn version_page(view: &VersionView, ctx: &Ctx) -> Markup {
    let v = &view.version;
    let title = titled(&v.title, v.n);
    let content = html! {
        p { a href=(urls::operator_policy(&v.policy)) { (icon("back")) (t("版の一覧へ")) } }
        p.small {
            (fill(t("{day}から"), &[("day", &spoken_day(v.effective_on))])) (t("・")) (t(audience(&v.audience)))
            (fill(t("・公開 {time}"), &[("time", &time::to_the_second(v.at))])) @if let Some(by) = &v.by { " " (by) }
        }
        p { b { (t("変わったところ: ")) } (v.change) }
        @if let Some(before) = &view.before {
            section { h2 { (fill(t("第{n}版との違い"), &[("n", &before.n)])) } (difference(&before.body, &v.body)) }
        }
        section.panel { h2 { (t("本文")) } (body(&v.body)) }
        @if v.must_accept {
            section {
                h2 { (fill(t("同意した人 {n}人"), &[("n", &v.accepted)])) }
                ul.panel.flush.rows {
                    @for p in &view.people {
                        li.entry-row { span {} div { b { (p.name) } small { (p.facility) (t("・")) (time::when(p.at, view.now)) } } }
                    }
                }
            }
        }
    };
    console(
        ctx,
        Console { title: &title, name: &view.name, current: urls::operator_policies(), body: content },
    )
}
