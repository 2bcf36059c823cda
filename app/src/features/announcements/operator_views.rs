//! The operator's pages: the list, the form, and one announcement with its versions and how many have read it.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    acts::Reads,
    model::{Audience, BODY, TITLE, Version},
};
use crate::web::{
    console::{Console, console},
    forms::{Entry, Errors, boxes, done, hidden},
    input::{Fields, moment_value},
    page::{grouped, way},
    ui::{Choice, Ctx, empty, icon, submit, time},
    urls,
};
use crate::words::{fill, t};

/// What a form shows: as typed, or as it stands.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub title: String,
    pub body: String,
    pub importance: String,
    pub audience: String,
    pub regions: Vec<String>,
    pub kinds: Vec<String>,
    pub facilities: Vec<String>,
    pub from: String,
    pub until: String,
}

impl Typed {
    pub fn of(fields: &Fields) -> Self {
        let owned = |name: &str| fields.all(name).into_iter().map(str::to_owned).collect();
        Self {
            title: fields.one("title").to_owned(),
            body: fields.one("body").to_owned(),
            importance: fields.one("importance").to_owned(),
            audience: fields.one("audience").to_owned(),
            regions: owned("regions"),
            kinds: owned("kinds"),
            facilities: owned("facilities"),
            from: fields.one("from").to_owned(),
            until: fields.one("until").to_owned(),
        }
    }

    pub fn standing(v: &Version) -> Self {
        Self {
            title: v.title.clone(),
            body: v.body.clone(),
            importance: if v.important { "important" } else { "normal" }.to_owned(),
            audience: v.audience.code().to_owned(),
            regions: v.audience.regions().iter().map(Uuid::to_string).collect(),
            kinds: v.audience.kinds().to_vec(),
            facilities: v.audience.facilities().iter().map(Uuid::to_string).collect(),
            from: moment_value(v.from),
            until: v.until.map(moment_value).unwrap_or_default(),
        }
    }

    pub fn fresh() -> Self {
        Self { importance: "normal".to_owned(), audience: "all".to_owned(), ..Self::default() }
    }
}

/// Who is signed in and what there is to choose from.
#[derive(Debug, Clone)]
pub struct Desk {
    pub name: String,
    pub regions: Vec<(String, String)>,
    pub kinds: Vec<(String, String)>,
    pub facilities: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub struct FormView {
    pub desk: Desk,
    pub id: Uuid,
    /// The version that is corrected; 0 for a new announcement.
    pub seen: i32,
    pub typed: Typed,
    pub errors: Errors,
}

fn form(view: &FormView, action: &str) -> Markup {
    let importance = [
        Choice {
            value: "normal", label: t("ふつう"), help: Some(t("お知らせの一覧に出ます。"))
        },
        Choice {
            value: "important",
            label: t("大事"),
            help: Some(t("読むまで、すべての画面の上に出ます。")),
        },
    ];
    let audience = [
        Choice { value: "all", label: t("すべての施設"), help: None },
        Choice { value: "regions", label: t("地域で選ぶ"), help: None },
        Choice { value: "kind", label: t("施設の種類で選ぶ"), help: None },
        Choice { value: "facilities", label: t("施設を選ぶ"), help: None },
    ];
    let (typed, e) = (&view.typed, &view.errors);
    html! {
        (e.summary())
        form.stack method="post" action=(action) {
            (hidden("id", &view.id.to_string()))
            (hidden("seen", &view.seen.to_string()))
            (Entry::line("title", t("見出し")).value(&typed.title).errors(e).need().max_chars(TITLE as u32))
            (Entry::text("body", t("本文"), 8).value(&typed.body).errors(e).need().max_chars(BODY as u32)
                .help(t("患者さんのことは書かないでください。")))
            (Entry::radio("importance", t("大事さ"), &importance).value(&typed.importance).errors(e).need())
            (Entry::radio("audience", t("だれに"), &audience).value(&typed.audience).errors(e).need())
            @if view.desk.regions.is_empty() {
                p.small { (t("地域で選ぶには、先に「")) a href=(urls::operator_regions()) { (t("地域")) } (t("」で地域を作ります。")) }
            } @else {
                details.opens open[!typed.regions.is_empty()] { summary { (t("地域")) } (boxes("regions", t("地域"), &view.desk.regions, &typed.regions, e)) }
            }
            details.opens open[!typed.kinds.is_empty()] { summary { (t("施設の種類")) } (boxes("kinds", t("施設の種類"), &view.desk.kinds, &typed.kinds, e)) }
            details.opens open[!typed.facilities.is_empty()] { summary { (t("施設")) } (boxes("facilities", t("施設"), &view.desk.facilities, &typed.facilities, e)) }
            (Entry::moment("from", t("いつから")).value(&typed.from).errors(e).help(t("空のままなら、すぐに出ます。")))
            (Entry::moment("until", t("いつまで")).value(&typed.until).errors(e).help(t("空のままなら、ずっと残ります。")))
            (submit(if view.seen == 0 { t("知らせる") } else { t("訂正する") }))
        }
    }
}

pub fn new_page(view: &FormView, ctx: &Ctx) -> Markup {
    let body = form(view, urls::operator_announcements());
    console(
        ctx,
        Console {
            title: t("お知らせを書く"),
            name: &view.desk.name,
            current: urls::operator_announcements(),
            body,
        },
    )
}

pub fn list_page(name: &str, all: &[Version], now: Timestamp, ctx: &Ctx) -> Markup {
    let body = html! {
        p { a.btn.primary href=(urls::operator_new_announcement()) { (icon("pen")) (t("新しく書く")) } }
        @if all.is_empty() {
            (empty("bell", t("まだお知らせはありません"), t("工事の予定や新しい機能など、施設のみなさんに伝えることをここから書きます。"), None))
        } @else {
            ul.panel.flush.ways { @for v in all { (way(&urls::operator_announcement(v.id), symbol(v), &v.title, &summary(v, now))) } }
        }
    };
    console(ctx, Console { title: t("お知らせ"), name, current: urls::operator_announcements(), body })
}

fn symbol(v: &Version) -> &'static str {
    match (v.withdrawn, v.important) {
        (true, _) => "ban",
        (_, true) => "alert",
        _ => "bell",
    }
}

