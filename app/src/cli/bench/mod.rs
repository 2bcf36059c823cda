//! `renkei bench`: what the product does per second, through HTTP, with everything on, beside the raw transaction on
//! the same cluster in the same run. bench/README.md says what is measured and how to read it.

mod deliver;
mod http;
mod load;
mod machine;
mod overload;
mod place;
mod post;
mod read;
mod reference;
mod report;
mod seal;
mod search;
mod world;

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use tokio::runtime;

use self::{load::Rounds, place::Place, report::Report, world::World};
use super::serve;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub struct Bench {
    /// What to measure; everything when left out.
    what: Option<What>,
    /// Measures on the cluster of this deployment's folder, in databases of its own that it drops again.
    #[arg(long, conflicts_with = "config")]
    data: Option<PathBuf>,
    /// Measures on the server of this configuration's URLs, in databases of its own that it drops again.
    #[arg(long, requires = "superuser")]
    config: Option<PathBuf>,
    /// With --config: how to reach the server as a superuser, who makes and drops those databases.
    #[arg(long)]
    superuser: Option<String>,
    /// Writes the figures.
    #[arg(long)]
    json: Option<PathBuf>,
    /// A few seconds for each figure: shows that everything works, not how fast.
    #[arg(long)]
    quick: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Writing a post, durable.
    Post,
    /// The latest 50 posts of a group.
    Read,
    /// From the beginning of a post's request to its event at each other member.
    Deliver,
    /// Five times more than can be done.
    Overload,
    /// Searching 10,000 and 100,000 posts.
    Search,
    /// What the log of the record costs, how fast it is sealed, and how soon.
    Seal,
}

/// How long and how much.
#[derive(Debug, Clone, Copy)]
struct Extent {
    post: Rounds,
    read: Rounds,
    listeners: usize,
    deliver_for: Duration,
    overload_for: Duration,
}

impl Extent {
    fn new(quick: bool) -> Self {
        let (rounds, each, deliver_for, listeners) = if quick {
            (1, Duration::from_millis(300), Duration::from_secs(2), 40)
        } else {
            (5, Duration::from_millis(1_500), Duration::from_secs(20), 200)
        };
        let overload_for = Duration::from_secs(if quick { 1 } else { 20 });
        let rounds = |clients| Rounds { clients, rounds, each };
        Self { post: rounds([1, 8, 32]), read: rounds([1, 8, 16]), listeners, deliver_for, overload_for }
    }
}

pub async fn bench(options: Bench) -> Result<()> {
    let place =
        Place::find(options.data.as_deref(), options.config.as_deref(), options.superuser.as_deref()).await?;
    let measured = tokio::select! {
        measured = measure(&place, &options) => measured,
        () = serve::asked_to_stop() => Err(Error::Internal("stopped before the end".into())),
    };
    let left = place.leave().await;
    let report = measured?;
    left?;
    println!("{report}");
    match &options.json {
        Some(file) => std::fs::write(file, report.json()?).map_err(Error::internal),
        None => Ok(()),
    }
}

async fn measure(place: &Place, options: &Bench) -> Result<Report> {
    let wanted = |what| options.what.is_none_or(|only| only == what);
    let extent = Extent::new(options.quick);
    let clients = Clients::new()?;
    let mut report = Report::new(machine::machine(), place.versions().await?, options.quick);
    if wanted(What::Seal) {
        let extent = seal::Extent::new(options.quick);
        report.seal = Some(seal::measure(place, &clients, &extent).await?);
    }
    if options.what == Some(What::Seal) {
        return Ok(report);
    }
    let server = place.start_server().await?;
    let done = async {
        let world = World::make(&server, &clients, extent.listeners).await?;
        place.make_reference(&world).await?;
        if wanted(What::Post) {
            report.post = Some(post::measure(place, &world, &clients, extent.post).await?);
        }
        if wanted(What::Read) {
            report.read = Some(read::measure(place, &world, &clients, extent.read).await?);
        }
        if wanted(What::Deliver) {
            report.deliver = Some(deliver::measure(&world, &clients, extent.deliver_for).await?);
        }
        if wanted(What::Overload) {
            report.overload = Some(overload::measure(&world, &clients, extent.overload_for).await?);
        }
        if wanted(What::Search) {
            let extent = search::Extent::new(options.quick);
            report.search = Some(search::measure(&server, &clients, &extent).await?);
        }
        Ok(())
    };
    let done: Result<()> = done.await;
    server.stop().await?;
    done.map(|()| report)
}

/// Where the clients live: a runtime with one thread of its own beside the server's.
#[derive(Debug)]
struct Clients(Option<runtime::Runtime>);

impl Clients {
    fn new() -> Result<Self> {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("bench-clients")
            .enable_all()
            .build();
        Ok(Self(Some(runtime.map_err(Error::internal)?)))
    }

    /// Runs on the clients' own thread.
    async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let runtime = self.0.as_ref().ok_or_else(|| Error::internal("the clients are gone"))?;
        runtime.spawn(work).await.map_err(Error::internal)?
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        // A runtime must not wait for its end inside another one.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
