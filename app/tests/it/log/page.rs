//! The page that says in plain words what is sealed.

use super::{Scene, scene};

#[tokio::test(flavor = "multi_thread")]
async fn staff_read_what_is_sealed_and_that_something_does_not_agree() {
    let s = scene().await;
    let page = async |s: &Scene| s.w.as_(&s.nurse).get("/menu/record").await.expect(200).text();
    assert!(page(&s).await.contains("まだ封印されていません。"));
    let mut sealer = s.sealer().await;
    let size = s.sealed(&mut sealer).await;
    let text = page(&s).await;
    assert!(
        text.contains("封印と合わない記録は、見つかっていません。")
            && text.contains(&format!("封印 {size}件")),
        "{text}"
    );
    assert!(text.contains("まだいません") && text.contains("/log/checkpoint"));
    s.w.nobody().get("/menu/record").await.expect(303);

    s.w.superuser()
        .await
        .batch_execute(
            "SELECT act.note_finding('changed', 1::smallint, gen_random_uuid(), 1);
             INSERT INTO care.witness_answer VALUES (gen_random_uuid(), 'witness.test', 1, 'cosigned', 'line', now())",
        )
        .await
        .expect("noted");
    let text = page(&s).await;
    assert!(text.contains("合わないものが1件あり") && text.contains("witness.test"), "{text}");
}
