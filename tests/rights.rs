//! Who may do what: every command and every verb by every kind of principal, at the door and behind
//! it, and every credential that is not right.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and print")]

#[path = "rights/scene.rs"]
mod scene;

use ngondo::site::Place;
use protocol::matrix::{self, Deed, Needs};
use protocol::{Kind, Right, Rights, Role};
use stack::{Http, Raw, Signer, post_raw};

use scene::{COMMANDS, Somebody, document, everybody, open, word};

const XML: &str = "content-type: application/xml\r\n";
const JSON: &str = "content-type: application/json\r\n";

/// What one deed looks like on the wire: at the door, and on the hop for somebody.
struct Asked {
    line: String,
    head: String,
    body: String,
}

// === impl Asked ===

impl Asked {
    fn at_the_door(deed: &Deed) -> Self {
        if deed.name.contains('/') {
            return Self::verb(deed, "");
        }
        Self::command(document(deed.name, ""))
    }

    /// As a PPPX asks a server for somebody.
    fn on_the_hop(deed: &Deed, name: Option<&str>) -> Self {
        if deed.name.contains('/') {
            let name = name.map(|it| format!("ngondo-principal: {it}\r\n")).unwrap_or_default();
            return Self::verb(deed, &format!("{name}ngondo-bridge: b-1\r\n"));
        }
        let name = name.map(|it| format!("<principal>{it}</principal>")).unwrap_or_default();
        Self::command(document(deed.name, &format!("<bridge>b-1</bridge>{name}")))
    }

    fn command(body: String) -> Self {
        Self { line: "POST /".to_owned(), head: XML.to_owned(), body }
    }

    fn verb(deed: &Deed, head: &str) -> Self {
        let line = format!("POST /v1/{}", deed.name);
        Self { line, head: format!("{JSON}{head}"), body: "{".to_owned() }
    }

    fn raw(&self) -> Raw<'_> {
        Raw { line: &self.line, head: &self.head, body: self.body.as_bytes() }
    }
}

