//! The one door to the database. `acting(who)` opens a transaction in which the database itself knows, by a signed
//! context, who is asking; there is no other way to a connection of the service's role.
//!
//! *Owns* `sec.pulse`. *Emits* nothing. *Who*: the job role writes it; nobody reads it but the opening of a reading.

mod bootstrap;
mod migrate;
mod standby;
mod tls;

use std::sync::Arc;

use deadpool_postgres::{ClientWrapper, Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use tokio_postgres::{Config, Row, Statement, types::ToSql};

pub use bootstrap::{
    BOOTSTRAP_ADDITIONS, BOOTSTRAP_DATABASE, BOOTSTRAP_ROLES, LOGIN_ROLES, SEED_ROLE, bootstrap_database,
    bootstrap_roles, set_password,
};
pub use migrate::{Migration, migrate, migrate_in, migrate_in_window, migrate_up_to, migrations};
pub use standby::Elsewhere;
pub use tls::{Tls, address, is_local};

use crate::{
    Result,
    audit::Spool,
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
    family: Option<Pool>,
    tls: Tls,
    standby: Option<Arc<standby::Standby>>,
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
    /// `None`: this node has no door for patients and relatives.
    pub family: Option<Config>,
    /// `None`: this node does not seal the log.
    pub sealer: Option<Config>,
    /// Connections of the service's role; sign-in and jobs get a few of their own.
    pub connections: usize,
    /// For those that lie beyond this machine.
    pub tls: Tls,
}

impl Access {
    /// As the configuration says; an operator's console and a family's door where it names a URL for one.
    pub fn of(database: &Database) -> Result<Self> {
        let where_named = |url: &String| Some(url).filter(|url| !url.is_empty()).map(|url| address(url));
        Ok(Self {
            app: address(&database.app)?,
            auth: address(&database.auth)?,
            job: address(&database.job)?,
            operator: where_named(&database.operator).transpose()?,
            family: where_named(&database.family).transpose()?,
            sealer: where_named(&database.sealer).transpose()?,
            connections: database.connections,
            tls: Tls::of(database)?,
        })
    }
}

impl Db {
    /// `elsewhere`: where pages are read from while the primary is away; `None`, and they wait.
    pub fn new(access: &Access, elsewhere: Option<Elsewhere>) -> Result<Self> {
        let standby = |e| standby::Standby::new(e, access).map(Arc::new);
        Ok(Self {
            app: pool(&access.app, &access.tls, access.connections)?,
            auth: pool(&access.auth, &access.tls, 6)?,
            job: pool(&access.job, &access.tls, access.connections.min(4))?,
            operator: access.operator.as_ref().map(|config| pool(config, &access.tls, 2)).transpose()?,
            family: access
                .family
                .as_ref()
                .map(|config| pool(config, &access.tls, access.connections.min(4)))
                .transpose()?,
            tls: access.tls.clone(),
            standby: elsewhere.map(standby).transpose()?,
        })
    }

    /// For connections of one's own: LISTEN, advisory locks.
    pub fn tls(&self) -> Tls {
        self.tls.clone()
    }

    /// A transaction in which the database knows the caller. Nothing is sent until the first statement, which travels
    /// together with BEGIN and the opening of the identity: one round trip. For a request that is answered while the
    /// primary is away (`web::reading`) it reads from a standby.
    pub async fn acting(&self, who: &Actor) -> Result<Tx> {
        if let (true, Some(standby)) = (who.reads_elsewhere(), &self.standby) {
            let (client, not_before) = standby.reading().await?;
            let opening = Opening::Reading(who.clone(), not_before);
            return Ok(Tx {
                client: Some(client),
                state: State::Unopened(opening),
                elsewhere: Some(standby.spool()),
                spoilt: false,
            });
        }
        Ok(Tx {
            client: Some(self.app.get().await?),
            state: State::Unopened(Opening::Staff(who.clone())),
            elsewhere: None,
            spoilt: false,
        })
    }

    /// A transaction of the operator's console, under a role that can read no record. `NotFound` where this node has none.
    pub async fn operating(&self, who: &Operator) -> Result<Tx> {
        let pool = self.operator.as_ref().ok_or(crate::Error::NotFound)?;
        Ok(Tx {
            client: Some(pool.get().await?),
            state: State::Unopened(Opening::Operator(who.clone())),
            elsewhere: None,
            spoilt: false,
        })
    }

    /// One statement that opens the identity itself (its first parameter is the session's token): one round trip,
    /// no BEGIN, no COMMIT. Only for `act.*` functions that are written for it.
    pub async fn at_once(&self, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
        alone(self.app.get().await?, statement, params).await
    }

    /// The same statement of the service's role asked of a standby, within the limits of reading while the primary is away.
    /// Its parameters are the caller's token, hashed, and what the standby must know at least; it asks for that itself.
    pub async fn elsewhere_at_once(&self, statement: &str, token_hash: &[u8]) -> Result<Vec<Row>> {
        let standby = self.standby.as_ref().ok_or_else(|| crate::Error::Unavailable("no standby".into()))?;
        let (client, not_before) = standby.reading().await?;
        alone(client, statement, &[&token_hash, &Some(not_before)]).await
    }

    /// The sign-in principal: before anybody is known.
    pub async fn signing_in(&self, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
        one(&self.auth, statement, params).await
    }

    /// The same principal for what anybody may see or send without signing in.
    pub async fn anybody(&self, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
        one(&self.auth, statement, params).await
    }

    /// The family's door: one statement, whose first parameter says who asks. `NotFound` where this node has none.
    pub async fn family(&self, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
        one(self.family.as_ref().ok_or(crate::Error::NotFound)?, statement, params).await
    }

    /// The job principal: stream fan-out, file states, the command line.
    pub async fn job(&self, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
        one(&self.job, statement, params).await
    }

    /// A connection of the job principal that no pool replaces: when the server goes away, whoever holds it is told, however
    /// soon the server is back.
    pub async fn line(&self) -> Result<Line> {
        Ok(Line(Object::take(self.job.get().await?)))
    }

    /// Sets the clock of records on the (single) connections of a sample's planting. Any other role's clock is the
    /// server's whatever is set here.
    pub async fn set_sample_clock(&self, at: jiff::Timestamp) -> Result<()> {
        const SET: &str = "SELECT pg_catalog.set_config('renkei.clock', $1, false)";
        let text = at.to_string();
        one(&self.app, SET, &[&text]).await?;
        if let Some(family) = &self.family {
            one(family, SET, &[&text]).await?;
        }
        one(&self.job, SET, &[&text]).await.map(drop)
    }

    /// Each principal's pool: connections in use, and how many there may be.
    pub fn pools(&self) -> Vec<(&'static str, usize, usize)> {
        let pools = [
            ("app", Some(&self.app)),
            ("auth", Some(&self.auth)),
            ("job", Some(&self.job)),
            ("operator", self.operator.as_ref()),
            ("family", self.family.as_ref()),
        ];
        let pools = pools.into_iter().filter_map(|(name, pool)| Some((name, pool?.status())));
        pools.map(|(name, s)| (name, s.size.saturating_sub(s.available), s.max_size)).collect()
    }

    /// Whether the primary answers at once. A balancer looks often and does not wait.
    pub async fn ready(&self) -> Result<()> {
        if self.is_away() {
            return Err(crate::Error::Unavailable("the primary is away".into()));
        }
        at_once(one(&self.job, "SELECT 1", &[])).await.map(drop)
    }

    /// Whether a standby answers at once, for nodes that may read from one.
    pub async fn ready_to_read(&self) -> Result<()> {
        match &self.standby {
            Some(standby) => at_once(standby.answers()).await,
            None => Err(crate::Error::Unavailable("there is no standby to read from".into())),
        }
    }

    /// Where views are noted while the primary is away.
    pub fn spool(&self) -> Option<Arc<Spool>> {
        self.standby.as_ref().map(|s| s.spool())
    }

    /// Whether this node may read from a standby at all.
    pub fn may_read_elsewhere(&self) -> bool {
        self.standby.is_some()
    }

    /// Whether the primary was away at the last look. Never, on a node without a standby.
    pub fn is_away(&self) -> bool {
        self.standby.as_ref().is_some_and(|s| s.is_away())
    }

    /// Returns when the primary is away; never, on a node without a standby.
    pub async fn away(&self) {
        match &self.standby {
            Some(standby) => standby.away().await,
            None => std::future::pending().await,
        }
    }

    /// Looks at the primary now.
    pub async fn confirm_away(&self) -> bool {
        match &self.standby {
            Some(standby) => standby.confirm_away().await,
            None => false,
        }
    }

    /// Looks at the primary until the process ends.
    pub async fn watch_primary(self) {
        if let Some(standby) = self.standby {
            standby.watch().await;
        }
    }
}

/// One connection for as long as it lasts. After an error it is of no more use.
pub struct Line(ClientWrapper);

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Line")
    }
}

