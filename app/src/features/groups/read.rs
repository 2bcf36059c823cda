//! Reading groups: a fixed number of statements, however many groups there are.

use std::collections::HashMap;

use data_encoding::BASE64URL_NOPAD;
use envelope::{Aad, DataKey};
use jiff::{Timestamp, civil::Date};
use record::{Content, GroupTitle};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    model::{Group, GroupPage, Kind, Member, Members, OpenInvitation, Role},
    store,
    views::{GroupHeader, GroupKind, GroupRow, GroupTab, LastPost},
};
use crate::words::{fill, t};
use crate::{
    Error, Result,
    app::App,
    db::Tx,
    features::{
        face_sheets::room::{self, Room},
        face_sheets::{self, fields::Fields},
    },
    opaque_debug, seal,
    web::ui::{Profession, time},
};

/// Groups of a list pane at most.
const LIST_LIMIT: i64 = 500;
/// Characters of the last words in a list.
const EXCERPT: usize = 80;

/// One group of the caller with everything that a list says of it.
#[derive(Clone)]
pub struct Listed {
    pub group: Group,
    pub kind: GroupKind,
    pub fields: Fields,
    pub last: Option<LastPost>,
    sort_at: Timestamp,
}

opaque_debug!(Listed);

/// Which groups, and from where on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    pub kind: Option<Kind>,
    pub after: Option<(Timestamp, Uuid)>,
    pub group: Option<Uuid>,
    pub limit: i64,
}

/// The caller's groups, the newest words first.
pub async fn listed(tx: &mut Tx, app: &App, wanted: Wanted) -> Result<Vec<Listed>> {
    let (kind, (after, after_id)) = (wanted.kind.map(Kind::code), wanted.after.unzip());
    let rows = tx.query(store::LIST, &[&kind, &after, &after_id, &wanted.limit, &wanted.group]).await?;
    let patients: Vec<Uuid> = rows.iter().filter_map(|r| r.get("patient_id")).collect();
    let mut sheets = face_sheets::read::latest_many(tx, app, &patients).await?;
    let spoken: Vec<&Row> = rows.iter().filter(|r| r.get::<_, Option<Uuid>>("last_id").is_some()).collect();
    let titled = rows.iter().filter_map(|r| r.get("title_stream"));
    let streams: Vec<Uuid> = spoken.iter().map(|r| r.get("team")).chain(titled).collect();
    app.keys.data_keys(tx, &streams).await?;
    let authors: Vec<Uuid> = spoken.iter().map(|r| r.get("last_author")).collect();
    app.people.learn(tx, &authors, &[]).await?;
    rows.iter().map(|row| read(app, row, &mut sheets)).collect()
}

fn read(app: &App, r: &Row, sheets: &mut HashMap<Uuid, (i64, Fields)>) -> Result<Listed> {
    let patient_id: Option<Uuid> = r.get("patient_id");
    let fields = patient_id.and_then(|id| sheets.remove(&id)).map(|(_, fields)| fields).unwrap_or_default();
    let called = called(app, r, &fields)?;
    let group = Group {
        id: r.get("id"),
        kind: Kind::from_code(r.get("kind")),
        title: called.title,
        patient_id,
        facility_id: r.get("facility_id"),
        unread: r.get("unread"),
        family_unread: r.get("family_unread"),
        must_acknowledge: r.get("must_acknowledge"),
        last_post_at: r.get("last_at"),
        my_role: Role::from_code(r.get("role")),
        archived: r.get("archived"),
    };
    Ok(Listed { group, kind: called.kind, fields, last: last_words(app, r)?, sort_at: r.get("sort_at") })
}

fn last_words(app: &App, r: &Row) -> Result<Option<LastPost>> {
    let Some(id) = r.get::<_, Option<Uuid>>("last_id") else { return Ok(None) };
    let stream: Uuid = r.get("team");
    let key = app.keys.cached_data_key(stream).ok_or_else(|| Error::internal("the keys were just read"))?;
    let kind = r.get::<_, &str>("last_kind").parse().map_err(Error::internal)?;
    let content = seal::open(&key, Aad { table: "post", stream, row: id }, kind, r.get("last_envelope"))?;
    let author = app.people.person(r.get("last_author"));
    Ok(Some(LastPost {
        author: author.name.clone(),
        profession: Profession::of(&author.profession),
        excerpt: excerpt(&content, EXCERPT),
        at: r.get("last_at"),
    }))
}

