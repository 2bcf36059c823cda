//! The talk: order, membership, references and texts.

use jiff::{SignedDuration, Timestamp};

use super::super::calendar::{Calendar, RECENT, When};
use super::super::patient::{Content, Patient, Post};
use super::{CLASSES, member_at, sample, starts};

/// Runs a check on every post of every patient for every hour of the start.
fn for_each_post(check: impl Fn(&Patient, usize, &Post, Timestamp, &Calendar)) {
    let sample = sample();
    for calendar in starts() {
        for patient in &sample.patients {
            for (index, post) in patient.posts.iter().enumerate() {
                check(patient, index, post, calendar.instant(post.when), &calendar);
            }
        }
    }
}

#[test]
fn posts_stand_in_order_in_the_past_and_come_from_members() {
    for_each_post(|patient, index, post, at, calendar| {
        let name = format!("{} {}", patient.key, post.key);
        member_at(patient, &post.author, at, calendar);
        assert!(at <= calendar.in_minutes(0) && at >= calendar.instant(patient.opened), "{name} at {at}");
        assert!(index == 0 || calendar.instant(patient.posts[index - 1].when) < at, "{name} is out of order");
        assert_eq!(patient.position(&post.key), Some(index), "{name}: key twice");
        match post.when {
            When::Day { days_ago, .. } => assert!((1..=21).contains(&days_ago), "{name}"),
            When::Recent { minutes_ago } => assert!(i64::from(minutes_ago) < RECENT.as_mins(), "{name}"),
        }
        if let Some(archive) = &patient.archived {
            assert!(at < calendar.instant(archive.when), "{name} after the archive");
        }
    });
}

#[test]
fn acts_on_posts_point_backwards_and_come_from_members() {
    for_each_post(|patient, index, post, at, calendar| {
        let name = format!("{} {}", patient.key, post.key);
        let minutes = |after: u16| at + SignedDuration::from_mins(i64::from(after));
        for earlier in post.reply_to.iter().chain(&post.corrects) {
            assert!(patient.position(earlier).is_some_and(|other| other < index), "{name} -> {earlier}");
        }
        if let Some(corrected) = post.corrects.as_ref().and_then(|key| patient.position(key)) {
            assert_eq!(patient.posts[corrected].author, post.author, "{name}");
        }
        for acknowledgement in &post.acknowledged {
            let when = minutes(acknowledgement.after_minutes);
            member_at(patient, &acknowledgement.by, when, calendar);
            let read = patient.read_up_to.get(&acknowledgement.by).and_then(|key| patient.position(key));
            assert!(acknowledgement.by != post.author && when <= calendar.in_minutes(0), "{name}");
            assert!(read.is_some_and(|read| read >= index), "{name}: {} has not read it", acknowledgement.by);
        }
        let others = post.stamps.iter().map(|s| (&s.by, s.after_minutes));
        for (by, after) in others.chain(post.pinned.iter().map(|p| (&p.by, p.after_minutes))) {
            member_at(patient, by, minutes(after), calendar);
            assert!(minutes(after) <= calendar.in_minutes(0), "{name}");
        }
        for stamp in &post.stamps {
            assert!(
                crate::features::marks::model::from_code(&stamp.code).is_some(),
                "{name}: {}",
                stamp.code
            );
        }
        if let Some(template) = &post.template {
            assert!(crate::features::templates::named(template).is_some(), "{name}: {template}");
        }
        if let Some(withdrawal) = &post.withdrawn {
            assert!(
                minutes(withdrawal.after_minutes) <= calendar.in_minutes(0) && !withdrawal.reason.is_empty()
            );
        }
        if let Some(deadline) = post.must_acknowledge_in_minutes {
            assert!(calendar.in_minutes(deadline) > at, "{name}: deadline before the post");
        }
    });
}

#[test]
fn read_marks_cover_at_least_what_one_wrote() {
    for patient in sample().patients {
        for (reader, key) in &patient.read_up_to {
            assert!(patient.member(reader).is_some(), "{}: {reader} reads", patient.key);
            let own = patient.posts.iter().rposition(|post| &post.author == reader);
            assert!(patient.position(key) >= own, "{}: {reader} wrote after the read mark", patient.key);
        }
    }
}

#[test]
fn texts_are_ready_to_be_shown() {
    let sample = sample();
    for_each_post(|patient, _, post, _, calendar| {
        let name = format!("{} {}", patient.key, post.key);
        let body = calendar.dated(&post.body);
        assert!((1..=4000).contains(&body.chars().count()), "{name}: length");
        assert!(!body.contains("{{") && !body.chars().any(|c| c.is_control() && c != '\n'), "{name}: {body}");
        for login_id in &post.mentions {
            let person = sample.region.person(login_id).expect("a mentioned person is staff");
            assert!(
                patient.member(login_id).is_some() && body.contains(&format!("@{}", person.name)),
                "{name}"
            );
        }
        for file in &post.files {
            let ending = if matches!(file.content, Content::Picture(_)) { ".jpg" } else { ".pdf" };
            assert!(
                CLASSES.contains(&file.class.as_str()) && file.name.ends_with(ending),
                "{name}: {}",
                file.name
            );
        }
    });
}

#[test]
fn documents_have_as_many_cells_as_columns_and_print() {
    let calendar = starts().remove(14);
    let mut printed = 0;
    for file in sample().patients.iter().flat_map(|patient| &patient.posts).flat_map(|post| &post.files) {
        if let Content::Pdf(document) = &file.content {
            assert!(
                document.rows.iter().all(|row| row.len() == document.columns.len()),
                "{}",
                document.title
            );
            assert!(document.pdf("小野寺 ハル子", &calendar).starts_with(b"%PDF-1.4"), "{}", document.title);
            printed += 1;
        }
    }
    assert!(printed >= 8, "{printed} documents");
}
