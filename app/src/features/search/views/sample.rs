//! What the search looks like, with invented people.

use folding::Query;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Choices, HitRow, PersonChoice, Results, SearchView, Typed};
use crate::{
    features::{
        posts::model::{Author, Timeline},
        search::model::{Hit, Kind, Place},
    },
    web::forms::Errors,
};

const NOW: Timestamp = Timestamp::constant(1_794_893_520, 0);
const LONG_NAME: &str = "アレクサンドラ・フェルナンデス=山之内 様";

fn hit(minutes: i64, kind: Kind, text: &str, query: &Query) -> Hit {
    let at = NOW - jiff::SignedDuration::from_mins(minutes);
    let is_sheet = kind == Kind::FaceSheet;
    Hit {
        place: Place { at: at.as_microsecond(), stream: Uuid::from_u128(7) },
        kind,
        post: (!is_sheet).then(|| Uuid::from_u128(u128::from(minutes.unsigned_abs()))),
        group: Some(Uuid::from_u128(11)),
        patient: is_sheet.then(|| Uuid::from_u128(3)),
        timeline: (!is_sheet).then_some(Timeline::Team),
        at,
        author: Author {
            id: Uuid::from_u128(1),
            name: "佐久間 クリストファー 健太郎".into(),
            reading: String::new(),
            profession: "doctor".into(),
            facility: "つきのわ病院 総合診療科・地域包括ケア病棟".into(),
            facility_id: Uuid::from_u128(5),
            relation: None,
        },
        excerpt: if is_sheet || kind == Kind::File { Vec::new() } else { query.excerpt(text) },
        files: if kind == Kind::File { vec![query.marked(text)] } else { Vec::new() },
        fields: if is_sheet { vec![("注意すること", query.excerpt(text))] } else { Vec::new() },
        withdrawn: false,
        corrected_since: false,
    }
}

impl SearchView {
    pub fn sample() -> Self {
        let q = "嚥下 ﾄﾛﾐ";
        let query = Query::parse(q);
        let told = "本日の訪問。嚥下は前回と変わらず、むせは1回だけでした。とろみは中間のままで、ご家族にも作り方をもう一度お伝えしています。次回は金曜です。";
        let older = Hit { corrected_since: true, ..hit(3_000, Kind::Post, told, &query) };
        let gone = Hit {
            withdrawn: true,
            ..hit(90_000, Kind::Post, "嚥下とトロミの量を書き間違えたため", &query)
        };
        let hits = [
            hit(12, Kind::Post, told, &query),
            hit(200, Kind::Correction, told, &query),
            hit(900, Kind::File, "嚥下評価_トロミの作り方_2026年10月版_ご家族用.pdf", &query),
            older,
            hit(9_000, Kind::FaceSheet, "嚥下に注意。水分にはとろみ(中間)。食事は刻み。", &query),
            gone,
        ];
        let row = |hit| HitRow { title: LONG_NAME.into(), hit };
        Self {
            typed: Typed { q: q.into(), ..Typed::default() },
            results: Some(Results {
                rows: hits.into_iter().map(row).collect(),
                next: Some("x".into()),
                unfinished: true,
                searched_back_to: Some(NOW - jiff::SignedDuration::from_hours(24 * 400)),
                goes_on: false,
                now: NOW,
            }),
            ..Self::sample_empty()
        }
    }

    /// Nothing typed yet.
    pub fn sample_empty() -> Self {
        let person = PersonChoice {
            id: Uuid::from_u128(1),
            name: "佐久間 クリストファー 健太郎".into(),
            profession: "doctor".into(),
            facility: "つきのわ病院 総合診療科・地域包括ケア病棟".into(),
        };
        let facilities = vec![(Uuid::from_u128(5), person.facility.clone())];
        let choices = Choices {
            groups: vec![(Uuid::from_u128(11), LONG_NAME.into())],
            people: vec![person],
            facilities,
        };
        Self { typed: Typed::default(), choices, errors: Errors::none(), results: None }
    }
}
