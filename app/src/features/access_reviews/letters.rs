//! The letters of a review. They say that there is something to look at, never what.

use serde_json::Value;

use crate::{
    app::App,
    mail::{Letter, Link, parts},
};

/// `None` where this deployment sends no mail.
pub fn opened(app: &App) -> Option<Value> {
    let letter = Letter::new("アクセス記録の点検のお願い")
        .line("先月のアクセス記録の数字を見て、署名してください。")
        .line("だれの記録が、だれに見られたかを、施設で確かめるためのものです。")
        .link(&Link::to(&app.config.base_url, "facility/access-reviews"));
    parts(app, &letter)
}

pub fn overdue(app: &App) -> Option<Value> {
    let letter = Letter::new("アクセス記録の点検の期限が過ぎています")
        .line("先月のアクセス記録の点検に、まだ署名がありません。")
        .link(&Link::to(&app.config.base_url, "facility/access-reviews"));
    parts(app, &letter)
}
