//! Every sample page, rendered: a page that cannot be drawn fails here, and `target/gallery` holds them all for
//! looking at: `python3 -m http.server --bind 127.0.0.1 --directory target/gallery 8099`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use maud::Markup;
use renkei::{
    features::{
        groups::views::{self as groups, GroupList},
        home::views::{self as home, Home},
        posts::views::{self as posts, Composer, CorrectionForm, Readers, Timeline, WithdrawalForm, Writing},
        search::views::{self as search, SearchView},
    },
    web::ui::{self, Ctx, Field, Kind, Theme, asset},
};

fn pages(ctx: &Ctx) -> Vec<(&'static str, Markup)> {
    let asking =
        Timeline { writing: Writing::Open(Box::new(Composer::sample_asking())), ..Timeline::sample() };
    let refused =
        Timeline { writing: Writing::Open(Box::new(Composer::sample_refused())), ..Timeline::sample() };
    vec![
        ("home", home::page(&Home::sample(), ctx)),
        ("home-quiet", home::page(&Home::sample_quiet(), ctx)),
        ("home-first-day", home::page(&Home::sample_first_day(), ctx)),
        ("groups", groups::page(&GroupList { current: None, ..GroupList::sample() }, ctx)),
        ("timeline", posts::page(&Timeline::sample(), ctx)),
        ("timeline-refused", posts::page(&refused, ctx)),
        ("timeline-asking", posts::page(&asking, ctx)),
        ("timeline-reading", posts::page(&Timeline::sample(), &Ctx { reading: true, ..ctx.clone() })),
        ("home-reading", home::page(&Home::sample(), &Ctx { reading: true, ..ctx.clone() })),
        ("timeline-empty", posts::page(&Timeline::sample_empty(), ctx)),
        ("correction", posts::correction_page(&CorrectionForm::sample(), ctx)),
        ("withdrawal", posts::withdrawal_page(&WithdrawalForm::sample(), ctx)),
        ("readers", posts::readers_page(&Readers::sample(), ctx)),
        ("search", search::page(&SearchView::sample(), ctx)),
        ("search-empty", search::page(&SearchView::sample_empty(), ctx)),
        ("gate", ui::gate(ctx, "サインイン", sign_in())),
        ("kit", kit(ctx)),
    ]
}

fn sign_in() -> Markup {
    let fields = [
        ui::field(&Field {
            name: "login_id",
            label: "ID",
            autocomplete: Some("username"),
            ..Field::default()
        }),
        ui::field(&Field {
            name: "password", label: "パスワード", kind: Kind::Password, ..Field::default()
        }),
    ];
    maud::html! {
        h1 { "サインイン" }
        form class="stack" { @for field in fields { (field) } (ui::submit("次へ(アプリ認証)")) }
        (ui::notice_line("phone", "この端末: そらまめ訪問看護 3号機"))
    }
}

fn kit(ctx: &Ctx) -> Markup {
    let bad =
        Field {
            name: "code", label: "確認コード", kind: Kind::Code, required: true, ..Field::default()
        };
    let bad = Field {
        error: Some("数字が合いません。新しい6桁を入れてください。"),
        help: Some("アプリに出る6桁"),
        ..bad
    };
    let main = maud::html! {
        (ui::topbar(ui::Topbar { title: "部品", back: Some(("/menu", "メニューに戻る")), ..Default::default() }))
        (ui::column(maud::html! {
            @for (tone, title) in [(ui::Tone::Info, "お知らせ"), (ui::Tone::Success, "できました"),
                (ui::Tone::Caution, "気をつけてください"), (ui::Tone::Danger, "できませんでした")] {
                (ui::callout(tone, title, maud::html! { p { "何も失われていません。" } }))
            }
            (ui::field(&bad))
            div class="panel" { (ui::display_form(ctx)) }
            button class="btn" popovertarget="d" { "開く" }
            (ui::dialog("d", "この端末を外しますか", maud::html! { p { "すぐにサインアウトします。" } }, ui::submit("外す")))
            (ui::pager(Some("#"), Some("#")))
        }))
    };
    ui::shell(
        ctx,
        ui::Shell { title: "部品", tab: ui::Tab::Menu, list: None, side: None, in_room: false, main },
    )
}

fn gallery() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a folder inside target");
    target.join("gallery")
}

#[test]
fn every_sample_page_is_drawn() {
    let out = gallery();
    for (name, address) in asset::all() {
        let to = out.join(address.trim_start_matches('/'));
        fs::create_dir_all(to.parent().expect("assets stand in a folder")).expect("a writable target");
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name), to).expect("an asset");
    }
    for theme in Theme::ALL {
        let ctx = Ctx { theme, ..Ctx::sample("/") };
        for (name, page) in pages(&ctx) {
            check(name, &page.clone().into_string());
            let file = out.join(format!("{name}-{}.html", theme.code()));
            fs::write(file, page.into_string()).expect("a writable target");
        }
    }
}

/// What the Content-Security-Policy would refuse, and what must never stand in a title.
fn check(name: &str, html: &str) {
    for refused in [" style=\"", " onclick=", " onload=", " onsubmit=", "javascript:"] {
        assert!(!html.contains(refused), "{name}: {refused}");
    }
    let title = html.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).expect("a title");
    assert!(!title.contains("様") && !title.contains("小野寺"), "{name}: {title}");
    assert!(html.len() < 120_000, "{name}: {} bytes", html.len());
    let mut ids: Vec<_> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "{name}: an id stands twice");
}
