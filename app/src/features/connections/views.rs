//! つながり: who waits, who is connected, what was asked and what ended.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use crate::words::t;
use crate::{
    opaque_debug,
    web::{
        forms::{done, hidden},
        page::{Page, Step, consequences, how_to, page, way},
        person::Person,
        ui::{Ctx, Size, Tab, Tone, Topbar, avatar, callout, empty, icon, notice_line, time},
        urls,
    },
};

/// A connection in one of the lists.
#[derive(Clone)]
pub struct Row {
    pub id: Uuid,
    pub person: Person,
    pub greeting: Option<String>,
    /// When it was asked, connected or ended.
    pub at: Timestamp,
    /// The conversation that there is.
    pub group: Option<Uuid>,
    /// It goes through another of the viewer's facilities: she has to change over first.
    pub other_facility: bool,
}

/// People with whom the viewer may talk one to one.
#[derive(Clone)]
pub struct ConnectionsView {
    /// Who asks the viewer.
    pub asking: Vec<Row>,
    pub standing: Vec<Row>,
    /// What the viewer asked.
    pub asked: Vec<Row>,
    pub ended: Vec<Row>,
    pub done: Option<String>,
    pub now: Timestamp,
}

opaque_debug!(Row, ConnectionsView, EndView, MineView);

impl ConnectionsView {
    pub fn sample() -> Self {
        let now = crate::features::groups::views::sample_now();
        let row = |n: u128, greeting: Option<&str>| Row {
            id: Uuid::from_u128(n),
            person: Person::samples().swap_remove(usize::try_from(n).unwrap_or_default()),
            greeting: greeting.map(str::to_owned),
            at: now,
            group: (n % 2 == 1).then(|| Uuid::from_u128(400 + n)),
            other_facility: n == 5,
        };
        Self {
            asking: vec![row(2, Some("先日の勉強会でお会いした、すずかけ薬局の勅使河原です。"))],
            standing: [1, 3, 5, 6].map(|n| row(n, None)).into(),
            asked: vec![row(4, None)],
            ended: vec![row(7, None)],
            done: Some("つながりました。".to_owned()),
            now,
        }
    }

    fn is_empty(&self) -> bool {
        [&self.asking, &self.standing, &self.asked, &self.ended].iter().all(|rows| rows.is_empty())
    }
}

pub fn connections_page(view: &ConnectionsView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done.as_deref()))
        @if view.is_empty() {
            (empty("link", t("つながりはまだありません"), t("ほかの施設の人と、おたがいが承知したときだけ、つながります。つながると、1対1で話せます。"), None))
        }
        @if !view.asking.is_empty() {
            section { h2 { (t("つながりの申し込み ")) (view.asking.len()) (t("件")) } ul.panel.flush.rows { @for row in &view.asking { (asking(row, view.now)) } } }
        }
        @if !view.standing.is_empty() {
            section { h2 { (t("つながっている人 ")) (view.standing.len()) (t("人")) } ul.panel.flush.rows { @for row in &view.standing { (standing(row)) } } }
        }
        @if !view.asked.is_empty() {
            section {
                h2 { (t("返事を待っています")) }
                ul.panel.flush.rows { @for row in &view.asked { (asked(row, view.now)) } }
                (notice_line("info", t("返事がないこともあります。30日たつと、申し込みは終わります。")))
            }
        }
        section {
            h2 { (t("つながりを作る")) }
            ul.ways.panel.flush {
                (way(urls::new_connection(), "search", t("人を探して申し込む"), t("施設から探します")))
                (way(urls::my_connection_link(), "qr", t("自分の二次元コードを見せる"), t("会った人に読み取ってもらいます")))
            }
        }
        @if !view.ended.is_empty() {
            section { h2 { (t("終わったつながり")) } ul.panel.flush.rows { @for row in &view.ended { (ended(row, view.now)) } } }
        }
        (notice_line("ban", t("1対1の会話にも、患者さんのことは書きません。患者さんのことは、患者さんのグループで話します。")))
        (how_to("connections"))
    };
    let bar = Topbar { title: t("つながり"), ..Topbar::default() };
    page(ctx, Page { title: t("つながり"), tab: Tab::Connections, bar, body })
}

fn who(row: &Row, more: Markup) -> Markup {
    html! {
        (avatar(&row.person.name, row.person.profession, Size::Medium))
        div {
            b { (row.person.name) }
            p.affiliation { (row.person.affiliation()) }
            @if let Some(greeting) = &row.greeting { p.text { (t("「")) (greeting) (t("」")) } }
            (more)
        }
    }
}

fn change_over() -> Markup {
    html! { small { (t("あなたのもうひとつの所属先でのつながりです。")) a.whole href=(urls::menu()) { (t("施設を切り替える")) } } }
}

fn asking(row: &Row, now: Timestamp) -> Markup {
    html! {
        li.entry-row {
            (who(row, html! { small { (time::when(row.at, now)) } @if row.other_facility { (change_over()) } }))
            @if !row.other_facility {
                div.acts {
                    (decision(row, "accept", "btn primary", "check", t("つながる")))
                    (decision(row, "decline", "btn", "x", t("つながらない")))
                }
            }
        }
    }
}

