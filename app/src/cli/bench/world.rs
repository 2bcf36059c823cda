//! A world to measure in: facilities, people and groups, made through the product's own acts.

use std::net::SocketAddr;

use futures_util::future::try_join_all;
use hyper::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Clients, http::Connection};
use crate::{
    Error, Result,
    app::App,
    auth::{password, token},
    cli::Running,
    features::{
        facilities::acts::{self as facilities, NewAccount},
        sign_in::acts::{Trusted, trusted_session},
    },
};

/// Members of a group.
pub const MEMBERS: usize = 8;
/// Posts on a page.
pub const PAGE: usize = 50;
/// Posts in each group before anything is measured.
pub const POSTS: i32 = 60;
const FACILITIES: usize = 5;

#[derive(Debug, Clone)]
pub struct Person {
    pub id: Uuid,
    pub token: String,
    facility: Uuid,
}

/// Groups of eight; nobody is in two.
#[derive(Debug)]
pub struct World {
    pub address: SocketAddr,
    pub groups: Vec<Group>,
}

#[derive(Debug, Clone)]
pub struct Group {
    pub id: Uuid,
    pub members: Vec<Person>,
}

impl World {
    /// So many people, in groups of eight with members from all facilities.
    pub async fn make(server: &Running, clients: &Clients, people: usize) -> Result<Self> {
        // Nobody signs in with it: a bench's sessions are opened beside the door, as a demo's are.
        let hash = password::hash(token::fresh()).await?;
        let mut ids = [Uuid::nil(); FACILITIES];
        let mut admins = Vec::new();
        for (i, id) in ids.iter_mut().enumerate() {
            *id = Uuid::now_v7();
            facilities::add(
                &server.app,
                *id,
                "clinic",
                &format!("計測クリニック{i}"),
                "ケイソククリニック",
                "",
            )
            .await?;
            admins.push(person(&server.app, &format!("bench-admin-{i}"), *id, true, &hash).await?);
        }
        let mut groups = Vec::new();
        for g in 0..people / MEMBERS {
            let mut members = Vec::new();
            for m in 0..MEMBERS {
                let facility = ids[(g + m) % FACILITIES];
                members.push(person(&server.app, &format!("bench-{g}-{m}"), facility, false, &hash).await?);
            }
            groups.push(open_group(server.address, admins[g % FACILITIES].clone(), members));
        }
        let groups = clients.run(try_join_all(groups)).await?;
        Ok(Self { address: server.address, groups })
    }

    /// The `i`th client: somebody of another group each time, as long as there are groups.
    pub fn member(&self, i: usize) -> (&Person, Uuid) {
        let group = &self.groups[i % self.groups.len()];
        (&group.members[i / self.groups.len() % MEMBERS], group.id)
    }

    /// Somebody new, in no group yet, and an admin of the same facility, new too.
    pub async fn reader(server: &Running, number: usize) -> Result<(Person, Person)> {
        let facility = Uuid::now_v7();
        let name = format!("計測センター{number}");
        facilities::add(&server.app, facility, "clinic", &name, "ケイソクセンター", "").await?;
        let hash = password::hash(token::fresh()).await?;
        let reader = person(&server.app, &format!("bench-reader-{number}"), facility, false, &hash).await?;
        let admin = person(&server.app, &format!("bench-opener-{number}"), facility, true, &hash).await?;
        Ok((reader, admin))
    }

    /// Everybody.
    pub fn members(&self) -> impl Iterator<Item = (&Person, Uuid)> {
        self.groups.iter().flat_map(|group| group.members.iter().map(|person| (person, group.id)))
    }
}

async fn person(
    app: &App,
    login_id: &str,
    facility: Uuid,
    admin: bool,
    password_hash: &str,
) -> Result<Person> {
    let id = Uuid::now_v7();
    let new = NewAccount {
        id,
        login_id,
        name: "計測 する子",
        kana: "ケイソク スルコ",
        profession: "nurse",
        password_hash,
        totp_secret: Some(token::random()),
    };
    facilities::add_account(app, &new).await?;
    facilities::add_staff(app, facility, id, admin).await?;
    let token = trusted_session(app, id, Trusted { idle: None }).await?.token;
    Ok(Person { id, token, facility })
}

/// Registers a patient, opens the group, lets everybody join, and writes the posts of before, all through the API.
async fn open_group(address: SocketAddr, admin: Person, members: Vec<Person>) -> Result<Group> {
    let mut http = Connection::open(address).await?;
    let created = StatusCode::CREATED;
    let (host, others) = members.split_first().ok_or_else(|| Error::internal("a group has members"))?;
    let group = open_empty(&mut http, &admin, host).await?;
    for person in others {
        let body = json!({"client_id": Uuid::new_v4(), "account_id": person.id, "facility_id": person.facility, "role": "member"});
        let path = format!("/api/v1/groups/{group}/invitations");
        let invitation = id(&http.post(created, &path, &host.token, &body).await?)?;
        let body = json!({"client_id": Uuid::new_v4(), "decision": "accept"});
        http.post(
            StatusCode::OK,
            &format!("/api/v1/invitations/{invitation}/acceptance"),
            &person.token,
            &body,
        )
        .await?;
    }
    for (person, _) in members.iter().cycle().zip(0..POSTS) {
        http.post(created, &posts(group), &person.token, &new_post()).await?;
    }
    Ok(Group { id: group, members })
}

/// Registers a patient and opens the group with its host alone.
pub async fn open_empty(http: &mut Connection, admin: &Person, host: &Person) -> Result<Uuid> {
    let created = StatusCode::CREATED;
    let body =
        json!({"client_id": Uuid::new_v4(), "fields": {"name": "計測 太郎", "kana": "ケイソク タロウ"}});
    let patient = id(&http.post(created, "/api/v1/patients", &admin.token, &body).await?)?;
    let body =
        json!({"client_id": Uuid::new_v4(), "kind": "patient", "patient_id": patient, "host": host.id});
    id(&http.post(created, "/api/v1/groups", &admin.token, &body).await?)
}

/// The address of a group's posts.
pub fn posts(group: Uuid) -> String {
    format!("/api/v1/groups/{group}/posts")
}

pub fn new_post() -> Value {
    json!({"client_id": Uuid::new_v4(), "body": text()})
}

/// 400 bytes, as a visit is told of: in Japanese, mostly three bytes a character.
pub fn text() -> String {
    let mut text = "本日の訪問: 血圧128/76、体温36.5、食事良好。夜間に咳があり、様子を見ています。次回は金曜に伺います。".repeat(4);
    text.truncate(text.floor_char_boundary(400));
    while text.len() < 400 {
        text.push('.');
    }
    text
}

pub fn id(answer: &Value) -> Result<Uuid> {
    answer["id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| Error::internal("an answer without an id"))
}