/// The beginning of a post's text on one line, up to `max` characters; empty when it holds only files.
pub fn excerpt(content: &Content, max: usize) -> String {
    let body = match content {
        Content::Post(post) => &post.body,
        Content::Correction(correction) => &correction.post.body,
        _ => return String::new(),
    };
    let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(max) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

fn title(fields: &Fields) -> String {
    fields.get("name").cloned().unwrap_or_else(|| t("（名前なし）").to_owned())
}

/// What a group is called, and the line below.
struct Called {
    kind: GroupKind,
    title: String,
    /// How a patient's name is read.
    reading: String,
    /// What a free group is for; the profession and facility of the other person.
    note: String,
}

/// From a row with the columns of a name; the key of a title is in memory by now.
fn called(app: &App, r: &Row, fields: &Fields) -> Result<Called> {
    Ok(match Kind::from_code(r.get("kind")) {
        Kind::Patient => {
            let note = room::line(fields, time::day_of(Timestamp::now()));
            let reading = fields.get("kana").cloned().unwrap_or_default();
            Called { kind: GroupKind::Patient, title: title(fields), reading, note }
        }
        Kind::Free => {
            let titled = current_title(app, r)?;
            let note = titled.purpose.unwrap_or_default();
            Called { kind: GroupKind::Free, title: titled.title, reading: String::new(), note }
        }
        Kind::Direct => {
            let profession = Profession::of(r.get::<_, Option<&str>>("other_profession").unwrap_or_default());
            let facility = r.get::<_, Option<String>>("other_facility").unwrap_or_default();
            Called {
                kind: GroupKind::Direct(profession),
                title: r.get::<_, Option<String>>("other").unwrap_or_default(),
                reading: String::new(),
                note: fill(t("{0}・{facility}"), &[("0", &profession.label()), ("facility", &facility)]),
            }
        }
    })
}

fn current_title(app: &App, r: &Row) -> Result<GroupTitle> {
    let (Some(stream), Some(id)) =
        (r.get::<_, Option<Uuid>>("title_stream"), r.get::<_, Option<Uuid>>("title_id"))
    else {
        return Err(Error::internal("a free group without a title"));
    };
    let key = app.keys.cached_data_key(stream).ok_or_else(|| Error::internal("the keys were just read"))?;
    open_title(&key, stream, id, r.get("title_envelope"))
}

/// A sealed title of a free group.
pub fn open_title(key: &DataKey, stream: Uuid, id: Uuid, sealed: &[u8]) -> Result<GroupTitle> {
    let place = Aad { table: "membership_event", stream, row: id };
    match seal::open(key, place, record::Kind::Titled, sealed)? {
        Content::Titled(titled) => Ok(titled),
        _ => Err(Error::internal("not a title")),
    }
}

/// Every title that a free group had, the newest first, with who gave it.
pub async fn titles_of(tx: &mut Tx, app: &App, group: Uuid) -> Result<Vec<Titled>> {
    let rows = tx.query(store::TITLES, &[&group]).await?;
    let authors: Vec<Uuid> = rows.iter().map(|r| r.get(4)).collect();
    app.people.learn(tx, &authors, &[]).await?;
    let mut all = Vec::with_capacity(rows.len());
    for r in &rows {
        let (stream, id): (Uuid, Uuid) = (r.get(0), r.get(1));
        let key = app.keys.data_key(tx, stream).await?;
        let titled = open_title(&key, stream, id, r.get(2))?;
        all.push(Titled { titled, at: r.get(3), by: app.people.person(r.get(4)).name.clone() });
    }
    Ok(all)
}

/// One title of a free group.
#[derive(Clone)]
pub struct Titled {
    pub titled: GroupTitle,
    pub at: Timestamp,
    pub by: String,
}

opaque_debug!(Titled, Called);

/// A page of the API's list.
pub async fn page(tx: &mut Tx, app: &App, wanted: Wanted) -> Result<GroupPage> {
    let listed = listed(tx, app, wanted).await?;
    let full = i64::try_from(listed.len()).is_ok_and(|n| n == wanted.limit);
    let next = listed.last().filter(|_| full).map(|l| cursor(l.sort_at, l.group.id));
    Ok(GroupPage { items: listed.into_iter().map(|l| l.group).collect(), next })
}

fn cursor(at: Timestamp, id: Uuid) -> String {
    BASE64URL_NOPAD.encode(&[&at.as_microsecond().to_be_bytes()[..], id.as_bytes()].concat())
}

/// Reads a cursor that `page` gave.
pub fn parse_cursor(text: &str) -> Option<(Timestamp, Uuid)> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let (at, id) = bytes.split_at_checked(8)?;
    let at = Timestamp::from_microsecond(i64::from_be_bytes(at.try_into().ok()?)).ok()?;
    Some((at, Uuid::from_slice(id).ok()?))
}

