//! A world worth attacking: two facilities that must not see each other, with a record of every kind.

use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::world::{Facility, Person, World, id_of};

/// A text that a nurse writes every day, and that anybody can guess.
pub const SHORT: &str = "BP 128/76 P 72 T 36.5";

pub struct Target {
    pub w: World,
    pub clinic: Facility,
    pub admin: Person,
    pub host: Person,
    pub member: Person,
    /// Was in the group once.
    pub removed: Person,
    pub group: Uuid,
    pub patient: Uuid,
    pub post: Uuid,
    pub file: Uuid,
    pub invitation: Uuid,
    /// Everything that the first facility's people may not know of.
    pub foreign: Foreign,
}

pub struct Foreign {
    pub facility: Facility,
    pub admin: Person,
    pub group: Uuid,
    pub patient: Uuid,
    pub post: Uuid,
    pub file: Uuid,
    pub invitation: Uuid,
    pub device: Uuid,
}

impl Target {
    pub async fn new() -> Self {
        let w = World::new().await;
        let clinic = w.facility("clinic", "試験クリニック").await;
        let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
        let admin = w.admin(clinic, "kanri", "clerk").await;
        let host = w.staff(clinic, "host", "doctor").await;
        let member = w.staff(station, "member", "nurse").await;
        let removed = w.staff(station, "removed", "nurse").await;
        let invited = w.staff(station, "invited", "nurse").await;
        let patient = w.patient(&admin, "試験 太郎").await;
        let group = open_group(&w, &admin, &host, patient).await;
        w.join(&host, group, &member).await;
        w.join(&host, group, &removed).await;
        let (post, file) = records(&w, &host, &member, group).await;
        let measured = json!({"client_id": Uuid::new_v4(), "code": "8310-5", "value": 36.5});
        let path = format!("/api/v1/patients/{patient}/observations");
        w.as_(&member).call("POST", &path, measured).await.expect(201);
        let path = format!("/api/v1/groups/{group}/members/{}", removed.id);
        let reason = json!({"client_id": Uuid::new_v4(), "reason": "異動"});
        w.as_(&host).call("DELETE", &path, reason).await.expect(204);
        let invitation = invite(&w, &host, group, &invited).await;
        let foreign = Foreign::new(&w).await;
        Self { w, clinic, admin, host, member, removed, group, patient, post, file, invitation, foreign }
    }

    /// A transaction of the service's role in which `person` is known.
    pub async fn opened(&self, person: &Person) -> Client {
        let client = self.w.role("renkei_app").await;
        client.batch_execute("BEGIN").await.expect("begin");
        open(&client, person).await;
        client
    }
}

/// Opens a person's identity in the present transaction. In the background: leaves no trace of its own.
pub async fn open(client: &Client, person: &Person) {
    let hash = renkei::auth::token::hash(&person.token);
    client.query_one("SELECT sec.open($1, true)", &[&hash.as_slice()]).await.expect("a session");
}

impl Foreign {
    async fn new(w: &World) -> Self {
        let facility = w.facility("pharmacy", "よその薬局").await;
        let admin = w.admin(facility, "yoso", "pharmacist").await;
        let colleague = w.staff(facility, "yoso-two", "pharmacist").await;
        let invited = w.staff(facility, "yoso-three", "pharmacist").await;
        let patient = w.patient(&admin, "余所 花子").await;
        let group = open_group(w, &admin, &admin, patient).await;
        w.join(&admin, group, &colleague).await;
        let (post, file) = records(w, &admin, &colleague, group).await;
        let invitation = invite(w, &admin, group, &invited).await;
        let devices = w.as_(&admin).get("/api/v1/me/devices").await.expect(200).json();
        let device = id_of(&devices["items"][0]);
        Self { facility, admin, group, patient, post, file, invitation, device }
    }
}

async fn open_group(w: &World, admin: &Person, host: &Person, patient: Uuid) -> Uuid {
    let body =
        json!({"client_id": Uuid::new_v4(), "kind": "patient", "patient_id": patient, "host": host.id});
    id_of(&w.as_(admin).call("POST", "/api/v1/groups", body).await.expect(201).json())
}

async fn invite(w: &World, host: &Person, group: Uuid, invited: &Person) -> Uuid {
    let body = json!({"client_id": Uuid::new_v4(), "account_id": invited.id, "facility_id": invited.facility.id, "role": "member"});
    id_of(
        &w.as_(host)
            .call("POST", &format!("/api/v1/groups/{group}/invitations"), body)
            .await
            .expect(201)
            .json(),
    )
}

