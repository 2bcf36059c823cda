//! What each kind of notice is called, and how loud it is.

/// One kind: its code, what happened, and whether the facility's admins get a letter too.
#[derive(Debug)]
pub struct Words {
    pub code: &'static str,
    /// To the person: `あなたの`… is understood.
    pub what: &'static str,
    pub icon: &'static str,
    /// Many of a kind would hide the one that matters: these the admins only find in their list.
    pub admins_by_mail: bool,
}

const fn words(code: &'static str, what: &'static str, icon: &'static str, admins_by_mail: bool) -> Words {
    Words { code, what, icon, admins_by_mail }
}

pub const WORDS: [Words; 14] = [
    words("new_device", "新しい端末からサインインがありました", "phone", false),
    words("many_failures", "サインインの失敗が続きました", "warn", true),
    words("recovery_started", "サインインの回復が始まりました", "key", true),
    words("recovery_confirmed", "サインインの回復が確認されました", "userok", true),
    words("recovery_cancelled", "サインインの回復が取り消されました", "x", true),
    words("recovery_used", "回復のコードが使われました。前の認証の登録は無効です", "key", true),
    words("password_changed", "パスワードが変わりました", "lock", false),
    words("password_reset", "パスワードが作り直されました", "lock", false),
    words("factor_added", "認証アプリなどの登録が加わりました", "shield", false),
    words("factor_removed", "認証アプリなどの登録がなくなりました", "shield", false),
    words("lost_phone", "端末の紛失が届けられました", "phone", true),
    words("calendar_link", "訪問の予定をカレンダーに入れるリンクが作られました", "cal", false),
    words("personal_token", "プログラムのためのトークンが作られました", "key", false),
    words("not_me", "「私ではない」と届けられ、アカウントを閉じました", "ban", true),
];

/// The words of a kind; those of the gravest where a newer release wrote it.
pub fn of(code: &str) -> &'static Words {
    WORDS.iter().find(|w| w.code == code).unwrap_or(&WORDS[1])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_that_the_table_takes_has_words() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let text = std::fs::read_to_string(folder.join("V45__personal_tokens.sql")).expect("the migration");
        let list =
            text.split("sign_in_notice_kind_check CHECK (kind IN (").nth(1).expect("the list of kinds");
        let list = list.split("))").next().expect("its end");
        let kinds: BTreeSet<&str> = list.split('\'').skip(1).step_by(2).collect();
        let known: BTreeSet<&str> = super::WORDS.iter().map(|w| w.code).collect();
        assert_eq!(kinds, known);
    }
}
