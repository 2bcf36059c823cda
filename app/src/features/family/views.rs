//! The family's own site: one column, large, in plain words; nothing of it looks like the team's pages.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    model::{Place, Reader, role_words},
    sent::MAX_FILES,
};
use crate::words::{fill, t};
use crate::{
    features::{
        files::{kin::NOT_HERE, model::PostFile},
        posts::{self, model::Post},
    },
    opaque_debug,
    people::KIN,
    web::{
        forms::hidden,
        ui::{Ctx, Profession, Theme, bare, icon, language_switch, named, time},
        urls,
    },
};

/// The frame of every page. `title` stands in the browser's tab and names nobody.
pub fn site(
    ctx: &Ctx,
    title: &str,
    heading: &str,
    note: &str,
    nav: &[(String, &'static str)],
    main: Markup,
) -> Markup {
    let body = html! {
        div.family.family-site {
            header {
                div.bar {
                    div.name { (icon("kin")) div { h1 { (heading) } p { (note) } } }
                    @if !nav.is_empty() {
                        nav aria-label=(t("画面")) { ul { @for (href, word) in nav { li { a href=(href) { (word) } } } } }
                    }
                }
            }
            main id="main" tabindex="-1" { (main) }
        }
    };
    bare(ctx, title, body)
}

/// `小野寺 美香さん`, for screen and sentence.
fn san(name: &str) -> String {
    fill(t("{name}さん"), &[("name", &name)])
}

/// What stands under a name: 続柄, or profession and facility.
pub fn role_of(profession: &str, facility: &str, relation: Option<&str>) -> String {
    match (super::model::Role::from_code(profession), relation) {
        (Some(role), relation) => role_words(role, relation.unwrap_or_default()),
        (None, _) => {
            fill(t("{0}・{facility}"), &[("0", &Profession::of(profession).label()), ("facility", &facility)])
        }
    }
}

/// `桑原 誠一郎さんほか 5人（在宅チーム）、小野寺 健さん`.
pub fn who_reads(readers: &[Reader], me: Option<Uuid>) -> String {
    let others = |kin: bool| {
        readers
            .iter()
            .filter(move |r| KIN.contains(&r.profession.as_str()) == kin && Some(r.account_id) != me)
    };
    let family: Vec<String> = others(true).map(|r| san(&r.name)).collect();
    let team: Vec<&Reader> = others(false).collect();
    let team = team.first().map(|first| match team.len() {
        1 => fill(t("{0}（在宅チーム）"), &[("0", &san(&first.name))]),
        n => fill(t("{0}ほか {1}人（在宅チーム）"), &[("0", &san(&first.name)), ("1", &(n - 1))]),
    });
    let all: Vec<String> = team.into_iter().chain(family).collect();
    if all.is_empty() { t("まだ だれも いません").to_owned() } else { all.join(t("、")) }
}

pub fn readers_list(readers: &[Reader]) -> Markup {
    html! {
        ul.points {
            @for r in readers { li { b { (named(&r.name, &r.reading, true)) } " " span.soft { (role_of(&r.profession, &r.facility, r.relation.as_deref())) } } }
        }
    }
}

/// When somebody reads, and where to call.
fn hours(place: &Place) -> Markup {
    html! {
        div.hours {
            @if let Some(words) = &place.hours { p { (words) } }
            p {
                b { (t("急ぎの ときは、電話を してください。")) }
                @if !place.phone.is_empty() { " " (place.facility) " " a href={ "tel:" (place.phone) } { (place.phone) } }
                @else { " " (place.facility) }
            }
        }
    }
}

/// What stands in the form when the page is shown (again).
#[derive(Default)]
pub struct Typed {
    pub body: String,
    pub reply_to: Option<Uuid>,
    pub error: Option<String>,
    /// Files came along; a browser does not show them again.
    pub with_files: bool,
    pub client_id: Option<Uuid>,
}

opaque_debug!(Typed);

pub struct TimelineView {
    pub place: Place,
    /// The newest page, which goes on by itself.
    pub newest: bool,
    /// Notices do not reach the reader.
    pub not_reached: bool,
    /// More than one: there is a way back to the choice.
    pub several: bool,
    /// The facility tells who read.
    pub told: bool,
    pub readers: Vec<Reader>,
    /// Oldest first.
    pub posts: Vec<Post>,
    pub older: Option<String>,
    pub typed: Typed,
    pub now: Timestamp,
}

opaque_debug!(TimelineView);

pub fn heading(place: &Place) -> String {
    fill(t("{0} 様"), &[("0", &place.person.patient)])
}

fn nav(several: bool, who_read: Option<Uuid>) -> Vec<(String, &'static str)> {
    let mut nav = Vec::new();
    if let Some(group) = who_read {
        nav.push((urls::family_who_read(group), t("だれが 見たか")));
    }
    if several {
        nav.push((urls::family().to_owned(), t("ほかの方の ページ")));
    }
    nav.push((urls::family_account().to_owned(), t("わたしの 設定")));
    nav
}

pub fn timeline_page(view: &TimelineView, ctx: &Ctx) -> Markup {
    let place = &view.place;
    let group = place.group_id;
    let main = html! {
        (hours(place))
        @if view.not_reached {
            p.hours role="status" { (icon("alert")) (t(" あたらしい お知らせが とどいて いません。")) a href=(urls::family_notices()) { (t("お知らせの 設定を 見る")) } }
        }
        @if let Some(cursor) = &view.older {
            a.btn href={ (urls::family_timeline(group)) "?before=" (cursor) } { (icon("up")) (t("前の ものを 読む")) }
        }
        @if view.posts.is_empty() {
            p #nothing { (t("まだ 何も 書かれて いません。ここに 書くと、在宅チームと ご家族に とどきます。")) }
        }
        @if !view.posts.is_empty() { h2.sr { (t("やりとり")) } }
        ol.notes #notes data-family=[view.newest.then_some(group)] {
            @for post in &view.posts { li { (note(post, &view.posts, Some(place.account_id), view.now, Door::Family, ctx.readings, acts(place, post))) } }
        }
        (write(view))
    };
    site(
        ctx,
        t("患者・家族"),
        &heading(place),
        t("在宅チームと 話す ところ"),
        &nav(view.several, view.told.then_some(group)),
        main,
    )
}

fn acts(place: &Place, post: &Post) -> Markup {
    let mine = post.author.id == place.account_id;
    let other = !mine && post.withdrawn.is_none() && post.body.is_some();
    let changes = mine && post.withdrawn.is_none() && post.corrected_by.is_none() && post.body.is_some();
    html! {
        @if changes && !place.archived {
            div.acts {
                a.btn.quiet href=(urls::family_correction(post.id)) { (icon("pen")) (t("直す")) }
                a.btn.quiet href=(urls::family_withdrawal(post.id)) { (icon("undo")) (t("取り消す")) }
            }
        }
        @if other && !place.archived {
            div.acts {
                @if post.acknowledgements.mine { span.badge { (icon("check")) (t("わかりました")) } }
                @else {
                    form method="post" action=(urls::family_acknowledgement(post.id)) {
                        button.btn type="submit" aria-label={ (t("わかりました（")) (san(&post.author.name)) (t("へ）")) } { (icon("check")) (t("わかりました")) }
                    }
                }
                a.btn.quiet href={ (urls::family_timeline(place.group_id)) "?reply_to=" (post.id) "#write" } aria-label={ (t("返事を 書く（")) (san(&post.author.name)) (t("へ）")) } { (icon("reply")) (t("返事を 書く")) }
            }
        }
    }
}

/// On whose page a post stands: where its files are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Family,
    Team,
}

