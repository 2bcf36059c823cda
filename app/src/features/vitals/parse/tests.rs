use proptest::prelude::*;

use super::*;

/// What was found, shortly: `BP130/80 P72 T37.2 S96 R18 W52.3 G145`, with `@8:05` before what had a time.
fn short(text: &str) -> String {
    let one = |r: &Reading| {
        let letter = match r.sign {
            Sign::BloodPressure => "BP",
            Sign::Pulse => "P",
            Sign::Temperature => "T",
            Sign::Spo2 => "S",
            Sign::Respiration => "R",
            Sign::Weight => "W",
            Sign::Glucose => "G",
            Sign::WoundSize | Sign::DesignR => "?",
        };
        let clock = r.clock.map(|(h, m)| format!("@{h}:{m:02}")).unwrap_or_default();
        format!("{clock}{letter}{}", r.sign.written(&r.values))
    };
    parse(text).iter().map(one).collect::<Vec<_>>().join(" ")
}

/// What people type, and what may be taken of it.
const TAKEN: &[(&str, &str)] = &[
    ("BP 130/80 P 72 T 37.2 SpO2 96", "BP130/80 P72 T37.2 S96"),
    ("血圧130/80", "BP130/80"),
    ("血圧 130／80", "BP130/80"),
    ("血圧：１３０／８０　脈：７２", "BP130/80 P72"),
    ("BP:130-80", "BP130/80"),
    ("BP130-80 HR72", "BP130/80 P72"),
    ("BP 130 / 80 mmHg", "BP130/80"),
    ("130/80mmHg でした", "BP130/80"),
    ("血圧 130の80", "BP130/80"),
    ("血圧は128/76、脈は72回/分、体温は36.5℃でした。", "BP128/76 P72 T36.5"),
    ("ＢＰ１２８／７６　Ｐ７２　Ｔ３６．５　ＳｐＯ２　９６％", "BP128/76 P72 T36.5 S96"),
    ("脈72", "P72"),
    ("脈拍 88回", "P88"),
    ("脈拍数：64", "P64"),
    ("心拍数 72bpm", "P72"),
    ("HR 110/min", "P110"),
    ("PR=68", "P68"),
    ("体温37.2℃", "T37.2"),
    ("体温 37.2", "T37.2"),
    ("体温37度2分", "T37.2"),
    ("37度2分の熱", ""),
    ("体温３７度２分", "T37.2"),
    ("熱は38.4度あります", "T38.4"),
    ("発熱 38.9℃", "T38.9"),
    ("KT 37.2", "T37.2"),
    ("KT36.8 P72", "T36.8 P72"),
    ("BT36.5 BP130/80", "T36.5 BP130/80"),
    ("T:36.5", "T36.5"),
    ("T=36.5 P=72 R=18", "T36.5 P72 R18"),
    ("検温 36.8", "T36.8"),
    ("体温37℃", "T37"),
    ("体温 36 脈 70", "T36 P70"),
    ("SPO2 96%", "S96"),
    ("SpO₂ 96%", "S96"),
    ("SpO2:98", "S98"),
    ("spo2 93 % (1.5 L)", "S93"),
    ("SAT 95", "S95"),
    ("サチュレーション 97%", "S97"),
    ("ｻﾁｭﾚｰｼｮﾝ97%", "S97"),
    ("サット94", "S94"),
    ("酸素飽和度は92%", "S92"),
    ("SpO2(RA) 96%", "S96"),
    ("R 18 P 72", "R18 P72"),
    ("RR 18", "R18"),
    ("呼吸18", "R18"),
    ("呼吸数 22回/分", "R22"),
    ("呼吸 20回", "R20"),
    ("血糖145", "G145"),
    ("血糖値は 145mg/dL", "G145"),
    ("BS 145", "G145"),
    ("BS:98 朝食前", "G98"),
    ("血糖(食後2時間)186", "G186"),
    ("血糖（食前）124。爪を整えました", "G124"),
    ("DXT 210", "G210"),
    ("体重52.3kg", "W52.3"),
    ("体重 52.3", "W52.3"),
    ("BW 48kg", "W48"),
    ("体重は48.6キロでした", "W48.6"),
    ("体重３９．４ｋｇ", "W39.4"),
    ("今朝の体重 38.9 kg。尿の回数が増えました。", "W38.9"),
    ("体重 39.4 kg(1週間で 0.8 kg 増)", "W39.4"),
    ("BP130/80P72T36.8SpO296", "BP130/80 P72 T36.8 S96"),
    ("BP130/80,P72,T36.8,SpO2 96%", "BP130/80 P72 T36.8 S96"),
    ("BP130/80/P72/T36.8", "BP130/80 P72 T36.8"),
    ("KT36.5、P72、R18、BP124/70、SpO2 97%", "T36.5 P72 R18 BP124/70 S97"),
    ("V/S BP 118/64 HR 66 BT 36.4 SpO2 98%", "BP118/64 P66 T36.4 S98"),
    ("体温36.5　脈72　血圧130/80", "T36.5 P72 BP130/80"),
    ("体温36.5脈72血圧130/80", "T36.5 P72 BP130/80"),
    ("定期訪問 10:00〜10:40。体温 36.5、血圧 142/80、脈 74 不整あり、SpO₂ 96%。", "T36.5 BP142/80 P74 S96"),
    ("往診しました。血圧 148/82、脈 78(心房細動)、下腿のむくみは軽度。", "BP148/82 P78"),
    ("体温 36.2、血圧 142/76。むくみなし。", "T36.2 BP142/76"),
    ("8:00 BP130/80 P72", "@8:00BP130/80 @8:00P72"),
    ("8時 血圧130/80", "@8:00BP130/80"),
    ("8時30分 血圧130/80 脈72", "@8:30BP130/80 @8:30P72"),
    ("8時半の血圧130/80", "@8:30BP130/80"),
    ("8:00 BP130/80 P72 14:00 BP126/78 P70", "@8:00BP130/80 @8:00P72 @14:00BP126/78 @14:00P70"),
    ("8:00\nBP130/80\nP 72 T 36.5\n20:00\nT 37.8", "@8:00BP130/80 @8:00P72 @8:00T36.5 @20:00T37.8"),
    ("10:30 リハビリのあと 脈 92", "@10:30P92"),
    ("14:30に訪問しました。体温 36.5", "T36.5"),
    ("立位血圧 110/60、臥位血圧 130/80", "BP110/60 BP130/80"),
    ("BP 右130/80 左126/78", "BP130/80"),
    ("血圧(臥位)130/80 血圧(立位)104/62", "BP130/80 BP104/62"),
    ("BP 130/80 本人は元気です", "BP130/80"),
    ("SpO2 96 分泌物多め", "S96"),
    ("体温36.5 日中は離床", "T36.5"),
    ("体温38.2℃ 悪寒あり、BP98/54 P112 R24 SpO2 91%(RA)", "T38.2 BP98/54 P112 R24 S91"),
    ("BP 130/80 P 72 T 73.2 SpO2 96", "BP130/80 P72 T73.2 S96"),
    ("O) BP 124/70 P 72 KT 36.5", "BP124/70 P72 T36.5"),
    ("バイタル：BP124/70・P72・KT36.5", "BP124/70 P72 T36.5"),
    ("昨日より楽そうです、BP 120/70", "BP120/70"),
    ("前回より低く、血圧は 118/70 でした。", "BP118/70"),
    ("昨夜は眠れず。今朝 BP 140/90 P 88", "BP140/90 P88"),
    ("前回 BP 150/90、今回 BP 132/80", "BP132/80"),
    ("血圧180/100↑ 主治医に電話しました", "BP180/100"),
    ("脈 72、整", "P72"),
    ("P:72 整 R:16", "P72 R16"),
    ("体温…36.6", "T36.6"),
    ("体温、36.6", "T36.6"),
    ("血圧110/62で入浴しました", "BP110/62"),
    ("朝の血糖が 82、その前の日は 74。", "G82"),
    ("b.p. 130/80", "BP130/80"),
    ("血圧130/80\n脈72\n体温36.5\nSpO2 97", "BP130/80 P72 T36.5 S97"),
    ("T36.5℃ P64/分 R16/分 BP112/68mmHg SpO2 98%", "T36.5 P64 R16 BP112/68 S98"),
    ("ＫＴ３７．２℃　Ｐ８４　ＳＰＯ２　９５％", "T37.2 P84 S95"),
    ("室内気でSpO2 95%", "S95"),
    ("kt37.2 bp130/80 p72", "T37.2 BP130/80 P72"),
];

