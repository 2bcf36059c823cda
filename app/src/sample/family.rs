//! The sample's family: a daughter far away, who was invited to her mother's family timeline and writes there.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::calendar::When;
use crate::{
    Error, Result,
    app::App,
    auth::{self, Actor, totp},
    features::{
        family::{self, door, join, model, team},
        posts::{
            self,
            model::{NewPost, Timeline},
        },
    },
};

/// Whose she is.
pub(super) const PATIENT: &str = "onodera";
const LOGIN_ID: &str = "mika";
const NAME: &str = "小野寺 美香";

/// A relative of the demo.
#[derive(Debug, Serialize, Deserialize)]
pub struct Relative {
    pub id: Uuid,
    pub login_id: String,
    pub password: String,
    /// Base32.
    pub totp_secret: String,
    pub name: String,
    /// `patient` or `family`.
    pub role: String,
    pub group_id: Uuid,
}

/// What happens, in order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Turn {
    Join,
    /// Somebody of the staff writes, by `login_id`.
    Staff(&'static str, &'static str),
    Daughter(&'static str),
}

const fn day(days_ago: u16, hour: i8, minute: i8) -> When {
    When::Day { days_ago, at: Time::constant(hour, minute, 0, 0) }
}

pub(super) const TURNS: [(When, Turn); 5] = [
    (day(6, 18, 30), Turn::Join),
    (
        day(6, 20, 40),
        Turn::Daughter(
            "いつもありがとうございます。福岡からは様子が分からないので、食事の量を教えていただけると安心します。",
        ),
    ),
    (
        day(5, 9, 20),
        Turn::Staff(
            "igarashi",
            "美香さん、ありがとうございます。昨日の夕食は8割ほど、今朝はおかゆを1杯めしあがりました。水分もとれています。",
        ),
    ),
    (
        day(3, 21, 5),
        Turn::Daughter("庭の菊が咲いたと、弟から聞きました。今度の連休に帰ります。母にもお伝えください。"),
    ),
    (
        day(2, 17, 15),
        Turn::Staff(
            "kuwabara",
            "お伝えしたところ、うれしそうにしておられました。お帰りの日が決まったら、ここで教えてください。",
        ),
    ),
];

const HOURS: &str = "平日の 9時から 17時に 読みます。お返事は 次の日に なることが あります。";

/// The invitation, the joining with app authentication, and the host's words on when somebody reads.
pub(super) async fn join(
    app: &App,
    host: &Actor,
    group: Uuid,
    patient: &str,
    password: &str,
) -> Result<Relative> {
    let wrong = Error::Invalid;
    let new = model::new_relative(Uuid::new_v4(), "family", NAME, "長女", patient).map_err(wrong)?;
    team::set_hours(app, host, group, Uuid::now_v7(), HOURS).await?;
    let invited = team::invite(app, host, group, &new).await?;
    let link = invited.link.rsplit('/').next().unwrap_or_default();
    let new = join::Newcomer {
        login_id: LOGIN_ID.into(),
        password: password.into(),
        password_again: password.into(),
        sure: true,
        promised: true,
    };
    let who = auth::Relative::from_token(&join::join(app, link, new).await?);
    let (enrolment, _) = door::offer(app, &who).await?;
    let secret = data_encoding::BASE32_NOPAD.decode(enrolment.key.as_bytes()).map_err(Error::internal)?;
    let token = door::confirm(app, &who, &totp::code_at(&secret, app.unix_seconds())?).await?;
    let who = auth::Relative::from_token(&token);
    let id = family::account_of(app, &who).await?;
    door::sign_out(app, &who).await?;
    Ok(Relative {
        id,
        login_id: LOGIN_ID.into(),
        password: password.into(),
        totp_secret: enrolment.key,
        name: NAME.into(),
        role: "family".into(),
        group_id: group,
    })
}

fn words(body: &str) -> NewPost {
    NewPost::words(Timeline::Family, body.into(), Uuid::new_v4())
}

pub(super) async fn staff_writes(app: &App, who: &Actor, group: Uuid, body: &str) -> Result<()> {
    posts::acts::post(app, who, group, words(body)).await.map(drop)
}

/// She reads what is there, and writes.
pub(super) async fn daughter_writes(app: &App, daughter: &Relative, body: &str) -> Result<()> {
    let who = auth::Relative::from_token(&door::trusted_session(app, daughter.id).await?);
    family::write(app, &who, daughter.group_id, words(body)).await?;
    door::sign_out(app, &who).await
}
