//! The pages of the host about the people of a family timeline.

use maud::{Markup, html};
use uuid::Uuid;

use super::{
    model::{Role, role_words},
    people_pages::InviteForm,
    team::{Invited, Relative},
    team_views::named,
};
use crate::words::t;
use crate::{
    features::{face_sheets::room::Room, sign_in::enrol_views::qr},
    opaque_debug,
    people::Named,
    web::{
        forms::{Entry, Errors, hidden},
        page::how_to,
        ui::{Choice, Ctx, Tone, callout, icon, notice_line, time},
        urls,
    },
};

pub struct InviteView {
    pub room: Room,
    pub group_id: Uuid,
    pub(super) typed: InviteForm,
    pub errors: Errors,
}

opaque_debug!(InviteView);

fn deeper(room: &Room, group: Uuid, title: &str, body: Markup, ctx: &Ctx) -> Markup {
    let back = urls::group_family(group);
    room.page(ctx, title, room.deeper(title, (&back, t("患者・家族に戻る"))), body, None)
}

pub fn invite_page(view: &InviteView, ctx: &Ctx) -> Markup {
    let (f, e) = (&view.typed, &view.errors);
    let roles = [
        Choice { value: "family", label: t("ご家族"), help: None },
        Choice { value: "patient", label: t("ご本人"), help: None },
    ];
    let body = html! {
        (e.summary())
        (notice_line("kin", t("招待した方が読めるのは、患者・家族タイムラインだけです。チームのタイムライン、基礎情報、ファイル、メンバーのページは見えません。前に書かれた患者・家族の投稿は読めます。")))
        form.stack method="post" action=(urls::new_relative(view.group_id)) {
            (hidden("client_id", &f.client_id.to_string()))
            (Entry::radio("role", t("どなたですか"), &roles).value(&f.role).errors(e).need())
            (Entry::line("name", t("お名前")).value(&f.name).errors(e).need().autocomplete("off").max_chars(60).help(t("チームとご家族に、このお名前で見えます。")))
            (Entry::line("relation", t("続柄")).value(&f.relation).errors(e).autocomplete("off").max_chars(30).help(t("例: 長女。ご本人のときは空のままにします。")))
            div.row {
                button.btn.primary.large type="submit" { (t("招待のリンクを作る")) }
                a.btn.large href=(urls::group_family(view.group_id)) { (t("やめる")) }
            }
        }
        p { (leaflet()) (t(" 何が守られ、だれが読むかを、お渡しできる紙にしてあります。")) }
        (how_to("family-page"))
    };
    deeper(&view.room, view.group_id, t("ご本人・ご家族を招待する"), body, ctx)
}

/// The paper for patients and families, with this deployment's own facts.
fn leaflet() -> Markup {
    html! { a.btn.large href=(urls::leaflet()) { (icon("file")) (t("患者さんへの説明書")) } }
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
            div.no-print { (callout(Tone::Success, t("招待のリンクを作りました"), html! { p { (t("ご本人に手渡すか、ご本人だけが読めるところへ送ってください。このリンクをお見せするのは、いまだけです。")) } })) }
            article.panel.stack.handout {
                h2 { (view.person.name) (t(" 様")) }
                p { (view.person.patient) (t("様の「患者・家族」のページへの招待です（")) (role_words(view.role, &view.person.relation)) (t("）。")) }
                div.qr role="img" aria-label={ (view.person.name) (t("さんの招待の二次元コード")) } { (qr(&out.link).unwrap_or_default()) }
                p.link-text { code { (out.link) } }
                ol.points {
                    li { (t("スマートフォンの カメラで 四角を 読み取ります。")) }
                    li { (t("IDと パスワードを 決めて、認証アプリを 登録します。")) }
                    li { (t("こまった ときは、この紙を 渡した 施設に 電話を してください。")) }
                }
                p { b { (time::date_long(out.expires_at)) (t(" まで")) } (t("、1回だけ 使えます。ほかの 人に 渡さないで ください。")) }
            }
            div.row.no-print {
                button.btn.large type="button" data-act="print" hidden { (icon("print")) (t("印刷する")) }
                button.btn.large type="button" data-act="copy" data-copy=(out.link) hidden { (icon("clip")) (t("リンクを写す")) }
                (leaflet())
                a.btn.large href=(urls::group_family(view.group_id)) { (t("患者・家族に戻る")) }
            }
        } @else {
            (callout(Tone::Caution, t("この招待は、もう終わっています"), html! { p { (t("もう一度招待するときは、新しく作ってください。")) } }))
            a.btn.large href=(urls::group_family(view.group_id)) { (t("患者・家族に戻る")) }
        }
    };
    deeper(&view.room, view.group_id, t("招待のリンク"), body, ctx)
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
        p { b { (named(&view.relative.person, view.relative.role)) } (t("を、患者・家族タイムラインから外します。")) }
        ul.points {
            li { (t("開いているページはすぐに閉じ、もう読めません。")) }
            li { (t("書かれた投稿は、お名前のまま残ります。")) }
            li { (t("また参加するには、もう一度招待が必要です。")) }
        }
        form.stack method="post" action=(urls::relative_removal(view.group_id, view.relative.account_id)) {
            (hidden("client_id", &view.client_id.to_string()))
            (Entry::line("reason", t("外す理由")).value(&view.reason).help(t("例: ご本人の希望。チームの人だけが読めます。")).errors(&view.errors).need().max_chars(200))
            div.row {
                a.btn.large href=(urls::group_family(view.group_id)) { (t("外さない")) }
                button.btn.danger.large type="submit" { (icon("userx")) (t("外す")) }
            }
        }
    };
    deeper(&view.room, view.group_id, t("ご本人・ご家族を外す"), body, ctx)
}

pub struct HoursView {
    pub room: Room,
    pub group_id: Uuid,
    pub id: Uuid,
    /// What stands there now, as a short word (`forms::version_of`).
    pub version: String,
    pub words: String,
    pub errors: Errors,
}

opaque_debug!(HoursView);

pub fn hours_page(view: &HoursView, ctx: &Ctx) -> Markup {
    let body = html! {
        (view.errors.summary())
        p { (t("ご家族のページの いちばん上に出ます。その下に「急ぎのときは電話」と、管理する施設の電話番号が付きます。")) }
        form.stack method="post" action=(urls::office_hours(view.group_id)) data-keep=(format!("hours/{}", view.group_id)) data-keep-id="id" data-version=(view.version) data-came-back[!view.errors.is_empty()] {
            (hidden("id", &view.id.to_string()))
            (Entry::text("words", t("案内の文"), 4).value(&view.words).errors(&view.errors).max_chars(400).help(t("例: 平日の9時から17時に読みます。お返事は次の日になることがあります。")))
            div.row {
                button.btn.primary.large type="submit" { (t("この文にする")) }
                a.btn.large href=(urls::group_family(view.group_id)) { (t("やめる")) }
            }
        }
    };
    deeper(&view.room, view.group_id, t("返事の時間の案内"), body, ctx)
}
