//! A month or a week. One list of days: the stylesheet makes a grid of it where there is room.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Weekday},
};
use maud::{Markup, html};
use uuid::Uuid;

use crate::words::{fill, t};
use crate::{
    features::{
        patients::room::{Room, RoomTab},
        visits::{calendar::Span, model::Visit, read::Placed},
    },
    holidays,
    web::{
        forms,
        page::how_to,
        ui::{self, Ctx, Tone, icon, time},
        urls,
    },
};

/// `/groups/{g}/schedule`.
#[derive(Clone)]
pub struct CalendarView<'a> {
    pub room: Room,
    pub group: Uuid,
    pub span: Span,
    /// In the order of their times.
    pub placed: &'a [Placed<'a>],
    /// Open tasks of the group, and how many of them are overdue or due today.
    pub tasks: (usize, usize),
    pub archived: bool,
    /// What was just done.
    pub done: Option<String>,
    pub now: Timestamp,
}

impl std::fmt::Debug for CalendarView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CalendarView { … }")
    }
}

pub fn calendar_page(view: &CalendarView<'_>, ctx: &Ctx) -> Markup {
    let body = html! {
        (forms::done(view.done.as_deref().map(|_| t("予定を入れました。"))))
        (ways(view))
        (conflicts(view))
        (turning(view))
        (days(view))
        @if view.placed.iter().all(|p| !view.span.holds(p.at.start.date())) {
            p class="soft center no-visits" { (t("この期間の訪問の予定は、まだありません。")) }
        }
        @if !view.archived {
            p { a class="btn primary large" href=(urls::new_visit(view.group)) { (icon("plus")) (t("訪問の予定を入れる")) } }
        }
        (how_to("calendar"))
    };
    view.room.page(ctx, t("予定"), view.room.bar(RoomTab::Schedule, None), body, None)
}

fn ways(view: &CalendarView<'_>) -> Markup {
    let (open, pressing) = view.tasks;
    html! {
        nav class="jumps" aria-label=(t("予定のほかのページ")) {
            a class="chip" href=(urls::group_tasks(view.group)) {
                (icon("check")) (t("やること ")) b { (open) }
                @if pressing > 0 { span class="soft small" { (t("(今日まで")) (pressing) ")" } }
            }
            a class="chip" href=(urls::before_visit(view.group)) { (icon("eye")) (t("訪問の前に")) }
            a class="chip" href=(urls::visit_records(view.group)) { (icon("pen")) (t("訪問記録")) }
            a class="chip" href=(urls::group_digest(view.group)) { (icon("list")) (t("一日のまとめ")) }
            a class="chip" href=(urls::group_partners(view.group)) { (icon("facility")) (t("連携機関")) }
            a class="chip" href=(urls::calendar_link()) { (icon("link")) (t("カレンダーに入れる")) }
        }
    }
}

/// What meets, once for each pair, from today on.
fn conflicts(view: &CalendarView<'_>) -> Markup {
    let today = time::day_of(view.now);
    let mut pairs = Vec::new();
    for (n, p) in view.placed.iter().enumerate().filter(|(_, p)| p.at.start.date() >= today) {
        pairs.extend(p.meets.iter().filter(|m| **m > n).filter_map(|m| Some((p, view.placed.get(*m)?))));
    }
    html! {
        @if !pairs.is_empty() {
            (ui::callout(Tone::Caution, t("訪問が重なるか、間が15分ないところがあります"), html! {
                ul { @for (a, b) in pairs {
                    li { a href=(urls::visit(a.visit.id, a.at.day)) {
                        (day_words(a.at.start.date())) " " (times(a)) " " (a.visit.plan.kind.label()) (t(" と ")) (times(b)) " " (b.visit.plan.kind.label())
                    } }
                } }
            }))
        }
    }
}

fn turning(view: &CalendarView<'_>) -> Markup {
    let today = time::day_of(view.now);
    let to = |span: Span| urls::schedule_span(view.group, &span.query());
    let (before, after, other) = match view.span {
        Span::Month(_) => (t("前の月"), t("次の月"), t("週で見る")),
        Span::Week(_) => (t("前の週"), t("次の週"), t("月で見る")),
    };
    html! {
        div class="turning" {
            h2 { (view.span.label()) }
            nav aria-label=(t("期間を変える")) {
                a class="btn" href=(to(view.span.before())) { (icon("back")) (before) }
                a class="btn" href=(to(view.span.after())) { (after) (icon("next")) }
                a class="btn" href=(to(view.span.other(today))) { (icon("cal")) (other) }
            }
        }
    }
}

