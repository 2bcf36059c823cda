//! The letters of a review. They say that there is something to do, never about whom.

use serde_json::Value;

use crate::{
    app::App,
    mail::{Letter, Link, parts},
};

/// `None` where this deployment sends no mail.
pub fn opened(app: &App) -> Option<Value> {
    let letter = Letter::new("棚卸（たなおろし）のお願い")
        .line("スタッフやグループのメンバーを、続けるか外すか、1人ずつ確かめてください。")
        .line("3週間のあいだに返事のないスタッフの利用は、止まります。")
        .link(&Link::to(&app.config.base_url, "reviews"));
    parts(app, &letter)
}

pub fn reminder(app: &App) -> Option<Value> {
    let letter = Letter::new("棚卸（たなおろし）の期限が近づいています")
        .line("まだ確かめていないスタッフやメンバーがあります。")
        .line("期限までに返事のないスタッフの利用は、止まります。")
        .link(&Link::to(&app.config.base_url, "reviews"));
    parts(app, &letter)
}

/// To the admins.
pub fn closed(app: &App) -> Option<Value> {
    let letter = Letter::new("棚卸（たなおろし）が終わりました")
        .line("結果を確かめてください。返事のなかったスタッフの利用を止めたときは、結果の画面に出ています。")
        .link(&Link::to(&app.config.base_url, "facility/reviews"));
    parts(app, &letter)
}

/// To whom the facility did not confirm.
pub fn stopped(app: &App) -> Option<Value> {
    let letter = Letter::new("利用が止まりました")
        .line("施設の棚卸で確かめられなかったため、この施設での利用が止まりました。")
        .line("続けて使うときは、施設の管理者に伝えてください。すぐに再開できます。");
    parts(app, &letter)
}
