//! The sample's spaces beside the patients: a study group of the town, a conversation of two, and two consultations.

use std::collections::HashMap;

use record::GroupTitle;
use uuid::Uuid;

use super::{
    calendar::{Calendar, When},
    plant::Account,
};
use crate::{
    Error, Result,
    app::App,
    auth::Actor,
    features::{
        connections::{
            self,
            model::{Decision, NewAsk},
        },
        consultations::{self, model::NewConsultation, model::State},
        groups,
        invitations::{
            self,
            model::{Answer, InvitationBody, Joining, Named},
        },
        posts::{
            self,
            model::{NewPost, Timeline},
        },
    },
};

const TITLE: &str = "ことり市 在宅ケア勉強会";
const PURPOSE: &str = "月に1回、職種と施設をこえて学び合います。患者さんのことは書きません。";
const OPENED: u16 = 40;
/// Who hosts it, who comes, and as whose staff.
const HOST: (&str, &str) = ("minagawa", "tsumugi");
const MEMBERS: [(&str, &str); 6] = [
    ("igarashi", "soramame"),
    ("kuwabara", "hidamarizaka"),
    ("teshigawara", "mitsubachi"),
    ("nakatsugawa", "yuzunoki"),
    ("sano", "tsukinowa"),
    ("ota", "yuzunoki"),
];
/// (who, days ago, hour, words)
const TALK: [(&str, u16, i8, &str); 5] = [
    (
        "minagawa",
        39,
        10,
        "勉強会のグループを作りました。日程と資料は、ここでお知らせします。患者さんのことは書かない場所です。",
    ),
    (
        "teshigawara",
        30,
        18,
        "前回の「飲みこみにくい薬の工夫」の資料です。粉砕してはいけない薬の一覧は、薬局でもお渡しできます。",
    ),
    ("sano", 21, 9, "次回は、つきのわ病院の会議室を使えます。定員は30人です。"),
    ("igarashi", 12, 20, "次回のテーマの希望です。夏の脱水を早く見つけるこつを、みなさんから聞きたいです。"),
    ("minagawa", 5, 11, "次回は{{9}}の18時30分から、つきのわ病院の会議室です。オンラインでも参加できます。"),
];
/// Who asks, days ago and at what hour, title, words, answers with their writers, and the result where there is one.
type Consulted = (
    &'static str,
    u16,
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    Option<&'static str>,
);

/// The one that is still talked over, and the one that was resolved.
const CONSULTED: [Consulted; 2] = [
    (
        "nakatsugawa",
        18,
        "勉強会の開始時刻",
        "夕方の訪問が終わらず、18時では間に合わない人がいます。何時からなら来やすいですか。",
        &[
            ("ota", "18時半なら、着替えてから行けます。"),
            ("kuwabara", "診療のあとなので、18時半だと助かります。"),
        ],
        Some("次回から18時30分に始めます。録画も残します。"),
    ),
    (
        "ota",
        3,
        "記録のことばをそろえたい",
        "「ずり落ち」「すべり座り」など、同じことをちがうことばで書いています。勉強会で、よく使うことばの一覧を作りませんか。",
        &[("igarashi", "賛成です。看護師どうしでも、ちがうことがあります。")],
        None,
    ),
];
/// Two who know each other: who asked, who was asked, and what they said.
const PAIR: [(&str, &str); 2] = [("igarashi", "soramame"), ("teshigawara", "mitsubachi")];
const GREETING: &str = "勉強会でお会いした五十嵐です。薬の工夫について、また教えてください。";
const BETWEEN: [(usize, u16, i8, &str); 4] = [
    (0, 8, 12, "先日は資料をありがとうございました。新人の研修でも使わせていただいてよいですか。"),
    (1, 8, 13, "もちろんです。新しい版ができたら、またお送りします。"),
    (0, 2, 17, "次回の発表、いっしょにしませんか。看護と薬局の両方から話せると、分かりやすいと思います。"),
    (1, 1, 12, "ぜひ。木曜の午後なら、打ち合わせできます。"),
];
/// Who asks, and waits for an answer.
const ASKING: [(&str, &str); 2] = [("honjo", "tsumugi"), ("igarashi", "soramame")];
const ASKED: &str = "居宅介護支援事業所 つむぎの本庄です。勉強会のことで、ごあいさつさせてください。";

