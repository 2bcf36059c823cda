//! The team's pages about the family timeline. In the family's colours, and what is sent from them says to whom.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    model::{Role, role_words},
    team::{Invited, Relative, Released, Waiting},
    team_pages::{InviteForm, Typed},
    views::note,
};
use crate::{
    features::{
        face_sheets::room::{Room, RoomTab},
        posts::model::Post,
        sign_in::enrol_views::qr,
    },
    opaque_debug,
    people::Named,
    web::{
        forms::{Entry, Errors, done, hidden},
        page::{column, way},
        ui::{Choice, Ctx, Shell, Tab, Tone, callout, empty, icon, notice_line, shell, time},
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
fn named(person: &Named, role: Role) -> String {
    let what = if person.relation.is_empty() { role.word() } else { &person.relation };
    format!("{}さん（{what}）", person.name)
}

fn names(relatives: &[Relative]) -> String {
    relatives.iter().map(|r| named(&r.person, r.role)).collect::<Vec<_>>().join("、")
}

pub fn tab_page(view: &TabView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done.as_deref()))
        @if let Some(cursor) = &view.older { a.btn href={ (urls::group_family(view.group_id)) "?before=" (cursor) } { (icon("up")) "前の投稿を読む" } }
        @if view.posts.is_empty() {
            (empty("kin", "まだ何も書かれていません", "ここに書いたことは、ご本人・ご家族とチームが読みます。チームのタイムラインは、ご家族には見えません。", None))
        }
        ol.notes { @for post in &view.posts { li { (note(post, &view.posts, Some(view.me), view.now, acts(view, post))) } } }
        (write(view))
        (people(view))
    };
    let main = html! {
        (view.room.bar(RoomTab::Family, None))
        div.family-banner {
            (icon("kin"))
            p { b { "患者さん・ご家族と話すところ" }
                @if view.relatives.is_empty() { span { "いま、ご本人・ご家族はだれも参加していません。" } }
                @else { span { (names(&view.relatives)) "が読みます。チームの記録はここに出ません。" } } }
        }
        div.family { (column(body)) }
    };
    let shell_of =
        Shell { title: "患者・家族", tab: Tab::Patients, list: None, side: None, in_room: false, main };
    shell(ctx, shell_of)
}

fn acts(view: &TabView, post: &Post) -> Markup {
    let released = view.releases.iter().find(|r| r.post == post.id);
    let other = post.author.id != view.me && post.withdrawn.is_none() && !view.archived;
    html! {
        @if let Some(r) = released {
            p.by { (icon("kin")) (r.by) "さんが、" a href=(urls::post_in_group(view.group_id, r.source)) { "チームの投稿" } "から見せました" }
        }
        @if other {
            div.acts {
                @if post.acknowledgements.mine { span.badge { (icon("check")) "了解済み" } }
                @else {
                    form method="post" action=(urls::acknowledgement(post.id)) {
                        button.btn type="submit" aria-label={ "了解（" (post.author.name) "さんの投稿）" } { (icon("check")) "了解" }
                    }
                }
                a.btn.quiet href={ (urls::group_family(view.group_id)) "?reply_to=" (post.id) "#write" } aria-label={ "返信（" (post.author.name) "さんへ）" } { (icon("reply")) "返信" }
            }
        }
    }
}

