//! The choice between the languages of the screens.

use maud::{Markup, html};

use super::ctx::Ctx;
use crate::{
    web::urls,
    words::{Language, language, t},
};

/// One button for each language, in that language.
pub fn language_switch(ctx: &Ctx) -> Markup {
    html! {
        form.row method="post" action=(urls::language()) aria-label=(t("画面の言語")) {
            input type="hidden" name="back" value=(ctx.path);
            @for one in Language::ALL {
                button.btn.quiet type="submit" name="language" value=(one.code()) lang=(one.code())
                    aria-current=[(one == language()).then_some("true")] { (one.own_name()) }
            }
        }
    }
}
