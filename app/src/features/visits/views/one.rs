//! One visit on one of its days, with what may be changed: that day alone, everything, or the end of it.

use jiff::{Timestamp, civil::Date};
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    calendar::{day_words, line},
    form::{clocks, entries},
};
use crate::words::{fill, t, t_in};
use crate::{
    features::{
        groups::model::Member,
        patients::room::Room,
        visits::{
            calendar::Span,
            forms::Typed,
            model::{MAX_REASON, Visit},
            read::Placed,
            rules::{Occurrence, Repeat, Series},
        },
    },
    holidays,
    web::{
        forms::{self, Entry, Errors, hidden},
        ui::{self, Ctx, Tone, icon, time},
        urls,
    },
};

#[derive(Clone)]
pub struct VisitView<'a> {
    pub room: Room,
    pub visit: &'a Visit,
    /// The day that the page is about.
    pub at: Occurrence,
    /// Everything of that day, for the hint.
    pub placed: &'a [Placed<'a>],
    pub members: Vec<Member>,
    pub may_change: bool,
    /// A form that comes back with what is wrong with it.
    pub typed: Option<Typed>,
    /// The kind of event of what was just done.
    pub done: Option<String>,
    pub now: Timestamp,
}

impl std::fmt::Debug for VisitView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VisitView { … }")
    }
}

pub fn visit_page(view: &VisitView<'_>, ctx: &Ctx) -> Markup {
    let visit = view.visit;
    let errors = view.typed.as_ref().map(|t| t.errors.clone()).unwrap_or_default();
    let month = Span::Month(view.at.start.date().first_of_month());
    let back = urls::schedule_span(visit.group, &month.query());
    let body = html! {
        (forms::done(view.done.as_deref().and_then(done_words)))
        (errors.summary())
        (facts(view))
        (meeting(view))
        @if view.may_change { (acts(view, &errors)) }
        @else { (ui::notice_line("info", t("変えられるのは、訪問する施設の方・予定を入れた方・ホストです。"))) }
    };
    let bar = view.room.deeper(t("訪問の予定"), (&back, t("予定に戻る")));
    view.room.page(ctx, t("訪問の予定"), bar, body, None)
}

fn done_words(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "planned" => t("予定を入れました。時刻の長さは、下で直せます。"),
        "changed" => t("予定を直しました。"),
        "moved" => t("この日の訪問を動かしました。"),
        "cancelled" => t("この日の訪問をお休みにしました。"),
        "restored" => t("この日の訪問を、もとの予定に戻しました。"),
        "ended" => t("この先の訪問をやめました。"),
        _ => return None,
    })
}

fn facts(view: &VisitView<'_>) -> Markup {
    let (visit, at) = (view.visit, &view.at);
    let day = at.start.date();
    html! {
        section class="panel stack" aria-label=(t("この訪問")) {
            h2 class="task-title" { (icon(visit.plan.kind.icon())) " " (visit.plan.kind.label()) }
            p {
                span class={ "strong" @if at.cancelled { " struck" } } { (time::with_year(day)) " " (time::of_day(at.start.time())) (t("〜")) (time::of_day(at.end.time())) }
                @if let Some(name) = holidays::name(day) { " " span class="badge plain" { (name) } }
            }
            @if at.cancelled { p { span class="badge plain" { (icon("x")) (t("お休み")) } " " (at.reason) } }
            @if at.moved { p { span class="badge plain" { (icon("swap")) (t("変更")) } (t(" もとは")) (day_words(at.day)) (t("。")) (at.reason) } }
            p { @if let Some(person) = &visit.person { b { (person) } " " } (visit.facility) }
            p class="soft" { (repeat_words(&visit.plan.series)) }
            @if !visit.plan.note.is_empty() { p class="text" { (visit.plan.note) } }
        }
    }
}

/// 毎週 月・木曜日、12月22日から.
fn repeat_words(series: &Series) -> String {
    let day = |n: &i8| jiff::civil::Weekday::from_monday_one_offset(*n).map_or("?", time::weekday);
    let list = |days: &[i8]| days.iter().map(|n| day(n).to_owned()).collect::<Vec<_>>().join(t("・"));
    let rule = match &series.repeat {
        Repeat::Once => return t("1回だけ").to_owned(),
        Repeat::Weekly { every: 1, on } => fill(t("毎週 {0}曜日"), &[("0", &list(on))]),
        Repeat::Weekly { every, on } => {
            fill(t("{every}週に1回 {0}曜日"), &[("every", &every), ("0", &list(on))])
        }
        Repeat::Monthly { nth, weekday } => {
            let mut weeks: Vec<String> =
                nth.iter().filter(|n| **n > 0).map(|n| fill(t("第{n}"), &[("n", &n)])).collect();
            weeks.extend(nth.contains(&-1).then(|| t("最終").to_owned()));
            fill(t("毎月 {0}{1}曜日"), &[("0", &weeks.join(t("・"))), ("1", &day(weekday))])
        }
    };
    let until = series.until.map(|last| fill(t("、{day}まで"), &[("day", &time::with_year(last))]));
    format!("{rule}{}", until.unwrap_or_default())
}

