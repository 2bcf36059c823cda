//! The one door to the database. `acting(who)` opens a transaction in which the database itself knows, by a signed
//! context, who is asking; there is no other way to a connection of the service's role.

mod bootstrap;
mod migrate;

use std::sync::Arc;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use tokio_postgres::{Config, NoTls, Row, Statement, types::ToSql};

pub use bootstrap::{
    BOOTSTRAP_ADDITIONS, BOOTSTRAP_DATABASE, BOOTSTRAP_ROLES, LOGIN_ROLES, SEED_ROLE, bootstrap_database,
    bootstrap_roles,
};
pub use migrate::{Migration, migrate, migrate_in_window, migrations};

use crate::{
    Result,
    auth::{Actor, Operator},
    config::Database,
};

/// Parameters of a statement.
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// One pool for each principal of the service; each has its own role and its own functions.
#[derive(Clone)]
pub struct Db {
    app: Pool,
    auth: Pool,
    job: Pool,
    operator: Option<Pool>,
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
    /// `None`: this node has no operator's console.
    pub operator: Option<Config>,
    /// Connections of the service's role; sign-in and jobs get a few of their own.
    pub connections: usize,
}

impl Access {
    /// As the configuration says; an operator's console where it names a URL for one.
    pub fn of(database: &Database) -> Result<Self> {
        let parse = |url: &str| url.parse::<Config>().map_err(crate::Error::internal);
        Ok(Self {
            app: parse(&database.app)?,
            auth: parse(&database.auth)?,
            job: parse(&database.job)?,
            operator: Some(&database.operator)
                .filter(|url| !url.is_empty())
                .map(|url| parse(url))
                .transpose()?,
            connections: database.connections,
        })
    }
}

impl Db {
    pub fn new(access: &Access) -> Result<Self> {
        Ok(Self {
            app: pool(&access.app, access.connections)?,
            auth: pool(&access.auth, 6)?,
            job: pool(&access.job, access.connections.min(4))?,
            operator: access.operator.as_ref().map(|config| pool(config, 2)).transpose()?,
        })
    }

    /// A transaction in which the database knows the caller. Nothing is sent until the first statement, which travels
    /// together with BEGIN and the opening of the identity: one round trip.
    pub async fn acting(&self, who: &Actor) -> Result<Tx> {
        Ok(Tx { client: Some(self.app.get().await?), state: State::Unopened(Opening::Staff(who.clone())) })
    }

    /// A transaction of the operator's console, under a role that can read no record. `NotFound` where this node has none.
    pub async fn operating(&self, who: &Operator) -> Result<Tx> {
        let pool = self.operator.as_ref().ok_or(crate::Error::NotFound)?;
        Ok(Tx { client: Some(pool.get().await?), state: State::Unopened(Opening::Operator(who.clone())) })
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

/// Whose identity a transaction opens.
#[derive(Debug)]
enum Opening {
    Staff(Actor),
    Operator(Operator),
}

impl Opening {
    fn statement(&self) -> &'static str {
        match self {
            Self::Staff(_) => "SELECT sec.open($1, $2)",
            Self::Operator(_) => "SELECT sec.open_operator($1)",
        }
    }
}

#[derive(Debug)]
enum State {
    Unopened(Opening),
    Open,
    Done,
}

/// A transaction under the caller's identity. Dropped without `commit`, it is rolled back.
#[derive(Debug)]
pub struct Tx {
    client: Option<Object>,
    state: State,
}

/// BEGIN and the identity, in one flight with whatever is sent behind: nothing is waited for before both are sent.
async fn open(client: &Object, opening: Option<(Statement, Opening)>) -> Result<(), tokio_postgres::Error> {
    let Some((open, who)) = opening else { return Ok(()) };
    let (staff, operator);
    let params: Params<'_> = match &who {
        Opening::Staff(who) => {
            staff = (who.token_hash(), who.background());
            &[&staff.0, &staff.1]
        }
        Opening::Operator(who) => {
            operator = who.token_hash();
            &[&operator]
        }
    };
    let (begun, opened) =
        tokio::join!(biased; client.batch_execute("BEGIN"), client.query_one(&open, params));
    begun?;
    opened.map(drop)
}

impl Tx {
    fn client(&self) -> &Object {
        self.client.as_ref().expect("the connection is taken only when the transaction is dropped")
    }

    /// What must travel ahead of the first statement. From here on a dropped transaction is rolled back, whether or not
    /// anybody waited for the answer: BEGIN may be under way.
    async fn opening(&mut self) -> Result<Option<(Statement, Opening)>> {
        let State::Unopened(who) = &self.state else { return Ok(None) };
        let open = self.client().prepare_cached(who.statement()).await?;
        match std::mem::replace(&mut self.state, State::Open) {
            State::Unopened(who) => Ok(Some((open, who))),
            State::Open | State::Done => Ok(None),
        }
    }

    /// Rows of a statement.
    pub async fn query(&mut self, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
        let prepared = self.client().prepare_cached(statement).await?;
        let opening = self.opening().await?;
        let client = self.client();
        let (opened, rows) = tokio::join!(biased; open(client, opening), client.query(&prepared, params));
        opened?;
        Ok(rows?)
    }

    /// The last statement: it and COMMIT travel together, with the opening too when it is the only one.
    pub async fn query_and_commit(mut self, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
        let prepared = self.client().prepare_cached(statement).await?;
        let opening = self.opening().await?;
        let client = self.client();
        let (opened, rows, committed) = tokio::join!(
            biased;
            open(client, opening),
            client.query(&prepared, params),
            client.batch_execute("COMMIT")
        );
        // After a failed statement COMMIT has rolled back: either way the transaction is over.
        self.state = State::Done;
        opened?;
        let rows = rows?;
        committed?;
        Ok(rows)
    }

    /// Two last statements that do not need each other's rows, as `query_and_commit`.
    pub async fn both_and_commit(
        mut self,
        first: (&str, Params<'_>),
        second: (&str, Params<'_>),
    ) -> Result<(Vec<Row>, Vec<Row>)> {
        let one = self.client().prepare_cached(first.0).await?;
        let two = self.client().prepare_cached(second.0).await?;
        let opening = self.opening().await?;
        let client = self.client();
        let (opened, ones, twos, committed) = tokio::join!(
            biased;
            open(client, opening),
            client.query(&one, first.1),
            client.query(&two, second.1),
            client.batch_execute("COMMIT")
        );
        self.state = State::Done;
        opened?;
        let rows = (ones?, twos?);
        committed?;
        Ok(rows)
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
                if !matches!(rolled_back, Ok(Ok(())))
                    && let Some(client) = Arc::into_inner(client)
                {
                    drop(Object::take(client));
                }
            });
        } else {
            drop(Object::take(client));
        }
    }
}
