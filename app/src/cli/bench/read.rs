//! Reading the latest 50 posts of a group: each client is one person with one connection, on one page.

use hyper::{Method, StatusCode};
use serde_json::Value;

use super::{
    Clients,
    http::Connection,
    load::{Client, Rounds, compare},
    place::Place,
    reference,
    report::Table,
    world::{PAGE, World, posts},
};
use crate::{Error, Result};

struct Reader {
    http: Connection,
    path: String,
    token: String,
}

impl Reader {
    /// Opens the page, and looks once at what came: later answers are only read to their end.
    async fn open(http: Connection, path: String, token: String) -> Result<Self> {
        let mut reader = Self { http, path, token };
        let page: Value = serde_json::from_slice(&reader.http.get(&reader.path, &reader.token).await?)
            .map_err(Error::internal)?;
        match page["items"].as_array().map(Vec::len) {
            Some(PAGE) => Ok(reader),
            other => Err(Error::Internal(format!("a page had {other:?} posts instead of {PAGE}"))),
        }
    }
}

impl Client for Reader {
    async fn once(&mut self) -> Result<()> {
        self.http.expect(StatusCode::OK, Method::GET, &self.path, &self.token, None).await.map(drop)
    }
}

pub async fn measure(place: &Place, world: &World, clients: &Clients, rounds: Rounds) -> Result<Table> {
    let mut table = Table::default();
    for count in rounds.clients {
        let (mut ours, mut raw) = (Vec::new(), Vec::new());
        for i in 0..count {
            let (person, group) = world.member(i);
            let (address, id, token, access) =
                (world.address, person.id, person.token.clone(), place.reference()?);
            let path = format!("{}?limit={PAGE}", posts(group));
            ours.push(
                clients
                    .run(async move { Reader::open(Connection::open(address).await?, path, token).await })
                    .await?,
            );
            raw.push(clients.run(async move { reference::Reader::open(&access, id, group).await }).await?);
        }
        table.add(count, compare(clients, rounds, ours, raw).await?);
    }
    Ok(table)
}