/// And of which nothing.
const NOT_TAKEN: &[&str] = &[
    "11/28 訪問しました",
    "11/28 11/30 12/1 に訪問します",
    "130/80",
    "T 11/28",
    "BP 11/28",
    "P 3回",
    "P 72",
    "R 18",
    "T 37",
    "P 090-1234-5678",
    "TEL 03-1234-5678",
    "HP 0120-123-456",
    "P 720-1234",
    "305号室の方です",
    "R 203号室",
    "R 18号室",
    "T 36号室",
    "アムロジピン 5mg 1錠",
    "P 5mg T 25mg",
    "脈 50mg",
    "カロナール 3T 分3",
    "ロキソニン 1T 37.2",
    "R 10単位",
    "BS 10単位 皮下注",
    "インスリンを 6単位に減らします",
    "PT 72秒 INR 2.1",
    "PT-INR 2.1",
    "CT 36.5",
    "eGFR 45",
    "CRP 5.2 WBC 8900",
    "QT 400",
    "P) 72時間後に再検",
    "P: 30日分処方",
    "P 60分リハ",
    "呼吸リハ 20分",
    "呼吸 20分間",
    "呼吸 20 分間",
    "脈 92 まで上がり、3分で 78 に戻りました",
    "血圧は 130 台",
    "血圧は130台が続いています",
    "血圧 130台/80台",
    "体温37度台",
    "体温 37℃台",
    "体温37.5以上なら連絡してください",
    "体温 37.5 以上",
    "体温38度以上で頓服",
    "血圧 160/100以上で連絡",
    "SpO2 90%以下で酸素2L",
    "SpO2 90%を下回ったら",
    "SpO2 88〜92%を維持",
    "SpO2 88-92%",
    "SpO2 88→94%",
    "血糖 70以下なら",
    "血糖 100前後で落ち着いています",
    "体温 37くらい",
    "目標血圧 130/80",
    "血圧の目標は 130/80 です",
    "指示：血圧 130/80",
    "昨日の血圧が 158/90 と高めでした",
    "昨夜 体温38.5℃",
    "前回 BP 140/90 P 72",
    "入院時 BP 140/90",
    "体重 2kg増えました",
    "体重2kg減",
    "体重が 1か月で 1.1 kg 減りました",
    "体重 +1.2kg",
    "体重-1.2kg",
    "BW-1.2kg",
    "平熱 36.2",
    "微熱 37.1",
    "解熱 36.8",
    "高血圧 150/90",
    "体温計 37.2",
    "体温372",
    "KT 372",
    "体温 36,5",
    "血圧 80/130",
    "血圧 130",
    "BP 130",
    "BP 130/80/72",
    "BP __/__ P __",
    "RR 130/80",
    "SpO2 196",
    "SpO2 9",
    "脈圧 50",
    "脈 3回とぶ",
    "熱が3日続いています",
    "血糖の記録をまとめました",
    "血糖降下薬 500mg",
    "ブドウ糖 10 g で、15分後に 98 に戻りました",
    "体重をはかってください",
    "室温 28.5℃ 湯温 40℃",
    "お風呂 40℃",
    "血圧①130",
    "脈 ⑦②",
    "体温 38²",
    "2時間ごとに体位交換",
    "水分 1,250 mL",
    "要介護4 92歳",
    "BP",
    "血圧",
    "",
    "https://example.jp/p72/t36.5",
    "P72",
    "体温36.123",
    "呼吸 18〜22回",
    "脈 60〜80",
    "脈72歳",
    "R18指定",
    "T-37",
    "BMI 22.4",
    "10:30",
    "医師に 130/80 と伝えました",
];

