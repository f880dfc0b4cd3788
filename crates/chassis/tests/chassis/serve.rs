//! What the chassis does with commands and verbs that are let in.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::scene::{Server, auth, exchange, get, manage_for, post, with_header};

#[tokio::test(flavor = "multi_thread")]
async fn answers_a_command_and_reports_it_in_both_databases() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    let answer = pppx.ask(post("/", "text/xml", &auth("b-1"))).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("ngondo-bridge: b-1"), "{answer}");
    assert!(answer.contains("<cmd>R-AUTH*</cmd>"), "{answer}");
    assert!(answer.contains("<bridge>b-1</bridge><result>OK</result>"), "{answer}");
    scene.running.stop().await;
    for report in scene.reports {
        let rows = report.trace(&"b-1".parse().unwrap()).await.unwrap();
        let told: Vec<_> = rows.iter().map(|it| (it.cmd.as_ref(), it.result.as_ref())).collect();
        assert_eq!(told, [("AUTH*", "OK")]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_no_command_gets_its_status_and_a_document() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    let long = "x".repeat(16 * 1024 + 1);
    let plain = auth("b-1").replace("AUTH*", "AUTH").replace("<bridge>b-1</bridge>", "");
    let plain = plain.replace("</xml>", "<crypto>AA</crypto></xml>");
    let foreign = auth("b-1").replace("AUTH*", "INIT*");
    for (request, status, result) in [
        (post("/other", "text/xml", ""), 404, "MALFORMED"),
        (post("/", "text/plain", &auth("b")), 415, "MALFORMED"),
        (post("/", "text/xml", "<xml>"), 400, "MALFORMED"),
        (post("/", "text/xml", &plain), 400, "MALFORMED"),
        (post("/", "text/xml", &foreign), 400, "MALFORMED"),
        (b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_vec(), 405, "MALFORMED"),
    ] {
        let shown = String::from_utf8_lossy(&request).chars().take(60).collect::<String>();
        let answer = pppx.ask(request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{shown}: {answer}");
        assert!(answer.contains("content-type: application/xml; charset=utf-8"), "{answer}");
        assert!(answer.contains(&format!("<result>{result}</result><reason>")), "{answer}");
    }
    // What did not come whole cannot be judged, so nothing proves this answer.
    let (signed, _ticket) = pppx.sign(&post("/", "text/xml", &long));
    let answer = exchange(scene.running.addr, signed).await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && !answer.contains("oscartoki"), "{answer}");
    assert!(answer.contains("<result>MALFORMED</result><reason>"), "{answer}");
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_too_many_is_told_to_come_back_and_has_done_nothing() {
    let scene = Server::start("inflight = 1").await;
    let pppx = scene.peer("pppx-1");
    let _warm = pppx.ask(get("/")).await;
    let turn = scene.running.service.gate.clone().acquire_owned().await.unwrap();
    let first = tokio::spawn(pppx.ask(post("/", "text/xml", &auth("b-1"))));
    scene.one_in_flight().await;
    let busy = pppx.ask(post("/", "text/xml", &auth("b-2"))).await;
    assert!(busy.starts_with("HTTP/1.1 503"), "{busy}");
    assert!(busy.contains("ngondo-shed: 1") && busy.contains("retry-after: "), "{busy}");
    assert!(busy.contains("<result>BUSY</result>") && busy.contains("<retry>"), "{busy}");
    drop(turn);
    let served = first.await.unwrap();
    assert!(served.starts_with("HTTP/1.1 200"), "{served}");
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_panics_has_failed_and_the_report_says_so() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    let answer = pppx.ask(post("/", "text/xml", &auth("b-panic"))).await;
    assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
    assert!(answer.contains("<cmd>R-AUTH*</cmd>"), "{answer}");
    assert!(answer.contains("<result>FAILED</result>"), "{answer}");
    scene.running.stop().await;
    let rows = scene.reports[1].trace(&"b-panic".parse().unwrap()).await.unwrap();
    assert_eq!(rows.iter().map(|it| it.result.as_ref()).collect::<Vec<_>>(), ["FAILED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_has_passed_is_not_worked_for() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    let mut request = post("/", "text/xml", &auth("b-1"));
    let at = request.windows(2).position(|it| it == b"\r\n").unwrap() + 2;
    request.splice(at..at, *b"ngondo-deadline-ms: 0\r\n");
    let answer = pppx.ask(request).await;
    assert!(answer.starts_with("HTTP/1.1 504"), "{answer}");
    assert!(answer.contains("<result>TIMEOUT</result>"), "{answer}");
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_management_interface_speaks_json_and_problems() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    let answer = pppx.ask(manage_for("admin", "/v1/boxes/show")).await;
    assert!(answer.contains("\"length\":2"), "{answer}");
    let answer = pppx.ask(manage_for("admin", "/v1/boxes/eat%20this")).await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
    assert!(answer.contains("\"result\":\"MALFORMED\""), "{answer}");
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_health_readiness_and_numbers_on_the_admin_listener() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    let _served = pppx.ask(post("/", "text/xml", &auth("b-1"))).await;
    let get = |path: &str| exchange(scene.running.admin, get(path));
    assert!(get("/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(get("/readyz").await.ends_with("ready\n"));
    let numbers = get("/metrics").await;
    assert!(
        numbers.contains("ngondo_requests_total{instance=\"aar-1\",cmd=\"AUTH*\""),
        "{numbers}"
    );
    assert!(numbers.contains("ngondo_toki_total{instance=\"aar-1\",verdict=\"ok\"}"), "{numbers}");
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_flight_is_finished_before_it_leaves_and_says_so() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    let _warm = pppx.ask(get("/")).await;
    let addr = scene.running.addr;
    let gate = Arc::clone(&scene.running.service.gate);
    let turn = gate.acquire().await.unwrap();
    let asked = tokio::spawn(pppx.ask(post("/", "text/xml", &auth("b-1"))));
    scene.one_in_flight().await;
    let stopping = tokio::spawn(scene.running.stop());
    while TcpStream::connect(addr).is_ok() {
        tokio::task::yield_now().await;
    }
    drop(turn);
    let answer = asked.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("ngondo-state: drain"), "{answer}");
    stopping.await.unwrap();
    let rows = scene.reports[0].trace(&"b-1".parse().unwrap()).await.unwrap();
    assert_eq!(rows.len(), 1);
}

/// The client hangs up, the server is told to leave, and only then the work ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_whose_client_has_gone_is_finished_and_reported_before_it_leaves() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    let gate = Arc::clone(&scene.running.service.gate);
    gate.acquire().await.unwrap().forget();
    let _warm = pppx.ask(get("/")).await;
    let mut stream = TcpStream::connect(scene.running.addr).unwrap();
    let (signed, _ticket) = pppx.sign(&manage_for("admin", "/v1/boxes/retire"));
    stream.write_all(&signed).unwrap();
    scene.one_in_flight().await;
    drop(stream);
    let stop = scene.running.ctx.tasks.stop().clone();
    let late = tokio::spawn(async move {
        stop.cancelled().await;
        // Whoever would not wait is long gone by then.
        for _ in 0..100_000 {
            tokio::task::yield_now().await;
        }
        gate.add_permits(1);
    });
    scene.running.stop().await;
    late.await.unwrap();

    let again = Server::start_in(scene.folder, "").await;
    again.running.stop().await;
    for report in again.reports {
        let rows = report.search(&report::Filter::default()).await.unwrap();
        assert!(rows.iter().any(|row| row.cmd == "boxes/retire"), "{rows:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_up_does_not_grow_the_metrics() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    for verb in ["madeup", "uppmade"] {
        let path = format!("/v1/boxes/{verb}");
        let answer = pppx.ask(manage_for("admin", &path)).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    }
    // Whatever it is refused for.
    let mut answers = vec![
        scene.peer("thief").ask(manage_for("admin", "/v1/madeup/revoked")).await,
        pppx.ask(with_header(&manage_for("admin", "/v1/madeup/x"), "ngondo-client", b"?")).await,
    ];
    let huge = b"POST /v1/madeup/huge HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
        oscartoki: x\r\ncontent-length: 99999999\r\n\r\n";
    answers.push(exchange(scene.running.addr, huge.to_vec()).await);
    for _ in 0..=10 {
        let (signed, _ticket) = pppx.sign(&manage_for("admin", "/v1/madeup/loud"));
        let changed = String::from_utf8(signed).unwrap().replacen("{}", "[]", 1);
        answers.push(exchange(scene.running.addr, changed.into_bytes()).await);
    }
    for status in [403, 400, 413, 429] {
        let told = |it: &String| it.starts_with(&format!("HTTP/1.1 {status} "));
        assert!(answers.iter().any(told), "{status}: {answers:?}");
    }
    let numbers = exchange(scene.running.admin, get("/metrics")).await;
    assert!(!numbers.contains("madeup") && !numbers.contains("uppmade"), "{numbers}");
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_leaves_whose_row_the_spool_did_not_take() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    scene.running.ctx.spool.close().await;
    let answer = pppx.ask(post("/", "text/xml", &auth("b-1"))).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("<result>BUSY</result><reason>the request could not be recorded"));
    assert!(answer.contains("retry-after: ") && !answer.contains("<result>OK"), "{answer}");
    let answer = pppx.ask(manage_for("admin", "/v1/boxes/show")).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("\"result\":\"BUSY\"") && !answer.contains("length\":2"), "{answer}");
    scene.running.abort().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_record_does_not_begin_what_counts() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    let _warm = pppx.ask(get("/")).await;
    let retire = || pppx.ask(manage_for("admin", "/v1/boxes/retire"));
    scene.running.ctx.spool.close().await;
    let first = retire().await;
    assert!(first.starts_with("HTTP/1.1 503") && !first.contains("ngondo-shed"), "{first}");
    let second = retire().await;
    assert!(second.starts_with("HTTP/1.1 503") && second.contains("ngondo-shed: 1"), "{second}");
    assert_eq!(scene.running.service.retired.load(Ordering::Acquire), 1);
    scene.running.stop().await;
}
