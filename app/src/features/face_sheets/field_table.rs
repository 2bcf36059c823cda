//! The table of the face sheet: every field once, in the order of the page.
//!
//! Keys are camelCase and follow FHIR R4 (`Patient`, `AllergyIntolerance`, …) where it has a name.

use super::fields::{Choice, Field, Kind, Section};
use Kind::{Long, PartialDate, Select, Short, Tel};
use Section::{Care, Contacts, Illness, Insurance, Living, Other, Person, Summary, Team, Wishes};

const GENDERS: &[Choice] = &[
    Choice { value: "female", label: "女性" },
    Choice { value: "male", label: "男性" },
    Choice { value: "other", label: "その他" },
    Choice { value: "unknown", label: "わからない" },
];

const CARE_LEVELS: &[Choice] = &[
    Choice { value: "自立", label: "自立" },
    Choice { value: "要支援1", label: "要支援1" },
    Choice { value: "要支援2", label: "要支援2" },
    Choice { value: "要介護1", label: "要介護1" },
    Choice { value: "要介護2", label: "要介護2" },
    Choice { value: "要介護3", label: "要介護3" },
    Choice { value: "要介護4", label: "要介護4" },
    Choice { value: "要介護5", label: "要介護5" },
    Choice { value: "申請中", label: "申請中" },
];

const fn field(
    key: &'static str,
    label: &'static str,
    section: Section,
    kind: Kind,
    max_chars: usize,
    help: &'static str,
) -> Field {
    Field { key, label, section, kind, max_chars, help }
}

