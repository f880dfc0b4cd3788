//! A service of one command, asked over real sockets: what the chassis does for all of them.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may panic, and spawn")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chassis::{Answered, Call, Clock, Context, ManageCall, Managed, Running, Service, StartError};
use crypto::{KeyId, MasterKeys, random};
use protocol::{AuthAnswer, Outcome, Role};
use report::ReportDb;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::Semaphore;

/// Answers AUTH with OK, when the test lets it.
struct Toy {
    gate: Arc<Semaphore>,
    /// How often a box was retired.
    retired: AtomicUsize,
}

impl Service for Toy {
    const ROLE: Role = Role::Aar;

    async fn build(_ctx: Arc<Context>) -> Result<Self, StartError> {
        Ok(Self { gate: Arc::new(Semaphore::new(1)), retired: AtomicUsize::new(0) })
    }

    async fn answer(&self, call: Call) -> Answered {
        assert!(call.bridge.as_str() != "b-panic", "as the test asked");
        let _turn = self.gate.acquire().await.unwrap();
        Answered::from(protocol::Answer::Auth(AuthAnswer::new(Outcome::Ok)))
    }

    async fn manage(&self, call: ManageCall) -> Managed {
        match (call.noun.as_str(), call.verb.as_str()) {
            ("boxes", "show") => Managed::json(Outcome::Ok, json!({ "length": call.body.len() })),
            ("boxes", "retire") => {
                let _turn = self.gate.acquire().await.unwrap();
                self.retired.fetch_add(1, Ordering::AcqRel);
                Managed::json(Outcome::Ok, json!({}))
            }
            _ => Managed::unknown(),
        }
    }
}

struct Scene {
    folder: TempDir,
    running: Running<Toy>,
    reports: [ReportDb; 2],
}

async fn scene(limits: &str) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    scene_in(folder, limits).await
}

/// Starts in a folder where one may have run before.
async fn scene_in(folder: TempDir, limits: &str) -> Scene {
    let path = |name: &str| folder.path().join(name);
    let url = |name: &str| format!("sqlite://{}", path(name).display());
    let keys = MasterKeys::generate(KeyId::new([0, 0, 0, 1]), &mut random::system());
    write_secret(&path("aar.keys"), &keys.derive(config::purposes(Role::Aar)).print());
    let mut reports = Vec::new();
    for name in ["report-1.db", "report-2.db"] {
        let url = url(name).parse().unwrap();
        ReportDb::migrate(&url).await.unwrap();
        reports.push(ReportDb::open(&url).await.unwrap());
    }
    let ini = format!(
        "[module]\ninstance = aar-1\nrole = AAR\nlisten = 127.0.0.1:0\nstate = state\n\
         [admin]\nlisten = 127.0.0.1:0\n[keys]\nfile = aar.keys\n[pppx]\nfirst = 127.0.0.1:9\n\
         [report]\nfirst = {}\nsecond = {}\n[limits]\ndrain = 0\n{limits}\n",
        url("report-1.db"),
        url("report-2.db"),
    );
    std::fs::write(path("aar.ini"), ini).unwrap();
    let module =
        config::Module::load(&path("aar.ini"), Role::Aar, config::schema(Role::Aar)).unwrap();
    let running = chassis::start::<Toy>(module, Clock::default()).await.unwrap();
    Scene { folder, running, reports: reports.try_into().ok().unwrap() }
}

fn write_secret(path: &Path, text: &str) {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.create(true).write(true).truncate(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Sends bytes and reads until the server closes.
async fn exchange(addr: SocketAddr, request: Vec<u8>) -> String {
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        stream.write_all(&request).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    })
    .await
    .unwrap()
}

async fn one_in_flight(running: &Running<Toy>) {
    while running.inflight() == 0 {
        tokio::task::yield_now().await;
    }
}

