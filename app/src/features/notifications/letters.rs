//! The letters: fixed words, numbers, and the way to the start page.

use serde_json::Value;

use crate::{
    app::App,
    mail::{Letter, Link},
};

/// `None` where nothing is mailed.
pub fn ring(app: &App) -> Option<Value> {
    app.config.mail.is_configured().then(|| {
        Letter::new("新しいお知らせがあります")
            .line("連携に、新しい投稿やお知らせがあります。内容は、サインインして確かめてください。")
            .link(&Link::to(&app.config.base_url, ""))
            .line("このメールを止めるには、メニューの「お知らせの設定」を開いてください。")
            .words()
    })
}

/// `None` where nothing waits.
pub fn digest(app: &App, unread: i64, must: i64) -> Option<Value> {
    if unread == 0 && must == 0 {
        return None;
    }
    let letter = Letter::new("今日のまとめ")
        .line("連携で、あなたを待っているものの数です。")
        .number("まだ読んでいない投稿", unread, "件")
        .number("了解を待っている投稿", must, "件")
        .link(&Link::to(&app.config.base_url, ""))
        .line("時刻を変えるには、メニューの「お知らせの設定」を開いてください。");
    Some(letter.words())
}

pub fn test(app: &App) -> Value {
    Letter::new("お知らせの試し")
        .line("「お知らせの設定」から送った、試しのメールです。お知らせのメールは、このように届きます。")
        .link(&Link::to(&app.config.base_url, "menu/notifications"))
        .words()
}
