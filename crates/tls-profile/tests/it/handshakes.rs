//! Every number that a suite, a group or a version can have is offered by itself; what is accepted is the list, exactly.

use std::sync::Arc;

use rustls::{ClientConnection, RootCertStore, ServerConnection, pki_types::ServerName};
use tls_profile::{
    Profile, Version, client_config,
    probe::{self, Hello, Reply, TLS10, TLS11, TLS12, TLS13},
};

use crate::made::{NAME, authority, key, private, server};

const BOTH: Profile = Profile { minimum: Version::Tls12, post_quantum: false };
const STRICT: Profile = Profile { minimum: Version::Tls13, post_quantum: false };

const ECDSA_12: [u16; 3] = [0xc02b, 0xc02c, 0xcca9];
const RSA_12: [u16; 3] = [0xc02f, 0xc030, 0xcca8];

fn every() -> impl Iterator<Item = u16> {
    0..=u16::MAX
}

#[test]
fn every_suite_of_every_version_is_refused_but_the_list() {
    for (kind, twelve) in [("p256", ECDSA_12), ("rsa-3072", RSA_12)] {
        let config = server(&BOTH, kind);
        assert_eq!(
            probe::accepted_suites(&config, TLS13, every()),
            [0x1301, 0x1302, 0x1303],
            "TLS 1.3, {kind}"
        );
        assert_eq!(probe::accepted_suites(&config, TLS12, every()), twelve, "TLS 1.2, {kind}");
        for old in [0x0002, 0x0300, TLS10, TLS11] {
            assert_eq!(
                probe::accepted_suites(&config, old, every()),
                [0_u16; 0],
                "version {old:04x}, {kind}"
            );
        }
    }
}

#[test]
fn with_tls_1_2_off_its_set_is_empty() {
    let config = server(&STRICT, "p256");
    assert_eq!(probe::accepted_suites(&config, TLS13, every()), [0x1301, 0x1302, 0x1303]);
    assert_eq!(probe::accepted_suites(&config, TLS12, every()), [0_u16; 0]);
    // All suites at once, in case one alone is what displeased the server.
    let all = Hello::new(TLS12).suites(&probe::registered_suites().collect::<Vec<_>>());
    assert_eq!(probe::ask(&config, &all), Reply::Alert(70), "protocol_version");
}

#[test]
fn every_group_is_refused_but_the_list() {
    let classical = [0x17, 0x18, 0x1d];
    let config = server(&BOTH, "p256");
    assert_eq!(probe::accepted_groups(&config, TLS13, every()), classical);
    assert_eq!(probe::accepted_groups(&config, TLS12, every()), classical);
    let switched = server(&Profile { post_quantum: true, ..STRICT }, "p256");
    assert_eq!(probe::accepted_groups(&switched, TLS13, every()), [0x17, 0x18, 0x1d, 0x11ec]);
}

#[test]
fn the_server_decides_the_order() {
    let config = server(&BOTH, "p256");
    let suite = |hello: &Hello| match probe::ask(&config, hello) {
        Reply::Accepted { suite, .. } => suite,
        other => panic!("{other:?}"),
    };
    assert_eq!(suite(&Hello::new(TLS13).suites(&[0x1301, 0x1303, 0x1302])), 0x1302);
    assert_eq!(suite(&Hello::new(TLS13).suites(&[0x1301, 0x1303])), 0x1303);
    assert_eq!(suite(&Hello::new(TLS12).suites(&[0xc02b, 0xcca9, 0xc02c])), 0xc02c);
}

#[test]
fn compression_is_never_chosen() {
    let config = server(&BOTH, "p256");
    let offer = |version, methods: &[u8]| {
        probe::ask(&config, &Hello { compression: methods.to_vec(), ..Hello::new(version) })
    };
    assert!(matches!(offer(TLS12, &[1, 0]), Reply::Accepted { compression: 0, .. }));
    assert!(!offer(TLS12, &[1]).accepted(), "nothing but DEFLATE is refused");
    // RFC 8446, 4.1.2: with TLS 1.3 the list must hold null and nothing else.
    assert!(offer(TLS13, &[0]).accepted());
    assert!(!offer(TLS13, &[1]).accepted());
}

/// Runs a whole handshake in memory and hands the client back, with whatever the server sent behind it read.
fn shake(
    profile: &Profile,
    client: &Arc<rustls::ClientConfig>,
    server: Arc<rustls::ServerConfig>,
) -> ClientConnection {
    let mut client = ClientConnection::new(client.clone(), ServerName::try_from(NAME).unwrap()).unwrap();
    let mut server = ServerConnection::new(server).unwrap();
    while client.is_handshaking() || server.is_handshaking() || server.wants_write() {
        let mut bytes = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut bytes).unwrap();
        }
        server.read_tls(&mut bytes.as_slice()).unwrap();
        server.process_new_packets().unwrap_or_else(|e| panic!("{profile:?}: {e}"));
        bytes.clear();
        while server.wants_write() {
            server.write_tls(&mut bytes).unwrap();
        }
        client.read_tls(&mut bytes.as_slice()).unwrap();
        client.process_new_packets().unwrap_or_else(|e| panic!("{profile:?}: {e}"));
    }
    client
}

#[test]
fn nothing_is_resumed_and_no_early_data_can_be_sent() {
    let (root, issuer) = authority();
    let key = key("p256");
    let leaf = rcgen::CertificateParams::new([NAME.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let signing = rustls::crypto::aws_lc_rs::sign::any_supported_type(&private(&key)).unwrap();
    let certified = rustls::sign::CertifiedKey::new(vec![leaf.der().clone()], signing);
    for profile in [STRICT, BOTH] {
        let resolver = Arc::new(rustls::sign::SingleCertAndKey::from(certified.clone()));
        let config =
            tls_profile::server_config(&profile, resolver, &tls_profile::Clients::Anyone, &[]).unwrap();
        let mut eager = roots_of(&root);
        eager.resumption = rustls::client::Resumption::in_memory_sessions(8);
        eager.enable_early_data = true;
        let (eager, config) = (Arc::new(eager), Arc::new(config));
        for _ in 0..2 {
            let mut client = shake(&profile, &eager, config.clone());
            assert_eq!(client.handshake_kind(), Some(rustls::HandshakeKind::Full));
            assert_eq!(client.tls13_tickets_received(), 0);
            assert!(client.early_data().is_none());
        }
    }
}

fn roots_of(root: &rustls::pki_types::CertificateDer<'static>) -> rustls::ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    client_config(&BOTH, Arc::new(roots), None).unwrap()
}

#[test]
fn our_own_client_offers_the_profile_and_nothing_else() {
    for (profile, suites) in [(STRICT, 3), (BOTH, 9)] {
        let config = client_config(&profile, Arc::new(RootCertStore::empty()), None).unwrap();
        let offered: Vec<u16> =
            config.crypto_provider().cipher_suites.iter().map(|s| s.suite().into()).collect();
        assert_eq!(offered.len(), suites);
        assert_eq!(offered[..3], [0x1302, 0x1303, 0x1301]);
        let groups: Vec<u16> = config.crypto_provider().kx_groups.iter().map(|g| g.name().into()).collect();
        assert_eq!(groups, [0x1d, 0x17, 0x18]);
        assert!(!config.enable_early_data);
    }
}
