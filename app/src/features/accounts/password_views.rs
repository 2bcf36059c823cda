//! My password.

use maud::{Markup, html};

use crate::web::forms::{Entry, Errors};
use crate::web::page::{Page, page};
use crate::web::ui::{Ctx, Tab, Topbar};
use crate::web::urls;
use crate::words::{fill, t};

/// Changing the password. Nothing typed here ever comes back.
#[derive(Debug, Clone)]
pub struct PasswordView {
    pub errors: Errors,
    /// The least length for this person: 13, or 8 with a second factor.
    pub min_chars: u32,
}

impl PasswordView {
    pub fn sample() -> Self {
        Self {
            errors: Errors::one("new_password", "よく使われることばなので、ほかのものにしてください。"),
            min_chars: 8,
        }
    }
}

pub fn password_page(view: &PasswordView, ctx: &Ctx) -> Markup {
    let rule = fill(
        t("{0}文字以上。続けた単語や、好きな短い文でもかまいません。名前や施設の名前は避けてください。"),
        &[("0", &view.min_chars)],
    );
    let body = html! {
        (view.errors.summary())
        form.stack method="post" action=(urls::menu_password()) {
            (Entry::password("password", t("いまのパスワード")).autocomplete("current-password").errors(&view.errors).need())
            (Entry::password("new_password", t("新しいパスワード")).autocomplete("new-password").help(&rule).errors(&view.errors).need())
            (Entry::password("new_password_again", t("新しいパスワード(もう一度)")).autocomplete("new-password").errors(&view.errors).need())
            p.small.soft { (t("変えると、ほかの端末からはサインアウトします。")) }
            div.row {
                button.btn.primary.large type="submit" { (t("パスワードを変える")) }
                a.btn.quiet href=(urls::menu()) { (t("やめる")) }
            }
        }
    };
    page(
        ctx,
        Page {
            title: t("パスワードを変える"), tab: Tab::Menu, bar: bar(t("パスワードを変える")), body
        },
    )
}

/// A page one step below the menu.
fn bar(title: &str) -> Topbar<'_> {
    Topbar { title, back: Some((urls::menu(), t("メニューに戻る"))), ..Topbar::default() }
}