fn days(view: &CalendarView<'_>) -> Markup {
    let (from, to) = view.span.days();
    let today = time::day_of(view.now);
    html! {
        ol class="calendar plain" {
            @for day in from.series(1.day()).take_while(|day| *day <= to) {
                @let visits: Vec<&Placed<'_>> = view.placed.iter().filter(|p| p.at.start.date() == day).collect();
                li class=(classes(view.span, day, today, visits.is_empty())) {
                    h3 {
                        time datetime=(day) { span class="num" { (day.month()) "/" (day.day()) } "(" (time::weekday(day.weekday())) ")" }
                        @if day == today { span class="badge accent" { (t("今日")) } }
                        @if let Some(name) = holidays::name(day) { span class="holiday" { (name) } }
                    }
                    @if !visits.is_empty() {
                        ul class="plain" { @for p in visits { li { (chip(p)) } } }
                    }
                }
            }
        }
    }
}

fn classes(span: Span, day: Date, today: Date, empty: bool) -> String {
    let all = [
        ("day", true),
        ("out", !span.holds(day)),
        ("today", day == today),
        ("off", holidays::name(day).is_some() || day.weekday() == Weekday::Sunday),
        ("none", empty),
    ];
    all.into_iter().filter(|(_, on)| *on).map(|(name, _)| name).collect::<Vec<_>>().join(" ")
}

fn chip(p: &Placed<'_>) -> Markup {
    let Visit { id, facility, person, plan, .. } = p.visit;
    html! {
        a class={ "visit" @if p.at.cancelled { " gone" } @if !p.meets.is_empty() { " meets" } } href=(urls::visit(*id, p.at.day)) {
            span class="at num" { (times(p)) }
            span class="what" { (icon(plan.kind.icon())) (plan.kind.label()) }
            span class="who" { @if let Some(person) = person { (person) " " } span class="of" { (facility) } }
            @if p.at.cancelled { span class="badge plain" { (icon("x")) (t("お休み")) } }
            @if p.at.moved { span class="badge plain" { (icon("swap")) (t("変更")) } }
            @if !p.meets.is_empty() { span class="badge must" { (icon("alert")) (t("重なり")) } }
        }
    }
}

/// One visit on one line, for other pages.
pub fn line(p: &Placed<'_>, now: Timestamp) -> Markup {
    let Visit { id, facility, person, plan, .. } = p.visit;
    html! {
        li class="entry-row" {
            (icon(plan.kind.icon()))
            div {
                a class="task-name" href=(urls::visit(*id, p.at.day)) { (day_near(p.at.start.date(), now)) " " (times(p)) " " (plan.kind.label()) }
                p class="when-line" { @if let Some(person) = person { span { (person) } } span { (facility) } }
                @if !plan.note.is_empty() { p class="small text" { (plan.note) } }
                p class="when-line" {
                    @if p.at.cancelled { span class="badge plain" { (icon("x")) (t("お休み")) } }
                    @if p.at.moved { span class="badge plain" { (icon("swap")) (t("変更")) } }
                    @if !p.meets.is_empty() { span class="badge must" { (icon("alert")) (t("重なり")) } }
                }
            }
        }
    }
}

/// `10:00〜10:45`.
pub fn times(p: &Placed<'_>) -> String {
    let of_day = |at: jiff::civil::DateTime| time::of_day(at.time());
    fill(t("{0}〜{1}"), &[("0", &of_day(p.at.start)), ("1", &of_day(p.at.end))])
}

/// `12月4日(金)`.
pub(super) fn day_words(day: Date) -> String {
    time::month_day(day)
}

/// 今日, 明日, or its date.
fn day_near(day: Date, now: Timestamp) -> String {
    let today = time::day_of(now);
    match today.until(day).map(|s| s.get_days()) {
        Ok(0) => t("今日").to_owned(),
        Ok(1) => t("明日").to_owned(),
        _ => day_words(day),
    }
}
