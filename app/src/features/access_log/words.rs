//! What each act in the access log is called. A test compares this table with every place that writes one.

/// Code, words for what was done, and words for what was refused.
const WORDS: &[(&str, &str, &str)] = &[
    // Signing in and one's own account.
    ("signed_in", "サインインしました", "サインインできませんでした"),
    ("signed_out", "サインアウトしました", ""),
    ("signed_out_everywhere", "すべての端末からサインアウトしました", ""),
    ("locked", "画面をロックしました", ""),
    ("unlocked", "画面のロックを外しました", ""),
    ("factor_enrolled", "アプリ認証を登録しました", ""),
    ("confirmed_identity", "本人であることを確かめ直しました", ""),
    ("changed_password", "パスワードを変えました", ""),
    ("renewed_recovery_codes", "回復コードを作り直しました", ""),
    ("ended_device", "端末をサインアウトしました", "端末をサインアウトしようとしました"),
    ("accepted_policy", "規約の版に同意しました", ""),
    ("opened_paper", "運営者からの書類を開きました", ""),
    (
        "switched_facility",
        "働く施設を切り替えました",
        "承認されていない端末で、働く施設を切り替えようとしました",
    ),
    // Devices.
    ("renamed_device", "端末の名前を変えました", ""),
    ("lost_device", "端末の紛失を届けました", "端末の紛失を届けようとしました"),
    ("viewed_devices", "端末の一覧を見ました", "端末の一覧を見ようとしました"),
    ("downloaded_devices", "端末台帳を保存しました", "端末台帳を保存しようとしました"),
    ("approved_device", "端末を承認しました", "端末を承認しようとしました"),
    ("refused_device", "端末を使えないようにしました", ""),
    ("described_device", "端末の持ち主を書きました", "端末の持ち主を書こうとしました"),
    ("viewed_sign_in_policy", "サインインの決まりを見ました", "サインインの決まりを見ようとしました"),
    ("changed_sign_in_policy", "サインインの決まりを変えました", "サインインの決まりを変えようとしました"),
    ("ended_after_hours", "決まった時間が過ぎたので、サインアウトしました", ""),
    ("viewed_certificates", "端末の証明書の一覧を見ました", "端末の証明書の一覧を見ようとしました"),
    (
        "offered_certificate",
        "端末の証明書の登録リンクを作りました",
        "端末の証明書の登録リンクを作ろうとしました",
    ),
    ("enrolled_certificate", "端末に証明書を入れました", ""),
    ("revoked_certificate", "端末の証明書を取り消しました", "端末の証明書を取り消そうとしました"),
    // The timeline.
    ("post", "投稿しました", "投稿しようとしました"),
    ("corrected", "投稿を訂正しました", "投稿を訂正しようとしました"),
    ("withdrew", "投稿を取り消しました", "投稿を取り消そうとしました"),
    ("acknowledged", "了解しました", "了解しようとしました"),
    ("viewed_timeline", "チームの記録を見ました", "チームの記録を見ようとしました"),
    ("viewing_timeline", "チームの記録を開いていました", ""),
    ("viewed_post", "投稿を見ました", "投稿を見ようとしました"),
    ("unfolded_post", "取り消された投稿を開きました", "取り消された投稿を開こうとしました"),
    // Lists.
    ("viewed_home", "ホームを見ました", ""),
    ("viewed_notices", "お知らせを見ました", ""),
    ("viewed_groups", "グループの一覧を見ました", ""),
    ("viewed_patients", "患者さんの一覧を見ました", "患者さんの一覧を見ようとしました"),
    ("searched_patients", "患者さんを探しました", ""),
    ("searched_facilities", "施設を探しました", ""),
    ("searched_staff", "ほかの施設のスタッフを探しました", ""),
    // Patients and face sheets.
    ("viewed_patient", "患者さんの情報を見ました", "患者さんの情報を見ようとしました"),
    ("registered_patient", "患者さんを登録しました", "患者さんを登録しようとしました"),
    ("viewed_face_sheet", "患者基礎情報を見ました", "患者基礎情報を見ようとしました"),
    ("viewed_face_sheet_versions", "患者基礎情報の履歴を見ました", "患者基礎情報の履歴を見ようとしました"),
    ("changed_face_sheet", "患者基礎情報を直しました", "患者基礎情報を直そうとしました"),
    // Groups and members.
    ("viewed_group", "グループを見ました", "グループを見ようとしました"),
    ("viewed_invitation", "招待を見ました", "招待を見ようとしました"),
    ("viewed_members", "メンバーを見ました", "メンバーを見ようとしました"),
    ("member_opened", "グループを開きました", "グループを開こうとしました"),
    ("member_invited", "メンバーに招待しました", "メンバーに招待しようとしました"),
    ("member_accepted", "招待を受けました(承認待ち)", "招待を受けようとしました"),
    ("member_declined", "招待を断りました", ""),
    ("member_answered", "招待に答えました", "招待に答えようとしました"),
    ("member_approved", "参加を承認しました", "参加を承認しようとしました"),
    ("member_refused", "参加を承認しませんでした", ""),
    ("member_joined", "グループに入りました", "グループに入ろうとしました"),
    ("member_removed", "メンバーから外しました", "メンバーから外そうとしました"),
    ("member_left", "グループから抜けました", "グループから抜けようとしました"),
    ("member_role_changed", "メンバーの役割を変えました", "メンバーの役割を変えようとしました"),
    ("member_handed_over", "ホストを引き継ぎました", "ホストを引き継ごうとしました"),
    ("member_archived", "グループをアーカイブしました", "グループをアーカイブしようとしました"),
    ("member_reopened", "グループを再開しました", "グループを再開しようとしました"),
    // Files.
    ("viewed_files", "ファイルの一覧を見ました", "ファイルの一覧を見ようとしました"),
    ("uploaded_file", "ファイルを送りました", "ファイルを送ろうとしました"),
    ("viewed_file", "ファイルを開きました", "ファイルを開こうとしました"),
    // The facility.
    ("suspended", "スタッフの利用を止めました", "スタッフの利用を止めようとしました"),
    ("resumed", "スタッフの利用を再開しました", "スタッフの利用を再開しようとしました"),
    ("viewed_access", "スタッフが見られる理由を調べました", "スタッフが見られる理由を調べようとしました"),
    ("departed", "スタッフの退職・異動の手続きをしました", "スタッフの退職・異動の手続きをしようとしました"),
    ("viewed_departures", "退職・異動の記録の一覧を見ました", "退職・異動の記録の一覧を見ようとしました"),
    ("viewed_departure", "退職・異動の記録を見ました", "退職・異動の記録を見ようとしました"),
    (
        "downloaded_departure",
        "退職・異動の記録をCSVで保存しました",
        "退職・異動の記録をCSVで保存しようとしました",
    ),
    ("viewed_access_log", "アクセス記録を見ました", "アクセス記録を見ようとしました"),
    ("downloaded_access_log", "アクセス記録をCSVで保存しました", "アクセス記録をCSVで保存しようとしました"),
    ("changed_contact", "緊急の連絡先を変えました", "緊急の連絡先を変えようとしました"),
    ("listed_affected", "運営者が、影響を受けた患者さんの一覧(番号だけ)を作りました", ""),
    ("viewed_incidents", "インシデントの連絡を見ました", "インシデントの連絡を見ようとしました"),
    (
        "viewed_affected",
        "影響を受けた患者さんの一覧を見ました",
        "影響を受けた患者さんの一覧を見ようとしました",
    ),
    (
        "downloaded_affected",
        "影響を受けた患者さんの一覧をCSVで保存しました",
        "影響を受けた患者さんの一覧をCSVで保存しようとしました",
    ),
    // Notices from the operators, and the support desk.
    ("viewed_announcements", "運営からのお知らせの一覧を見ました", ""),
    ("viewed_announcement", "運営からのお知らせを読みました", "運営からのお知らせを読もうとしました"),
    ("asked_desk", "運営に問い合わせました", ""),
    ("viewed_inquiries", "自分の問い合わせを見ました", ""),
    ("added_facility", "施設を登録しました", ""),
    ("added_account", "アカウントを作りました", ""),
    ("added_staff", "スタッフを登録しました", ""),
];

/// The act in words; a code without words, which the test excludes, stands for itself.
pub fn words(code: &str, refused: bool) -> &str {
    match WORDS.iter().find(|row| row.0 == code) {
        Some((_, _, tried)) if refused && !tried.is_empty() => tried,
        Some((_, done, _)) => done,
        None => code,
    }
}

#[cfg(test)]
mod tests;
