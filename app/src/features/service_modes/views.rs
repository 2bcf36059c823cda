//! The operator's page of the modes.

use jiff::Timestamp;
use maud::{Markup, html};

use super::acts::{Changed, REASON, Standing};
use crate::words::{fill, t};
use crate::{
    service::ServiceMode,
    web::{
        console::{Console, console},
        forms::{Entry, Errors, choices, done},
        ui::{Choice, Ctx, Tone, callout, icon, mode_times, submit, time},
        urls,
    },
};

#[derive(Debug, Clone, Default)]
pub struct ModesView {
    pub name: String,
    pub standing: Vec<Standing>,
    pub changes: Vec<Changed>,
    pub facilities: Vec<(String, String)>,
    pub mode: String,
    pub facility: String,
    pub reason: String,
    pub until: String,
    pub errors: Errors,
    pub done: bool,
}

pub fn modes_page(view: &ModesView, now: Timestamp, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done.then_some(t("切り替えました。いまから、この通りになります。"))))
        (standing(&view.standing))
        section { h2 { (t("切り替える")) } (form(view)) }
        section { h2 { (t("これまでの切り替え")) } (changes(&view.changes, now)) }
    };
    console(ctx, Console { title: t("運転モード"), name: &view.name, current: urls::operator_modes(), body })
}

fn standing(all: &[Standing]) -> Markup {
    html! {
        @if all.is_empty() { (callout(Tone::Success, t("通常どおり動いています"), html! { p { (t("すべての施設で、すべて使えます。")) } })) }
        @for s in all {
            @let place = s.facility.as_ref().map_or(t("すべての施設"), |(_, name)| name);
            (callout(Tone::Caution, &fill(t("{place}：{0}"), &[("place", &place), ("0", &s.now.mode.label())]), html! {
                p { (s.now.reason) }
                p.small { (mode_times(&s.now)) }
            }))
        }
    }
}

fn form(view: &ModesView) -> Markup {
    let modes =
        ServiceMode::ALL.map(|m| Choice { value: m.code(), label: m.label(), help: Some(what_happens(m)) });
    let mut places = vec![("all".to_owned(), t("すべての施設").to_owned())];
    places.extend(view.facilities.iter().cloned());
    let places = choices(&places);
    let e = &view.errors;
    html! {
        (e.summary())
        form.stack.panel method="post" action=(urls::operator_modes()) {
            (Entry::select("facility", t("どこを"), &places).value(&view.facility).errors(e).need())
            (Entry::radio("mode", t("どのモードに"), &modes).value(&view.mode).errors(e).need())
            (Entry::line("reason", t("理由")).value(&view.reason).errors(e).need().max_chars(REASON as u32)
                .help(t("使う人の画面にそのまま出ます。患者さんのことは書かないでください。")))
            (Entry::moment("until", t("終わりの予定")).value(&view.until).errors(e).help(t("分かっていれば。時刻になっても、ひとりでには戻りません。")))
            (submit(t("切り替える")))
        }
    }
}

fn what_happens(mode: ServiceMode) -> &'static str {
    match mode {
        ServiceMode::Normal => t("すべて使えます。"),
        ServiceMode::ReadOnly => t(
            "読むことはできます。投稿、ファイル、患者さんやメンバーの変更はできません。サインイン、ロック、パスワードの変更、スタッフの利用停止はできます。",
        ),
        ServiceMode::SignInStopped => t("新しいサインインだけを止めます。いま使っている人は続けられます。"),
        ServiceMode::Stopped => t("理由と時刻の画面のほかは、何も出ません。この運営の画面は使えます。"),
    }
}

fn changes(all: &[Changed], now: Timestamp) -> Markup {
    html! {
        @if all.is_empty() { p.soft { (t("まだ一度も切り替えていません。")) } }
        @else {
            ul.panel.flush.rows {
                @for c in all {
                    li.entry-row {
                        (icon("swap"))
                        div {
                            b { (c.facility.as_deref().unwrap_or(t("すべての施設"))) (t("：")) (c.mode.map_or("", ServiceMode::label)) }
                            " " span { (c.reason) }
                            small { (c.operator.as_deref().unwrap_or(t("コマンド"))) (t("・")) (time::when(c.at, now)) }
                        }
                    }
                }
            }
        }
    }
}
