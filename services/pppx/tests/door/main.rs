//! PPPX on a real socket, against servers that answer, fail, hang, shed and lie.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod scene;
mod server;

use protocol::Outcome;
use report::ReportDb;

use scene::{Scene, answer, answer_under, answering, document, element};
use server::{Act, Server};

const CRYPTO: &str = "<crypto>x</crypto>";
const MAP: &str = "<AAR><first>127.0.0.1:1</first><second></second></AAR>\
    <TOPUP><first></first><second></second></TOPUP><LB><first></first><second></second></LB>\
    <PPPX><first></first><second></second></PPPX>\
    <REPORT><first></first><second></second></REPORT>\
    <CRYPTO><first></first><second></second></CRYPTO><epoch>7</epoch><ttl>30</ttl>";
const OK: &str = "<result>OK</result>";
const GIVEN: &str = "<result>OK</result><code2>12345678</code2>";

/// A command of a role that nothing else is asked by: AAR is asked for the principals too.
fn topup() -> String {
    document("TOPUP", "<code>1234567812345670</code>")
}

fn auth() -> String {
    document("AUTH", CRYPTO)
}

fn result(got: &client::Got) -> (u16, String) {
    (got.status, element(got, "result").unwrap())
}

fn is(outcome: Outcome) -> (u16, String) {
    (outcome.http_status(), outcome.as_str().to_owned())
}

#[tokio::test]
async fn passes_a_command_under_a_bridge_of_its_own() {
    let aar = answering(200, "<result>OK</result><lease>60</lease>").await;
    let scene = Scene::open(&[("aar", &[&aar])]).await;
    let sent =
        document("AUTH", "<bridge>mine</bridge><client>address:x</client><crypto>x</crypto>");
    let got = scene.send(&sent).await;

    assert_eq!((result(&got), element(&got, "lease").unwrap()), (is(Outcome::Ok), "60".to_owned()));
    assert_eq!(element(&got, "cmd").unwrap(), "R-AUTH");
    assert_eq!(element(&got, "app").unwrap(), "ngondo-pppx");
    assert_eq!(element(&got, "bridge"), None);

    let heard = &aar.heard()[0];
    let envelope = heard.request().head;
    assert_eq!((envelope.app.as_str(), envelope.version.as_str()), ("shop", "2.1"));
    assert!(heard.body.contains("<cmd>AUTH*</cmd><time>2026-11-20T08:00:00.000Z</time>"));
    assert_eq!(uuid::Uuid::parse_str(&heard.bridge()).unwrap().get_version_num(), 7);
    let client = envelope.client.unwrap().to_string();
    assert!(client.starts_with("address:") && client.len() == "address:".len() + 22, "{client}");
    let left: u64 = heard.header("ngondo-deadline-ms").unwrap().parse().unwrap();
    assert!((1..=2000).contains(&left), "{left}");
}

#[tokio::test]
async fn the_same_address_is_the_same_client() {
    let aar = answering(200, OK).await;
    let scene = Scene::open(&[("aar", &[&aar])]).await;
    scene.send(&auth()).await;
    scene.send(&auth()).await;
    let heard = aar.heard();
    assert_eq!(heard[0].request().head.client, heard[1].request().head.client);
    assert_ne!(heard[0].bridge(), heard[1].bridge());
}

