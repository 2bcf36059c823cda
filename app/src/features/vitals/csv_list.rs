//! Measurements as a spreadsheet program or a device saves them, read line by line: what is wrong is said of each.

use jiff::{Timestamp, civil};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use super::{
    acts::part_id,
    form::amount,
    model::{MAX_DEVICE, MAX_NOTE, NewObservation},
    sign::{Amount, Part, Sign},
};
use crate::words::{fill, t};
use crate::{
    japan,
    web::{
        csv::LineCount,
        input::{folded, optional_text},
    },
};

/// Lines of a list at most.
pub const MOST: usize = 500;

/// One line: when, and what was measured, or what is wrong in the person's words.
#[derive(Clone)]
pub struct Line {
    /// As the spreadsheet counts, the head being line 1.
    pub number: u64,
    pub when: String,
    pub read: Result<Vec<NewObservation>, Vec<String>>,
}

crate::opaque_debug!(Line);

/// A column of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Moment,
    Date,
    Time,
    Number(Sign, usize),
    Device,
    Note,
}

/// In the order of the sample, with what else people and devices call them.
const COLUMNS: [(&str, &[&str], Column); 13] = [
    ("日時", &["測定日時", "計測日時", "datetime"], Column::Moment),
    ("日付", &["測定日", "計測日", "date"], Column::Date),
    ("時刻", &["測定時刻", "時間", "time"], Column::Time),
    ("体温", &["KT", "BT", "体温(℃)"], Column::Number(Sign::Temperature, 0)),
    (
        "最高血圧",
        &["収縮期血圧", "血圧(上)", "最高血圧(mmHg)", "SYS"],
        Column::Number(Sign::BloodPressure, 0),
    ),
    (
        "最低血圧",
        &["拡張期血圧", "血圧(下)", "最低血圧(mmHg)", "DIA"],
        Column::Number(Sign::BloodPressure, 1),
    ),
    ("脈拍", &["脈拍数", "脈", "HR", "心拍数", "PULSE"], Column::Number(Sign::Pulse, 0)),
    ("SpO2", &["酸素飽和度", "SpO2(%)"], Column::Number(Sign::Spo2, 0)),
    ("呼吸数", &["呼吸", "RR"], Column::Number(Sign::Respiration, 0)),
    ("体重", &["BW", "体重(kg)"], Column::Number(Sign::Weight, 0)),
    ("血糖", &["血糖値", "BS", "血糖(mg/dL)"], Column::Number(Sign::Glucose, 0)),
    ("機器", &["測定機器", "device"], Column::Device),
    ("メモ", &["備考", "note"], Column::Note),
];

/// The heads of the sample file.
pub const SAMPLE: [&str; 12] = [
    "日付",
    "時刻",
    "体温",
    "最高血圧",
    "最低血圧",
    "脈拍",
    "SpO2",
    "呼吸数",
    "体重",
    "血糖",
    "機器",
    "メモ",
];

/// Reads a list. `Err`: why none of it can be read. `list` makes the client ids, so that a list sent twice is one list.
pub fn read(text: &str, list: Uuid, now: Timestamp) -> Result<Vec<Line>, String> {
    let text = &text.replace("\r\n", "\n").replace('\r', "\n");
    let first = text.lines().find(|l| !l.trim().is_empty()).ok_or(t("一覧が空です。"))?;
    let delimiter = if first.contains('\t') { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut columns: Option<Vec<Option<Column>>> = None;
    let mut count = LineCount::of(text);
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| t("表の形になっていません。").to_owned())?;
        let number = count.line_of(&record);
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        match &columns {
            None => columns = Some(head(&record)?),
            Some(columns) => lines.push(line(&record, columns, number, list, now)),
        }
        if lines.len() > MOST {
            return Err(fill(
                t("一度に取り込めるのは{MOST}行までです。一覧を分けてください。"),
                &[("MOST", &MOST)],
            ));
        }
    }
    if lines.is_empty() {
        Err(t("見出しのほかに、値の行がありません。").into())
    } else {
        Ok(lines)
    }
}

