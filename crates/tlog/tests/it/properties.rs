//! What holds for any log, any growth and any bytes.

use proptest::prelude::*;
use tlog::checkpoint::Checkpoint;
use tlog::note::{Note, Signer, VerifyKey};
use tlog::proof::{prove_consistency, verify_consistency, verify_inclusion};
use tlog::tiles::{Tile, TileTree};
use tlog::witness::AddCheckpoint;
use tlog::{Frontier, Hash, Tree};

use crate::common::{flip, leaf, leaves};
use crate::tiles::folder;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn however_it_grew_it_is_one_tree(steps in prop::collection::vec(0_u64..400, 1..6), at: u64) {
        let (_temp, folder) = folder();
        let (mut old, mut whole) = (Frontier::new(), Tree::new());
        for step in steps {
            let new = folder.append(&old, &leaves(old.size(), old.size() + step)).unwrap();
            whole.extend(leaves(old.size(), new.size()));
            prop_assert_eq!((new.size(), new.root()), (whole.size(), whole.root()));
            prop_assert_eq!(&folder.read_back(&old, new.size(), &new.root()).unwrap(), &new);
            let proof = prove_consistency(&whole, old.size(), new.size()).unwrap();
            prop_assert!(verify_consistency(old.size(), new.size(), &old.root(), &new.root(), &proof).is_ok());
            old = new;
        }
        prop_assume!(old.size() > 0);
        let seen = TileTree::open(&folder, old.size(), old.root()).unwrap();
        let index = at % old.size();
        let proof = seen.inclusion(index).unwrap();
        prop_assert!(verify_inclusion(index, old.size(), &leaf(index), &proof, &old.root()).is_ok());
    }

    #[test]
    fn any_other_root_or_leaf_is_refused(size in 1_u64..2000, at: u64, bit in 0_usize..256) {
        let whole: Tree = (0..size).map(leaf).collect();
        let (index, root) = (at % size, whole.root());
        let proof = tlog::proof::prove_inclusion(&whole, index, size).unwrap();
        prop_assert!(verify_inclusion(index, size, &leaf(index), &proof, &root).is_ok());
        prop_assert!(verify_inclusion(index, size, &flip(&leaf(index), bit), &proof, &root).is_err());
        prop_assert!(verify_inclusion(index, size, &leaf(index), &proof, &flip(&root, bit)).is_err());
    }

    #[test]
    fn every_tile_has_a_name_that_is_read_back(level in 0_u8..8, index: u64, width in 1_u64..=256) {
        let tile = Tile { level, index, width };
        prop_assert_eq!(tile.path().parse(), Ok(tile));
    }

    #[test]
    fn any_text_of_lines_can_be_signed(text in "([^\\x00-\\x1f]{0,20}\n){1,10}", name in "[^\\s+\\x00-\\x1f]{1,20}", seed: [u8; 32]) {
        let signer = Signer::from_seed(&name, &seed).unwrap();
        let mut note = Note::new(text).unwrap();
        note.sign(&signer);
        let read = Note::parse(note.to_string().as_bytes());
        prop_assert_eq!(read.as_ref(), Ok(&note));
        let key: VerifyKey = signer.verify_key().to_string().parse().unwrap();
        prop_assert_eq!(read.unwrap().verify(&[key]).map(|by| by.len()), Ok(1));
    }

    #[test]
    fn whatever_is_read_prints_as_the_same_bytes(size in 0_u64..1 << 63, root: [u8; 32], lines in prop::collection::vec("[^\\x00-\\x1f]{1,9}", 0..4)) {
        let checkpoint = Checkpoint::with_extensions("origin", size, root.into(), lines).unwrap();
        let parsed = Checkpoint::parse(&checkpoint.to_string());
        prop_assert_eq!(parsed, Ok(checkpoint));
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "(old [0-9]{1,3}\n)?([A-Za-z0-9+/=— \n]{0,60}\n){0,6}") {
        for bytes in [bytes.as_slice(), text.as_bytes()] {
            if let Ok(note) = Note::parse(bytes) {
                prop_assert_eq!(note.to_string().into_bytes(), bytes.to_vec());
            }
            if let Ok(request) = AddCheckpoint::parse(bytes) {
                prop_assert_eq!(request.to_string().into_bytes(), bytes.to_vec());
            }
            prop_assert!(Frontier::from_bytes(bytes).is_err() || bytes.len() % 32 == 8);
        }
        for text in [text.as_str(), &String::from_utf8_lossy(&bytes)] {
            prop_assert!(text.parse::<VerifyKey>().is_err() && text.parse::<Tile>().is_err());
            prop_assert!(text.parse::<Hash>().is_err() && Checkpoint::parse(text).is_err());
        }
    }
}
