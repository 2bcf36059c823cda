//! Whoever is to hear of new alarms hears of all of them in one letter and one call. Both hold codes, words of the rules and
//! numbers: not whom or what an alarm is about; that is on the console.

use serde_json::{Value, json};

use super::{
    rules,
    store::{self, Untold},
};
use crate::{
    Result,
    app::App,
    mail::{self, Letter, Link},
    outbound,
};

/// Tries of a letter or call that tells of alarms: about half a day.
const TRIES: i32 = 18;

pub(super) async fn tell(app: &App) -> Result<()> {
    let receivers = app.config.watch.receivers()?;
    let mail = app.config.mail.is_configured() && !receivers.is_empty();
    let hook = app.config.watch.target()?.is_some();
    if !mail && !hook {
        return Ok(());
    }
    let untold = store::to_tell(app).await?;
    if untold.is_empty() {
        return Ok(());
    }
    let (mut kinds, mut payloads) = (Vec::new(), Vec::new());
    if mail {
        let letter = letter(&untold, &app.config.base_url);
        for to in &receivers {
            kinds.push(mail::KIND.name);
            payloads.push(mail::payload(app, to, &letter).await?);
        }
    }
    if hook {
        kinds.push(outbound::KIND.name);
        payloads.push(outbound::payload(&call(&untold)));
    }
    let ids: Vec<_> = untold.iter().map(|u| u.id).collect();
    store::told(app, &ids, &kinds, &payloads, TRIES).await
}

fn letter(untold: &[Untold], base_url: &str) -> Letter {
    let urgent = untold.iter().any(|u| u.severity == "urgent");
    let again = untold.iter().all(|u| u.again);
    let mut letter = Letter::new(match (urgent, again) {
        (true, false) => "いますぐ見てください：警報",
        (false, false) => "警報",
        (_, true) => "まだ見られていない警報",
    });
    for rule in rules::RULES {
        let about: Vec<&Untold> = untold.iter().filter(|u| u.code == rule.code).collect();
        let Some(first) = about.first() else { continue };
        letter = letter.line("").line(rule.title).time("はじまり", first.raised_at);
        letter = match about.len() {
            1 if !rule.unit.is_empty() => letter.number("数", first.number, rule.unit),
            1 => letter,
            many => letter.number("件数", i64::try_from(many).unwrap_or(i64::MAX), "件"),
        };
        letter = letter.line(rule.means).line(rule.act);
    }
    letter.line("").line("くわしくは、運営の画面で見られます。").link(&Link::to(base_url, "operator/watch"))
}

fn call(untold: &[Untold]) -> Value {
    let one = |u: &Untold| json!({"id": u.id, "code": u.code, "severity": u.severity, "number": u.number, "raised_at": u.raised_at, "again": u.again});
    json!({"kind": "alarms", "alarms": untold.iter().map(one).collect::<Vec<_>>()})
}
