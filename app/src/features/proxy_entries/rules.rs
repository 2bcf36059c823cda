//! What an entry is known by.

use uuid::Uuid;

use crate::auth::token;

/// The `client_id` of the record that an entry becomes: the first half of the SHA-256 over the system and the entry's id there, as UUID of
/// version 8. So the same entry is the same record, whoever sends it again, and an entry can be found again in the record.
pub fn client_id(system: Uuid, external_id: &str) -> Uuid {
    let mut bytes = b"renkei/proxy-entry/v1\0".to_vec();
    bytes.extend_from_slice(system.as_bytes());
    bytes.extend_from_slice(external_id.as_bytes());
    token::id_of(&token::sha256(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_known_by_its_system_and_its_id_there() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(client_id(one, "A-1"), client_id(one, "A-1"));
        assert_ne!(client_id(one, "A-1"), client_id(other, "A-1"));
        assert_ne!(client_id(one, "A-1"), client_id(one, "A-2"));
        assert_eq!(client_id(one, "A-1").get_version_num(), 8);
    }
}
