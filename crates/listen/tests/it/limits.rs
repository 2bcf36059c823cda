//! Slow clients and many clients. Each test first lets an ordinary one in.

use listen::{Door, Limits, Live};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::house::{Authority, House, ask, get, limits, put, settings, soon, tls};

async fn plain(limits: Limits) -> House {
    House::open(Door::Plain, limits).await
}

/// Reads until the other side ends the connection; what it said.
async fn until_closed(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut said = Vec::new();
    let _ = soon(stream.read_to_end(&mut said)).await;
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn one_who_sends_a_head_byte_by_byte_loses_the_connection() {
    let house = plain(Limits { header_seconds: 1, ..limits() }).await;
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    assert!(ask(&mut stream, &get("/")).await.unwrap().starts_with("HTTP/1.1 200"));
    stream.write_all(b"GET / HTTP/1.1\r\nhost: renkei.inv").await.unwrap();
    assert!(!until_closed(&mut stream).await.contains("200"));
    house.until_open(0).await;
}

#[tokio::test]
async fn one_who_says_nothing_loses_the_connection() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pair.pem");
    put(&file, &authority.leaf(|_| {}).0);
    let brief = Limits { handshake_seconds: 1, ..limits() };
    let house = House::open(Door::Tls(Live::open(settings(file)).unwrap()), brief.clone()).await;
    let mut good = tls(house.address, authority.client(None)).await.unwrap();
    assert!(ask(&mut good, &get("/")).await.unwrap().contains("tls true"));
    drop(good);
    // Nothing at all; and a handshake for HTTP/2 with nothing behind it.
    until_closed(&mut TcpStream::connect(house.address).await.unwrap()).await;
    let mut config = authority.client(None);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let mut shaken = tls(house.address, config).await.unwrap();
    until_closed(&mut shaken).await;
    house.until_open(0).await;
    assert_eq!(house.stats.counts().handshakes_failed, 1);
    let open = plain(brief).await;
    until_closed(&mut TcpStream::connect(open.address).await.unwrap()).await;
    open.until_open(0).await;
}

#[tokio::test]
async fn one_who_does_not_take_the_answer_loses_the_connection() {
    let house = plain(Limits { write_seconds: 1, ..limits() }).await;
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    stream.write_all(get("/endless").as_bytes()).await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    // From here on nothing is read, and the connection is still ours.
    house.until_open(0).await;
    drop(stream);
}

#[tokio::test]
async fn many_and_long_headers_are_refused() {
    let house = plain(Limits { headers: 32, header_bytes: 8192, ..limits() }).await;
    let with = async |extra: String| {
        let mut stream = TcpStream::connect(house.address).await.unwrap();
        let head = format!("GET / HTTP/1.1\r\nhost: renkei.invalid\r\n{extra}\r\n");
        ask(&mut stream, &head).await.unwrap()
    };
    let fields = |n: usize| (0..n).map(|i| format!("x-{i}: 1\r\n")).collect::<String>();
    assert!(with(fields(30)).await.starts_with("HTTP/1.1 200"));
    assert!(with(fields(33)).await.starts_with("HTTP/1.1 431"));
    assert!(with(format!("x: {}\r\n", "y".repeat(6000))).await.starts_with("HTTP/1.1 200"));
    assert!(with(format!("x: {}\r\n", "y".repeat(20_000))).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn beyond_the_limit_one_is_told_when_to_come_back() {
    for limits in [Limits { total: 2, ..limits() }, Limits { per_block: 2, ..limits() }] {
        let house = plain(limits).await;
        let mut inside = [
            TcpStream::connect(house.address).await.unwrap(),
            TcpStream::connect(house.address).await.unwrap(),
        ];
        for stream in &mut inside {
            assert!(ask(stream, &get("/")).await.unwrap().starts_with("HTTP/1.1 200"));
        }
        let mut third = TcpStream::connect(house.address).await.unwrap();
        let answer = ask(&mut third, &get("/")).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 10"), "{answer}");
        assert_eq!(house.stats.counts().refused, 1);
        drop(inside);
        house.until_open(0).await;
        let mut again = TcpStream::connect(house.address).await.unwrap();
        assert!(ask(&mut again, &get("/")).await.unwrap().starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn beyond_the_limit_no_handshake_is_spent() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pair.pem");
    put(&file, &authority.leaf(|_| {}).0);
    let house =
        House::open(Door::Tls(Live::open(settings(file)).unwrap()), Limits { total: 1, ..limits() }).await;
    let mut inside = tls(house.address, authority.client(None)).await.unwrap();
    assert!(ask(&mut inside, &get("/")).await.unwrap().contains("200"));
    assert!(tls(house.address, authority.client(None)).await.is_err());
    assert_eq!(house.stats.counts().refused, 1);
}

#[tokio::test]
async fn streams_that_are_opened_and_reset_end_the_connection() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pair.pem");
    put(&file, &authority.leaf(|_| {}).0);
    let house = House::open(Door::Tls(Live::open(settings(file)).unwrap()), limits()).await;
    let mut config = authority.client(None);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = tls(house.address, config).await.unwrap();
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    let driver = tokio::spawn(connection);
    let request = || http::Request::get("https://renkei.invalid/").body(()).unwrap();
    let (answer, _) = client.send_request(request(), true).unwrap();
    assert_eq!(soon(answer).await.unwrap().status(), 200);
    let flood = async {
        while let Ok(ready) = client.clone().ready().await {
            client = ready;
            let Ok((_, mut stream)) = client.send_request(request(), false) else { break };
            stream.send_reset(h2::Reason::CANCEL);
            tokio::task::yield_now().await;
        }
    };
    soon(flood).await;
    let ended = soon(driver).await.unwrap();
    assert!(ended.is_err_and(|e| e.is_go_away() || e.is_io()), "the server says goodbye");
    house.until_open(0).await;
}

#[tokio::test]
async fn an_ending_server_answers_what_it_has_begun() {
    let house = plain(limits()).await;
    let address = house.address;
    let running = tokio::spawn(async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        ask(&mut stream, &get("/slow")).await.unwrap()
    });
    house.until_open(1).await;
    // A connection that only waits does not hold the end up.
    let idle = TcpStream::connect(address).await.unwrap();
    house.until_open(2).await;
    house.stop();
    house.ended().await;
    let answer = running.await.unwrap();
    assert!(answer.ends_with("slow"), "{answer}");
    assert!(TcpStream::connect(address).await.is_err(), "the port is closed");
    drop(idle);
}
