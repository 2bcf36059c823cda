//! Invented records of every kind, the same on every run.

use jiff::{SignedDuration, Timestamp};
use record::*;
use uuid::Uuid;

/// Text that a careless writer of JSON spells in another way: quotes, control characters, line separators, a
/// variation selector, a combining mark, characters beyond 16 bits.
pub(crate) const AWKWARD: &str = "SpO₂ 93%\u{2028}「\"痛み\"」\\ \u{8}\u{9}\u{a}\u{c}\u{d}\u{1}\u{1f}\u{7f}</script> 葛\u{e0100}城 か\u{3099} 𠮷田 👩🏽‍⚕️\u{feff}\u{ffff}";

pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 + n)
}

fn at(second: i64) -> Timestamp {
    "2026-11-17T05:32:07.123456Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

fn file(n: u128) -> File {
    File {
        id: id(n),
        name: format!("創部 {n}\u{202e}gpj.HEIC"),
        media_type: "image/heic".into(),
        bytes: (1 << 53) - 1,
        sha256: Digest::of(&[&n.to_be_bytes()]),
        class: FileClass::Picture,
    }
}

fn post(n: u128, body: &str) -> Post {
    Post {
        id: id(n),
        body: body.into(),
        reply_to: None,
        mentions: vec![],
        must_acknowledge_by: None,
        files: vec![],
        template: None,
        urgent: false,
        source: None,
    }
}

fn team() -> Vec<Content> {
    let full = Post {
        reply_to: Some(id(100)),
        mentions: vec![
            Mention::Account(id(11)),
            Mention::Facility(id(21)),
            Mention::Profession("visiting_nurse".into()),
        ],
        must_acknowledge_by: Some(at(86_400)),
        files: vec![file(40), file(41)],
        ..post(101, AWKWARD)
    };
    vec![
        Content::File(File { class: FileClass::NarcoticsLedger, bytes: 0, ..file(42) }),
        Content::Post(post(100, "BP 128/76 P 72 T 36.5")),
        Content::Post(full),
        Content::Correction(Correction { corrects: id(100), post: post(102, "BP 128/67 P 72 T 36.5") }),
        Content::Withdrawal(Withdrawal {
            id: id(103),
            withdraws: id(101),
            reason: "書き間違いのため".into(),
        }),
        Content::Post(Post {
            template: Some(TemplateUse { id: id(60), version: 3 }),
            ..post(104, "■ 訪問報告\n☑ 服薬を確かめた")
        }),
        Content::Post(Post {
            mentions: vec![Mention::OnDuty(id(21))],
            urgent: true,
            ..post(105, "呼吸が苦しそうです。折り返しお電話ください。")
        }),
        Content::Post(Post {
            source: Some(Source { system: "電子カルテ".into(), id: "2026-000123".into(), typist: None }),
            ..post(106, "採血の結果が出ました。HbA1c 6.8")
        }),
        Content::Post(Post {
            source: Some(Source {
                system: AWKWARD.into(),
                id: "結果/7".into(),
                typist: Some("事務 柚木".into()),
            }),
            ..post(107, "外来の記録です。")
        }),
    ]
}

fn membership() -> Vec<Content> {
    let (account, facility, invitation) = (id(11), id(21), id(50));
    let reason = Some("退院前カンファレンスのため".to_owned());
    let answer = || Answer { invitation, account, facility, reason: None };
    let departure = || Departure { account, facility, reason: None };
    let guest = Membership {
        account,
        facility,
        role: Role::Guest,
        until: Some(at(604_800)),
        from_seq: Some(3),
        reason: None,
    };
    let invited = Invitation {
        invitation,
        account: Some(account),
        facility,
        role: Role::Guest,
        until: guest.until,
        from_seq: guest.from_seq,
        reason: reason.clone(),
    };
    let link = Invitation {
        account: None,
        role: Role::Family,
        until: None,
        from_seq: None,
        reason: None,
        ..invited.clone()
    };
    let here = Party { account, facility };
    let there = Party { account: id(12), facility: id(22) };
    vec![
        Content::Opened(GroupState { reason: None }),
        Content::Invited(invited),
        Content::Invited(link),
        Content::Accepted(answer()),
        Content::Declined(Answer { reason: reason.clone(), ..answer() }),
        Content::Approved(answer()),
        Content::Refused(Answer { reason: reason.clone(), ..answer() }),
        Content::Joined(guest.clone()),
        Content::RoleChanged(Membership { role: Role::Member, until: None, from_seq: None, ..guest }),
        Content::HandedOver(HandOver { from: here, to: there, reason: reason.clone() }),
        Content::Expired(departure()),
        Content::Left(departure()),
        Content::Removed(Departure { reason: reason.clone(), ..departure() }),
        Content::Archived(GroupState { reason }),
        Content::Reopened(GroupState { reason: Some(AWKWARD.into()) }),
        Content::Titled(GroupTitle { title: "在宅緩和ケア 勉強会".into(), purpose: None }),
        Content::Titled(GroupTitle {
            title: AWKWARD.into(),
            purpose: Some("月に一度、症例によらずに学ぶ".into()),
        }),
        Content::RelativeJoined(Relative {
            account: id(13),
            role: Role::Family,
            name: "渡邉\u{e0101} 花子".into(),
            relation: "長女".into(),
            invited_by: account,
        }),
        Content::RelativeRemoved(RelativeDeparture { account: id(13), reason: None }),
        Content::RelativeRemoved(RelativeDeparture {
            account: id(14), reason: Some("ご本人の希望".into())
        }),
    ]
}

fn face_sheet() -> Vec<Content> {
    let text = |text: &str| Field::Text(text.into());
    let contact = [
        ("name", text("佐藤 花子")),
        ("telecom", text("090-0000-0000")),
        ("lives_together", Field::Flag(true)),
    ];
    let contact = contact.map(|(name, value)| (name.to_owned(), value)).into();
    let fields = [
        ("name", text("渡邉\u{e0101} 一郎")),
        ("birth_date", text("1938-02")),
        ("allergies", Field::List(vec![text("ペニシリン"), text("そば")])),
        ("contacts", Field::List(vec![Field::Parts(contact)])),
        ("cautions", text(AWKWARD)),
        // Sorted by UTF-16 code units the astral key comes first, by code points last.
        ("～", text("full-width tilde")),
        ("𠮷", text("astral")),
        ("", Field::List(vec![])),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value)).into();
    vec![
        Content::Version(FaceSheetVersion { version: 1, fields: [].into(), reason: String::new() }),
        Content::Version(FaceSheetVersion { version: 2, fields, reason: "ご家族からの連絡".into() }),
    ]
}

