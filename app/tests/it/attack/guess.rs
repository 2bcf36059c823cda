//! A copy of the whole database does not even confirm a guess: short texts are guessed in seconds where the salt of a
//! commitment lies beside it.

use envelope::Aad;
use record::{Content, Digest, Salt};
use tokio_postgres::Client;
use uuid::Uuid;

use super::target::{SHORT, Target, tables};
use renkei::auth::token::sha256;

/// What the attacker has of the post: every column of its row.
struct Copy {
    stream: Uuid,
    id: Uuid,
    client_id: Uuid,
    commitment: Vec<u8>,
    fingerprint: Vec<u8>,
    hash: Vec<u8>,
    prev: Vec<u8>,
    envelope: Vec<u8>,
}

async fn copy_of(superuser: &Client, post: Uuid) -> Copy {
    let sql = "SELECT stream_id, id, client_id, commitment, fingerprint, hash, prev, envelope FROM care.post WHERE id = $1";
    let r = superuser.query_one(sql, &[&post]).await.expect("the post");
    Copy {
        stream: r.get(0),
        id: r.get(1),
        client_id: r.get(2),
        commitment: r.get(3),
        fingerprint: r.get(4),
        hash: r.get(5),
        prev: r.get(6),
        envelope: r.get(7),
    }
}

/// The exact bytes that were committed to, as somebody rebuilds them who guesses the text right.
fn content_of(post: Uuid, body: &str) -> Vec<u8> {
    let post = record::Post {
        id: post,
        body: body.into(),
        template: None,
        files: Vec::new(),
        mentions: Vec::new(),
        reply_to: None,
        must_acknowledge_by: None,
        urgent: false,
        source: None,
    };
    Content::Post(post).to_bytes()
}

/// Whether any of these salts makes the content the one that was committed to.
fn fits(salts: &[Vec<u8>], content: &[u8], commitment: &[u8]) -> bool {
    salts.iter().any(|salt| sha256(&[salt, content].concat()) == commitment)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_guess_cannot_be_told_from_a_wrong_one() {
    let t = Target::new().await;
    let superuser = t.w.superuser().await;
    let copy = copy_of(&superuser, t.post).await;
    let right = content_of(copy.id, SHORT);
    // Whatever lies in the row could be the salt, whole or in part.
    let mut salts: Vec<Vec<u8>> = vec![
        Vec::new(),
        copy.fingerprint.clone(),
        copy.hash.clone(),
        copy.prev.clone(),
        copy.commitment.clone(),
    ];
    salts.extend([copy.id, copy.client_id, copy.stream].map(|id| id.as_bytes().to_vec()));
    salts.extend([copy.id, copy.client_id, copy.stream].map(|id| id.to_string().into_bytes()));
    for length in [12, 16, 20, 24, 28, 32] {
        salts.extend(copy.envelope.windows(length).map(<[u8]>::to_vec));
    }
    assert!(!fits(&salts, &right, &copy.commitment));

    // With the salt, which only the key opens, the same method confirms the guess and rejects a wrong one.
    let who = renkei::auth::Actor::from_token(&t.member.token);
    let mut tx = t.w.app.db.acting(&who).await.expect("the member");
    let key = t.w.app.keys.data_key(&mut tx, copy.stream).await.expect("the key");
    let place = Aad { table: "post", stream: copy.stream, row: copy.id };
    let (salt, opened): (Salt, Vec<u8>) = envelope::open(&key, &place, &copy.envelope).expect("it opens");
    assert_eq!(opened, right, "the guess was built right");
    salts.push(salt.as_bytes().to_vec());
    assert!(fits(&salts, &right, &copy.commitment));
    assert!(!fits(&salts, &content_of(copy.id, "BP 129/76 P 72 T 36.5"), &copy.commitment));
    assert_eq!(
        record::commitment(&salt, &right),
        Digest::from(<[u8; 32]>::try_from(copy.commitment.as_slice()).expect("32 bytes"))
    );
}

/// No table holds a plain digest of a text, of a file or of a login that somebody could compute.
#[tokio::test(flavor = "multi_thread")]
async fn no_column_is_a_plain_digest_of_what_is_secret() {
    let t = Target::new().await;
    let superuser = t.w.superuser().await;
    let copy = copy_of(&superuser, t.post).await;
    let texts: [Vec<u8>; 4] =
        [SHORT.into(), content_of(copy.id, SHORT), "memo.txt".into(), "試験 太郎".into()];
    let mut needles: Vec<String> = texts.iter().map(|t| hex(&sha256(t))).collect();
    needles.extend(texts.iter().map(|t| hex(t)));
    let mut all = String::new();
    for table in tables(&superuser).await {
        let rows = superuser.query(&format!("SELECT x::text FROM {table} x"), &[]).await.expect("a copy");
        rows.iter().for_each(|r| all.push_str(r.get(0)));
    }
    for needle in &needles {
        assert!(!all.contains(needle.as_str()), "{needle}");
    }
    assert!(all.contains(&hex(&copy.commitment)), "the search finds what is there");
    assert!(
        !all.contains(SHORT)
            && !all.contains("memo.txt")
            && !all.contains("太郎")
            && all.contains("試験クリニック")
    );
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
