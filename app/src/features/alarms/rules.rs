//! Every alarm there is: how serious, what it means, and what to do. Whoever looks after the deployment reads these words
//! at night, so they say one thing after the other.

/// How serious an alarm is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Worth knowing. Told once an hour at most.
    Notice,
    /// Look at it today.
    Warning,
    /// Look at it now.
    Urgent,
}

impl Severity {
    pub fn code(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Urgent => "urgent",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Notice => t("お知らせ"),
            Self::Warning => t("今日中に"),
            Self::Urgent => t("いますぐ"),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Rule {
    pub code: &'static str,
    pub severity: Severity,
    pub title: &'static str,
    pub means: &'static str,
    pub act: &'static str,
    /// What the number counts; empty where it says nothing.
    pub unit: &'static str,
}

const fn rule(
    code: &'static str,
    severity: Severity,
    unit: &'static str,
    title: &'static str,
    means: &'static str,
    act: &'static str,
) -> Rule {
    Rule { code, severity, title, means, act, unit }
}

use Severity::{Notice, Urgent, Warning};

use crate::words::t;

pub const RULES: &[Rule] = &[
    // Who comes in.
    rule(
        "guessing",
        Warning,
        "回",
        "1つのIDに、続けて間違ったサインインがあります",
        "だれかがパスワードや確認コードを当てようとしているか、本人が忘れています。試せる回数は自動で減らしています。",
        "本人に電話で確かめます。心あたりがなければ、施設の管理者にパスワードを変えてもらいます。",
    ),
    rule(
        "stuffing",
        Urgent,
        "件",
        "同じところから、多くのIDで間違ったサインインがあります",
        "よそで漏れたIDとパスワードを、次々に試されているおそれがあります。",
        "前段（WAF・ファイアウォール）で、その接続元を止めます。成功したサインインがないか、アクセス記録を見ます。",
    ),
    rule(
        "new_device",
        Notice,
        "回",
        "ほかに端末がある人が、新しい端末からサインインしました",
        "ふつうは買いかえです。本人でないこともあります。",
        "数が多いときや、管理者の人のときは、本人に確かめます。",
    ),
    rule(
        "impossible_pace",
        Urgent,
        "か所",
        "同じ人が、数分のあいだに離れた場所・端末・施設で使っています",
        "IDやセッションを、ほかの人が使っているおそれがあります。",
        "本人に電話で確かめます。心あたりがなければ、施設の管理者に利用を止めてもらい、すべての端末をサインアウトさせます。",
    ),
    // What people do with records.
    rule(
        "mass_viewing",
        Urgent,
        "人",
        "1人が1時間に、多くの患者さんの記録を見ています",
        "持ち出しのために見て回っているおそれがあります。引き継ぎなど、理由があることもあります。",
        "施設の管理者に、アクセス記録で確かめてもらいます。理由がなければ利用を止めます。",
    ),
    rule(
        "mass_export",
        Urgent,
        "件",
        "1人が1時間に、多くのファイルや一覧を取り出しています",
        "記録の持ち出しのおそれがあります。",
        "施設の管理者に、アクセス記録で確かめてもらいます。理由がなければ利用を止めます。",
    ),
    rule(
        "refused_reads",
        Warning,
        "回",
        "見られないはずの記録を、1人が何度も開こうとしています",
        "すべて断っています。古いしおりのこともあれば、番号をさぐっていることもあります。",
        "施設の管理者に、アクセス記録で確かめてもらいます。",
    ),
    rule(
        "break_glass",
        Urgent,
        "回",
        "緊急の閲覧が使われました",
        "ふだんは見られない記録を、理由を書いて開いた人がいます。",
        "理由が本当か、その日のうちに施設と確かめます。",
    ),
    rule(
        "operator_act",
        Notice,
        "回",
        "運営者の操作がありました",
        "サインインや設定の変更です。内容は「操作の記録」にあります。",
        "予定にない操作なら、した人に確かめます。",
    ),
    rule(
        "change_window",
        Warning,
        "",
        "データベースの変更の窓が開きました",
        "この間だけ、データベースの作りを変えられます。更新の作業なら正常です。",
        "予定にない作業なら、だれが開いたかを調べ、窓を閉じます（SELECT guard.close_windows();）。",
    ),
    rule(
        "system_change",
        Urgent,
        "か所",
        "予定にないシステムの変更が見つかりました",
        "プログラム・設定・データベースの作りや権限のどれかが、認めた状態と違います。部分の名前は下にあります。",
        "自分たちの更新なら renkei fingerprint accept --reason で認めます。心あたりがなければ、侵入されたものとして扱います。",
    ),
    // The machines.
    rule(
        "node_missing",
        Urgent,
        "秒",
        "サーバーの1台から、応答がありません",
        "止まったか、データベースにつながりません。ほかの台が動いていれば、利用者は使い続けられます。",
        "その台の電源・ネットワーク・ログ（journalctl -u renkei）を見ます。もう使わない台なら renkei forget-node で外します。",
    ),
    rule(
        "clock_offset",
        Urgent,
        "ミリ秒",
        "サーバーの時計が1秒より大きくずれています",
        "記録の時刻はデータベースの時計で付くので順番は守られますが、確認コードが合わなくなります。",
        "時刻合わせ（chrony）が動いているかを見ます（chronyc tracking）。",
    ),
    rule(
        "clock_jumped",
        Warning,
        "回",
        "サーバーの時計が急に変わりました",
        "だれかが時計を合わせたか、仮想マシンが止まっていました。",
        "心あたりがなければ、時刻合わせの設定と、マシンのログを見ます。",
    ),
    rule(
        "clock_doubtful",
        Urgent,
        "",
        "データベースの時計が疑わしいため、記録を受け付けていません",
        "書いたものは端末に残り、時計が直ると自動で送られます。閲覧はできます。",
        "データベースのサーバーの時刻合わせ（chronyc tracking）を見ます。時計が正しいと確かめたら renkei accept-clock を実行します。",
    ),
    rule(
        "disk_filling",
        Warning,
        "％",
        "ディスクの8割を使いました",
        "9割になると、ファイルの受け取りを止めます。文章の投稿は続けられます。",
        "ディスクを広げるか、要らないものを消します。",
    ),
    rule(
        "disk_full",
        Urgent,
        "％",
        "ディスクの9割を使い、ファイルの受け取りを止めています",
        "文章の投稿と閲覧はできます。いっぱいになると、投稿もできなくなります。",
        "renkei ballast free で場所を空け、すぐにディスクを広げます。広げたら renkei ballast make で戻します。",
    ),
    rule(
        "certificate_expiring",
        Urgent,
        "日",
        "証明書の期限が近づいています",
        "切れると、だれもつながらなくなります。",
        "証明書を更新します。自動更新にしているときは、失敗の理由をログで見ます。",
    ),
    rule(
        "door_closed",
        Urgent,
        "分",
        "試す役の利用者が、入口から入れません",
        "サーバーが動いていても、利用者はつながらないか、書けないおそれがあります。",
        "前段、証明書、名前の引きかた、データベースを見ます。自分の名前に届かない構成なら status.probe_url を決めます。",
    ),
    rule(
        "acknowledged_lost",
        Urgent,
        "分",
        "受けとったと答えた書きこみが、見つかりません",
        "保存したはずのものが失われたか、古いデータベースから読んでいます。",
        "書き込みを止め、renkei verify を実行し、データベースの切り替わりを調べます。事故として扱います。",
    ),
    // What must not be missing.
    rule(
        "backup_missing",
        Urgent,
        "時間",
        "1日以上、バックアップがありません",
        "いま壊れると、最後のバックアップより後の記録を失うおそれがあります。",
        "renkei backup now を実行し、失敗の理由を見ます。",
    ),
    rule(
        "backup_failed",
        Urgent,
        "",
        "バックアップが失敗しました",
        "前の世代は残っています。",
        "renkei backup list で理由を見て、renkei backup now を実行します。",
    ),
    rule(
        "drill_missing",
        Warning,
        "時間",
        "1日以上、復元の練習ができていません",
        "バックアップはあっても、戻せることを確かめていません。",
        "renkei backup drill を実行し、失敗の理由を見ます。",
    ),
    rule(
        "drill_failed",
        Urgent,
        "",
        "復元の練習が失敗しました",
        "バックアップから戻せないおそれがあります。",
        "renkei backup drill を実行し、どの世代が壊れているかを見ます。直るまで更新の作業をしません。",
    ),
    rule(
        "vault_silent",
        Warning,
        "",
        "保管庫が15分以上、写しをとっていません",
        "書きかえられない写しが、古くなっています。",
        "保管庫のサーバーが動いているか、保管庫のフォルダーが見えるかを確かめます。",
    ),
    rule(
        "vault_fault",
        Urgent,
        "",
        "保管庫が、おかしなものを見つけました",
        "だれかがバックアップを書きかえたか、消したおそれがあります。保管庫の写しは無事ですが、片づくまで古い世代も残り、ディスクが増えつづけます。",
        "renkei backup list で何が見つかったかを見て、手引き（バックアップ）のとおりに片づけます。",
    ),
    rule(
        "bucket_not_locked",
        Warning,
        "",
        "バックアップの置き場所に、消せない期間の設定がありません",
        "置き場所の鍵を持つ人は、だれでもバックアップを消せます。",
        "Object Lock の既定の期間（COMPLIANCE）を、世代の数以上の日数にします。",
    ),
    rule(
        "checkpoint_missing",
        Warning,
        "分",
        "記録の外の控えが、新しくなっていません",
        "記録が書きかえられていないことの、外からの証拠が古くなっています。",
        "封印の役（sealer）が動いているかを見ます。",
    ),
    rule(
        "checkpoint_not_copied",
        Warning,
        "",
        "記録の控えを、外に写せていません",
        "記録が書きかえられていないことの証拠が、この機械の中にしかない時間が長くなっています。どこに写せないかは下にあります。",
        "写し先（メール・フォルダー・バケット・時刻の証明）の設定と通信を見ます。やめた写し先は設定（log.copies、log.timestamp）から外します。",
    ),
    rule(
        "witness_disagrees",
        Urgent,
        "か所",
        "外の控えと、記録が合いません",
        "記録が書きかえられたおそれがあります。",
        "書き込みを止め、renkei verify を実行し、事故として扱います。",
    ),
    rule(
        "witness_silent",
        Warning,
        "分",
        "記録の外の証人に、つながりません",
        "記録が書きかえられていないことを、外の人が確かめられなくなっています。",
        "証人の機械と、そこまでの通信を見ます。やめた証人は設定（log.witnesses）から外します。",
    ),
    rule(
        "record_altered",
        Urgent,
        "件",
        "記録が、封印したものと合いません",
        "記録が書きかえられたか、消えたか、データベースが前に戻っています。",
        "書き込みを止め、renkei verify を実行し、事故として扱います。",
    ),
    // What works in the background.
    rule(
        "mail_failing",
        Warning,
        "通",
        "メールを送れていません",
        "警報やお知らせが、メールでは届いていません。",
        "メールサーバーの設定とパスワードを見ます。直したら、下の一覧からもう一度送ります。",
    ),
    rule(
        "job_dead",
        Warning,
        "件",
        "うしろの仕事が、何度試しても終わりませんでした",
        "理由は下の一覧にあります。仕事は消えていません。",
        "理由をなくしてから、下の一覧で「もう一度」を押します。",
    ),
    rule(
        "jobs_waiting",
        Warning,
        "件",
        "うしろの仕事が、10分以上始まっていません",
        "仕事をする台が足りないか、止まっています。",
        "サーバーが動いているか、ログに失敗が続いていないかを見ます。",
    ),
    rule(
        "schedule_failed",
        Warning,
        "",
        "決まった時刻の仕事が失敗しました",
        "どの仕事かは下にあります。次の時刻にまた行います。",
        "ログで理由を見ます。",
    ),
];

pub fn find(code: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.code == code)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_alarm_says_what_it_means_and_what_to_do() {
        let codes: BTreeSet<_> = RULES.iter().map(|r| r.code).collect();
        assert_eq!(codes.len(), RULES.len(), "each once");
        for r in RULES {
            for words in [r.title, r.means, r.act] {
                assert!(
                    words.chars().count() > 8 && !words.contains("患者さんの名前"),
                    "{}: {words}",
                    r.code
                );
            }
            assert!(
                r.means.ends_with('。') && r.act.ends_with('。') && !r.title.ends_with('。'),
                "{}",
                r.code
            );
        }
    }

    #[test]
    fn the_manual_explains_every_alarm() {
        let manual = include_str!("../../../../docs/operations/watching.md");
        let missing: Vec<_> =
            RULES.iter().filter(|r| !manual.contains(&format!("`{}`", r.code))).map(|r| r.code).collect();
        assert!(missing.is_empty(), "docs/operations/watching.md lacks {missing:?}");
    }
}
