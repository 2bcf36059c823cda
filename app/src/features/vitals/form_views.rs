//! The form of new values: big fields, with the value before beside each.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    form::{Typed, entry},
    model::Observed,
    sign::{Part, Sign},
};
use crate::words::{fill, t};
use crate::{
    features::patients::room::Room,
    opaque_debug,
    web::{
        forms::{Entry, Errors, hidden},
        ui::{Ctx, submit, time},
        urls,
    },
};

pub struct FormView {
    pub room: Room,
    pub patient: Uuid,
    pub typed: Typed,
    pub errors: Errors,
    /// Signs whose value was rare: the person may say that it is meant.
    pub ask: Vec<Sign>,
    /// The newest measurement of each sign.
    pub before: Vec<Observed>,
    pub now: Timestamp,
}

opaque_debug!(FormView);

pub fn form_page(view: &FormView, ctx: &Ctx) -> Markup {
    let back = urls::vitals(view.patient);
    let body = html! {
        (view.errors.summary())
        form.stack method="post" action=(back) data-keep=(format!("vitals/{}", view.patient)) data-came-back[!view.errors.is_empty()] {
            (hidden("client_id", &view.typed.client_id.to_string()))
            (Entry::moment("measured_at", t("測った時刻")).value(&view.typed.measured_at).errors(&view.errors).need())
            div.vital-fields { @for sign in Sign::VITAL { (fields(view, sign)) } }
            (Entry::line("device", t("測った機器")).value(&view.typed.device).help(t("なくてもかまいません。例: 上腕式の血圧計")).errors(&view.errors))
            (Entry::line("note", t("メモ")).value(&view.typed.note).help(t("なくてもかまいません。例: 食後2時間、臥位")).errors(&view.errors))
            (submit(t("記録する")))
        }
        p.small.soft { (t("記録した値は、あとから変えられません。まちがえたときは、理由を書いて取り消し、正しい値を記録し直します。")) }
    };
    view.room.page(
        ctx,
        t("値を記録する"),
        view.room.deeper(t("値を記録する"), (&back, t("バイタルに戻る"))),
        body,
        None,
    )
}

fn fields(view: &FormView, sign: Sign) -> Markup {
    html! {
        div.vital-field.pair[sign.parts().len() > 1] {
            @for part in sign.parts() { (number(view, sign, part)) }
            @if view.ask.contains(&sign) {
                label.check { input type="checkbox" name="confirm" value=(sign.key()) checked[view.typed.confirms(sign)]; span { (sign.name()) (t("は、この値で記録する")) } }
            }
        }
    }
}

fn number(view: &FormView, sign: Sign, part: &'static Part) -> Markup {
    let name = entry(sign, part);
    let label = format!("{} ({})", t(part.name), sign.unit());
    let before = view.before.iter().find(|o| o.sign == sign).map(|o| {
        let n = sign.parts().iter().position(|p| p.code == part.code).unwrap_or_default();
        fill(t("前回 {0}（{1}）"), &[("0", &o.values[n]), ("1", &time::when(o.measured_at, view.now))])
    });
    let mode = if part.places > 0 { "decimal" } else { "numeric" };
    let help = before.as_deref().unwrap_or(t("前回の値はありません"));
    html! { (Entry::line(&name, &label).value(view.typed.typed(&name)).help(help).errors(&view.errors).inputmode(mode).autocomplete("off")) }
}
