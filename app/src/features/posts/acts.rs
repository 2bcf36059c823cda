//! The verbs of a timeline: post, correct, withdraw, acknowledge, read. Pages, API, seeds and benches call these.

use envelope::Aad;
use record::{Acknowledged, Content, Correction, Mention, Read, Withdrawal};
use uuid::Uuid;

use super::{
    model::{Acknowledgements, Author, CorrectionBody, MentionBody, NewPost, Post, ReadBy, Timeline},
    store,
};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::App,
    auth::Actor,
    features::files::attach::{self, Attached},
    people, seal,
};

/// A created post, or the earlier one of the same client id.
#[derive(Debug)]
pub struct Posted {
    pub post: Post,
    pub created: bool,
}

/// Writes a post: one statement, one round trip once the group's keys are in memory.
pub async fn post(app: &App, who: &Actor, group: Uuid, new: NewPost) -> Result<Posted> {
    let request = record::jcs(&new).map_err(Error::internal)?;
    write(app, who, group, new, &request).await
}

/// A new text in place of an own one. It asks whom the old one asked, and whoever had that on the screen.
pub async fn correct(app: &App, who: &Actor, target: Uuid, body: &CorrectionBody) -> Result<Posted> {
    let mut tx = app.db.acting(who).await?;
    let old = super::read::some(app, &mut tx, &[target], true).await?.pop().ok_or(Error::NotFound)?;
    tx.commit().await?;
    let new = NewPost::correction(target, old.timeline, body).map_err(Error::Invalid)?;
    // A retry says the same, whatever the deadline has become by then.
    let request = record::jcs(&new).map_err(Error::internal)?;
    write(app, who, old.group_id, new.asking_as(&old, jiff::Timestamp::now()), &request).await
}

async fn write(app: &App, who: &Actor, group: Uuid, new: NewPost, request: &[u8]) -> Result<Posted> {
    let stream = stream_of(app, who, group, new.timeline).await?;
    let key = stream_key(app, who, stream).await?;
    let id = Uuid::now_v7();
    let attached = if new.files.is_empty() {
        Vec::new()
    } else {
        attach::prepare(app, who, stream, &key, &new.files).await?
    };
    let content = content(id, &new, &attached);
    let sealed = seal::seal(&key, Aad { table: "post", stream, row: id }, new.client_id, &content, request);
    let (file_ids, file_keys, digests) = attach::columns(&attached);
    let must_by = new.must_acknowledge_by;
    let to = Addressed::of(&new);
    let put = store::Put {
        token_hash: Some(who.token_hash()),
        reply_to: new.reply_to,
        target: new.corrects,
        must_by,
        file_ids: &file_ids,
        file_keys: &file_keys,
        digests: &digests,
        urgent: new.urgent,
        accounts: &to.accounts,
        facilities: &to.facilities,
        professions: &to.professions,
        duty: &to.duty,
        ..store::Put::of(group, new.timeline, content.kind(), &sealed)
    };
    let rows = app.db.at_once(store::POST, &put.params()).await;
    let rows = match rows {
        // Two sends of one client id met: the other one is there now.
        Err(Error::Conflict(constraint)) if constraint == "post_client_id_key" => {
            return Box::pin(write(app, who, group, new, request)).await;
        }
        Err(Error::Invalid(fields)) => {
            return Err(Error::Invalid(fields.into_iter().map(in_words).collect()));
        }
        other => other?,
    };
    let row = rows.first().ok_or_else(|| Error::internal("act.post gives one row"))?;
    if let Some(existing) = store::earlier(row)? {
        let post = super::read::one(app, who, existing, false).await?;
        return Ok(Posted { post, created: false });
    }
    app.hub.wake();
    app.watch.metrics.posts.inc();
    let (account, facility): (Uuid, Uuid) = (row.get("account"), row.get("facility"));
    if !app.people.knows(account, facility) {
        let post = super::read::one(app, who, id, false).await?;
        return Ok(Posted { post, created: true });
    }
    let person = app.people.person(account);
    Ok(Posted {
        created: true,
        post: Post {
            id,
            seq: row.get("seq"),
            group_id: group,
            timeline: new.timeline,
            author: author(&person, &app.people.facility(facility)),
            created_at: row.get("at"),
            body: Some(new.body),
            files: attached.iter().map(Attached::shown).collect(),
            reply_to: new.reply_to,
            corrects: new.corrects,
            corrected_by: None,
            withdrawn: None,
            mentions: new.mentions,
            must_acknowledge_by: must_by,
            urgent: new.urgent,
            proxy: None,
            quarantined: None,
            moved: None,
            acknowledgements: Acknowledgements { count: 0, mine: false },
            read_by: ReadBy { count: 0, total: row.get("total") },
        },
    })
}

/// Somebody of the staff, as of now.
fn author(person: &people::Person, facility: &people::Facility) -> Author {
    Author {
        id: person.account_id,
        name: person.name.clone(),
        reading: person.reading.clone(),
        profession: person.profession.clone(),
        facility: facility.name.clone(),
        facility_id: facility.facility_id,
        relation: None,
    }
}

fn content(id: Uuid, new: &NewPost, attached: &[Attached]) -> Content {
    let post = record::Post {
        id,
        body: new.body.clone(),
        reply_to: new.reply_to,
        mentions: new.mentions.iter().map(mention).collect(),
        must_acknowledge_by: new.must_acknowledge_by,
        files: attached.iter().map(|a| a.content.clone()).collect(),
        template: new.template.map(|t| record::TemplateUse { id: t.id, version: t.version.into() }),
        urgent: new.urgent,
        source: None,
    };
    match new.corrects {
        None => Content::Post(post),
        Some(corrects) => Content::Correction(Correction { corrects, post }),
    }
}

