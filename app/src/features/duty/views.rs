//! 当番と代理: who is on duty, who stands in for me, by which telephone the team may call me.

use jiff::{Timestamp, ToSpan, civil::time as clock};
use maud::{Markup, html};
use uuid::Uuid;

use super::model::{HandOver, OnDuty};
use crate::words::{fill, t};
use crate::{
    japan, opaque_debug,
    web::{
        forms::{Entry, Errors, done, hidden},
        page::{Page, how_to, page},
        ui::{Ctx, Profession, Size, Tab, Topbar, avatar, icon, profession, time},
        urls,
    },
};

#[derive(Clone)]
pub struct DutyView {
    pub me: Uuid,
    pub facility: String,
    pub admin: bool,
    pub on_duty: Option<OnDuty>,
    /// The newest first.
    pub hand_overs: Vec<HandOver>,
    /// Everybody who works there, by reading.
    pub colleagues: Vec<(Uuid, String)>,
    pub substitute: Option<Uuid>,
    /// As shown to the team, or as typed.
    pub phone: String,
    pub client_id: Uuid,
    pub errors: Errors,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

opaque_debug!(DutyView);

impl DutyView {
    /// The viewer is on duty in a station of five.
    pub fn sample() -> Self {
        let now = crate::features::groups::views::sample_now();
        let names =
            ["五十嵐 みずほ", "城戸 航", "長曽我部 ジャクリーン 由紀", "柚木 さくら", "百目鬼 真由美"];
        let hand_over = |to: &str, by: &str, hours: i64| HandOver {
            to: Some(to.to_owned()),
            until: now - hours.hours() + 12.hours(),
            by: by.to_owned(),
            at: now - hours.hours(),
        };
        Self {
            me: Uuid::from_u128(1),
            facility: "そらまめ訪問看護ステーション".to_owned(),
            admin: false,
            on_duty: Some(OnDuty {
                id: Uuid::from_u128(1),
                name: names[0].to_owned(),
                profession: "nurse".to_owned(),
                since: now - 5.hours(),
                until: now + 7.hours(),
            }),
            hand_overs: vec![hand_over(names[0], names[2], 5), hand_over(names[2], names[1], 17)],
            colleagues: (1..).map(Uuid::from_u128).zip(names.map(str::to_owned)).collect(),
            substitute: Some(Uuid::from_u128(2)),
            phone: "090-0000-0000".to_owned(),
            client_id: Uuid::from_u128(9),
            errors: Errors::none(),
            done: None,
            now,
        }
    }
}

pub fn duty_page(view: &DutyView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done))
        (view.errors.summary())
        section {
            h2 { (t("いまの当番")) }
            p class="small soft" { (view.facility) }
            div class="panel stack-s" {
                (now_on_duty(view))
                (hand_over(view))
            }
            @if !view.hand_overs.is_empty() { (log(view)) }
        }
        section {
            h2 { (t("あなたの代理")) }
            form class="panel stack-s" method="post" action=(urls::my_substitute()) {
                p class="small" { (t("要了解の期限までにあなたが了解しないとき、代理の人にもお知らせします。代理の人がそのグループにいないときは、施設の当番の人にお知らせします。")) }
                label class="field" {
                    span { (t("代理の人")) }
                    select class="input" name="account" {
                        option value="" { (t("決めない")) }
                        @for (id, name) in view.colleagues.iter().filter(|(id, _)| *id != view.me) { option value=(id) selected[view.substitute == Some(*id)] { (name) } }
                    }
                }
                button class="btn" type="submit" { (t("代理を保存する")) }
            }
        }
        section {
            h2 { (t("チームに見せる電話")) }
            form class="panel stack-s" method="post" action=(urls::my_shown_phone()) {
                (Entry::line("phone", t("仕事の電話番号")).value(&view.phone).inputmode("tel").help(t("まだ了解していないときなどに、同じグループの人が電話できます。空にすると、だれにも見えません。")).errors(&view.errors))
                button class="btn" type="submit" { (t("電話番号を保存する")) }
            }
        }
        (how_to("duty"))
    };
    let bar = Topbar {
        title: t("当番と代理"),
        back: Some((urls::menu(), t("メニューに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title: t("当番と代理"), tab: Tab::Menu, bar, body })
}

fn now_on_duty(view: &DutyView) -> Markup {
    html! {
        @match &view.on_duty {
            Some(one) => div class="person" {
                (avatar(&one.name, Profession::of(&one.profession), Size::Medium))
                div {
                    p class="strong" { (one.name) @if one.id == view.me { (t("（あなた）")) } }
                    p class="affiliation" { (profession(Profession::of(&one.profession))) " " span { (time::when(one.until, view.now)) (t(" まで")) } }
                }
            },
            None => p { (icon("off")) (t(" 当番は決まっていません。当番あての投稿は、グループにいる施設の全員に届きます。")) },
        }
    }
}

/// Whom the duty may go to: anybody for whoever has it and for the admin, oneself where nobody has it.
fn hand_over(view: &DutyView) -> Markup {
    let mine = view.on_duty.as_ref().is_some_and(|one| one.id == view.me);
    let any = view.admin || mine;
    let free = view.on_duty.is_none();
    html! {
        @if any || free {
            form class="stack-s" method="post" action=(urls::duty()) {
                (hidden("client_id", &view.client_id.to_string()))
                @if any {
                    label class="field" {
                        span { (t("次の当番")) }
                        select class="input" name="account" required {
                            @for (id, name) in view.colleagues.iter().filter(|(id, _)| !mine || *id != view.me) { option value=(id) selected[free && *id == view.me] { (name) } }
                        }
                    }
                } @else { (hidden("account", &view.me.to_string())) }
                label class="field" {
                    span { (t("いつまで")) }
                    select class="input" name="until" { @for until in ends(view.now) { option value=(time::machine(until)) { (time::when(until, view.now)) (t(" まで")) } } }
                }
                button class="btn primary large block" type="submit" { (icon("swap")) @if any { (t("当番を引き継ぐ")) } @else { (t("わたしが当番になる")) } }
            }
        } @else { p class="small soft" { (t("引き継ぐのは、当番の人か施設の管理者です。")) } }
    }
}

fn log(view: &DutyView) -> Markup {
    html! {
        details class="opens" {
            summary { (t("これまでの引き継ぎ")) }
            ul class="plain-rows" {
                @for one in &view.hand_overs {
                    li { (time::when(one.at, view.now)) " " (one.by) (t("さん → ")) (one.to.as_deref().map_or_else(|| t("なし").to_owned(), |name| fill(t("{name}さん"), &[("name", &name)]))) (t("（")) (time::when(one.until, view.now)) (t("まで）")) }
                }
            }
        }
    }
}

/// The ends that are offered: mornings and evenings of the next days, none nearer than an hour.
fn ends(now: Timestamp) -> Vec<Timestamp> {
    let tokyo = japan::zone();
    let today = now.to_zoned(tokyo.clone()).date();
    let at = |days: i64, hour: i8| {
        let day = today.checked_add(days.days()).ok()?;
        day.to_datetime(clock(hour, 0, 0, 0)).to_zoned(tokyo.clone()).ok().map(|zoned| zoned.timestamp())
    };
    [at(0, 9), at(0, 18), at(1, 9), at(1, 18), at(2, 9), at(3, 9), at(6, 9)]
        .into_iter()
        .flatten()
        .filter(|end| *end >= now + 1.hour())
        .collect()
}
