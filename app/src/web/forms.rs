//! What every form shares: labelled entries with the error beside them, and the summary of errors on top.
//!
//! Everything works without script: the summary takes the focus by `autofocus`, its links lead to the entries,
//! and what was typed comes back as the value.

use maud::{Markup, Render, html};

use crate::FieldError;
use crate::web::ui::{Choice, Field, Kind, field, icon};
use crate::words::t;

/// What a form was filled in with, as a short word, for a form of which the server asks no version: by it the device sees that somebody else
/// has saved since a draft began (`data-version`).
pub fn version_of(texts: &[&str]) -> String {
    // No text has this sign.
    hex::encode(&crate::auth::token::sha256(texts.join("\u{0}").as_bytes())[..6])
}

/// The problems of one submitted form: field name and message, in the order of the page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Errors(Vec<(String, String)>);

impl Errors {
    /// No problem: the form as it is first shown.
    pub fn none() -> Self {
        Self::default()
    }

    /// One problem; chain `and` for more.
    pub fn one(field: &str, message: &str) -> Self {
        Self::none().and(field, message)
    }

    /// The same problems and one more.
    #[must_use]
    pub fn and(mut self, field: &str, message: &str) -> Self {
        self.0.push((field.to_owned(), message.to_owned()));
        self
    }

    /// The message for a field, if it has a problem.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, message)| message.as_str())
    }

    /// True when the form was fine, or not sent yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The callout on top of the page; nothing when there is no problem.
    pub fn summary(&self) -> Markup {
        html! {
            @if !self.is_empty() {
                div.callout.danger role="alert" tabindex="-1" autofocus {
                    (icon("alert"))
                    div {
                        h2 { (t("まだ終わっていません")) }
                        p { (t("入力したものは残っています。次のところを直してください。")) }
                        ul { @for (field, message) in &self.0 { li { a href={ "#" (field) } { (message) } } } }
                    }
                }
            }
        }
    }
}

impl FromIterator<FieldError> for Errors {
    fn from_iter<I: IntoIterator<Item = FieldError>>(problems: I) -> Self {
        problems.into_iter().map(|p| (p.field.into_owned(), p.message.into_owned())).collect()
    }
}

impl FromIterator<(String, String)> for Errors {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(problems: I) -> Self {
        Self(problems.into_iter().collect())
    }
}

/// A field that is built up in one sentence, and finds its own error.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a>(Field<'a>);

impl<'a> Entry<'a> {
    fn new(name: &'a str, label: &'a str, kind: Kind<'a>) -> Self {
        Self(Field { name, label, kind, ..Field::default() })
    }

    /// One line of text.
    pub fn line(name: &'a str, label: &'a str) -> Self {
        Self::new(name, label, Kind::Text)
    }

    /// A password; never shown again.
    pub fn password(name: &'a str, label: &'a str) -> Self {
        Self::new(name, label, Kind::Password)
    }

    /// A day, with the browser's own calendar.
    pub fn date(name: &'a str, label: &'a str) -> Self {
        Self::new(name, label, Kind::Date)
    }

    /// Local date and time, `2026-11-17T17:00`.
    pub fn moment(name: &'a str, label: &'a str) -> Self {
        Self::new(name, label, Kind::DateTime)
    }

    /// A time of day, with the browser's own clock.
    pub fn clock(name: &'a str, label: &'a str) -> Self {
        Self::new(name, label, Kind::Time)
    }

    /// A one-time code of six digits.
    pub fn code(name: &'a str, label: &'a str) -> Self {
        Self::new(name, label, Kind::Code).autocomplete("one-time-code")
    }

    /// Several lines of text.
    pub fn text(name: &'a str, label: &'a str, rows: u8) -> Self {
        Self::new(name, label, Kind::Textarea { rows })
    }

