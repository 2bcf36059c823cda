//! The people and the things that the table's requests are about.

use serde_json::json;
use uuid::Uuid;

use super::watched::Watched;
use crate::world::{Client, Facility, Person, World, id_of, kin::Kin};

/// A picture of 8 × 8 points.
const PNG: &str = "89504e470d0a1a0a0000000d49484452000000080000000808020000004b6d29dc0000001149444154789c633851518115310c2d09000f4d6e016ad6c2d00000000049454e44ae426082";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Nobody,
    Stranger,
    OtherFacility,
    SameFacility,
    Member,
    GuestAfterEnd,
    Removed,
    Host,
    FacilityAdmin,
    Suspended,
    Departed,
    Expired,
    Unmanaged,
    Operator,
    Secretariat,
    Relative,
}

pub const KINDS: [Kind; 16] = [
    Kind::Nobody,
    Kind::Stranger,
    Kind::OtherFacility,
    Kind::SameFacility,
    Kind::Member,
    Kind::GuestAfterEnd,
    Kind::Removed,
    Kind::Host,
    Kind::FacilityAdmin,
    Kind::Suspended,
    Kind::Departed,
    Kind::Expired,
    Kind::Unmanaged,
    Kind::Operator,
    Kind::Secretariat,
    Kind::Relative,
];

impl Kind {
    pub fn label(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Stranger => "stranger",
            Self::OtherFacility => "other",
            Self::SameFacility => "same",
            Self::Member => "member",
            Self::GuestAfterEnd => "guest",
            Self::Removed => "removed",
            Self::Host => "host",
            Self::FacilityAdmin => "admin",
            Self::Suspended => "suspended",
            Self::Departed => "departed",
            Self::Expired => "expired",
            Self::Unmanaged => "unmanaged",
            Self::Operator => "operator",
            Self::Secretariat => "secretariat",
            Self::Relative => "relative",
        }
    }
}

/// Everybody, once per world.
pub struct Cast {
    pub clinic: Facility,
    pub station: Facility,
    pub admin: Person,
    pub host: Person,
    pub colleague: Person,
    pub member: Person,
    pub neighbour: Person,
    pub guest: Person,
    pub removed: Person,
    pub stranger: Person,
    pub suspended: Person,
    pub departed: Person,
    /// The clerk's.
    pub device: Uuid,
    /// Staff whom the admin's own acts are about.
    pub clerk: Person,
    /// Staff of the clinic of whom two will leave, each once, and the report of somebody who has.
    pub leavers: [Uuid; 3],
    pub departure: Uuid,
    pub watched: Watched,
    /// What operators made: an announcement to everybody, and one that is withdrawn.
    pub announcement: Uuid,
    pub corrected: Uuid,
    /// Templates of the deployment: one that stays, and one that is taken out of use.
    pub shared_templates: [Uuid; 2],
    /// The secretariat's.
    pub region: Uuid,
    /// An incident of which the clinic was told, and an inquiry.
    pub incident: Uuid,
    pub inquiry: Uuid,
    /// On the family timeline of every scene.
    pub relative: Kin,
}

