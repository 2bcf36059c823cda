//! The button that asks for a passkey. The page's script (`passkeys.js`) asks for a challenge, lets the browser answer it and
//! sends the form with the answer; without script the form says what to do instead.

use maud::{Markup, html};

use super::model::Purpose;
use crate::web::forms::hidden;
use crate::web::ui::icon;

/// A form with one button.
#[derive(Debug)]
pub struct Ask<'a> {
    /// For what; `None`: one more passkey of a signed-in person.
    pub purpose: Option<Purpose>,
    pub action: &'a str,
    pub verb: &'a str,
    /// The page's main act.
    pub primary: bool,
    /// What else the form carries.
    pub fields: Markup,
    /// What to do where there are no passkeys: no script, or an old browser. Empty where another way stands beside.
    pub otherwise: &'a str,
}

pub fn ask(a: &Ask<'_>) -> Markup {
    let class = if a.primary { "btn primary large block" } else { "btn large block" };
    html! {
        form.stack-s method="post" action=(a.action) data-passkey=(a.purpose.map_or("add", Purpose::code)) {
            (hidden("passkey", ""))
            (a.fields)
            button class=(class) type="submit" hidden { (icon("key")) (a.verb) }
            @if !a.otherwise.is_empty() { p.small.soft data-otherwise { (a.otherwise) } }
            p.error role="alert" hidden { (icon("alert")) span {} }
        }
    }
}