#[tokio::test]
async fn refuses_at_the_door_what_needs_no_server() {
    let server = answering(200, OK).await;
    let servers = [&server];
    let all: [(&str, &[&Server]); 3] = [("aar", &servers), ("sr", &servers), ("topup", &servers)];
    let scene = Scene::open(&all).await;
    let refused = [
        (document("AUTH*", "<bridge>b</bridge><crypto>x</crypto>"), Outcome::Forbidden),
        (document("R-AUTH", "<result>OK</result>"), Outcome::Malformed),
        (document("CRECORD", ""), Outcome::Malformed),
        (document("PROVISION", ""), Outcome::Malformed),
        (document("TOPUP", "<code>123</code>"), Outcome::Malformed),
        (document("TOPUP", "<code>1234 5678 1234 5678</code>"), Outcome::CodeUnknown),
        (
            document(
                "ACTIVATE",
                "<macaddr>02:00:00:00:00:01</macaddr><code>1234567812345678</code>",
            ),
            Outcome::CodeUnknown,
        ),
        (
            document("CREDIT", "<code>1234567812345678</code><outcome>CREDITED</outcome>"),
            Outcome::CodeUnknown,
        ),
    ];
    for (sent, outcome) in refused {
        assert_eq!(result(&scene.send_as("admin", &sent).await), is(outcome), "{sent}");
    }
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn garbage_is_a_failure_and_the_twin_is_asked() {
    let garbage = [
        Act::Say(200, "", "<html>It works!</html>".to_owned()),
        Act::Say(502, "", "bad gateway".to_owned()),
        Act::Say(200, "", String::new()),
    ];
    for act in garbage {
        let first = Server::always(act).await;
        let twin = answering(200, GIVEN).await;
        let scene = Scene::open(&[("topup", &[&first, &twin])]).await;
        assert_eq!(result(&scene.send(&topup()).await), is(Outcome::Ok));
        assert_eq!(first.heard()[0].bridge(), twin.heard()[0].bridge());
    }
}

#[tokio::test]
async fn garbage_from_both_is_failed() {
    let first = Server::always(Act::Say(200, "", "nonsense".to_owned())).await;
    let twin = Server::always(Act::Say(200, "", "nonsense".to_owned())).await;
    let scene = Scene::open(&[("aar", &[&first, &twin])]).await;
    assert_eq!(result(&scene.send(&auth()).await), is(Outcome::Failed));
    assert_eq!((first.heard().len(), twin.heard().len()), (1, 1));
}

#[tokio::test]
async fn an_answer_to_something_else_is_garbage() {
    let other_bridge =
        Server::start(|heard| Act::Say(200, "", answer_under("another", heard, OK))).await;
    let scene = Scene::open(&[("aar", &[&other_bridge])]).await;
    assert_eq!(result(&scene.send(&auth()).await), is(Outcome::Failed));

    let other_command =
        Server::start(|heard| Act::Say(200, "", answer(heard, OK).replace("R-AUTH*", "R-TOPUP*")))
            .await;
    let scene = Scene::open(&[("aar", &[&other_command])]).await;
    assert_eq!(result(&scene.send(&auth()).await), is(Outcome::Failed));

    let other_status = answering(500, OK).await;
    let scene = Scene::open(&[("aar", &[&other_status])]).await;
    assert_eq!(result(&scene.send(&auth()).await), is(Outcome::Failed));
}

#[tokio::test]
async fn a_lost_answer_is_asked_of_the_twin_under_the_same_bridge() {
    let first = Server::always(Act::Close).await;
    let twin = answering(200, "<result>OK</result><code2>12345678</code2>").await;
    let scene = Scene::open(&[("topup", &[&first, &twin])]).await;
    let got = scene.send(&document("TOPUP", "<code>1234567812345670</code>")).await;
    assert_eq!(result(&got), is(Outcome::Ok));
    assert_eq!(element(&got, "code2").unwrap(), "12345678");
    assert_eq!(first.heard()[0].bridge(), twin.heard()[0].bridge());
}

#[tokio::test]
async fn failed_is_asked_of_the_twin_once() {
    let first = answering(500, "<result>FAILED</result>").await;
    let twin = answering(200, GIVEN).await;
    let scene = Scene::open(&[("topup", &[&first, &twin])]).await;
    assert_eq!(result(&scene.send(&topup()).await), is(Outcome::Ok));
    assert_eq!(first.heard()[0].bridge(), twin.heard()[0].bridge());

    let second = answering(500, "<result>FAILED</result>").await;
    let scene = Scene::open(&[("topup", &[&first, &second])]).await;
    assert_eq!(result(&scene.send(&topup()).await), is(Outcome::Failed));
    assert_eq!((first.heard().len(), second.heard().len()), (2, 1), "both were asked");
}

#[tokio::test]
async fn one_that_sheds_leaves_it_to_its_twin_or_is_passed_on() {
    let busy = "<result>BUSY</result><retry>3</retry>";
    let shed =
        || Server::start(move |heard| Act::Say(503, "ngondo-shed: 1\r\n", answer(heard, busy)));
    let (first, second) = (shed().await, shed().await);
    let twin = answering(200, OK).await;
    let scene = Scene::open(&[("aar", &[&first, &twin])]).await;
    assert_eq!(result(&scene.send(&auth()).await), is(Outcome::Ok));

    let scene = Scene::open(&[("aar", &[&first, &second])]).await;
    let got = scene.send(&auth()).await;
    assert_eq!(result(&got), is(Outcome::Busy));
    assert_eq!((element(&got, "retry").unwrap().as_str(), got.retry_after_s), ("3", Some(3)));
}

#[tokio::test]
async fn nobody_there_is_busy_with_a_time_to_wait() {
    let gone = Server::always(Act::Hang).await.addr.clone();
    let scene = Scene::open(&[]).await;
    let got = scene.send(&auth()).await;
    assert_eq!(result(&got), is(Outcome::Busy));
    let retry_s: u32 = element(&got, "retry").unwrap().parse().unwrap();
    assert_eq!(got.retry_after_s, Some(retry_s));
    assert!((1..=5).contains(&retry_s), "{retry_s}, {gone}");
}

#[tokio::test]
async fn one_that_hangs_is_a_timeout_at_the_clients_deadline() {
    let hangs = Server::always(Act::Hang).await;
    let scene = Scene::open(&[("aar", &[&hangs])]).await;
    let got = scene.post("/", &auth(), &[("ngondo-deadline-ms", "250")]).await;
    assert_eq!(result(&got), is(Outcome::Timeout));
    let left: u64 = hangs.heard()[0].header("ngondo-deadline-ms").unwrap().parse().unwrap();
    assert!((1..=250).contains(&left), "{left}");
}

#[tokio::test]
async fn init_goes_to_both_lbs_and_the_first_good_answer_is_passed_on() {
    let first = Server::always(Act::Say(200, "", "nonsense".to_owned())).await;
    let second = answering(200, MAP).await;
    let scene = Scene::open(&[("lb", &[&first, &second])]).await;
    let init = document("INIT", "<role>AAR</role><instance>aar-1</instance>");
    let got = scene.send_as("aar-1", &init).await;

    assert_eq!((got.status, element(&got, "epoch").unwrap().as_str()), (200, "7"));
    assert_eq!(element(&got, "cmd").unwrap(), "R-INIT");
    let bridge = element(&got, "bridge").unwrap();
    for lb in [&first, &second] {
        let passed = lb.hears(|heard| heard.bridge() == bridge).await;
        assert!(passed.body.contains("<instance>aar-1</instance>"), "{}", passed.body);
    }
}

#[tokio::test]
async fn its_own_heartbeat_reaches_both_lbs() {
    let (first, second) = (answering(200, MAP).await, answering(200, MAP).await);
    let _scene = Scene::open(&[("lb", &[&first, &second])]).await;
    for lb in [&first, &second] {
        lb.hears(|heard| heard.body.contains("<role>PPPX</role><instance>pppx-1</instance>")).await;
    }
}

#[tokio::test]
async fn no_lb_is_busy() {
    let scene = Scene::open(&[]).await;
    assert_eq!(result(&scene.send_as("aar-1", &document("INIT", "")).await), is(Outcome::Busy));
}

#[tokio::test]
async fn management_goes_to_the_role_that_does_it() {
    let json = "content-type: application/json\r\n";
    let says = |who: &'static str| {
        Server::always(Act::Say(200, json, format!("{{\"result\":\"OK\",\"who\":\"{who}\"}}")))
    };
    let (aar, sr, topup, lb) =
        (says("aar").await, says("sr").await, says("topup").await, says("lb").await);
    let scene =
        Scene::open(&[("aar", &[&aar]), ("sr", &[&sr]), ("topup", &[&topup]), ("lb", &[&lb])])
            .await;
    let cases = [("boxes/list", "aar"), ("vouchers/sell", "topup"), ("servers/list", "lb")];
    for (path, who) in cases {
        let got = scene
            .post_as("admin", &format!("/v1/{path}?x=1"), "{}", &[("ngondo-bridge", "mine")])
            .await;
        let body = String::from_utf8(got.body.to_vec()).unwrap();
        assert_eq!((got.status, got.content_type.as_str()), (200, "application/json"));
        assert!(body.contains(&format!("\"who\":\"{who}\"")), "{path}: {body}");
    }
    let heard = &aar.heard()[0];
    assert!(heard.head.starts_with("POST /v1/boxes/list?x=1 "), "{}", heard.head);
    let bridge = heard.header("ngondo-bridge").unwrap();
    assert_eq!(uuid::Uuid::parse_str(bridge).unwrap().get_version_num(), 7);
    assert!(heard.header("ngondo-client").unwrap().starts_with("address:"));
    assert_eq!(heard.header("ngondo-principal"), Some("admin"));
    // Its half of the five seconds, less what the last part and the way back take.
    assert!(heard.header("ngondo-deadline-ms").unwrap().parse::<u64>().unwrap() <= 1750);
    assert_eq!(scene.post_as("admin", "/v1/keys/list", "{}", &[]).await.status, 404);
}