/// Who reads it stands above the words, and to whom it goes on the button.
fn write(view: &TabView) -> Markup {
    if view.archived {
        return notice_line("lock", "このグループは終了しています。読むことはできますが、書き込めません。");
    }
    let typed = &view.typed;
    let to = typed.reply_to.and_then(|id| view.posts.iter().find(|p| p.id == id));
    let kin = view.relatives.len();
    html! {
        form.family-write #write method="post" action=(urls::group_family(view.group_id)) aria-label="患者さん・ご家族に書く" {
            (hidden("client_id", &typed.client_id.unwrap_or_else(Uuid::new_v4).to_string()))
            @if let Some(to) = to {
                (hidden("reply_to", &to.id.to_string()))
                p { (icon("reply")) (to.author.name) "さんへの返信 " a href={ (urls::group_family(view.group_id)) "#write" } { "やめる" } }
            }
            p.readers {
                (icon("eye")) b { "読む人: " }
                @if kin == 0 { "ご本人・ご家族はまだいません（参加すると、前のものも読めます）。" } @else { b { (names(&view.relatives)) } "。" }
                "チームは" (view.team.len() + 1) "人。"
            }
            @if let Some(error) = &typed.error { p.composer-error role="alert" { (icon("alert")) span { (error) } } }
            label for="body" { "患者さん・ご家族に書く" }
            textarea.input #body name="body" rows="3" maxlength="8000" { "\n" (typed.body) }
            button.btn.primary.large type="submit" { (icon("send")) @if kin == 0 { "患者・家族のページに書く" } @else { "ご本人・ご家族 " (kin) "人とチームに送る" } }
        }
    }
}

fn people(view: &TabView) -> Markup {
    html! {
        section {
            h2 { "このページの人" }
            ul.panel.flush.rows {
                @for r in &view.relatives {
                    li.entry-row {
                        span.avatar.p-kin.round aria-hidden="true" { (r.person.name.chars().take(1).collect::<String>()) (icon("kin")) }
                        div { b { (r.person.name) } p.affiliation { (role_words(r.role, &r.person.relation)) } small { (time::day_long(r.since)) "から" } }
                        @if view.keeps { a.btn.quiet.short href=(urls::relative_removal(view.group_id, r.account_id)) aria-label={ (r.person.name) "さんを外す" } { "外す" } }
                    }
                }
                @for w in &view.waiting {
                    li.entry-row {
                        (icon("mail"))
                        div { b { (w.person.name) } p.affiliation { (role_words(w.role, &w.person.relation)) } small { (w.invited_by) "さんが招待しました。期限 " (time::when(w.expires_at, view.now)) } }
                        form method="post" action=(urls::relative_invitation_cancellation(view.group_id, w.id)) {
                            button.btn.quiet.short type="submit" aria-label={ (w.person.name) "さんの招待を取り消す" } { "取り消す" }
                        }
                    }
                }
                @if view.relatives.is_empty() && view.waiting.is_empty() { li.entry-row { span {} div { "まだだれもいません。" } } }
            }
        }
        section {
            h2 { "返事の時間の案内" }
            p.release { @if let Some(words) = &view.hours { (words) } @else { "まだ書いていません。ご家族のページには「急ぎのときは電話」と、管理する施設の電話番号が出ています。" } }
        }
        @if view.keeps && !view.archived {
            section {
                h2 { "ホストの仕事" }
                ul.ways.panel.flush {
                    (way(&urls::new_relative(view.group_id), "useradd", "ご本人・ご家族を招待する", "リンクか二次元コードを手渡します"))
                    (way(&urls::office_hours(view.group_id), "clock", "返事の時間の案内を書く", "いつ読むか、急ぎのときはどうするか"))
                }
            }
        }
    }
}

pub struct InviteView {
    pub room: Room,
    pub group_id: Uuid,
    pub(super) typed: InviteForm,
    pub errors: Errors,
}

opaque_debug!(InviteView);

fn deeper(room: &Room, group: Uuid, title: &str, body: Markup, ctx: &Ctx) -> Markup {
    let back = urls::group_family(group);
    room.page(ctx, title, room.deeper(title, (&back, "患者・家族に戻る")), body, None)
}

