//! Icons: one sprite for the whole product, drawn in the colour of the surrounding text.

use std::sync::LazyLock;

use maud::{Markup, html};

use super::asset::asset;

/// A page has a hundred icons; the address of the sprite is made once.
static SPRITE: LazyLock<String> = LazyLock::new(|| asset("icons.svg"));

/// A decorative icon of `assets/icons.svg`. An act always has a word beside it or an accessible name around it.
///
/// Debug builds stop at a name that is not in the sprite; the gallery test renders every page, so none slips through.
pub fn icon(name: &str) -> Markup {
    #[cfg(debug_assertions)]
    assert!(drawn(name), "no icon {name} in assets/icons.svg");
    html! {
        svg class="icon" aria-hidden="true" { use href={ (*SPRITE) "#i-" (name) } {} }
    }
}

/// The mark of the product: two woven rings.
pub fn mark() -> Markup {
    html! {
        svg class="mark" viewBox="0 0 48 48" aria-hidden="true" {
            path d="M25.81 20.17A11 11 0 1 1 21.26 14.63" {}
            path d="M22.19 27.83A11 11 0 1 1 26.74 33.37" {}
        }
    }
}

/// Whether the sprite has this icon.
#[cfg(any(test, debug_assertions))]
fn drawn(name: &str) -> bool {
    include_str!("../../../assets/icons.svg").contains(&format!("id=\"i-{name}\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::ui::Profession;

    #[test]
    fn every_profession_has_its_icon() {
        assert!(!drawn("wizard"));
        for profession in Profession::all() {
            assert!(drawn(profession.icon()), "{}", profession.code());
        }
    }
}