#[tokio::test]
async fn a_change_is_sent_again_only_where_it_is_known_again() {
    let first = Server::always(Act::Close).await;
    let twin = Server::always(Act::Say(200, "", "{\"result\":\"OK\"}".to_owned())).await;
    let scene = Scene::open(&[("topup", &[&first, &twin])]).await;
    assert_eq!(scene.post_as("admin", "/v1/vouchers/sell", "{\"count\":1}", &[]).await.status, 503);
    assert!(twin.heard().is_empty());
}

#[tokio::test]
async fn a_change_with_its_request_is_sent_to_the_twin() {
    let first = Server::always(Act::Close).await;
    let twin = Server::always(Act::Say(200, "", "{\"result\":\"OK\"}".to_owned())).await;
    let scene = Scene::open(&[("topup", &[&first, &twin])]).await;
    let sell = "{\"request\":\"5f0c7f2e-6a31-4bd0-9a51-0d7d3f0d8a11\"}";
    assert_eq!(scene.post_as("admin", "/v1/vouchers/sell", sell, &[]).await.status, 200);
    assert_eq!(twin.heard()[0].body, sell);
}

#[tokio::test]
async fn its_row_says_who_answered_after_how_many_tries() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("report.db").display());
    let url: protocol::DbUrl = url.parse().unwrap();
    ReportDb::migrate(&url).await.unwrap();
    let first = answering(500, "<result>FAILED</result>").await;
    let twin = answering(200, GIVEN).await;
    let report = format!("[report]\nfirst = {url}\n");
    let scene = Scene::with_report(&[("topup", &[&first, &twin])], &report).await;
    scene.send(&topup()).await;
    let bridge = twin.heard()[0].bridge().parse().unwrap();
    scene.running.stop().await;
    let database = ReportDb::open(&url).await.unwrap();

    let rows = database.trace(&bridge).await.unwrap();
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((row.cmd.as_ref(), row.result.as_ref()), ("TOPUP", "OK"));
    assert_eq!((row.upstream.unwrap().as_str(), row.attempts), ("topup-second", 2));
}