pub fn invite_page(view: &InviteView, ctx: &Ctx) -> Markup {
    let (f, e) = (&view.typed, &view.errors);
    let roles = [
        Choice { value: "family", label: "ご家族", help: None },
        Choice { value: "patient", label: "ご本人", help: None },
    ];
    let body = html! {
        (e.summary())
        (notice_line("kin", "招待した方が読めるのは、患者・家族タイムラインだけです。チームのタイムライン、基礎情報、ファイル、メンバーのページは見えません。前に書かれた患者・家族の投稿は読めます。"))
        form.stack method="post" action=(urls::new_relative(view.group_id)) {
            (hidden("client_id", &f.client_id.to_string()))
            (Entry::radio("role", "どなたですか", &roles).value(&f.role).errors(e).need())
            (Entry::line("name", "お名前").value(&f.name).errors(e).need().autocomplete("off").max_chars(60).help("チームとご家族に、このお名前で見えます。"))
            (Entry::line("relation", "続柄").value(&f.relation).errors(e).autocomplete("off").max_chars(30).help("例: 長女。ご本人のときは空のままにします。"))
            div.row {
                button.btn.primary.large type="submit" { "招待のリンクを作る" }
                a.btn.large href=(urls::group_family(view.group_id)) { "やめる" }
            }
        }
    };
    deeper(&view.room, view.group_id, "ご本人・ご家族を招待する", body, ctx)
}

pub struct InvitedView {
    pub room: Room,
    pub group_id: Uuid,
    pub person: Named,
    pub role: Role,
    pub invited: Invited,
}

opaque_debug!(InvitedView);

/// The sheet that is handed over.
pub fn invited_page(view: &InvitedView, ctx: &Ctx) -> Markup {
    let out = &view.invited;
    let body = html! {
        @if out.state == "open" {
            div.no-print { (callout(Tone::Success, "招待のリンクを作りました", html! { p { "ご本人に手渡すか、ご本人だけが読めるところへ送ってください。このリンクをお見せするのは、いまだけです。" } })) }
            article.panel.stack.handout {
                h2 { (view.person.name) " 様" }
                p { (view.person.patient) "様の「患者・家族」のページへの招待です（" (role_words(view.role, &view.person.relation)) "）。" }
                div.qr role="img" aria-label={ (view.person.name) "さんの招待の二次元コード" } { (qr(&out.link).unwrap_or_default()) }
                p.link-text { code { (out.link) } }
                ol.points {
                    li { "スマートフォンの カメラで 四角を 読み取ります。" }
                    li { "IDと パスワードを 決めて、認証アプリを 登録します。" }
                    li { "こまった ときは、この紙を 渡した 施設に 電話を してください。" }
                }
                p { b { (time::date_long(out.expires_at)) " まで" } "、1回だけ 使えます。ほかの 人に 渡さないで ください。" }
            }
            div.row.no-print {
                button.btn.large type="button" data-act="print" hidden { (icon("print")) "印刷する" }
                button.btn.large type="button" data-act="copy" data-copy=(out.link) hidden { (icon("clip")) "リンクを写す" }
                a.btn.large href=(urls::group_family(view.group_id)) { "患者・家族に戻る" }
            }
        } @else {
            (callout(Tone::Caution, "この招待は、もう終わっています", html! { p { "もう一度招待するときは、新しく作ってください。" } }))
            a.btn.large href=(urls::group_family(view.group_id)) { "患者・家族に戻る" }
        }
    };
    deeper(&view.room, view.group_id, "招待のリンク", body, ctx)
}

pub struct RemovalView {
    pub room: Room,
    pub group_id: Uuid,
    pub relative: Relative,
    pub client_id: Uuid,
    pub reason: String,
    pub errors: Errors,
}

opaque_debug!(RemovalView);

