//! The stylesheets (`app/styles`), sent as one: small files compress badly, and each would be a request of its own on a slow phone. It is
//! the same for every page, so that the second page costs nothing, and is addressed by a hash of its content like every asset.

use std::sync::LazyLock;

use axum::{Router, http::header, routing::get};
use data_encoding::HEXLOWER;

use super::asset;
use crate::auth::token;

/// In the order of the layers.
const SOURCES: [&str; 16] = [
    include_str!("../../../styles/tokens.css"),
    include_str!("../../../styles/base.css"),
    include_str!("../../../styles/shell.css"),
    include_str!("../../../styles/controls.css"),
    include_str!("../../../styles/forms.css"),
    include_str!("../../../styles/groups.css"),
    include_str!("../../../styles/timeline.css"),
    include_str!("../../../styles/marks.css"),
    include_str!("../../../styles/composer.css"),
    include_str!("../../../styles/sheet.css"),
    include_str!("../../../styles/pages.css"),
    include_str!("../../../styles/console.css"),
    include_str!("../../../styles/paper.css"),
    include_str!("../../../styles/vitals.css"),
    include_str!("../../../styles/family.css"),
    include_str!("../../../styles/work.css"),
];

static TEXT: LazyLock<String> = LazyLock::new(|| SOURCES.concat());
static ADDRESS: LazyLock<String> = LazyLock::new(|| {
    let hash = HEXLOWER.encode(&token::sha256(TEXT.as_bytes())[..8]);
    format!("{}/css/all.{hash}.css", asset::PREFIX)
});

/// Its address.
pub fn styles() -> &'static str {
    &ADDRESS
}

/// Serves it, for a year: another content has another address.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Router::new().route(&ADDRESS, get(move || async move { (headers, TEXT.as_str()) }))
}

#[cfg(test)]
mod tests {
    use super::SOURCES;

    /// An open brace puts what follows into a layer inside the layer, where every other rule is stronger.
    #[test]
    fn every_block_of_a_stylesheet_is_closed() {
        for source in SOURCES {
            let mut depth = 0_i32;
            for line in source.lines() {
                assert!(!line.starts_with("@layer") || depth == 0, "{line}");
                depth += i32::try_from(line.matches('{').count()).expect("a few");
                depth -= i32::try_from(line.matches('}').count()).expect("a few");
            }
            assert_eq!(depth, 0, "{:?}", source.lines().next());
        }
    }
}
