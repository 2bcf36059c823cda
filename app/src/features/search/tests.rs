//! The scan against the plainest search, over random streams of which more or less is in memory.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use folding::Query;
use proptest::{prelude::*, sample::select};
use uuid::Uuid;

use super::{
    memory::{Block, Head, Memory, Opened, What, folded},
    model::{Kinds, PAGE, Place, Wanted},
    scan::{Lane, Scan, Step},
};
use crate::web::ui::Profession;

#[derive(Debug, Clone)]
struct Record {
    seq: i64,
    at: i64,
    text: String,
    author: u8,
}

#[derive(Debug, Clone)]
struct Stream {
    id: Uuid,
    records: Vec<Record>,
    first: i64,
    /// The runs that are in memory, as numbers of records from the newest on.
    known: Vec<usize>,
    /// Records that came after that.
    since: usize,
}

fn said() -> impl Strategy<Value = String> {
    let words = select(vec![
        "血圧",
        "ｹﾂｱﾂ",
        "が",
        "か゛",
        "㍻",
        "平成",
        "訪問",
        "夜",
        "間",
        " ",
        "咳",
        "128",
        "１２８",
    ]);
    proptest::collection::vec(words, 0..8).prop_map(|w| w.concat())
}

fn stream(id: u128) -> impl Strategy<Value = Stream> {
    let record = (1_i64..50, said(), 0_u8..3);
    (
        proptest::collection::vec(record, 1..60),
        0_i64..20,
        proptest::collection::vec(1_usize..20, 0..4),
        0_usize..10,
    )
        .prop_map(move |(records, first, known, since)| {
            let mut at = 0;
            let records = (1..).zip(records).map(|(seq, (gap, text, author))| {
                at += gap;
                Record { seq, at, text, author }
            });
            Stream { id: Uuid::from_u128(id), records: records.collect(), first, known, since }
        })
}

fn streams() -> impl Strategy<Value = Vec<Stream>> {
    (1_usize..6).prop_flat_map(|n| (0..n).map(|i| stream(i as u128 + 1)).collect::<Vec<_>>())
}

fn block(stream: &Stream, from: usize, to: usize) -> Option<Block> {
    let head = |r: &Record| Head {
        seq: r.seq,
        opens: Uuid::from_u128(stream.id.as_u128() << 32 | r.seq as u128),
        what: What::Post,
        at: r.at,
        author_id: Uuid::from_u128(r.author.into()),
        author: Uuid::nil(),
        profession: Profession::Nurse,
        facility_id: Uuid::nil(),
        facility: Uuid::nil(),
    };
    let record = |r: &Record| Opened { head: head(r), texts: vec![r.text.clone()], names: Vec::new() };
    folded(stream.records.iter().rev().skip(from).take(to - from).map(record).collect())
}

/// The lane of a stream with the blocks that memory holds, put there as searches before would have.
fn lane(stream: &Stream, memory: &Memory) -> Lane {
    let (mut from, newest) = (stream.since, stream.records.last().map_or(0, |r| r.seq));
    for length in &stream.known {
        if let Some(block) = block(stream, from, from + length) {
            memory.add(stream.id, &Arc::new(block));
        }
        from += length;
    }
    let known = memory.of(&[stream.id]).remove(0);
    let at = stream.records.last().map_or(0, |r| r.at);
    Lane::new(stream.id, (Some(stream.id), None), (stream.first.min(newest - 1), newest), at, known)
}

fn load(scan: &mut Scan, memory: &Memory, streams: &[Stream], lanes: Vec<usize>, together: usize) {
    for lane in lanes {
        let (above, below) = scan.lanes[lane].missing();
        let stream = &streams[lane];
        let newest = stream.records.len() as i64;
        let from = (newest - (below - 1)) as usize;
        let to = (newest - above) as usize;
        let loaded = block(stream, from, to.min(from + together)).map(Arc::new);
        if let Some(block) = &loaded {
            memory.add(stream.id, block);
        }
        scan.loaded(lane, loaded);
    }
}

