//! One database with a server and a world of its own: sealed, queued, or without a log.

use tokio::{sync::watch, task::JoinHandle, time};

use super::{Extent, pace};
use crate::{
    Error, Result,
    cli::{
        Running,
        bench::{Clients, place::Place, post::Writer, world::World},
    },
    config,
    log::{Round, Sealer},
};

/// What becomes of a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    Sealed,
    Queued,
    Bare,
}

impl Log {
    /// In the order of the figures.
    pub const ALL: [Self; 3] = [Self::Sealed, Self::Queued, Self::Bare];

    pub const fn database(self) -> &'static str {
        match self {
            Self::Sealed => "renkei_bench_sealed",
            Self::Queued => "renkei_bench_queued",
            Self::Bare => "renkei_bench_bare",
        }
    }
}

pub struct Arm {
    pub log: Log,
    pub world: World,
    server: Running,
    sealer: Option<Sealer>,
}

/// A sealer at work.
pub struct Sealing {
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<Sealer>>,
}

const BARE: &str = "DO $$
DECLARE t regclass;
BEGIN
  PERFORM guard.open_window('5 minutes', 'bench');
  FOR t IN SELECT x.tgrelid::regclass FROM pg_catalog.pg_trigger x WHERE x.tgname = 'queue_leaf' LOOP
    EXECUTE pg_catalog.format('ALTER TABLE ONLY %s DISABLE TRIGGER queue_leaf', t);
  END LOOP;
  PERFORM guard.close_windows();
END $$";
/// Nothing is left that would make a leaf.
const LEFT: &str =
    "SELECT count(*) FROM pg_catalog.pg_trigger x WHERE x.tgname = 'queue_leaf' AND x.tgenabled <> 'D'";

impl Arm {
    pub async fn make(place: &Place, clients: &Clients, log: Log, extent: &Extent) -> Result<Self> {
        let name = log.database();
        let superuser = place.make_product(name).await?;
        if log == Log::Bare {
            superuser.batch_execute(BARE).await?;
            if superuser.query_one(LEFT, &[]).await?.get::<_, i64>(0) > 0 {
                return Err(Error::internal("a trigger of the log is still there"));
            }
        }
        let server = place.start_server_on(name).await?;
        let world = World::make(&server, clients, extent.people).await?;
        let sealer = match log {
            Log::Sealed => {
                let settings = config::Log { seconds: 1, patrol_seconds: 3, ..place.log(name) };
                Some(begun(place.sealer(name, settings)?.at(pace())).await?)
            }
            Log::Queued | Log::Bare => None,
        };
        Ok(Self { log, world, server, sealer })
    }

    /// So many people, each with a connection.
    pub async fn writers(&self, clients: &Clients, count: usize) -> Result<Vec<Writer>> {
        let mut writers = Vec::new();
        for i in 0..count {
            writers.push(Writer::open(&self.world, clients, i).await?);
        }
        Ok(writers)
    }

    /// Begins to seal, where this one is sealed.
    pub fn begin(&mut self) -> Option<Sealing> {
        let mut sealer = self.sealer.take()?;
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            loop {
                let done = sealer.round().await?;
                let pause = match done {
                    Round::Growing(_) => time::Duration::ZERO,
                    _ => time::Duration::from_secs(1),
                };
                tokio::select! {
                    _ = stopped.changed() => return Ok(sealer),
                    () = time::sleep(pause) => {}
                }
            }
        });
        Some(Sealing { stop, task })
    }

    /// The round that is under way is done to its end.
    pub async fn end(&mut self, sealing: Option<Sealing>) -> Result<()> {
        let Some(Sealing { stop, task }) = sealing else { return Ok(()) };
        let _ = stop.send(true);
        self.sealer = Some(task.await.map_err(Error::internal)??);
        Ok(())
    }

    /// Another one is to seal here.
    pub fn dismiss(&mut self) {
        self.sealer = None;
    }

    pub async fn leave(self, place: &Place) -> Result<()> {
        self.server.stop().await?;
        place.drop_product(self.log.database()).await
    }
}

/// Seals what there is, once the sealer before it has left.
pub async fn begun(mut sealer: Sealer) -> Result<Sealer> {
    loop {
        match sealer.round().await? {
            Round::Quiet => return Ok(sealer),
            Round::Elsewhere => time::sleep(time::Duration::from_millis(50)).await,
            Round::Signed(_) | Round::Growing(_) => {}
        }
    }
}
