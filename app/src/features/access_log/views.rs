//! The access log (アクセス記録): who saw or did what, in time order.

use maud::{Markup, html};

use super::kinds::Wanted;
use crate::features::facilities::views::{AdminTab, admin_bar};
use crate::web::forms::{Entry, Errors, choices};
use crate::web::page::{column, grouped, way};
use crate::web::ui::{Choice, Ctx, Profession, Shell, Tab, empty, icon, pager, profession, shell, topbar};
use crate::web::urls;
use crate::words::t;

/// One event.
#[derive(Clone)]
pub struct AccessRow {
    /// `11月17日(火) 14:32:05`.
    pub when: String,
    /// `None` before sign-in: a refused try.
    pub who: Option<(String, Profession)>,
    pub facility: String,
    /// The act in words: `患者グループを見ました`.
    pub act: String,
    /// The act was refused.
    pub refused: bool,
    pub patient: Option<String>,
    pub device: String,
    /// How long the page was open: `3分12秒`; `None` for acts without length.
    pub duration: Option<String>,
}

/// One line of a count: name and number of events, with the query that leads to them.
#[derive(Clone)]
pub struct CountRow {
    pub name: String,
    pub count: u64,
    /// `?patient=…&from=…&to=…`.
    pub query: String,
}

/// What the filter asks for, as typed.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Patient id, or empty.
    pub patient: String,
    /// Account id, or empty.
    pub account: String,
    /// Code of a kind of act, or empty.
    pub kind: String,
    /// Device id, or empty.
    pub device: String,
    /// `2026-11-01`.
    pub from: String,
    pub to: String,
}

#[derive(Clone)]
pub struct AccessLogView {
    pub facility: String,
    pub filter: Filter,
    /// Id and name, sorted by kana.
    pub patients: Vec<(String, String)>,
    pub accounts: Vec<(String, String)>,
    pub devices: Vec<(String, String)>,
    pub errors: Errors,
    pub rows: Vec<AccessRow>,
    /// All events of the period, not only those of this page.
    pub total: u64,
    /// The most first.
    pub per_patient: Vec<CountRow>,
    pub per_person: Vec<CountRow>,
    /// The filter as a query string with `?`, for the CSV.
    pub csv_query: String,
    pub newer: Option<String>,
    pub older: Option<String>,
}

crate::opaque_debug!(AccessRow, CountRow, AccessLogView);

impl AccessLogView {
    pub fn sample() -> Self {
        let pair = |id: &str, name: &str| (id.to_owned(), name.to_owned());
        let count =
            |name: &str, count| CountRow { name: name.to_owned(), count, query: "?patient=3".to_owned() };
        Self {
            facility: "そらまめ訪問看護ステーション".to_owned(),
            filter: Filter {
                patient: "3".to_owned(),
                from: "2026-11-01".to_owned(),
                to: "2026-11-17".to_owned(),
                ..Filter::default()
            },
            patients: vec![pair("1", "アレクサンドラ・フェルナンデス=山之内"), pair("3", "小野寺 ハル子")],
            accounts: vec![pair("1", "五十嵐 みずほ(看護師)"), pair("2", "桑原 誠一郎(医師)")],
            devices: vec![pair("1", "スマートフォン(3号機)・五十嵐 みずほ")],
            errors: Errors::none(),
            rows: sample_rows(),
            total: 1204,
            per_patient: vec![
                count("小野寺 ハル子", 1030),
                count("アレクサンドラ・フェルナンデス=山之内", 174),
            ],
            per_person: vec![
                count("五十嵐 みずほ(看護師)", 702),
                count("佐久間 クリストファー 健太郎(医師)", 88),
            ],
            csv_query: "?patient=3&from=2026-11-01&to=2026-11-17".to_owned(),
            newer: None,
            older: Some("?cursor=abc".to_owned()),
        }
    }

    /// A period in which nothing happened.
    pub fn sample_empty() -> Self {
        Self {
            rows: Vec::new(),
            total: 0,
            per_patient: Vec::new(),
            per_person: Vec::new(),
            older: None,
            ..Self::sample()
        }
    }
}

fn sample_rows() -> Vec<AccessRow> {
    let row = |when: &str,
               who: Option<(&str, Profession)>,
               facility: &str,
               act: &str,
               patient: Option<&str>,
               duration: Option<&str>| AccessRow {
        when: when.to_owned(),
        who: who.map(|(name, profession)| (name.to_owned(), profession)),
        facility: facility.to_owned(),
        act: act.to_owned(),
        refused: who.is_none(),
        patient: patient.map(str::to_owned),
        device: "スマートフォン(3号機)".to_owned(),
        duration: duration.map(str::to_owned),
    };
    let nurse = Some(("五十嵐 みずほ", Profession::Nurse));
    let doctor = Some(("佐久間 クリストファー 健太郎", Profession::Doctor));
    let hospital = "つきのわ病院 総合診療科・地域包括ケア病棟";
    let station = "そらまめ訪問看護ステーション";
    vec![
        row("11月17日(火) 14:32:05", nurse, station, "投稿しました", Some("小野寺 ハル子"), None),
        row(
            "11月17日(火) 14:30:41",
            nurse,
            station,
            "チームの記録を見ました",
            Some("小野寺 ハル子"),
            Some("3分12秒"),
        ),
        row(
            "11月17日(火) 13:12:00",
            doctor,
            hospital,
            "患者基礎情報を直しました",
            Some("アレクサンドラ・フェルナンデス=山之内"),
            None,
        ),
        row("11月17日(火) 9:02:17", None, station, "サインインできませんでした", None, None),
        row(
            "11月16日(月) 18:20:33",
            nurse,
            station,
            "ファイルを開きました",
            Some("小野寺 ハル子"),
            Some("41秒"),
        ),
    ]
}

