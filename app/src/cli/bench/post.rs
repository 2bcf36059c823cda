//! Writing posts: each client is one person with one connection.

use hyper::StatusCode;

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

struct Writer {
    http: Connection,
    path: String,
    token: String,
}

impl Client for Writer {
    async fn once(&mut self) -> Result<()> {
        self.http.post(StatusCode::CREATED, &self.path, &self.token, &world::new_post()).await.map(drop)
    }
}

pub async fn measure(place: &Place, world: &World, clients: &Clients, rounds: Rounds) -> Result<Table> {
    let mut table = Table::default();
    for count in rounds.clients {
        let (mut ours, mut raw) = (Vec::new(), Vec::new());
        for i in 0..count {
            let (person, group) = world.member(i);
            let (address, id, token, path, access) =
                (world.address, person.id, person.token.clone(), world::posts(group), place.reference()?);
            ours.push(
                clients
                    .run(async move { Ok(Writer { http: Connection::open(address).await?, path, token }) })
                    .await?,
            );
            raw.push(clients.run(async move { reference::Writer::open(&access, id, group).await }).await?);
        }
        table.add(count, compare(clients, rounds, ours, raw).await?);
    }
    Ok(table)
}
