//! Writing posts: each client is one person with one connection.

use hyper::StatusCode;
use uuid::Uuid;

use super::{
    Clients,
    http::Connection,
    load::{Client, Rounds, compare},
    place::Place,
    reference,
    report::Table,
    world::{self, World},
};
use crate::Result;

/// One person with one connection.
pub struct Writer {
    http: Connection,
    path: String,
    token: String,
}

impl Writer {
    /// The `i`th of them.
    pub async fn open(world: &World, clients: &Clients, i: usize) -> Result<Self> {
        let (person, group) = world.member(i);
        let (address, token, path) = (world.address, person.token.clone(), world::posts(group));
        clients.run(async move { Ok(Self { http: Connection::open(address).await?, path, token }) }).await
    }

    /// The new post.
    pub async fn write(&mut self) -> Result<Uuid> {
        let post = self.http.post(StatusCode::CREATED, &self.path, &self.token, &world::new_post()).await?;
        world::id(&post)
    }
}

impl Client for Writer {
    async fn once(&mut self) -> Result<()> {
        self.write().await.map(drop)
    }
}

pub async fn measure(place: &Place, world: &World, clients: &Clients, rounds: Rounds) -> Result<Table> {
    let mut table = Table::default();
    for count in rounds.clients {
        let (mut ours, mut raw) = (Vec::new(), Vec::new());
        for i in 0..count {
            let (person, group) = world.member(i);
            let (id, access) = (person.id, place.reference()?);
            ours.push(Writer::open(world, clients, i).await?);
            raw.push(clients.run(async move { reference::Writer::open(&access, id, group).await }).await?);
        }
        table.add(count, compare(clients, rounds, ours, raw).await?);
    }
    Ok(table)
}