/// One group: of a member, or of the managing facility's admin. `NotFound` for anybody else.
pub async fn one(tx: &mut Tx, app: &App, group: Uuid) -> Result<Group> {
    let wanted = Wanted { group: Some(group), limit: 1, ..Wanted::default() };
    if let Some(listed) = listed(tx, app, wanted).await?.pop() {
        return Ok(listed.group);
    }
    let r = tx.one(store::MANAGED, &[&group]).await?;
    let patient_id: Option<Uuid> = r.get("patient_id");
    let title = name_of(tx, app, &r).await?.title;
    Ok(Group {
        id: group,
        kind: Kind::from_code(r.get("kind")),
        title,
        patient_id,
        facility_id: r.get("facility_id"),
        unread: 0,
        family_unread: 0,
        must_acknowledge: 0,
        last_post_at: None,
        my_role: Role::Admin,
        archived: r.get("archived"),
    })
}

async fn name_of(tx: &mut Tx, app: &App, r: &Row) -> Result<Called> {
    let fields = sheet(tx, app, r.get("patient_id")).await?;
    if let Some(stream) = r.get::<_, Option<Uuid>>("title_stream") {
        app.keys.data_key(tx, stream).await?;
    }
    called(app, r, &fields)
}

async fn sheet(tx: &mut Tx, app: &App, patient: Option<Uuid>) -> Result<Fields> {
    let Some(patient) = patient else { return Ok(Fields::new()) };
    let mut sheets = face_sheets::read::latest_many(tx, app, &[patient]).await?;
    Ok(sheets.remove(&patient).map(|(_, fields)| fields).unwrap_or_default())
}

/// Rows of the list pane, the newest words first, archived ones too.
pub async fn list(tx: &mut Tx, app: &App) -> Result<Vec<GroupRow>> {
    let wanted = Wanted { limit: LIST_LIMIT, ..Wanted::default() };
    let today = time::day_of(Timestamp::now());
    Ok(listed(tx, app, wanted).await?.into_iter().map(|listed| row(listed, today)).collect())
}

fn row(listed: Listed, today: Date) -> GroupRow {
    let group = listed.group;
    GroupRow {
        id: group.id,
        kind: listed.kind,
        age: Some(room::age(&listed.fields, today)).filter(|words| !words.is_empty()),
        title: group.title,
        last: listed.last,
        unread: u32::try_from(group.unread).unwrap_or(u32::MAX),
        family_unread: u32::try_from(group.family_unread).unwrap_or(u32::MAX),
        must_acknowledge: u32::try_from(group.must_acknowledge).unwrap_or(u32::MAX),
        archived: group.archived,
    }
}

/// The bar above everything that belongs to a group; the caller of this sets the tab.
pub async fn header(tx: &mut Tx, app: &App, group: Uuid) -> Result<GroupHeader> {
    let r = tx.one(store::MANAGED, &[&group]).await?;
    let Called { kind, title, reading, note } = name_of(tx, app, &r).await?;
    Ok(GroupHeader {
        group_id: group,
        kind,
        title,
        reading,
        note,
        patient_id: r.get("patient_id"),
        tab: GroupTab::Team,
        family_unread: r.get("family_unread"),
    })
}

/// The top of a group's other pages.
pub async fn room(tx: &mut Tx, app: &App, group: Uuid) -> Result<Room> {
    let header = header(tx, app, group).await?;
    Ok(Room {
        kind: header.kind,
        patient_id: header.patient_id.unwrap_or_default(),
        group_id: Some(group),
        name: header.title,
        line: header.note,
        family_unread: header.family_unread,
        list: None,
    })
}

const ARCHIVED: &str = "SELECT s.archived_at IS NOT NULL FROM care.group_state s WHERE s.group_id = $1";
const GROUP_OF: &str = "SELECT g.id FROM care.groups g WHERE g.patient_id = $1";
const POSTS_OF: &str =
    "SELECT count(*) FROM care.post p WHERE p.group_id = $1 AND p.author_id = $2 AND p.kind <> 'withdrawal'";

pub async fn archived(tx: &mut Tx, group: Uuid) -> Result<bool> {
    Ok(tx.one(ARCHIVED, &[&group]).await?.get(0))
}

pub async fn kind(tx: &mut Tx, group: Uuid) -> Result<Kind> {
    Ok(Kind::from_code(tx.one(store::KIND, &[&group]).await?.get(0)))
}

/// The facility that manages a group's patient.
pub async fn managing_facility(tx: &mut Tx, group: Uuid) -> Result<Uuid> {
    Ok(tx.one(store::MANAGED, &[&group]).await?.get("facility_id"))
}

/// What the caller's groups are called, a patient's with 様: three statements.
pub async fn titles(tx: &mut Tx, app: &App) -> Result<HashMap<Uuid, String>> {
    names(tx, app, None).await
}

