//! The one door to the database. `acting(who)` opens a transaction in which the database itself knows, by a signed
//! context, who is asking; there is no other way to a connection of the service's role.

mod bootstrap;
mod migrate;

use std::sync::Arc;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use tokio_postgres::{Config, NoTls, Row, types::ToSql};

pub use bootstrap::{BOOTSTRAP_DATABASE, BOOTSTRAP_ROLES, SEED_ROLE, bootstrap_database, bootstrap_roles};
pub use migrate::{migrate, migrate_in_window};

use crate::{Result, auth::Actor};

/// Parameters of a statement.
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// One pool for each principal of the service; each has its own role and its own functions.
#[derive(Clone)]
pub struct Db {
    app: Pool,
    auth: Pool,
    job: Pool,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("app", &self.app.status()).finish_non_exhaustive()
    }
}

/// How to reach the database as each principal.
#[derive(Debug, Clone)]
pub struct Access {
    pub app: Config,
    pub auth: Config,
    pub job: Config,
    /// Connections of the service's role; sign-in and jobs get a few of their own.
    pub connections: usize,
}

impl Db {
    pub fn new(access: &Access) -> Result<Self> {
        Ok(Self {
            app: pool(&access.app, access.connections)?,
            auth: pool(&access.auth, 6)?,
            job: pool(&access.job, access.connections.min(4))?,
        })
    }

    /// A transaction in which the database knows the caller. Nothing is sent until the first statement, which travels
    /// together with BEGIN and the opening of the identity: one round trip.
    pub async fn acting(&self, who: &Actor) -> Result<Tx> {
        Ok(Tx { client: Some(self.app.get().await?), state: State::Unopened(who.clone()) })
    }

    /// One statement that opens the identity itself (its first parameter is the session's token): one round trip,
    /// no BEGIN, no COMMIT. Only for `act.*` functions that are written for it.
    pub async fn at_once(&self, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
        let client = self.app.get().await?;
        let prepared = client.prepare_cached(statement).await?;
        Ok(client.query(&prepared, params).await?)
    }

    /// The sign-in principal: before anybody is known.
    pub async fn signing_in(&self, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
        one(&self.auth, statement, params).await
    }

    /// The job principal: stream fan-out, file states, the command line.
    pub async fn job(&self, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
        one(&self.job, statement, params).await
    }

    /// Sets the clock of records on the (single) connections of a sample's planting. Any other role's clock is the
    /// server's whatever is set here.
    pub async fn set_sample_clock(&self, at: jiff::Timestamp) -> Result<()> {
        const SET: &str = "SELECT pg_catalog.set_config('renkei.clock', $1, false)";
        let text = at.to_string();
        one(&self.app, SET, &[&text]).await?;
        one(&self.job, SET, &[&text]).await.map(drop)
    }

    /// Whether the primary answers within the time-outs of the pool.
    pub async fn ready(&self) -> Result<()> {
        one(&self.job, "SELECT 1", &[]).await.map(drop)
    }
}

async fn one(pool: &Pool, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
    let client = pool.get().await?;
    let prepared = client.prepare_cached(statement).await?;
    Ok(client.query(&prepared, params).await?)
}

fn pool(config: &Config, size: usize) -> Result<Pool> {
    let manager = Manager::from_config(
        config.clone(),
        NoTls,
        ManagerConfig { recycling_method: RecyclingMethod::Fast },
    );
    Pool::builder(manager)
        .max_size(size)
        .runtime(deadpool_postgres::Runtime::Tokio1)
        .wait_timeout(Some(std::time::Duration::from_secs(10)))
        .create_timeout(Some(std::time::Duration::from_secs(5)))
        .build()
        .map_err(crate::Error::internal)
}

#[derive(Debug)]
enum State {
    Unopened(Actor),
    Open,
    Done,
}

/// A transaction under the caller's identity. Dropped without `commit`, it is rolled back.
#[derive(Debug)]
pub struct Tx {
    client: Option<Object>,
    state: State,
}

const OPEN: &str = "SELECT sec.open($1, $2)";

impl Tx {
    fn client(&self) -> &Object {
        self.client.as_ref().expect("the connection is taken only when the transaction is dropped")
    }

    /// Rows of a statement.
    pub async fn query(&mut self, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
        let client = self.client.as_ref().expect("taken only on drop");
        let prepared = client.prepare_cached(statement).await?;
        let State::Unopened(who) = &self.state else {
            return Ok(client.query(&prepared, params).await?);
        };
        let open = client.prepare_cached(OPEN).await?;
        let open_params: Params<'_> = &[&who.token_hash(), &who.background()];
        let (begun, opened, rows) = tokio::join!(
            client.batch_execute("BEGIN"),
            client.query_one(&open, open_params),
            client.query(&prepared, params)
        );
        self.state = State::Open;
        begun?;
        opened?;
        Ok(rows?)
    }

    /// The last statement: it and COMMIT travel together, with the opening too when it is the only one.
    pub async fn query_and_commit(mut self, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
        let client = self.client.as_ref().expect("taken only on drop");
        let prepared = client.prepare_cached(statement).await?;
        let result = if let State::Unopened(who) = &self.state {
            let open = client.prepare_cached(OPEN).await?;
            let open_params: Params<'_> = &[&who.token_hash(), &who.background()];
            let (begun, opened, rows, committed) = tokio::join!(
                client.batch_execute("BEGIN"),
                client.query_one(&open, open_params),
                client.query(&prepared, params),
                client.batch_execute("COMMIT")
            );
            begun.and(opened.map(drop)).and(rows).and_then(|rows| committed.map(|()| rows))
        } else {
            let (rows, committed) =
                tokio::join!(client.query(&prepared, params), client.batch_execute("COMMIT"));
            rows.and_then(|rows| committed.map(|()| rows))
        };
        // After a failed statement COMMIT has rolled back: either way the transaction is over.
        self.state = State::Done;
        Ok(result?)
    }

    /// Exactly one row, or `NotFound`: what row security hides and what does not exist look the same.
    pub async fn one(&mut self, statement: &str, params: Params<'_>) -> Result<Row> {
        self.query(statement, params).await?.into_iter().next().ok_or(crate::Error::NotFound)
    }

    pub async fn commit(mut self) -> Result<()> {
        if matches!(self.state, State::Open) {
            self.client().batch_execute("COMMIT").await?;
        }
        self.state = State::Done;
        Ok(())
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        let (State::Open, Some(client)) = (&self.state, self.client.take()) else { return };
        // Never a cancel: whatever is under way ends by itself, then the rollback. A connection that does not answer
        // is thrown away.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let client = Arc::new(client);
            runtime.spawn(async move {
                let rolled_back = tokio::time::timeout(
                    std::time::Duration::from_secs(20),
                    client.batch_execute("ROLLBACK"),
                )
                .await;
                if !matches!(rolled_back, Ok(Ok(()))) {
                    if let Some(client) = Arc::into_inner(client) {
                        drop(Object::take(client));
                    }
                }
            });
        } else {
            drop(Object::take(client));
        }
    }
}
