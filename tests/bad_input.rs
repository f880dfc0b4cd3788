//! Whatever is outside the protocol is told so, by its status and a reason, and changes nothing.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

use std::fs;
use std::path::Path;

use chassis::Clock;
use ngondo::site::{ADMIN, House, Place, Site, seats};
use protocol::{Bridge, Outcome, PeerAddr, Request, Response, Role};
use report::ReportDb;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use stack::{Http, PACE, Raw, Reports, Signer, Stack, bytes, lay, post, post_raw, sell};

/// Every row of every table of a SQLite database, as SQL literals.
async fn contents(site: &Site) -> Vec<String> {
    let registry = site.registry().unwrap();
    let mut conn = SqliteConnection::connect(registry.as_str()).await.unwrap();
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            .fetch_all(&mut conn)
            .await
            .unwrap();
    let mut rows = Vec::new();
    for table in tables {
        let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1)")
            .bind(&table)
            .fetch_all(&mut conn)
            .await
            .unwrap();
        let quoted: Vec<_> = columns.iter().map(|it| format!("quote(\"{it}\")")).collect();
        let select = format!("SELECT {} FROM \"{table}\" ORDER BY 1", quoted.join(" || ',' || "));
        let found: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(select)).fetch_all(&mut conn).await.unwrap();
        rows.extend(found.into_iter().map(|row| format!("{table}: {row}")));
    }
    conn.close().await.unwrap();
    rows
}

/// A back office with something in each table that a bad request could touch.
async fn scene() -> (Stack, Vec<String>) {
    let stack = Stack::start().await;
    stack.enrol(1).await;
    sell(&stack.door, 2).await;
    let before = contents(&stack.site).await;
    for table in ["device", "history", "voucher", "recharge", "sale"] {
        assert!(
            before.iter().any(|row| row.starts_with(&format!("{table}: "))),
            "{table} is empty"
        );
    }
    (stack, before)
}

/// The document of an answer: what it says, and that it is one that a box can read.
#[track_caller]
fn refusal(what: &str, http: &Http) -> (Outcome, String) {
    let xml = "content-type: application/xml; charset=utf-8";
    assert!(http.head.contains(xml), "{what}: {http:?}");
    let response = Response::parse(http.body.as_bytes());
    let answer = response.unwrap_or_else(|error| panic!("{what}: {error}: {http:?}")).answer;
    let reason = http.body.split("<reason>").nth(1).and_then(|it| it.split("</reason>").next());
    (answer.outcome(), reason.unwrap_or_default().to_owned())
}

fn bridge(http: &Http) -> Bridge {
    let line = http.head.lines().find_map(|line| line.strip_prefix("ngondo-bridge: "));
    line.unwrap_or_else(|| panic!("{http:?}")).parse().unwrap()
}

/// What the servers told REPORT of a request: who, what, with which result.
async fn told(report: &ReportDb, http: &Http) -> Vec<(String, String, String)> {
    let rows = report.trace(&bridge(http)).await.unwrap();
    let told =
        rows.iter().map(|it| (it.server.to_string(), it.cmd.to_string(), it.result.to_string()));
    told.collect()
}

/// Stops everything and holds that each of these requests has one row, PPPX's, and passed nobody on.
async fn reported_by_pppx_alone(stack: Stack, answers: &[(Http, &str)]) -> Reports {
    let reports = stack.stop().await;
    reports.rows_of_equals().await;
    for (http, result) in answers {
        let rows = told(&reports.both[0], http).await;
        assert!(
            matches!(rows.as_slice(), [(server, _, told)] if server == "pppx-1" && told == result),
            "{rows:?} for {http:?}"
        );
    }
    reports
}

