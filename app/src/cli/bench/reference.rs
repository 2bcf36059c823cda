//! The reference: the least that a multi-tenant database can do for a durable post and for a page of 50. No HTTP, no
//! encryption, no chain, no log; one table, one row-security policy, statements prepared and sent one by one.

use tokio_postgres::{Client as Database, Config, Statement};
use uuid::Uuid;

use super::{
    load::Client,
    world::{PAGE, POSTS, World, text},
};
use crate::{Error, Result, cli::deployment};

const SCHEMA: &str = "CREATE TABLE public.membership (account_id uuid NOT NULL, group_id uuid NOT NULL, PRIMARY KEY (account_id, group_id));
CREATE TABLE public.post (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, group_id uuid NOT NULL, author_id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT now(), body text NOT NULL);
CREATE INDEX ON public.post (group_id, id DESC);
ALTER TABLE public.post ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.post FORCE ROW LEVEL SECURITY;
CREATE POLICY member ON public.post USING (group_id IN (SELECT m.group_id FROM public.membership m WHERE m.account_id = current_setting('bench.account')::uuid));";

/// The table with as many members and posts as the world has.
pub async fn make(superuser: &Database, client: &str, world: &World) -> Result<()> {
    superuser.batch_execute(SCHEMA).await?;
    superuser
        .batch_execute(&format!(
            "GRANT SELECT, INSERT ON public.post TO {client}; GRANT SELECT ON public.membership TO {client};"
        ))
        .await?;
    let (accounts, groups): (Vec<Uuid>, Vec<Uuid>) =
        world.members().map(|(person, group)| (person.id, group)).unzip();
    superuser
        .execute(
            "INSERT INTO public.membership SELECT * FROM unnest($1::uuid[], $2::uuid[])",
            &[&accounts, &groups],
        )
        .await?;
    superuser
        .execute(
            "INSERT INTO public.post (group_id, author_id, body) SELECT m.group_id, m.account_id, $1 FROM generate_series(1, $2::int),
               (SELECT DISTINCT ON (group_id) * FROM public.membership) m",
            &[&text(), &POSTS],
        )
        .await?;
    Ok(superuser.batch_execute("VACUUM ANALYZE public.post").await?)
}

/// `BEGIN; SELECT set_config(…); …; COMMIT`, one by one.
struct Transaction {
    database: Database,
    identity: Statement,
    work: Statement,
    account: String,
}

impl Transaction {
    async fn open(config: &Config, account: Uuid, work: &str) -> Result<Self> {
        let database = deployment::connect(config).await?;
        let identity = database.prepare("SELECT set_config('bench.account', $1, true)").await?;
        let work = database.prepare(work).await?;
        Ok(Self { database, identity, work, account: account.to_string() })
    }

    async fn run(&self, params: crate::db::Params<'_>) -> Result<usize> {
        self.database.batch_execute("BEGIN").await?;
        self.database.query_one(&self.identity, &[&self.account]).await?;
        let rows = self.database.query(&self.work, params).await?;
        self.database.batch_execute("COMMIT").await?;
        Ok(rows.len())
    }
}

/// Inserts one row of 400 bytes.
pub struct Writer {
    transaction: Transaction,
    account: Uuid,
    group: Uuid,
    body: String,
}

impl Writer {
    pub async fn open(config: &Config, account: Uuid, group: Uuid) -> Result<Self> {
        let work = "INSERT INTO public.post (group_id, author_id, body) VALUES ($1, $2, $3) RETURNING id, at";
        Ok(Self {
            transaction: Transaction::open(config, account, work).await?,
            account,
            group,
            body: text(),
        })
    }
}

impl Client for Writer {
    async fn once(&mut self) -> Result<()> {
        self.transaction.run(&[&self.group, &self.account, &self.body]).await.map(drop)
    }
}

/// Selects the latest 50 rows of a group.
pub struct Reader {
    transaction: Transaction,
    group: Uuid,
}

impl Reader {
    pub async fn open(config: &Config, account: Uuid, group: Uuid) -> Result<Self> {
        let work = "SELECT id, group_id, author_id, at, body FROM public.post WHERE group_id = $1 ORDER BY id DESC LIMIT 50";
        Ok(Self { transaction: Transaction::open(config, account, work).await?, group })
    }
}

impl Client for Reader {
    async fn once(&mut self) -> Result<()> {
        match self.transaction.run(&[&self.group]).await? {
            PAGE => Ok(()),
            rows => Err(Error::Internal(format!("the reference read {rows} rows instead of {PAGE}"))),
        }
    }
}
