//! From proposals to hits. Everything that is shown comes from here, and here everything is read again: what row security
//! hides now, what was withdrawn since, is no hit.

use std::collections::{HashMap, HashSet};

use folding::{Piece, Query};
use uuid::Uuid;

use super::{
    memory::What,
    model::{Hit, Kind, Wanted},
    scan::Proposal,
};
use crate::words::{stored, t};
use crate::{
    Result,
    app::App,
    db::Tx,
    features::{
        face_sheets::{self, fields},
        labels,
        posts::{
            self,
            model::{Author, Post},
        },
    },
    web::ui::Profession,
};

/// Fields of a sheet that one hit shows.
const FIELDS_SHOWN: usize = 4;

/// The proposals that are hits, in their order.
pub(super) async fn hits(
    app: &App,
    tx: &mut Tx,
    wanted: &Wanted,
    proposals: &[Proposal],
) -> Result<Vec<Hit>> {
    let query = &wanted.query;
    let ids: Vec<Uuid> =
        proposals.iter().filter(|p| p.head.what != What::Sheet).map(|p| p.head.opens).collect();
    let posts = by_id(posts::read::some(app, tx, &ids, false).await?);
    let newer: Vec<Uuid> = posts.values().filter_map(|post| post.corrected_by).collect();
    let newer: HashSet<Uuid> = posts::read::some(app, tx, &newer, false)
        .await?
        .iter()
        .filter(|post| post.withdrawn.is_none() && post.quarantined.is_none() && is_a_hit(wanted, post))
        .map(|post| post.id)
        .collect();
    let patients: Vec<Uuid> = proposals.iter().filter_map(|p| p.patient).collect();
    let sheets = face_sheets::read::latest_many(tx, app, &patients).await?;
    learn(app, tx, proposals).await?;
    let labelled = match wanted.label {
        Some(label) => Some(labels::read::among(tx, &ids, label).await?),
        None => None,
    };
    let fits = |p: &&Proposal| {
        labelled.as_ref().is_none_or(|with| p.patient.is_none() && with.contains(&p.head.opens))
    };
    let hit = |p: &Proposal| match p.patient {
        Some(patient) => of_sheet(app, query, p, &sheets.get(&patient)?.1),
        None => of_post(query, p, posts.get(&p.head.opens)?, &newer),
    };
    Ok(proposals.iter().filter(fits).filter_map(hit).collect())
}

fn by_id(posts: Vec<Post>) -> HashMap<Uuid, Post> {
    posts.into_iter().map(|post| (post.id, post)).collect()
}

/// The authors of sheets; those of posts are known by now.
async fn learn(app: &App, tx: &mut Tx, proposals: &[Proposal]) -> Result<()> {
    let sheets = proposals.iter().filter(|p| p.patient.is_some());
    let (people, facilities): (Vec<Uuid>, Vec<Uuid>) =
        sheets.map(|p| (p.head.author, p.head.facility)).unzip();
    app.people.learn(tx, &people, &facilities).await
}

/// Whether a correction is a hit itself: all words stand in it, and no filter leaves it out.
fn is_a_hit(w: &Wanted, post: &Post) -> bool {
    let (at, author) = (post.created_at.as_microsecond(), &post.author);
    let filtered = w.kinds.corrections
        && w.until.is_none_or(|until| at < until)
        && w.author.is_none_or(|id| id == author.id)
        && w.facility.is_none_or(|id| id == author.facility_id)
        && w.profession.is_none_or(|profession| profession == Profession::of(&author.profession))
        && (!w.has_files || !post.files.is_empty());
    filtered && holds(&w.query, post)
}

/// Whether all words stand in a post, its text and the names of its files together.
fn holds(query: &Query, post: &Post) -> bool {
    let names = post.files.iter().map(|file| file.name.as_str());
    let all: Vec<&str> = post.body.as_deref().into_iter().chain(names).collect();
    query.matches(&all.join("\0"))
}

fn of_post(query: &Query, p: &Proposal, post: &Post, newer: &HashSet<Uuid>) -> Option<Hit> {
    // Also its two find it on its own page alone.
    if post.quarantined.is_some() {
        return None;
    }
    // A withdrawn post is found by its reason, which everybody sees; never by the text that it hides.
    let reason = match (p.head.what, &post.withdrawn) {
        (What::Withdrawal, Some(withdrawn)) => Some(&withdrawn.reason),
        (What::Withdrawal, None) | (_, Some(_)) => return None,
        _ => None,
    };
    // The newer text is a hit of its own.
    if post.corrected_by.is_some_and(|id| newer.contains(&id)) && reason.is_none() {
        return None;
    }
    let excerpt = query.excerpt(reason.or(post.body.as_ref())?);
    let names = post.files.iter().map(|file| query.marked(&file.name));
    let files: Vec<Vec<Piece>> = names.filter(|pieces| reason.is_none() && has_mark(pieces)).collect();
    let kind = match post.corrects {
        _ if excerpt.is_empty() => Kind::File,
        Some(_) => Kind::Correction,
        None => Kind::Post,
    };
    Some(Hit {
        place: p.place,
        kind,
        post: Some(post.id),
        group: Some(post.group_id),
        patient: None,
        timeline: Some(post.timeline),
        at: post.created_at,
        author: post.author.clone(),
        excerpt,
        files,
        fields: Vec::new(),
        withdrawn: reason.is_some(),
        corrected_since: post.corrected_by.is_some(),
    })
}

fn of_sheet(app: &App, query: &Query, p: &Proposal, sheet: &fields::Fields) -> Option<Hit> {
    let found = fields::FIELDS.iter().filter_map(|field| {
        let pieces = query.excerpt(stored(|| sheet.get(field.key).map(|value| field.shown(value)))?);
        (!pieces.is_empty()).then_some((t(field.label), pieces))
    });
    let person = app.people.person(p.head.author);
    Some(Hit {
        place: p.place,
        kind: Kind::FaceSheet,
        post: None,
        group: p.group,
        patient: p.patient,
        timeline: None,
        at: p.place.time()?,
        author: Author {
            id: person.account_id,
            name: person.name.clone(),
            reading: person.reading.clone(),
            profession: person.profession.clone(),
            facility: app.people.facility(p.head.facility).name.clone(),
            facility_id: app.people.facility(p.head.facility).facility_id,
            relation: None,
        },
        excerpt: Vec::new(),
        files: Vec::new(),
        fields: found.take(FIELDS_SHOWN).collect(),
        withdrawn: false,
        corrected_since: false,
    })
}

fn has_mark(pieces: &[Piece]) -> bool {
    pieces.iter().any(|piece| piece.marked)
}