impl Door {
    fn file(self, id: Uuid) -> String {
        match self {
            Self::Family => urls::family_file(id),
            Self::Team => urls::file(id),
        }
    }

    fn thumbnail(self, id: Uuid) -> String {
        match self {
            Self::Family => urls::family_thumbnail(id),
            Self::Team => urls::thumbnail(id),
        }
    }
}

/// A picture is shown small; tapped, it opens. Everything else is a line.
fn attached(file: &PostFile, door: Door) -> Markup {
    html! {
        @match file.state.as_str() {
            NOT_HERE => p.by { (icon("clip")) (file.name) (t("（この 画面では 開けません。チームの 人に 聞いてください）")) },
            "scanning" => p.by { (icon("hour")) (file.name) (t("（いま 調べて います。すこし まってください）")) },
            "refused" => p.by { (icon("ban")) (file.name) (t("（あぶない ものが 見つかったので、開けません）")) },
            _ => {
                @if file.media_type.starts_with("image/") {
                    a.picture href=(door.file(file.id)) {
                        @if file.has_thumbnail { img src=(door.thumbnail(file.id)) alt={ (t("写真 ")) (file.name) } loading="lazy"; }
                        @else { (icon("image")) (file.name) }
                    }
                } @else if file.media_type == "application/pdf" && door == Door::Team {
                    p.by { (icon("file")) a href={ (door.file(file.id)) "?view=1" } { (file.name) } }
                } @else if file.media_type.starts_with("audio/") {
                    p.by { (icon("sound")) (file.name) }
                    audio controls preload="none" src=(door.file(file.id)) aria-label=(file.name) {}
                } @else if file.media_type.starts_with("video/") {
                    p.by { (icon("video")) (file.name) }
                    video controls preload="none" src=(door.file(file.id)) aria-label=(file.name) {}
                } @else { p.by { (icon("file")) a href=(door.file(file.id)) { (file.name) } } }
            }
        }
    }
}

