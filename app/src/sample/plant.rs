//! Plants the sample region through the product's own acts, each at its own time in the past.
//!
//! The role `renkei_seed` may set the clock of records; it exists only where a demo made it, and loses its login when
//! the region stands.

mod work;

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::Arc,
};

use jiff::{Timestamp, tz::TimeZone};
use private_postgres::Cluster;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Sample,
    calendar::Calendar,
    patient::{Content, Followed, Patient, Role},
    vitals,
};
use crate::{
    Error, Result,
    app::App,
    auth::{Actor, password, totp},
    cli::{self, deployment},
    config::Config,
    db::{self, Access},
    features::{
        accounts,
        asks::{self, model::NewCall},
        duty,
        face_sheets::{self, model::Save},
        facilities, files, groups,
        invitations::{
            self,
            model::{Answer, InvitationBody, Joining, Named},
        },
        marks, operators, patients,
        posts::{
            self,
            model::{CorrectionBody, MentionBody, NewPost, TemplateBody, Timeline},
        },
        sign_in::acts::{Trusted, trusted_session},
        templates,
    },
};

/// Everybody's password in the demo.
const PASSWORD: &str = "kotori-no-machi-7";
/// Written last: a folder without it was interrupted while planting, and is planted anew.
const MARK: &str = "accounts.json";

/// Who may sign in, and what the groups are called.
#[derive(Debug, Serialize, Deserialize)]
pub struct Planted {
    pub accounts: Vec<Account>,
    /// Who may use the operator's console.
    pub operator: Option<Operator>,
    /// Who may use it for the sample's region alone.
    #[serde(default)]
    pub secretariat: Option<Operator>,
    /// Who may come in by the family's door.
    #[serde(default)]
    pub relatives: Vec<super::family::Relative>,
    /// Patient, or group without one, to name, for the description of the demo.
    pub titles: BTreeMap<Uuid, String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Account {
    pub id: Uuid,
    pub login_id: String,
    pub password: String,
    /// Base32.
    pub totp_secret: String,
    pub name: String,
    pub profession: String,
    pub facility: String,
    pub facility_id: Uuid,
    pub facility_admin: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Operator {
    pub login_id: String,
    pub password: String,
    /// Base32.
    pub totp_secret: String,
    pub name: String,
}

/// The region of this folder: read if it stands, planted otherwise.
pub async fn plant(cluster: &Cluster, config: &Config, data: &Path) -> Result<Planted> {
    let mark = data.join("keys").join(MARK);
    if let Ok(text) = std::fs::read(&mark) {
        return serde_json::from_slice(&text).map_err(Error::internal);
    }
    deployment::begin_anew(cluster, data).await?;
    let superuser = deployment::connect(&cluster.config("postgres", deployment::DATABASE)).await?;
    superuser.batch_execute(db::SEED_ROLE).await?;
    let seed = cluster.config("renkei_seed", deployment::DATABASE);
    let access = Access {
        app: seed.clone(),
        auth: cluster.config("renkei_auth", deployment::DATABASE),
        job: seed,
        operator: Some(cluster.config("renkei_operator", deployment::DATABASE)),
        family: Some(cluster.config("renkei_seed", deployment::DATABASE)),
        sealer: None,
        connections: 1,
        tls: db::Tls::default(),
    };
    let app = cli::open(config.clone(), &access).await?;
    let planted = Planting::new(app).await?.everything().await?;
    superuser.batch_execute("ALTER ROLE renkei_seed NOLOGIN").await?;
    write_private(&mark, &serde_json::to_vec_pretty(&planted).map_err(Error::internal)?)?;
    Ok(planted)
}

fn write_private(file: &Path, bytes: &[u8]) -> Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let beside = file.with_extension("part");
    let written =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside);
    written
        .and_then(|mut f| f.write_all(bytes).and_then(|()| f.sync_all()))
        .and_then(|()| std::fs::rename(&beside, file))
        .map_err(Error::internal)
}

pub(super) struct Planting {
    pub(super) app: Arc<App>,
    sample: Sample,
    pub(super) calendar: Calendar,
    facilities: HashMap<String, (Uuid, String)>,
    people: HashMap<String, (Uuid, Actor)>,
    planted: Planted,
}

