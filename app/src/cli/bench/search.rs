//! Searching: one person with many groups, through HTTP, beside a plain search for bytes in the same text.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use hyper::StatusCode;
use memchr::memmem;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Clients,
    http::Connection,
    load::percentile_ms,
    world::{self, World},
};
use crate::{Error, Result, cli::Running};

/// How many posts one person may read, in how many groups, and how often each question is asked.
#[derive(Debug, Clone)]
pub struct Extent {
    pub sizes: Vec<(usize, usize)>,
    pub asked: usize,
}

impl Extent {
    pub fn new(quick: bool) -> Self {
        if quick {
            Self { sizes: vec![(400, 4), (1_000, 5)], asked: 5 }
        } else {
            Self { sizes: vec![(10_000, 20), (100_000, 100)], asked: 200 }
        }
    }
}

/// One line of the table.
#[derive(Debug, Serialize)]
pub struct Figures {
    groups: usize,
    planted: usize,
    found: usize,
    /// Nothing in memory: the first answer, whole or not, and until everything was looked through.
    cold_first_ms: f64,
    cold_first_whole: bool,
    cold_whole_ms: f64,
    /// Everything in memory: two characters that stand nowhere, so that every post is looked at.
    p50_ms: f64,
    p95_ms: f64,
    /// One character that stands nearly everywhere.
    one_p50_ms: f64,
    one_p95_ms: f64,
    memory_mib: f64,
    /// The bytes of the same two characters, looked for in the same texts, end to end in one piece of memory.
    reference_p50_ms: f64,
    ratio: f64,
}

pub type Table = BTreeMap<usize, Figures>;

/// The table for people.
pub struct Printed<'a>(pub &'a Table);

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:<10}  posts   groups   found     p50 ms   p95 ms   one char p50   p95   cold first   whole   MiB   memmem ms   ratio",
            "search"
        )?;
        for (posts, x) in self.0 {
            writeln!(
                f,
                "{:<10} {posts:>6} {:>8} {:>3}/{:<3} {:>10.2} {:>8.2} {:>14.2} {:>5.2} {:>10.0}{} {:>7.0} {:>5.0} {:>11.2} {:>7.1}",
                "",
                x.groups,
                x.found,
                x.planted,
                x.p50_ms,
                x.p95_ms,
                x.one_p50_ms,
                x.one_p95_ms,
                x.cold_first_ms,
                if x.cold_first_whole { " " } else { "+" },
                x.cold_whole_ms,
                x.memory_mib,
                x.reference_p50_ms,
                x.ratio
            )?;
        }
        Ok(())
    }
}

/// Stands nowhere but where it is planted, in every way to type it.
const PLANTED: &str = "ぬが";
const WAYS: [&str; 5] = ["ぬが", "ヌガ", "ﾇｶﾞ", "ぬか\u{3099}", "ヌカ゛"];
const NOWHERE: &str = "鵺退";
const EVERYWHERE: &str = "の";
/// Planted posts of each size.
const PLANTED_POSTS: usize = 100;

pub async fn measure(server: &Running, clients: &Clients, extent: &Extent) -> Result<Table> {
    let mut table = Table::new();
    for (posts, groups) in &extent.sizes {
        let figures = one_size(server, clients, (*posts, *groups), extent.asked).await?;
        if figures.found != figures.planted {
            return Err(Error::Internal(format!(
                "{} of {} planted posts were found",
                figures.found, figures.planted
            )));
        }
        table.insert(*posts, figures);
    }
    Ok(table)
}

async fn one_size(
    server: &Running,
    clients: &Clients,
    (posts, groups): (usize, usize),
    asked: usize,
) -> Result<Figures> {
    let library = Library::new(posts, groups);
    let (person, admin) = World::reader(server, posts).await?;
    let (address, token) = (server.address, person.token.clone());
    let planted = {
        let texts = library.by_group();
        let seed = stream::iter(texts.into_iter().map(move |texts| {
            let (admin, person) = (admin.clone(), person.clone());
            async move { group(address, admin, person, texts).await }
        }));
        clients.run(seed.buffer_unordered(16).try_concat()).await?
    };
    let planted: HashSet<Uuid> = planted.into_iter().collect();
    server.app.search.forget();
    let asking = Asking { http: clients.run(Connection::open(address)).await?, token };
    let (asking, cold) = clients.run(asking.all(NOWHERE)).await?;
    let (asking, all) = clients.run(asking.all(PLANTED)).await?;
    let found = all.posts.iter().copied().collect::<HashSet<_>>();
    let (asking, nowhere) = clients.run(asking.often(NOWHERE, asked)).await?;
    let (_, everywhere) = clients.run(asking.often(EVERYWHERE, asked)).await?;
    let reference = library.scanned(NOWHERE, asked);
    let p50_ms = percentile_ms(&nowhere, 50);
    let reference_p50_ms = percentile_ms(&reference, 50);
    Ok(Figures {
        groups,
        planted: planted.len(),
        // What is found twice, or was never planted, is no find.
        found: if all.posts.len() == found.len() { found.intersection(&planted).count() } else { 0 },
        cold_first_ms: milliseconds(cold.first),
        cold_first_whole: cold.pages == 1,
        cold_whole_ms: milliseconds(cold.whole),
        p50_ms,
        p95_ms: percentile_ms(&nowhere, 95),
        one_p50_ms: percentile_ms(&everywhere, 50),
        one_p95_ms: percentile_ms(&everywhere, 95),
        memory_mib: server.app.search.remembered() as f64 / (1024.0 * 1024.0),
        reference_p50_ms,
        ratio: p50_ms / reference_p50_ms,
    })
}