/// The same of those among some groups that the caller may know of. Whose patient's sheet she may not read is left out.
pub async fn names(tx: &mut Tx, app: &App, groups: Option<&[Uuid]>) -> Result<HashMap<Uuid, String>> {
    let rows = tx.query(store::NAMES, &[&groups]).await?;
    let patients: Vec<Uuid> = rows.iter().filter_map(|r| r.get("patient_id")).collect();
    let sheets = face_sheets::read::latest_many(tx, app, &patients).await?;
    let streams: Vec<Uuid> = rows.iter().filter_map(|r| r.get("title_stream")).collect();
    app.keys.data_keys(tx, &streams).await?;
    let mut all = HashMap::new();
    for r in &rows {
        let patient: Option<Uuid> = r.get("patient_id");
        let fields = patient.and_then(|id| sheets.get(&id)).map(|(_, fields)| fields);
        if patient.is_none() || fields.is_some_and(|fields| fields.contains_key("name")) {
            let called = called(app, r, fields.unwrap_or(&Fields::new()))?;
            all.insert(r.get("id"), called.kind.named(&called.title));
        }
    }
    Ok(all)
}

/// The names of the patients of the caller's own groups, for comparing with what she types.
pub async fn patients_of_mine(tx: &mut Tx, app: &App) -> Result<Vec<String>> {
    let rows = tx.query(store::MY_PATIENTS, &[]).await?;
    let patients: Vec<Uuid> = rows.iter().map(|r| r.get(0)).collect();
    let sheets = face_sheets::read::latest_many(tx, app, &patients).await?;
    Ok(sheets.into_values().filter_map(|(_, mut fields)| fields.remove("name")).collect())
}

/// The group of a patient, if there is one that the caller may know of.
pub async fn group_of(tx: &mut Tx, patient: Uuid) -> Result<Option<Uuid>> {
    Ok(tx.query(GROUP_OF, &[&patient]).await?.first().map(|row| row.get(0)))
}

/// How much somebody wrote in a group, as far as the caller may read it.
pub async fn posts_of(tx: &mut Tx, group: Uuid, account: Uuid) -> Result<i64> {
    Ok(tx.one(POSTS_OF, &[&group, &account]).await?.get(0))
}

/// Who is in the group now, and for those who keep it who is on the way in. The caller has asked for its [`role`] first.
pub async fn members(tx: &mut Tx, group: Uuid, role: Role) -> Result<Members> {
    let items = tx.query(store::MEMBERS, &[&group]).await?.iter().map(member).collect();
    let invitations = if role.keeps() {
        tx.query(store::INVITATIONS, &[&group]).await?.iter().map(invitation).collect()
    } else {
        Vec::new()
    };
    Ok(Members { items, invitations })
}

fn member(r: &Row) -> Member {
    Member {
        id: r.get(0),
        name: r.get(1),
        profession: r.get(2),
        facility: r.get(3),
        facility_id: r.get(4),
        role: Role::from_code(r.get(5)),
        since: r.get(6),
        until: r.get(7),
        on_duty_until: r.get(8),
        reading: r.get(9),
    }
}

fn invitation(r: &Row) -> OpenInvitation {
    OpenInvitation {
        id: r.get(0),
        account_id: r.get(1),
        name: r.get(2),
        profession: r.get(3),
        facility: r.get(4),
        facility_id: r.get(5),
        role: Role::from_code(r.get(6)),
        until: r.get(7),
        state: r.get(8),
        invited_by: r.get(9),
        expires_at: r.get(10),
    }
}

const ROLE: &str = "SELECT CASE WHEN m.role IS NOT NULL THEN m.role WHEN g.id = ANY ((SELECT sec.managed_groups())::uuid[]) THEN 'admin' END
  FROM care.groups g LEFT JOIN care.membership m ON m.group_id = g.id AND m.account_id = (SELECT sec.me()) AND m.facility_id = (SELECT (sec.ctx()).facility_id)
    AND m.group_id = ANY ((SELECT sec.my_groups())::uuid[]) WHERE g.id = $1";

/// What the caller is in the group now; `NotFound` for one who may not know of it.
pub async fn role(tx: &mut Tx, group: Uuid) -> Result<Role> {
    let code: Option<String> = tx.one(ROLE, &[&group]).await?.get(0);
    code.map(|code| Role::from_code(&code)).ok_or(Error::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_way_to_the_browser_and_back() {
        let place = (Timestamp::from_microsecond(1_794_893_520_123_456).unwrap(), Uuid::now_v7());
        assert_eq!(parse_cursor(&cursor(place.0, place.1)), Some(place));
        for bad in ["", "zz", "AAAA", "AAAAAAAAAAAAAAAA"] {
            assert_eq!(parse_cursor(bad), None, "{bad}");
        }
    }
}