impl Cast {
    pub async fn of(w: &World) -> Self {
        let clinic = w.facility("clinic", "試験クリニック").await;
        let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
        let elsewhere = w.facility("pharmacy", "試験薬局").await;
        let admin = w.admin(clinic, "admin", "clerk").await;
        let mut leavers = [Uuid::nil(); 3];
        for (n, leaver) in leavers.iter_mut().enumerate() {
            *leaver = w.staff(clinic, &format!("leaver{n}"), "clerk").await.id;
        }
        let departed = w.staff(clinic, "departed", "clerk").await;
        w.as_(&departed).get("/patients").await.expect(200);
        let path = format!("/api/v1/facilities/{}/staff/{}/departure", clinic.id, departed.id);
        let body = json!({"client_id": Uuid::new_v4()});
        let departure = id_of(&w.as_(&admin).call("POST", &path, body).await.expect(200).json());
        let clerk = w.staff(clinic, "clerk", "clerk").await;
        let device = Self::device(w, &clerk).await;
        Self::months_review(w).await;
        let cast = Self {
            watched: Watched::of(w, &admin, clerk.id).await,
            device,
            leavers,
            departed,
            departure,
            clinic,
            station,
            admin,
            host: w.staff(clinic, "host", "doctor").await,
            colleague: w.staff(clinic, "colleague", "nurse").await,
            member: w.staff(station, "member", "nurse").await,
            neighbour: w.staff(station, "neighbour", "nurse").await,
            guest: w.staff(station, "guest", "physical_therapist").await,
            removed: w.staff(station, "removed", "nurse").await,
            stranger: w.staff(elsewhere, "stranger", "pharmacist").await,
            suspended: w.staff(clinic, "suspended", "nurse").await,
            clerk,
            announcement: Self::announced(w, "first").await,
            corrected: Self::announced(w, "second").await,
            shared_templates: Self::shared_templates(w).await,
            region: Self::region(w, clinic).await,
            incident: Uuid::now_v7(),
            inquiry: Self::asked(w).await,
            relative: Kin {
                id: Uuid::nil(),
                login_id: String::new(),
                name: String::new(),
                secret: Vec::new(),
                token: String::new(),
            },
        };
        let mut cast = cast;
        let first = w.group(&cast.admin, &cast.host, "試験 四郎").await;
        cast.relative = w.kin(&cast.host, first, "mika", "family", "試験 美香").await;
        let pledge = [
            ("title", "誓約"),
            ("body", "試験"),
            ("audience", "public"),
            ("effective_on", "2026-01-01"),
            ("change", "試験"),
            ("n", "1"),
        ];
        w.operator("seiyaku").await.form("/operator/policies/pledge", &pledge).await.expect(303);
        w.patient(&cast.admin, "試験 零郎").await;
        w.as_(&cast.admin).get("/patients").await.expect(200);
        Self::incident(w, cast.incident).await;
        let suspend = "SELECT act.set_suspended($1, true)";
        let who = renkei::auth::Actor::from_token(&cast.admin.token);
        let tx = w.app.db.acting(&who).await.expect("the admin acts");
        tx.query_and_commit(suspend, &[&cast.suspended.id]).await.expect("suspended");
        cast
    }

    /// Opened, counted over everybody, and told.
    async fn incident(w: &World, id: Uuid) {
        let operator = w.operator("third").await;
        let text = id.to_string();
        let said = [
            ("id", text.as_str()),
            ("known_at", "2026-11-01T10:00"),
            ("title", "試験"),
            ("kind", "leak"),
            ("improper", "no"),
            ("note", ""),
        ];
        operator.form("/operator/incidents", &said).await.expect(303);
        let ever = [("from", "2020-01-01T00:00"), ("to", "2126-01-01T00:00")];
        operator.form(&format!("/operator/incidents/{id}/scope"), &ever).await.expect(303);
        operator.form(&format!("/operator/incidents/{id}/report"), &[("seen", "0")]).await.expect(303);
        operator.form(&format!("/operator/incidents/{id}/notice"), &[]).await.expect(303);
    }

    async fn device(w: &World, person: &Person) -> Uuid {
        let of = "SELECT device_id FROM sec.session WHERE account_id = $1";
        w.superuser().await.query_one(of, &[&person.id]).await.expect("the device").get(0)
    }

    async fn asked(w: &World) -> Uuid {
        let id = Uuid::new_v4().to_string();
        let fields = [
            ("client_id", id.as_str()),
            ("category", "use"),
            ("name", "試験"),
            ("mail", "a@example.jp"),
            ("body", "試験"),
        ];
        w.nobody().form("/support", &fields).await.expect(303);
        w.superuser().await.query_one("SELECT id FROM care.inquiry", &[]).await.expect("the inquiry").get(0)
    }

    /// With the clinic in it.
    async fn region(w: &World, clinic: Facility) -> Uuid {
        let id = Uuid::now_v7();
        let text = id.to_string();
        let operator = w.operator("chiiki").await;
        let fields = [("id", text.as_str()), ("seen", "0"), ("name", "試験地域"), ("kana", "しけんちいき")];
        operator.form("/operator/regions", &fields).await.expect(303);
        let clinic = clinic.id.to_string();
        let put = [("facility", clinic.as_str()), ("act", "put")];
        operator.form(&format!("/operator/regions/{id}/facilities"), &put).await.expect(303);
        id
    }

