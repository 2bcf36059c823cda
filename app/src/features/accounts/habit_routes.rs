//! What a person sets for herself on every device: single keys, and readings beside names.

use axum::{
    Router,
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use maud::{Markup, html};

use super::store;
use crate::words::t;
use crate::{
    Result,
    app::Shared,
    auth::Actor,
    web::{
        forms::{Errors, check, done},
        input::{Done, Fields, Form},
        page::{Page, page},
        ui::{Ctx, Tab, Topbar},
        urls,
        viewer::{Asked, Me},
    },
};

/// Any signed-in person, for herself.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::habits(), get(show).post(save))
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(q): Query<Done>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    tx.commit().await?;
    Ok(habits_page(q.done.is_some(), &me.ctx(asked)).into_response())
}

async fn save(
    State(app): State<Shared>,
    who: Actor,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect> {
    let fields = Fields::only(pairs, &["shortcuts", "readings"])?;
    let (shortcuts, readings) = (fields.one("shortcuts") == "on", fields.one("readings") == "on");
    app.db.acting(&who).await?.query_and_commit(store::SET_HABITS, &[&shortcuts, &readings]).await?;
    Ok(Redirect::to("/menu/habits?done=saved"))
}

fn habits_page(saved: bool, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(saved.then_some(t("設定を変えました。"))))
        p { (t("どの端末でサインインしても、同じ設定になります。")) }
        form.panel.stack method="post" action=(urls::habits()) {
            (check("readings", t("名前にふりがなを付ける"), t("ふりがなが分かっている人と患者さんの名前に付きます。"), ctx.readings, &Errors::none()))
            (check("shortcuts", t("キーボードのショートカットを使う"), t("j や k などのキーひとつで、投稿を移ったり画面を開いたりします。文字を入れているあいだは、はたらきません。"), ctx.shortcuts, &Errors::none()))
            button.btn.primary.large type="submit" { (t("この設定にする")) }
        }
        p { a href=(urls::help_keys()) { (t("キーの一覧を見る")) } }
        p.soft.small { (t("文字の大きさと画面の明るさは、「メニュー」の「見やすさ」で、端末ごとに変えられます。")) }
    };
    let bar = Topbar {
        title: t("ふりがなとキーボード"),
        back: Some((urls::menu(), t("メニューに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title: t("ふりがなとキーボード"), tab: Tab::Menu, bar, body })
}
