//! The form of a new order.

use maud::{Markup, html};

use super::model::OrderForm;
use crate::web::{
    console::{Console, console},
    forms::{Entry, Errors, check, choices, hidden},
    ui::{Ctx, Tone, callout, submit},
    urls,
};
use crate::words::t;

#[derive(Debug)]
pub struct NewView {
    pub name: String,
    /// Value and label.
    pub facilities: Vec<(String, String)>,
    pub form: OrderForm,
    pub errors: Errors,
    pub must_agree: bool,
}

pub fn new_page(v: &NewView, ctx: &Ctx) -> Markup {
    let (e, f) = (&v.errors, &v.form);
    let mut facilities = vec![(String::new(), t("選んでください").to_owned())];
    facilities.extend(v.facilities.iter().cloned());
    let body = html! {
        (e.summary())
        (callout(Tone::Info, t("2人で進めます"), html! {
            p { (t("ほかの運営者が承認すると、施設の管理者に知らせが届きます。")) @if v.must_agree { (t("施設の同意があってから、時間のあいだだけ作業できます。")) } @else { (t("時間のあいだだけ作業できます。")) } }
            p { (t("患者さんの記録は、この手続きでも開けません。見えるのは、番号・件数・大きさ・状態だけです。")) }
        }))
        form.stack.panel method="post" action=(urls::operator_work_orders()) {
            (hidden("id", &f.id.to_string()))
            (Entry::select("facility", t("施設"), &choices(&facilities)).value(&f.facility).errors(e).need())
            (Entry::line("purpose", t("何のための作業か")).value(&f.purpose).errors(e).need().max_chars(120).help(t("施設の管理者が読みます。例：ファイルの検査が終わらない件の調査")))
            (Entry::text("planned", t("すること"), 4).value(&f.planned).errors(e).need().max_chars(2000).help(t("順に書いてください。患者さんのことは書きません。")))
            (Entry::text("reason", t("なぜ必要か"), 3).value(&f.reason).errors(e).need().max_chars(1000))
            (check("rescan", t("ファイルの検査のやり直しもする"), t("付けないときは、見るだけです。"), f.rescan.is_some(), e))
            (Entry::moment("from", t("始まり")).value(&f.from).errors(e).need())
            (Entry::moment("until", t("終わり")).value(&f.until).errors(e).need().help(t("始まりから4時間まで。過ぎると使えなくなり、報告が施設に届きます。")))
            (submit(t("承認を求める")))
        }
    };
    console(
        ctx,
        Console {
            title: t("作業指示を出す"), name: &v.name, current: urls::operator_work_orders(), body
        },
    )
}