    async fn shared_templates(w: &World) -> [Uuid; 2] {
        let (ids, operator) = ([Uuid::now_v7(), Uuid::now_v7()], w.operator("writer").await);
        for id in ids {
            let text = id.to_string();
            let fields = [("id", text.as_str()), ("version", "0"), ("name", "試験"), ("content", "□ 試験")];
            operator.form("/operator/templates/new", &fields).await.expect(303);
        }
        ids
    }

    async fn announced(w: &World, login: &str) -> Uuid {
        let id = Uuid::now_v7();
        let text = id.to_string();
        let fields = [
            ("id", text.as_str()),
            ("seen", "0"),
            ("title", "試験"),
            ("body", "試験"),
            ("importance", "normal"),
            ("audience", "all"),
        ];
        w.operator(login).await.form("/operator/announcements", &fields).await.expect(303);
        id
    }

    /// As if this month were over: its access log waits to be looked at.
    async fn months_review(w: &World) {
        use jiff::ToSpan as _;
        let next = jiff::Timestamp::now().to_zoned(renkei::japan::zone()).date().first_of_month() + 1.month();
        for hour in 0..24 * 7 {
            let now = next.to_zoned(renkei::japan::zone()).expect("a time").timestamp() + hour.hours();
            if renkei::features::access_reviews::schedule::run(&w.app, now).await.expect("it runs").opened > 0
            {
                return;
            }
        }
        panic!("the desk opens in a week");
    }

    /// The member, with a session whose time is over.
    async fn expired(&self, w: &World) -> Person {
        let token = w.session(&self.member).await;
        let expire = "UPDATE sec.session SET expires_at = now() - interval '1 second' WHERE token_hash = $1";
        let hash = renkei::auth::token::hash(&token);
        let ended = w.superuser().await.execute(expire, &[&hash.as_slice()]).await.expect("the clock runs");
        assert_eq!(ended, 1);
        Person { token, ..self.member.clone() }
    }

    /// A client with a session of its own, so that one request cannot sign out the next.
    pub async fn client<'a>(&self, w: &'a World, kind: Kind) -> Client<'a> {
        let person = match kind {
            Kind::Nobody => return w.nobody(),
            Kind::Operator => {
                let login = format!("op{}", Uuid::new_v4().simple());
                return w.operator(&login).await;
            }
            Kind::Secretariat => {
                let login = format!("s{}", Uuid::new_v4().simple());
                return w.secretariat(self.region, &login).await;
            }
            Kind::Relative => return w.as_kin(&w.kin_again(&self.relative).await),
            Kind::Suspended => return w.as_(&self.suspended),
            Kind::Departed => return w.as_(&self.departed),
            Kind::Expired => return w.as_(&self.expired(w).await),
            Kind::Stranger => &self.stranger,
            Kind::OtherFacility => &self.neighbour,
            Kind::SameFacility => &self.colleague,
            Kind::Member => &self.member,
            Kind::GuestAfterEnd => &self.guest,
            Kind::Removed => &self.removed,
            Kind::Host => &self.host,
            Kind::FacilityAdmin | Kind::Unmanaged => &self.admin,
        };
        let mut person = person.clone();
        person.token = w.session(&person).await;
        if kind == Kind::Unmanaged {
            // As the facility's policy leaves it: both factors were right, the device is not approved.
            let wait = "UPDATE sec.session SET state = 'pending' WHERE token_hash = $1";
            let hash = renkei::auth::token::hash(&person.token);
            let waiting = w.superuser().await.execute(wait, &[&hash.as_slice()]).await;
            assert_eq!(waiting.expect("the session"), 1);
        }
        w.as_(&person)
    }
}