/// What each column is; unknown ones are passed over.
fn head(record: &csv::StringRecord) -> Result<Vec<Option<Column>>, String> {
    let column = |title: &str| {
        let title = folded(title);
        COLUMNS
            .iter()
            .find(|(name, also, _)| folded(name) == title || also.iter().any(|a| folded(a) == title))
            .map(|c| c.2)
    };
    let columns: Vec<Option<Column>> = record.iter().map(column).collect();
    let has = |wanted: Column| columns.contains(&Some(wanted));
    if !has(Column::Moment) && !has(Column::Date) {
        return Err(t("見出しに「日付」（または「日時」）がありません。").into());
    }
    if !columns.iter().flatten().any(|c| matches!(c, Column::Number(..))) {
        return Err(t("見出しに、体温・最高血圧などの値の列がありません。").into());
    }
    if has(Column::Number(Sign::BloodPressure, 0)) != has(Column::Number(Sign::BloodPressure, 1)) {
        return Err(t("見出しに「最高血圧」と「最低血圧」の両方が要ります。").into());
    }
    Ok(columns)
}

fn line(
    record: &csv::StringRecord,
    columns: &[Option<Column>],
    number: u64,
    list: Uuid,
    now: Timestamp,
) -> Line {
    let field = |wanted: Column| {
        let at = columns.iter().position(|column| *column == Some(wanted));
        at.and_then(|at| record.get(at)).unwrap_or_default().trim()
    };
    let (moment, date, clock) = (field(Column::Moment), field(Column::Date), field(Column::Time));
    let when = if moment.is_empty() { format!("{date} {clock}") } else { moment.to_owned() };
    let mut wrong = Vec::new();
    let at = measured(&when);
    if at.is_none() {
        wrong.push(fill(t("日時「{0}」：2026/11/17 8:30 の形にしてください。"), &[("0", &short(&when))]));
    }
    let mut words = |name: &'static str, column, max| {
        optional_text(name, field(column), max)
            .map_err(|e| wrong.push(fill(t("{name}：{0}"), &[("name", &name), ("0", &e.message)])))
            .ok()
    };
    let (device, note) =
        (words(t("機器"), Column::Device, MAX_DEVICE), words(t("メモ"), Column::Note, MAX_NOTE));
    let kept = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let mut all = Vec::new();
    for sign in Sign::VITAL {
        let typed: Vec<(&str, &Part)> =
            sign.parts().iter().enumerate().map(|(n, part)| (field(Column::Number(sign, n)), part)).collect();
        if typed.iter().all(|(typed, _)| typed.is_empty()) {
            continue;
        }
        let before = wrong.len();
        let values: Vec<Amount> = typed
            .iter()
            .filter_map(|(typed, part)| {
                let value = amount(typed);
                if value.is_none() {
                    wrong.push(fill(
                        t("{0}「{1}」：数字にしてください。"),
                        &[("0", &t(part.name)), ("1", &short(typed))],
                    ));
                }
                value
            })
            .collect();
        if wrong.len() > before {
            continue;
        }
        let new = NewObservation {
            client_id: part_id(list, &format!("{number}|{}", sign.key())),
            sign,
            values,
            measured_at: at.unwrap_or(now),
            timed: true,
            device: kept(&device),
            site: None,
            post: None,
            note: kept(&note),
            confirmed: false,
        };
        match new.check("value", now) {
            Ok(()) => all.push(new),
            // Nobody can be asked about each of five hundred lines: what is rare is typed by hand.
            Err(problem) if problem.code == "implausible" => {
                let value = sign.written(&new.values);
                wrong.push(fill(t("{0} {value}：めったにない値です。正しければ「値を記録する」から1件ずつ入れてください。"), &[("0", &sign.name()), ("value", &value)]));
            }
            Err(problem) => wrong.push(problem.message.into_owned()),
        }
    }
    if all.is_empty() && wrong.is_empty() {
        wrong.push(t("値がありません。").into());
    }
    wrong.dedup();
    Line { number, when: short(&when), read: if wrong.is_empty() { Ok(all) } else { Err(wrong) } }
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(30).collect()
}

