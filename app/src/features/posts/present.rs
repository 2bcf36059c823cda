//! From posts as the API shows them to posts as the page shows them.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    model::{Isolation, MentionBody, Post, Quarantined, Timeline},
    read, rules, store,
    views::{
        self, Acknowledgements, Author, Corrected, Entered, FileKind, FileState, FileView, Followed, MayDo,
        Must, Older, PostView, ReadBy, ReaderState, ReplyTo, ReplyView, Withdrawn,
    },
};
use crate::words::{fill, t};
use crate::{
    Result,
    app::App,
    db::Tx,
    features::{
        asks::{self, read::Asked},
        files::{class_word, model::PostFile},
        marks::{self, model::Pin, views::PinRow},
        vitals::{self, strip::Strip},
    },
    web::ui::Profession,
};

/// Who looks, and whether the group can be written to.
#[derive(Debug, Clone, Copy)]
pub struct Looker {
    pub account: Uuid,
    pub group: Uuid,
    pub open: bool,
    /// Whether the group is a patient's: it has a family to show a post to.
    pub patient: bool,
    /// Posts above this are new for the looker.
    pub read_up_to: i64,
    /// A conversation of two.
    pub of_two: bool,
    /// Whether the looker is the group's host.
    pub host: bool,
    /// Replies stand unfolded: one of them was asked for.
    pub unfold: bool,
}

/// Posts of a page, and the pinned ones of the group.
#[derive(Debug)]
pub struct Presented {
    pub posts: Vec<PostView>,
    pub pins: Vec<Pin>,
}

/// What the posts of a page refer to beyond themselves.
#[derive(Debug, Default)]
struct Around {
    others: HashMap<Uuid, Post>,
    replies: HashMap<Uuid, Vec<Post>>,
    marks: marks::read::Marks,
    /// For posts that ask somebody: whom, and what was done about them.
    asked: HashMap<Uuid, Vec<Asked>>,
    followed: HashMap<Uuid, Vec<asks::read::Followed>>,
}

/// The posts as views, replies folded under those they answer; a reply to something not among them stands alone.
/// Oldest first. Five statements at most, whatever their number.
pub async fn views(app: &App, tx: &mut Tx, posts: Vec<Post>, looker: Looker) -> Result<Presented> {
    let here: HashSet<Uuid> = posts.iter().map(|p| p.id).collect();
    let mut around = look_around(app, tx, &posts, &here, looker).await?;
    let mut strips = strips(app, tx, &posts, looker).await?;
    let mut views: Vec<PostView> = posts
        .into_iter()
        .filter(|p| p.reply_to.is_none_or(|to| !here.contains(&to)))
        .map(|p| PostView { vitals: strips.remove(&p.id), ..view(p, &mut around, looker) })
        .collect();
    views.sort_by_key(|v| v.seq);
    Ok(Presented { posts: views, pins: around.marks.pins })
}

/// Vital signs in the texts of a patient's team.
async fn strips(app: &App, tx: &mut Tx, posts: &[Post], looker: Looker) -> Result<HashMap<Uuid, Strip>> {
    let Some(patient) = app.keys.group_streams(tx, looker.group).await?.patient_id else {
        return Ok(HashMap::new());
    };
    let stands = |p: &&Post| {
        p.timeline == Timeline::Team
            && p.withdrawn.is_none()
            && p.corrected_by.is_none()
            && p.quarantined.is_none()
    };
    let candidate = |p| candidate(p, looker);
    let candidates: Vec<_> = posts.iter().filter(stands).filter_map(candidate).collect();
    vitals::strip::strips(app, tx, (looker.group, patient), &candidates).await
}

fn candidate(p: &Post, looker: Looker) -> Option<vitals::strip::Candidate<'_>> {
    let (body, own) = (p.body.as_deref()?, looker.open && rules::may_change(p.author.id, looker.account));
    Some(vitals::strip::Candidate { post: p.id, body, at: p.created_at, own })
}

