//! A small file and its Ed25519 signature beside it.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use data_encoding::BASE64;

use crate::{Error, Signer, Store};

/// Before what is signed, so that nothing else that this key signs can be taken for it.
const DOMAIN: &[u8] = b"renkei/backup/signed/v1\0";

/// Writes `name` and `name.sig`. The name is signed too: files cannot be exchanged for one another.
///
/// # Errors
/// [`Error::Store`].
pub async fn write(store: &Store, name: &str, bytes: Vec<u8>, signer: &Signer) -> Result<(), Error> {
    let signature = BASE64.encode(&signer.sign(&message(name, &bytes)));
    store.put(name, bytes).await?;
    store.put(&format!("{name}.sig"), signature.into_bytes()).await
}

/// The bytes of `name`, if this key signed them under this name.
///
/// # Errors
/// [`Error::Missing`], [`Error::Forged`], [`Error::Store`].
pub async fn read(store: &Store, name: &str, public: &[u8; 32]) -> Result<Vec<u8>, Error> {
    let bytes = store.get(name).await?;
    let signature = store.get(&format!("{name}.sig")).await?;
    let forged = || Error::Forged(name.to_owned());
    let signature = BASE64.decode(signature.trim_ascii()).map_err(|_| forged())?;
    UnparsedPublicKey::new(&ED25519, public)
        .verify(&message(name, &bytes), &signature)
        .map_err(|_| forged())?;
    Ok(bytes)
}

fn message(name: &str, bytes: &[u8]) -> Vec<u8> {
    [DOMAIN, &(name.len() as u64).to_be_bytes(), name.as_bytes(), bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Key;

    #[tokio::test]
    async fn a_signed_file_is_read_and_a_changed_or_moved_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let key = Key::open_or_create(&folder.path().join("key")).unwrap();
        let store = Store::folder(&folder.path().join("store")).unwrap();
        let public = key.signer().public();
        write(&store, "a/heads.json", b"{}".to_vec(), &key.signer()).await.unwrap();
        assert_eq!(read(&store, "a/heads.json", &public).await.unwrap(), b"{}");
        for part in ["heads.json", "heads.json.sig"] {
            let bytes = store.get(&format!("a/{part}")).await.unwrap();
            store.put(&format!("b/{part}"), bytes).await.unwrap();
        }
        assert!(matches!(read(&store, "b/heads.json", &public).await, Err(Error::Forged(_))), "moved");
        store.put("a/heads.json", b"{ }".to_vec()).await.unwrap();
        assert!(matches!(read(&store, "a/heads.json", &public).await, Err(Error::Forged(_))), "changed");
        assert!(matches!(read(&store, "c", &public).await, Err(Error::Missing(_))));
    }
}
