//! Pictures of people without pictures: square is staff, round is patient or family.

use maud::{Markup, html};

use super::{icon, profession::Profession};

/// How large an avatar stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Size {
    Small,
    #[default]
    Medium,
    Large,
}

impl Size {
    fn class(self) -> &'static str {
        match self {
            Self::Small => "s",
            Self::Medium => "",
            Self::Large => "l",
        }
    }
}

/// A staff member: the first character of the surname and the icon of the profession. Hidden from screen
/// readers, the name always stands beside it.
pub fn avatar(name: &str, profession: Profession, size: Size) -> Markup {
    html! {
        span class={ "avatar " (profession.class()) " " (size.class()) } aria-hidden="true" {
            (initials(name, 1))
            @if size != Size::Small { (icon(profession.icon())) }
        }
    }
}

/// A patient: two characters of the surname in a ring.
pub fn patient_avatar(name: &str) -> Markup {
    html! { span class="avatar round duo patient" aria-hidden="true" { (initials(name, 2)) } }
}

/// A free group: two characters of its title in a square.
pub fn group_avatar(title: &str) -> Markup {
    html! { span class="avatar duo p-manager" aria-hidden="true" { (initials(title, 2)) } }
}

/// Icon and word of a profession, in its colour.
pub fn profession(profession: Profession) -> Markup {
    html! { span class={ "prof " (profession.class()) } { (icon(profession.icon())) (profession.label()) } }
}

fn initials(name: &str, count: usize) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).take(count).collect()
}