async fn look_around(
    app: &App,
    tx: &mut Tx,
    posts: &[Post],
    here: &HashSet<Uuid>,
    looker: Looker,
) -> Result<Around> {
    let mut around = Around::default();
    let wanted: Vec<Uuid> = posts
        .iter()
        .flat_map(|p| [p.corrects, p.corrected_by, p.reply_to])
        .flatten()
        .filter(|id| !here.contains(id))
        .collect();
    for post in read::some(app, tx, &wanted, false).await?.into_iter().chain(posts.iter().cloned()) {
        around.others.insert(post.id, post);
    }
    let roots: Vec<Uuid> = posts.iter().filter(|p| p.reply_to.is_none()).map(|p| p.id).collect();
    let marked: Vec<Uuid> = posts.iter().flat_map(|p| [Some(p.id), p.reply_to]).flatten().collect();
    let (replies, marks) =
        tx.both((store::REPLIES, &[&roots]), (marks::store::MARKS, &[&marked, &looker.group])).await?;
    around.marks = marks::read::gather(app, tx, &marks).await?;
    for reply in read::plain(app, tx, &replies).await? {
        if let Some(to) = reply.reply_to {
            around.replies.entry(to).or_default().push(reply);
        }
    }
    // What a post says tells whether it asks anybody: where none does, nothing is looked up.
    let asking =
        |p: &&Post| p.must_acknowledge_by.is_some() || !p.mentions.is_empty() || p.corrects.is_some();
    let asking: Vec<Uuid> = posts.iter().filter(asking).map(|p| p.id).collect();
    if !asking.is_empty() {
        around.asked = asks::read::of_posts(tx, &asking).await?;
        around.followed = asks::read::followed(app, tx, looker.group, &asking).await?;
    }
    Ok(around)
}

fn view(p: Post, around: &mut Around, looker: Looker) -> PostView {
    let replies = around.replies.remove(&p.id).unwrap_or_default();
    let replies: Vec<ReplyView> = replies.iter().map(|r| reply(r, &mut around.marks)).collect();
    let marks = around.marks.take(p.id);
    let around = &*around;
    let replies_open = looker.unfold
        || replies.iter().any(|r| r.seq > looker.read_up_to && r.author.account_id != looker.account);
    let earlier = earlier(&replies, looker);
    let asked = around.asked.get(&p.id).map(Vec::as_slice).unwrap_or_default();
    let followed = around.followed.get(&p.id).map(Vec::as_slice).unwrap_or_default();
    let seen = p.quarantined.is_none();
    let fresh = seen && p.withdrawn.is_none() && p.corrected_by.is_none() && looker.open;
    let own = rules::may_change(p.author.id, looker.account);
    PostView {
        id: p.id,
        group_id: p.group_id,
        seq: p.seq,
        author: author(&p),
        at: p.created_at,
        files: p.files.iter().map(file).collect(),
        answers: p.reply_to.and_then(|to| around.others.get(&to)).map(answered),
        corrects: p
            .corrects
            .and_then(|id| around.others.get(&id))
            .map(|old| older(old, asked.iter().filter(|a| a.again).count())),
        corrected_by: p.corrected_by.map(|id| Corrected {
            post_id: id,
            at: around.others.get(&id).map_or(p.created_at, |c| c.created_at),
        }),
        must: p.must_acknowledge_by.filter(|_| seen).map(|deadline| must(deadline, asked, looker)),
        urgent: p.urgent,
        proxy: p.proxy.as_ref().filter(|_| seen).map(|proxy| Entered {
            system: proxy.system.clone(),
            typist: proxy.typist.clone(),
            confirmed_at: proxy.confirmed_at,
        }),
        to: p.mentions.iter().filter(|_| seen).map(|m| addressed(m, &p, asked)).collect(),
        followed: followed.iter().map(followed_view).collect(),
        acknowledgements: Acknowledgements {
            count: small(p.acknowledgements.count),
            mine: p.acknowledgements.mine,
        },
        read_by: ReadBy { count: small(p.read_by.count), total: small(p.read_by.total) },
        replies,
        replies_open,
        earlier,
        whole: false,
        may: MayDo {
            acknowledge: fresh && !own && !p.acknowledgements.mine,
            reply: fresh,
            correct: fresh && own,
            withdraw: fresh && own,
            stamp: fresh,
            pin: match &marks.pinned {
                None => fresh,
                Some(pin) => looker.open && (looker.host || pin.account_id == looker.account),
            },
            handle: fresh
                && (asked.iter().any(|a| a.account == looker.account) || (own && !asked.is_empty()))
                && !followed.iter().any(|f| f.is_handled() && f.by_account == looker.account),
            call: fresh,
            release: fresh && looker.patient,
            quarantine: seen && looker.open && !looker.of_two,
            confirm: fresh && own && p.proxy.as_ref().is_some_and(|proxy| proxy.confirmed_at.is_none()),
        },
        marks,
        quarantined: p.quarantined.as_ref().map(isolated),
        moved: p.moved,
        withdrawn: p.withdrawn.filter(|_| p.quarantined.is_none()).map(|w| Withdrawn {
            at: w.at,
            by: w.by,
            reason: w.reason,
            body: p.body.clone(),
        }),
        body: p.body.unwrap_or_default(),
        vitals: None,
    }
}

