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
        Choice { value: "normal", label: "ふつう", help: Some("お知らせの一覧に出ます。") },
        Choice {
            value: "important", label: "大事", help: Some("読むまで、すべての画面の上に出ます。")
        },
    ];
    let audience = [
        Choice { value: "all", label: "すべての施設", help: None },
        Choice { value: "regions", label: "地域で選ぶ", help: None },
        Choice { value: "kind", label: "施設の種類で選ぶ", help: None },
        Choice { value: "facilities", label: "施設を選ぶ", help: None },
    ];
    let (t, e) = (&view.typed, &view.errors);
    html! {
        (e.summary())
        form.stack method="post" action=(action) {
            (hidden("id", &view.id.to_string()))
            (hidden("seen", &view.seen.to_string()))
            (Entry::line("title", "見出し").value(&t.title).errors(e).need().max_chars(TITLE as u32))
            (Entry::text("body", "本文", 8).value(&t.body).errors(e).need().max_chars(BODY as u32)
                .help("患者さんのことは書かないでください。"))
            (Entry::radio("importance", "大事さ", &importance).value(&t.importance).errors(e).need())
            (Entry::radio("audience", "だれに", &audience).value(&t.audience).errors(e).need())
            @if view.desk.regions.is_empty() {
                p.small { "地域で選ぶには、先に「" a href=(urls::operator_regions()) { "地域" } "」で地域を作ります。" }
            } @else {
                details.opens open[!t.regions.is_empty()] { summary { "地域" } (boxes("regions", "地域", &view.desk.regions, &t.regions, e)) }
            }
            details.opens open[!t.kinds.is_empty()] { summary { "施設の種類" } (boxes("kinds", "施設の種類", &view.desk.kinds, &t.kinds, e)) }
            details.opens open[!t.facilities.is_empty()] { summary { "施設" } (boxes("facilities", "施設", &view.desk.facilities, &t.facilities, e)) }
            (Entry::moment("from", "いつから").value(&t.from).errors(e).help("空のままなら、すぐに出ます。"))
            (Entry::moment("until", "いつまで").value(&t.until).errors(e).help("空のままなら、ずっと残ります。"))
            (submit(if view.seen == 0 { "知らせる" } else { "訂正する" }))
        }
    }
}

pub fn new_page(view: &FormView, ctx: &Ctx) -> Markup {
    let body = form(view, urls::operator_announcements());
    console(
        ctx,
        Console {
            title: "お知らせを書く",
            name: &view.desk.name,
            current: urls::operator_announcements(),
            body,
        },
    )
}

pub fn list_page(name: &str, all: &[Version], now: Timestamp, ctx: &Ctx) -> Markup {
    let body = html! {
        p { a.btn.primary href=(urls::operator_new_announcement()) { (icon("pen")) "新しく書く" } }
        @if all.is_empty() {
            (empty("bell", "まだお知らせはありません", "工事の予定や新しい機能など、施設のみなさんに伝えることをここから書きます。", None))
        } @else {
            ul.panel.flush.ways { @for v in all { (way(&urls::operator_announcement(v.id), symbol(v), &v.title, &summary(v, now))) } }
        }
    };
    console(ctx, Console { title: "お知らせ", name, current: urls::operator_announcements(), body })
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
        (true, ..) => "取り下げました",
        (_, true, _) => "これから出ます",
        (.., true) => "終わりました",
        _ => "出ています",
    };
    format!("{state}・{}・{}・{}", time::when(v.from, now), audience_words(&v.audience), v.operator)
}

fn audience_words(audience: &Audience) -> String {
    match audience {
        Audience::All => "すべての施設".to_owned(),
        Audience::Regions(ids) => format!("{}地域の施設", ids.len()),
        Audience::Kinds(kinds) => format!("{}種類の施設", kinds.len()),
        Audience::Facilities(ids) => format!("{}施設", ids.len()),
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
                summary { "訂正する" }
                p.small { "訂正すると、読んだ人にも新着として出ます。前の文も残ります。" }
                (form(&view.form, &own))
            }
            form method="post" action=(urls::operator_announcement_withdrawal(newest.id)) {
                button.btn.danger-quiet type="submit" { (icon("ban")) "取り下げる" }
            }
        }
        @if view.versions.len() > 1 { (older(&view.versions[1..], view.now)) }
    };
    console(
        ctx,
        Console {
            title: "お知らせ",
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
            h2 { "読んだ人 " (grouped(sum(|r| r.reads))) " / " (grouped(sum(|r| r.staff))) }
            p.small { "人数だけを数えています。だれが読んだかは、運営者には分かりません。" }
            ul.panel.flush.counts { @for r in all { li { span { (r.facility) } span.num { (r.reads) " / " (r.staff) "人" } } } }
        }
    }
}

fn older(versions: &[Version], now: Timestamp) -> Markup {
    html! {
        section {
            h2 { "前の文" }
            @for v in versions {
                details.opens {
                    summary { "第" (v.version) "版 " (time::when(v.at, now)) " " (v.operator) }
                    div.stack-s { b { (v.title) } p.told { (v.body) } }
                }
            }
        }
    }
}
