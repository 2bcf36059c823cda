//! RFC 9457 problem details.

use std::{borrow::Cow, collections::BTreeMap};

use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::status;
use crate::words::{fill, t};
use crate::{Error, auth::STEP_UP_REQUIRED};

#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub code: String,
    pub detail: String,
    pub request_id: String,
    /// For 422: which field, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
    /// For 503 in a service mode: why, in the operator's words,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// and since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<jiff::Timestamp>,
    /// For 412 of a face sheet: the version that stands now,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// the fields that were sent and not saved,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mine: Option<BTreeMap<String, String>>,
    /// and the fields of that version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemField {
    pub field: String,
    pub code: String,
    pub message: String,
}

pub fn answer(error: &Error, request_id: &str) -> Response {
    let status = status(error);
    let errors = match error {
        Error::Invalid(fields) => fields
            .iter()
            .map(|f| ProblemField {
                field: f.field.to_string(),
                code: f.code.into(),
                message: f.message.to_string(),
            })
            .collect(),
        _ => Vec::new(),
    };
    let overtaken = match error {
        Error::Overtaken(overtaken) => Some(overtaken),
        _ => None,
    };
    let mode = match error {
        Error::OutOfService(mode) => Some(mode),
        _ => None,
    };
    let code = code(error);
    let body = Problem {
        kind: format!("/api/v1/docs#{code}"),
        title: status.canonical_reason().unwrap_or("error").to_owned(),
        status: status.as_u16(),
        code: code.into_owned(),
        detail: detail(error).into_owned(),
        request_id: request_id.to_owned(),
        errors,
        reason: mode.map(|m| m.reason.clone()),
        since: mode.map(|m| m.since),
        version: overtaken.map(|o| o.version),
        mine: overtaken.map(|o| o.mine.clone()),
        theirs: overtaken.map(|o| o.theirs.clone()),
    };
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

fn code(error: &Error) -> Cow<'static, str> {
    match error {
        Error::NotSignedIn => "not_signed_in".into(),
        Error::WrongCredentials => "wrong_credentials".into(),
        Error::SecondFactorRequired => "second_factor_required".into(),
        Error::Locked => "locked".into(),
        Error::MustEnrol => "must_enrol".into(),
        Error::DeviceWaits => "device_waits".into(),
        Error::OutsideHours(_) => "outside_hours".into(),
        Error::NotFound => "not_found".into(),
        Error::Forbidden(reason) | Error::Conflict(reason) | Error::BadRequest(reason) => reason.clone(),
        Error::Stale | Error::Overtaken(_) => "stale".into(),
        Error::PreconditionRequired => "precondition_required".into(),
        Error::Invalid(_) => "invalid".into(),
        Error::TooLarge(_) => "too_large".into(),
        Error::DiskFull => "disk_full".into(),
        Error::TooMany { .. } => "too_many".into(),
        Error::AddressTooLong => "address_too_long".into(),
        Error::HeadersTooLarge => "headers_too_large".into(),
        Error::TooSlow => "too_slow".into(),
        Error::Busy => "busy".into(),
        Error::OutOfService(now) => now.mode.code().into(),
        Error::Unavailable(_) => "unavailable".into(),
        Error::Internal(_) => "internal".into(),
    }
}

/// What happened, in the person's words.
pub fn detail(error: &Error) -> Cow<'static, str> {
    if let Error::TooLarge(limit) = error {
        return too_large(*limit).into();
    }
    if let Error::OutsideHours(hours) = error {
        return fill(t("施設の決まりで、サインインできるのは{hours}です。急ぐときは、施設の管理者に連絡してください。"), &[("hours", &hours)])
        .into();
    }
    constant(error).into()
}

/// With the limit in the unit that phones and computers show: powers of 1000.
fn too_large(limit: u64) -> String {
    match limit {
        0..1_000_000 => {
            fill(t("大きすぎて受け取れません。{0} KBまでにしてください。"), &[("0", &(limit / 1_000))])
        }
        _ => fill(
            t("大きすぎて受け取れません。1つのファイルは{0} MBまでにしてください。"),
            &[("0", &(limit / 1_000_000))],
        ),
    }
}

