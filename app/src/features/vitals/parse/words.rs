//! The words by which nurses name what they measure, and those that show that a number is no measurement.

use super::super::sign::Sign;

/// How sure a word is by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sure {
    /// Says what was measured.
    Word,
    /// One letter, which may stand for anything: taken only beside another measurement.
    Letter,
}

/// Folded. The longest that fits is meant.
pub(super) const LABELS: &[(&str, Sign, Sure)] = &[
    ("血圧", Sign::BloodPressure, Sure::Word),
    ("bp", Sign::BloodPressure, Sure::Word),
    ("b.p.", Sign::BloodPressure, Sure::Word),
    ("脈拍数", Sign::Pulse, Sure::Word),
    ("脈拍", Sign::Pulse, Sure::Word),
    ("脈", Sign::Pulse, Sure::Word),
    ("心拍数", Sign::Pulse, Sure::Word),
    ("心拍", Sign::Pulse, Sure::Word),
    ("パルス", Sign::Pulse, Sure::Word),
    ("hr", Sign::Pulse, Sure::Word),
    ("pr", Sign::Pulse, Sure::Word),
    ("p", Sign::Pulse, Sure::Letter),
    ("体温", Sign::Temperature, Sure::Word),
    ("検温", Sign::Temperature, Sure::Word),
    ("腋窩温", Sign::Temperature, Sure::Word),
    ("熱", Sign::Temperature, Sure::Word),
    ("kt", Sign::Temperature, Sure::Word),
    ("bt", Sign::Temperature, Sure::Word),
    ("t", Sign::Temperature, Sure::Letter),
    ("spo2", Sign::Spo2, Sure::Word),
    ("sp02", Sign::Spo2, Sure::Word),
    ("sao2", Sign::Spo2, Sure::Word),
    ("o2sat", Sign::Spo2, Sure::Word),
    ("sat", Sign::Spo2, Sure::Word),
    ("サチュレーション", Sign::Spo2, Sure::Word),
    ("サーチュレーション", Sign::Spo2, Sure::Word),
    ("サット", Sign::Spo2, Sure::Word),
    ("酸素飽和度", Sign::Spo2, Sure::Word),
    ("呼吸数", Sign::Respiration, Sure::Word),
    ("呼吸", Sign::Respiration, Sure::Word),
    ("resp", Sign::Respiration, Sure::Word),
    ("rr", Sign::Respiration, Sure::Word),
    ("r", Sign::Respiration, Sure::Letter),
    ("体重", Sign::Weight, Sure::Word),
    ("bw", Sign::Weight, Sure::Word),
    ("b.w.", Sign::Weight, Sure::Word),
    ("血糖値", Sign::Glucose, Sure::Word),
    ("血糖", Sign::Glucose, Sure::Word),
    ("bs", Sign::Glucose, Sure::Word),
    ("bg", Sign::Glucose, Sure::Word),
    ("dxt", Sign::Glucose, Sure::Word),
    ("デキスター", Sign::Glucose, Sure::Word),
];

/// In front of a label: another thing than the label by itself.
pub(super) const NOT_BEFORE: &[&str] = &["平", "微", "解", "目標", "基準", "高", "低", "脈圧", "無呼", "起立性低"];

/// How or when it was taken; kept as a note. In parentheses or without.
pub(super) const HOW: &[&str] = &[
    "右", "左", "右腕", "左腕", "臥位", "座位", "坐位", "立位", "安静時", "体動時", "労作時", "食前", "食後", "空腹時", "随時", "朝食前", "昼食前",
    "夕食前", "眠前", "朝", "昼", "夕", "室内気", "ra",
];

/// Between label and number.
pub(super) const PARTICLES: &[char] = &[' ', ':', '=', 'は', 'が', 'も', '\t', '・', '…', '.'];

/// Right behind the number and its unit, also after a space: no measurement, or not a single one.
pub(super) const NOT_AFTER: &[&str] = &[
    // Thresholds and aims.
    "以上", "以下", "未満", "超", "を超", "をこえ", "を越", "こえ", "越え", "を下回", "を上回", "をきっ", "を切っ", "を割", "を目", "目標", "が目標",
    "を維持", "なら", "になったら", "になれば", "のとき", "の時", "の場合", "あれば", "あったら", "を指示", "の指示", "で連絡", "でコール", "で報告", "で受診",
    "で頓", "でも", "ないと", "予定",
    // Not exactly that.
    "台", "代", "前後", "程度", "くらい", "ぐらい", "ほど", "弱", "強", "?",
    // A change or a range.
    "まで", "から", "より", "~", "→", "⇒", "->", "増", "減", "up", "down", "アップ", "ダウン", "ふえ", "へり", "へっ", "落ち", "上が", "下が", "の差",
    // Spans of time, and what medicine is measured in.
    "分間", "時間", "週間", "日間", "か月", "ヶ月", "カ月", "ケ月", "ヵ月", "錠", "単位", "カプセル", "リットル", "ミリ", "グラム", "センチ", "メートル", "号室",
];

/// The same only where nothing stands between: with a space a new word may begin (本人, 分泌物, 日中).
pub(super) const COUNTED: &[&str] = &[
    "週", "日", "月", "年", "歳", "才", "時", "分", "秒", "枚", "号", "本", "個", "杯", "人", "名", "件", "割", "階", "番", "点", "円", "倍", "包", "滴", "歩",
    "度", "種", "条", "丁目", "床", "室", "頁", "周", "位", "回", "ページ", "往復", "セット", "キロ",
];

/// Foreign units, as words of their own.
pub(super) const UNITS: &[&str] =
    &["mg", "ml", "cc", "g", "kg", "mcg", "μg", "iu", "u", "l", "cm", "mm", "km", "m", "mmol", "meq", "kcal", "min", "h", "dl"];

/// Earlier in the sentence: not measured now, whatever the number says.
pub(super) const NOT_NOW: &[&str] = &[
    "昨日", "きのう", "昨夜", "ゆうべ", "一昨日", "おととい", "前日", "その前の日", "前回", "先週", "先月", "先日", "前々", "去年", "昨年", "入院時", "退院時", "入院中",
    "以前は", "以前の", "普段は", "普段の", "ふだんは", "ふだんの", "いつもは", "いつもの", "もともと", "目標", "基準", "上限", "下限", "指示",
];

/// Behind such a word it only compares.
pub(super) const COMPARES: &[&str] = &["より", "と比", "に比", "と変", "同様", "と同", "から"];

/// And what takes it back.
pub(super) const NOW: &[&str] =
    &["今日", "本日", "今朝", "今回", "今夜", "今夕", "現在", "いま", "今は", "さきほど", "先ほど", "再検", "訪問時"];
