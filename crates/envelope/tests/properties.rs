//! What holds for any content, any place and any bytes.

use envelope::*;
use proptest::prelude::*;
use record::Salt;
use uuid::Uuid;

const TABLES: [&str; 4] = ["posts", "post", "face_sheet_versions", ""];

fn place() -> impl Strategy<Value = Aad> {
    (0..TABLES.len(), any::<u128>(), any::<u128>()).prop_map(|(table, stream, row)| Aad {
        table: TABLES[table],
        stream: Uuid::from_u128(stream),
        row: Uuid::from_u128(row),
    })
}

proptest! {
    #[test]
    fn what_was_sealed_opens(
        key: [u8; 32], salt: [u8; 32], aad in place(), content in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
        let (key, salt) = (DataKey::from(Secret::from(key)), Salt::from(salt));
        let sealed = seal(&key, &aad, &salt, &content);
        // Form, nonce, salt, tag: 1 + 12 + 32 + 16.
        prop_assert_eq!(sealed.len(), content.len() + 61);
        prop_assert_ne!(&seal(&key, &aad, &salt, &content), &sealed);
        prop_assert_eq!(open(&key, &aad, &sealed), Ok((salt, content)));
    }

    #[test]
    fn text_comes_back_exactly_as_typed(key: [u8; 32], aad in place(), text in any::<String>()) {
        let key = DataKey::from(Secret::from(key));
        let sealed = seal_text(&key, &aad, "title", &text);
        prop_assert_eq!(open_text(&key, &aad, "title", &sealed), Ok(text));
    }

    #[test]
    fn any_other_place_is_refused(key: [u8; 32], here in place(), there in place()) {
        prop_assume!(here != there);
        let key = DataKey::from(Secret::from(key));
        let sealed = seal(&key, &here, &Salt::from([0; 32]), b"content");
        prop_assert!(open(&key, &here, &sealed).is_ok());
        prop_assert_eq!(open(&key, &there, &sealed), Err(Error::Refused));
    }

    #[test]
    fn no_bytes_make_it_panic(key: [u8; 32], aad in place(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let key = DataKey::from(Secret::from(key));
        prop_assert!(open(&key, &aad, &bytes).is_err());
        prop_assert!(open_text(&key, &aad, "title", &bytes).is_err());
        let facility = FacilityKey::from(Secret::random());
        prop_assert!(unwrap_under(&facility, &bytes, &Context::facility_data(aad.row)).is_err());
    }

    #[test]
    fn any_change_is_refused(content in prop::collection::vec(any::<u8>(), 0..300), at: usize, mask in 1u8..) {
        let (key, aad) = (DataKey::random(), Aad { table: "posts", stream: Uuid::nil(), row: Uuid::max() });
        let mut sealed = seal(&key, &aad, &Salt::random(), &content);
        prop_assert!(open(&key, &aad, &sealed).is_ok());
        let at = at % sealed.len();
        sealed[at] ^= mask;
        prop_assert!(open(&key, &aad, &sealed).is_err());
    }
}
