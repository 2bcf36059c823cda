//! The pages before signing in: forgotten password, code of a recovery.

use maud::{Markup, html};

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
        h1 { "パスワードを忘れたとき" }
        (view.errors.summary())
        @if let Some(refusal) = view.refusal { (refusal.callout()) }
        @if view.asked { (asked()) }
        @else {
            p { "IDを入れると、登録してある連絡用のメールアドレスへ、新しいパスワードを決めるためのリンクを送ります。" }
            form.stack method="post" action=(urls::forgotten()) {
                (Entry::line("login_id", "ID").value(&view.login_id).errors(&view.errors).autocomplete("username").inputmode("email"))
                button.btn.primary.large.block type="submit" { "リンクを送る" }
            }
        }
        details.opens {
            summary { "メールが届かないとき、IDを忘れたとき" }
            div.stack-s {
                p { "連絡用のメールアドレスを登録していない、またはまだ確かめていない方には届きません。施設の管理者に、回復の手続きを頼んでください。" }
                p { "IDは、施設の管理者に聞いてください。" }
                p { "管理者からコードを受け取った方は、" a href=(urls::recovery()) { "こちらで入れてください" } "。" }
            }
        }
        a.link-btn href=(urls::sign_in()) { "サインインに戻る" }
    };
    gate(ctx, "パスワードを忘れたとき", main)
}

fn asked() -> Markup {
    callout(
        Tone::Success,
        "受け付けました",
        html! {
            p { "このIDに、確かめてあるメールアドレスがあれば、数分のうちにリンクが届きます。リンクは30分のあいだ、一度だけ使えます。" }
            p { "開くときに、認証アプリの数字か回復コードを使います。手元に用意してください。" }
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
        h1 { "新しいパスワードを決める" }
        (view.errors.summary())
        @if wrong {
            (callout(Tone::Danger, "確認コードが違います。", html! { p { "新しく出た6けたの数字か、まだ使っていない回復コードを入れてください。" } }))
        } @else if let Some(refusal) = view.refusal { (refusal.callout()) }
        form.stack method="post" action=(urls::new_password(&view.token)) {
            (Entry::code("code", "確認コード(6けた)").errors(&view.errors).help("認証アプリに出ている6けたの数字です。"))
            details.opens {
                summary { "認証アプリが使えないとき" }
                (Entry::line("recovery_code", "回復コード").autocomplete("off").help("登録のときに控えた10個のうち、まだ使っていない1つを入れます。"))
            }
            (Entry::password("new_password", "新しいパスワード").errors(&view.errors).autocomplete("new-password")
                .help("8文字以上。前に使ったものや、名前・施設名を含むものは使えません。つながりのない言葉をいくつか並べると強くなります。"))
            (Entry::password("new_password_again", "新しいパスワード(もう一度)").errors(&view.errors).autocomplete("new-password"))
            button.btn.primary.large.block type="submit" { "パスワードを変える" }
        }
        p.small { "変えると、すべての端末からサインアウトします。" }
    };
    gate(ctx, "新しいパスワード", main)
}

pub fn set_page(ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { "パスワードを変えました" }
        (steps(&[
            Step { icon: "out", what: "すべての端末からサインアウトしました", more: "前のパスワードは、もう使えません" },
            Step { icon: "bell", what: "お知らせを残しました", more: "サインインすると「安全」の画面で見られます" },
        ]))
        a.btn.primary.large.block href=(urls::sign_in()) { "サインインの画面へ" }
    };
    gate(ctx, "パスワードを変えました", main)
}

pub fn gone_page(ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { "このリンクは使えません" }
        p { "期限が過ぎたか、もう使われています。何も変わっていません。" }
        a.btn.primary.large.block href=(urls::forgotten()) { "もう一度リンクを送る" }
        p.small { "施設の管理者からコードを受け取った方は、新しいコードを頼んでください。" }
        a.link-btn href=(urls::sign_in()) { "サインインに戻る" }
    };
    gate(ctx, "リンクは使えません", main)
}

#[derive(Debug)]
pub struct CodeView {
    pub errors: Errors,
}

pub fn code_page(view: &CodeView, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { "回復のコードを入れる" }
        (view.errors.summary())
        p { "施設の管理者から受け取った、20文字のコードです。" }
        form.stack method="post" action=(urls::recovery()) {
            (Entry::line("code", "コード").errors(&view.errors).autocomplete("off").help("ハイフンと大文字・小文字は気にしなくてかまいません。"))
            button.btn.primary.large.block type="submit" { "次へ" }
        }
        a.link-btn href=(urls::sign_in()) { "サインインに戻る" }
    };
    gate(ctx, "回復のコード", main)
}

pub struct RedeemView {
    pub code: String,
    pub login_id: String,
    pub refusal: Option<Refusal>,
}

opaque_debug!(RedeemView);

pub fn redeem_page(view: &RedeemView, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { "認証アプリの登録をやり直す" }
        @if let Some(refusal) = view.refusal { (refusal.callout()) }
        p { "IDとパスワードを入れてください。続けて、新しい認証アプリを登録します。" }
        (steps(&[
            Step { icon: "ban", what: "前の認証アプリと回復コードは使えなくなります", more: "なくした端末からも入れません" },
            Step { icon: "out", what: "すべての端末からサインアウトします", more: "覚えさせた端末も忘れます" },
        ]))
        form.stack method="post" action=(urls::recovery_with(&view.code)) {
            (Entry::line("login_id", "ID").value(&view.login_id).autocomplete("username").inputmode("email"))
            (Entry::password("password", "パスワード").autocomplete("current-password"))
            button.btn.primary.large.block type="submit" { "次へ" }
        }
    };
    gate(ctx, "登録をやり直す", main)
}