impl Line {
    pub async fn ask(&self, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
        let prepared = self.0.prepare_cached(statement).await?;
        Ok(self.0.query(&prepared, params).await?)
    }
}

/// What a balancer's question may take: less than the second that it waits.
async fn at_once<T>(answer: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(std::time::Duration::from_millis(800), answer).await {
        Ok(answer) => answer,
        Err(_) => Err(crate::Error::Unavailable("the database does not answer at once".into())),
    }
}

async fn one(pool: &Pool, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
    alone(pool.get().await?, statement, params).await
}

/// One statement on a connection, which is not used again after an answer that says that this server is no primary.
async fn alone(client: Object, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
    let answer = async {
        let prepared = client.prepare_cached(statement).await?;
        client.query(&prepared, params).await
    };
    let answer = answer.await;
    if answer.as_ref().is_err_and(is_spoilt) {
        drop(Object::take(client));
    }
    Ok(answer?)
}

/// Whether nothing good will come over this connection any more: the server is (or has become) a standby, ends, starts,
/// or has gone.
fn is_spoilt(error: &tokio_postgres::Error) -> bool {
    let Some(code) = error.code().map(|code| code.code()) else { return error.is_closed() };
    matches!(code, "25006" | "57P01" | "57P02" | "57P03") || code.starts_with("08")
}