/// One thing that happened in the study group.
#[derive(Clone, Copy)]
enum Step {
    Say(usize),
    Consult(usize),
    Reply(usize, usize),
    Resolve(usize),
}

/// In the order of their time: days ago, hour.
fn steps() -> Vec<(u16, i8, Step)> {
    let mut all: Vec<(u16, i8, Step)> =
        TALK.iter().enumerate().map(|(n, (_, days, hour, _))| (*days, *hour, Step::Say(n))).collect();
    for (n, (_, days, _, _, replies, result)) in CONSULTED.iter().enumerate() {
        all.push((*days, 8, Step::Consult(n)));
        all.extend((12i8..).zip(0..replies.len()).map(|(hour, k)| (*days, hour, Step::Reply(n, k))));
        if result.is_some() {
            all.push((days - 1, 19, Step::Resolve(n)));
        }
    }
    all.sort_by_key(|(days, hour, _)| (std::cmp::Reverse(*days), *hour));
    all
}

pub(super) struct Town<'a> {
    pub(super) app: &'a App,
    pub(super) calendar: &'a Calendar,
    pub(super) facilities: &'a HashMap<String, (Uuid, String)>,
    pub(super) people: &'a HashMap<String, (Uuid, Actor)>,
    pub(super) accounts: &'a [Account],
}

/// What the groups are called, for the description of the demo.
pub(super) async fn plant(town: &Town<'_>) -> Result<Vec<(Uuid, String)>> {
    let study = town.study_group().await?;
    let pair = town.pair().await?;
    town.at(2, 9).await?;
    town.ask(ASKING[0], ASKING[1], ASKED).await?;
    let both = format!("{}・{}", town.name(PAIR[0].0), town.name(PAIR[1].0));
    Ok(vec![(study, TITLE.to_owned()), (pair, both)])
}

