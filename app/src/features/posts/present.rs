//! From posts as the API shows them to posts as the page shows them.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    model::Post,
    read, rules,
    views::{
        self, Acknowledgements, Author, Corrected, FileKind, FileState, FileView, MayDo, Must, Older,
        PostView, ReadBy, ReplyTo, ReplyView, Withdrawn,
    },
};
use crate::{
    Result,
    app::App,
    db::Tx,
    features::files::{class_word, model::PostFile},
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
}

/// What the posts of a page refer to beyond themselves.
#[derive(Debug, Default)]
struct Around {
    others: HashMap<Uuid, Post>,
    replies: HashMap<Uuid, Vec<Post>>,
    /// For posts that must be acknowledged: who has.
    acknowledged: HashMap<Uuid, HashSet<Uuid>>,
    members: Vec<(Uuid, String)>,
}

const ACKNOWLEDGED: &str = "SELECT r.post_id, r.author_id FROM care.receipt r WHERE r.post_id = ANY ($1) AND r.kind = 'acknowledged'";
const MEMBERS: &str = "SELECT DISTINCT m.account_id, p.name, p.kana FROM care.membership m JOIN care.person_now p ON p.account_id = m.account_id
  WHERE m.group_id = $1 AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp()) ORDER BY p.kana";

/// The posts as views, replies folded under those they answer; a reply to something not among them stands alone.
/// Oldest first. Four statements at most, whatever their number.
pub async fn views(app: &App, tx: &mut Tx, posts: Vec<Post>, looker: Looker) -> Result<Vec<PostView>> {
    let here: HashSet<Uuid> = posts.iter().map(|p| p.id).collect();
    let around = look_around(app, tx, &posts, &here, looker).await?;
    let mut views: Vec<PostView> = posts
        .into_iter()
        .filter(|p| p.reply_to.is_none_or(|to| !here.contains(&to)))
        .map(|p| view(p, &around, looker))
        .collect();
    views.sort_by_key(|v| v.seq);
    Ok(views)
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
    for reply in read::replies(app, tx, &roots).await? {
        if let Some(to) = reply.reply_to {
            around.replies.entry(to).or_default().push(reply);
        }
    }
    let must: Vec<Uuid> = posts.iter().filter(|p| p.must_acknowledge_by.is_some()).map(|p| p.id).collect();
    if !must.is_empty() {
        for row in tx.query(ACKNOWLEDGED, &[&must]).await? {
            around.acknowledged.entry(row.get(0)).or_default().insert(row.get(1));
        }
        around.members =
            tx.query(MEMBERS, &[&looker.group]).await?.iter().map(|r| (r.get(0), r.get(1))).collect();
    }
    Ok(around)
}

fn view(p: Post, around: &Around, looker: Looker) -> PostView {
    let replies: Vec<ReplyView> = around.replies.get(&p.id).into_iter().flatten().map(reply).collect();
    let replies_open =
        replies.iter().any(|r| r.seq > looker.read_up_to && r.author.account_id != looker.account);
    let fresh = p.withdrawn.is_none() && p.corrected_by.is_none() && looker.open;
    let own = rules::may_change(p.author.id, looker.account);
    PostView {
        id: p.id,
        group_id: p.group_id,
        seq: p.seq,
        author: author(&p),
        at: p.created_at,
        files: p.files.iter().map(file).collect(),
        answers: p.reply_to.and_then(|to| around.others.get(&to)).map(answered),
        corrects: p.corrects.and_then(|id| around.others.get(&id)).map(older),
        corrected_by: p.corrected_by.map(|id| Corrected {
            post_id: id,
            at: around.others.get(&id).map_or(p.created_at, |c| c.created_at),
        }),
        must: p.must_acknowledge_by.map(|deadline| must(&p, deadline, around, looker)),
        acknowledgements: Acknowledgements {
            count: small(p.acknowledgements.count),
            mine: p.acknowledgements.mine,
        },
        read_by: ReadBy { count: small(p.read_by.count), total: small(p.read_by.total) },
        replies,
        replies_open,
        may: MayDo {
            acknowledge: fresh && !own && !p.acknowledgements.mine,
            reply: fresh,
            correct: fresh && own,
            withdraw: fresh && own,
            release: fresh && looker.patient,
        },
        withdrawn: p.withdrawn.map(|w| Withdrawn {
            at: w.at,
            by: w.by,
            reason: w.reason,
            body: p.body.clone(),
        }),
        body: p.body.unwrap_or_default(),
    }
}