fn wanted(query: &str, author: Option<u8>, before: Place) -> Wanted {
    Wanted {
        query: Query::parse(query),
        group: None,
        author: author.map(|a| Uuid::from_u128(a.into())),
        profession: None,
        facility: None,
        kinds: Kinds::of(&[]),
        has_files: false,
        label: None,
        from: None,
        until: None,
        before,
    }
}

fn later() -> Instant {
    Instant::now() + Duration::from_secs(3600)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// Page after page, everything that a plain search finds, newest first, nothing twice, nothing out of sight.
    #[test]
    fn every_match_is_found_whatever_is_in_memory(streams in streams(), query in said(), author in proptest::option::of(0_u8..3), together in 1_usize..9) {
        let query = query.trim();
        prop_assume!(!Query::parse(query).is_empty());
        let plain = Query::parse(query);
        let mut expected: Vec<(i64, Uuid, i64)> = Vec::new();
        for s in &streams {
            let newest = s.records.last().map_or(0, |r| r.seq);
            for r in &s.records {
                let fits = plain.matches(&r.text) && author.is_none_or(|a| a == r.author);
                if fits && r.seq > s.first.min(newest - 1) {
                    expected.push((r.at, s.id, r.seq));
                }
            }
        }
        expected.sort_unstable_by(|a, b| b.cmp(a));
        let memory = Memory::new(64);
        let mut got = Vec::new();
        let mut before = Place::TOP;
        loop {
            let lanes = streams.iter().map(|s| lane(s, &memory)).collect();
            let mut scan = Scan::new(wanted(query, author, before), lanes);
            let step = loop {
                match scan.run(PAGE, later()) {
                    Step::Load(lanes) => load(&mut scan, &memory, &streams, lanes, together),
                    other => break other,
                }
            };
            for p in &scan.proposals {
                got.push((p.place.at, p.place.stream, (p.head.opens.as_u128() & 0xffff_ffff) as i64));
            }
            match (step, scan.proposals.last()) {
                (Step::Full, Some(last)) => before = last.place,
                _ => break,
            }
        }
        prop_assert_eq!(got, expected);
    }
}

#[test]
fn text_that_is_too_much_is_not_kept_and_what_was_just_used_stays() {
    let long = |id: u128| Stream {
        id: Uuid::from_u128(id),
        records: (1..=300).map(|seq| Record { seq, at: seq, text: "あ".repeat(1_000), author: 0 }).collect(),
        first: 0,
        known: Vec::new(),
        since: 0,
    };
    let memory = Memory::new(1);
    for id in 1..=3 {
        let stream = long(id);
        memory.add(stream.id, &Arc::new(block(&stream, 0, 300).expect("records")));
    }
    assert!(memory.bytes() <= 1024 * 1024, "{}", memory.bytes());
    assert_eq!(memory.of(&[Uuid::from_u128(1)])[0].len(), 1, "the first one stays");
    assert!(memory.of(&[Uuid::from_u128(3)])[0].is_empty(), "there was no room that nobody needs");
}

#[test]
fn the_time_is_up_between_records_and_the_place_is_kept() {
    let stream = Stream {
        id: Uuid::from_u128(1),
        records: (1..=5_000).map(|seq| Record { seq, at: seq, text: "咳".into(), author: 0 }).collect(),
        first: 0,
        known: vec![5_000],
        since: 0,
    };
    let memory = Memory::new(64);
    let lanes = vec![lane(&stream, &memory)];
    let mut scan = Scan::new(wanted("痰", None, Place::TOP), lanes);
    assert_eq!(scan.run(PAGE, Instant::now()), Step::TimeIsUp);
    let reached = scan.reached.expect("a place");
    assert!(reached.at > 1 && reached.at < 5_000, "{reached:?}");
    assert_eq!(scan.run(PAGE, later()), Step::End, "it goes on from there");
}
