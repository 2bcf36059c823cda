//! Patients and relatives: invited by a host, in by the family's door.

use renkei::{
    auth::{Actor, totp},
    features::family::{door, join, model, team},
};
use uuid::Uuid;

use super::{Client, Person, World};

pub const KIN_PASSWORD: &str = "ume-no-hana-37-saku";

/// Somebody on a family timeline.
#[derive(Debug, Clone)]
pub struct Kin {
    pub id: Uuid,
    pub login_id: String,
    pub name: String,
    pub secret: Vec<u8>,
    pub token: String,
}

impl World {
    /// The link of a fresh invitation.
    pub async fn kin_link(&self, host: &Person, group: Uuid, role: &str, name: &str) -> String {
        let relation = if role == "patient" { "" } else { "長女" };
        let new = model::new_relative(Uuid::new_v4(), role, name, relation, "試験 太郎").expect("a form");
        let who = Actor::from_token(&host.token);
        let invited = team::invite(&self.app, &who, group, &new).await.expect("invited");
        invited.link.rsplit('/').next().expect("a link").to_owned()
    }

    /// Invited, joined, with app authentication: signed in.
    pub async fn kin(&self, host: &Person, group: Uuid, login_id: &str, role: &str, name: &str) -> Kin {
        let link = self.kin_link(host, group, role, name).await;
        let new = join::Newcomer {
            login_id: login_id.into(),
            password: KIN_PASSWORD.into(),
            password_again: KIN_PASSWORD.into(),
            sure: true,
            promised: true,
        };
        let token = join::join(&self.app, &link, new).await.expect("joined");
        let who = renkei::auth::Relative::from_token(&token);
        let (enrolment, _) = door::offer(&self.app, &who).await.expect("an offer");
        let secret = data_encoding::BASE32_NOPAD.decode(enrolment.key.as_bytes()).expect("Base32");
        let code = totp::code_at(&secret, self.app.unix_seconds()).expect("a code");
        let token = door::confirm(&self.app, &who, &code).await.expect("confirmed");
        let of = "SELECT id FROM care.account WHERE login_id = $1";
        let id = self.superuser().await.query_one(of, &[&login_id]).await.expect("the account").get(0);
        Kin { id, login_id: login_id.into(), name: name.into(), secret, token }
    }

    /// On the family timeline of another group too.
    pub async fn kin_also(&self, host: &Person, group: Uuid, kin: &Kin) {
        let link = self.kin_link(host, group, "family", &kin.name).await;
        let again = self.kin_again(kin).await;
        let who = renkei::auth::Relative::from_token(&again.token);
        join::join_also(&self.app, &link, &who).await.expect("joined");
    }

    /// The same person with a session of its own.
    pub async fn kin_again(&self, kin: &Kin) -> Kin {
        let token = door::trusted_session(&self.app, kin.id).await.expect("a session");
        Kin { token, ..kin.clone() }
    }

    pub fn as_kin<'a>(&'a self, kin: &Kin) -> Client<'a> {
        self.kin_with(&kin.token)
    }

    /// Any token, in the staff's cookie or as a bearer.
    pub fn with_token<'a>(&'a self, token: &str) -> Client<'a> {
        Client {
            world: self,
            token: Some(token.to_owned()),
            operator: false,
            kin: false,
            certificate: None,
            fragment: false,
        }
    }

    pub fn kin_with<'a>(&'a self, token: &str) -> Client<'a> {
        Client {
            world: self,
            token: Some(token.to_owned()),
            operator: false,
            kin: true,
            certificate: None,
            fragment: false,
        }
    }
}