fn author(p: &Post) -> Author {
    Author {
        account_id: p.author.id,
        name: p.author.name.clone(),
        profession: Profession::of(&p.author.profession),
        facility: p.author.facility.clone(),
    }
}

fn reply(p: &Post) -> ReplyView {
    ReplyView {
        id: p.id,
        seq: p.seq,
        author: author(p),
        at: p.created_at,
        body: p.body.clone(),
        files: p.files.iter().map(file).collect(),
    }
}

fn older(p: &Post) -> Older {
    Older { post_id: p.id, at: p.created_at, body: p.body.clone().unwrap_or_default(), asked_again: 0 }
}

/// The first words of what a reply answers.
pub fn answered(p: &Post) -> ReplyTo {
    let body = p.body.as_deref().unwrap_or("（取り消された投稿）");
    let mut excerpt: String = body.chars().take(40).map(|c| if c == '\n' { ' ' } else { c }).collect();
    if body.chars().count() > 40 {
        excerpt.push('…');
    }
    ReplyTo { post_id: p.id, author: p.author.name.clone(), excerpt }
}

fn must(p: &Post, deadline: Timestamp, around: &Around, looker: Looker) -> Must {
    let nobody = HashSet::new();
    let done = around.acknowledged.get(&p.id).unwrap_or(&nobody);
    let asked = || around.members.iter().filter(|(id, _)| *id != p.author.id);
    Must {
        deadline,
        done: u32::try_from(asked().filter(|(id, _)| done.contains(id)).count()).unwrap_or(u32::MAX),
        total: u32::try_from(asked().count()).unwrap_or(u32::MAX),
        waiting: asked()
            .filter(|(id, _)| !done.contains(id) && *id != looker.account)
            .map(|(_, name)| name.clone())
            .collect(),
        waits_for_me: p.author.id != looker.account && !done.contains(&looker.account),
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
        "refused" => FileState::Refused("安全でない内容が見つかったため、開けません。".into()),
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
    }
}

/// Readers of a post for its page.
pub fn readers(group: Uuid, post: Uuid, all: Vec<super::model::Reader>, now: Timestamp) -> views::Readers {
    let readers = all
        .into_iter()
        .map(|r| views::Reader {
            name: r.name,
            profession: Profession::of(&r.profession),
            facility: r.facility,
            read_at: r.displayed_at,
            acknowledged_at: r.acknowledged_at,
        })
        .collect();
    views::Readers { group_id: group, post_id: post, readers, now }
}

const MY_POSITION: &str = "SELECT coalesce((SELECT r.up_to_seq FROM care.read_position r WHERE r.stream_id = $1 AND r.account_id = (SELECT sec.me())), 0),
  (SELECT s.archived_at IS NULL FROM care.group_state s WHERE s.group_id = $2),
  (SELECT count(*) FROM care.post p WHERE p.stream_id = $1 AND p.kind <> 'withdrawal' AND p.author_id <> (SELECT sec.me())
     AND p.seq > coalesce((SELECT r.up_to_seq FROM care.read_position r WHERE r.stream_id = $1 AND r.account_id = (SELECT sec.me())), 0))";

/// How the caller stands to a group: reading position, whether it is open, and how much is unread.
pub async fn looker(app: &App, tx: &mut Tx, group: Uuid, account: Uuid) -> Result<(Looker, u32)> {
    let streams = app.keys.group_streams(tx, group).await?;
    let row = tx.one(MY_POSITION, &[&streams.team, &group]).await?;
    let open = row.get::<_, Option<bool>>(1).ok_or(crate::Error::NotFound)?;
    let patient = streams.patient_id.is_some();
    Ok((Looker { account, group, open, patient, read_up_to: row.get(0) }, small(row.get(2))))
}

/// Which post a page about `id` shows: a reply stands under what it answers.
pub async fn root_of(tx: &mut Tx, id: Uuid) -> Result<Uuid> {
    const ROOT: &str =
        "SELECT coalesce(p.reply_to, p.id) FROM care.post p WHERE p.id = $1 AND p.kind <> 'withdrawal'";
    Ok(tx.one(ROOT, &[&id]).await?.get(0))
}