fn constant(error: &Error) -> &'static str {
    match error {
        Error::NotSignedIn => t("サインインしてください。"),
        Error::WrongCredentials => t("IDかパスワード、または確認コードが違います。"),
        Error::SecondFactorRequired => t("認証アプリの確認コードを入れてください。"),
        Error::Locked => {
            t("しばらく操作がなかったので、画面をロックしました。もう一度パスワードを入れてください。")
        }
        Error::MustEnrol => t("先にアプリ認証を設定してください。"),
        Error::DeviceWaits => t("この端末は、施設の承認を待っています。承認されると使えます。"),
        Error::OutsideHours(_) => t("施設が決めた時間の外なので、いまはサインインできません。"),
        Error::NotFound => t("見つかりません。"),
        Error::Forbidden(reason) if reason == "file_refused" => {
            t("安全でない内容が見つかったため、このファイルは開けません。")
        }
        Error::Forbidden(reason) if reason == "terms_to_accept" => {
            t("規約の新しい版への同意が必要です。画面を開きなおすと、読んで同意できます。")
        }
        Error::Forbidden(reason) if reason == STEP_UP_REQUIRED => t(
            "影響の大きい操作です。先に、パスワード・確認コード・パスキーのどれかで、ご本人であることを確かめてください。",
        ),
        Error::Forbidden(reason) if reason == "code_or_passkey_please" => t(
            "この端末では確認コードを聞かずにサインインしています。確認コードかパスキーで確かめてください。",
        ),
        Error::Forbidden(reason) if reason == "unknown_device" => {
            t("この端末では、パスワードだけでは続きに戻れません。サインインし直してください。")
        }
        Error::Forbidden(reason) if reason == "managed_devices_only" => {
            t("施設の決まりで、承認した端末だけを使うことになっているため、カレンダーのリンクは作れません。")
        }
        Error::Forbidden(reason) if reason == "device_not_approved" => {
            t("その施設では、施設が承認した端末だけを使えます。この端末の承認を、施設の管理者に頼みました。")
        }
        Error::Forbidden(reason) if reason == "no_consent" => {
            t("この方は、このシステムからの代行入力を認めていません。")
        }
        Error::Forbidden(_) => t("この操作はできません。"),
        Error::Conflict(reason) => conflict(reason),
        Error::Stale | Error::Overtaken(_) => t("ほかの人が先に保存しました。保存はまだされていません。"),
        Error::PreconditionRequired => t("もとにした版（If-Match）を付けてください。"),
        Error::Invalid(_) => t("入力を確かめてください。まだ保存されていません。"),
        Error::BadRequest(_) => t("送られた内容を読み取れませんでした。"),
        Error::TooLarge(_) => t("大きすぎて受け取れません。"),
        Error::DiskFull => t(
            "保存する場所がいっぱいのため、いまはファイルを受け取れません。文章の投稿はできます。管理者に知らせています。",
        ),
        Error::TooMany { .. } => t("回数が多すぎます。しばらく待ってから、もう一度お試しください。"),
        Error::AddressTooLong => t("アドレス（URL）が長すぎます。"),
        Error::HeadersTooLarge => t(
            "ブラウザから送られた情報（Cookieなど）が大きすぎます。このサイトのCookieを消してから、もう一度お試しください。",
        ),
        Error::TooSlow => t(
            "送られてくるのに時間がかかりすぎたため、受け取れませんでした。電波のよいところで、もう一度お試しください。",
        ),
        Error::Busy => t("ただいま混み合っています。数秒たってから、もう一度お試しください。"),
        Error::OutOfService(now) => now.mode.meaning(),
        Error::Unavailable(_) => {
            t("いまは書き込めません。入力した内容はそのまま、しばらくして自動でもう一度お試しください。")
        }
        Error::Internal(_) => t("問題が起きました。入力した内容は保存されていない場合があります。"),
    }
}

