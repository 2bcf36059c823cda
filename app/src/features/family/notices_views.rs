//! お知らせの設定 of a patient or relative, in plain words.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{
    notices::{Here, Settings},
    views::site,
};
use crate::words::{fill, t, t_in};
use crate::{
    opaque_debug,
    web::{
        forms::{Entry, Errors, done},
        ui::{Ctx, icon, notice_line, time},
        urls,
    },
};

/// What stands in the forms.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub told: bool,
    pub quiet: bool,
    pub from: String,
    pub to: String,
    pub mail: String,
}

pub struct NoticesView {
    pub settings: Settings,
    pub typed: Typed,
    /// `None`: this deployment has no push.
    pub public_key: Option<String>,
    /// This deployment sends letters.
    pub mails: bool,
    pub errors: Errors,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

opaque_debug!(NoticesView);

pub fn notices_page(view: &NoticesView, ctx: &Ctx) -> Markup {
    let main = html! {
        h2 { (t("お知らせの 設定")) }
        (done(view.done))
        (view.errors.summary())
        p { (t("在宅チームが あたらしい ものを 書いた とき、知らせます。もう 読んだ ものは、知らせません。")) }
        (notice_line("lock", t("お知らせに 名前や 中身は 出ません。")))
        (hours(view))
        (phone(view))
        (mail(view))
        a.btn.quiet href=(urls::family_account()) { (t("もどる")) }
    };
    let nav = [(urls::family().to_owned(), t("はじめの ページ"))];
    site(ctx, t("お知らせの設定"), t("連携 患者・家族"), "", &nav, main)
}

fn hours(view: &NoticesView) -> Markup {
    let typed = &view.typed;
    html! {
        form.family-write method="post" action=(urls::family_notices()) aria-label=(t("知らせる 時間")) {
            fieldset.stack-s { legend { (t("知らせますか")) }
                label.check { input type="radio" name="told" value="on" checked[typed.told]; (t(" 知らせる")) }
                label.check { input type="radio" name="told" value="off" checked[!typed.told]; (t(" 知らせない")) }
            }
            fieldset.stack-s { legend { (t("知らせない 時間")) }
                label.check { input type="radio" name="quiet" value="on" checked[typed.quiet]; (t(" 下の 時間は、知らせない")) }
                label.check { input type="radio" name="quiet" value="off" checked[!typed.quiet]; (t(" いつでも 知らせる")) }
                div.row {
                    (Entry::clock("from", t("はじまり")).value(&typed.from).errors(&view.errors))
                    (Entry::clock("to", t("おわり")).value(&typed.to).errors(&view.errors))
                }
                p.soft { (t("夜の あいだの ものは、おわりの 時間に 知らせます。")) }
            }
            button.btn.primary.large type="submit" { (icon("check")) (t("保存する")) }
        }
    }
}

/// `push.js` takes over from here where the browser can do it.
fn phone(view: &NoticesView) -> Markup {
    let elsewhere = view.settings.elsewhere;
    html! {
        section.stack-s {
            h2 { (t("この スマートフォン")) }
            @match &view.public_key {
                None => p { (t("ここでは 使えません。メールの お知らせを 使ってください。")) },
                Some(key) => div.family-write id="push" data-push=(key) data-push-at=(urls::family_subscription()) {
                    @match &view.settings.here {
                        Some(here) => (rung(view, here)),
                        None => {
                            p { b { (t("この スマートフォンでは、まだ 知らせません。")) } }
                            button.btn.primary.large type="button" data-push-start hidden { (icon("bell")) (t("この スマートフォンで 知らせる")) }
                            p.soft data-push-otherwise { (t("ボタンが 出ない ときは、この ブラウザでは 使えません。iPhone と iPad では、共有の ボタンから「ホーム画面に 追加」を えらび、その アイコンから 開いてください。")) }
                        }
                    }
                    p.error hidden data-push-error role="alert" { (icon("alert")) span {} }
                },
            }
            @if elsewhere > 0 {
                p { (t("ほかの ")) (elsewhere) (t("台でも 知らせます。")) }
                form method="post" action=(urls::family_notices_end()) {
                    input type="hidden" name="which" value="others";
                    button.btn.quiet type="submit" { (t("ほかの スマートフォンは やめる")) }
                }
            }
        }
    }
}

fn rung(view: &NoticesView, here: &Here) -> Markup {
    html! {
        @match here.failing_since {
            Some(since) => p role="alert" { (icon("alert")) " " (time::when(since, view.now)) (t("から、とどいて いません。「やめる」を 押して、もう一度「知らせる」を 押してください。")) },
            None => (notice_line("ok", t("この スマートフォンで 知らせます"))),
        }
        @if let Some(at) = here.on_device_at { p.soft { (t("さいごに とどいた 時間 ")) (time::when(at, view.now)) } }
        @if let Some((state, code, at)) = &here.test {
            @let (mark, words) = tried(state, code.as_deref());
            div role="status" { (notice_line(mark, &fill(t("{words}（{0}）"), &[("words", &words), ("0", &time::when(*at, view.now))]))) }
            p { a href=(urls::family_notices()) { (t("いまの ようすを 見る")) } }
        }
        form method="post" action=(urls::family_notices_test()) { button.btn type="submit" { (icon("send")) (t("ためしに 送る")) } }
        form method="post" action=(urls::family_notices_end()) {
            input type="hidden" name="which" value="here";
            button.btn.quiet type="submit" { (t_in("やめる", "of what was allowed")) }
        }
    }
}

fn tried(state: &str, code: Option<&str>) -> (&'static str, &'static str) {
    match (state, code) {
        ("on_device", _) => ("ok", t("ためしの お知らせが とどきました")),
        ("accepted", _) => ("hour", t("送りました。スマートフォンの 返事を まって います")),
        ("queued", None) => ("hour", t("いま 送って います")),
        ("queued", Some(_)) => ("retry", t("まだ 送れません。もう一度 送って みます")),
        _ => ("alert", t("とどきませんでした")),
    }
}

fn mail(view: &NoticesView) -> Markup {
    let s = &view.settings;
    html! {
        section.stack-s {
            h2 { (t("メール")) }
            @if !view.mails { p { (t("いま メールは 使えません。")) } }
            @if let Some(mail) = &s.mail {
                (notice_line("ok", t("メールでも 知らせます")))
                p.wrap { (mail) }
                @if s.letter_failed() { p role="alert" { (icon("alert")) (t(" さいごの メールが とどきませんでした。アドレスが 正しいか、見てください。")) } }
                form method="post" action=(urls::family_mail_end()) { button.btn.quiet type="submit" { (t("メールを やめる")) } }
            }
            @if let Some(wanted) = &s.wanted {
                form.family-write method="post" action=(urls::family_mail_confirmation()) aria-label=(t("メールの 数字")) {
                    p.wrap { (wanted) (t(" に 数字を 送りました。30分の あいだ 使えます。")) }
                    (Entry::code("code", t("メールの 数字")).errors(&view.errors).need())
                    button.btn.primary.large type="submit" { (t("この 数字を 送る")) }
                }
            }
            @if view.mails {
                form.family-write method="post" action=(urls::family_mail()) aria-label=(t("メールアドレス")) {
                    @let label = if s.mail.is_some() { t("あたらしい メールアドレス") } else { t("メールアドレス") };
                    (Entry::line("mail", label).value(&view.typed.mail).errors(&view.errors).need().inputmode("email").autocomplete("email").max_chars(254))
                    button.btn type="submit" { (icon("mail")) (t("数字を 送る")) }
                    p.soft { (t("アドレスは、お知らせを 送る ためだけに 使います。在宅チームには 見えません。")) }
                }
            }
        }
    }
}
