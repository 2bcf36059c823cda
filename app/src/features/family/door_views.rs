//! The family's door.

use maud::{Markup, html};

use super::views::site;
use crate::words::t;
use crate::{
    auth::totp::Enrolment,
    features::sign_in::views::Refusal,
    opaque_debug,
    web::{
        forms::{Entry, Errors, hidden},
        ui::{Ctx, Tone, callout, language_switch},
        urls,
    },
};

/// ID, password and code on one page. Neither secret ever comes back.
#[derive(Debug, Clone, Default)]
pub struct DoorView {
    pub login_id: String,
    /// A page of this site, checked by the caller.
    pub next: String,
    pub refusal: Option<Refusal>,
    /// The code alone was missing.
    pub code_wanted: bool,
}

pub fn door_page(view: &DoorView, ctx: &Ctx) -> Markup {
    let main = html! {
        h2 { (t("サインイン")) }
        @if let Some(refusal) = view.refusal { (refusal.callout()) }
        @if view.code_wanted { (callout(Tone::Caution, t("認証アプリの 6けたの 数字も 入れてください。"), html! {})) }
        form.stack method="post" action=(urls::family_sign_in()) {
            (hidden("next", &view.next))
            (Entry::line("login_id", "ID").value(&view.login_id).autocomplete("username").inputmode("email"))
            (Entry::password("password", t("パスワード")).autocomplete("current-password"))
            (Entry::code("code", t("認証アプリの 6けたの 数字")))
            button.btn.primary.large.block type="submit" { (t("サインイン")) }
        }
        p { (t("一度 サインインすると、この 端末では 30日 使えます。")) }
        p { (t("パスワードを わすれた ときは、招待した 施設に 電話を してください。")) }
        p.soft { (t("医療・介護の スタッフの かたは、")) a href=(urls::sign_in()) { (t("こちら")) } (t("から。")) }
        (language_switch(ctx))
    };
    site(ctx, t("サインイン"), t("連携 患者・家族"), t("在宅チームと 話す ところ"), &[], main)
}

/// App authentication, on joining.
pub struct AppView {
    pub enrolment: Enrolment,
    pub login_id: String,
    pub errors: Errors,
}

opaque_debug!(AppView);

pub fn app_page(view: &AppView, ctx: &Ctx) -> Markup {
    let main = html! {
        h2 { (t("もう1つの 鍵を 登録する")) }
        (view.errors.summary())
        p { (t("パスワードが 人に 知られても、あなたの スマートフォンが なければ 入れなく なります。")) }
        ol.points {
            li { (t("スマートフォンに「認証アプリ」を 入れます。どの 認証アプリでも 使えます。")) }
            li { (t("認証アプリで、下の 四角を 読み取ります。")) }
            li { (t("アプリに 出た 6けたの 数字を 入れます。")) }
        }
        div.qr role="img" aria-label=(t("認証アプリで 読み取る 二次元コード")) { (view.enrolment.qr) }
        details {
            summary { (t("四角を 読み取れない とき（この スマートフォンで 使う とき）")) }
            p { (t("アプリで「手で 入力」を えらび、次の 鍵を 入れます。アカウント名は ")) b { (view.login_id) } (t(" です。")) }
            p.key { code { (view.enrolment.key) } }
        }
        form.stack method="post" action=(urls::family_enrol()) {
            (Entry::code("code", t("6けたの 数字")).errors(&view.errors).need())
            button.btn.primary.large.block type="submit" { (t("登録して はじめる")) }
        }
    };
    site(ctx, t("鍵の登録"), t("連携 患者・家族"), t("登録は あと すこしです"), &[], main)
}