fn observations() -> Vec<Content> {
    let measured = |code: &str, value: &str, unit: &str| Measured {
        code: code.into(),
        value: value.into(),
        unit: unit.into(),
    };
    let plain = Observation {
        id: id(120),
        code: "8310-5".into(),
        values: vec![measured("8310-5", "36.5", "Cel")],
        measured_at: at(-3600),
        device: None,
        site: None,
        post: None,
        note: None,
        confirmed: false,
    };
    let full = Observation {
        id: id(121),
        code: "85354-9".into(),
        values: vec![measured("8480-6", "228", "mm[Hg]"), measured("8462-4", "76", "mm[Hg]")],
        device: Some("上腕式 2号".into()),
        site: Some("heel.right".into()),
        post: Some(id(100)),
        note: Some(AWKWARD.into()),
        confirmed: true,
        ..plain.clone()
    };
    let range = ReferenceRange {
        id: id(123),
        code: "8310-5".into(),
        unit: "Cel".into(),
        low: None,
        high: Some("37.5".into()),
        reason: "感染をくり返すため".into(),
    };
    let open = ReferenceRange { id: id(124), low: Some("35".into()), high: None, ..range.clone() };
    vec![
        Content::Observation(plain),
        Content::Observation(full),
        Content::Withdrawal(Withdrawal {
            id: id(122), withdraws: id(121), reason: "測り直したため".into()
        }),
        Content::ReferenceRange(range),
        Content::ReferenceRange(open),
        Content::WoundPicture(WoundPicture {
            id: id(125),
            file: id(40),
            post: id(101),
            site: "sacrum".into(),
        }),
    ]
}