/// One patient with a group and what is in it.
#[derive(Debug, Clone)]
pub struct Scene {
    pub group: Uuid,
    pub patient: Uuid,
    /// Another patient of the same facility, without a group.
    pub alone: Uuid,
    /// The host's.
    pub post: Uuid,
    pub file: Uuid,
    /// The host's own.
    pub task: Uuid,
    /// The member's, so that both she and the host may change it, and its day.
    pub visit: Uuid,
    pub visit_day: String,
    /// The host's.
    pub observation: Uuid,
    /// A visit record with a next date, the host's.
    pub record: Uuid,
    /// To the colleague, open.
    pub invitation: Uuid,
    /// Somebody who has accepted and waits for the host.
    pub waiting: Uuid,
    pub member: Uuid,
    pub host: Uuid,
    pub clerk: Uuid,
    pub device: Uuid,
    pub clinic: Uuid,
    pub station: Uuid,
    pub leavers: [Uuid; 3],
    pub departure: Uuid,
    pub watched: Watched,
    pub announcement: Uuid,
    pub corrected: Uuid,
    pub shared_templates: [Uuid; 2],
    pub region: Uuid,
    pub incident: Uuid,
    pub inquiry: Uuid,
    /// Of a facility in the region: confirmed and waiting; and one that is approved, with its first admin's link.
    pub application: Uuid,
    pub approved: Uuid,
    pub item: Uuid,
    /// Tokens of letters: of the page of an application, and of a first admin.
    pub status_link: String,
    pub admin_link: String,
    pub relative: Uuid,
    /// Open.
    pub relative_invitation: Uuid,
    /// Of a post of the host's, found by the member: the host decides.
    pub quarantine: Uuid,
}

impl Scene {
    pub async fn of(w: &World, cast: &Cast) -> Self {
        let patient = w.patient(&cast.admin, "試験 太郎").await;
        let alone = w.patient(&cast.admin, "試験 次郎").await;
        let body = json!({"client_id": Uuid::new_v4(), "kind": "patient", "patient_id": patient, "host": cast.host.id});
        let group = id_of(&w.as_(&cast.admin).call("POST", "/api/v1/groups", body).await.expect(201).json());
        for person in [&cast.member, &cast.removed] {
            w.join(&cast.host, group, person).await;
        }
        let post_path = format!("/api/v1/groups/{group}/posts");
        let file = Self::upload(w, &cast.host).await;
        let body = json!({"client_id": Uuid::new_v4(), "body": "血圧 128/76", "files": [file]});
        let post = id_of(&w.as_(&cast.host).call("POST", &post_path, body).await.expect(201).json());
        let body = json!({"client_id": Uuid::new_v4(), "body": "別の方の文"});
        let misplaced = id_of(&w.as_(&cast.host).call("POST", &post_path, body).await.expect(201).json());
        let body = json!({"client_id": Uuid::new_v4(), "reason": "試験"});
        let path = format!("/api/v1/posts/{misplaced}/quarantine");
        let quarantine = id_of(&w.as_(&cast.member).call("POST", &path, body).await.expect(201).json());
        let body = json!({"client_id": Uuid::new_v4(), "what": "試験", "due_date": super::cases::tomorrow()});
        let path = format!("/api/v1/groups/{group}/tasks");
        let task = id_of(&w.as_(&cast.host).call("POST", &path, body).await.expect(201).json());
        let body = json!({"client_id": Uuid::new_v4(), "kind": "medical", "date": super::cases::today(), "did": "試験", "plan_changed": false,
            "next_date": super::cases::tomorrow(), "next_time": "15:00"});
        let path = format!("/api/v1/groups/{group}/visit-records");
        let recorded = w.as_(&cast.host).call("POST", &path, body).await.expect(201).json();
        let record = id_of(&recorded["post"]);
        let visit_day = super::cases::tomorrow();
        let body = json!({"client_id": Uuid::new_v4(), "kind": "nursing", "date": visit_day, "start": "10:00", "end": "10:30"});
        let path = format!("/api/v1/groups/{group}/visits");
        let visit = id_of(&w.as_(&cast.member).call("POST", &path, body).await.expect(201).json());
        let body = json!({"client_id": Uuid::new_v4(), "code": "8867-4", "value": 72});
        let path = format!("/api/v1/patients/{patient}/observations");
        let observation = id_of(&w.as_(&cast.host).call("POST", &path, body).await.expect(201).json());
        let removal = format!("/api/v1/groups/{group}/members/{}", cast.removed.id);
        w.as_(&cast.host)
            .call("DELETE", &removal, json!({"client_id": Uuid::new_v4(), "reason": "試験"}))
            .await
            .expect(204);
        Self::past_guest(w, cast, group).await;
        let invite = |person: &Person| json!({"client_id": Uuid::new_v4(), "account_id": person.id, "facility_id": person.facility.id, "role": "member"});
        let path = format!("/api/v1/groups/{group}/invitations");
        let invitation =
            id_of(&w.as_(&cast.host).call("POST", &path, invite(&cast.colleague)).await.expect(201).json());
        // Invited by the admin from another facility: accepts, then waits for the host.
        let asked =
            id_of(&w.as_(&cast.admin).call("POST", &path, invite(&cast.neighbour)).await.expect(201).json());
        let accept = json!({"client_id": Uuid::new_v4(), "decision": "accept"});
        w.as_(&cast.neighbour)
            .call("POST", &format!("/api/v1/invitations/{asked}/acceptance"), accept)
            .await
            .expect(200);
        w.kin_also(&cast.host, group, &cast.relative).await;
        w.kin_link(&cast.host, group, "family", "試験 健").await;
        let relative_invitation =
            "SELECT id FROM care.relative_invitation WHERE group_id = $1 AND state = 'open'";
        let relative_invitation = w
            .superuser()
            .await
            .query_one(relative_invitation, &[&group])
            .await
            .expect("the invitation")
            .get(0);
        let application = Application::waiting(w, cast.region, "waiting").await;
        let approved = Application::waiting(w, cast.region, "approved").await;
        Self {
            leavers: cast.leavers,
            departure: cast.departure,
            watched: cast.watched,
            group,
            patient,
            alone,
            post,
            file,
            task,
            visit,
            visit_day,
            observation,
            record,
            invitation,
            waiting: cast.neighbour.id,
            member: cast.member.id,
            host: cast.host.id,
            clerk: cast.clerk.id,
            device: cast.device,
            clinic: cast.clinic.id,
            station: cast.station.id,
            announcement: cast.announcement,
            corrected: cast.corrected,
            shared_templates: cast.shared_templates,
            region: cast.region,
            incident: cast.incident,
            inquiry: cast.inquiry,
            application: application.id,
            approved: approved.id,
            item: application.item,
            status_link: application.link,
            admin_link: approved.link,
            relative: cast.relative.id,
            relative_invitation,
            quarantine,
        }
    }

