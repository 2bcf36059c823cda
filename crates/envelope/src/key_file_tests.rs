use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use super::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_new_file_is_private_and_the_same_when_opened_again() {
    let folder = folder();
    let path = folder.path().join("master.key");
    let made = LocalKeyFile::open_or_create(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
    let again = LocalKeyFile::open_or_create(&path).unwrap();
    assert_eq!(made.id(), again.id());
    assert_eq!(made.id().len(), 16);
    let other = LocalKeyFile::open_or_create(folder.path().join("other.key")).unwrap();
    assert_ne!(made.id(), other.id());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside the files");
}

#[test]
fn the_id_follows_from_the_key() {
    let key = Key::new(&Secret::from([7; 32]));
    assert_eq!(key.name, &Digest::of(&[b"renkei/key-id", &[7; 32]]).to_string()[..16]);
}

#[test]
fn many_starters_at_once_agree_on_one_key() {
    let folder = folder();
    let path = folder.path().join("master.key");
    let ids: Vec<String> = std::thread::scope(|scope| {
        let start = || LocalKeyFile::open_or_create(&path).unwrap().id().to_owned();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn a_missing_file_is_not_replaced_by_open() {
    let folder = folder();
    let path = folder.path().join("master.key");
    assert!(matches!(LocalKeyFile::open(&path), Err(KeyFileError::Io { .. })));
    assert!(!path.exists());
    assert!(matches!(LocalKeyFile::open(folder.path()), Err(KeyFileError::NotAFile(_))));
}

#[test]
fn a_file_that_others_may_read_is_refused_with_the_remedy() {
    let folder = folder();
    let path = folder.path().join("master.key");
    LocalKeyFile::open_or_create(&path).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o644] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let message = LocalKeyFile::open_or_create(&path).unwrap_err().to_string();
        assert!(message.contains(&format!("mode {mode:04o}")), "{message}");
        assert!(message.ends_with(&format!("chmod 600 {}", path.display())), "{message}");
    }
    fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
    LocalKeyFile::open(&path).unwrap();
}

#[test]
fn a_file_of_another_user_is_refused() {
    let path = Path::new("master.key");
    assert!(check_guards(path, 1000, 0o600, 1000).is_ok());
    let refused = check_guards(path, 0, 0o600, 1000);
    assert!(matches!(refused, Err(KeyFileError::ForeignOwner { owner: 0, me: 1000, .. })));
}

#[test]
fn a_damaged_file_is_refused_and_its_keys_are_not_printed() {
    let path = Path::new("master.key");
    let good = hex::encode([9; 32]);
    assert_eq!(parse(path, &format!("# note\n{good}\n{good}\n")).unwrap().len(), 2);
    let half = &good[..40];
    for (text, line) in [("", 0), ("# note\n", 0), (half, 1), (&format!("{good}\n{half}"), 2), ("\n", 1)] {
        let error = parse(path, text).map(|_| ()).unwrap_err();
        assert!(matches!(error, KeyFileError::Damaged { line: found, .. } if found == line), "{error}");
        assert!(!format!("{error} {error:?}").contains("0909"));
    }
}

#[tokio::test]
async fn after_a_rotation_the_newest_wraps_and_all_unwrap() {
    let folder = folder();
    let path = folder.path().join("master.key");
    let mut file = LocalKeyFile::open_or_create(&path).unwrap();
    let (first, secret) = (file.id().to_owned(), Secret::random());
    let old = file.wrap(&secret, b"here").await.unwrap();
    // Left over from a crash in the middle of an earlier rotation.
    fs::write(folder.path().join("master.key.new"), "half").unwrap();
    file.rotate().unwrap();
    assert_ne!(file.id(), first);
    let new = file.wrap(&secret, b"here").await.unwrap();
    assert_eq!(hex::encode(&new[..ID_LEN]), file.id());
    let reopened = LocalKeyFile::open(&path).unwrap();
    for wrapped in [&old, &new] {
        assert_eq!(reopened.unwrap(wrapped, b"here").await.unwrap().expose(), secret.expose());
        assert_eq!(reopened.unwrap(wrapped, b"there").await.unwrap_err(), Error::Refused);
    }
    let stranger = LocalKeyFile::open_or_create(folder.path().join("other.key")).unwrap();
    assert_eq!(stranger.unwrap(&old, b"here").await.unwrap_err(), Error::UnknownKey(first));
    assert_eq!(stranger.unwrap(&old[..4], b"here").await.unwrap_err(), Error::Malformed);
}

#[test]
fn nothing_prints_a_key() {
    let folder = folder();
    let file = LocalKeyFile::open_or_create(folder.path().join("master.key")).unwrap();
    let text = fs::read_to_string(folder.path().join("master.key")).unwrap();
    let key = text.lines().last().unwrap();
    assert!(!format!("{file:?}").contains(&key[..8]));
    assert_eq!(format!("{:?}", Secret::from([1; 32])), "Secret(…)");
}
