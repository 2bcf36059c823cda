//! The form and the list.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use crate::words::t;
use crate::{
    features::{
        patients::room::{Room, RoomTab},
        visit_records::{
            forms::Typed,
            model::{Listed, MAX_PART, Next},
            rules::day_words,
        },
        visits::model::Kind,
    },
    opaque_debug,
    web::{
        forms::{Entry, choices, hidden},
        page::how_to,
        ui::{self, Choice, Ctx, Profession, Tone, icon, time},
        urls,
    },
};

#[derive(Clone)]
pub struct NewView {
    pub room: Room,
    pub group: Uuid,
    pub typed: Typed,
}

/// What stands over the list after a record was written.
#[derive(Clone)]
pub enum Saved {
    Alone,
    Planned { next: Next },
    Proposed { post: Uuid, next: Next },
    WithoutTime { kind: Kind, next: Next },
}

#[derive(Clone)]
pub struct RecordsView {
    pub room: Room,
    pub group: Uuid,
    /// The latest first.
    pub records: Vec<Listed>,
    pub saved: Option<Saved>,
    pub archived: bool,
    pub now: Timestamp,
}

opaque_debug!(NewView, Saved, RecordsView);

pub fn new_page(view: &NewView, ctx: &Ctx) -> Markup {
    let (typed, errors) = (&view.typed, &view.typed.errors);
    let back = urls::visit_records(view.group);
    let kinds: Vec<(String, String)> =
        Kind::ALL.iter().map(|k| (k.code().to_owned(), k.label().to_owned())).collect();
    let changed = [
        Choice { value: "no", label: t("なし"), help: None },
        Choice {
            value: "yes", label: t("あり"), help: Some(t("下に、どう変えたかを書きます"))
        },
    ];
    let part = MAX_PART as u32;
    let body = html! {
        (errors.summary())
        form class="stack" method="post" action=(urls::visit_records(view.group)) data-keep=(format!("visit/{}", view.group)) data-came-back[!errors.is_empty()] {
            (hidden("client_id", &typed.client_id.to_string()))
            (Entry::select("kind", t("何の訪問"), &choices(&kinds)).value(&typed.kind).errors(errors).need())
            div class="pair" {
                (Entry::date("date", t("訪問した日")).value(&typed.date).errors(errors).need())
                (Entry::clock("time", t("時刻")).value(&typed.time).errors(errors))
            }
            (Entry::text("did", t("行ったこと"), 4).value(&typed.did).max_chars(part).errors(errors).need())
            (Entry::text("condition", t("様子"), 3).value(&typed.condition).help(t("例: 食事は半分ほど。痛みの訴えなし。")).max_chars(part).errors(errors))
            (Entry::radio("plan_changed", t("計画の変更"), &changed).value(&typed.plan_changed).errors(errors).need())
            (Entry::text("plan", t("変えた内容(「あり」のとき)"), 3).value(&typed.plan).max_chars(part).errors(errors))
            (Entry::text("cautions", t("留意点(ほかの方に気をつけてほしいこと)"), 3).value(&typed.cautions).max_chars(part).errors(errors))
            div class="pair" {
                (Entry::date("next_date", t("次回の訪問の日")).value(&typed.next_date).errors(errors))
                (Entry::clock("next_time", t("時刻(決まっていれば)")).value(&typed.next_time).errors(errors))
            }
            (ui::notice_line("lock", t("チームの記録に、ふつうの投稿として残ります。あとから消えたり変わったりしません。")))
            div class="row" {
                a class="btn large" href=(back) { (t("やめる")) }
                button class="btn primary large" type="submit" { (icon("send")) (t("記録する")) }
            }
        }
    };
    let bar = view.room.deeper(t("訪問記録を書く"), (&back, t("訪問記録に戻る")));
    view.room.page(ctx, t("訪問記録を書く"), bar, body, None)
}

pub fn records_page(view: &RecordsView, ctx: &Ctx) -> Markup {
    let body = html! {
        @if let Some(saved) = &view.saved { (after(view, saved)) }
        nav class="jumps" aria-label=(t("予定のほかのページ")) {
            a class="chip" href=(urls::schedule(view.group)) { (icon("cal")) (t("予定")) }
            a class="chip" href=(urls::before_visit(view.group)) { (icon("eye")) (t("訪問の前に")) }
        }
        @if !view.archived { p { a class="btn primary large" href=(urls::new_visit_record(view.group)) { (icon("pen")) (t("訪問記録を書く")) } } }
        @if view.records.is_empty() {
            div class="panel" { (ui::empty("sheet", t("訪問記録はまだありません"), t("訪問のあとに書くと、次回の日・計画の変更・留意点が、ここと「訪問の前に」に並びます。"), None)) }
        } @else {
            ul class="plain stack" aria-label=(t("訪問記録")) { @for one in &view.records { (row(view.group, one, view.now)) } }
        }
        (how_to("visit-records"))
    };
    view.room.page(ctx, t("訪問記録"), view.room.bar(RoomTab::Schedule, None), body, None)
}

fn after(view: &RecordsView, saved: &Saved) -> Markup {
    let words = |next: &Next| day_words(next.day, next.at);
    let body = match saved {
        Saved::Alone => html! {},
        Saved::Planned { next } => {
            html! { p { (t("次回 ")) (words(next)) (t(" は、もう予定にあります。")) } }
        }
        Saved::Proposed { post, next } => html! {
            p { (t("次回 ")) b { (words(next)) } }
            form method="post" action=(urls::next_visit(view.group, *post)) {
                button class="btn primary" type="submit" { (icon("cal")) (t("この日を予定に入れる")) }
            }
        },
        Saved::WithoutTime { kind, next } => html! {
            p { (t("次回 ")) b { (words(next)) } }
            p { a class="btn primary" href=(urls::new_visit_on(view.group, next.day, Some(kind.code()))) { (icon("cal")) (t("時刻を決めて予定に入れる")) } }
        },
    };
    ui::callout(Tone::Success, t("記録しました"), body)
}

/// What the next one has to know, and the way to the whole text.
pub(super) fn row(group: Uuid, one: &Listed, now: Timestamp) -> Markup {
    let r = &one.record;
    html! {
        li class="panel stack-s" {
            p { b { (icon(r.kind.icon())) " " (r.kind.label()) " " (day_words(r.day, r.at)) } }
            p class="small soft" { (one.author) " " (ui::profession(Profession::of(&one.profession))) " " (one.facility) }
            @if r.plan_changed { p { span class="badge must" { (icon("pen")) (t("計画の変更あり")) } } p class="text" { (r.plan) } }
            @if !r.cautions.is_empty() { p class="text" { b { (t("留意点 ")) } (r.cautions) } }
            @if let Some(next) = r.next { p { (t("次回 ")) (day_words(next.day, next.at)) } }
            p class="small" {
                a class="see" href=(urls::post_in_group(group, one.post)) { (t("記録を読む")) } " "
                time class="soft" datetime=(time::machine(one.written_at)) { (time::when(one.written_at, now)) (t("に記録")) }
            }
        }
    }
}
