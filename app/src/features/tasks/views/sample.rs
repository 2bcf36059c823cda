//! Invented tasks, for looking at pages without a database.

use jiff::{Timestamp, ToSpan, civil::time};
use uuid::Uuid;

use super::{GroupTasks, MyTasks, NewView, TaskView};
use crate::{
    features::{
        groups::views::sample_now,
        patients::room::Room,
        tasks::{
            forms::Typed,
            model::{Happened, State, Task},
            rules::Due,
        },
    },
    people::PersonBody,
    web::{input, ui::time as shown},
};

fn task(n: u128, what: &str, days: i32, hour: Option<i8>, state: State, now: Timestamp) -> Task {
    let day = shown::day_of(now).checked_add(days.days()).unwrap_or_default();
    let due = Due { day, time: hour.map(|h| time(h, 30, 0, 0)) };
    let person = |id, name: &str, profession: &str| PersonBody {
        id: Uuid::from_u128(id),
        name: name.to_owned(),
        profession: profession.to_owned(),
    };
    Task {
        id: Uuid::from_u128(700 + n),
        group_id: Uuid::from_u128(13),
        post_id: n.is_multiple_of(2).then(|| Uuid::from_u128(104)),
        what: what.to_owned(),
        due_date: day.to_string(),
        due_time: due.time.map(input::clock_value),
        overdue: days < 0,
        owner: person(1, "五十嵐 みずほ", "nurse"),
        made_by: person(2, "桑原 誠一郎", "doctor"),
        state,
        text: (state != State::Open).then(|| "残薬は12日分。薬局に伝えました。".to_owned()),
        passed_on: n == 3,
        version: 1,
        made_at: now,
        changed_at: now,
        due,
    }
}

fn tasks(now: Timestamp) -> Vec<Task> {
    [
        ("褥瘡の写真を撮って、先生に見てもらう", -2, None),
        ("残薬を数えて薬局に伝える", 0, Some(17)),
        ("退院前カンファレンスの資料をそろえる", 0, None),
        ("訪問看護指示書の更新をお願いする", 4, None),
        ("福祉用具の業者に、手すりの見積もりを頼む。ご長女の都合を先に聞くこと", 20, None),
    ]
    .into_iter()
    .zip(0u128..)
    .map(|((what, days, hour), n)| task(n, what, days, hour, State::Open, now))
    .collect()
}

impl MyTasks {
    pub fn sample() -> Self {
        let now = sample_now();
        let titles = [(Uuid::from_u128(13), "小野寺 ハル子".to_owned())].into();
        Self { tasks: tasks(now), titles, now }
    }
}

impl GroupTasks {
    pub fn sample() -> Self {
        let now = sample_now();
        Self {
            room: Room::sample(),
            group: Uuid::from_u128(13),
            open: tasks(now),
            closed: vec![task(9, "残薬を数える", -3, None, State::Done, now)],
            archived: false,
            me: Uuid::from_u128(1),
            now,
        }
    }
}

impl NewView {
    pub fn sample() -> Self {
        Self {
            room: Room::sample(),
            group: Uuid::from_u128(13),
            members: Vec::new(),
            me: Uuid::from_u128(1),
            typed: Typed::new(sample_now()),
        }
    }
}

impl TaskView {
    pub fn sample() -> Self {
        let now = sample_now();
        let task = tasks(now).swap_remove(3);
        let mut typed = Typed::new(now);
        typed.fill(&task);
        let made = Happened {
            kind: "made".into(),
            at: now,
            by: Some("桑原 誠一郎".into()),
            owner: "城戸 誠".into(),
            text: None,
            words: None,
        };
        let passed = Happened { kind: "passed_on".into(), by: None, ..made.clone() };
        Self {
            room: Room::sample(),
            task,
            history: vec![made, passed],
            members: Vec::new(),
            archived: false,
            typed,
            done: None,
            now,
        }
    }
}
