//! The pages behind a link: whose invitation it is, and one form to come in.

use maud::{Markup, html};

use super::{
    join::{Found, Newcomer},
    rules::masked,
    views::word,
};
use crate::words::{fill, t};
use crate::{
    opaque_debug,
    web::{
        forms::{Entry, Errors, check},
        ui::{Ctx, Field, Kind, Tone, callout, field, gate, icon, time},
        urls,
    },
};

const TITLE: &str = "施設への招待";

/// Who invites whom, so that the wrong person notices.
fn invitation(found: &Found) -> Markup {
    html! {
        h1 { (found.facility) (t("への招待")) }
        dl.facts-table {
            div { dt { (t("お名前")) } dd { (found.name) (t("（")) (found.kana) (t("）")) } }
            div { dt { (t("職種")) } dd { (word(&found.profession)) @if found.admin { (t("・施設の管理者")) } } }
            div { dt { (t("招待した人")) } dd { (found.by_name) (t("（")) (word(&found.by_profession)) (t("）")) } }
            div { dt { (t("期限")) } dd { (time::date_long(found.expires_at)) } }
        }
    }
}

fn not_me(link: &str) -> Markup {
    html! {
        details.opens {
            summary { (t("わたしあてではないとき")) }
            form.stack-s method="post" action=(urls::join_refusal(link)) {
                p { (t("断ると、このリンクは使えなくなり、招待した人に伝わります。お名前や職種がまちがっているときも断って、直してもらってください。")) }
                button.btn type="submit" { (icon("x")) (t("断る")) }
            }
        }
    }
}

/// The code of the letter; the button sends it without losing what was typed.
fn code_field(found: &Found, link: &str, page: &str, errors: &Errors, sent: bool) -> Markup {
    let to = found.mail.as_ref().map(|m| masked(m.as_ref())).unwrap_or_default();
    let help =
        fill(t("{to} に送る6けたの番号です。招待されたご本人であることを確かめます。"), &[("to", &to)]);
    html! {
        div.panel.stack-s {
            @if sent { (callout(Tone::Success, t("番号を送りました"), html! { p { (t("メールを開いて、下に入れてください。15分のあいだ使えます。パスワードは、もう一度入れてください。")) } })) }
            button.btn type="submit" name="page" value=(page) formaction=(urls::join_code(link)) formnovalidate { (icon("mail")) (t("確認番号を送る")) }
            (field(&Field { name: "code", label: t("メールの確認番号(6けた)"), kind: Kind::Code, help: Some(&help), error: errors.of("code"), required: true, autocomplete: Some("one-time-code"), ..Field::default() }))
        }
    }
}

pub struct JoinView {
    pub link: String,
    pub found: Found,
    pub typed: Newcomer,
    pub errors: Errors,
    pub asks_code: bool,
    pub code_sent: bool,
}

opaque_debug!(JoinView);

pub fn join_page(view: &JoinView, ctx: &Ctx) -> Markup {
    let (f, e, typed) = (&view.found, &view.errors, &view.typed);
    let sure = fill(t("わたしは {0} です"), &[("0", &f.name)]);
    let main = html! {
        (invitation(f))
        (e.summary())
        form.stack method="post" action=(urls::join(&view.link)) {
            h2 { (t("はじめて使う方")) }
            p { (t("ここで決めたあと、認証アプリを登録し、規約を読むと使えます。")) }
            @if view.asks_code { (code_field(f, &view.link, "new", e, view.code_sent)) }
            (Entry::line("login_id", "ID").value(&typed.login_id).errors(e).need().autocomplete("username").inputmode("email").max_chars(64)
                .help(t("サインインのときに使います。半角の英数字と . _ - で3文字以上。あとから変えられません。")))
            (Entry::password("password", t("パスワード")).errors(e).need().autocomplete("new-password")
                .help(t("13文字以上。つながりのない言葉をいくつか並べると、覚えやすく強くなります。")))
            (Entry::password("password_again", t("パスワード(もう一度)")).errors(e).need().autocomplete("new-password"))
            (field(&Field { name: "mail", label: t("メールアドレス"), kind: Kind::Email, value: &typed.mail, error: e.of("mail"), autocomplete: Some("email"), help: Some(t("サインインのお知らせと、パスワードを忘れたときに使います。")), ..Field::default() }))
            (field(&Field { name: "phone", label: t("電話番号"), kind: Kind::Tel, value: &typed.phone, error: e.of("phone"), autocomplete: Some("tel"), help: Some(t("患者さんの情報に関わる急な連絡に使います。メールか電話の、どちらかは必要です。")), ..Field::default() }))
            (check("sure", &sure, t("違うときは、下の「わたしあてではないとき」から断ってください。"), typed.sure, e))
            button.btn.primary.large.block type="submit" { (t("登録して、アプリ認証へ進む")) }
        }
        a.btn.block href=(urls::join_account(&view.link)) { (t("もうアカウントがある方")) }
        (not_me(&view.link))
    };
    gate(ctx, t(TITLE), main)
}

