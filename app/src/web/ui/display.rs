//! How the pages look for this person: theme and text size, kept in cookies.

use maud::{Markup, html};

use super::{
    ctx::{Ctx, Theme},
    field::{Choice, Field, Kind, field},
};
use crate::web::urls;
use crate::words::t;

/// The form of the menu page: posts `theme` (a [`Theme::code`]), `text` (`large` or `normal`) and `back`.
pub fn display_form(ctx: &Ctx) -> Markup {
    let themes = Theme::ALL.map(|theme| Choice { value: theme.code(), label: theme.label(), help: None });
    let sizes = [
        Choice { value: "normal", label: t("ふつう"), help: None },
        Choice {
            value: "large", label: t("大きい"), help: Some(t("すべての文字が約2割大きくなります。"))
        },
    ];
    html! {
        form class="stack" method="post" action=(urls::menu_display()) {
            input type="hidden" name="back" value=(ctx.path);
            (field(&Field {
                name: "theme",
                label: t("画面の明るさ"),
                value: ctx.theme.code(),
                kind: Kind::Radio(&themes),
                ..Field::default()
            }))
            (field(&Field {
                name: "text",
                label: t("文字の大きさ"),
                value: if ctx.large_text { "large" } else { "normal" },
                kind: Kind::Radio(&sizes),
                ..Field::default()
            }))
            button class="btn" type="submit" { (t("この見かたにする")) }
        }
    }
}