    /// One of a list.
    pub fn select(name: &'a str, label: &'a str, choices: &'a [Choice<'a>]) -> Self {
        Self::new(name, label, Kind::Select(choices))
    }

    /// One of a few that stand side by side, each with its meaning.
    pub fn radio(name: &'a str, label: &'a str, choices: &'a [Choice<'a>]) -> Self {
        Self::new(name, label, Kind::Radio(choices))
    }

    /// What was typed before.
    #[must_use]
    pub fn value(self, value: &'a str) -> Self {
        Self(Field { value, ..self.0 })
    }

    #[must_use]
    pub fn help(self, help: &'a str) -> Self {
        Self(Field { help: Some(help).filter(|text| !text.is_empty()), ..self.0 })
    }

    /// Takes this entry's message, if there is one.
    #[must_use]
    pub fn errors(self, errors: &'a Errors) -> Self {
        Self(Field { error: errors.of(self.0.name), ..self.0 })
    }

    /// Must be filled. The browser says so before sending; the server checks again.
    #[must_use]
    pub fn need(self) -> Self {
        Self(Field { required: true, ..self.0 })
    }

    #[must_use]
    pub fn autocomplete(self, token: &'a str) -> Self {
        Self(Field { autocomplete: Some(token), ..self.0 })
    }

    #[must_use]
    pub fn inputmode(self, mode: &'a str) -> Self {
        Self(Field { inputmode: Some(mode), ..self.0 })
    }

    /// A hint to the browser, which counts UTF-16 units: twice the limit, so that no rare character is cut.
    #[must_use]
    pub fn max_chars(self, max: u32) -> Self {
        Self(Field { maxlength: Some(max * 2), ..self.0 })
    }
}

impl Render for Entry<'_> {
    fn render(&self) -> Markup {
        field(&self.0)
    }
}

/// A check box with its sentence; a ticked box sends `on`.
pub fn check(name: &str, sentence: &str, help: &str, checked: bool, errors: &Errors) -> Markup {
    let value = if checked { "on" } else { "" };
    Entry::new(name, sentence, Kind::Checkbox).value(value).help(help).errors(errors).render()
}

/// Boxes of which any number may be ticked; each ticked one sends `name` with its value.
pub fn boxes(
    name: &str,
    legend: &str,
    choices: &[(String, String)],
    ticked: &[String],
    errors: &Errors,
) -> Markup {
    html! {
        fieldset.field id=(name) {
            legend { (legend) }
            @if let Some(why) = errors.of(name) { p.error { (icon("alert")) span { (why) } } }
            div.boxes {
                @for (value, label) in choices {
                    label.check { input type="checkbox" name=(name) value=(value) checked[ticked.contains(value)]; span { (label) } }
                }
            }
        }
    }
}

/// Owned values and labels as choices.
pub fn choices(pairs: &[(String, String)]) -> Vec<Choice<'_>> {
    pairs.iter().map(|(value, label)| Choice { value, label, help: None }).collect()
}

/// A value that travels with the form.
pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// A success message on top of the page, after a redirect; nothing without one.
pub fn done(message: Option<&str>) -> Markup {
    html! {
        @if let Some(message) = message {
            div.callout.success role="status" { (icon("ok")) div { p.strong { (message) } } }
        }
    }
}

/// A search for what may stand in an address: facilities, staff. By GET; works without script.
pub fn search(action: &str, label: &str, placeholder: &str, q: &str) -> Markup {
    html! {
        form.search-form role="search" action=(action) {
            div.search {
                (icon("search"))
                input.input type="search" name="q" value=(q) aria-label=(label) placeholder=(placeholder) autocomplete="off";
            }
            button.btn type="submit" { (t("探す")) }
        }
    }
}

/// A search for patients: by POST, so that no name stands in an address, a history or a log.
pub fn private_search(action: &str, label: &str, placeholder: &str, q: &str) -> Markup {
    html! {
        form.search-form role="search" method="post" action=(action) {
            div.search {
                (icon("search"))
                input.input type="search" name="q" value=(q) aria-label=(label) placeholder=(placeholder) autocomplete="off";
            }
            button.btn type="submit" { (t("探す")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_stands_beside_its_entry_and_in_the_summary() {
        let errors = Errors::one("reason", "理由を入れてください。");
        let entry = Entry::text("reason", "理由", 3).value("<休薬>").help("短く").errors(&errors).render().0;
        assert!(entry.contains("aria-invalid=\"true\""), "{entry}");
        assert!(entry.contains("id=\"reason\""), "{entry}");
        assert!(entry.contains("理由を入れてください。"), "{entry}");
        assert!(entry.contains("&lt;休薬&gt;"), "{entry}");
        assert!(errors.summary().0.contains("href=\"#reason\""));
        assert_eq!(Errors::none().summary().0, "");
    }

    #[test]
    fn a_ticked_box_stays_ticked() {
        assert!(check("kept", "控えました", "", true, &Errors::none()).0.contains(" checked"));
        assert!(!check("kept", "控えました", "", false, &Errors::none()).0.contains(" checked"));
    }
}