pub struct AccountView {
    pub link: String,
    pub found: Found,
    pub login_id: String,
    pub errors: Errors,
    pub asks_code: bool,
    pub code_sent: bool,
}

opaque_debug!(AccountView);

pub fn account_page(view: &AccountView, ctx: &Ctx) -> Markup {
    let e = &view.errors;
    let main = html! {
        (invitation(&view.found))
        (e.summary())
        form.stack method="post" action=(urls::join_account(&view.link)) {
            h2 { (t("もうアカウントがある方")) }
            p { (t("ほかの施設で使っている方、前に使っていて戻る方は、同じIDとパスワードで入れます。書いた記録は、そのまま続きます。")) }
            (Entry::line("login_id", "ID").value(&view.login_id).errors(e).need().autocomplete("username").inputmode("email"))
            (Entry::password("password", t("パスワード")).errors(e).need().autocomplete("current-password"))
            (field(&Field { name: "totp", label: t("認証アプリの数字(6けた)"), kind: Kind::Code, error: e.of("totp"), autocomplete: Some("one-time-code"), ..Field::default() }))
            @if view.asks_code { (code_field(&view.found, &view.link, "account", e, view.code_sent)) }
            button.btn.primary.large.block type="submit" { (t("この施設に加わる")) }
        }
        a.btn.block href={ (urls::sign_in()) "?next=" (urls::encode(&urls::join(&view.link))) } { (t("サインインしてから加わる")) }
        a.btn.block href=(urls::join(&view.link)) { (t("はじめて使う方のページに戻る")) }
    };
    gate(ctx, t(TITLE), main)
}

/// For whoever is signed in already.
pub struct MineView {
    pub link: String,
    pub found: Found,
    pub me: String,
    /// The invitation names the person who is signed in.
    pub is_me: bool,
    pub asks_code: bool,
    pub code_sent: bool,
    pub errors: Errors,
}

opaque_debug!(MineView);

pub fn mine_page(view: &MineView, ctx: &Ctx) -> Markup {
    let main = html! {
        (invitation(&view.found))
        (view.errors.summary())
        @if view.is_me {
            form.stack #tie method="post" action=(urls::join_tie(&view.link)) {
                p { (t("いま ")) b { (view.me) } (t(" さんとしてサインインしています。このアカウントで、")) (view.found.facility) (t("でも働けるようになります。書く施設は、メニューの「いま働いている施設」で選びます。")) }
                @if view.asks_code { (code_field(&view.found, &view.link, "tie", &view.errors, view.code_sent)) }
                button.btn.primary.large.block type="submit" { (t("このアカウントで加わる")) }
            }
        } @else {
            div #tie { (callout(Tone::Caution, t("別の方あての招待です"), html! {
                p { (t("いま ")) b { (view.me) } (t(" さんとしてサインインしています。招待されたご本人は、サインアウトしてから、このリンクをもう一度開いてください。")) }
            })) }
            form method="post" action=(urls::sign_out()) { button.btn.large.block type="submit" { (icon("out")) (t("サインアウト")) } }
        }
        a.btn.block href=(urls::home()) { (t("ホームに戻る")) }
        (not_me(&view.link))
    };
    gate(ctx, t(TITLE), main)
}

/// One page for every link that does nothing any more: used, run out, taken back, refused.
pub fn gone_page(ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("このリンクは、もう使えません")) }
        p { (t("招待のリンクは1回だけ、7日のあいだ使えます。登録が終わった方は、サインインしてください。まだの方は、施設の管理者に新しいリンクを作ってもらってください。")) }
        a.btn.primary.large.block href=(urls::sign_in()) { (t("サインインの画面へ")) }
    };
    gate(ctx, t(TITLE), main)
}

pub fn refused_page(ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("招待を断りました")) }
        p { (t("このリンクはもう使えません。招待した人の画面に「断られました」と出ます。")) }
    };
    gate(ctx, t(TITLE), main)
}