/// One thing that happened, in the order of its time.
enum Step<'a> {
    Register,
    Open,
    Join(usize),
    Sheet(usize),
    Post(usize),
    Acknowledge(usize, &'a str),
    Stamp(usize, &'a str, &'a str),
    Pin(usize, &'a str),
    Withdraw(usize),
    Remove(usize),
    Read(&'a str, usize),
    Range(usize),
    Vitals(usize, usize),
    /// Post and which of what followed it.
    Follow(usize, usize),
    Archive,
    Family(super::family::Turn),
    Task(usize),
    TaskDone(usize),
    Visit(usize),
    Record(usize),
}

/// What a patient's steps have made so far.
#[derive(Default)]
pub(super) struct Made {
    patient: Option<Uuid>,
    group: Option<Uuid>,
    posts: HashMap<usize, (Uuid, i64)>,
    tasks: HashMap<usize, Uuid>,
}

impl Planting {
    async fn new(app: App) -> Result<Self> {
        let sample = Sample::load().map_err(Error::internal)?;
        let zone = TimeZone::get("Asia/Tokyo").map_err(Error::internal)?;
        Ok(Self {
            app: Arc::new(app),
            sample,
            calendar: Calendar::new(Timestamp::now(), zone),
            facilities: HashMap::new(),
            people: HashMap::new(),
            planted: Planted {
                accounts: Vec::new(),
                operator: None,
                secretariat: None,
                relatives: Vec::new(),
                titles: BTreeMap::new(),
            },
        })
    }

    async fn everything(mut self) -> Result<Planted> {
        let sample = std::mem::replace(
            &mut self.sample,
            Sample { region: super::region::Region::empty(), patients: Vec::new() },
        );
        // Facilities and people were there before anything happened.
        self.clock(Timestamp::now() - jiff::SignedDuration::from_hours(24 * 120)).await?;
        for f in &sample.region.facilities {
            let id = Uuid::now_v7();
            facilities::acts::add(&self.app, id, &f.kind, &f.name, &f.kana, &f.telecom).await?;
            self.facilities.insert(f.key.clone(), (id, f.name.clone()));
        }
        self.people(&sample.region).await?;
        let (operator, described) = self.operator().await?;
        self.planted.operator = Some(described);
        let count = sample.patients.len();
        for (n, patient) in sample.patients.iter().enumerate() {
            self.patient(&sample.region, patient).await?;
            tracing::info!(done = n + 1, of = count, "sample patients");
        }
        let town = super::spaces::Town {
            app: &self.app,
            calendar: &self.calendar,
            facilities: &self.facilities,
            people: &self.people,
            accounts: &self.planted.accounts,
        };
        let spaces = super::spaces::plant(&town).await?;
        self.planted.titles.extend(spaces);
        self.clock(Timestamp::now()).await?;
        self.duty(&sample.region).await?;
        self.remind(&sample.patients).await?;
        let staff: Vec<Actor> = self.people.values().map(|(_, actor)| actor.clone()).collect();
        let who = operators::acts::trusted_session(&self.app, operator).await?;
        super::documents::plant(&self.app, &who, &staff).await?;
        self.planted.secretariat = Some(self.secretariat(&who, &sample.region.name).await?);
        operators::acts::sign_out(&self.app, &who).await?;
        Ok(self.planted)
    }

    async fn clock(&self, at: Timestamp) -> Result<()> {
        self.app.db.set_sample_clock(at).await
    }

    async fn people(&mut self, region: &super::region::Region) -> Result<()> {
        let hash = password::hash(PASSWORD.into()).await?;
        for person in &region.staff {
            let (id, secret) = (Uuid::now_v7(), totp::fresh_secret());
            let new = facilities::acts::NewAccount {
                id,
                login_id: &person.login_id,
                name: &person.name,
                kana: &person.kana,
                profession: &person.profession,
                password_hash: &hash,
                totp_secret: Some(secret),
            };
            facilities::acts::add_account(&self.app, &new).await?;
            let mail = format!("{}@example.jp", person.login_id);
            let phone = format!("090-0000-{:04}", self.people.len() + 1);
            accounts::contact::plant(&self.app, id, &mail, &phone).await?;
            for position in &person.facilities {
                facilities::acts::add_staff(
                    &self.app,
                    self.facility(&position.key)?,
                    id,
                    position.facility_admin,
                )
                .await?;
            }
            let session = trusted_session(&self.app, id, Trusted { idle: None }).await?;
            self.people.insert(person.login_id.clone(), (id, Actor::from_token(&session.token)));
            let main =
                person.facilities.first().ok_or_else(|| Error::internal("staff without a facility"))?;
            let (facility_id, facility) =
                self.facilities.get(&main.key).cloned().ok_or_else(|| Error::internal("unknown facility"))?;
            self.planted.accounts.push(Account {
                id,
                login_id: person.login_id.clone(),
                password: PASSWORD.into(),
                totp_secret: totp::base32(&secret),
                name: person.name.clone(),
                profession: person.profession.clone(),
                facility,
                facility_id,
                facility_admin: main.facility_admin,
            });
        }
        Ok(())
    }

    async fn operator(&self) -> Result<(Uuid, Operator)> {
        let (login_id, name, secret) = ("unei", "山吹 ひろ", totp::fresh_secret());
        let hash = password::hash(PASSWORD.into()).await?;
        let id = operators::acts::add(&self.app, login_id, name, &hash, &secret).await?;
        let described = Operator {
            login_id: login_id.into(),
            password: PASSWORD.into(),
            totp_secret: totp::base32(&secret),
            name: name.into(),
        };
        Ok((id, described))
    }

    async fn secretariat(&self, operator: &crate::auth::Operator, place: &str) -> Result<Operator> {
        let facilities: Vec<Uuid> = self.facilities.values().map(|f| f.0).collect();
        let hash = password::hash(PASSWORD.into()).await?;
        let totp_secret = super::secretariat::plant(&self.app, operator, place, &facilities, &hash).await?;
        Ok(Operator {
            login_id: super::secretariat::LOGIN_ID.into(),
            password: PASSWORD.into(),
            totp_secret,
            name: super::secretariat::NAME.into(),
        })
    }

    fn facility(&self, key: &str) -> Result<Uuid> {
        self.facilities
            .get(key)
            .map(|f| f.0)
            .ok_or_else(|| Error::internal(format!("unknown facility {key}")))
    }

    fn person(&self, login: &str) -> Result<(Uuid, Actor)> {
        self.people.get(login).cloned().ok_or_else(|| Error::internal(format!("unknown person {login}")))
    }

    /// Acts for the facility for which the person is in this group.
    pub(super) async fn acting(&self, patient: &Patient, login: &str) -> Result<Actor> {
        let facility = patient.member(login).map_or(patient.facility.as_str(), |m| m.facility.as_str());
        self.acting_for(login, facility).await
    }

    async fn acting_for(&self, login: &str, facility: &str) -> Result<Actor> {
        let (_, who) = self.person(login)?;
        let mut tx = self.app.db.acting(&who).await?;
        tx.query("SELECT act.act_for($1)", &[&self.facility(facility)?]).await?;
        tx.commit().await?;
        Ok(who)
    }

    async fn patient(&mut self, region: &super::region::Region, patient: &Patient) -> Result<()> {
        let mut made = Made::default();
        for (at, _, step) in self.steps(patient) {
            self.clock(at).await?;
            self.step(region, patient, &mut made, step).await?;
        }
        Ok(())
    }

    /// Everything that happened to one patient, by time; the second number keeps causes before effects.
    fn steps<'a>(&self, patient: &'a Patient) -> Vec<(Timestamp, u8, Step<'a>)> {
        let c = &self.calendar;
        let minutes = |n: u16| jiff::SignedDuration::from_mins(i64::from(n));
        let opened = c.instant(patient.opened);
        let mut steps = vec![(opened, 0, Step::Register), (opened, 1, Step::Open)];
        for (n, member) in patient.members.iter().enumerate().skip(1) {
            steps.push((c.instant(member.since).max(opened), 2, Step::Join(n)));
            if let Some(removal) = &member.removed {
                steps.push((c.instant(removal.when), 8, Step::Remove(n)));
            }
        }
        for (n, version) in patient.face_sheet.iter().enumerate().skip(1) {
            steps.push((c.instant(version.when).max(opened), 3, Step::Sheet(n)));
        }
        for (n, post) in patient.posts.iter().enumerate() {
            let at = c.instant(post.when);
            steps.push((at, 4, Step::Post(n)));
            steps.extend(
                post.acknowledged
                    .iter()
                    .map(|a| (at + minutes(a.after_minutes), 5, Step::Acknowledge(n, a.by.as_str()))),
            );
            steps.extend(
                post.stamps.iter().map(|s| {
                    (at + minutes(s.after_minutes), 6, Step::Stamp(n, s.by.as_str(), s.code.as_str()))
                }),
            );
            if let Some(p) = &post.pinned {
                steps.push((at + minutes(p.after_minutes), 6, Step::Pin(n, p.by.as_str())));
            }
            steps.extend(
                post.followed
                    .iter()
                    .enumerate()
                    .map(|(f, a)| (at + minutes(a.after_minutes), 6, Step::Follow(n, f))),
            );
            if let Some(w) = &post.withdrawn {
                steps.push((at + minutes(w.after_minutes), 7, Step::Withdraw(n)));
            }
        }
        steps.extend(self.reads(patient));
        let ranges = patient.ranges.iter().enumerate();
        steps.extend(ranges.map(|(n, range)| (c.instant(range.when), 4, Step::Range(n))));
        for (n, round) in patient.vitals.iter().enumerate() {
            let rows = round.rows.iter().enumerate();
            steps.extend(rows.map(|(row, measured)| (c.instant(measured.when), 5, Step::Vitals(n, row))));
        }
        if patient.key == super::family::PATIENT {
            steps.extend(super::family::TURNS.map(|(when, turn)| (c.instant(when), 4, Step::Family(turn))));
        }
        if let Some(archive) = &patient.archived {
            steps.push((c.instant(archive.when), 9, Step::Archive));
        }
        steps.extend(self.work_steps(patient));
        let now = Timestamp::now();
        for step in &mut steps {
            step.0 = step.0.min(now);
        }
        steps.sort_by_key(|s| (s.0, s.1));
        steps
    }

    /// People read what was written since their last visit, a while after it: every fourth post and the last one.
    fn reads<'a>(&self, patient: &'a Patient) -> Vec<(Timestamp, u8, Step<'a>)> {
        let mut reads = Vec::new();
        for (m, (login, last)) in patient.read_up_to.iter().enumerate() {
            let Some(last) = patient.position(last) else { continue };
            for n in (0..=last).filter(|n| *n == last || n % 4 == m % 4) {
                let later =
                    jiff::SignedDuration::from_mins(7 + i64::try_from((n * 13 + m * 17) % 90).unwrap_or(0));
                let at = self.calendar.instant(patient.posts[n].when);
                let late_enough = patient.member(login).is_some_and(|x| self.calendar.instant(x.since) <= at);
                if late_enough {
                    reads.push((at + later, 6, Step::Read(login.as_str(), n)));
                }
            }
        }
        reads
    }

    async fn step(
        &mut self,
        region: &super::region::Region,
        patient: &Patient,
        made: &mut Made,
        step: Step<'_>,
    ) -> Result<()> {
        match step {
            Step::Register => self.register(region, patient, made).await,
            Step::Open => self.open(region, patient, made).await,
            Step::Join(n) => self.join(patient, made, n).await,
            Step::Sheet(n) => self.sheet(patient, made, n).await,
            Step::Post(n) => self.post(patient, made, n).await,
            Step::Acknowledge(n, by) => {
                let who = self.acting(patient, by).await?;
                posts::acts::acknowledge(&self.app, &who, made.post(n)?.0).await
            }
            Step::Stamp(n, by, code) => {
                let who = self.acting(patient, by).await?;
                let stamp = marks::model::from_code(code).ok_or_else(|| Error::internal("no such stamp"))?;
                marks::acts::stamp(&self.app, &who, made.post(n)?.0, stamp, true).await
            }
            Step::Pin(n, by) => {
                let who = self.acting(patient, by).await?;
                marks::acts::pin(&self.app, &who, made.post(n)?.0, true).await
            }
            Step::Follow(n, f) => self.follow(patient, made.post(n)?.0, &patient.posts[n].followed[f]).await,
            Step::Withdraw(n) => {
                let post = &patient.posts[n];
                let who = self.acting(patient, &post.author).await?;
                let reason =
                    post.withdrawn.as_ref().map(|w| self.calendar.dated(&w.reason)).unwrap_or_default();
                posts::acts::withdraw(&self.app, &who, made.post(n)?.0, Uuid::new_v4(), reason).await
            }
            Step::Read(login, n) => {
                let who = self.acting(patient, login).await?;
                posts::acts::mark_read(&self.app, &who, made.group()?, Timeline::Team, made.post(n)?.1).await
            }
            Step::Range(n) => vitals::range(self, patient, made, n).await,
            Step::Vitals(n, row) => vitals::measured(self, patient, made, n, row).await,
            Step::Family(turn) => self.family(patient, made, turn).await,
            Step::Remove(n) => {
                let who = self.acting(patient, &patient.members[0].login_id).await?;
                let (account, _) = self.person(&patient.members[n].login_id)?;
                let reason = patient.members[n].removed.as_ref().map(|r| r.reason.clone());
                groups::acts::end_membership(&self.app, &who, made.group()?, account, Uuid::new_v4(), reason)
                    .await
                    .map(drop)
            }
            Step::Task(n) => self.task(patient, made, n).await,
            Step::TaskDone(n) => self.task_done(patient, made, n).await,
            Step::Visit(n) => self.visit(patient, made, n).await,
            Step::Record(n) => self.record(patient, made, n).await,
            Step::Archive => {
                let Some(archive) = &patient.archived else { return Ok(()) };
                let who = self.acting(patient, &archive.by).await?;
                groups::acts::set_archived(
                    &self.app,
                    &who,
                    made.group()?,
                    true,
                    Uuid::new_v4(),
                    archive.reason.clone(),
                )
                .await
                .map(drop)
            }
        }
    }

    async fn follow(&self, patient: &Patient, post: Uuid, one: &Followed) -> Result<()> {
        let who = self.acting(patient, &one.by).await?;
        let text = self.calendar.dated(&one.text);
        match &one.called {
            None => asks::acts::handle(&self.app, &who, post, Uuid::new_v4(), text).await.map(drop),
            Some(login) => {
                let account = self.person(login)?.0;
                let result = record::CallResult::NoAnswer;
                let call = NewCall { client_id: Uuid::new_v4(), account, result, note: Some(text) };
                asks::acts::call(&self.app, &who, post, call).await.map(drop)
            }
        }
    }

    /// Who is on duty as the demo begins, and who stands in for whom.
    async fn duty(&self, region: &super::region::Region) -> Result<()> {
        for facility in &region.facilities {
            let Some(login) = &facility.on_duty else { continue };
            let who = self.acting_for(login, &facility.key).await?;
            let until = Timestamp::now() + jiff::SignedDuration::from_hours(14);
            let (id, at) = (self.person(login)?.0, self.facility(&facility.key)?);
            duty::acts::hand_over(&self.app, &who, at, Some(id), until, Uuid::new_v4()).await?;
            duty::acts::show_phone(&self.app, &who, "090-0000-0000").await?;
        }
        for person in &region.staff {
            for position in &person.facilities {
                let Some(login) = &position.substitute else { continue };
                let who = self.acting_for(&person.login_id, &position.key).await?;
                let (id, substitute) = (self.person(&person.login_id)?.0, self.person(login)?.0);
                duty::acts::set_substitute(&self.app, &who, id, Some(substitute)).await?;
            }
        }
        Ok(())
    }

    /// What the deadlines that have passed brought with them, each at its time.
    async fn remind(&self, patients: &[Patient]) -> Result<()> {
        let deadlines = patients.iter().flat_map(|p| &p.posts).filter_map(|p| p.must_acknowledge_in_minutes);
        let mut passed: Vec<i32> = deadlines.filter(|minutes| *minutes < 0).collect();
        passed.sort_unstable();
        for minutes in passed {
            asks::acts::remind(&self.app, Some(self.calendar.in_minutes(minutes + 1))).await?;
        }
        Ok(())
    }

    async fn family(&mut self, patient: &Patient, made: &Made, turn: super::family::Turn) -> Result<()> {
        use super::family::{Turn, daughter_writes, join, staff_writes};
        let group = made.group()?;
        match turn {
            Turn::Join => {
                let host = self.acting(patient, &patient.members[0].login_id).await?;
                let name = self.planted.titles.get(&made.patient()?).cloned().unwrap_or_default();
                let relative = join(&self.app, &host, group, &name, PASSWORD).await?;
                self.planted.relatives.push(relative);
                Ok(())
            }
            Turn::Staff(login, body) => {
                let who = self.acting(patient, login).await?;
                staff_writes(&self.app, &who, group, body).await
            }
            Turn::Daughter(body) => match self.planted.relatives.last() {
                Some(daughter) => daughter_writes(&self.app, daughter, body).await,
                None => Err(Error::internal("she has not joined yet")),
            },
        }
    }

    /// An admin of the managing facility.
    fn admin(&self, region: &super::region::Region, patient: &Patient) -> Result<String> {
        let is_admin = |s: &&super::region::Staff| {
            s.facilities.iter().any(|p| p.key == patient.facility && p.facility_admin)
        };
        region
            .staff
            .iter()
            .find(is_admin)
            .map(|s| s.login_id.clone())
            .ok_or_else(|| Error::internal("no admin"))
    }

    fn sheet_of(&self, patient: &Patient, n: usize) -> BTreeMap<String, String> {
        let (_, sheet) = patient.sheets().nth(n).expect("the step names a version of this patient");
        sheet.into_iter().map(|(key, text)| (key, self.calendar.dated(&text))).collect()
    }

    async fn register(
        &mut self,
        region: &super::region::Region,
        patient: &Patient,
        made: &mut Made,
    ) -> Result<()> {
        let admin = self.admin(region, patient)?;
        let who = self.acting_for(&admin, &patient.facility).await?;
        let fields = self.sheet_of(patient, 0);
        let name = fields.get("name").cloned().unwrap_or_default();
        let new =
            patients::acts::NewPatient { client_id: Uuid::new_v4(), number: patient.number.clone(), fields };
        let (id, _) = patients::acts::register(&self.app, &who, &new).await?;
        made.patient = Some(id);
        self.planted.titles.insert(id, name);
        Ok(())
    }

    async fn open(&self, region: &super::region::Region, patient: &Patient, made: &mut Made) -> Result<()> {
        let admin = self.admin(region, patient)?;
        let who = self.acting_for(&admin, &patient.facility).await?;
        let (host, _) = self.person(&patient.members[0].login_id)?;
        let new = groups::acts::Opening { client_id: Uuid::new_v4(), patient_id: made.patient()?, host };
        made.group = Some(groups::acts::open(&self.app, &who, new).await?.0);
        Ok(())
    }

    async fn join(&self, patient: &Patient, made: &Made, n: usize) -> Result<()> {
        let member = &patient.members[n];
        let host = self.acting(patient, &patient.members[0].login_id).await?;
        let (account, _) = self.person(&member.login_id)?;
        let role = match member.role {
            Role::Guest => Joining::Guest,
            Role::Host | Role::Member => Joining::Member,
        };
        let new = InvitationBody {
            client_id: Uuid::new_v4(),
            account_id: account,
            facility_id: self.facility(&member.facility)?,
            role,
            until: member.until_in_days.map(|days| self.calendar.end_of_day(days)),
            from_now_on: false,
        };
        let invitation = invitations::acts::invite(&self.app, &host, made.group()?, new).await?.0.id;
        let who = self.acting(patient, &member.login_id).await?;
        invitations::acts::answer(
            &self.app,
            &who,
            Named { id: Some(invitation), link_hash: None },
            Uuid::new_v4(),
            Answer::Accept,
        )
        .await
        .map(drop)
    }

    async fn sheet(&self, patient: &Patient, made: &Made, n: usize) -> Result<()> {
        let version = &patient.face_sheet[n];
        let who = self.acting(patient, &version.by).await?;
        let fields = self.sheet_of(patient, n);
        let seen = i64::try_from(n).map_err(Error::internal)?;
        let save =
            Save { client_id: Uuid::new_v4(), seen, fields, reason: self.calendar.dated(&version.reason) };
        face_sheets::acts::save(&self.app, &who, made.patient()?, &save).await.map(drop)
    }

    async fn post(&self, patient: &Patient, made: &mut Made, n: usize) -> Result<()> {
        let post = &patient.posts[n];
        let who = self.acting(patient, &post.author).await?;
        let earlier = |key: &Option<String>| {
            key.as_deref().and_then(|k| patient.position(k)).and_then(|p| made.posts.get(&p)).map(|p| p.0)
        };
        let mut files = Vec::new();
        for attachment in &post.files {
            let bytes = match &attachment.content {
                Content::Picture(picture) => picture.jpeg(),
                Content::Pdf(document) => {
                    let sheet = self.sheet_of(patient, 0);
                    document.pdf(sheet.get("name").map_or("", String::as_str), &self.calendar)
                }
            };
            let upload = files::acts::Upload {
                client_id: Uuid::new_v4(),
                name: self.calendar.dated(&attachment.name),
                class: class(&attachment.class),
                bytes: bytes.into(),
            };
            files.push(files::acts::take_in(&self.app, &who, upload).await?.id);
        }
        if let Some(old) = earlier(&post.corrects) {
            let body =
                CorrectionBody { client_id: Uuid::new_v4(), body: self.calendar.dated(&post.body), files };
            let posted = posts::acts::correct(&self.app, &who, old, &body).await?.post;
            made.posts.insert(n, (posted.id, posted.seq));
            return Ok(());
        }
        let mentions = post
            .mentions
            .iter()
            .map(|login| self.person(login).map(|p| MentionBody::Account(p.0)))
            .collect::<Result<_>>()?;
        let new = NewPost {
            body: self.calendar.dated(&post.body),
            timeline: Timeline::Team,
            reply_to: earlier(&post.reply_to),
            corrects: None,
            files,
            mentions,
            must_acknowledge_by: post.must_acknowledge_in_minutes.map(|m| self.calendar.in_minutes(m)),
            template: post
                .template
                .as_deref()
                .and_then(templates::named)
                .map(|(id, version)| TemplateBody { id, version }),
            urgent: post.urgent,
            client_id: Uuid::new_v4(),
        };
        let posted = posts::acts::post(&self.app, &who, made.group()?, new).await?.post;
        made.posts.insert(n, (posted.id, posted.seq));
        vitals::of_post(self, patient, made, n, &posted).await
    }
}

impl Made {
    pub(super) fn patient(&self) -> Result<Uuid> {
        self.patient.ok_or_else(|| Error::internal("the patient is not registered yet"))
    }

    pub(super) fn group(&self) -> Result<Uuid> {
        self.group.ok_or_else(|| Error::internal("the group is not open yet"))
    }

    fn post(&self, n: usize) -> Result<(Uuid, i64)> {
        self.posts.get(&n).copied().ok_or_else(|| Error::internal("the post is not written yet"))
    }
}

/// The sample's class words as the record spells them.
fn class(code: &str) -> record::FileClass {
    match code {
        "photo" => record::FileClass::Picture,
        "test_result" => record::FileClass::Examination,
        "medication_history" => record::FileClass::MedicationHistory,
        "narcotics_ledger" => record::FileClass::NarcoticsLedger,
        "referral" => record::FileClass::ReferralLetter,
        _ => record::FileClass::Other,
    }
}
