//! The team's pages about the family timeline. In the family's colours, and what is sent from them says to whom.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    model::{Role, role_words},
    release::{Released, SourceNow},
    sent::MAX_FILES,
    team::{Relative, Waiting},
    team_pages::Typed,
    views::{Door, note},
};
use crate::words::{fill, t};
use crate::{
    features::{
        face_sheets::room::{Room, RoomTab},
        posts::model::Post,
        who_read::{model::Told, views::told_in_words},
    },
    opaque_debug,
    people::Named,
    web::{
        forms::{done, hidden},
        page::{column, way},
        ui::{Ctx, Shell, Tab, empty, icon, notice_line, shell, time},
        urls,
    },
};

pub struct TabView {
    pub room: Room,
    pub group_id: Uuid,
    pub me: Uuid,
    /// The other members.
    pub team: Vec<String>,
    pub relatives: Vec<Relative>,
    pub waiting: Vec<Waiting>,
    pub hours: Option<String>,
    /// What they are told of who read.
    pub told: Told,
    pub releases: Vec<Released>,
    /// Oldest first.
    pub posts: Vec<Post>,
    pub older: Option<String>,
    /// The viewer keeps the group: acts are offered.
    pub keeps: bool,
    pub archived: bool,
    pub(super) typed: Typed,
    pub done: Option<String>,
    pub now: Timestamp,
}

opaque_debug!(TabView);

/// `小野寺 美香さん（長女）`.
pub(super) fn named(person: &Named, role: Role) -> String {
    let what = if person.relation.is_empty() { role.word() } else { &person.relation };
    fill(t("{0}さん（{what}）"), &[("0", &person.name), ("what", &what)])
}

pub(super) fn names(relatives: &[Relative]) -> String {
    relatives.iter().map(|r| named(&r.person, r.role)).collect::<Vec<_>>().join(t("、"))
}

pub fn tab_page(view: &TabView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done.as_deref()))
        @if let Some(cursor) = &view.older { a.btn href={ (urls::group_family(view.group_id)) "?before=" (cursor) } { (icon("up")) (t("前の投稿を読む")) } }
        @if view.posts.is_empty() {
            (empty("kin", t("まだ何も書かれていません"), t("ここに書いたことは、ご本人・ご家族とチームが読みます。チームのタイムラインは、ご家族には見えません。"), None))
        }
        @if !view.posts.is_empty() { h2.sr { (t("やりとり")) } }
        ol.notes { @for post in &view.posts { li { (note(post, &view.posts, Some(view.me), view.now, Door::Team, ctx.readings, acts(view, post))) } } }
        (write(view))
        (people(view))
    };
    let main = html! {
        (view.room.bar(RoomTab::Family, None))
        div.family-banner {
            (icon("kin"))
            p { b { (t("患者さん・ご家族と話すところ")) }
                @if view.relatives.is_empty() { span { (t("いま、ご本人・ご家族はだれも参加していません。")) } }
                @else { span { (names(&view.relatives)) (t("が読みます。チームの記録はここに出ません。")) } } }
        }
        div.family { (column(body)) }
    };
    let shell_of =
        Shell {
            title: t("患者・家族"), tab: Tab::Patients, list: None, side: None, in_room: false, main
        };
    shell(ctx, shell_of)
}

fn acts(view: &TabView, post: &Post) -> Markup {
    let released = view.releases.iter().find(|r| r.post == post.id);
    let mine = post.author.id == view.me;
    let stands = post.withdrawn.is_none() && post.quarantined.is_none() && !view.archived;
    let other = !mine && stands;
    html! {
        @if let Some(r) = released {
            p.by { (icon("kin")) (r.by) (t("さんが、")) a href=(urls::post_in_group(view.group_id, r.source)) { (t("チームの投稿")) } (t("から見せました")) }
            @if let Some(now) = r.source_now.filter(|_| post.withdrawn.is_none()) {
                p.by { (icon("alert"))
                    @match now { SourceNow::Corrected => { (t("もとの投稿は訂正されました。")) } SourceNow::Withdrawn => { (t("もとの投稿は取り消されました。")) } }
                    (t("ご家族のページには、この文が出たままです。"))
                    @if r.released_by == view.me && post.corrected_by.is_none() && !view.archived { " " a href=(urls::withdrawal(post.id)) { (t("この投稿を取り消す")) } }
                }
            }
        }
        // A photo that went to the wrong family is taken back at once.
        @if mine && stands && post.corrected_by.is_none() {
            div.acts {
                a.btn.quiet href=(urls::withdrawal(post.id)) { (icon("undo")) (t("取り消す")) }
                a.btn.quiet href=(urls::quarantine_of(post.id)) { (icon("ban")) (t("別の患者さんの投稿です")) }
            }
        }
        @if other {
            div.acts {
                @if post.acknowledgements.mine { span.badge { (icon("check")) (t("了解済み")) } }
                @else {
                    form method="post" action=(urls::acknowledgement(post.id)) {
                        button.btn type="submit" aria-label={ (t("了解（")) (post.author.name) (t("さんの投稿）")) } { (icon("check")) (t("了解")) }
                    }
                }
                a.btn.quiet href={ (urls::group_family(view.group_id)) "?reply_to=" (post.id) "#write" } aria-label={ (t("返信（")) (post.author.name) (t("さんへ）")) } { (icon("reply")) (t("返信")) }
                a.btn.quiet href=(urls::quarantine_of(post.id)) { (icon("ban")) (t("別の患者さんの投稿です")) }
            }
        }
    }
}

