//! Stylesheets, scripts and icons: embedded in release builds, read from disk in debug builds,
//! and addressed by a hash of their content so that browsers may keep them for a year.

use std::sync::LazyLock;

use axum::Router;
use memory_serve::{CacheControl, Manifest, MemoryServe};

/// Where [`router`] is mounted.
pub const PREFIX: &str = "/assets";

/// Content hashes are facts of the build, the same for every `App` in the process.
static MANIFEST: LazyLock<Manifest> = LazyLock::new(|| bundle().manifest());

fn bundle() -> MemoryServe {
    memory_serve::load!().index_file(None).enable_hashed_routes(true).cache_control(CacheControl::NoCache)
}

/// The address of an asset, for instance `asset("css/base.css")` is `/assets/css/base.<hash>.css`.
///
/// An unknown name keeps its plain address, which answers 404: a test checks every name that is used.
pub fn asset(name: &str) -> String {
    let route = format!("/{name}");
    let served = MANIFEST.get(&route).unwrap_or(&route);
    format!("{PREFIX}{served}")
}

/// Every asset as `(name, address)`, for import maps and for pages written to disk.
pub fn all() -> Vec<(String, String)> {
    let mut all: Vec<_> =
        MANIFEST.iter().map(|(route, served)| (route[1..].to_owned(), format!("{PREFIX}{served}"))).collect();
    all.sort();
    all
}

/// Serves all assets below [`PREFIX`]. Call once: the bytes are kept for the life of the process.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().nest(PREFIX, bundle().into_router())
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn every_address_is_served_with_its_kind() {
        let router: Router = router();
        let kinds = [("js", "text/javascript"), ("css", "text/css"), ("svg", "image/svg+xml")];
        for (name, address) in all() {
            let request = Request::get(&address).body(Body::empty()).expect("a plain request");
            let answer = router.clone().oneshot(request).await.expect("the router answers");
            assert!(answer.status().is_success(), "{name}");
            let kind = answer.headers()["content-type"].to_str().expect("a readable header");
            for (_, wanted) in kinds.iter().filter(|(ending, _)| name.ends_with(ending)) {
                assert!(kind.starts_with(wanted), "{name}: {kind}");
            }
        }
    }

    /// An open brace puts what follows into a layer inside the layer, where every other rule is stronger.
    #[test]
    fn every_block_of_a_stylesheet_is_closed() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/css");
        for file in std::fs::read_dir(folder).expect("stylesheets") {
            let path = file.expect("a file").path();
            let text = std::fs::read_to_string(&path).expect("a stylesheet");
            let mut depth = 0_i32;
            for line in text.lines() {
                assert!(!line.starts_with("@layer") || depth == 0, "{}: {line}", path.display());
                depth += i32::try_from(line.matches('{').count()).expect("a few");
                depth -= i32::try_from(line.matches('}').count()).expect("a few");
            }
            assert_eq!(depth, 0, "{}", path.display());
        }
    }

    #[test]
    fn an_address_carries_the_hash_of_the_content() {
        let css = asset("css/base.css");
        assert!(css.starts_with("/assets/css/base.") && css.ends_with(".css"), "{css}");
        assert_ne!(css, "/assets/css/base.css");
        assert_eq!(css, asset("css/base.css"));
        assert_eq!(asset("no/such.css"), "/assets/no/such.css");
    }
}
