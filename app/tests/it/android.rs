//! The statement by which an Android app opens this deployment without an address line.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn the_app_that_speaks_for_the_address_is_named_where_there_is_one() {
    let fingerprint = ["0A"; 32].join(":");
    let named = fingerprint.clone();
    let w = World::with(move |config| {
        config.android.package = "jp.example.renkei".into();
        config.android.certificates = vec![named];
    })
    .await;
    let answer = w.nobody().get("/.well-known/assetlinks.json").await.expect(200);
    let kind = answer.headers["content-type"].to_str().expect("a readable header").to_owned();
    assert_eq!(kind, "application/json");
    let target = &answer.json()[0]["target"];
    assert_eq!(target["package_name"], json!("jp.example.renkei"));
    assert_eq!(target["sha256_cert_fingerprints"], json!([fingerprint]));
    World::new().await.nobody().get("/.well-known/assetlinks.json").await.expect(404);
}
