//! A member of staff as the pages name her: name, profession, facility.

use maud::{Markup, html};
use uuid::Uuid;

use crate::web::ui::{Profession, Size, avatar, profession};

/// One natural person in the facility in which she acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub account_id: Uuid,
    pub name: String,
    pub profession: Profession,
    pub facility: String,
}

impl Person {
    /// An invented person; `n` makes the id, the profession by its code.
    pub fn sample(n: u128, name: &str, profession: &str, facility: &str) -> Self {
        Self {
            account_id: Uuid::from_u128(n),
            name: name.to_owned(),
            profession: Profession::from_code(profession).unwrap_or(Profession::Nurse),
            facility: facility.to_owned(),
        }
    }

    /// Profession as icon and word, then the facility.
    pub fn affiliation(&self) -> Markup {
        html! {
            (profession(self.profession)) " " span { (self.facility) }
        }
    }

    /// Avatar, name and affiliation: the head of a page about her.
    pub fn head(&self) -> Markup {
        html! {
            div.person {
                (avatar(&self.name, self.profession, Size::Large))
                div { h2 { (self.name) } p.affiliation { (self.affiliation()) } }
            }
        }
    }

    /// `五十嵐 みずほ(看護師)`, for lists to choose from.
    pub fn in_words(&self) -> String {
        format!("{}({})", self.name, self.profession.label())
    }
}