/// Holds that an answer is the one for somebody who may, or who may not.
#[track_caller]
fn judged(what: &str, who: &Somebody, needs: Needs, http: &Http) {
    let refused = match (needs.allows(who.rights) && !who.revoked, who.name) {
        (true, _) => None,
        (false, None) => Some((401, "UNAUTHENTICATED")),
        (false, Some(_)) => Some((403, "FORBIDDEN")),
    };
    if let Some((status, result)) = refused {
        assert_eq!(http.status, status, "{what} by {who}: {http:?}");
        assert!(http.body.contains(result), "{what} by {who}: {http:?}");
    } else {
        assert!(!matches!(http.status, 401 | 403), "{what} by {who}: {http:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_deed_is_done_for_whoever_may_and_nobody_else() {
    let scene = open().await;
    let pppx = (Role::Pppx, Place::First);
    let mut asked = 0;
    for who in everybody() {
        let signer = who.name.map(|name| Signer::new(&scene.site, name, pppx, &scene.clock));
        for deed in matrix::deeds() {
            let request = Asked::at_the_door(deed);
            let http = match &signer {
                Some(signer) => signer.send(request.raw()),
                None => scene.post(pppx, request.raw()),
            };
            judged(deed.name, &who, deed.needs, &http);
            asked += 1;
        }
    }
    println!("{asked} requests at the door");
    assert!(asked >= 20 * 25, "{asked}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_checks_the_rights_again_of_whom_pppx_names() {
    let scene = open().await;
    let mut asked = 0;
    for role in scene::SERVERS {
        let to = (role, Place::First);
        let pppx = Signer::new(&scene.site, "pppx-2", to, &scene.clock);
        for who in everybody() {
            for deed in matrix::deeds().filter(|deed| deed.role == role) {
                if (deed.name, who.name) == ("INIT", None) {
                    // A PPPX asks for itself.
                    continue;
                }
                let http = pppx.send(Asked::on_the_hop(deed, who.name).raw());
                judged(&format!("{} at {role}", deed.name), &who, deed.needs, &http);
                asked += 1;
            }
        }
        let unknown = matrix::deeds().find(|deed| deed.role == role && !deed.needs.is_open());
        let unknown =
            unknown.map(|deed| pppx.send(Asked::on_the_hop(deed, Some("nobody-1")).raw()));
        assert!(unknown.is_none_or(|http| http.status == 403), "{role}");
    }
    println!("{asked} requests for somebody behind the door");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_takes_a_request_on_the_hop_from_a_pppx_alone() {
    let scene = open().await;
    for role in scene::SERVERS {
        let to = (role, Place::Second);
        for who in everybody() {
            let signer = who.name.map(|name| Signer::new(&scene.site, name, to, &scene.clock));
            for deed in matrix::deeds().filter(|deed| deed.role == role) {
                // Named is one who may do all: the name is worth nothing from anybody else.
                let named = if deed.name == "INIT" { "aar-1" } else { "admin" };
                let request = Asked::on_the_hop(deed, Some(named));
                let http = match &signer {
                    Some(signer) => signer.send(request.raw()),
                    None => scene.post(to, request.raw()),
                };
                let mut needs = Rights::of(&[Right::Module(Role::Pppx)]);
                if deed.name == "INIT" {
                    needs = needs.with(Right::Module(Role::Lb));
                }
                let what = format!("{} on the hop to {role}", deed.name);
                judged(&what, &who, Needs::AnyOf(needs), &http);
            }
        }
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_toki_no_server_does_what_needs_one() {
    let scene = open().await;
    for (role, place) in ngondo::site::seats() {
        for (cmd, bridge) in [
            ("CRECORD", ""),
            ("INIT", ""),
            ("CRECORD", "<bridge>b</bridge>"),
            ("INIT", "<bridge>b</bridge>"),
        ] {
            if role == Role::Pppx && !bridge.is_empty() {
                continue;
            }
            let request = Asked::command(document(cmd, bridge));
            let http = scene.post((role, place), request.raw());
            assert_eq!(http.status, 401, "{cmd} {bridge} at {role}: {http:?}");
        }
        for deed in matrix::deeds().filter(|deed| deed.name.contains('/')) {
            let http = scene.post((role, place), Asked::at_the_door(deed).raw());
            assert_eq!(http.status, 401, "{} at {role}: {http:?}", deed.name);
        }
        for line in ["GET /activity", "GET /principals?after=0"] {
            let http = scene.post((role, place), Raw { line, head: "", body: b"" });
            assert_eq!(http.status, 401, "{line} at {role}: {http:?}");
        }
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_service_says_of_itself_is_for_those_who_may() {
    let scene = open().await;
    for role in [Role::Pppx, Role::Sr] {
        let to = (role, Place::First);
        for who in everybody().into_iter().filter(|it| it.name.is_some()) {
            let signer = Signer::new(&scene.site, who.name.unwrap(), to, &scene.clock);
            let http = signer.send(Raw { line: "GET /principals?after=0", head: "", body: b"" });
            judged(&format!("/principals at {role}"), &who, matrix::modules(), &http);
            let http = signer.send(Raw { line: "GET /probe", head: "", body: b"" });
            judged(&format!("/probe at {role}"), &who, matrix::modules(), &http);
            let http = signer.send(Raw { line: "GET /why", head: "", body: b"" });
            judged(&format!("/why at {role}"), &who, matrix::activity(), &http);
            // Whoever may listen gets a stream without an end: that is for other tests.
            if !who.rights.any_of(Rights::of(&[Right::Read, Right::Module(Role::Pppx)])) {
                let http = signer.send(Raw { line: "GET /activity", head: "", body: b"" });
                judged(&format!("/activity at {role}"), &who, matrix::activity(), &http);
            }
        }
    }
    scene.stop().await;
}

/// What is wrong with a credential, and the word for it.
const WRONG: [(&str, u16, &str); 6] = [
    ("forged", 401, "bad-seal"),
    ("another fleet's", 401, "bad-seal"),
    ("another's name", 401, "unknown-session"),
    ("another server's", 401, "wrong-audience"),
    ("stale", 401, "stale"),
    ("no number", 401, "unknown-key"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_is_not_right_is_refused_by_its_word_and_harms_nobody() {
    let scene = open().await;
    // Beyond the time in which a server asks every opening for the nonce of its start.
    scene.clock.shift_ms(21_000);
    let boxes = Asked::verb(matrix::verb("boxes", "list").unwrap(), "");
    for (role, place) in ngondo::site::seats() {
        let to = (role, place);
        let good = Signer::new(&scene.site, "admin", to, &scene.clock);
        assert!(!matches!(good.send(boxes.raw()).status, 401), "it opens a session");
        for (wrong, status, wanted) in WRONG {
            let sealed = good.seal(boxes.raw()).bytes;
            let text = String::from_utf8(sealed).unwrap();
            let other = match place {
                Place::First => Place::Second,
                Place::Second => Place::First,
            };
            let bytes = match wrong {
                "forged" => text.replace("\r\n\r\n{", "\r\n\r\n["),
                "another's name" => text.replace(";a=admin;", ";a=op-read;"),
                "no number" => text.replace("v=1;k=1;", "v=1;k=9;"),
                "another server's" => {
                    let twin = Signer::new(&scene.site, "admin", (role, other), &scene.clock);
                    String::from_utf8(twin.seal(boxes.raw()).bytes).unwrap()
                }
                "stale" => {
                    scene.clock.shift_ms(-31_000);
                    let late = good.seal(boxes.raw()).bytes;
                    scene.clock.shift_ms(31_000);
                    String::from_utf8(late).unwrap()
                }
                _ => {
                    let root = scene::other_root();
                    let stranger = Signer::under(&root, (&scene.site, "admin"), to, &scene.clock);
                    String::from_utf8(stranger.seal(boxes.raw()).bytes).unwrap()
                }
            };
            let http = post_raw(&scene.site.addr(role, place), bytes.as_bytes()).unwrap();
            assert_eq!(http.status, status, "{wrong} at {role} {place:?}: {http:?}");
            assert_eq!(word(&http), wanted, "{wrong} at {role} {place:?}: {http:?}");
        }
        assert!(!matches!(good.send(boxes.raw()).status, 401), "the session goes on");
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_an_older_number_counts_no_more() {
    let scene = open().await;
    let to = (Role::Pppx, Place::First);
    let request = Asked::at_the_door(matrix::verb("servers", "list").unwrap());
    let old = Signer::new(&scene.site, scene::ROTATED, to, &scene.clock);
    let http = old.send(request.raw());
    assert_eq!(http.status, 403, "{http:?}");
    assert!(http.body.contains("newer key"), "{http:?}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_toki_that_is_bad_is_refused_also_where_anybody_may() {
    let scene = open().await;
    let to = (Role::Pppx, Place::First);
    for cmd in
        COMMANDS.iter().filter(|it| ["AUTH", "TOPUP", "CREDIT", "ACTIVATE code"].contains(it))
    {
        let request = Asked::command(document(cmd, ""));
        let http = scene.post(to, request.raw());
        assert!(!matches!(http.status, 401 | 403), "{cmd}: {http:?}");
        let head = format!("{XML}oscartoki: v=1;k=1\r\n");
        let http = scene.post(to, Raw { head: &head, ..request.raw() });
        assert_eq!((http.status, word(&http)), (401, "malformed".to_owned()), "{cmd}: {http:?}");
    }
    scene.stop().await;
}

#[test]
fn everybody_is_everybody() {
    let all = everybody();
    for right in Right::ALL {
        assert!(all.iter().any(|it| it.rights.has(right)), "nobody has {right}");
    }
    for kind in Kind::ALL {
        assert!(all.iter().any(|it| it.kind == Some(kind)), "nobody is a {kind}");
    }
    assert!(all.iter().any(|it| it.revoked) && all.iter().any(|it| it.name.is_none()));
    for deed in matrix::deeds().filter(|deed| !deed.name.contains('/')) {
        assert!(COMMANDS.contains(&deed.name), "no document for {}", deed.name);
    }
}