fn decision(row: &Row, code: &str, class: &str, name: &str, word: &str) -> Markup {
    html! {
        form method="post" action=(urls::connection_acceptance(row.id)) {
            (hidden("decision", code))
            button class=(class) type="submit" aria-label={ (row.person.name) (t("さんと")) (word) } { (icon(name)) (word) }
        }
    }
}

fn standing(row: &Row) -> Markup {
    html! {
        li.entry-row {
            (who(row, html! { @if row.other_facility { (change_over()) } }))
            div.acts {
                @if !row.other_facility {
                    form method="post" action=(urls::conversation(row.id)) {
                        button.btn.primary type="submit" aria-label={ (row.person.name) (t("さんと話す")) } { (icon("speech")) (t("話す")) }
                    }
                }
                a.btn.quiet href=(urls::connection_end(row.id)) aria-label={ (row.person.name) (t("さんとのつながりを終える")) } { (t("つながりを終える")) }
            }
        }
    }
}

fn asked(row: &Row, now: Timestamp) -> Markup {
    html! {
        li.entry-row {
            (who(row, html! { small { (time::when(row.at, now)) (t("に申し込みました")) } }))
            form method="post" action=(urls::connection_end(row.id)) {
                button.btn.quiet type="submit" aria-label={ (row.person.name) (t("さんへの申し込みを取り消す")) } { (t("取り消す")) }
            }
        }
    }
}

fn ended(row: &Row, now: Timestamp) -> Markup {
    html! {
        li.entry-row {
            (who(row, html! { small { (time::when(row.at, now)) (t("に終わりました")) } }))
            @if let Some(group) = row.group {
                a.btn.quiet href=(urls::group(group)) aria-label={ (row.person.name) (t("さんとの会話を読む")) } { (t("会話を読む")) }
            }
        }
    }
}

/// Before a connection ends.
#[derive(Clone)]
pub struct EndView {
    pub id: Uuid,
    pub person: Person,
}

impl EndView {
    pub fn sample() -> Self {
        Self { id: Uuid::from_u128(1), person: Person::samples().swap_remove(5) }
    }
}

pub fn end_page(view: &EndView, ctx: &Ctx) -> Markup {
    let steps = [
        Step {
            icon: "lock",
            what: t("1対1の会話に書けなくなります"),
            more: t("おふたりとも。これまでの会話は、記録として読めます"),
        },
        Step {
            icon: "bell",
            what: t("つながりが終わったことが、相手にも見えます"),
            more: t("理由は伝わりません"),
        },
        Step {
            icon: "undo",
            what: t("もう一度つながると、続きを話せます"),
            more: t("30日のあいだ、相手からの申し込みは届きません"),
        },
    ];
    let body = html! {
        (view.person.head())
        (consequences(t("終えると、すぐに起きること"), &steps))
        form.row method="post" action=(urls::connection_end(view.id)) {
            a.btn.large href=(urls::connections()) { (t("終えない")) }
            button.btn.danger.large type="submit" { (icon("x")) (t("つながりを終える")) }
        }
    };
    let title = t("つながりを終える");
    let bar =
        Topbar { title, back: Some((urls::connections(), t("つながりに戻る"))), ..Topbar::default() };
    page(ctx, Page { title, tab: Tab::Connections, bar, body })
}

/// The viewer's own link. It holds two ids and no more; whoever opens it has to sign in.
#[derive(Clone)]
pub struct MineView {
    pub person: Person,
    pub link: String,
    pub code: Markup,
}

impl MineView {
    pub fn sample() -> Self {
        let code = html! { svg viewBox="0 0 8 8" { path d="M1 1h6v6h-6z" {} } };
        Self {
            person: Person::samples().swap_remove(0),
            link: "https://renkei.example/connections/new?facility=0192f6a0&person=0192f6a1".to_owned(),
            code,
        }
    }
}

pub fn mine_page(view: &MineView, ctx: &Ctx) -> Markup {
    let body = html! {
        p { (t("読み取った人がサインインすると、あなたへの申し込みの画面が開きます。あなたが承知すると、つながります。")) }
        (view.person.head())
        div.panel.stack-s {
            div.qr role="img" aria-label=(t("あなたへの申し込みの二次元コード")) { (view.code) }
            div.field {
                label for="link" { (t("リンク")) }
                input.input id="link" value=(view.link) readonly;
            }
            button.btn type="button" data-act="copy" data-copy=(view.link) hidden { (icon("clip")) (t("リンクを写す")) }
        }
        (callout(Tone::Info, t("この施設の人としての申し込みになります"), html! { p { (t("ほかの所属先でつながるときは、先に")) a href=(urls::menu()) { (t("メニュー")) } (t("で施設を切り替えてください。")) } }))
    };
    let title = t("自分の二次元コード");
    let bar =
        Topbar { title, back: Some((urls::connections(), t("つながりに戻る"))), ..Topbar::default() };
    page(ctx, Page { title, tab: Tab::Connections, bar, body })
}
