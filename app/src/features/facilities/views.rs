//! The staff (スタッフ) of a facility, and suspending one person.

use maud::{Markup, html};

use crate::web::forms::{done, hidden, search};
use crate::web::page::{Page, Step, consequences, how_to, page, way};
use crate::web::person::Person;
use crate::web::ui::{Ctx, Size, Tab, TabLink, Topbar, avatar, empty, icon, profession, tabs};
use crate::web::urls;
use crate::words::{fill, t};

/// One person of the staff.
#[derive(Debug, Clone)]
pub struct StaffRow {
    pub person: Person,
    pub login_id: String,
    /// `今日 14:32`, or `まだありません`.
    pub last_used: String,
    pub admin: bool,
    pub suspended: bool,
    /// Not used for ninety days or more: to be looked at.
    pub unused_days: Option<u32>,
    pub me: bool,
}

#[derive(Debug, Clone)]
pub struct StaffView {
    pub facility: String,
    pub q: String,
    pub rows: Vec<StaffRow>,
    pub done: Option<String>,
}

impl StaffView {
    pub fn sample() -> Self {
        let rows =
            Person::samples().into_iter().filter(|p| p.facility == "そらまめ訪問看護ステーション").take(14);
        let rows = rows.enumerate().map(|(n, person)| StaffRow {
            login_id: format!("mizuho.i{n}"),
            last_used: if n % 3 == 0 { "今日 14:32" } else { "11月13日 18:20" }.to_owned(),
            admin: n == 0,
            suspended: n == 4,
            unused_days: (n == 3).then_some(92),
            me: n == 0,
            person,
        });
        Self {
            facility: "そらまめ訪問看護ステーション".to_owned(),
            q: String::new(),
            rows: rows.collect(),
            done: Some("柚木 さくらさんの利用を止めました。2台の端末からサインアウトしました。".to_owned()),
        }
    }
}

/// The pages of the administration of a facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminTab {
    Staff,
    Reviews,
    Devices,
    AccessLog,
    Security,
    Incidents,
}

/// The bar that the pages of the administration share.
pub fn admin_bar<'a>(facility: &'a str, current: AdminTab) -> Topbar<'a> {
    let link =
        |tab, href: &str, label| TabLink { href: href.to_owned(), label, current: tab == current, count: 0 };
    let links = [
        link(AdminTab::Staff, urls::facility(), t("スタッフ")),
        link(AdminTab::Reviews, urls::facility_reviews(), t("棚卸")),
        link(AdminTab::Devices, urls::facility_devices(), t("端末")),
        link(AdminTab::AccessLog, urls::access_log(), t("アクセス記録")),
        link(AdminTab::Security, urls::facility_security(), t("安全")),
        link(AdminTab::Incidents, urls::facility_incidents(), t("インシデント")),
    ];
    Topbar {
        title: t("施設の管理"),
        note: Some(facility),
        back: Some((urls::menu(), t("メニューに戻る"))),
        tabs: Some(tabs(t("施設の管理の画面"), &links)),
        ..Topbar::default()
    }
}

pub fn staff_page(view: &StaffView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done.as_deref()))
        (search(urls::facility(), t("スタッフを探す"), t("名前・職種・IDで探す"), &view.q))
        ul.panel.flush.ways { (way(urls::staff_invitations(), "useradd", t("スタッフを招待する"), t("1人、またはCSVでまとめて。返事を待っている招待"))) }
        @if view.rows.is_empty() {
            (empty("search", t("見つかりませんでした"), t("姓だけ、または職種で探してみてください。"),
                Some(html! { a.btn href=(urls::facility()) { (t("全員を見る")) } })))
        } @else {
            section {
                h2 { (t("スタッフ ")) (view.rows.len()) (t("人")) }
                ul.panel.flush.rows { @for row in &view.rows { (staff_row(row)) } }
                ul.panel.flush.ways { (way(urls::facility_partners(), "facility", t("連携機関"), t("情報を共有した施設の数と一覧。印刷できます"))) }
                ul.panel.flush.ways { (way(urls::departures(), "file", t("退職・異動の記録"), t("手続きで終わったことの一覧"))) }
            }
        }
        (how_to("staff"))
    };
    page(
        ctx,
        Page {
            title: t("スタッフ"), tab: Tab::Menu, bar: admin_bar(&view.facility, AdminTab::Staff), body
        },
    )
}

