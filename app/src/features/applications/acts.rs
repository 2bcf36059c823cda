//! What an applicant does: applies, confirms the mail, reads how it stands, answers.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{NewApplication, Offered, Particulars, changes};
use crate::{
    Error, Result,
    app::App,
    auth::token,
    features::{documents::policies, masters},
    mail::{self, Letter, Link},
};

const REGIONS: &str = "SELECT id, name FROM act.region_names()";
const APPLY: &str = "SELECT id, number, state, fresh, wait FROM act.apply_for_facility($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
const OF_LINK: &str = "SELECT id, number, at, state, region_id, kind, name, kana, postal_code, address, phone, person, person_kana, profession, mail, pledge FROM act.application_of($1)";
const TALK: &str = "SELECT kind, body, at FROM act.application_talk($1)";
const CONFIRM: &str = "SELECT act.confirm_application($1)";
const ANSWER: &str =
    "SELECT act.answer_question($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
const FORGET: &str = "SELECT act.forget_unconfirmed()";

/// What the database says of an id that stands for something else.
pub const OTHER: &str = "client_id_used_for_something_else";
/// Where letters lead that the applicant gets.
pub const STATUS: &str = "facility-applications/status";

/// What an application may choose.
pub async fn offered(app: &App) -> Result<Offered> {
    let words = masters::acts::offered(app).await?;
    let rows = app.db.anybody(REGIONS, &[]).await?;
    let regions = rows.iter().map(|r| (r.get::<_, Uuid>(0).to_string(), r.get(1))).collect();
    Ok(Offered { words, regions })
}

/// The pledge in force; `None` until the operator has published one.
pub async fn pledge(app: &App) -> Result<Option<policies::acts::Published>> {
    Ok(policies::acts::published(app).await?.into_iter().find(|p| p.policy == "pledge" && p.body.is_some()))
}

/// Whether somebody can apply now: there is a pledge, and a server that carries the letters.
pub fn takes_applications(app: &App, pledge: bool) -> bool {
    pledge && app.config.mail.is_configured()
}

/// What was taken in.
#[derive(Debug, Clone)]
pub struct Taken {
    pub id: Uuid,
    pub number: i64,
    pub state: String,
    /// False: the same client id came before, with the same in it.
    pub fresh: bool,
}

/// Takes an application in and asks by letter to confirm the mail (72 hours). `TooMany` where this sender, this mail or everybody
/// together applies too often; `Stale` where the pledge has a newer version; `Conflict` ([`OTHER`]) where the client id stands
/// for something else, or (`applications_closed`) where nobody can apply now.
pub async fn apply(app: &App, new: &NewApplication, block: &str) -> Result<Taken> {
    if !app.config.mail.is_configured() {
        return Err(Error::Conflict("applications_closed".into()));
    }
    let link = token::fresh();
    let letter = Letter::new("利用申請のメールアドレスの確認")
        .line("利用申請を受け取りました。次のページでメールアドレスを確かめると、審査に進みます(72時間のあいだ)。")
        .line("覚えがないときは、何もしないでください。申請は消えます。")
        .link(&Link::to(&app.config.base_url, STATUS).token(&link));
    let letter = mail::payload(app, &new.mail, &letter).await?;
    let taken = take(app, new, block, &link, Some(letter)).await?;
    app.jobs.ring();
    Ok(taken)
}

/// An application of a sample: no letter, and the mail counts as confirmed. No route and no command leads here.
pub async fn plant(app: &App, new: &NewApplication) -> Result<()> {
    let link = token::fresh();
    take(app, new, "sample", &link, None).await?;
    confirm(app, &link).await
}

async fn take(
    app: &App,
    new: &NewApplication,
    block: &str,
    link: &str,
    letter: Option<serde_json::Value>,
) -> Result<Taken> {
    let (p, hash, fingerprint) = (&new.particulars, token::hash(link), new.fingerprint()?);
    let rows = app
        .db
        .anybody(
            APPLY,
            &[
                &Uuid::now_v7(),
                &new.client_id,
                &fingerprint.as_slice(),
                &block,
                &p.region,
                &p.kind,
                &p.name,
                &p.kana,
                &p.postal_code,
                &p.address,
                &p.phone,
                &p.person,
                &p.person_kana,
                &p.profession,
                &new.mail.to_string(),
                &new.pledge,
                &hash.as_slice(),
                &letter,
            ],
        )
        .await?;
    let r = rows.first().ok_or_else(|| Error::internal("apply_for_facility gives one row"))?;
    let wait: i32 = r.get(4);
    if wait > 0 {
        return Err(Error::TooMany { retry_after: u32::try_from(wait).unwrap_or(600) });
    }
    Ok(Taken { id: r.get(0), number: r.get(1), state: r.get(2), fresh: r.get(3) })
}

/// An application as its applicant sees it.
#[derive(Debug, Clone)]
pub struct Own {
    pub number: i64,
    pub at: Timestamp,
    pub state: String,
    pub particulars: Particulars,
    pub mail: String,
    pub pledge: i32,
    /// Questions, answers and the decision: kind, text, time; oldest first.
    pub talk: Vec<(String, String, Timestamp)>,
}

/// Kind, name and so on from column `at` on, the region before.
pub fn particulars(r: &Row, region: usize, at: usize) -> Particulars {
    Particulars {
        region: r.get(region),
        kind: r.get(at),
        name: r.get(at + 1),
        kana: r.get(at + 2),
        postal_code: r.get(at + 3),
        address: r.get(at + 4),
        phone: r.get(at + 5),
        person: r.get(at + 6),
        person_kana: r.get(at + 7),
        profession: r.get(at + 8),
    }
}

/// `NotFound` for an invented link, and for one whose time is over.
pub async fn of_link(app: &App, link: &str) -> Result<Own> {
    let hash = token::hash(link);
    let rows = app.db.anybody(OF_LINK, &[&hash.as_slice()]).await?;
    let r = rows.first().ok_or(Error::NotFound)?;
    let talk = app.db.anybody(TALK, &[&hash.as_slice()]).await?;
    Ok(Own {
        number: r.get(1),
        at: r.get(2),
        state: r.get(3),
        particulars: particulars(r, 4, 5),
        mail: r.get(14),
        pledge: r.get(15),
        talk: talk.iter().map(|t| (t.get(0), t.get(1), t.get(2))).collect(),
    })
}

/// The mail is confirmed; from here on reviewers see the application. Once more changes nothing.
pub async fn confirm(app: &App, link: &str) -> Result<()> {
    app.db.anybody(CONFIRM, &[&token::hash(link).as_slice()]).await.map(drop)
}

/// Answers what was asked, with what was corrected on the way. `Conflict` where nothing is asked (any more).
pub async fn answer(
    app: &App,
    link: &str,
    entry: Uuid,
    text: &str,
    was: &Particulars,
    is: &Particulars,
) -> Result<()> {
    let hash = token::hash(link);
    let changed = changes(was, is);
    app.db
        .anybody(
            ANSWER,
            &[
                &hash.as_slice(),
                &entry,
                &text,
                &changed,
                &is.region,
                &is.kind,
                &is.name,
                &is.kana,
                &is.postal_code,
                &is.address,
                &is.phone,
                &is.person,
                &is.person_kana,
                &is.profession,
            ],
        )
        .await
        .map(drop)
}

/// What nobody confirmed within 72 hours goes. How many.
pub async fn forget_unconfirmed(app: &App) -> Result<i64> {
    Ok(app.db.job(FORGET, &[]).await?.first().map_or(0, |r| r.get(0)))
}
