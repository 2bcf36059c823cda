//! The sample is data written by hand: these tests keep it coherent at every hour at which a demo may start.

mod people;
mod talk;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::Sample;
use super::calendar::Calendar;
use super::patient::{Member, Patient, Post};

const CLASSES: [&str; 6] =
    ["photo", "test_result", "medication_history", "narcotics_ledger", "referral", "other"];

fn sample() -> Sample {
    Sample::load().expect("the sample files have the expected shape")
}

/// Calendars for a start at every hour of one day.
fn starts() -> Vec<Calendar> {
    let midnight: Timestamp = "2026-11-17T00:00:00+09:00".parse().expect("a timestamp");
    let zone = jiff::tz::offset(9).to_time_zone();
    (0..24).map(|hour| Calendar::new(midnight + SignedDuration::from_hours(hour), zone.clone())).collect()
}

/// Whether the member may write at this moment.
fn belongs(member: &Member, at: Timestamp, calendar: &Calendar) -> bool {
    let removed = member.removed.as_ref().map(|removal| calendar.instant(removal.when));
    calendar.instant(member.since) <= at && removed.is_none_or(|end| at < end)
}

fn member_at<'a>(patient: &'a Patient, login_id: &str, at: Timestamp, calendar: &Calendar) -> &'a Member {
    let member =
        patient.member(login_id).unwrap_or_else(|| panic!("{}: {login_id} is no member", patient.key));
    assert!(belongs(member, at, calendar), "{}: {login_id} is no member at {at}", patient.key);
    member
}

#[test]
fn the_region_has_the_promised_size() {
    let sample = sample();
    let professions: BTreeSet<_> = sample.region.staff.iter().map(|person| &person.profession).collect();
    let posts: usize = sample.patients.iter().map(|patient| patient.posts.len()).sum();
    let kinds: BTreeSet<_> = sample.region.facilities.iter().map(|facility| &facility.kind).collect();
    assert_eq!((kinds.len(), sample.region.staff.len(), sample.patients.len()), (6, 25, 15));
    assert!(professions.len() >= 10 && posts >= 200, "{} professions, {posts} posts", professions.len());
    assert_eq!(sample.patients.iter().filter(|patient| patient.posts.len() >= 20).count(), 6);
    assert!(sample.patients.iter().all(|patient| patient.posts.len() >= 6));
    assert_eq!(sample.patients.iter().filter(|patient| patient.archived.is_some()).count(), 1);
    assert!(sample.region.staff.iter().any(|person| person.facilities.len() == 2));
}

#[test]
fn the_talk_shows_every_act() {
    let sample = sample();
    let count = |has: fn(&Post) -> bool| {
        sample.patients.iter().flat_map(|patient| &patient.posts).filter(|post| has(post)).count()
    };
    let deadlines: Vec<_> =
        sample.patients.iter().flat_map(|p| &p.posts).filter_map(|p| p.must_acknowledge_in_minutes).collect();
    assert!(count(|post| post.corrects.is_some()) >= 4);
    assert!(count(|post| post.withdrawn.is_some()) >= 2);
    assert!(count(|post| post.reply_to.is_some()) >= 15);
    assert!(deadlines.iter().any(|minutes| *minutes > 0) && deadlines.iter().any(|minutes| *minutes < 0));
    let files = sample.patients.iter().flat_map(|patient| &patient.posts).flat_map(|post| &post.files);
    let classes: BTreeSet<_> = files.map(|file| file.class.as_str()).collect();
    assert_eq!(classes, BTreeSet::from(CLASSES));
}

#[test]
fn a_nurse_finds_work_on_the_home_page() {
    let sample = sample();
    let unread = |patient: &&Patient| {
        let last = patient.posts.last().map(|post| &post.key);
        patient.member("igarashi").is_some() && patient.read_up_to.get("igarashi") != last
    };
    let open = |post: &&Post| {
        post.must_acknowledge_in_minutes.is_some_and(|minutes| minutes > 0)
            && !post.acknowledged.iter().any(|acknowledgement| acknowledgement.by == "igarashi")
    };
    assert!(sample.patients.iter().filter(unread).count() >= 4);
    let mine = sample.patients.iter().filter(|patient| patient.member("igarashi").is_some());
    assert!(mine.flat_map(|patient| &patient.posts).filter(open).count() >= 2);
}

#[test]
fn an_unknown_field_is_refused_and_the_file_is_named() {
    let known = super::REGION.replacen("{", r#"{ "colour": "blue","#, 1);
    let error = super::parse::<super::region::Region>("region", &known).expect_err("an unknown field");
    assert!(error.to_string().starts_with("sample file region: unknown field `colour`"), "{error}");
    assert!(super::parse::<super::region::Region>("region", super::REGION).is_ok());
}