/// A local day and time of day: `2026/11/17 8:30`, `2026-11-17 08:30:15`, `2026年11月17日 8時30分`, or an instant.
fn measured(text: &str) -> Option<Timestamp> {
    let text: String = text.nfkc().collect();
    if let Ok(at) = text.trim().parse::<Timestamp>() {
        return Some(at);
    }
    let numbers: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let odd = |c: char| !c.is_ascii_digit() && !"/-.年月日時分秒: T　".contains(c);
    if text.chars().any(odd) || !(5..=6).contains(&numbers.len()) || numbers[0].len() != 4 {
        return None;
    }
    let date = civil::Date::new(numbers[0].parse().ok()?, numbers[1].parse().ok()?, numbers[2].parse().ok()?)
        .ok()?;
    let second = numbers.get(5).map_or(Some(0), |s| s.parse().ok())?;
    let clock = civil::Time::new(numbers[3].parse().ok()?, numbers[4].parse().ok()?, second, 0).ok()?;
    Some(date.to_datetime(clock).to_zoned(japan::zone()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-17T05:32:00Z".parse().unwrap()
    }

    fn lines(text: &str) -> Vec<Line> {
        read(text, Uuid::nil(), now()).unwrap()
    }

    #[test]
    fn a_line_gives_each_of_its_values() {
        let read = lines(
            "日付,時刻,体温,最高血圧,最低血圧,脈拍,ほか,メモ\n2026/11/16,8:30,36.5,128,76,72,x,食後\n2026年11月16日,20時05分,３７．２,,,,,\n",
        );
        let first = read[0].read.as_ref().unwrap();
        let written: Vec<String> = first.iter().map(|o| o.sign.written(&o.values)).collect();
        assert_eq!(written, ["36.5", "128/76", "72"]);
        assert_eq!(first[0].measured_at.to_string(), "2026-11-15T23:30:00Z");
        assert_eq!(first[0].note.as_deref(), Some("食後"));
        assert_eq!(read[1].read.as_ref().unwrap()[0].measured_at.to_string(), "2026-11-16T11:05:00Z");
    }

    #[test]
    fn each_line_says_what_is_wrong_with_it() {
        let text = "日時,体温,最高血圧,最低血圧\n2026-11-16 08:30,73.2,,\nきのう,36.5,,\n2026-11-16 08:30,36.5,128,\n2026-11-16 08:30,,,\n2027-01-01 08:30,36.5,,\n2026-11-16 08:30,33.1,,\n2026-11-16 08:30,あ,,\n";
        let read = lines(text);
        let wrong = |n: usize| read[n].read.as_ref().unwrap_err().join("\n");
        for (n, part) in [
            "ありえない値",
            "日時「きのう」",
            "最低血圧「」",
            "値がありません",
            "いまより先",
            "めったにない",
            "体温「あ」",
        ]
        .iter()
        .enumerate()
        {
            assert!(wrong(n).contains(part), "{part} in {}", wrong(n));
        }
        assert_eq!(read.iter().map(|l| l.number).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn a_list_without_its_columns_is_none() {
        let why = |text: &str| read(text, Uuid::nil(), now()).unwrap_err();
        assert!(why("体温\n36.5\n").contains("日付"));
        assert!(why("日付,メモ\n2026/11/16,x\n").contains("値の列"));
        assert!(why("日付,最高血圧\n2026/11/16,128\n").contains("両方"));
        assert!(why("日付,体温\n").contains("値の行"));
        let many: String = (0..502).map(|_| "2026/11/16 8:30,36.5\n").collect();
        assert!(why(&format!("日時,体温\n{many}")).contains("500行まで"));
    }

    #[test]
    fn the_same_list_has_the_same_ids() {
        let id = |list: Uuid| {
            read("日時,体温\n2026-11-16 08:30,36.5\n", list, now()).unwrap()[0].read.as_ref().unwrap()[0]
                .client_id
        };
        assert_eq!(id(Uuid::nil()), id(Uuid::nil()));
        assert_ne!(id(Uuid::nil()), id(Uuid::max()));
    }
}
