//! The page behind the first admin's link.

use maud::{Markup, html};

use super::acts::Typed;
use crate::words::t;
use crate::{
    features::masters::acts::{List, Words},
    web::{
        forms::{Entry, Errors, choices},
        ui::{Ctx, gate, notice_line, submit},
        urls,
    },
};

#[derive(Debug, Clone)]
pub struct FirstAdminView {
    /// The token of the letter.
    pub link: String,
    pub facility: String,
    pub typed: Typed,
    /// Who is signed in in this browser.
    pub account: Option<String>,
    pub words: Words,
    pub errors: Errors,
}

pub fn first_admin_page(view: &FirstAdminView, ctx: &Ctx) -> Markup {
    let (typed, e) = (&view.typed, &view.errors);
    let own = format!("/first-admin/{}", urls::encode(&view.link));
    let professions = view.words.choices(List::Profession);
    let main = html! {
        h1 { (t("最初の管理者になる")) }
        div.stack {
            p { b { (view.facility) } (t(" の利用申請が承認されました。管理者のアカウントを作ってください。作ると、続けてアプリ認証を設定します。")) }
            @if let Some(name) = &view.account {
                section.panel.stack-s {
                    h2 { (t("お持ちのアカウントで")) }
                    p { (name) (t("さんとしてサインインしています。このアカウントを、この施設の管理者にできます。")) }
                    form method="post" action={ (own) "/account" } { (submit(t("このアカウントで管理者になる"))) }
                }
            }
            (e.summary())
            form.stack method="post" action=(own) {
                (Entry::line("name", t("氏名")).value(&typed.name).errors(e).need().autocomplete("name").max_chars(120))
                (Entry::line("kana", t("ふりがな")).value(&typed.kana).errors(e).need().max_chars(240))
                (Entry::select("profession", t("職種"), &choices(&professions)).value(&typed.profession).errors(e).need())
                (Entry::line("phone", t("連絡のつく電話番号")).value(&typed.phone).errors(e).need().inputmode("tel").autocomplete("tel").help(t("事故のときの連絡に使います。")))
                (Entry::line("login_id", "ID").value(&typed.login_id).errors(e).need().autocomplete("username").help(t("サインインに使います。英小文字・数字・「.」「_」「-」")))
                (Entry::password("password", t("パスワード")).errors(e).need().autocomplete("new-password").help(t("8文字以上。名前やIDは入れないでください。")))
                (Entry::password("again", t("パスワードをもう一度")).errors(e).need().autocomplete("new-password"))
                (submit(t("アカウントを作る")))
            }
            (notice_line("shield", t("アカウントは、あなた一人のものです。ほかの人と共同で使わないでください。")))
            @if view.account.is_none() {
                p.small { (t("ほかの施設でもうアカウントをお持ちのかたは、")) a href={ (urls::sign_in()) "?next=" (urls::encode(&own)) } { (t("先にサインイン")) } (t("してください。")) }
            }
        }
    };
    gate(ctx, t("最初の管理者になる"), main)
}

/// Behind a link that opens nothing any more.
pub fn gone_page(expired: bool, ctx: &Ctx) -> Markup {
    let main = html! {
        @if expired {
            h1 { (t("このリンクは、期限が過ぎました")) }
            p { (t("リンクが使えるのは7日のあいだです。新しいリンクを、審査した窓口（地域事務局または運営者）に頼んでください。")) }
        } @else {
            h1 { (t("このリンクは、もう使われました")) }
            p { (t("管理者のアカウントは、もう作られています。作ったのがご自分でないときは、すぐに知らせてください。")) }
            p { a.btn.primary href=(urls::sign_in()) { (t("サインイン")) } }
        }
        p { a.btn href=(urls::support()) { (t("問い合わせる")) } }
    };
    gate(ctx, t("最初の管理者のリンク"), main)
}