pub fn removal_page(view: &RemovalView, ctx: &Ctx) -> Markup {
    let body = html! {
        (view.errors.summary())
        p { b { (named(&view.relative.person, view.relative.role)) } "を、患者・家族タイムラインから外します。" }
        ul.points {
            li { "開いているページはすぐに閉じ、もう読めません。" }
            li { "書かれた投稿は、お名前のまま残ります。" }
            li { "また参加するには、もう一度招待が必要です。" }
        }
        form.stack method="post" action=(urls::relative_removal(view.group_id, view.relative.account_id)) {
            (hidden("client_id", &view.client_id.to_string()))
            (Entry::line("reason", "外す理由").value(&view.reason).help("例: ご本人の希望。チームの人だけが読めます。").errors(&view.errors).need().max_chars(200))
            div.row {
                a.btn.large href=(urls::group_family(view.group_id)) { "外さない" }
                button.btn.danger.large type="submit" { (icon("userx")) "外す" }
            }
        }
    };
    deeper(&view.room, view.group_id, "ご本人・ご家族を外す", body, ctx)
}

pub struct HoursView {
    pub room: Room,
    pub group_id: Uuid,
    pub id: Uuid,
    pub words: String,
    pub errors: Errors,
}

opaque_debug!(HoursView);

pub fn hours_page(view: &HoursView, ctx: &Ctx) -> Markup {
    let body = html! {
        (view.errors.summary())
        p { "ご家族のページの いちばん上に出ます。その下に「急ぎのときは電話」と、管理する施設の電話番号が付きます。" }
        form.stack method="post" action=(urls::office_hours(view.group_id)) {
            (hidden("id", &view.id.to_string()))
            (Entry::text("words", "案内の文", 4).value(&view.words).errors(&view.errors).max_chars(400).help("例: 平日の9時から17時に読みます。お返事は次の日になることがあります。"))
            div.row {
                button.btn.primary.large type="submit" { "この文にする" }
                a.btn.large href=(urls::group_family(view.group_id)) { "やめる" }
            }
        }
    };
    deeper(&view.room, view.group_id, "返事の時間の案内", body, ctx)
}

pub struct ReleaseView {
    pub room: Room,
    pub group_id: Uuid,
    /// On the team timeline.
    pub post: Uuid,
    pub author: String,
    pub body: String,
    pub at: Timestamp,
    pub relatives: Vec<Relative>,
    pub released: Vec<Released>,
    pub client_id: Uuid,
    pub words: String,
    pub errors: Errors,
    pub now: Timestamp,
}

opaque_debug!(ReleaseView);

pub fn release_page(view: &ReleaseView, ctx: &Ctx) -> Markup {
    let kin = view.relatives.len();
    let body = html! {
        (view.errors.summary())
        @for r in &view.released {
            (notice_line("kin", &format!("{}さんが {} に、この投稿をもとに家族のページへ書いています。", r.by, time::when(r.at, view.now))))
        }
        section {
            h2 { "チームの投稿" }
            p.soft { (view.author) "さん・" (time::when(view.at, view.now)) "。この投稿そのものは、ご家族には見えません。" }
            p.panel.release { (view.body) }
        }
        section.family.panel.stack {
            h2 { (icon("kin")) " ご家族のページに出る文" }
            @if kin == 0 { p { "いま、ご本人・ご家族はだれも参加していません。参加すると読めます。" } }
            @else { p { b { "読む人: " } b { (names(&view.relatives)) } "とチーム" } }
            form.stack method="post" action=(urls::release(view.post)) {
                (hidden("client_id", &view.client_id.to_string()))
                (Entry::text("words", "この文を、あなたの名前で書きます", 6).value(&view.words).errors(&view.errors).need().max_chars(8000)
                    .help("ご家族に分かる言葉に直し、見せない方がよいところは消してください。"))
                div.row {
                    button.btn.primary.large type="submit" { (icon("send")) @if kin == 0 { "患者・家族のページに書く" } @else { "ご本人・ご家族 " (kin) "人に見せる" } }
                    a.btn.large href=(urls::post_in_group(view.group_id, view.post)) { "見せない" }
                }
            }
        }
    };
    let back = urls::post_in_group(view.group_id, view.post);
    view.room.page(
        ctx,
        "家族にも見せる",
        view.room.deeper("家族にも見せる", (&back, "投稿に戻る")),
        body,
        None,
    )
}