/// One post, for the family and for the team's tab.
pub fn note(
    post: &Post,
    all: &[Post],
    me: Option<Uuid>,
    now: Timestamp,
    door: Door,
    readings: bool,
    acts: Markup,
) -> Markup {
    let author = &post.author;
    let kin = KIN.contains(&author.profession.as_str());
    let initial: String = author.name.chars().take(1).collect();
    let answered = post.reply_to.and_then(|to| all.iter().find(|p| p.id == to));
    html! {
        article.note.mine[me == Some(author.id)] id={ "post-" (post.id) } aria-labelledby={ "by-" (post.id) } {
            @if kin { span.avatar.p-kin.round aria-hidden="true" { (initial) (icon("kin")) } }
            @else { (crate::web::ui::avatar(&author.name, Profession::of(&author.profession), crate::web::ui::Size::Medium)) }
            header {
                h3 id={ "by-" (post.id) } { (named(&author.name, &author.reading, readings)) }
                p { (role_of(&author.profession, &author.facility, author.relation.as_deref())) " " time datetime=(time::machine(post.created_at)) { (time::when(post.created_at, now)) } }
            }
            @if let Some(to) = answered { p.answers { (san(&to.author.name)) (t("への 返事")) } }
            @match (&post.withdrawn, &post.body) {
                _ if post.quarantined.is_some() => { @if let Some(q) = &post.quarantined { div.text { (posts::views::in_quarantine(&posts::present::isolated(q), now)) } } },
                (Some(w), _) => p.text { (t("取り消されました。（理由: ")) (w.reason) (t("）")) },
                (None, _) if post.corrected_by.is_some() => p.text.soft { (t("この文は、あとで 直されました。")) },
                (None, None) => p.text.soft { (t("まちがいが あったため、この文は いま 見られません。")) },
                (None, Some(body)) => p.text { (body) },
            }
            @if post.corrected_by.is_none() && post.quarantined.is_none() { @for file in &post.files { (attached(file, door)) } }
            p.by {
                (t("読んだ人 ")) (post.read_by.count) "/" (post.read_by.total)
                @if post.acknowledgements.count > 0 { (t("・わかりました ")) (post.acknowledgements.count) (t("人")) }
            }
            (acts)
        }
    }
}

/// Who reads it stands above the words, and how many they are on the button.
fn write(view: &TimelineView) -> Markup {
    let place = &view.place;
    if place.archived {
        return html! { p.hours { (icon("lock")) (t("このページは 終わりました。読むことは できます。")) } };
    }
    let typed = &view.typed;
    let to = typed.reply_to.and_then(|id| view.posts.iter().find(|p| p.id == id));
    let others = view.readers.iter().filter(|r| r.account_id != place.account_id).count();
    html! {
        form.family-write #write method="post" enctype="multipart/form-data" action=(urls::family_timeline(place.group_id)) aria-label=(t("書く"))
            data-kin=(place.account_id) data-keep={ "family-" (place.group_id) } data-came-back[typed.error.is_some()] {
            (hidden("client_id", &typed.client_id.unwrap_or_else(Uuid::new_v4).to_string()))
            @if let Some(to) = to {
                (hidden("reply_to", &to.id.to_string()))
                p { (icon("reply")) (san(&to.author.name)) (t("への 返事 ")) a href={ (urls::family_timeline(place.group_id)) "#write" } { (t("やめる")) } }
            }
            div.who-reads {
                p { (icon("eye")) b { (t("読む人: ")) } (who_reads(&view.readers, Some(place.account_id))) }
                details { summary { (t("全員の 名前を 見る")) } (readers_list(&view.readers)) }
                p { a href=(urls::family_readers(place.group_id)) { (t("だれが 読むか")) } }
            }
            @if let Some(error) = &typed.error {
                p.composer-error role="alert" { (icon("alert")) span { (error) @if typed.with_files { (t("写真や PDFは、もう一度 えらんで ください。")) } } }
            }
            label for="body" { (t("書く")) }
            textarea.input #body name="body" rows="4" maxlength="8000" { "\n" (typed.body) }
            label for="files" { (t("写真や PDFを つける")) }
            input.input #files type="file" name="files" multiple accept="image/*,application/pdf" aria-describedby="files-help";
            p.soft #files-help { (t("1回に ")) (MAX_FILES) (t("つまで。写真の 場所の 情報は、消してから しまいます。")) }
            p.soft { (t("送った あとで、直す ことと 取り消す ことが できます。前の 文も、記録に のこります。")) }
            button.btn.primary.large type="submit" { (icon("send")) (others) (t("人に 送る")) }
        }
    }
}

