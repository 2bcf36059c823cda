//! What somebody with the database, but without the keys, may try. Each refusal first proves that the honest way works.

use envelope::*;
use record::{Salt, commitment};
use uuid::Uuid;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

const HERE: Aad = Aad { table: "posts", stream: Uuid::from_u128(1), row: Uuid::from_u128(2) };

#[test]
fn a_record_opens_only_where_it_was_put() {
    let (key, salt) = (DataKey::random(), Salt::random());
    let sealed = seal(&key, &HERE, &salt, "夜間せん妄あり".as_bytes());
    assert_eq!(open(&key, &HERE, &sealed), Ok((salt, "夜間せん妄あり".as_bytes().to_vec())));
    let elsewhere = [
        Aad { table: "post", ..HERE },
        Aad { table: "face_sheet_versions", ..HERE },
        Aad { stream: id(3), ..HERE },
        Aad { row: id(3), ..HERE },
        Aad { stream: HERE.row, row: HERE.stream, ..HERE },
    ];
    for aad in elsewhere {
        assert_eq!(open(&key, &aad, &sealed), Err(Error::Refused), "{aad:?}");
    }
    assert_eq!(open(&DataKey::random(), &HERE, &sealed), Err(Error::Refused));
}

#[test]
fn a_column_opens_only_as_itself() {
    let key = DataKey::random();
    let sealed = seal_text(&key, &HERE, "name", "渡邉 一郎");
    assert_eq!(open_text(&key, &HERE, "name", &sealed).as_deref(), Ok("渡邉 一郎"));
    assert_eq!(open_text(&key, &HERE, "kana", &sealed), Err(Error::Refused));
    assert_eq!(open(&key, &HERE, &sealed), Err(Error::Malformed));
    // Moving a character from the table to the column, or the form byte, makes it no other place.
    let shifted = Aad { table: "post", ..HERE };
    assert_eq!(open_text(&key, &shifted, "sname", &sealed), Err(Error::Refused));
    let mut renamed = sealed;
    renamed[0] = 1;
    assert_eq!(open(&key, &HERE, &renamed), Err(Error::Refused));
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let key = DataKey::random();
    let sealed = seal(&key, &HERE, &Salt::random(), b"SpO2 93");
    assert!(open(&key, &HERE, &sealed).is_ok());
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&key, &HERE, &flipped).is_err(), "bit {bit}");
    }
    for length in 0..sealed.len() {
        assert!(open(&key, &HERE, &sealed[..length]).is_err(), "cut to {length}");
    }
    assert!(open(&key, &HERE, &[&sealed[..], &[0]].concat()).is_err());
}

#[test]
fn a_short_text_cannot_be_guessed_from_the_database() {
    let guesses: Vec<String> = (100..160)
        .flat_map(|high| (60..100).map(move |low| format!("BP {high}/{low} P 72 T 36.5")))
        .collect();
    let truth = &guesses[1234];
    let (key, salt) = (DataKey::random(), Salt::random());
    let sealed = seal(&key, &HERE, &salt, truth.as_bytes());
    let committed = commitment(&salt, truth.as_bytes());

    // With the salt in clear beside the commitment the text falls at once: the attack works.
    let fits = |salt: &Salt| {
        guesses.iter().filter(|guess| commitment(salt, guess.as_bytes()) == committed).collect()
    };
    let found: Vec<&String> = fits(&salt);
    assert_eq!(found, [truth]);

    // The database holds the commitment and the ciphertext, in which the salt does not stand …
    assert!(!sealed.windows(32).any(|window| window == salt.as_bytes()));
    // … so that every 32 bytes of it, taken for the salt, confirm nothing, …
    for window in sealed.windows(32) {
        let salt = Salt::from(<[u8; 32]>::try_from(window).unwrap());
        assert_eq!(fits(&salt), Vec::<&String>::new());
    }
    // … and neither does the ciphertext: every guess of this length seals to the same length, never to these bytes.
    for guess in guesses.iter().filter(|guess| guess.len() == truth.len()) {
        let again = seal(&key, &HERE, &salt, guess.as_bytes());
        assert_eq!(again.len(), sealed.len());
        assert_ne!(again, sealed);
    }
}

#[test]
fn a_fingerprint_recognises_a_retry_and_tells_nothing_else() {
    let key = DataKey::random();
    let first = fingerprint(&key, id(7), b"BP 128/76");
    assert_eq!(fingerprint(&key, id(7), b"BP 128/76"), first);
    assert_ne!(fingerprint(&key, id(7), b"BP 128/67"), first);
    // The same text posted again looks different, and another key gives nothing to compare with.
    assert_ne!(fingerprint(&key, id(8), b"BP 128/76"), first);
    assert_ne!(fingerprint(&DataKey::random(), id(7), b"BP 128/76"), first);
}

#[tokio::test]
async fn a_wrapped_key_opens_only_for_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let master = LocalKeyFile::open_or_create(folder.path().join("master.key")).unwrap();
    let (facility, stream) = (id(10), id(20));
    let facility_key = FacilityKey::random();
    let stored = facility_key.wrapped_by(&master, facility).await.unwrap();
    let again = FacilityKey::unwrapped_by(&master, facility, &stored).await.unwrap();
    assert_eq!(FacilityKey::unwrapped_by(&master, id(11), &stored).await.unwrap_err(), Error::Refused);

    let (data_key, context) = (DataKey::random(), Context::stream(facility, stream));
    let wrapped = wrap_under(&facility_key, &data_key, &context);
    let sealed = seal_text(&data_key, &HERE, "title", "連携");
    let unwrapped = unwrap_under(&again, &wrapped, &context).unwrap();
    assert_eq!(open_text(&unwrapped, &HERE, "title", &sealed).as_deref(), Ok("連携"));
    for context in
        [Context::stream(facility, id(21)), Context::stream(id(11), stream), Context::facility_data(facility)]
    {
        assert_eq!(unwrap_under(&again, &wrapped, &context).unwrap_err(), Error::Refused, "{context:?}");
    }
    // A stream that bears the facility's own id is still a stream.
    let own = wrap_under(&facility_key, &data_key, &Context::stream(facility, facility));
    assert_eq!(unwrap_under(&again, &own, &Context::facility_data(facility)).unwrap_err(), Error::Refused);
    assert_eq!(unwrap_under(&FacilityKey::random(), &wrapped, &context).unwrap_err(), Error::Refused);
}

#[test]
fn a_transfer_wraps_anew_and_leaves_the_records_alone() {
    let (old, new, stream) = (FacilityKey::random(), FacilityKey::random(), id(20));
    let data_key = DataKey::random();
    let sealed = seal(&data_key, &HERE, &Salt::random(), b"kept");
    let wrapped = wrap_under(&old, &data_key, &Context::stream(id(10), stream));
    let carried = unwrap_under(&old, &wrapped, &Context::stream(id(10), stream)).unwrap();
    let rewrapped = wrap_under(&new, &carried, &Context::stream(id(11), stream));
    let taken_over = unwrap_under(&new, &rewrapped, &Context::stream(id(11), stream)).unwrap();
    assert_eq!(open(&taken_over, &HERE, &sealed).unwrap().1, b"kept");
}

#[test]
fn keys_do_not_print() {
    assert_eq!(format!("{:?} {:?}", DataKey::random(), FacilityKey::random()), "DataKey(…) FacilityKey(…)");
}
