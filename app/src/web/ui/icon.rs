//! Icons: one sprite for the whole product, drawn in the colour of the surrounding text.

use maud::{Markup, html};

use super::asset::asset;

/// A decorative icon of `assets/icons.svg`. An act always has a word beside it or an accessible name around it.
pub fn icon(name: &str) -> Markup {
    html! {
        svg class="icon" aria-hidden="true" { use href={ (asset("icons.svg")) "#i-" (name) } {} }
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

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    /// Every name written as `icon("…")` or `icon: "…"` in the sources stands in the sprite.
    #[test]
    fn every_icon_that_is_named_exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let sprite =
            fs::read_to_string(root.join("assets/icons.svg")).expect("the sprite is part of the crate");
        let mut seen = 0;
        visit(&root.join("src"), &mut |path, source| {
            for name in names(source) {
                seen += 1;
                assert!(sprite.contains(&format!("id=\"i-{name}\"")), "{}: no icon {name}", path.display());
            }
        });
        assert!(seen > 20, "the search found only {seen} names");
    }

    fn names(source: &str) -> impl Iterator<Item = &str> {
        ["icon(\"", "icon: \""]
            .into_iter()
            .flat_map(|mark| source.split(mark).skip(1))
            .filter_map(|rest| rest.split_once('"'))
            .map(|(name, _)| name)
            .filter(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase()))
    }

    fn visit(folder: &Path, look: &mut impl FnMut(&Path, &str)) {
        for entry in fs::read_dir(folder).expect("a source folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                visit(&path, look);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                look(&path, &fs::read_to_string(&path).expect("sources are text"));
            }
        }
    }
}
