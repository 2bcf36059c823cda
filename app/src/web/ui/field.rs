//! Form fields: label, help, error and input tied together for every reader.

use maud::{Markup, html};

use super::icon;

use crate::words::t;

/// One choice of a select, radio group or set of checkboxes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choice<'a> {
    pub value: &'a str,
    pub label: &'a str,
    /// A sentence under the label; radio and checkbox only.
    pub help: Option<&'a str>,
}

impl Choice<'static> {
    /// In the language of the request, where it stands in a table.
    #[must_use]
    pub fn spoken(self) -> Self {
        Self { label: t(self.label), help: self.help.map(t), ..self }
    }
}

/// What kind of input a field is.
#[derive(Debug, Clone, Copy, Default)]
pub enum Kind<'a> {
    #[default]
    Text,
    Password,
    /// A short number typed from another device: large, spaced digits.
    Code,
    Email,
    Tel,
    Number,
    Search,
    Textarea {
        rows: u8,
    },
    /// A drop-down list; an empty value is offered first unless the choices have one, or the field
    /// is required and has a value.
    Select(&'a [Choice<'a>]),
    Radio(&'a [Choice<'a>]),
    /// One box; its value is `on` when ticked, and it is ticked when [`Field::value`] is `on`.
    Checkbox,
    Date,
    /// A time of day.
    Time,
    /// Local date and time, `2026-11-17T17:00`.
    DateTime,
    File {
        accept: &'a str,
        multiple: bool,
    },
}

/// One field of a form. `Field { name: "reason", label: "理由", ..Field::default() }`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Field<'a> {
    /// Name in the form, and id of the input: unique on the page.
    pub name: &'a str,
    pub label: &'a str,
    pub help: Option<&'a str>,
    /// What is wrong and what to do, as a sentence.
    pub error: Option<&'a str>,
    /// What was typed before; ignored for passwords and files.
    pub value: &'a str,
    pub required: bool,
    pub kind: Kind<'a>,
    pub autocomplete: Option<&'a str>,
    pub inputmode: Option<&'a str>,
    pub maxlength: Option<u32>,
    pub placeholder: Option<&'a str>,
}

impl Field<'_> {
    fn described_by(&self) -> Option<String> {
        let ids: Vec<_> = [(self.help, "help"), (self.error, "error")]
            .into_iter()
            .filter(|(text, _)| text.is_some())
            .map(|(_, part)| format!("{}-{part}", self.name))
            .collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    fn invalid(&self) -> Option<&'static str> {
        self.error.map(|_| "true")
    }
}

/// A field with everything around it.
pub fn field(f: &Field) -> Markup {
    let class = if f.error.is_some() { "field bad" } else { "field" };
    match f.kind {
        Kind::Checkbox => html! { div class=(class) { (error(f)) (checkbox(f)) } },
        Kind::Radio(choices) => html! {
            fieldset class=(class) aria-describedby=[f.described_by()] {
                legend { (f.label) (need(f)) }
                (help(f)) (error(f)) (radios(f, choices))
            }
        },
        _ => html! {
            div class=(class) {
                label for=(f.name) { (f.label) (need(f)) }
                (help(f)) (error(f)) (input(f))
            }
        },
    }
}

/// The one act of a form: the full-width filled button.
pub fn submit(label: &str) -> Markup {
    html! { button class="btn primary large block" type="submit" { (label) } }
}

fn need(f: &Field) -> Markup {
    html! { @if f.required { span class="need" { (t("必須")) } } }
}

fn help(f: &Field) -> Markup {
    html! { @if let Some(text) = f.help { p class="help" id={ (f.name) "-help" } { (text) } } }
}

fn error(f: &Field) -> Markup {
    html! {
        @if let Some(text) = f.error {
            p class="error" id={ (f.name) "-error" } { (icon("alert")) span { (text) } }
        }
    }
}

