//! What operators did, in words. Every act code that is written has a line here; a test compares them.

use crate::words::t;

const WORDS: &[(&str, &str)] = &[
    ("signed_in", "サインインした"),
    ("signed_out", "サインアウトした"),
    ("sign_in_refused", "サインインが断られた"),
    ("answered_log_findings", "封印と合わなかったものを見て、答えた"),
    ("began_log_anew", "記録の封印を、新しく始めた"),
    ("operator_added", "運営者を加えた"),
    ("secretariat_added", "地域事務局を加えた"),
    ("changed_vocabulary", "種別・職種の言葉を変えた"),
    ("changed_template", "みんなの定型文を書いた"),
    ("removed_template", "みんなの定型文を使わないようにした"),
    ("changed_check_item", "審査の確認項目を変えた"),
    ("asked_applicant", "利用申請について尋ねた"),
    ("approved_application", "利用申請を承認した"),
    ("refused_application", "利用申請を断った"),
    ("renewed_first_admin", "最初の管理者のリンクを送り直した"),
    ("published_region_policy", "地域の方針を公開した"),
    ("announced", "お知らせを出した"),
    ("corrected_announcement", "お知らせを訂正した"),
    ("withdrew_announcement", "お知らせを取り下げた"),
    ("added_region", "地域を加えた"),
    ("renamed_region", "地域の名前を変えた"),
    ("placed_facility", "施設の地域を変えた"),
    ("set_service_mode", "運転モードを切り替えた"),
    ("opened_incident", "インシデントを開いた"),
    ("assessed_incident", "インシデントの見立てを直した"),
    ("moved_incident", "インシデントを進めた"),
    ("listed_affected", "影響を受けた患者さんの数を出した"),
    ("viewed_affected", "影響の一覧(番号と数)を見た"),
    ("wrote_incident_report", "インシデントの報告を書いた"),
    ("told_facilities", "施設にインシデントを知らせた"),
    ("published_incident", "インシデントの公表文を変えた"),
    ("read_inquiry", "問い合わせを読んだ"),
    ("moved_inquiry", "問い合わせの状態を変えた"),
    ("answered_inquiry", "問い合わせに答えた"),
    ("confirmed_recovery", "サインインの回復を確認した"),
    ("operator_suspended", "運営者の利用を止めた"),
    ("alarm_seen", "警報を見た"),
    ("job_revived", "終わらなかった仕事をもう一度始めた"),
    ("fingerprint_accepted", "システムの変更を認めた"),
    ("policy_published", "規程・方針の新しい版を公開した"),
    ("register_changed", "体制の台帳を直した"),
    ("paper_stored", "書類を保管した"),
    ("paper_opened", "書類を開いた"),
    ("paper_ended", "書類の共有を終えた"),
    ("planned_work", "作業の予定を知らせた"),
    ("ended_work", "作業の予定を終えた、取りやめた"),
    ("work_order_opened", "作業指示を出した"),
    ("work_order_approved", "作業指示を承認した"),
    ("work_order_refused", "作業指示を認めなかった"),
    ("work_order_withdrawn", "作業指示を取り下げた"),
    ("maintenance_key_taken", "作業の鍵を出した"),
    ("maintenance_act", "保守作業をした"),
    ("work_order_reported", "保守作業の報告を施設に出した"),
    ("disclosure_published", "情報提供の版を公開した"),
];

/// The words for an act; the code itself where a newer release wrote it.
pub fn act(code: &str) -> &str {
    WORDS.iter().find(|(known, _)| *known == code).map_or(code, |(_, words)| t(words))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn every_act_that_is_written_has_words() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let mut written = BTreeSet::new();
        for file in std::fs::read_dir(folder).expect("migrations") {
            let text = std::fs::read_to_string(file.expect("a file").path()).expect("a migration");
            for call in text.split("sec.log_operator").skip(1) {
                let call = call.split(';').next().unwrap_or_default();
                let quoted = call.strip_prefix("('").or_else(|| Some(call.split_once(", '")?.1));
                written.extend(quoted.and_then(|rest| rest.split('\'').next()).map(str::to_owned));
            }
        }
        written.retain(|code| !code.is_empty() && code.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
        assert!(written.contains("signed_in"), "the scan finds acts: {written:?}");
        let missing: Vec<_> = written.iter().filter(|code| super::act(code) == code.as_str()).collect();
        assert!(missing.is_empty(), "no words for {missing:?}");
    }
}