fn summary(v: &Version, now: Timestamp) -> String {
    let state = match (v.withdrawn, v.from > now, v.until.is_some_and(|until| until <= now)) {
        (true, ..) => t("取り下げました"),
        (_, true, _) => t("これから出ます"),
        (.., true) => t("終わりました"),
        _ => t("出ています"),
    };
    fill(
        t("{state}・{0}・{1}・{2}"),
        &[
            ("state", &state),
            ("0", &time::when(v.from, now)),
            ("1", &audience_words(&v.audience)),
            ("2", &v.operator),
        ],
    )
}

fn audience_words(audience: &Audience) -> String {
    match audience {
        Audience::All => t("すべての施設").to_owned(),
        Audience::Regions(ids) => fill(t("{0}地域の施設"), &[("0", &ids.len())]),
        Audience::Kinds(kinds) => fill(t("{0}種類の施設"), &[("0", &kinds.len())]),
        Audience::Facilities(ids) => fill(t("{0}施設"), &[("0", &ids.len())]),
    }
}

/// One announcement: what people see, how many have read it, its earlier versions, and a form for a correction.
#[derive(Debug, Clone)]
pub struct OneView {
    pub form: FormView,
    pub versions: Vec<Version>,
    pub reads: Vec<Reads>,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

pub fn one_page(view: &OneView, ctx: &Ctx) -> Markup {
    let Some(newest) = view.versions.first() else { return html! {} };
    let own = urls::operator_announcement(newest.id);
    let body = html! {
        (done(view.done))
        article.panel.stack-s {
            h2 { (newest.title) }
            p.when-line { (summary(newest, view.now)) }
            p.told { (newest.body) }
        }
        @if !newest.withdrawn { (reads(&view.reads)) }
        @if !newest.withdrawn {
            details.opens open[!view.form.errors.is_empty()] {
                summary { (t("訂正する")) }
                p.small { (t("訂正すると、読んだ人にも新着として出ます。前の文も残ります。")) }
                (form(&view.form, &own))
            }
            form method="post" action=(urls::operator_announcement_withdrawal(newest.id)) {
                button.btn.danger-quiet type="submit" { (icon("ban")) (t("取り下げる")) }
            }
        }
        @if view.versions.len() > 1 { (older(&view.versions[1..], view.now)) }
    };
    console(
        ctx,
        Console {
            title: t("お知らせ"),
            name: &view.form.desk.name,
            current: urls::operator_announcements(),
            body,
        },
    )
}

fn reads(all: &[Reads]) -> Markup {
    let sum = |of: fn(&Reads) -> i64| all.iter().map(of).sum::<i64>().unsigned_abs();
    html! {
        section {
            h2 { (t("読んだ人 ")) (grouped(sum(|r| r.reads))) " / " (grouped(sum(|r| r.staff))) }
            p.small { (t("人数だけを数えています。だれが読んだかは、運営者には分かりません。")) }
            ul.panel.flush.counts { @for r in all { li { span { (r.facility) } span.num { (r.reads) " / " (r.staff) (t("人")) } } } }
        }
    }
}

fn older(versions: &[Version], now: Timestamp) -> Markup {
    html! {
        section {
            h2 { (t("前の文")) }
            @for v in versions {
                details.opens {
                    summary { (t("第")) (v.version) (t("版 ")) (time::when(v.at, now)) " " (v.operator) }
                    div.stack-s { b { (v.title) } p.told { (v.body) } }
                }
            }
        }
    }
}
