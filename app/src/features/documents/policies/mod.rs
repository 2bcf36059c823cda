//! Policies: their kinds, versions and acceptance.

pub mod acts;
pub mod api;
pub mod gate;
pub mod routes;
pub mod views;

/// One policy that a deployment has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// In addresses and in the database.
    pub code: &'static str,
    pub title: &'static str,
    /// `public`, `staff` or `internal`: who reads it, unless the operator chooses otherwise.
    pub audience: &'static str,
    /// A draft to be adapted. Publishing is the operator's own act: an unpublished draft counts for nothing.
    pub starter: &'static str,
}

/// All policies, in the order of the disclosure.
pub const POLICIES: [Policy; 7] = [
    Policy {
        code: "security",
        title: "情報セキュリティ基本方針",
        audience: "public",
        starter: include_str!("../../../../documents/policies/security.md"),
    },
    Policy {
        code: "privacy",
        title: "個人情報保護方針",
        audience: "public",
        starter: include_str!("../../../../documents/policies/privacy.md"),
    },
    Policy {
        code: "terms",
        title: "利用規約",
        audience: "public",
        starter: include_str!("../../../../documents/policies/terms.md"),
    },
    Policy {
        code: "pledge",
        title: "利用の誓約",
        audience: "public",
        starter: include_str!("../../../../documents/policies/pledge.md"),
    },
    Policy {
        code: "confidential",
        title: "秘密情報取扱規程",
        audience: "internal",
        starter: include_str!("../../../../documents/policies/confidential.md"),
    },
    Policy {
        code: "personal",
        title: "個人情報取扱規程",
        audience: "internal",
        starter: include_str!("../../../../documents/policies/personal.md"),
    },
    Policy {
        code: "my_number",
        title: "特定個人情報（マイナンバー）の取扱い",
        audience: "staff",
        starter: include_str!("../../../../documents/policies/my_number.md"),
    },
];

/// The policy of a code.
pub fn policy(code: &str) -> Option<&'static Policy> {
    POLICIES.iter().find(|p| p.code == code)
}

/// Code of who may read, in full and in short.
pub const AUDIENCES: [(&str, &str, &str); 3] = [
    ("public", "公開（だれでも読める）", "公開"),
    ("staff", "施設のスタッフまで（サインインした人）", "スタッフまで"),
    ("internal", "運営者の内部（ほかの人には題名と日付だけ）", "内部"),
];

/// The words for an audience, in short.
pub fn audience(code: &str) -> &'static str {
    AUDIENCES.iter().find(|(known, ..)| *known == code).map_or("内部", |(_, _, short)| short)
}