/// All fields of the face sheet, in the order in which the page shows them.
pub const FIELDS: &[Field] = &[
    field("name", "名前", Person, Short, 80, "戸籍や保険証のとおりに入れます。"),
    field("kana", "ふりがな", Person, Short, 120, "ひらがなで入れると、一覧が五十音の順に並びます。"),
    field(
        "birthDate",
        "生年月日",
        Person,
        PartialDate,
        10,
        "例: 1934-03-03。分かるところまででかまいません(1934、1934-03)。",
    ),
    field("gender", "性別", Person, Select(GENDERS), 10, ""),
    field("postalCode", "郵便番号", Person, Short, 10, "例: 000-0000"),
    field("address", "住所", Person, Long, 300, "建物の名前や、訪問のときの目印も書けます。"),
    field("telecom", "電話", Person, Tel, 120, "例: 000-0000-0000"),
    field("livingSituation", "暮らしかた", Person, Long, 600, "例: ひとり暮らし、長男の家族と同居"),
    field("keyPerson", "キーパーソン", Person, Short, 200, "大事なことを決めるときに相談する人です。"),
    field("language", "話すことば", Person, Short, 120, "例: 日本語、手話、筆談"),
    field(
        "currentState",
        "いまの状態",
        Summary,
        Long,
        1000,
        "ひと目で分かるように、短く。例: 退院して2週間。室内は歩行器",
    ),
    field("goals", "目標", Summary, Long, 1000, "ご本人とチームが目ざすこと。例: 年内に、庭まで歩く"),
    field("cautions", "注意すること", Summary, Long, 2000, "だれが訪問しても、必ず知っておくこと"),
    field(
        "agreements",
        "連絡の約束",
        Summary,
        Long,
        1000,
        "どんなとき、だれに、どうやって。例: 38度をこえたら、まず訪問看護へ電話",
    ),
    field(
        "emergencyContact",
        "最初に連絡する人",
        Contacts,
        Tel,
        400,
        "名前、続柄、電話番号、つながりやすい時間",
    ),
    field("emergencyContact2", "次に連絡する人", Contacts, Tel, 400, "名前、続柄、電話番号"),
    field("familyNote", "ご家族のこと", Contacts, Long, 2000, "介護している人の体調や、伝え方の希望など"),
    field("insurance", "医療保険", Insurance, Long, 400, "種類、記号・番号、負担の割合"),
    field("publicExpense", "公費", Insurance, Long, 400, "負担者番号、受給者番号、期限"),
    field("longTermCareInsurance", "介護保険", Insurance, Long, 400, "被保険者番号、負担の割合"),
    field("careLevel", "要介護度", Insurance, Select(CARE_LEVELS), 10, ""),
    field(
        "careLevelPeriod",
        "認定の有効期間",
        Insurance,
        Short,
        120,
        "例: 2025年4月1日から2027年3月31日まで",
    ),
    field("disabilityCertificate", "障害者手帳など", Insurance, Long, 400, "種類と等級"),
    field("diagnoses", "いまの病気", Illness, Long, 4000, "1行に1つ。分かれば、いつからかも"),
    field("pastHistory", "これまでの病気", Illness, Long, 4000, "手術やけがも書きます。"),
    field(
        "allergies",
        "アレルギー",
        Illness,
        Long,
        2000,
        "何で、どうなったか。ないときは「なし」と書きます。",
    ),
    field("infections", "感染症", Illness, Long, 2000, "検査の日と結果。守ってほしいこと"),
    field("medications", "薬", Illness, Long, 4000, "1行に1つ。飲み方や、飲ませ方のこつも"),
    field(
        "anticoagulants",
        "血を固まりにくくする薬",
        Illness,
        Long,
        1000,
        "抗凝固薬・抗血小板薬。休薬の予定も",
    ),
    field("immunizations", "予防接種", Illness, Long, 2000, "種類と日付"),
    field(
        "medicalDevices",
        "医療機器・管",
        Illness,
        Long,
        2000,
        "在宅酸素、胃ろう、バルーンなど。交換の日も",
    ),
    field("fallRisk", "転倒", Care, Long, 1000, "起きやすい場所と時間、手すりや見守り"),
    field("swallowing", "飲み込み", Care, Long, 1000, "むせ、姿勢、とろみの濃さ"),
    field("diet", "食事", Care, Long, 1000, "形、量、禁止のもの、好きなもの"),
    field("fluids", "水分", Care, Long, 1000, "1日の量、制限"),
    field("mobility", "移動", Living, Long, 1000, "歩行器、車いす、移乗の手伝い"),
    field("toileting", "排泄", Living, Long, 1000, "トイレ、おむつ、夜間のこと"),
    field("bathing", "入浴", Living, Long, 1000, "入りかた、手伝う人、休む目安"),
    field("communication", "会話", Living, Long, 1000, "伝わりやすい話しかた"),
    field("visionHearing", "目と耳", Living, Long, 1000, "眼鏡、補聴器、聞こえやすい側"),
    field("cognition", "もの忘れ・理解", Living, Long, 1000, "困りやすいことと、うまくいく対応"),
    field("sleep", "眠り", Living, Long, 1000, ""),
    field("skin", "皮ふ", Living, Long, 1000, "床ずれ、傷、塗り薬"),
    field(
        "homeAccess",
        "家への入りかた",
        Living,
        Long,
        1000,
        "鍵、駐車、犬や猫、呼び鈴。番号や暗証は書きません。",
    ),
    field("attendingDoctor", "主治医", Team, Short, 200, "名前と医療機関"),
    field("hospital", "入院するときの病院", Team, Short, 200, ""),
    field("pharmacy", "かかりつけ薬局", Team, Short, 200, ""),
    field("careManager", "ケアマネジャー", Team, Short, 200, "名前と事業所"),
    field(
        "advanceCarePlan",
        "望む過ごしかた(ACP)",
        Wishes,
        Long,
        4000,
        "ご本人の言葉で。いつ、だれと話したかも書きます。",
    ),
    field("resuscitationWish", "心臓や呼吸が止まったとき", Wishes, Long, 2000, "話し合った日と、話した人"),
    field("placeOfCareWish", "過ごしたい場所", Wishes, Long, 1000, ""),
    field("note", "そのほか", Other, Long, 4000, ""),
];
