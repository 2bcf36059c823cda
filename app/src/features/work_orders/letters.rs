//! Letters to a facility's admins about an order. What it is about stands in the product.

use serde_json::Value;
use uuid::Uuid;

use crate::{
    app::App,
    mail::{Letter, Link, parts},
};

/// `None` where this deployment sends no mail.
pub fn approved(app: &App, order: Uuid) -> Option<Value> {
    let letter = Letter::new("保守作業のお知らせ")
        .line("運営者が、あなたの施設についての保守作業を予定しています。")
        .line("内容と時間を確かめてください。同意を求めているときは、画面で答えてください。")
        .link(&Link::to(&app.config.base_url, "facility/work-orders").id(order));
    parts(app, &letter)
}

pub fn reported(app: &App) -> Option<Value> {
    let letter = Letter::new("保守作業の報告")
        .line("保守作業が終わりました。報告を読んで、確認してください。")
        .link(&Link::to(&app.config.base_url, "facility/work-orders"));
    parts(app, &letter)
}