fn mention(mention: &MentionBody) -> Mention {
    match mention {
        MentionBody::Account(id) => Mention::Account(*id),
        MentionBody::Facility(id) => Mention::Facility(*id),
        MentionBody::Profession(code) => Mention::Profession(code.clone()),
        MentionBody::OnDuty(id) => Mention::OnDuty(*id),
    }
}

/// The mentions as parameters of `act.post`.
#[derive(Debug, Default)]
struct Addressed<'a> {
    accounts: Vec<Uuid>,
    facilities: Vec<Uuid>,
    professions: Vec<&'a str>,
    duty: Vec<Uuid>,
}

impl<'a> Addressed<'a> {
    /// A correction asks whom the old text asked: the database knows them.
    fn of(new: &'a NewPost) -> Self {
        let mut to = Self::default();
        for mention in new.mentions.iter().filter(|_| new.corrects.is_none()) {
            match mention {
                MentionBody::Account(id) => to.accounts.push(*id),
                MentionBody::Facility(id) => to.facilities.push(*id),
                MentionBody::Profession(code) => to.professions.push(code),
                MentionBody::OnDuty(id) => to.duty.push(*id),
            }
        }
        to
    }
}

/// What only the database can know of a mention, in the writer's words.
fn in_words(field: FieldError) -> FieldError {
    let words = match field.message.as_ref() {
        "mentioned_somebody_who_is_not_here" => {
            t("宛先に選んだ人が、いまこのグループにいません。宛先を選び直してください。")
        }
        "mentioned_only_oneself" => t("自分だけを宛先にはできません。読んでほしい人を選んでください。"),
        _ => return field,
    };
    FieldError::new("mentions", "not_here", words)
}

/// Hides a post behind a reason. The first text stays in the record and can be unfolded.
pub async fn withdraw(app: &App, who: &Actor, target: Uuid, client_id: Uuid, reason: String) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    let of = store::target(&mut tx, target).await?;
    let key = app.keys.data_key(&mut tx, of.stream).await?;
    tx.commit().await?;
    let id = Uuid::now_v7();
    let request = record::jcs(&(target, &reason)).map_err(Error::internal)?;
    let content = Content::Withdrawal(Withdrawal { id, withdraws: target, reason });
    let sealed =
        seal::seal(&key, Aad { table: "post", stream: of.stream, row: id }, client_id, &content, &request);
    let timeline = if of.family { Timeline::Family } else { Timeline::Team };
    let put = store::Put {
        token_hash: Some(who.token_hash()),
        target: Some(target),
        ..store::Put::of(of.group, timeline, content.kind(), &sealed)
    };
    let rows = app.db.at_once(store::POST, &put.params()).await?;
    rows.first().map_or(Ok(None), store::earlier)?;
    app.hub.wake();
    Ok(())
}

/// 了解. Again is fine and writes nothing.
pub async fn acknowledge(app: &App, who: &Actor, post: Uuid) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    let of = store::target(&mut tx, post).await?;
    let content = Content::Acknowledged(Acknowledged { post });
    let s = app.keys.seal_receipt(&mut tx, of.group, Uuid::new_v4(), &content, &[]).await?;
    tx.query_and_commit(
        store::ACKNOWLEDGE,
        &[&of.group, &post, &s.id, &s.client_id, &s.commitment, &s.envelope],
    )
    .await?;
    app.hub.wake();
    Ok(())
}

/// Notes that the caller's screen showed the stream up to here.
pub async fn mark_read(app: &App, who: &Actor, group: Uuid, timeline: Timeline, up_to: i64) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    let streams = app.keys.group_streams(&mut tx, group).await?;
    let key = app.keys.data_key(&mut tx, streams.receipts).await?;
    let (id, client_id) = (Uuid::now_v7(), Uuid::new_v4());
    let stream = stream_in(&streams, timeline)?;
    let up_to_seq = u64::try_from(up_to)
        .map_err(|_| Error::invalid("up_to_seq", "impossible", t("その位置はありません。")))?;
    let content = Content::Read(Read { stream, up_to_seq });
    let s = seal::seal(
        &key,
        Aad { table: "receipt", stream: streams.receipts, row: id },
        client_id,
        &content,
        &[],
    );
    let rows = tx
        .query_and_commit(
            store::READ,
            &[&group, &timeline.code(), &up_to, &s.id, &s.client_id, &s.commitment, &s.envelope],
        )
        .await?;
    if rows.first().is_some_and(|row| row.get(0)) {
        app.hub.wake();
    }
    Ok(())
}

/// The stream of a timeline; from memory once anybody has asked for it.
pub(super) async fn stream_of(app: &App, who: &Actor, group: Uuid, timeline: Timeline) -> Result<Uuid> {
    let streams = match app.keys.cached_group(group) {
        Some(streams) => streams,
        None => {
            let mut tx = app.db.acting(who).await?;
            let streams = app.keys.group_streams(&mut tx, group).await?;
            tx.commit().await?;
            streams
        }
    };
    stream_in(&streams, timeline)
}

/// Free groups and direct conversations have no family timeline.
pub(super) fn stream_in(streams: &seal::GroupStreams, timeline: Timeline) -> Result<Uuid> {
    match timeline {
        Timeline::Team => Ok(streams.team),
        Timeline::Family => streams.family.ok_or(Error::NotFound),
    }
}

async fn stream_key(app: &App, who: &Actor, stream: Uuid) -> Result<std::sync::Arc<envelope::DataKey>> {
    if let Some(key) = app.keys.cached_data_key(stream) {
        return Ok(key);
    }
    let mut tx = app.db.acting(who).await?;
    let key = app.keys.data_key(&mut tx, stream).await?;
    tx.commit().await?;
    Ok(key)
}
