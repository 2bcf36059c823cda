//! The letters of one notice: what kind it was, where to look, and nobody's name.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    store,
    words::{self, Words},
};
use crate::{
    app::Shared,
    jobs::{self, Failure},
    mail::{Letter, Link},
};

/// Put in by `sec.tell`, with the notice's id and kind.
pub const KIND: jobs::Kind = jobs::Kind {
    name: "sign_in_notice",
    tries: 12,
    lease: Duration::from_secs(60),
    run: |app, payload| Box::pin(write(app, payload)),
};

async fn write(app: Shared, payload: Value) -> Result<(), Failure> {
    let notice = payload["notice"].as_str().and_then(|id| id.parse::<Uuid>().ok());
    let (Some(notice), Some(kind)) = (notice, payload["kind"].as_str()) else {
        return Err(Failure::for_good("not_a_notice"));
    };
    let words = words::of(kind);
    let mails = app.config.mail.is_configured();
    let person = mails.then(|| stored(&to_person(words, &app.config.base_url)));
    let admins = (mails && words.admins_by_mail).then(|| stored(&to_admin(words, &app.config.base_url)));
    store::send(&app, notice, &person, &admins).await.map_err(|_| Failure::later("not_sent"))?;
    app.jobs.ring();
    Ok(())
}

/// As `sec.write_to` takes it: whose address it is, only the database knows.
fn stored(letter: &Letter) -> Value {
    json!({"subject": letter.subject(), "text": letter.text()})
}

fn to_person(words: &Words, base_url: &str) -> Letter {
    let letter = Letter::new("サインインのお知らせ")
        .line("あなたのアカウントについて、お知らせします。")
        .line(words.what);
    let letter = if words.code == "not_me" {
        letter.line("使い始めるには、サインインの画面の「パスワードを忘れたとき」から、新しいパスワードを決めてください。")
    } else {
        letter
            .line("心当たりがないときは、次の画面で「私ではない」を押すか、施設の管理者に連絡してください。")
    };
    letter.link(&Link::to(base_url, "menu/security"))
}

fn to_admin(words: &Words, base_url: &str) -> Letter {
    Letter::new("スタッフのサインインのお知らせ")
        .line("あなたの施設のスタッフのアカウントについて、お知らせします。")
        .line(words.what)
        .line("だれのことかは、次の画面で見られます。")
        .link(&Link::to(base_url, "facility/security"))
}
