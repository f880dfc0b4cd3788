//! What a service makes of the tokis that come, byte by byte.

use std::sync::Arc;
use std::time::Duration;

use crate::scene::{
    Door, Server, auth, command, exchange, get, header, manage_for, post, root, with_header,
    write_secret,
};

/// The verdicts in one report, by bridge or command.
async fn verdicts(scene: Server) -> Vec<(String, String)> {
    scene.running.stop().await;
    let rows = scene.reports[0].search(&report::Filter::default()).await.unwrap();
    rows.iter()
        .map(|row| (row.cmd.to_string(), row.toki.as_deref().unwrap_or_default().to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_to_a_good_toki_is_sealed_and_the_row_has_the_verdict() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    let admin = scene.peer("admin");
    for (peer, request, status) in [
        (&pppx, post("/", "text/xml", &auth("b-1")), 200),
        (&pppx, post("/", "text/xml", "<xml>"), 400),
        (&pppx, post("/", "text/plain", "x"), 415),
        (&pppx, get("/nowhere"), 404),
        (&pppx, get("/"), 405),
        (&pppx, manage_for("admin", "/v1/boxes/show"), 200),
        (&pppx, manage_for("shop", "/v1/boxes/show"), 403),
        (&pppx, get("/principals"), 200),
        (&admin, post("/", "text/xml", &auth("b-2")), 403),
        (&admin, manage_for("admin", "/v1/boxes/show"), 403),
    ] {
        // `ask` proves each.
        let answer = peer.ask(request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
    let verdicts = verdicts(scene).await;
    let of = |cmd: &str, verdict: &str| verdicts.contains(&(cmd.to_owned(), verdict.to_owned()));
    assert!(of("AUTH*", "ok") && of("boxes/show", "ok"), "{verdicts:?}");
    assert!(of("-", "unknown-session"), "the first opening, without the start's nonce");
    assert!(!verdicts.iter().any(|(cmd, _)| cmd == "principals"), "a heartbeat is no row");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_covered_and_changed_is_a_bad_seal_and_nothing_is_done() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    let _warm = pppx.ask(get("/")).await;
    let request = with_header(
        &with_header(&manage_for("admin", "/v1/boxes/retire"), "ngondo-bridge", b"b-1"),
        "ngondo-client",
        b"address:abc",
    );
    let deadline = with_header(&request, "ngondo-deadline-ms", b"4000");
    for (from, to) in [
        ("/v1/boxes/retire", "/v1/boxes/suspend"),
        ("retire HTTP", "retire?x=1 HTTP"),
        ("host: x", "host: y"),
        ("application/json", "application/jsox"),
        ("{}", "[]"),
        ("b-1", "b-2"),
        ("4000", "9000"),
        ("ngondo-principal: admin", "ngondo-principal: thief"),
        ("ngondo-principal: admin\r\n", ""),
        ("address:abc", "address:abd"),
    ] {
        let (signed, _ticket) = pppx.sign(&deadline);
        let changed = String::from_utf8(signed).unwrap().replacen(from, to, 1);
        let answer = exchange(scene.running.addr, changed.into_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{from}: {answer}");
        let error = header(&answer, "oscartoki-error").unwrap();
        assert!(error.starts_with("bad-seal;"), "{from}: {error}");
        assert!(answer.contains("\"result\":\"UNAUTHENTICATED\""), "{answer}");
        assert!(header(&answer, "oscartoki").is_none(), "{answer}");
        scene.clock.shift_ms(200);
    }
    assert_eq!(scene.running.service.retired.load(std::sync::atomic::Ordering::Acquire), 0);
    // The session goes on.
    let answer = pppx.ask(deadline).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_toki_that_is_seen_again_is_refused_at_once_and_after_a_restart() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    let _warm = pppx.ask(get("/")).await;
    let (signed, ticket) = pppx.sign(&manage_for("admin", "/v1/boxes/retire"));
    let answer = exchange(scene.running.addr, signed.clone()).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && pppx.proves(&ticket, &answer), "{answer}");
    let again = exchange(scene.running.addr, signed.clone()).await;
    assert!(header(&again, "oscartoki-error").unwrap().starts_with("replayed;"), "{again}");
    assert_eq!(scene.running.service.retired.load(std::sync::atomic::Ordering::Acquire), 1);
    scene.running.stop().await;
    let scene = Server::start_in(scene.folder, "").await;
    let again = exchange(scene.running.addr, signed).await;
    assert!(header(&again, "oscartoki-error").unwrap().starts_with("unknown-session;"), "{again}");
    assert_eq!(scene.running.service.retired.load(std::sync::atomic::Ordering::Acquire), 0);
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_is_none_is_malformed_however_it_comes() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    let _warm = pppx.ask(get("/")).await;
    let plain = post("/", "text/xml", &auth("b-1"));
    let (signed, _ticket) = pppx.sign(&plain);
    let good = header(std::str::from_utf8(&signed).unwrap(), "oscartoki").unwrap().to_owned();
    for toki in [
        with_header(&signed, "oscartoki", good.as_bytes()),
        with_header(&signed, "OscarToki", b""),
        with_header(&plain, "oscartoki", b""),
        with_header(&plain, "oscartoki", b"\xff\xfe\x80"),
        with_header(&plain, "oscartoki", "clé".as_bytes()),
        with_header(&plain, "oscartoki", &vec![b'v'; 30_000]),
        with_header(&plain, "oscartoki", &good.as_bytes()[..good.len() - 1]),
        with_header(&plain, "oscartoki", format!("{good};z=1").as_bytes()),
    ] {
        let answer = exchange(scene.running.addr, toki).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
        assert_eq!(header(&answer, "oscartoki-error"), Some("malformed"), "{answer}");
        assert!(answer.contains("<cmd>R-ERROR</cmd>"), "{answer}");
    }
    // More than hyper reads of a head: refused before it reaches us, and the service goes on.
    let huge = with_header(&plain, "oscartoki", &vec![b'v'; 600_000]);
    let addr = scene.running.addr;
    let told = tokio::task::spawn_blocking(move || {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        // It may close before all is written.
        let _sent = stream.write_all(&huge);
        let mut answer = Vec::new();
        let _read = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    });
    let told = told.await.unwrap();
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 431 "), "{told}");
    let answer = exchange(addr, signed).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "the toki that was shown is still good: {answer}");
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_instance_another_number_and_no_toki_at_all() {
    let scene = Server::start("").await;
    let other = Door::start("").await;
    let addr = scene.running.addr;
    let (at_another, _ticket) = other.peer("admin").sign(&get("/principals"));
    let answer = exchange(addr, at_another.clone()).await;
    assert_eq!(header(&answer, "oscartoki-error"), Some("wrong-audience"), "{answer}");
    let numbered = String::from_utf8(at_another).unwrap();
    let numbered = numbered.replacen("k=1;", "k=9;", 1).replacen(";b=pppx-1", "", 1);
    let answer = exchange(addr, numbered.into_bytes()).await;
    assert_eq!(header(&answer, "oscartoki-error"), Some("unknown-key"), "{answer}");
    for request in [
        post("/", "text/xml", &auth("b-1")),
        post("/", "text/xml", &command("CRECORD", "<macaddr>a8:bb:cc:dd:ee:0f</macaddr>")),
        post("/", "text/xml", &command("INIT", "")),
        post("/v1/boxes/show", "application/json", "{}"),
        post("/v1/no/such", "application/json", "{}"),
        get("/principals"),
        get("/activity"),
    ] {
        let shown = String::from_utf8_lossy(&request).into_owned();
        let answer = exchange(addr, request).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{shown}: {answer}");
        assert!(answer.contains("UNAUTHENTICATED") && !answer.contains("oscartoki"), "{answer}");
    }
    other.running.stop().await;
    let verdicts = verdicts(scene).await;
    for word in ["none", "wrong-audience", "unknown-key"] {
        assert!(verdicts.iter().any(|(_, verdict)| verdict == word), "{word}: {verdicts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_bad_seals_is_slowed_down_and_the_good_goes_on() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    let _warm = pppx.ask(get("/")).await;
    let bad = || {
        let (signed, _ticket) = pppx.sign(&post("/", "text/xml", &auth("b-1")));
        let changed = String::from_utf8(signed).unwrap().replacen("b-1", "b-2", 1);
        exchange(scene.running.addr, changed.into_bytes())
    };
    let mut slowed = String::new();
    while slowed.is_empty() {
        let answer = bad().await;
        assert!(header(&answer, "oscartoki-error").unwrap().starts_with("bad-seal;"), "{answer}");
        if !answer.starts_with("HTTP/1.1 401 ") {
            slowed = answer;
        }
    }
    assert!(slowed.starts_with("HTTP/1.1 429 "), "{slowed}");
    assert!(slowed.contains("<result>SLOW_DOWN</result>"), "{slowed}");
    assert!(header(&slowed, "retry-after").is_some(), "{slowed}");
    let answer = pppx.ask(post("/", "text/xml", &auth("b-3"))).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_that_changes_is_read_again_and_a_bad_one_changes_nothing() {
    let scene = Server::start("").await;
    let path = scene.folder.path().join("my.toki");
    let pppx = scene.peer("pppx-1");
    let request = || post("/", "text/xml", &auth("b-1"));
    assert!(pppx.ask(request()).await.starts_with("HTTP/1.1 200 "));
    let file = std::fs::read_to_string(&path).unwrap();
    write_secret(&path, "not a key file\n");
    assert!(pppx.ask(request()).await.starts_with("HTTP/1.1 200 "));
    // Another root under number 2: what was sealed under number 1 is over.
    write_secret(&path, &file.replace("aar-1 1 ", "aar-1 2 "));
    let (mut answer, mut asked) = (String::new(), 0);
    while header(&answer, "oscartoki-error") != Some("unknown-key") {
        let (signed, _ticket) = pppx.sign(&request());
        answer = exchange(scene.running.addr, signed).await;
        asked += 1;
        tokio::task::yield_now().await;
    }
    assert!(asked > 0 && answer.starts_with("HTTP/1.1 401 "), "{answer}");
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_at_once_after_a_restart_are_all_served() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    let asks: Vec<_> = (0..64)
        .map(|number| tokio::spawn(pppx.ask(post("/", "text/xml", &auth(&format!("b-{number}"))))))
        .collect();
    scene.running.service.gate.add_permits(64);
    for ask in asks {
        let answer = ask.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_the_first_oscartoki_is_let_in_where_the_ini_says_so() {
    let folder = tempfile::tempdir().unwrap();
    write_secret(&folder.path().join("old.key"), "a key for all\n");
    let legacy = "[legacy]\nfile = old.key\nprincipal = admin\nroutes = boxes/show\n";
    let scene = Door::start_in(folder, legacy).await;
    let key = Arc::new(toki::legacy::LegacyKey::new("a key for all").unwrap());
    let now_ms = scene.clock.now_ms();
    let made = key.make(now_ms);
    let ask = |path: &str| {
        let request = post(path, "application/json", "{}");
        exchange(scene.running.addr, with_header(&request, "oscartoki", made.as_bytes()))
    };
    let answer = ask("/v1/boxes/show").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("\"principal\":\"admin\""), "{answer}");
    assert!(key.check(header(&answer, "oscartoki").unwrap(), now_ms), "{answer}");
    assert!(key.check_key(&made, header(&answer, "oscartokikey").unwrap(), now_ms), "{answer}");
    for path in ["/v1/boxes/retire", "/v1/boxes/list", "/"] {
        let answer = ask(path).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{path}: {answer}");
        assert_eq!(header(&answer, "oscartoki-error"), Some("malformed"), "{path}: {answer}");
    }
    // Another key in its file is the one that counts; a file that holds none changes nothing.
    let other = toki::legacy::LegacyKey::new("another key for all").unwrap();
    let ask_with = |key: &toki::legacy::LegacyKey| {
        let request = post("/v1/boxes/show", "application/json", "{}");
        let toki = key.make(scene.clock.now_ms());
        exchange(scene.running.addr, with_header(&request, "oscartoki", toki.as_bytes()))
    };
    let file = scene.folder.path().join("old.key");
    write_secret(&file, "five5\n");
    assert!(ask_with(&key).await.starts_with("HTTP/1.1 200 "));
    write_secret(&file, "another key for all\n");
    let taken = async { while ask_with(&other).await.starts_with("HTTP/1.1 401 ") {} };
    tokio::time::timeout(Duration::from_mins(1), taken).await.unwrap();
    assert!(ask_with(&key).await.starts_with("HTTP/1.1 401 "));
    scene.clock.shift_ms(60_000);
    assert!(ask("/v1/boxes/show").await.starts_with("HTTP/1.1 401 "), "too old");
    scene.running.stop().await;
    assert_eq!(root().current().get(), 1);
}