fn milliseconds(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}

/// The texts of one size, and which of them are planted.
struct Library {
    texts: Vec<(String, bool)>,
    groups: usize,
}

impl Library {
    fn new(posts: usize, groups: usize) -> Self {
        let every = (posts / PLANTED_POSTS).max(1);
        let text = |n: usize| {
            let text = told(n);
            if n % every != every / 2 {
                return (text, false);
            }
            let word = WAYS[n / every % WAYS.len()];
            let cut = text.floor_char_boundary(n * 7 % text.len());
            let (before, behind) = text.split_at(cut);
            // At the beginning, at the end, or anywhere.
            let planted = match n / every % 3 {
                0 => format!("{word}、{text}"),
                1 => format!("{text}{word}"),
                _ => format!("{before}。{word}。{behind}"),
            };
            (planted, true)
        };
        Self { texts: (0..posts).map(text).collect(), groups }
    }

    fn by_group(&self) -> Vec<Vec<(String, bool)>> {
        self.texts.chunks(self.texts.len().div_ceil(self.groups)).map(<[_]>::to_vec).collect()
    }

    /// How long a plain search for bytes takes.
    fn scanned(&self, word: &str, times: usize) -> Vec<Duration> {
        let all: Vec<u8> = self.texts.iter().flat_map(|(text, _)| text.bytes().chain([0])).collect();
        let finder = memmem::Finder::new(word);
        let mut took: Vec<Duration> = (0..times)
            .map(|_| {
                let began = Instant::now();
                std::hint::black_box(finder.find_iter(std::hint::black_box(&all)).count());
                began.elapsed()
            })
            .collect();
        took.sort_unstable();
        took
    }
}

/// A visit as it is told of, another one for each number: some 60 to 200 characters.
fn told(n: usize) -> String {
    const SAID: [&str; 12] = [
        "本日の訪問の報告です。",
        "血圧128/76、脈72、体温36.5でした。",
        "夜間に咳があり、痰は少なめとのこと。",
        "食事は８割、水分もとれています。",
        "ﾄﾞﾚｯｼﾝｸﾞ材の交換をしました。",
        "ご家族の都合で、次回の訪問は金曜になります。",
        "仙骨部の発赤は消えています。",
        "インスリンの残りを確かめてください。",
        "リハビリの様子は良好です。",
        "ケアマネジャーの方に連絡済みです。",
        "排便は２日ぶりにありました。",
        "薬の飲み忘れはありません。",
    ];
    let sentences = 3 + n % 5;
    let words = (0..sentences).map(|i| SAID[(n.wrapping_mul(2_654_435_761) >> (i * 4)) % SAID.len()]);
    words.collect::<String>() + &format!("（{n}件目）")
}

/// Opens a group and writes its posts; the planted ones' ids come back.
async fn group(
    address: std::net::SocketAddr,
    admin: world::Person,
    host: world::Person,
    texts: Vec<(String, bool)>,
) -> Result<Vec<Uuid>> {
    let mut http = Connection::open(address).await?;
    let group = world::open_empty(&mut http, &admin, &host).await?;
    let (path, mut planted) = (world::posts(group), Vec::new());
    for (text, is_planted) in texts {
        let body = json!({"client_id": Uuid::new_v4(), "body": text});
        let post = http.post(StatusCode::CREATED, &path, &host.token, &body).await?;
        if is_planted {
            planted.push(world::id(&post)?);
        }
    }
    Ok(planted)
}

struct Asking {
    http: Connection,
    token: String,
}

/// All pages of one search.
struct Answered {
    posts: Vec<Uuid>,
    pages: usize,
    first: Duration,
    whole: Duration,
}

impl Asking {
    async fn page(&mut self, q: &str, cursor: &Value) -> Result<Value> {
        let body = json!({"q": q, "cursor": cursor});
        self.http.post(StatusCode::OK, "/api/v1/search", &self.token, &body).await
    }

    async fn all(mut self, q: &str) -> Result<(Self, Answered)> {
        let began = Instant::now();
        let (mut cursor, mut posts, mut pages, mut first) = (Value::Null, Vec::new(), 0, Duration::ZERO);
        loop {
            let page = self.page(q, &cursor).await?;
            pages += 1;
            if pages == 1 {
                first = began.elapsed();
            }
            let items = page["items"].as_array().map(Vec::as_slice).unwrap_or_default();
            posts.extend(items.iter().filter_map(|item| item["post_id"].as_str()?.parse::<Uuid>().ok()));
            cursor = page["next"].clone();
            if cursor.is_null() {
                return Ok((self, Answered { posts, pages, first, whole: began.elapsed() }));
            }
        }
    }

    /// The first page again and again; sorted.
    async fn often(mut self, q: &str, times: usize) -> Result<(Self, Vec<Duration>)> {
        let mut took = Vec::with_capacity(times);
        for _ in 0..times {
            let began = Instant::now();
            self.page(q, &Value::Null).await?;
            took.push(began.elapsed());
        }
        took.sort_unstable();
        Ok((self, took))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_planted_stands_where_it_is_planted_and_nowhere_else() {
        let library = Library::new(1_000, 7);
        let query = folding::Query::parse(PLANTED);
        for (text, planted) in &library.texts {
            assert_eq!(query.matches(text), *planted, "{text}");
            assert!(!folding::Query::parse(NOWHERE).matches(text), "{text}");
        }
        assert_eq!(library.texts.iter().filter(|(_, planted)| *planted).count(), PLANTED_POSTS);
        assert_eq!(library.by_group().iter().map(Vec::len).sum::<usize>(), 1_000);
    }
}
