//! The page of vital signs (バイタル): the newest values, a chart for each sign, and its table.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    chart::{self, Window},
    model::{Chart, Observed, Place, Source},
    rules::Side,
    sign::Sign,
};
use crate::words::{fill, t, t_in};
use crate::{
    features::patients::room::{Room, RoomTab},
    opaque_debug,
    web::{
        forms::{done, hidden},
        page::how_to,
        ui::{Confirm, Ctx, Field, Kind, Profession, confirm, empty, field, icon, time},
        urls,
    },
};

pub const DAYS: [u16; 3] = [7, 30, 90];

pub struct VitalsView {
    pub room: Room,
    pub place: Place,
    pub chart: Chart,
    pub window: Window,
    pub me: Uuid,
    pub now: Timestamp,
    pub done: Option<&'static str>,
}

opaque_debug!(VitalsView);

pub fn vitals_page(view: &VitalsView, ctx: &Ctx) -> Markup {
    let signs: Vec<Sign> =
        Sign::VITAL.into_iter().filter(|sign| view.chart.observed.iter().any(|o| o.sign == *sign)).collect();
    let body = html! {
        (done(view.done))
        (ways(view))
        (days(view))
        @if signs.is_empty() {
            (empty("log", t("この期間の記録はありません"), t("訪問で測った値を入れると、ここにグラフと表で並びます。チームの投稿に書いた値も、確かめて記録にできます。"), None))
        } @else {
            (newest(&view.chart))
            @for sign in &signs { (section(view, *sign)) }
        }
        (how_to("vitals"))
    };
    view.room.page(ctx, t("バイタル"), view.room.bar(RoomTab::Vitals, None), body, None)
}

fn ways(view: &VitalsView) -> Markup {
    let patient = view.place.patient;
    html! {
        div.row.no-print {
            @if !view.place.archived { a.btn.primary href=(urls::vitals_new(patient)) { (icon("plus")) (t("値を記録する")) } }
            a.btn href=(urls::wounds(patient)) { (icon("image")) (t("傷の写真")) }
            a.btn href=(urls::vitals_ranges(patient)) { (icon("settings")) (t("範囲")) }
            @if !view.place.archived { a.btn href=(urls::vitals_csv(patient)) { (icon("upload")) (t("CSVから")) } }
        }
    }
}

fn days(view: &VitalsView) -> Markup {
    html! {
        nav.chips.no-print aria-label=(t("期間")) {
            @for days in DAYS {
                a.chip href=(urls::vitals_of(view.place.patient, days)) aria-current=[(days == view.window.days).then_some("true")] { (days) (t("日間")) }
            }
        }
        p.print-only { (time::day_long(view.window.from)) (t("から")) (time::date_long(view.now)) (t("まで")) }
    }
}

/// The newest value of each sign.
fn newest(chart: &Chart) -> Markup {
    let last = |sign| chart.observed.iter().find(|o| o.sign == sign && o.counts());
    let all: Vec<&Observed> = Sign::VITAL.into_iter().filter_map(last).collect();
    html! {
        section aria-labelledby="newest-values" {
            h2 id="newest-values" { (t("いちばん新しい値")) }
            dl.vitals { @for one in all { (tile(one, &chart.crossed(one.sign, &one.values), None)) } }
        }
    }
}

/// One value as a small card; `time` names when it was measured.
pub fn tile(one: &Observed, sides: &[Option<Side>], at: Option<&str>) -> Markup {
    let side = sides.iter().flatten().next();
    html! {
        div.out[side.is_some()] {
            dt { (one.sign.name()) @if let Some(at) = at { " " small { (at) } } }
            dd { (one.sign.written(&one.values)) small { (one.sign.unit()) } @if let Some(side) = side { (beyond(*side)) } }
        }
    }
}

/// Words, a shape and then a colour.
pub fn beyond(side: Side) -> Markup {
    html! { span.beyond { (icon(if side == Side::High { "up" } else { "down" })) (side.word()) } }
}

fn section(view: &VitalsView, sign: Sign) -> Markup {
    let id = sign.key();
    let ranges: Vec<String> = sign
        .parts()
        .iter()
        .filter_map(|part| {
            let range = view.chart.range(part);
            let name = if sign.parts().len() > 1 { t(part.name) } else { "" };
            (!range.is_empty()).then(|| format!("{name}{}", range.words()))
        })
        .collect();
    html! {
        section.vital aria-labelledby=(id) {
            h2 id=(id) { (sign.name()) small.soft { " " (sign.unit()) } }
            @if !ranges.is_empty() { p.small.soft { (t("この患者さんの範囲 ")) (ranges.join(t("、"))) } }
            div.vital-pair {
                @if let Some(figure) = chart::figure(&view.chart, sign, view.window) { (figure) }
                (table(view, sign))
            }
        }
    }
}