fn meeting(view: &VisitView<'_>) -> Markup {
    let this = |p: &&Placed<'_>| p.visit.id == view.visit.id && p.at.day == view.at.day;
    let others: Vec<&Placed<'_>> = view
        .placed
        .iter()
        .find(this)
        .map(|p| p.meets.iter().filter_map(|n| view.placed.get(*n)).collect())
        .unwrap_or_default();
    html! {
        @if !others.is_empty() {
            (ui::callout(Tone::Caution, t("ほかの訪問と重なるか、間が15分ありません"), html! { ul class="plain rows" { @for p in others { (line(p, view.now)) } } }))
        }
    }
}

fn form(view: &VisitView<'_>, change: &str, inner: Markup) -> Markup {
    form_on(view, change, view.at.day, inner)
}

fn form_on(view: &VisitView<'_>, change: &str, day: Date, inner: Markup) -> Markup {
    // The others are a day, a time and a line.
    let keep = (change == "plan").then(|| format!("visit-plan/{}", view.visit.id));
    let typed = view.typed.as_ref().filter(|typed| typed.change == change);
    let began = keep.is_some().then(|| typed.map_or("", |typed| typed.began.as_str()));
    let came_back = typed.is_some_and(|typed| !typed.errors.is_empty());
    html! {
        form class="stack" method="post" action=(urls::visit_change(view.visit.id)) data-keep=[keep] data-began=[began] data-came-back[came_back] {
            (hidden("client_id", &Uuid::now_v7().to_string()))
            (hidden("change", change))
            (hidden("day", &day.to_string()))
            (inner)
        }
    }
}

fn reason(change: &str, typed: &Typed, errors: &Errors, example: &str) -> Markup {
    let name = format!("{change}-reason");
    let value = if typed.change == change { typed.reason.as_str() } else { "" };
    html! { (Entry::line(&name, t("理由")).value(value).help(example).max_chars(MAX_REASON as u32).errors(errors).need()) }
}

fn acts(view: &VisitView<'_>, errors: &Errors) -> Markup {
    let sent = |change: &str| view.typed.as_ref().filter(|t| t.change == change);
    let open = |change: &str| sent(change).is_some() && !errors.is_empty();
    let moving = sent("move").cloned().unwrap_or_else(|| Typed::of(view.visit).moving(&view.at));
    let plan = match sent("plan") {
        Some(typed) if typed.version.is_empty() => {
            Typed { version: view.visit.version.to_string(), ..typed.clone() }
        }
        Some(typed) => typed.clone(),
        None if matches!(view.visit.plan.series.repeat, Repeat::Once) => Typed::of(view.visit),
        None => Typed { date: view.at.day.max(time::day_of(view.now)).to_string(), ..Typed::of(view.visit) },
    };
    let from = view.at.day.max(time::day_of(view.now));
    let nothing = Typed::default();
    let typed = view.typed.as_ref().unwrap_or(&nothing);
    let series = !matches!(view.visit.plan.series.repeat, Repeat::Once);
    html! {
        @if view.at.moved || view.at.cancelled {
            (form(view, "restore", html! { button class="btn" type="submit" { (icon("undo")) (t("もとの予定に戻す")) } }))
        }
        details class="opens" open[open("move")] {
            summary { (t("この日の訪問を動かす")) }
            (form(view, "move", html! {
                (Entry::date("move-date", t_in("日", "of a visit")).value(&moving.date).errors(errors).need())
                (clocks("move-", &moving, errors))
                (reason("move", typed, errors, t("例: 祝日のため")))
                button class="btn" type="submit" { (icon("swap")) (t("動かす")) }
            }))
        }
        @if !view.at.cancelled {
            details class="opens" open[open("cancel")] {
                summary { (t("この日の訪問を休みにする")) }
                (form(view, "cancel", html! {
                    (reason("cancel", typed, errors, t("例: 入院のため")))
                    button class="btn" type="submit" { (icon("x")) (t("休みにする")) }
                }))
            }
        }
        details class="opens" open[open("plan")] {
            summary { @if series { (t("この日から先の予定を直す")) } @else { (t("内容を直す")) } }
            (form(view, "plan", html! {
                (hidden("version", &plan.version))
                (entries(&Typed { errors: errors.clone(), ..plan }, &view.members))
                button class="btn" type="submit" { (icon("save")) (t("直す")) }
            }))
        }
        @if series {
            details class="opens" open[open("end")] {
                summary { (t("この先の訪問をやめる")) }
                (form_on(view, "end", from, html! {
                    p { (day_words(from)) (t("からの訪問が、予定から消えます。それより前は残ります。")) }
                    (reason("end", typed, errors, t("例: 担当の交代")))
                    button class="btn danger" type="submit" { (icon("x")) (t("この先をやめる")) }
                }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    #[test]
    fn a_rule_in_words() {
        let of = |repeat| Series {
            first: date(2026, 12, 1),
            at: time(10, 0, 0, 0),
            minutes: 30,
            repeat,
            until: Some(date(2027, 3, 31)),
            exceptions: Vec::new(),
        };
        let words = |repeat| repeat_words(&of(repeat));
        assert_eq!(
            words(Repeat::Weekly { every: 1, on: vec![1, 4] }),
            "毎週 月・木曜日、2027年3月31日(水)まで"
        );
        assert_eq!(words(Repeat::Weekly { every: 2, on: vec![5] }), "2週に1回 金曜日、2027年3月31日(水)まで");
        assert_eq!(
            words(Repeat::Monthly { nth: vec![-1, 1, 3], weekday: 3 }),
            "毎月 第1・第3・最終水曜日、2027年3月31日(水)まで"
        );
        assert_eq!(words(Repeat::Once), "1回だけ");
    }
}