#[test]
fn what_nurses_type_becomes_data_and_nothing_else_does() {
    assert!(TAKEN.len() + NOT_TAKEN.len() >= 120);
    let mut wrong = Vec::new();
    for (text, wanted) in TAKEN.iter().copied().chain(NOT_TAKEN.iter().map(|text| (*text, ""))) {
        let found = short(text);
        if found != wanted {
            wrong.push(format!("{text:?}: {found:?} instead of {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_label_is_passed_by() {
    for (word, ..) in LABELS {
        assert!(word.starts_with(may_begin), "{word}");
    }
}

#[test]
fn a_reading_says_where_it_stands_and_how_it_was_taken() {
    let text = "血圧(臥位)１３０／８０　脈７２";
    let found = parse(text);
    assert_eq!(&text[found[0].span.clone()], "血圧(臥位)１３０／８０");
    assert_eq!(found[0].how.as_deref(), Some("臥位"));
    assert_eq!(&text[found[1].span.clone()], "脈７２");
    assert_eq!(parse("血糖(食後2時間)186")[0].how.as_deref(), Some("食後2時間"));
}

/// Pieces of real posts in any mixture: nearer to trouble than random characters.
fn piece() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "BP",
        "血圧",
        "P",
        "T",
        "R",
        "KT",
        "SpO2",
        "ＳｐＯ₂",
        "脈",
        "体温",
        "呼吸",
        "血糖",
        "体重",
        "/",
        "-",
        "：",
        " ",
        "　",
        "、",
        "。",
        "\n",
        "度",
        "分",
        "℃",
        "%",
        "kg",
        "mg",
        "以上",
        "台",
        "昨日",
        "今朝",
        "(",
        ")",
        "食後",
        "10:30",
        "8時",
        "〜",
        "①",
        "½",
        "ﾞ",
        "👩🏽‍⚕️",
        "\u{3099}",
        "が",
        "は",
    ]);
    prop_oneof![words.prop_map(str::to_owned), "[0-9]{1,4}(\\.[0-9]{1,2})?", "[０-９]{1,3}", "\\PC{0,3}"]
}

fn reading() -> impl Strategy<Value = Reading> {
    let one = |sign: Sign, low: i32, high: i32, step: i32| {
        (low..=high).prop_map(move |n| (sign, vec![Amount::hundredths(n * step)]))
    };
    let values = prop_oneof![
        (90..250_i32, 30..89_i32)
            .prop_map(|(high, low)| { (Sign::BloodPressure, vec![Amount::whole(high), Amount::whole(low)]) }),
        one(Sign::Pulse, 20, 300, 100),
        one(Sign::Temperature, 340, 420, 10),
        one(Sign::Spo2, 30, 100, 100),
        one(Sign::Respiration, 4, 80, 100),
        one(Sign::Weight, 20, 3000, 10),
        one(Sign::Glucose, 20, 900, 100),
    ];
    (values, prop::option::of((0..24_i8, 0..60_i8))).prop_map(|((sign, values), clock)| Reading {
        sign,
        values,
        span: 0..0,
        clock,
        how: None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_a_panic_and_spans_lie_in_it(pieces in prop::collection::vec(piece(), 0..24)) {
        let text = pieces.concat();
        let found = parse(&text);
        let mut reached = 0;
        for reading in &found {
            // Slicing fails inside a character.
            let part = &text[reading.span.clone()];
            prop_assert!(!part.is_empty() && reading.span.start >= reached);
            prop_assert_eq!(reading.values.len(), reading.sign.parts().len());
            reached = reading.span.end;
        }
    }

    #[test]
    fn what_is_printed_is_read_back(readings in prop::collection::vec(reading(), 0..8)) {
        // A time stays in force until the next one.
        let mut clock = None;
        let readings: Vec<Reading> = readings.into_iter().map(|mut r| {
            clock = r.clock.or(clock);
            r.clock = clock;
            r
        }).collect();
        let text = print(&readings);
        let found = parse(&text);
        prop_assert_eq!(found.len(), readings.len(), "{}", text);
        for (found, wanted) in found.iter().zip(&readings) {
            prop_assert!(found.sign == wanted.sign && found.values == wanted.values && found.clock == wanted.clock, "{}", text);
        }
        prop_assert!(print(&found) == text);
    }
}