fn raw(to: &PeerAddr, request: &str, head: &str, body: &[u8]) -> Http {
    let mut bytes = format!(
        "{request} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n{head}content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    post_raw(to, &bytes).unwrap()
}

const XML: &str = "content-type: application/xml\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn each_refused_document_is_refused_over_http_and_changes_nothing() {
    let (stack, before) = scene().await;
    let to = stack.site.addr(Role::Pppx, Place::First);
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/protocol/tests/golden/refused");
    let mut answers = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_file() {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let document = fs::read(&path).unwrap();
        let malformed = Request::parse(&document).unwrap_err();
        let http = raw(&to, "POST /", XML, &document);
        assert_eq!(http.status, malformed.status, "{name}: {http:?}");
        let (outcome, reason) = refusal(&name, &http);
        assert_eq!(outcome, Outcome::Malformed, "{name}");
        if malformed.status == 400 {
            assert_eq!(reason, malformed.reason, "{name}");
        } else {
            assert_eq!(reason, "the document is too large", "{name}");
        }
        let cmd = malformed.verb.map_or("R-ERROR".to_owned(), |verb| format!("R-{}", verb.name()));
        assert!(http.body.contains(&format!("<cmd>{cmd}")), "{name}: {}", http.body);
        answers.push((http, "MALFORMED"));
    }
    assert!(answers.len() > 80, "{} documents", answers.len());
    assert_eq!(contents(&stack.site).await, before);
    reported_by_pppx_alone(stack, &answers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_no_command_gets_its_status_and_a_document() {
    let (stack, before) = scene().await;
    let to = stack.site.addr(Role::Pppx, Place::First);
    let topup = topup("1234567890123452");
    let good = topup.as_bytes();
    let long = vec![b' '; 16 * 1024 + 1];
    let head = |extra: &str| format!("{XML}{extra}\r\n");
    let asked = [
        (404, "no such path", raw(&to, "POST /topup", XML, good)),
        (404, "no such path", raw(&to, "POST //", XML, good)),
        (404, "no such path", raw(&to, "GET /healthz", "", b"")),
        (405, "must be POST", raw(&to, "GET /", "", b"")),
        (405, "must be POST", raw(&to, "PUT /", XML, good)),
        (405, "must be POST", raw(&to, "DELETE /", "", b"")),
        (415, "Content-Type", raw(&to, "POST /", "", good)),
        (415, "Content-Type", raw(&to, "POST /", "content-type: application/json\r\n", good)),
        (415, "charset", raw(&to, "POST /", "content-type: text/xml; charset=latin1\r\n", good)),
        (415, "Content-Encoding", raw(&to, "POST /", &head("content-encoding: gzip"), good)),
        (413, "too large", raw(&to, "POST /", XML, &long)),
        (400, "ends before its root", raw(&to, "POST /", XML, b"")),
        (400, "UTF-8", raw(&to, "POST /", XML, b"<xml>\xff</xml>")),
    ];
    let mut answers = Vec::new();
    for (status, word, http) in asked {
        assert_eq!(http.status, status, "{word}: {http:?}");
        let (outcome, reason) = refusal(word, &http);
        assert_eq!(outcome, Outcome::Malformed, "{word}");
        assert!(reason.contains(word), "{word}: {reason}");
        answers.push((http, "MALFORMED"));
    }
    assert_eq!(contents(&stack.site).await, before);
    reported_by_pppx_alone(stack, &answers).await;
}

/// A length that is only announced costs nothing: the answer comes before a byte of the body.
#[tokio::test(flavor = "multi_thread")]
async fn an_announced_length_over_the_limit_is_refused_before_the_body() {
    let stack = Stack::start().await;
    let to = stack.site.addr(Role::Pppx, Place::First);
    let request =
        format!("POST / HTTP/1.1\r\nhost: {to}\r\n{XML}content-length: 4000000000\r\n\r\n<xml>");
    let http = post_raw(&to, request.as_bytes()).unwrap();
    assert_eq!(http.status, 413, "{http:?}");
    assert_eq!(refusal("announced", &http).0, Outcome::Malformed);
    stack.stop().await.rows_of_equals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_comes_is_told_to_time_out() {
    let folder = tempfile::tempdir().unwrap();
    let site = lay(&folder, PACE).await;
    for (role, place) in seats() {
        let ini = site.ini(role, place);
        let text = fs::read_to_string(&ini).unwrap();
        assert!(text.contains("[limits]\n"), "{text}");
        fs::write(&ini, text.replace("[limits]\n", "[limits]\nbody_timeout_ms = 100\n")).unwrap();
    }
    let house = Box::pin(House::start(&site, &Clock::default())).await.unwrap();
    let before = contents(&site).await;
    for role in [Role::Pppx, Role::Aar] {
        let to = site.addr(role, Place::First);
        for begun in ["", "<xml><app>slow</app>"] {
            let request =
                format!("POST / HTTP/1.1\r\nhost: {to}\r\n{XML}content-length: 400\r\n\r\n{begun}");
            let http = post_raw(&to, request.as_bytes()).unwrap();
            assert_eq!(http.status, 408, "{http:?}");
            let (outcome, reason) = refusal("slow", &http);
            assert_eq!((outcome, reason.contains("in time")), (Outcome::Timeout, true), "{reason}");
            assert!(http.head.contains("connection: close"), "{http:?}");
        }
    }
    assert_eq!(contents(&site).await, before);
    house.stop().await;
}

fn document(cmd: &str, rest: &str) -> String {
    format!(
        "<xml><app>a</app><version>1</version><cmd>{cmd}</cmd><time>1795190400</time>{rest}</xml>"
    )
}

fn topup(code: &str) -> String {
    document("TOPUP", &format!("<code>{code}</code>"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_servers_say_is_not_taken_from_outside() {
    let (stack, before) = scene().await;
    let to = stack.site.addr(Role::Pppx, Place::First);
    let device = "<box>0102030405060708090a0b0c0d0e0f10</box>";
    let mut answers = Vec::new();
    for (cmd, rest) in [
        ("INIT*", ""),
        ("CRECORD*", "<macaddr>a8:bb:cc:dd:ee:0f</macaddr>"),
        ("ACTIVATE*", device),
        ("AUTH*", "<crypto>AA</crypto>"),
        ("TOPUP*", "<code>1234567890123452</code>"),
        ("CREDIT*", "<code>1234567890123452</code><outcome>CREDITED</outcome>"),
    ] {
        let bridge = format!("<bridge>b-{}</bridge>", answers.len());
        let http = post(&to, &document(cmd, &format!("{bridge}{rest}")));
        assert_eq!(http.status, 403, "{cmd}: {http:?}");
        assert!(!http.body.contains(&bridge), "{cmd}: a stranger chose its bridge: {http:?}");
        let (outcome, reason) = refusal(cmd, &http);
        assert_eq!((outcome, reason.is_empty()), (Outcome::Forbidden, false), "{cmd}");
        answers.push((http, "FORBIDDEN"));
    }
    for cmd in ["R-INIT", "R-CRECORD", "R-ACTIVATE", "R-AUTH", "R-TOPUP", "R-CREDIT", "R-PROVISION"]
    {
        let http = post(&to, &document(cmd, "<result>OK</result>"));
        assert_eq!(http.status, 400, "{cmd}: {http:?}");
        let (outcome, reason) = refusal(cmd, &http);
        assert_eq!(outcome, Outcome::Malformed, "{cmd}");
        assert_eq!(reason, "the element cmd names an answer, not a command", "{cmd}");
        answers.push((http, "MALFORMED"));
    }
    assert_eq!(contents(&stack.site).await, before);
    reported_by_pppx_alone(stack, &answers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistyped_code_is_told_without_asking_a_server() {
    let (stack, before) = scene().await;
    let to = stack.site.addr(Role::Pppx, Place::First);
    let device = "<box>0102030405060708090a0b0c0d0e0f10</box>";
    let code = "<code>1234567890123453</code>";
    let mut answers = Vec::new();
    for (cmd, rest) in [
        ("TOPUP", code.to_owned()),
        ("CREDIT", format!("{code}<outcome>CREDITED</outcome>")),
        ("ACTIVATE", format!("{device}{code}")),
    ] {
        let http = post(&to, &document(cmd, &rest));
        assert_eq!(http.status, 200, "{cmd}: {http:?}");
        let (outcome, reason) = refusal(cmd, &http);
        assert_eq!((outcome, reason.contains("code")), (Outcome::CodeUnknown, true), "{reason}");
        assert!(!http.body.contains("1234567890123453"), "{cmd}: {http:?}");
        answers.push((http, "CODE_UNKNOWN"));
    }
    assert_eq!(contents(&stack.site).await, before, "a typing error counts for nothing");
    reported_by_pppx_alone(stack, &answers).await;
}

/// A verb of the management, and what it is sent: bytes, as nobody would write them.
const MANAGED: [&str; 16] = [
    "boxes/list",
    "boxes/show",
    "boxes/find",
    "boxes/suspend",
    "boxes/resume",
    "boxes/stolen",
    "boxes/retire",
    "vouchers/import",
    "vouchers/stock",
    "vouchers/sell",
    "vouchers/find",
    "servers/list",
    "servers/why",
    "servers/drain",
    "servers/thaw",
    "vouchers/paint",
];

#[tokio::test(flavor = "multi_thread")]
async fn malformed_management_gets_a_problem_document_and_changes_nothing() {
    let (stack, before) = scene().await;
    let pppx = (Role::Pppx, Place::First);
    let to = stack.site.addr(pppx.0, pppx.1);
    let signer = Signer::new(&stack.site, ADMIN, pppx, &stack.clock);
    let json = "content-type: application/json\r\n";
    let deep = [vec![b'['; 20_000], vec![b']'; 20_000]].concat();
    let bodies: [&[u8]; 9] = [
        b"{",
        b"[]",
        b"null",
        b"\"text\"",
        b"{\"nosuch\":1}",
        b"{\"request\":17,\"limit\":-1,\"serial\":{}}",
        b"{}{}",
        b"{\"serial\":\"\xff\"}",
        &deep,
    ];
    for verb in MANAGED {
        for body in bodies {
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            let http = signer.send(Raw { line: &format!("POST /v1/{verb}"), head: json, body });
            let status = if verb == "vouchers/paint" { 404 } else { 400 };
            assert_eq!(http.status, status, "{verb} {shown}: {http:?}");
            problem(&format!("{verb} {shown}"), &http);
        }
    }
    let line = "POST /v1/vouchers/import";
    let empty = bytes(&to, Raw { line, head: json, body: b"" });
    let long = format!("content-length: {}", 16 * 1024 * 1024 + 1);
    let announced = String::from_utf8(empty).unwrap().replace("content-length: 0", &long);
    let http = post_raw(&to, announced.as_bytes()).unwrap();
    assert_eq!(http.status, 401, "no body is waited for that nobody may send: {http:?}");
    let sealed = signer.seal(Raw { line, head: json, body: b"" }).bytes;
    let announced = String::from_utf8(sealed).unwrap().replace("content-length: 0", &long);
    let http = post_raw(&to, announced.as_bytes()).unwrap();
    assert_eq!(http.status, 413, "{http:?}");
    problem("16 MiB and a byte", &http);
    assert_eq!(contents(&stack.site).await, before);
    stack.stop().await.rows_of_equals().await;
}

#[track_caller]
fn problem(what: &str, http: &Http) {
    assert!(http.head.contains("content-type: application/problem+json"), "{what}: {http:?}");
    let problem: Value = serde_json::from_str(&http.body).unwrap();
    assert_eq!(problem["result"], "MALFORMED", "{what}: {problem}");
    assert_eq!(problem["status"], http.status, "{what}: {problem}");
    assert!(problem["detail"].as_str().is_some_and(|it| !it.is_empty()), "{what}: {problem}");
}