fn post(path: &str, media_type: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: {media_type}\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn auth(bridge: &str) -> String {
    format!(
        "<xml><app>box</app><version>1</version><cmd>AUTH*</cmd><time>1795190400</time>\
         <bridge>{bridge}</bridge></xml>"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_a_command_and_reports_it_in_both_databases() {
    let scene = scene("").await;
    let answer = exchange(scene.running.addr, post("/", "text/xml", &auth("b-1"))).await;
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
    let scene = scene("").await;
    let addr = scene.running.addr;
    let long = "x".repeat(16 * 1024 + 1);
    let plain = auth("b-1").replace("AUTH*", "AUTH").replace("<bridge>b-1</bridge>", "");
    let plain = plain.replace("</xml>", "<crypto>AA</crypto></xml>");
    let foreign = auth("b-1").replace("AUTH*", "INIT*");
    for (request, status, result) in [
        (post("/other", "text/xml", ""), 404, "MALFORMED"),
        (post("/", "text/plain", &auth("b")), 415, "MALFORMED"),
        (post("/", "text/xml", &long), 413, "MALFORMED"),
        (post("/", "text/xml", "<xml>"), 400, "MALFORMED"),
        (post("/", "text/xml", &plain), 400, "MALFORMED"),
        (post("/", "text/xml", &foreign), 400, "MALFORMED"),
        (b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_vec(), 405, "MALFORMED"),
    ] {
        let shown = String::from_utf8_lossy(&request).chars().take(60).collect::<String>();
        let answer = exchange(addr, request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{shown}: {answer}");
        assert!(answer.contains("content-type: application/xml; charset=utf-8"), "{answer}");
        assert!(answer.contains(&format!("<result>{result}</result><reason>")), "{answer}");
    }
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_too_many_is_told_to_come_back_and_has_done_nothing() {
    let scene = scene("inflight = 1").await;
    let addr = scene.running.addr;
    let turn = scene.running.service.gate.clone().acquire_owned().await.unwrap();
    let first = tokio::spawn(exchange(addr, post("/", "text/xml", &auth("b-1"))));
    one_in_flight(&scene.running).await;
    let busy = exchange(addr, post("/", "text/xml", &auth("b-2"))).await;
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
    let scene = scene("").await;
    let answer = exchange(scene.running.addr, post("/", "text/xml", &auth("b-panic"))).await;
    assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
    assert!(answer.contains("<cmd>R-AUTH*</cmd>"), "{answer}");
    assert!(answer.contains("<result>FAILED</result>"), "{answer}");
    scene.running.stop().await;
    let rows = scene.reports[1].trace(&"b-panic".parse().unwrap()).await.unwrap();
    assert_eq!(rows.iter().map(|it| it.result.as_ref()).collect::<Vec<_>>(), ["FAILED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_has_passed_is_not_worked_for() {
    let scene = scene("").await;
    let mut request = post("/", "text/xml", &auth("b-1"));
    let at = request.windows(2).position(|it| it == b"\r\n").unwrap() + 2;
    request.splice(at..at, *b"ngondo-deadline-ms: 0\r\n");
    let answer = exchange(scene.running.addr, request).await;
    assert!(answer.starts_with("HTTP/1.1 504"), "{answer}");
    assert!(answer.contains("<result>TIMEOUT</result>"), "{answer}");
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_management_interface_speaks_json_and_problems() {
    let scene = scene("").await;
    let addr = scene.running.addr;
    let answer = exchange(addr, post("/v1/boxes/show", "application/json", "{}")).await;
    assert!(answer.ends_with("{\"length\":2}"), "{answer}");
    let answer = exchange(addr, post("/v1/boxes/eat%20this", "application/json", "{}")).await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
    assert!(answer.contains("\"result\":\"MALFORMED\""), "{answer}");
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_health_readiness_and_numbers_on_the_admin_listener() {
    let scene = scene("").await;
    let _served = exchange(scene.running.addr, post("/", "text/xml", &auth("b-1"))).await;
    let get = |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        exchange(scene.running.admin, request.into_bytes())
    };
    assert!(get("/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(get("/readyz").await.ends_with("ready\n"));
    let numbers = get("/metrics").await;
    assert!(
        numbers.contains("ngondo_requests_total{instance=\"aar-1\",cmd=\"AUTH*\""),
        "{numbers}"
    );
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_flight_is_finished_before_it_leaves_and_says_so() {
    let scene = scene("").await;
    let addr = scene.running.addr;
    let gate = Arc::clone(&scene.running.service.gate);
    let turn = gate.acquire().await.unwrap();
    let asked = tokio::spawn(exchange(addr, post("/", "text/xml", &auth("b-1"))));
    one_in_flight(&scene.running).await;
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
    let scene = scene("").await;
    let gate = Arc::clone(&scene.running.service.gate);
    gate.acquire().await.unwrap().forget();
    let mut stream = TcpStream::connect(scene.running.addr).unwrap();
    stream.write_all(&post("/v1/boxes/retire", "application/json", "{}")).unwrap();
    one_in_flight(&scene.running).await;
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

    let again = scene_in(scene.folder, "").await;
    again.running.stop().await;
    for report in again.reports {
        let rows = report.search(&report::Filter::default()).await.unwrap();
        assert!(rows.iter().any(|row| row.cmd == "boxes/retire"), "{rows:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_up_does_not_grow_the_metrics() {
    let scene = scene("").await;
    for verb in ["madeup", "uppmade"] {
        let path = format!("/v1/boxes/{verb}");
        let answer = exchange(scene.running.addr, post(&path, "application/json", "{}")).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    }
    let get = b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_vec();
    let numbers = exchange(scene.running.admin, get).await;
    assert!(!numbers.contains("madeup") && !numbers.contains("uppmade"), "{numbers}");
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_leaves_whose_row_the_spool_did_not_take() {
    let scene = scene("").await;
    let addr = scene.running.addr;
    scene.running.ctx.spool.close().await;
    let answer = exchange(addr, post("/", "text/xml", &auth("b-1"))).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("<result>BUSY</result><reason>the request could not be recorded"));
    assert!(answer.contains("retry-after: ") && !answer.contains("<result>OK"), "{answer}");
    let answer = exchange(addr, post("/v1/boxes/show", "application/json", "{}")).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("\"result\":\"BUSY\"") && !answer.contains("length\":2"), "{answer}");
    scene.running.abort().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_record_does_not_begin_what_counts() {
    let scene = scene("").await;
    let retire = || {
        let request = post("/v1/boxes/retire", "application/json", "{}");
        exchange(scene.running.addr, request)
    };
    scene.running.ctx.spool.close().await;
    let first = retire().await;
    assert!(first.starts_with("HTTP/1.1 503") && !first.contains("ngondo-shed"), "{first}");
    let second = retire().await;
    assert!(second.starts_with("HTTP/1.1 503") && second.contains("ngondo-shed: 1"), "{second}");
    assert_eq!(scene.running.service.retired.load(Ordering::Acquire), 1);
    scene.running.stop().await;
}