/// Who reads it stands above the words, and to whom it goes on the button.
fn write(view: &TabView) -> Markup {
    if view.archived {
        return notice_line(
            "lock",
            t("このグループは終了しています。読むことはできますが、書き込めません。"),
        );
    }
    let typed = &view.typed;
    let to = typed.reply_to.and_then(|id| view.posts.iter().find(|p| p.id == id));
    let kin = view.relatives.len();
    let place = to.map(|to| to.id.to_string()).unwrap_or_default();
    html! {
        form.family-write #write method="post" enctype="multipart/form-data" action=(urls::group_family(view.group_id)) data-keep=(format!("family/{}/{place}", view.group_id)) data-came-back[typed.error.is_some()] aria-label=(t("患者さん・ご家族に書く")) {
            (hidden("client_id", &typed.client_id.unwrap_or_else(Uuid::new_v4).to_string()))
            @if let Some(to) = to {
                (hidden("reply_to", &to.id.to_string()))
                p { (icon("reply")) (to.author.name) (t("さんへの返信 ")) a href={ (urls::group_family(view.group_id)) "#write" } { (t("やめる")) } }
            }
            p.who-reads {
                (icon("eye")) b { (t("読む人: ")) }
                @if kin == 0 { (t("ご本人・ご家族はまだいません（参加すると、前のものも読めます）。")) } @else { b { (names(&view.relatives)) } (t("。")) }
                (t("チームは")) (view.team.len() + 1) (t("人。"))
            }
            @if let Some(error) = &typed.error {
                p.composer-error role="alert" { (icon("alert")) span { (error) @if typed.with_files { (t("写真とファイルは、もう一度選んでください。")) } } }
            }
            label for="body" { (t("患者さん・ご家族に書く")) }
            textarea.input #body name="body" rows="3" maxlength="8000" { "\n" (typed.body) }
            label for="files" { (t("写真やPDFを付ける")) }
            input.input #files type="file" name="files" multiple accept="image/*,application/pdf" aria-describedby="files-help";
            p.soft #files-help { (fill(t("1回に{MAX_FILES}つまで。ご家族も開けます。写真の場所の情報は、消してからしまいます。"), &[("MAX_FILES", &MAX_FILES)])) }
            button.btn.primary.large type="submit" { (icon("send")) @if kin == 0 { (t("患者・家族のページに書く")) } @else { (t("ご本人・ご家族 ")) (kin) (t("人とチームに送る")) } }
        }
    }
}

fn people(view: &TabView) -> Markup {
    html! {
        section {
            h2 { (t("このページの人")) }
            ul.panel.flush.rows {
                @for r in &view.relatives {
                    li.entry-row {
                        span.avatar.p-kin.round aria-hidden="true" { (r.person.name.chars().take(1).collect::<String>()) (icon("kin")) }
                        div { b { (r.person.name) } p.affiliation { (role_words(r.role, &r.person.relation)) } small { (time::day_long(r.since)) (t("から")) } }
                        @if view.keeps { a.btn.quiet.short href=(urls::relative_removal(view.group_id, r.account_id)) aria-label={ (r.person.name) (t("さんを外す")) } { (t("外す")) } }
                    }
                }
                @for w in &view.waiting {
                    li.entry-row {
                        (icon("mail"))
                        div { b { (w.person.name) } p.affiliation { (role_words(w.role, &w.person.relation)) } small { (w.invited_by) (t("さんが招待しました。期限 ")) (time::when(w.expires_at, view.now)) } }
                        form method="post" action=(urls::relative_invitation_cancellation(view.group_id, w.id)) {
                            button.btn.quiet.short type="submit" aria-label={ (w.person.name) (t("さんの招待を取り消す")) } { (t("取り消す")) }
                        }
                    }
                }
                @if view.relatives.is_empty() && view.waiting.is_empty() { li.entry-row { span {} div { (t("まだだれもいません。")) } } }
            }
        }
        section {
            h2 { (t("返事の時間の案内")) }
            p.release { @if let Some(words) = &view.hours { (words) } @else { (t("まだ書いていません。ご家族のページには「急ぎのときは電話」と、管理する施設の電話番号が出ています。")) } }
        }
        @if view.told.shown {
            section {
                h2 { (t("だれが記録を見たか")) }
                p.release { (told_in_words(view.told)) (t("管理する施設の決まりです。")) }
            }
        }
        @if view.keeps && !view.archived {
            section {
                h2 { (t("ホストの仕事")) }
                ul.ways.panel.flush {
                    (way(&urls::new_relative(view.group_id), "useradd", t("ご本人・ご家族を招待する"), t("リンクか二次元コードを手渡します")))
                    (way(&urls::office_hours(view.group_id), "clock", t("返事の時間の案内を書く"), t("いつ読むか、急ぎのときはどうするか")))
                }
            }
        }
    }
}