    async fn upload(w: &World, person: &Person) -> Uuid {
        let answer = w
            .as_(person)
            .multipart(
                "/api/v1/files",
                &[
                    ("class", None, b"other".to_vec()),
                    ("file", Some("photo.png"), hex::decode(PNG).expect("hexadecimal")),
                ],
            )
            .await;
        id_of(&answer.expect(201).json())
    }

    /// A guest whose last day has passed.
    async fn past_guest(w: &World, cast: &Cast, group: Uuid) {
        let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
        let body = json!({"client_id": Uuid::new_v4(), "account_id": cast.guest.id, "facility_id": cast.guest.facility.id, "role": "guest", "until": until.to_string()});
        let path = format!("/api/v1/groups/{group}/invitations");
        let id = id_of(&w.as_(&cast.host).call("POST", &path, body).await.expect(201).json());
        let accept = json!({"client_id": Uuid::new_v4(), "decision": "accept"});
        w.as_(&cast.guest)
            .call("POST", &format!("/api/v1/invitations/{id}/acceptance"), accept)
            .await
            .expect(200);
        let past = "UPDATE care.membership SET until = now() - interval '1 hour' WHERE group_id = $1 AND account_id = $2";
        assert_eq!(
            w.superuser().await.execute(past, &[&group, &cast.guest.id]).await.expect("the clock runs"),
            1
        );
    }

    /// Whether this is about something of the scene, so that it uses the scene up; what is about the cast alone does not.
    pub fn holds(&self, text: &str) -> bool {
        [
            self.group,
            self.patient,
            self.alone,
            self.post,
            self.file,
            self.task,
            self.visit,
            self.observation,
            self.record,
            self.invitation,
            self.application,
            self.approved,
            self.item,
            self.relative_invitation,
            self.quarantine,
        ]
        .iter()
        .any(|id| text.contains(&id.to_string()))
            || [&self.status_link, &self.admin_link].iter().any(|link| text.contains(link.as_str()))
            || text.contains(&self.application.simple().to_string())
    }

    /// An address of this scene's own.
    pub fn mail(&self) -> String {
        format!("{}@example.org", self.application.simple())
    }