/// Replies at the beginning that the looker has read, beyond the last ones that always stand.
fn earlier(replies: &[ReplyView], looker: Looker) -> usize {
    let read = |r: &&ReplyView| r.seq <= looker.read_up_to || r.author.account_id == looker.account;
    replies.iter().take_while(read).count().min(replies.len().saturating_sub(views::ON_TIMELINE))
}

fn author(p: &Post) -> Author {
    Author {
        account_id: p.author.id,
        name: p.author.name.clone(),
        reading: p.author.reading.clone(),
        profession: Profession::of(&p.author.profession),
        facility: p.author.facility.clone(),
    }
}

fn reply(p: &Post, marks: &mut marks::read::Marks) -> ReplyView {
    ReplyView {
        id: p.id,
        seq: p.seq,
        author: author(p),
        at: p.created_at,
        body: p.body.clone(),
        quarantined: p.quarantined.as_ref().map(isolated),
        files: p.files.iter().map(file).collect(),
        marks: marks.take(p.id),
    }
}

pub fn isolated(q: &Quarantined) -> views::Isolated {
    views::Isolated {
        id: q.id,
        at: q.at,
        by: q.by.clone(),
        confirmed: q.state == Isolation::Confirmed,
        mine: q.mine,
    }
}

/// What stands for a text that is not shown.
fn not_shown(p: &Post) -> &'static str {
    if p.quarantined.is_some() {
        t("（誤投稿として隔離された投稿）")
    } else {
        t("（取り消された投稿）")
    }
}

fn older(p: &Post, asked_again: usize) -> Older {
    Older {
        post_id: p.id,
        at: p.created_at,
        body: p.body.clone().unwrap_or_default(),
        asked_again: u32::try_from(asked_again).unwrap_or(u32::MAX),
    }
}

/// A mention in words: people and facilities as they are called now.
fn addressed(mention: &MentionBody, p: &Post, asked: &[Asked]) -> String {
    let facility = |id: &Uuid| {
        let here = asked.iter().find(|a| a.facility_id == Some(*id)).and_then(|a| a.facility.clone());
        here.or_else(|| (p.author.facility_id == *id).then(|| p.author.facility.clone()))
            .unwrap_or_else(|| t("ほかの施設").to_owned())
    };
    match mention {
        MentionBody::Account(id) if *id == p.author.id => fill(t("{0}さん"), &[("0", &p.author.name)]),
        MentionBody::Account(id) => asked
            .iter()
            .find(|a| a.account == *id)
            .map_or_else(|| t("もういない人").to_owned(), |a| fill(t("{0}さん"), &[("0", &a.name)])),
        MentionBody::Facility(id) => facility(id),
        MentionBody::Profession(code) => Profession::of(code).label().to_owned(),
        MentionBody::OnDuty(id) => fill(t("{0}の当番"), &[("0", &facility(id))]),
    }
}

/// What was done about a post, for showing.
pub fn followed_view(one: &asks::read::Followed) -> Followed {
    Followed { by: one.by.clone(), at: one.at, what: one.what.clone(), text: one.text.clone() }
}