fn input(f: &Field) -> Markup {
    match f.kind {
        Kind::Textarea { rows } => html! {
            textarea class="input" id=(f.name) name=(f.name) rows=(rows) required[f.required]
                maxlength=[f.maxlength] placeholder=[f.placeholder] autocomplete=[f.autocomplete]
                aria-invalid=[f.invalid()] aria-describedby=[f.described_by()] { "\n" (f.value) }
        },
        Kind::Select(choices) => select(f, choices),
        _ => single_line(f),
    }
}

fn single_line(f: &Field) -> Markup {
    let (kind, class, inputmode) = match f.kind {
        Kind::Password => ("password", "input", None),
        Kind::Code => ("text", "input code", Some("numeric")),
        Kind::Email => ("email", "input", None),
        Kind::Tel => ("tel", "input", None),
        Kind::Number => ("text", "input", Some("numeric")),
        Kind::Search => ("search", "input", None),
        Kind::Date => ("date", "input", None),
        Kind::Time => ("time", "input", None),
        Kind::DateTime => ("datetime-local", "input", None),
        Kind::File { .. } => ("file", "input", None),
        _ => ("text", "input", None),
    };
    let (accept, multiple) = match f.kind {
        Kind::File { accept, multiple } => (Some(accept), multiple),
        _ => (None, false),
    };
    let value = (!matches!(f.kind, Kind::Password | Kind::File { .. })).then_some(f.value);
    html! {
        input class=(class) id=(f.name) name=(f.name) type=(kind) value=[value] required[f.required]
            autocomplete=[f.autocomplete] inputmode=[f.inputmode.or(inputmode)] maxlength=[f.maxlength]
            placeholder=[f.placeholder] accept=[accept] multiple[multiple]
            aria-invalid=[f.invalid()] aria-describedby=[f.described_by()];
    }
}

fn select(f: &Field, choices: &[Choice]) -> Markup {
    let none_of_its_own = choices.iter().any(|choice| choice.value.is_empty());
    let offer_none = !none_of_its_own && (!f.required || f.value.is_empty());
    html! {
        select class="input" id=(f.name) name=(f.name) required[f.required] autocomplete=[f.autocomplete]
            aria-invalid=[f.invalid()] aria-describedby=[f.described_by()] {
            @if offer_none { option value="" { (t("選んでください")) } }
            @for choice in choices {
                option value=(choice.value) selected[choice.value == f.value] { (choice.label) }
            }
        }
    }
}

fn radios(f: &Field, choices: &[Choice]) -> Markup {
    html! {
        @for choice in choices {
            label class="check" {
                input type="radio" name=(f.name) value=(choice.value) checked[choice.value == f.value] required[f.required];
                span { (choice.label) }
                @if let Some(text) = choice.help { span class="help" { (text) } }
            }
        }
    }
}

fn checkbox(f: &Field) -> Markup {
    html! {
        label class="check" {
            input type="checkbox" id=(f.name) name=(f.name) value="on" checked[f.value == "on"] required[f.required]
                aria-invalid=[f.invalid()] aria-describedby=[f.described_by()];
            span { (f.label) (need(f)) }
            @if let Some(text) = f.help { span class="help" id={ (f.name) "-help" } { (text) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_tied_to_its_input_and_the_typed_text_stays() {
        let html = field(&Field {
            name: "reason",
            label: "理由",
            value: "<転記ミス>",
            error: Some("理由を書いてください。"),
            help: Some("あとから読む人のために。"),
            kind: Kind::Textarea { rows: 3 },
            ..Field::default()
        })
        .into_string();
        assert!(html.contains("aria-describedby=\"reason-help reason-error\""), "{html}");
        assert!(html.contains("aria-invalid=\"true\""));
        assert!(html.contains("&lt;転記ミス&gt;"));
    }

    #[test]
    fn a_password_is_never_written_back() {
        let html = field(&Field { name: "p", value: "secret", kind: Kind::Password, ..Field::default() });
        assert!(!html.into_string().contains("secret"));
    }
}