    /// A path with this scene's ids.
    pub fn fill(&self, path: &str) -> String {
        let mut filled = path.to_owned();
        for (name, id) in [
            ("{group}", self.group),
            ("{patient}", self.patient),
            ("{alone}", self.alone),
            ("{post}", self.post),
            ("{file}", self.file),
            ("{task}", self.task),
            ("{visit}", self.visit),
            ("{observation}", self.observation),
            ("{record}", self.record),
            ("{invitation}", self.invitation),
            ("{waiting}", self.waiting),
            ("{member}", self.member),
            ("{clerk}", self.clerk),
            ("{device}", self.device),
            ("{stays}", self.leavers[0]),
            ("{leaver}", self.leavers[1]),
            ("{next leaver}", self.leavers[2]),
            ("{departure}", self.departure),
            ("{review}", self.watched.review),
            ("{item}", self.watched.item),
            ("{order}", self.watched.order),
            ("{clinic}", self.clinic),
            ("{station}", self.station),
            ("{announcement}", self.announcement),
            ("{corrected}", self.corrected),
            ("{shared_template}", self.shared_templates[0]),
            ("{old_template}", self.shared_templates[1]),
            ("{region}", self.region),
            ("{incident}", self.incident),
            ("{inquiry}", self.inquiry),
            ("{application}", self.application),
            ("{approved}", self.approved),
            ("{check item}", self.item),
            ("{relative}", self.relative),
            ("{quarantine}", self.quarantine),
            ("{relative invitation}", self.relative_invitation),
            ("{nothing}", Uuid::nil()),
        ] {
            filled = filled.replace(name, &id.to_string());
        }
        for (name, token) in [("{status link}", &self.status_link), ("{admin link}", &self.admin_link)] {
            filled = filled.replace(name, token);
        }
        let filled =
            filled.replace("{policy}", "terms").replace("{kind}", "person").replace("{stamp}", "thanks");
        // The month that the clinic's admin is asked to look at, and a view that nobody has had.
        let month = renkei::japan::zone();
        let month = jiff::Timestamp::now().to_zoned(month).date();
        let filled = filled
            .replace("{month}", &format!("{:04}-{:02}", month.year(), month.month()))
            .replace("{view}", &format!("1.{}", Uuid::nil()));
        let filled = filled
            .replace("{topic}", "posting")
            .replace("{step}", "notices")
            .replace("{label}", "medication");
        // The built-in 訪問報告.
        filled.replace("{report}", "01930000-0000-7000-8000-00000000a001")
    }
}

/// An application that a row stands for; letters are told elsewhere.
struct Application {
    id: Uuid,
    item: Uuid,
    link: String,
}

impl Application {
    async fn waiting(w: &World, region: Uuid, state: &str) -> Self {
        let (id, link) = (Uuid::now_v7(), renkei::auth::token::fresh());
        let superuser = w.superuser().await;
        // Each request of the table comes as if it were the only one.
        superuser.execute("DELETE FROM sec.application_knock", &[]).await.expect("forgotten");
        let approved = state == "approved";
        let facility =
            if approved { Some(w.facility("clinic", "承認クリニック").await.id) } else { None };
        let sql = "INSERT INTO care.facility_application (id, client_id, fingerprint, at, state, changed_at, region_id, kind, name, kana, postal_code, address, phone, person, person_kana,
            profession, mail, pledge, facility_id)
          VALUES ($1, gen_random_uuid(), sha256(''), now(), $2, now(), $3, 'clinic', '申請クリニック', 'しんせい', '1234567', '試験市1', '03-1234-5678', '試験 一', 'しけん はじめ', 'doctor', $4, 1, $5)";
        let mail = format!("{}@example.jp", id.simple());
        superuser.execute(sql, &[&id, &state, &region, &mail, &facility]).await.expect("an application");
        let purpose = if approved { "first_admin" } else { "applicant" };
        let sql = "INSERT INTO sec.application_link (token_hash, application_id, purpose, expires_at) VALUES ($1, $2, $3, now() + interval '1 day')";
        let hash = renkei::auth::token::hash(&link);
        superuser.execute(sql, &[&hash.as_slice(), &id, &purpose]).await.expect("a link");
        let item = superuser.query_one("SELECT id FROM care.check_item ORDER BY place LIMIT 1", &[]).await;
        Self { id, item: item.expect("an item").get(0), link }
    }
}
