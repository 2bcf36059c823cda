//! The letters of joining: no name, no facility, only links and numbers.

use serde_json::Value;

use crate::{
    Result,
    app::App,
    mail::{self, Address, Letter, Link},
};

/// The invitation itself.
pub async fn invitation(app: &App, to: &Address, token: &str) -> Result<Value> {
    let letter = Letter::new("施設からの招待")
        .line("お勤めの施設から、連携への招待が届いています。")
        .line("次のページを開いて、登録してください(7日のあいだ、1回だけ使えます)。")
        .link(&Link::to(&app.config.base_url, "join").token(token))
        .line("ほかの方には送らないでください。心当たりがないときは、ページの中で断れます。");
    mail::payload(app, to, &letter).await
}

/// Six digits that show that the person reads the address.
pub async fn code(app: &App, to: &Address, code: i64) -> Result<Value> {
    // A link that leads nowhere secret: the letter holds a number that opens something, so it is sealed like one.
    let letter = Letter::new("登録の確認番号")
        .line("招待のページで、次の番号を入れてください(15分のあいだ使えます)。")
        .number("確認番号", code, "")
        .line("この番号を、ほかの方に教えないでください。")
        .sealed();
    mail::payload(app, to, &letter).await
}

/// To the admin who invited: somebody has joined. `None` where nothing can be sent.
pub fn joined(app: &App) -> Option<Value> {
    if !app.config.mail.is_configured() {
        return None;
    }
    let letter = Letter::new("招待した方の登録")
        .line("招待した方が登録を終えました。心当たりがないときは、すぐに「利用を止める」を押してください。")
        .link(&Link::to(&app.config.base_url, "facility"));
    Some(letter.words())
}
