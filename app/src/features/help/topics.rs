//! The pages of the help, in the order in which they stand on its index.

use maud::Markup;

use crate::words::t;

mod coming_in;
mod daily;
mod facility;
mod family;
mod finding;
mod programs;
mod together;
mod values;
mod visiting;

/// For whom a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Everybody,
    Staff,
    Admin,
    Family,
}

impl Who {
    pub fn word(self) -> &'static str {
        match self {
            Self::Everybody => t("みなさん"),
            Self::Staff => t("スタッフ"),
            Self::Admin => t("施設の管理者"),
            Self::Family => t("患者さん・ご家族"),
        }
    }
}

#[derive(Debug)]
pub struct Topic {
    pub slug: &'static str,
    pub icon: &'static str,
    pub title: &'static str,
    pub about: &'static str,
    pub who: Who,
    pub body: Markup,
}

pub fn all() -> Vec<Topic> {
    [
        coming_in::topics(),
        daily::topics(),
        visiting::topics(),
        values::topics(),
        finding::topics(),
        together::topics(),
        programs::topics(),
        facility::topics(),
        family::topics(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What one does, in the order in which one does it.
fn numbered(items: &[&str]) -> Markup {
    maud::html! { ol.outline.panel { @for item in items { li { (item) } } } }
}

/// What else there is to know.
fn listed(items: &[&str]) -> Markup {
    maud::html! { ul.outline.panel { @for item in items { li { (item) } } } }
}
