//! Asking before a wide or final act, with the consequence in words.

use maud::{Markup, html};

use super::icon;

use crate::words::t;

/// A question before an act that reaches far. It is a page of its own, so it works everywhere.
#[derive(Debug)]
pub struct Confirm<'a> {
    /// The question, for instance この人をグループから外しますか。
    pub title: &'a str,
    /// What happens, and what stays: one sentence each, with an icon.
    pub consequences: &'a [(&'a str, &'a str)],
    /// Fields that belong to the act, for instance a reason; may be empty.
    pub fields: Markup,
    /// Where the form posts to.
    pub action: &'a str,
    /// Under what the device keeps what is typed, and whether what stands there was typed and refused; then `fields` hold a `client_id`.
    pub keep: Option<(&'a str, bool)>,
    /// The verb on the button, for instance グループから外す.
    pub verb: &'a str,
    /// Whether the act cannot be taken back: the button is red.
    pub danger: bool,
    /// Where やめる leads.
    pub cancel: &'a str,
}

/// The question as a card with a form.
pub fn confirm(c: &Confirm) -> Markup {
    let verb_class = if c.danger { "btn danger large" } else { "btn primary large" };
    html! {
        form class="panel confirm" method="post" action=(c.action) data-keep=[c.keep.map(|(key, _)| key)] data-came-back[c.keep.is_some_and(|(_, back)| back)] {
            h2 { (c.title) }
            @if !c.consequences.is_empty() {
                ul class="steps" {
                    @for (name, text) in c.consequences {
                        li { span class="knot" { (icon(name)) } span { (text) } }
                    }
                }
            }
            (c.fields)
            div class="acts" {
                a class="btn large" href=(c.cancel) { (t("やめる")) }
                button class=(verb_class) type="submit" { (c.verb) }
            }
        }
    }
}

/// A dialog over the page, opened by a button with `popovertarget=ID`: no script needed.
pub fn dialog(id: &str, title: &str, body: Markup, acts: Markup) -> Markup {
    html! {
        div class="dialog" id=(id) popover role="dialog" aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (title) }
            div class="stack" { (body) }
            div class="acts" {
                button class="btn" type="button" popovertarget=(id) popovertargetaction="hide" { (t("閉じる")) }
                (acts)
            }
        }
    }
}
