//! A chain that holds, and every way in which one record can be made to lie.

mod common;

use common::{Sealed, chain, id, streams};
use jiff::SignedDuration;
use record::{Broken, Chain, Digest, Fault, StreamKind};

fn team() -> Vec<Sealed> {
    let (kind, contents) = streams().remove(0);
    chain(1, kind, contents)
}

fn verify(records: &[Sealed]) -> Result<Chain, Broken> {
    let mut chain = Chain::new(id(0), id(1), StreamKind::Team);
    for record in records {
        let content = record.content.to_bytes();
        chain.feed_opened(&record.header, &record.header.hash(), &record.salt, &content)?;
    }
    Ok(chain)
}

fn fault(records: &[Sealed]) -> (u64, Fault) {
    verify(records).map(|_| ()).map_err(|broken| (broken.seq, broken.fault)).unwrap_err()
}

#[test]
fn an_honest_chain_holds() {
    let records = team();
    let last = records.last().unwrap().header.clone();
    assert_eq!(verify(&records).unwrap().head(), (last.seq, last.hash()));
    for (number, (kind, contents)) in (1..).zip(streams()) {
        let mut verifier = Chain::new(id(0), id(number), kind);
        for record in chain(number, kind, contents) {
            verifier.feed(&record.header, &record.header.hash()).unwrap();
        }
    }
}

#[test]
fn a_missing_doubled_or_exchanged_record_is_named() {
    let mut records = team();
    records.remove(2);
    assert_eq!(fault(&records), (4, Fault::Gap { expected: 3 }));
    let mut records = team();
    records.swap(1, 2);
    assert_eq!(fault(&records), (3, Fault::Gap { expected: 2 }));
    let mut records = team();
    records.remove(0);
    assert_eq!(fault(&records), (2, Fault::Gap { expected: 1 }));
}

#[test]
fn a_changed_header_is_named_where_it_was_changed_or_right_after() {
    let mut records = team();
    records[2].header.author = id(99);
    // Its own hash was recomputed by the forger: then the next record no longer follows.
    assert_eq!(fault(&records), (4, Fault::Prev));
    let honest = team();
    let mut chain = Chain::new(id(0), id(1), StreamKind::Team);
    let mut forged = honest[0].header.clone();
    forged.author = id(99);
    // The stored hash was left alone.
    assert_eq!(chain.feed(&forged, &honest[0].header.hash()).unwrap_err().fault, Fault::Hash);
    // The refused record did not move the chain.
    chain.feed(&honest[0].header, &honest[0].header.hash()).unwrap();
}

#[test]
fn a_record_of_another_stream_kind_or_deployment_is_refused() {
    let first = &team()[0].header;
    let feed = |mut chain: Chain| chain.feed(first, &first.hash()).map_err(|broken| broken.fault);
    assert_eq!(feed(Chain::new(id(0), id(1), StreamKind::Team)), Ok(()));
    assert_eq!(feed(Chain::new(id(0), id(1), StreamKind::Family)), Err(Fault::Prev));
    assert_eq!(feed(Chain::new(id(0), id(2), StreamKind::Team)), Err(Fault::Foreign));
    assert_eq!(feed(Chain::new(id(9), id(1), StreamKind::Team)), Err(Fault::Foreign));
}

#[test]
fn time_may_stand_still_but_not_go_back() {
    let mut records = team();
    let last = records.len() - 1;
    records[last].header.at = records[last - 1].header.at;
    assert!(verify(&records).is_ok());
    records[last].header.at -= SignedDuration::from_micros(1);
    assert_eq!(fault(&records), (records[last].header.seq, Fault::Time));
}

#[test]
fn another_content_or_salt_is_named() {
    let mut records = team();
    records[1].content = team().remove(3).content;
    assert_eq!(fault(&records), (2, Fault::Commitment));
    let mut records = team();
    records[4].salt = team().remove(3).salt;
    let broken = verify(&records).unwrap_err();
    assert_eq!(broken.fault, Fault::Commitment);
    assert_eq!(broken.to_string(), format!("stream {}, record 5: {}", id(1), Fault::Commitment));
}

#[test]
fn every_field_of_the_header_is_covered() {
    let honest = team().remove(2).header;
    let value = serde_json::to_value(&honest).unwrap();
    let object = value.as_object().unwrap();
    assert_eq!(object.len(), 13);
    let changes: [fn(&mut record::Header); 12] = [
        |h| h.deployment = id(99),
        |h| h.stream = id(99),
        |h| h.seq += 1,
        |h| h.kind = record::Kind::Correction,
        |h| h.author = id(99),
        |h| h.entered_by = id(99),
        |h| h.facility = id(99),
        |h| h.at += SignedDuration::from_micros(1),
        |h| h.client_id = id(99),
        |h| h.files.reverse(),
        |h| h.prev = Digest::of(&[]),
        |h| h.commitment = Digest::of(&[]),
    ];
    for change in changes {
        let mut changed = honest.clone();
        change(&mut changed);
        assert_ne!(changed.hash(), honest.hash());
    }
}
