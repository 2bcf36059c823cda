//! What reviewers do. Each act asks again whether the application is of the reviewer's region. Ring `app.jobs` after the commit of
//! an act that writes a letter.

use uuid::Uuid;

use super::{acts::STATUS, read::Reviewed};
use crate::{
    Result,
    app::App,
    auth::token,
    db::Tx,
    mail::{self, Letter, Link},
};

const TICK: &str = "SELECT op.tick($1, $2, $3)";
const WRITE: &str = "SELECT op.write_entry($1, $2, $3, $4, $5, $6)";
const APPROVE: &str = "SELECT op.approve_application($1, $2, $3, $4, $5, $6, $7, $8)";
const REFUSE: &str = "SELECT op.refuse_application($1, $2, $3, $4)";
const RENEW: &str = "SELECT op.renew_first_admin($1, $2, $3)";
const SAVE_ITEM: &str = "SELECT op.save_check_item($1, $2, $3, $4)";

pub async fn tick(tx: &mut Tx, application: Uuid, item: Uuid, ticked: bool) -> Result<()> {
    tx.query(TICK, &[&application, &item, &ticked]).await.map(drop)
}

/// For reviewers alone. The same entry again is the same note.
pub async fn note(tx: &mut Tx, application: Uuid, entry: Uuid, text: &str) -> Result<()> {
    let nothing = (None::<&[u8]>, None::<serde_json::Value>);
    tx.query(WRITE, &[&application, &entry, &"note", &text, &nothing.0, &nothing.1]).await.map(drop)
}

/// Whether a letter can go out; without a mail server no act that needs one is taken.
fn letters_go(app: &App) -> Result<()> {
    if app.config.mail.is_configured() {
        Ok(())
    } else {
        Err(crate::Error::Conflict("no_mail_server".into()))
    }
}

/// The letter says nothing of what is asked or decided; its link leads there.
async fn to_applicant(app: &App, to: &Reviewed, letter: Letter) -> Result<(String, serde_json::Value)> {
    letters_go(app)?;
    let link = token::fresh();
    let letter = letter.link(&Link::to(&app.config.base_url, STATUS).token(&link));
    let payload = mail::payload(app, &mail::address(&to.mail)?, &letter).await?;
    Ok((link, payload))
}

/// Asks the applicant for more. `Conflict` unless it waits for a review.
pub async fn ask(app: &App, tx: &mut Tx, to: &Reviewed, entry: Uuid, text: &str) -> Result<()> {
    let letter = Letter::new("利用申請について、お尋ねがあります")
        .numbered(to.number)
        .line("利用申請について、確かめたいことがあります。次のページで読んで、答えてください。");
    let (link, letter) = to_applicant(app, to, letter).await?;
    tx.query(WRITE, &[&to.id, &entry, &"question", &text, &token::hash(&link).as_slice(), &Some(letter)])
        .await
        .map(drop)
}

/// Refuses; the reason stands on the applicant's page. Refused before: nothing happens.
pub async fn refuse(app: &App, tx: &mut Tx, to: &Reviewed, reason: &str) -> Result<()> {
    let letter = Letter::new("利用申請の審査の結果")
        .numbered(to.number)
        .line("利用申請の審査が終わりました。結果は次のページで読めます。");
    let (link, letter) = to_applicant(app, to, letter).await?;
    tx.query(REFUSE, &[&to.id, &reason, &token::hash(&link).as_slice(), &letter]).await.map(drop)
}

async fn to_first_admin(app: &App, to: &Reviewed) -> Result<(String, serde_json::Value)> {
    letters_go(app)?;
    let link = token::fresh();
    let letter = Letter::new("利用申請が承認されました")
        .numbered(to.number)
        .line("利用申請が承認されました。次のページで、最初の管理者のアカウントを作ってください(1回だけ、7日のあいだ)。")
        .line("このリンクは、ほかの人に渡さないでください。")
        .link(&Link::to(&app.config.base_url, "first-admin").token(&link));
    let payload = mail::payload(app, &mail::address(&to.mail)?, &letter).await?;
    Ok((link, payload))
}

/// Makes the facility with its key and its place in the region, and writes to its first admin, all in one. Approved before: the
/// same facility, and no second letter. `Conflict`: refused before (`decided_already`), or not everything is ticked
/// (`checklist_first`).
pub async fn approve(app: &App, tx: &mut Tx, to: &Reviewed, reason: &str) -> Result<Uuid> {
    let facility = Uuid::now_v7();
    let (master, wrapped) = app.keys.new_facility_key(facility).await?;
    let (link, letter) = to_first_admin(app, to).await?;
    let hash = token::hash(&link);
    let row = tx
        .one(
            APPROVE,
            &[&to.id, &facility, &Uuid::now_v7(), &master, &wrapped, &reason, &hash.as_slice(), &letter],
        )
        .await?;
    Ok(row.get(0))
}

/// Another link for the first admin; those before it open nothing any more.
pub async fn renew(app: &App, tx: &mut Tx, to: &Reviewed) -> Result<()> {
    let (link, letter) = to_first_admin(app, to).await?;
    tx.query(RENEW, &[&to.id, &token::hash(&link).as_slice(), &letter]).await.map(drop)
}

/// Adds an item, or moves one or takes it off the list; its words stay.
pub async fn save_item(tx: &mut Tx, item: Uuid, label: &str, place: i32, active: bool) -> Result<()> {
    tx.query(SAVE_ITEM, &[&item, &label, &place, &active]).await.map(drop)
}