pub fn conflict(reason: &str) -> &'static str {
    match reason {
        "archived" => t("このグループはアーカイブされています。読むことはできますが、書き込めません。"),
        "withdrawn_or_corrected_already" | "post_one_of_a_kind" => {
            t("この投稿は、もう訂正または取消されています。")
        }
        "not_entered_by_proxy" => t("この投稿は、ご本人が書いたものです。確認はいりません。"),
        "external_id_used_for_something_else" => t("このIDは、別の内容・方・グループに使われています。"),
        "too_many_systems" => t("外部システムは20個までです。使わないものをやめてください。"),
        "handled_already" => t("この投稿には、もう対応済と書いています。"),
        "hand_over_first" => t("ホストの方は、先にホストを引き継いでください。"),
        "last_admin" => t("この施設の管理者は、ほかにいません。先に別の方を管理者にしてください。"),
        "successor_cannot_be_host" => t(
            "選ばれた方は、そのグループのホストになれません。グループのメンバー（一時参加を除く）か、施設の管理者から選び直してください。",
        ),
        "review_open_already" => t("いま開いている棚卸があります。先にそちらを終えてください。"),
        "answered_already" => t("もう答えが出ています。画面を読み込み直してください。"),
        "review_is_over" => t("この棚卸は、もう終わっています。"),
        "not_oneself" => t("自分自身の利用は止められません。退職・異動の手続きを使ってください。"),
        "staff_already" => t("この方は、もうこの施設のスタッフです。"),
        "somebody_else" => t(
            "この招待は、別の方あてです。あなたあてのはずのときは、施設の管理者に、登録されている名前で新しく招待してもらってください。",
        ),
        "code_over" => t("この確認番号は、もう使えません。新しい番号を受け取ってください。"),
        "too_many_codes" => {
            t("番号を何度も送りました。施設の管理者に、新しいリンクを作ってもらってください。")
        }
        "checklist_first" => {
            t("確認項目に、まだ印のないものがあります。すべて確かめてから承認してください。")
        }
        "mail_of_another_account" => t(
            "このメールアドレスのかたは、もうアカウントをお持ちです。そのアカウントでサインインしてから、メールのリンクをもう一度開いてください。",
        ),
        "suspended" => t("利用を止めている方は、管理者にできません。先に利用を再開してください。"),
        "too_many_open_invitations" => {
            t("返事を待っている招待が多すぎます。使わないものを取り消してから、もう一度お試しください。")
        }
        "last_second_factor" => {
            t("最後の1つは外せません。先に、別のパスキーかアプリ認証を登録してください。")
        }
        "too_many_webhooks" => {
            t("Webhookは5つまでです。使わないものの登録を外してから、もう一度お試しください。")
        }
        "too_many_tests" => {
            t("試しの呼び出しは、1時間に10回までです。しばらく待ってから、もう一度お試しください。")
        }
        "webhook_off" => t("このWebhookは止まっています。再開してから、もう一度お試しください。"),
        "not_failed" => {
            t("この呼び出しは、もう送られたか、これから送られます。画面を読み込み直してください。")
        }
        "too_many_passkeys" => t("パスキーは20個までです。使っていないものを外してください。"),
        "challenge_used_or_over" => t("時間がたったため、できませんでした。もう一度お試しください。"),
        "recovery_not_waiting" => t(
            "この手続きは、もう確認を待っていません。ほかの人が確認したか、取り消されたか、24時間が過ぎました。",
        ),
        "recovery_open_already" => t("この方の回復の手続きは、もう進んでいます。"),
        "recovery_over" => t("この手続きは、もう終わっています。"),
        "recovery_not_confirmed" => t("まだ確認されていないか、もう終わっている手続きです。"),
        "a_member_already" => t("すでにメンバーです。"),
        "invited_already" => t("すでに招待しています。"),
        "used_or_expired" => t("この招待や申し込みは、使われたか期限が切れています。"),
        "file_scanning" => t("ファイルの安全を確かめています。終わると開けます。"),
        "five_pins_already" => {
            t("固定できるのは5件までです。ほかの固定を外してから、もう一度お試しください。")
        }
        "too_many_bookmarks" => t("しおりは500件までです。使わないものを外してください。"),
        "too_many_templates" => t("定型文は100個までです。使わないものを「使わないように」してください。"),
        "no_consultations_here" => t("1対1の会話では、相談を出せません。そのまま書いてください。"),
        "connected_already" => t("この方とは、もうつながっています。"),
        "asked_already" => t("この方には、もう申し込んでいます。返事をお待ちください。"),
        "asked_you_already" => t("この方からの申し込みが届いています。「つながり」の画面で答えてください。"),
        "asked_enough_today" => t("申し込みは1日に20件までです。明日、もう一度お試しください。"),
        "end_the_connection" => t("1対1の会話は、つながりを終えると終わります。"),
        "task_is_closed" => {
            t("このやることは、もう対応済かとりやめになっています。画面を読み込み直してください。")
        }
        "task_is_open" => t("このやることは、いま開いています。画面を読み込み直してください。"),
        "owner_already" => t("その方は、もう担当になっています。"),
        "too_many_open_tasks" => t(
            "開いているやることは、1つのグループに300件までです。済んだものを対応済かとりやめにしてください。",
        ),
        "too_many_visits" => t(
            "これからの訪問の予定は、1人の患者さんに200件までです。くり返しの予定にまとめるか、使わない予定を終わりにしてください。",
        ),
        "opened_enough_today" => {
            t("自由グループを開けるのは、1日に20件までです。明日、もう一度お試しください。")
        }
        "saved_enough_today" => t("定型文を直せるのは、1日に100回までです。明日、もう一度お試しください。"),
        "set_enough_ranges_today" => {
            t("基準の範囲を変えられるのは、1人の患者さんで1日に50回までです。明日、もう一度お試しください。")
        }
        "not_confirmed_yet" => t("代行入力された投稿です。先に、内容を確かめてください。"),
        "open_already" => t("この患者さんのグループは、もう開かれています。"),
        other => quarantine(other)
            .unwrap_or(t("いまの状態では、この操作はできません。画面を読み込み直してください。")),
    }
}

fn quarantine(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "quarantined" => {
            t("この投稿は、別の患者さんの投稿として隔離されています。書き足すことはできません。")
        }
        "not_in_a_conversation_of_two" => t("1対1の会話では、隔離はできません。書いた人が取り消せます。"),
        "decided_already" => t("もう1人が、もう決めています。ページを開き直してください。"),
        "moved_already" => t("もう、正しいグループに書き直されています。ページを開き直してください。"),
        "somebody_else_decides_now" | "others_have_seen_it" => {
            t("そのあいだに、メンバーや既読が変わりました。もう一度押してください。")
        }
        "decided_otherwise" => t("隔離したままと決まった投稿だけを、書き直せます。"),
        _ => return None,
    })
}