/// Whether a standby says that it does not know enough: the next connection may lead to one that does.
fn is_far_behind(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| code.code() == "RK503")
}

fn pool(config: &Config, tls: &Tls, size: usize) -> Result<Pool> {
    let manager = Manager::from_config(
        config.clone(),
        tls.clone(),
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
    /// On a standby, which must know what the primary knew at that time.
    Reading(Actor, jiff::Timestamp),
    Operator(Operator),
}

impl Opening {
    fn statement(&self) -> &'static str {
        match self {
            Self::Staff(_) => "SELECT sec.open($1, $2)",
            Self::Reading(..) => "SELECT sec.open_reading($1, $2)",
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
    /// Where views are noted that a standby cannot take.
    elsewhere: Option<Arc<Spool>>,
    /// The connection is of no more use.
    spoilt: bool,
}

/// BEGIN and the identity, in one flight with whatever is sent behind: nothing is waited for before both are sent.
async fn open(client: &Object, opening: Option<(Statement, Opening)>) -> Result<(), tokio_postgres::Error> {
    let Some((open, who)) = opening else { return Ok(()) };
    let (staff, reading, operator);
    let params: Params<'_> = match &who {
        Opening::Staff(who) => {
            staff = (who.token_hash(), who.background());
            &[&staff.0, &staff.1]
        }
        Opening::Reading(who, not_before) => {
            reading = (who.token_hash(), not_before);
            &[&reading.0, reading.1]
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
    async fn opening(&mut self) -> Result<Option<(Statement, Opening)>, tokio_postgres::Error> {
        let State::Unopened(who) = &self.state else { return Ok(None) };
        let open = self.client().prepare_cached(who.statement()).await?;
        match std::mem::replace(&mut self.state, State::Open) {
            State::Unopened(who) => Ok(Some((open, who))),
            State::Open | State::Done => Ok(None),
        }
    }

    /// Where views are noted when this reads from a standby, which can write nothing.
    pub fn spool(&self) -> Option<Arc<Spool>> {
        self.elsewhere.clone()
    }

    /// Passes an answer on, and remembers whether it says that the connection is of no more use.
    fn noting<T>(&mut self, answer: Result<T, tokio_postgres::Error>) -> Result<T> {
        self.spoilt |= answer
            .as_ref()
            .is_err_and(|error| is_spoilt(error) || (self.elsewhere.is_some() && is_far_behind(error)));
        Ok(answer?)
    }

    /// Rows of a statement.
    pub async fn query(&mut self, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
        let rows = self.ask(statement, params).await;
        self.noting(rows)
    }

    async fn ask(&mut self, statement: &str, params: Params<'_>) -> Result<Vec<Row>, tokio_postgres::Error> {
        let prepared = self.client().prepare_cached(statement).await?;
        let opening = self.opening().await?;
        let client = self.client();
        let (opened, rows) = tokio::join!(biased; open(client, opening), client.query(&prepared, params));
        opened?;
        rows
    }

    /// The last statement: it and COMMIT travel together, with the opening too when it is the only one.
    pub async fn query_and_commit(mut self, statement: &str, params: Params<'_>) -> Result<Vec<Row>> {
        let rows = self.ask_and_commit(statement, params).await;
        self.noting(rows)
    }

    async fn ask_and_commit(
        &mut self,
        statement: &str,
        params: Params<'_>,
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
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

    /// Two statements that do not need each other's rows, in one flight.
    pub async fn both(
        &mut self,
        first: (&str, Params<'_>),
        second: (&str, Params<'_>),
    ) -> Result<(Vec<Row>, Vec<Row>)> {
        let rows = self.ask_both(first, second).await;
        self.noting(rows)
    }

    async fn ask_both(
        &mut self,
        first: (&str, Params<'_>),
        second: (&str, Params<'_>),
    ) -> Result<(Vec<Row>, Vec<Row>), tokio_postgres::Error> {
        let one = self.client().prepare_cached(first.0).await?;
        let two = self.client().prepare_cached(second.0).await?;
        let opening = self.opening().await?;
        let client = self.client();
        let (opened, ones, twos) = tokio::join!(
            biased;
            open(client, opening),
            client.query(&one, first.1),
            client.query(&two, second.1)
        );
        opened?;
        Ok((ones?, twos?))
    }

    /// Two last statements that do not need each other's rows, as `query_and_commit`.
    pub async fn both_and_commit(
        mut self,
        first: (&str, Params<'_>),
        second: (&str, Params<'_>),
    ) -> Result<(Vec<Row>, Vec<Row>)> {
        let rows = self.ask_both_and_commit(first, second).await;
        self.noting(rows)
    }

    async fn ask_both_and_commit(
        &mut self,
        first: (&str, Params<'_>),
        second: (&str, Params<'_>),
    ) -> Result<(Vec<Row>, Vec<Row>), tokio_postgres::Error> {
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

    /// Several statements that do not need each other's rows, in one flight: the rows of each.
    pub async fn several(&mut self, statements: &[(&str, Params<'_>)]) -> Result<Vec<Vec<Row>>> {
        let rows = self.ask_several(statements).await;
        self.noting(rows)
    }

    async fn ask_several(
        &mut self,
        statements: &[(&str, Params<'_>)],
    ) -> Result<Vec<Vec<Row>>, tokio_postgres::Error> {
        let mut prepared = Vec::with_capacity(statements.len());
        for (statement, _) in statements {
            prepared.push(self.client().prepare_cached(statement).await?);
        }
        let opening = self.opening().await?;
        let client = self.client();
        let all = prepared.iter().zip(statements).map(|(one, (_, params))| client.query(one, params));
        let all = futures_util::future::try_join_all(all);
        let (opened, rows) = tokio::join!(biased; open(client, opening), all);
        opened?;
        rows
    }

    /// Exactly one row, or `NotFound`: what row security hides and what does not exist look the same.
    pub async fn one(&mut self, statement: &str, params: Params<'_>) -> Result<Row> {
        self.query(statement, params).await?.into_iter().next().ok_or(crate::Error::NotFound)
    }

    pub async fn commit(mut self) -> Result<()> {
        if matches!(self.state, State::Open) {
            let committed = self.client().batch_execute("COMMIT").await;
            self.noting(committed)?;
        }
        self.state = State::Done;
        Ok(())
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else { return };
        if self.spoilt {
            return drop(Object::take(client));
        }
        if !matches!(self.state, State::Open) {
            return;
        }
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