/// The first words of what a reply answers.
pub fn answered(p: &Post) -> ReplyTo {
    let body = p.body.as_deref().unwrap_or_else(|| not_shown(p));
    let mut excerpt: String = body.chars().take(40).map(|c| if c == '\n' { ' ' } else { c }).collect();
    if body.chars().count() > 40 {
        excerpt.push('…');
    }
    ReplyTo { post_id: p.id, author: p.author.name.clone(), excerpt }
}

/// Of those who were asked: who has acknowledged, and who is still here and has not.
fn must(deadline: Timestamp, asked: &[Asked], looker: Looker) -> Must {
    let asked_first = || asked.iter().filter(|a| a.by.is_some() && !a.is_substitute());
    let done = asked_first().filter(|a| a.is_done()).count();
    let waiting: Vec<&Asked> = asked_first().filter(|a| a.waits()).collect();
    let mut substitutes: Vec<String> = waiting.iter().filter_map(|a| a.substitute.clone()).collect();
    substitutes.sort();
    substitutes.dedup();
    Must {
        deadline,
        done: u32::try_from(done).unwrap_or(u32::MAX),
        total: u32::try_from(done + waiting.len()).unwrap_or(u32::MAX),
        waiting: waiting.iter().filter(|a| a.account != looker.account).map(|a| a.name.clone()).collect(),
        waits_for_me: asked.iter().any(|a| a.account == looker.account && a.waits()),
        escalated: waiting.iter().any(|a| a.overdue),
        substitutes,
    }
}

fn small(n: i64) -> u32 {
    u32::try_from(n).unwrap_or_default()
}

pub fn file(f: &PostFile) -> FileView {
    let kind = match f.media_type.as_str() {
        t if t.starts_with("image/") => FileKind::Photo,
        "application/pdf" => FileKind::Pdf(None),
        t if t.starts_with("video/") => FileKind::Video,
        t if t.starts_with("audio/") => FileKind::Sound,
        t if t.contains("sheet") || t.contains("excel") || t == "text/csv" => FileKind::Sheet,
        _ => FileKind::Document,
    };
    let state = match f.state.as_str() {
        "ready" => FileState::Ready,
        "refused" => FileState::Refused(t("安全でない内容が見つかったため、開けません。").into()),
        "unscanned" => FileState::Unscanned,
        _ => FileState::Scanning,
    };
    FileView {
        id: f.id,
        name: f.name.clone(),
        class: class_word(&f.class).to_owned(),
        kind,
        bytes: f.bytes,
        state,
        has_thumbnail: f.has_thumbnail,
        plays: PLAYED.contains(&f.media_type.as_str()),
    }
}

/// Sounds and videos that browsers play; what one of them cannot stays a file to save.
const PLAYED: [&str; 13] = [
    "audio/mpeg",
    "audio/mp4",
    "audio/x-m4a",
    "audio/m4a",
    "audio/aac",
    "audio/ogg",
    "audio/wav",
    "audio/x-wav",
    "audio/webm",
    "audio/flac",
    "video/mp4",
    "video/webm",
    "video/quicktime",
];

/// Readers of a post for its page.
pub fn readers(group: Uuid, post: Uuid, all: Vec<super::model::Reader>, now: Timestamp) -> views::Readers {
    let readers = all
        .into_iter()
        .map(|r| views::Reader {
            states: states(&r),
            profession: Profession::of(&r.profession),
            name: r.name,
            facility: r.facility,
        })
        .collect();
    views::Readers { group_id: group, post_id: post, readers, now }
}

/// Everything that is known of one reader, in the order in which it happens.
fn states(r: &super::model::Reader) -> Vec<(ReaderState, Timestamp)> {
    let all = [
        (ReaderState::PushAccepted, r.push_accepted_at),
        (ReaderState::MailAccepted, r.mail_accepted_at),
        (ReaderState::OnDevice, r.on_device_at),
        (ReaderState::Undelivered, r.notice_failed_at),
        (ReaderState::Displayed, r.displayed_at),
        (ReaderState::Acknowledged, r.acknowledged_at),
        (ReaderState::Handled, r.handled_at),
    ];
    all.into_iter().filter_map(|(state, at)| Some((state, at?))).collect()
}