fn staff_row(row: &StaffRow) -> Markup {
    html! {
        li.entry-row {
            (avatar(&row.person.name, row.person.profession, Size::Medium))
            div {
                b { (row.person.name) }
                @if row.me { " " span.badge.plain { (t("あなた")) } }
                @if row.admin { " " span.badge.accent { (icon("shield")) (t("管理者")) } }
                @if row.suspended { " " span.badge.danger { (icon("ban")) (t("停止中")) } }
                p.affiliation { (profession(row.person.profession)) " " span { "ID " (row.login_id) } }
                small { (t("最後に使った時刻 ")) (row.last_used) }
                @if let Some(days) = row.unused_days { span.badge.must { (icon("warn")) (days) (t("日使われていません")) } }
            }
            div.acts {
                a.btn.quiet href=(urls::staff_person(row.person.account_id)) aria-label={ (row.person.name) (t("さんのくわしい情報と変更")) } { (t("くわしい情報と変更")) }
                @if !row.me {
                    a.btn.quiet href=(urls::suspension(row.person.account_id))
                        aria-label={ (row.person.name) (t("さんの利用を")) @if row.suspended { (t("再開する")) } @else { (t("止める")) } } {
                        @if row.suspended { (t("再開する")) } @else { (t("利用を止める")) }
                    }
                }
                @if !row.me && !row.suspended {
                    a.btn.quiet href=(urls::staff_recovery(row.person.account_id)) aria-label={ (row.person.name) (t("さんのサインインの回復")) } { (t("サインインの回復")) }
                }
                a.btn.quiet href=(urls::access_of(row.person.account_id)) aria-label={ (row.person.name) (t("さんの見られる理由（グループごと）")) } {
                    (t("見られる理由"))
                }
                a.btn.quiet href=(urls::departure(row.person.account_id)) aria-label={ (row.person.name) (t("さんの退職・異動の手続き")) } {
                    (t("退職・異動の手続き"))
                }
            }
        }
    }
}

/// Suspending a person, or letting her in again when `suspended`.
#[derive(Debug, Clone)]
pub struct SuspensionView {
    pub facility: String,
    pub person: Person,
    pub login_id: String,
    pub suspended: bool,
    pub devices: usize,
    pub groups: usize,
    /// Groups whose host she is: they need somebody else.
    pub hosted: usize,
}

impl SuspensionView {
    pub fn sample() -> Self {
        Self {
            facility: "そらまめ訪問看護ステーション".to_owned(),
            person: Person::sample(44, "綾小路 千恵子", "nurse", "そらまめ訪問看護ステーション"),
            login_id: "chieko.a".to_owned(),
            suspended: false,
            devices: 2,
            groups: 11,
            hosted: 3,
        }
    }
}

pub fn suspension_page(view: &SuspensionView, ctx: &Ctx) -> Markup {
    let devices = fill(t("{0}台の端末からサインアウト"), &[("0", &view.devices)]);
    let groups = fill(t("{0}のグループの記録を読めなくなります"), &[("0", &view.groups)]);
    let hosted = fill(t("ホストをしている{0}のグループは、承認や招待が止まります"), &[("0", &view.hosted)]);
    let (title, verb, stay, steps) = if view.suspended {
        let steps = vec![
            Step {
                icon: "phone",
                what: t("またサインインできます"),
                more: t("パスワードとアプリ認証は、前のままです"),
            },
            Step {
                icon: "group",
                what: t("残っているグループにまた入れます"),
                more: t("止めているあいだの記録も読めます"),
            },
        ];
        (t("利用を再開する"), t("利用を再開する"), t("再開しない"), steps)
    } else {
        let mut steps = vec![
            Step {
                icon: "out", what: &devices, more: t("1秒以内。開いている画面も閉じます")
            },
            Step {
                icon: "lock",
                what: &groups,
                more: t("メンバーの一覧には残ります。再開すると、また読めます"),
            },
            Step {
                icon: "file", what: t("書いた記録は残ります"), more: t("名前と職種のまま変わりません")
            },
        ];
        if view.hosted > 0 {
            steps.push(Step {
                icon: "swap",
                what: &hosted,
                more: t("長く休むときは、先にホストを引き継いでください"),
            });
        }
        (t("利用を止める"), t("いますぐ利用を止める"), t("止めない"), steps)
    };
    let body = html! {
        div.person {
            (avatar(&view.person.name, view.person.profession, Size::Large))
            div { h2 { (view.person.name) } p { (view.person.profession.label()) (t("・ID ")) (view.login_id) } }
        }
        (consequences(t("ボタンを押すと、すぐに起きること"), &steps))
        form.stack method="post" action=(urls::suspension(view.person.account_id)) {
            (hidden("suspend", if view.suspended { "no" } else { "yes" }))
            div.row {
                a.btn.large href=(urls::facility()) { (stay) }
                button.btn.large.primary[view.suspended].danger[!view.suspended] type="submit" { (verb) }
            }
        }
    };
    let bar = Topbar {
        title,
        note: Some(&view.facility),
        back: Some((urls::facility(), t("スタッフに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title, tab: Tab::Menu, bar, body })
}