fn table(view: &VitalsView, sign: Sign) -> Markup {
    let rows = view.chart.observed.iter().filter(|o| o.sign == sign);
    html! {
        div.table-scroll.tall tabindex="0" role="region" aria-label={ (sign.name()) (t("の表")) } {
            table.figures {
                thead { tr { th scope="col" { (t("測った時刻")) } th scope="col" { (t("値")) } th scope="col" { (t("記録")) } } }
                tbody { @for one in rows { (row(view, one)) } }
            }
        }
    }
}

fn row(view: &VitalsView, one: &Observed) -> Markup {
    let sides = view.chart.crossed(one.sign, &one.values);
    let may_withdraw = one.counts() && !view.place.archived && (one.by.id == view.me || view.place.host);
    html! {
        tr.gone[!one.counts()] {
            th scope="row" { time datetime=(time::machine(one.measured_at)) title=(time::date_long(one.measured_at)) { (time::when(one.measured_at, view.now)) } }
            td {
                @if one.counts() { b { (one.sign.written(&one.values)) } @if let Some(side) = sides.iter().flatten().next() { " " (beyond(*side)) } }
                @else { s { (one.sign.written(&one.values)) } }
                @if one.confirmed { small.soft { (t(" 確かめて記録")) } }
                @if let Some(note) = &one.note { small.soft { " " (note) } }
            }
            td {
                (one.by.name) " " small.soft { (Profession::of(&one.by.profession).label()) @if let Some(device) = &one.device { (t("・")) (device) } }
                (became(one))
                @if let Some(post) = one.post { " " a href=(urls::post_in_group(view.place.group, post)) { (t_in("投稿", "where it stands")) span.sr { (t("を見る")) } } }
                @if may_withdraw {
                    " " a.no-print href=(urls::vitals_withdrawal(view.place.patient, one.id)) { (t("取り消す")) span.sr { "(" (one.sign.name()) " " (one.sign.written(&one.values)) ")" } }
                }
            }
        }
    }
}

fn became(one: &Observed) -> Markup {
    html! {
        @if let Some(gone) = &one.withdrawn {
            p.small { span.badge.plain { (icon("undo")) (t("取り消されました")) } " " (gone.by) (t("さん。理由: ")) (gone.reason) }
        } @else if one.source == Source::Corrected {
            p.small { span.badge.plain { (icon("pen")) (t("元の投稿が訂正されました")) } }
        } @else if one.source == Source::Withdrawn {
            p.small { span.badge.plain { (icon("undo")) (t("元の投稿が取り消されました")) } }
        }
    }
}

/// Asks before a value is withdrawn.
pub struct WithdrawalView {
    pub room: Room,
    pub patient: Uuid,
    pub one: Observed,
    pub client_id: Uuid,
    pub reason: String,
    pub error: Option<String>,
    pub now: Timestamp,
}

opaque_debug!(WithdrawalView);

pub fn withdrawal_page(view: &WithdrawalView, ctx: &Ctx) -> Markup {
    let one = &view.one;
    let value = format!("{} {}{}", one.sign.name(), one.sign.written(&one.values), one.sign.unit());
    let title = fill(
        t("{value}({0})を取り消しますか"),
        &[("value", &value), ("0", &time::when(one.measured_at, view.now))],
    );
    let consequences = [
        ("eye", t("グラフには出なくなります。表には線を引いて残り、理由が出ます。")),
        ("lock", t("記録からは消えません。だれが、いつ、なぜ取り消したかも残ります。")),
        ("ban", t("取り消しは、あとから元に戻せません。測り直した値は、新しく記録してください。")),
    ];
    let back = urls::vitals(view.patient);
    let body = confirm(&Confirm {
        keep: Some((&format!("vitals-withdrawal/{}", one.id), view.error.is_some())),
        title: &title,
        consequences: &consequences,
        fields: html! {
            (hidden("client_id", &view.client_id.to_string()))
            (field(&Field { name: "reason", label: t("取り消す理由"), help: Some(t("チームの全員が読みます。例: 別の患者さんの値でした")), value: &view.reason,
                error: view.error.as_deref(), required: true, kind: Kind::Textarea { rows: 2 }, maxlength: Some(600), ..Field::default() }))
        },
        action: &urls::vitals_withdrawal(view.patient, one.id),
        verb: t("取り消す"),
        danger: true,
        cancel: &back,
    });
    view.room.page(
        ctx,
        t("バイタルの取り消し"),
        view.room.deeper(t("値を取り消す"), (&back, t("バイタルに戻る"))),
        body,
        None,
    )
}