const MY_POSITION: &str = "SELECT coalesce((SELECT r.up_to_seq FROM care.read_position r WHERE r.stream_id = $1 AND r.account_id = (SELECT sec.me())), 0),
  (SELECT s.archived_at IS NULL FROM care.group_state s WHERE s.group_id = $2),
  (SELECT s.host_id = (SELECT sec.me()) FROM care.group_state s WHERE s.group_id = $2),
  EXISTS (SELECT 1 FROM care.direct d WHERE d.group_id = $2),
  (SELECT count(*) FROM care.post p WHERE p.stream_id = $1 AND p.kind <> 'withdrawal' AND p.author_id <> (SELECT sec.me())
     AND p.seq > coalesce((SELECT r.up_to_seq FROM care.read_position r WHERE r.stream_id = $1 AND r.account_id = (SELECT sec.me())), 0))";

/// How the caller stands to a group: reading position, whether it is open, and how much is unread.
pub async fn looker(app: &App, tx: &mut Tx, group: Uuid, account: Uuid) -> Result<(Looker, u32)> {
    let streams = app.keys.group_streams(tx, group).await?;
    let row = tx.one(MY_POSITION, &[&streams.team, &group]).await?;
    let open = row.get::<_, Option<bool>>(1).ok_or(crate::Error::NotFound)?;
    let host = row.get::<_, Option<bool>>(2).unwrap_or_default();
    let patient = streams.patient_id.is_some();
    let of_two = row.get(3);
    let looker =
        Looker { account, group, open, patient, of_two, read_up_to: row.get(0), host, unfold: false };
    Ok((looker, small(row.get(4))))
}

/// Which post a page about `id` shows: a reply stands under what it answers.
pub async fn root_of(tx: &mut Tx, id: Uuid) -> Result<Uuid> {
    const ROOT: &str =
        "SELECT coalesce(p.reply_to, p.id) FROM care.post p WHERE p.id = $1 AND p.kind <> 'withdrawal'
  UNION ALL SELECT coalesce(x.reply_to, x.post_id) FROM care.quarantined_post x WHERE x.post_id = $1 AND x.hidden AND x.kind <> 'withdrawal' LIMIT 1";
    Ok(tx.one(ROOT, &[&id]).await?.get(0))
}

/// Chains of corrections are followed this far for a pinned post.
const CORRECTIONS: usize = 8;

/// The rows of the strip, each with its text as it stands now. No statement where nothing is pinned.
pub async fn pinned(app: &App, tx: &mut Tx, pins: Vec<Pin>) -> Result<Vec<PinRow>> {
    let ids: Vec<Uuid> = pins.iter().map(|pin| pin.post_id).collect();
    let mut posts: HashMap<Uuid, Post> =
        read::some(app, tx, &ids, false).await?.into_iter().map(|p| (p.id, p)).collect();
    for _ in 0..CORRECTIONS {
        let newer: Vec<Uuid> = posts.values().filter_map(|p| p.corrected_by).collect();
        let newer: Vec<Uuid> = newer.into_iter().filter(|id| !posts.contains_key(id)).collect();
        if newer.is_empty() {
            break;
        }
        posts.extend(read::some(app, tx, &newer, false).await?.into_iter().map(|p| (p.id, p)));
    }
    let row = |pin: Pin| {
        let mut post = posts.get(&pin.post_id)?;
        while let Some(newer) = post.corrected_by.and_then(|id| posts.get(&id)) {
            post = newer;
        }
        let excerpt = match &post.body {
            None => not_shown(post).to_owned(),
            Some(body) if body.trim().is_empty() => t("（ファイルだけの投稿）").to_owned(),
            Some(body) => marks::read::excerpt(body),
        };
        let author = post.author.name.clone();
        Some(PinRow { post_id: post.id, author, at: post.created_at, excerpt, pinned_by: pin.pinned_by })
    };
    Ok(pins.into_iter().filter_map(row).collect())
}