/// For somebody with several patients.
pub fn choice_page(places: &[Place], ctx: &Ctx) -> Markup {
    let main = html! {
        @if places.is_empty() { p { (t("いま 読める ページは ありません。")) } }
        @else {
            h2 { (t("どなたの ページを 見ますか")) }
            ul.ways.panel.flush {
                @for p in places {
                    li { a.way href=(urls::family_timeline(p.group_id)) {
                        (icon("kin"))
                        span { b { (heading(p)) } small { (p.facility) @if p.unread > 0 { (t("・まだ 読んで いない もの ")) (p.unread) (t("件")) } } }
                        (icon("next"))
                    } }
                }
            }
        }
    };
    site(
        ctx,
        t("患者・家族"),
        t("連携 患者・家族"),
        "",
        &[(urls::family_account().to_owned(), t("わたしの 設定"))],
        main,
    )
}

pub fn readers_page(place: &Place, readers: &[Reader], told: bool, ctx: &Ctx) -> Markup {
    let main = html! {
        h2 { (t("読む人")) }
        p { (t("ここに 書いた ことは、次の 人だけが 読みます。")) }
        (readers_list(readers))
        @if told { p { a href=(urls::family_who_read(place.group_id)) { (t("だれが 記録を 見たか")) } } }
        a.btn href=(urls::family_timeline(place.group_id)) { (t("もどる")) }
    };
    site(ctx, t("読む人"), &heading(place), t("在宅チームと 話す ところ"), &nav(false, None), main)
}

pub fn account_page(places: &[Place], ctx: &Ctx) -> Markup {
    let main = html! {
        h2 { (t("わたしの 設定")) }
        dl.facts-table {
            @if let Some(first) = places.first() { div { dt { "ID" } dd { (first.login_id) } } }
            @for p in places {
                div { dt { (heading(p)) } dd { (p.person.name) (t("（")) (role_words(p.role, &p.person.relation)) (t("）・")) (time::day_long(p.since)) (t("から")) } }
            }
        }
        form.stack method="post" action=(urls::family_display()) {
            h2 { (t("画面の 見え方")) }
            fieldset.stack-s { legend { (t("文字の 大きさ")) }
                @for (code, word) in [("normal", t("ふつう")), ("large", t("大きい"))] {
                    label.check { input type="radio" name="text" value=(code) checked[(code == "large") == ctx.large_text]; " " (word) }
                }
            }
            fieldset.stack-s { legend { (t("なまえの ふりがな")) }
                @for (code, word) in [("off", t("つけない")), ("on", t("つける"))] {
                    label.check { input type="radio" name="readings" value=(code) checked[(code == "on") == ctx.readings]; " " (word) }
                }
            }
            fieldset.stack-s { legend { (t("色")) }
                @for theme in Theme::ALL { label.check { input type="radio" name="theme" value=(theme.code()) checked[theme == ctx.theme]; " " (theme.label()) } }
            }
            button.btn type="submit" { (t("この 見え方に する")) }
        }
        section.stack-s { h2 { (t("画面の言語")) } (language_switch(ctx)) }
        section.stack-s {
            h2 { (t("こまった とき")) }
            p { (t("パスワードを わすれた とき、スマートフォンを なくした ときは、招待した 施設に 電話を してください。新しい 招待で、もう一度 登録 できます。")) }
            @for p in places { @if !p.phone.is_empty() { p { (p.facility) " " a href={ "tel:" (p.phone) } { (p.phone) } } } }
        }
        section.stack-s {
            h2 { (t("お知らせ")) }
            p { (t("あたらしい ものが あるとき、スマートフォンや メールで 知らせます。")) }
            a.btn.large href=(urls::family_notices()) { (icon("bell")) (t("お知らせの 設定")) }
        }
        form method="post" action=(urls::family_sign_out()) data-family-out data-kin=[places.first().map(|p| p.account_id)] { button.btn.large type="submit" { (icon("out")) (t("サインアウト")) } }
        a.btn.quiet href=(urls::family()) { (t("もどる")) }
    };
    site(ctx, t("わたしの設定"), t("連携 患者・家族"), "", &[], main)
}