/// A post with a file, a short one, a correction, a withdrawal, an acknowledgement, a reading.
async fn records(w: &World, author: &Person, reader: &Person, group: Uuid) -> (Uuid, Uuid) {
    let client = w.as_(author);
    let parts = [
        ("client_id", None, Uuid::new_v4().to_string().into_bytes()),
        ("class", None, b"other".to_vec()),
        ("file", Some("memo.txt"), SHORT.as_bytes().to_vec()),
    ];
    let file = id_of(&client.multipart("/api/v1/files", &parts).await.expect(201).json());
    let posts = format!("/api/v1/groups/{group}/posts");
    let new = |body: &str, files: &[Uuid]| json!({"client_id": Uuid::new_v4(), "body": body, "files": files});
    let first = id_of(&client.call("POST", &posts, new("記録です", &[file])).await.expect(201).json());
    let post = id_of(&client.call("POST", &posts, new(SHORT, &[])).await.expect(201).json());
    let wrong = id_of(&client.call("POST", &posts, new("まちがい", &[])).await.expect(201).json());
    let path = |id: Uuid, what: &str| format!("/api/v1/posts/{id}/{what}");
    client.call("POST", &path(first, "corrections"), new("記録でした", &[file])).await.expect(201);
    let reason = json!({"client_id": Uuid::new_v4(), "reason": "別の方の記録"});
    client.call("POST", &path(wrong, "withdrawal"), reason).await.expect(201);
    w.as_(reader).call("PUT", &path(post, "acknowledgement"), json!(null)).await.expect(204);
    let read = json!({"timeline": "team", "up_to_seq": 2});
    w.as_(reader).call("POST", &format!("/api/v1/groups/{group}/read"), read).await.expect(204);
    (post, file)
}

/// One line for each table of ours: name, rows, digest of all of them. Two readings are equal or something changed.
pub async fn fingerprint(superuser: &Client) -> Vec<String> {
    let mut lines = Vec::new();
    for table in tables(superuser).await {
        let sql = format!(
            "SELECT count(*), coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') FROM {table} t"
        );
        let row = superuser.query_one(&sql, &[]).await.expect("a table");
        lines.push(format!("{table} {} {}", row.get::<_, i64>(0), row.get::<_, String>(1)));
    }
    let row = superuser.query_one(SCHEMA, &[]).await.expect("the catalogue");
    lines.push(format!("schema {}", row.get::<_, String>(0)));
    lines
}

/// Every table of ours. Of the access log's partitions those that hold rows.
pub async fn tables(superuser: &Client) -> Vec<String> {
    let rows = superuser
        .query(
            "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace::regnamespace::text IN ('care', 'sec', 'guard')
             AND c.relkind IN ('r', 'p') AND (NOT c.relispartition OR c.reltuples > 0 OR pg_relation_size(c.oid) > 0) ORDER BY 1",
            &[],
        )
        .await
        .expect("the catalogue");
    rows.iter().map(|r| r.get(0)).collect()
}

/// Functions, triggers, policies, rights and owners, as one digest.
const SCHEMA: &str = "SELECT md5(string_agg(x, '|' ORDER BY x)) FROM (
  SELECT pg_get_functiondef(p.oid) || coalesce(p.proacl::text, '') || p.proowner AS x FROM pg_proc p WHERE p.pronamespace::regnamespace::text IN ('care', 'sec', 'act', 'op', 'guard') AND p.prokind = 'f'
  UNION ALL SELECT t.tgrelid::text || pg_get_triggerdef(t.oid) || t.tgenabled::text FROM pg_trigger t WHERE NOT t.tgisinternal
  UNION ALL SELECT p.polrelid::text || p.polname || coalesce(pg_get_expr(p.polqual, p.polrelid), '') || p.polroles::text FROM pg_policy p
  UNION ALL SELECT c.oid::text || c.relname || coalesce(c.relacl::text, '') || c.relowner || c.relrowsecurity || c.relforcerowsecurity FROM pg_class c WHERE c.relnamespace::regnamespace::text IN ('care', 'sec', 'guard')
  UNION ALL SELECT e.evtname || e.evtenabled::text FROM pg_event_trigger e) s";