impl Town<'_> {
    async fn study_group(&self) -> Result<Uuid> {
        self.at(OPENED, 9).await?;
        let host = self.acting(HOST).await?;
        let titled = GroupTitle { title: TITLE.to_owned(), purpose: Some(PURPOSE.to_owned()) };
        let (group, _) = groups::acts::open_free(self.app, &host, Uuid::new_v4(), &titled).await?;
        for member in MEMBERS {
            self.join(&host, group, member).await?;
        }
        let mut opened = [None; CONSULTED.len()];
        for (days, hour, step) in steps() {
            self.at(days, hour).await?;
            self.step(group, step, &mut opened).await?;
        }
        Ok(group)
    }

    async fn step(&self, group: Uuid, step: Step, opened: &mut [Option<(Uuid, Uuid)>]) -> Result<()> {
        match step {
            Step::Say(n) => self.say(self.of_study(TALK[n].0)?, group, TALK[n].3, None).await,
            Step::Consult(n) => {
                let (who, _, title, body, ..) = CONSULTED[n];
                let who = self.acting(self.of_study(who)?).await?;
                let (title, body) = (title.to_owned(), body.to_owned());
                let new = NewConsultation { client_id: Uuid::new_v4(), title, body };
                let (made, _) = consultations::acts::open(self.app, &who, group, &new).await?;
                opened[n] = Some((made.id, made.post_id));
                Ok(())
            }
            Step::Reply(n, k) => {
                let (by, words) = CONSULTED[n].4[k];
                self.say(self.of_study(by)?, group, words, opened[n].map(|o| o.1)).await
            }
            Step::Resolve(n) => {
                let (who, .., result) = CONSULTED[n];
                let (Some((id, _)), Some(result)) = (opened[n], result) else { return Ok(()) };
                let who = self.acting(self.of_study(who)?).await?;
                let line = result.to_owned();
                consultations::acts::set(self.app, &who, id, State::Closed, Uuid::new_v4(), line)
                    .await
                    .map(drop)
            }
        }
    }

    async fn pair(&self) -> Result<Uuid> {
        self.at(10, 12).await?;
        let connection = self.ask(PAIR[0], PAIR[1], GREETING).await?;
        self.at(10, 18).await?;
        let other = self.acting(PAIR[1]).await?;
        connections::acts::answer(self.app, &other, connection, Decision::Accept).await?;
        let (group, _) = connections::direct::open(self.app, &other, connection).await?;
        for (who, days, hour, words) in BETWEEN {
            self.at(days, hour).await?;
            self.say(PAIR[who], group, words, None).await?;
        }
        Ok(group)
    }

    async fn ask(&self, from: (&str, &str), to: (&str, &str), greeting: &str) -> Result<Uuid> {
        let who = self.acting(from).await?;
        let new = NewAsk {
            client_id: Uuid::new_v4(),
            account_id: self.person(to.0)?.0,
            facility_id: self.facility(to.1)?,
            greeting: Some(greeting.to_owned()),
        };
        Ok(connections::acts::ask(self.app, &who, &new).await?.0.id)
    }

    async fn join(&self, host: &Actor, group: Uuid, member: (&str, &str)) -> Result<()> {
        let new = InvitationBody {
            client_id: Uuid::new_v4(),
            account_id: self.person(member.0)?.0,
            facility_id: self.facility(member.1)?,
            role: Joining::Member,
            until: None,
            from_now_on: false,
        };
        let invitation = invitations::acts::invite(self.app, host, group, new).await?.0.id;
        let who = self.acting(member).await?;
        let named = Named { id: Some(invitation), link_hash: None };
        invitations::acts::answer(self.app, &who, named, Uuid::new_v4(), Answer::Accept).await.map(drop)
    }

    async fn say(&self, who: (&str, &str), group: Uuid, words: &str, to: Option<Uuid>) -> Result<()> {
        let words = NewPost::words(Timeline::Team, self.calendar.dated(words), Uuid::new_v4());
        let new = NewPost { reply_to: to, ..words };
        posts::acts::post(self.app, &self.acting(who).await?, group, new).await.map(drop)
    }

    fn of_study(&self, login: &str) -> Result<(&'static str, &'static str)> {
        let mut all = MEMBERS.into_iter().chain([HOST]);
        all.find(|(one, _)| *one == login)
            .ok_or_else(|| Error::internal(format!("{login} is not in the study group")))
    }

    async fn at(&self, days_ago: u16, hour: i8) -> Result<()> {
        let at = jiff::civil::time(hour, 0, 0, 0);
        self.app.db.set_sample_clock(self.calendar.instant(When::Day { days_ago, at })).await
    }

    async fn acting(&self, (login, facility): (&str, &str)) -> Result<Actor> {
        let (_, who) = self.person(login)?;
        let mut tx = self.app.db.acting(&who).await?;
        tx.query("SELECT act.act_for($1)", &[&self.facility(facility)?]).await?;
        tx.commit().await?;
        Ok(who)
    }

    fn person(&self, login: &str) -> Result<(Uuid, Actor)> {
        self.people.get(login).cloned().ok_or_else(|| Error::internal(format!("unknown person {login}")))
    }

    fn facility(&self, key: &str) -> Result<Uuid> {
        let known = self.facilities.get(key).map(|f| f.0);
        known.ok_or_else(|| Error::internal(format!("unknown facility {key}")))
    }

    fn name(&self, login: &str) -> &str {
        self.accounts.iter().find(|a| a.login_id == login).map_or("", |a| a.name.as_str())
    }
}
