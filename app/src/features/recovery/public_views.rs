//! The pages before signing in: forgotten password, code of a recovery.

use maud::{Markup, html};

use crate::words::t;
use crate::{
    features::sign_in::views::Refusal,
    opaque_debug,
    web::{
        forms::{Entry, Errors},
        page::{Step, steps},
        ui::{Ctx, Tone, callout, gate},
        urls,
    },
};

#[derive(Debug, Clone, Default)]
pub struct AskView {
    pub login_id: String,
    pub errors: Errors,
    pub refusal: Option<Refusal>,
    /// It was sent: the same words, whether or not there is such an ID.
    pub asked: bool,
}

pub fn ask_page(view: &AskView, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("パスワードを忘れたとき")) }
        (view.errors.summary())
        @if let Some(refusal) = view.refusal { (refusal.callout()) }
        @if view.asked { (asked()) }
        @else {
            p { (t("IDを入れると、登録してある連絡用のメールアドレスへ、新しいパスワードを決めるためのリンクを送ります。")) }
            form.stack method="post" action=(urls::forgotten()) {
                (Entry::line("login_id", "ID").value(&view.login_id).errors(&view.errors).autocomplete("username").inputmode("email"))
                button.btn.primary.large.block type="submit" { (t("リンクを送る")) }
            }
        }
        details.opens {
            summary { (t("メールが届かないとき、IDを忘れたとき")) }
            div.stack-s {
                p { (t("連絡用のメールアドレスを登録していない、またはまだ確かめていない方には届きません。施設の管理者に、回復の手続きを頼んでください。")) }
                p { (t("IDは、施設の管理者に聞いてください。")) }
                p { (t("管理者からコードを受け取った方は、")) a href=(urls::recovery()) { (t("こちらで入れてください")) } (t("。")) }
            }
        }
        a.link-btn href=(urls::sign_in()) { (t("サインインに戻る")) }
    };
    gate(ctx, t("パスワードを忘れたとき"), main)
}

fn asked() -> Markup {
    callout(
        Tone::Success,
        t("受け付けました"),
        html! {
            p { (t("このIDに、確かめてあるメールアドレスがあれば、数分のうちにリンクが届きます。リンクは30分のあいだ、一度だけ使えます。")) }
            p { (t("開くときに、認証アプリの数字か回復コードを使います。手元に用意してください。")) }
        },
    )
}

pub struct NewPasswordView {
    pub token: String,
    pub errors: Errors,
    pub refusal: Option<Refusal>,
}

opaque_debug!(NewPasswordView);

pub fn new_password_page(view: &NewPasswordView, ctx: &Ctx) -> Markup {
    let wrong = view.refusal == Some(Refusal::Wrong);
    let main = html! {
        h1 { (t("新しいパスワードを決める")) }
        (view.errors.summary())
        @if wrong {
            (callout(Tone::Danger, t("確認コードが違います。"), html! { p { (t("新しく出た6けたの数字か、まだ使っていない回復コードを入れてください。")) } }))
        } @else if let Some(refusal) = view.refusal { (refusal.callout()) }
        form.stack method="post" action=(urls::new_password(&view.token)) {
            (Entry::code("code", t("確認コード(6けた)")).errors(&view.errors).help(t("認証アプリに出ている6けたの数字です。")))
            details.opens {
                summary { (t("認証アプリが使えないとき")) }
                (Entry::line("recovery_code", t("回復コード")).autocomplete("off").help(t("登録のときに控えた10個のうち、まだ使っていない1つを入れます。")))
            }
            (Entry::password("new_password", t("新しいパスワード")).errors(&view.errors).autocomplete("new-password")
                .help(t("8文字以上。前に使ったものや、名前・施設名を含むものは使えません。つながりのない言葉をいくつか並べると強くなります。")))
            (Entry::password("new_password_again", t("新しいパスワード(もう一度)")).errors(&view.errors).autocomplete("new-password"))
            button.btn.primary.large.block type="submit" { (t("パスワードを変える")) }
        }
        p.small { (t("変えると、すべての端末からサインアウトします。")) }
    };
    gate(ctx, t("新しいパスワード"), main)
}

pub fn set_page(ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("パスワードを変えました")) }
        (steps(&[
            Step { icon: "out", what: t("すべての端末からサインアウトしました"), more: t("前のパスワードは、もう使えません") },
            Step { icon: "bell", what: t("お知らせを残しました"), more: t("サインインすると「安全」の画面で見られます") },
        ]))
        a.btn.primary.large.block href=(urls::sign_in()) { (t("サインインの画面へ")) }
    };
    gate(ctx, t("パスワードを変えました"), main)
}

pub fn gone_page(ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("このリンクは使えません")) }
        p { (t("期限が過ぎたか、もう使われています。何も変わっていません。")) }
        a.btn.primary.large.block href=(urls::forgotten()) { (t("もう一度リンクを送る")) }
        p.small { (t("施設の管理者からコードを受け取った方は、新しいコードを頼んでください。")) }
        a.link-btn href=(urls::sign_in()) { (t("サインインに戻る")) }
    };
    gate(ctx, t("リンクは使えません"), main)
}

#[derive(Debug)]
pub struct CodeView {
    pub errors: Errors,
}

pub fn code_page(view: &CodeView, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("回復のコードを入れる")) }
        (view.errors.summary())
        p { (t("施設の管理者から受け取った、20文字のコードです。")) }
        form.stack method="post" action=(urls::recovery()) {
            (Entry::line("code", t("コード")).errors(&view.errors).autocomplete("off").help(t("ハイフンと大文字・小文字は気にしなくてかまいません。")))
            button.btn.primary.large.block type="submit" { (t("次へ")) }
        }
        a.link-btn href=(urls::sign_in()) { (t("サインインに戻る")) }
    };
    gate(ctx, t("回復のコード"), main)
}

pub struct RedeemView {
    pub code: String,
    pub login_id: String,
    pub refusal: Option<Refusal>,
}

opaque_debug!(RedeemView);

pub fn redeem_page(view: &RedeemView, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("認証アプリの登録をやり直す")) }
        @if let Some(refusal) = view.refusal { (refusal.callout()) }
        p { (t("IDとパスワードを入れてください。続けて、新しい認証アプリを登録します。")) }
        (steps(&[
            Step { icon: "ban", what: t("前の認証アプリと回復コードは使えなくなります"), more: t("なくした端末からも入れません") },
            Step { icon: "out", what: t("すべての端末からサインアウトします"), more: t("覚えさせた端末も忘れます") },
        ]))
        form.stack method="post" action=(urls::recovery_with(&view.code)) {
            (Entry::line("login_id", "ID").value(&view.login_id).autocomplete("username").inputmode("email"))
            (Entry::password("password", t("パスワード")).autocomplete("current-password"))
            button.btn.primary.large.block type="submit" { (t("次へ")) }
        }
    };
    gate(ctx, t("登録をやり直す"), main)
}