pub fn access_log_page(view: &AccessLogView, ctx: &Ctx) -> Markup {
    let csv = format!("{}{}", urls::access_log_csv(), view.csv_query);
    let fhir = format!("{}{}", urls::audit_events(), view.csv_query);
    let body = html! {
        (view.errors.summary())
        (ways())
        (filter(view))
        section {
            div.spread {
                h2 { (t("記録 ")) (grouped(view.total)) (t("件")) }
                @if view.total > 0 { div.row {
                    a.btn href=(csv) { (icon("download")) (t("CSVで保存")) }
                    a.btn.quiet href=(fhir) { (icon("download")) (t("FHIRのAuditEventで保存")) }
                } }
            }
            @if view.rows.is_empty() {
                (empty("log", t("この条件の記録はありません"), t("期間を広げるか、患者さんや人の指定を外してみてください。"),
                    Some(html! { a.btn href=(urls::access_log()) { (t("条件をすべて外す")) } })))
            } @else {
                ol.log.panel.flush { @for row in &view.rows { (event(row)) } }
                (pager(view.newer.as_deref(), view.older.as_deref()))
            }
        }
        @if view.total > 0 {
            div.two {
                (counts(t("患者さんごとの件数"), &view.per_patient))
                (counts(t("人ごとの件数"), &view.per_person))
            }
        }
        p.small.soft { (t("見たこと、書いたこと、断られたことを、すべて残しています。この画面を見たことも残ります。")) }
    };
    let main = html! { (topbar(admin_bar(&view.facility, AdminTab::AccessLog))) (column(body)) };
    shell(
        ctx,
        Shell {
            title: t("アクセス記録"), tab: Tab::Menu, list: None, side: None, in_room: false, main
        },
    )
}

/// The other questions to the log.
fn ways() -> Markup {
    html! {
        ul.panel.flush.ways {
            (way(urls::access_log_charts(), "list", t("患者さんごとの回数"), t("ある期間に、どの患者さんの記録が、だれに何回開かれたか")))
            (way(urls::access_log_shown(), "search", t("記録を見られた患者さん"), t("パスワードや端末が他人の手に渡ったかもしれないとき")))
            (way(urls::access_reviews(), "ok", t("毎月の点検"), t("前の月の数字を見て、署名して残します")))
            (way(urls::reader_policy(), "kin", t("患者さん・ご家族に見せる"), t("だれが記録を見たかを、ご本人とご家族に見せるかどうか")))
        }
    }
}

/// The form of a page that asks about a period alone.
pub(super) fn period(action: &str, typed: &super::charts_views::Period) -> Markup {
    html! {
        form.panel.filter action=(action) {
            (Entry::date("from", t("この日から")).value(&typed.from).errors(&typed.errors))
            (Entry::date("to", t("この日まで")).value(&typed.to).errors(&typed.errors))
            div.row { button.btn.primary type="submit" { (icon("filter")) (t("この期間を見る")) } }
        }
    }
}

fn filter(view: &AccessLogView) -> Markup {
    let kinds = Wanted::choices();
    let all = Choice { value: "", label: t("すべて"), help: None };
    let patients = [vec![all], choices(&view.patients)].concat();
    let accounts = [vec![all], choices(&view.accounts)].concat();
    let kinds = [vec![all], choices(&kinds)].concat();
    let devices = [vec![all], choices(&view.devices)].concat();
    html! {
        form.panel.filter action=(urls::access_log()) {
            (Entry::select("patient", t("患者さん"), &patients).value(&view.filter.patient).errors(&view.errors))
            (Entry::select("account", t("人"), &accounts).value(&view.filter.account).errors(&view.errors))
            (Entry::select("kind", t("したこと"), &kinds).value(&view.filter.kind).errors(&view.errors))
            (Entry::select("device", t("端末"), &devices).value(&view.filter.device).errors(&view.errors))
            (Entry::date("from", t("この日から")).value(&view.filter.from).errors(&view.errors))
            (Entry::date("to", t("この日まで")).value(&view.filter.to).errors(&view.errors))
            div.row {
                button.btn.primary type="submit" { (icon("filter")) (t("この条件で見る")) }
                a.btn.quiet href=(urls::access_log()) { (t("条件を外す")) }
            }
        }
    }
}

fn event(row: &AccessRow) -> Markup {
    html! {
        li {
            span.num.when { (row.when) }
            div.what {
                b { (row.act) } @if row.refused { " " span.badge.danger { (icon("ban")) (t("断られました")) } }
                @if let Some(patient) = &row.patient { p { (patient) (t(" 様")) } }
            }
            div.who {
                @match &row.who {
                    Some((name, work)) => p { (name) " " (profession(*work)) },
                    None => p { (t("サインインの前")) },
                }
                small { (row.facility) }
                small { (row.device) @if let Some(duration) = &row.duration { (t("・")) (duration) (t("開いていました")) } }
            }
        }
    }
}

fn counts(heading: &str, rows: &[CountRow]) -> Markup {
    html! {
        section {
            h2 { (heading) }
            ul.counts.panel.flush {
                @for row in rows {
                    li { a href={ (urls::access_log()) (row.query) } { (row.name) } span.num { (grouped(row.count)) (t("件")) } }
                }
            }
        }
    }
}