/// One stream of each kind with its contents; together they hold every kind of record.
pub(crate) fn streams() -> Vec<(StreamKind, Vec<Content>)> {
    let receipts = vec![
        Content::Read(Read { stream: id(1), up_to_seq: 3 }),
        Content::Acknowledged(Acknowledged { post: id(101) }),
        Content::Stamped(Stamped { post: id(101), stamp: Stamp::Thanks }),
        Content::Unstamped(Stamped { post: id(101), stamp: Stamp::WillCheck }),
        Content::Pinned(Pinned { post: id(100) }),
        Content::Unpinned(Pinned { post: id(100) }),
        Content::Handled(Handled { post: id(101), result: AWKWARD.into() }),
        Content::Called(Called { post: id(101), account: id(12), result: CallResult::Answered, note: None }),
        Content::Called(Called {
            post: id(101),
            account: id(12),
            result: CallResult::NoAnswer,
            note: Some("留守番電話に入れました".into()),
        }),
        Content::Called(Called { post: id(101), account: id(12), result: CallResult::Message, note: None }),
        Content::Confirmed(Confirmed { post: id(106) }),
        Content::Quarantined(Quarantined { post: id(100), reason: AWKWARD.into(), second: Some(id(12)) }),
        Content::Quarantined(Quarantined { post: id(104), reason: "別の方です".into(), second: None }),
        Content::QuarantineHanded(QuarantineHanded { quarantine: id(130), post: id(100), second: id(13) }),
        Content::QuarantineConfirmed(QuarantineDecided { quarantine: id(130), post: id(100), note: None }),
        Content::QuarantineLifted(QuarantineDecided {
            quarantine: id(131),
            post: id(101),
            note: Some("この方の記録でした".into()),
        }),
        Content::Moved(Moved { post: id(105), written_at: at(60), hidden_at: at(600), seen_by: 3 }),
    ];
    vec![
        (StreamKind::Team, team()),
        (StreamKind::Family, vec![Content::Post(post(110, "今日は少し歩けました"))]),
        (StreamKind::Membership, membership()),
        (StreamKind::Receipts, receipts),
        (StreamKind::FaceSheet, face_sheet()),
        (StreamKind::Observations, observations()),
    ]
}

/// A record with everything that is needed to check it.
pub(crate) struct Sealed {
    pub(crate) header: Header,
    pub(crate) salt: Salt,
    pub(crate) content: Content,
}

/// Chains the contents of one stream; salts, people and times follow from the place alone.
pub(crate) fn chain(stream: u128, kind: StreamKind, contents: Vec<Content>) -> Vec<Sealed> {
    let mut prev = stream_root(id(0), id(stream), kind);
    (1..)
        .zip(contents)
        .map(|(seq, content)| {
            let salt = Salt::from(*Digest::of(&[b"salt", &[stream as u8], &[seq as u8]]).as_bytes());
            let header = header(stream, seq, prev, &salt, &content);
            prev = header.hash();
            Sealed { header, salt, content }
        })
        .collect()
}

fn header(stream: u128, seq: u64, prev: Digest, salt: &Salt, content: &Content) -> Header {
    let files = match content {
        Content::Post(post) => {
            post.files.iter().map(|file| Digest::of(&[b"stored", file.id.as_bytes()])).collect()
        }
        Content::File(file) => vec![Digest::of(&[b"stored", file.id.as_bytes()])],
        _ => vec![],
    };
    Header {
        format: Format::V1,
        deployment: id(0),
        stream: id(stream),
        seq,
        kind: content.kind(),
        author: id(11),
        entered_by: match content {
            Content::Post(Post { source: Some(_), .. }) => id(70),
            _ => id(if seq.is_multiple_of(3) { 12 } else { 11 }),
        },
        facility: id(31),
        at: at(seq as i64 * 60),
        client_id: Uuid::from_u128(!0 - stream * 1000 - u128::from(seq)),
        files,
        prev,
        commitment: commitment(salt, &content.to_bytes()),
    }
}
