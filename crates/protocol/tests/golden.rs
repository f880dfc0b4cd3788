//! Each message has a document, written by hand from the protocol: it parses to the value here,
//! and the value prints to its bytes.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::str::FromStr;

use protocol::*;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
const BRIDGE: &str = "0192f0c1-2b3c-7d4e-8f50-123456789abc";
const BOX: &str = "0102030405060708090a0b0c0d0e0f10";
const CREDENTIAL: &str = r#"{"v":1,"box":"0102030405060708090a0b0c0d0e0f10","enc":"none","key":"ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1-f4CBgoM"}"#;
const AUTH_CRYPTO: &str =
    "AQECAwQFBgcICQoLDA0ODxCgoaKjAAAAAAAAACp6IPznmEkNskSCiDP3qaEsMlLYS0B_9og-1fqqXFlZu99ydKXrOw";
const TOPUP_CRYPTO: &str =
    "AQECAwQFBgcICQoLDA0ODxCgoaKjAAAAAAAAACp6IPznmEkNskSCiDP3qaEsMlLYS0B_XLwIr_AdtSFkwh-rr43jhw";

/// A value by its text.
#[track_caller]
fn v<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// A value by its text, where one may be missing.
#[track_caller]
#[expect(clippy::unnecessary_wraps, reason = "it reads as the fields that it fills")]
fn some<T: FromStr<Err: Debug>>(text: &str) -> Option<T> {
    Some(v(text))
}

fn head(app: &str) -> Head {
    Head::new(v(app), v("1.0"), Time::from_unix_ms(1_795_190_400_123))
}

fn starred(app: &str) -> Head {
    Head { bridge: some(BRIDGE), ..head(app) }
}

/// The requests: file, head, command.
fn requests() -> Vec<(&'static str, Head, Command)> {
    let who = |app| Head {
        principal: some("shop-1"),
        client: some("address:uVnZ3A-x_8"),
        ..starred(app)
    };
    let both = |name: &'static str, app: &'static str, command: Command| {
        let star: &'static str = Box::leak(format!("{name}-star").into_boxed_str());
        [(name, head(app), command.clone()), (star, who(app), command)]
    };
    let mut all = vec![
        ("crecord-ask", head("ngondo"), Command::Crecord(Crecord::Ask)),
        ("provision", head("ngondo"), Command::Provision(provision())),
    ];
    all.extend(both("init", "ngondo-topup", Command::Init(init())));
    all.extend(both("crecord", "ngondo", Command::Crecord(Crecord::Record(Box::new(record())))));
    all.extend(both("activate", "ngondo-console", Command::Activate(activate())));
    let crypto = CryptoField::read(AUTH_CRYPTO);
    all.extend(both("auth", "ngondo-box", Command::Auth(Auth { crypto })));
    all.extend(both("topup", "ngondo-box", Command::TopUp(topup())));
    all.extend(both("credit", "ngondo", Command::Credit(credit())));
    all
}

fn init() -> Init {
    Init {
        role: some("TOPUP"),
        instance: some("topup-1"),
        addr: some("10.0.0.4:8404"),
        epoch: Some(Epoch::new(7)),
        brief: true,
        rulings: None,
    }
}

fn identity() -> KeyIdentity {
    KeyIdentity {
        macaddr: v("a8:bb:cc:dd:ee:0f"),
        imei: some("861821032479591"),
        serial: some("G4PDW16623003677"),
        imsi: some("624010000000001"),
        iccid: some("8923701000000000001"),
        model: some("E3372h & co"),
        fw: some("22.<323>"),
        pubkey: some("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"),
    }
}

fn record() -> Record {
    let label = some("Box de l'été");
    Record { identity: identity(), label, request: some(BRIDGE), rekey: true }
}

fn provision() -> Provision {
    Provision {
        device: v(BOX),
        credential: v(CREDENTIAL),
        pppx: Some(Pair { first: some("10.0.0.1:8400"), second: None }),
        ca: some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
        proof: some("RMJISNSCkgcdcxoB2hhHEt5raD2k4z953VDU5DP58Hg"),
    }
}

fn activate() -> Activate {
    Activate {
        macaddr: some("a8:bb:cc:dd:ee:0f"),
        device: some(BOX),
        code: some("1234567890123452"),
        until: some("2027-11-20"),
        subscriber: some("Awa Ngo"),
        msisdn: some("+237650000001"),
        request: some(BRIDGE),
        crypto: CryptoField::read(TOPUP_CRYPTO),
    }
}

fn topup() -> TopUp {
    TopUp {
        code: v("1234567890123452"),
        request: some(BRIDGE),
        crypto: CryptoField::read(TOPUP_CRYPTO),
        msisdn: some("+237650000001"),
        iccid: some("8923701000000000001"),
    }
}

fn credit() -> Credit {
    Credit {
        code: some("1234567890123452"),
        request: some(BRIDGE),
        outcome: CreditOutcome::Refused,
        text: some("Code ****** refus<"),
        crypto: CryptoField::read(TOPUP_CRYPTO),
    }
}

/// The answers: file, head, answer.
fn responses() -> Vec<(&'static str, Head, Answer)> {
    let pppx = head("ngondo-pppx");
    let ok = |verb| Answer::new(verb, Outcome::Ok);
    let now_ms = Some(1_795_190_400_123);
    let outcome = Outcome::Stale;
    let busy = Answer::from(Refused::new(Some(Verb::Auth), Outcome::Busy).retry(17));
    let malformed =
        Refused::new(None, Outcome::Malformed).because("the element cmd is not a command");
    let full = |bridge| InitAnswer { bridge, map: MapAnswer::Full(map()), rulings: None };
    let unchanged =
        MapAnswer::Unchanged { epoch: Epoch::new(8), ttl_s: Some(30), from: some("lb-1") };
    let brief = InitAnswer { bridge: some(BRIDGE), map: unchanged, rulings: None };
    let credit = CreditAnswer { outcome, now_ms };
    vec![
        ("r-init", pppx, Answer::Init(Box::new(full(some(BRIDGE))))),
        ("r-init-star", starred("ngondo-lb"), Answer::Init(Box::new(full(None)))),
        ("r-init-brief", pppx, Answer::Init(Box::new(brief))),
        ("r-crecord-key", head("ngondo-box"), Answer::Key(Box::new(identity()))),
        ("r-crecord", pppx, Answer::Crecord(recorded())),
        ("r-crecord-star", starred("ngondo-sr"), Answer::Crecord(recorded())),
        ("r-provision", head("ngondo-box"), ok(Verb::Provision)),
        ("r-activate", pppx, ok(Verb::Activate)),
        ("r-activate-star", starred("ngondo-aar"), ActivateAnswer { outcome, now_ms }.into()),
        ("r-auth", pppx, Answer::Auth(AuthAnswer { lease_s: Some(14400), ..authenticated() })),
        ("r-auth-star", starred("ngondo-aar"), Answer::Auth(stale())),
        ("r-topup", pppx, Answer::TopUp(Box::new(topped_up()))),
        ("r-topup-star", starred("ngondo-topup"), Answer::TopUp(Box::new(topped_up()))),
        ("r-credit", pppx, ok(Verb::Credit)),
        ("r-credit-star", starred("ngondo-topup"), Answer::Credit(credit)),
        ("r-error", pppx, Answer::from(malformed)),
        ("r-auth-busy", pppx, busy.clone()),
        ("r-auth-busy-star", starred("ngondo-aar"), busy),
    ]
}

fn map() -> AddressMap {
    let server = |addr, name| Server { name: some(name), ..Server::at(v(addr)) };
    let bare = |addr| Some(Server::at(v(addr)));
    let mut map = AddressMap {
        aar: Pair::new(server("10.0.0.2:8402", "aar-1"), server("10.0.0.2:8412", "aar-2"))
            .map(Some),
        topup: Pair::new(Some(server("topup.example:8404", "topup-1")), None),
        lb: Pair::new(bare("[::1]:8401"), bare("127.0.0.1:8411")),
        pppx: Pair::new(server("10.0.0.1:8400", "pppx-1"), server("10.0.0.1:8410", "pppx-2"))
            .map(Some),
        sr: Pair::new(bare("10.0.0.3:8403"), bare("10.0.0.3:8413")),
        report: Pair::new(
            some("postgres://db-1:5432/report"),
            some("sqlite:///var/lib/ngondo/report-2.db"),
        ),
        crypto: Pair::new(some("sqlite:///var/lib/ngondo/crypto.db"), None),
        epoch: Epoch::new(8),
        ttl_s: Some(30),
        from: some("lb-1"),
        ..AddressMap::default()
    };
    if let Pair { first: Some(first), second: Some(second) } = &mut map.aar {
        (first.weight, first.state) = (Some(Weight::ONE), Some(ServerState::Ready));
        (second.weight, second.state) = (some("0.5"), Some(ServerState::Drain));
    }
    map
}

fn recorded() -> CrecordAnswer {
    CrecordAnswer {
        outcome: Outcome::Ok,
        device: some(BOX),
        activation: some("1234567890123452"),
        credential: some(CREDENTIAL),
    }
}

fn authenticated() -> AuthAnswer {
    let proof = some("rApZwI6-QVUWwDHcvf9cgxpjckwtnMxsH8mZ_4QYvic");
    AuthAnswer { spread_s: Some(30), proof, ..AuthAnswer::new(Outcome::Ok) }
}

fn stale() -> AuthAnswer {
    let now_ms = Some(1_795_190_400_123);
    AuthAnswer { outcome: Outcome::Stale, spread_s: None, now_ms, ..authenticated() }
}

fn topped_up() -> TopUpAnswer {
    TopUpAnswer {
        outcome: Outcome::Ok,
        code2: some("12345678901234"),
        operator: some("mtn-cm"),
        amount: some("500.00"),
        currency: some("XAF"),
        ussd: some("*150*12345678901234#"),
        expires: some("2027-11-20"),
        now_ms: None,
    }
}

/// A document without the line end of its file.
fn document(name: &str) -> String {
    let text = fs::read_to_string(format!("{FOLDER}/{name}.xml")).unwrap();
    text.strip_suffix('\n').unwrap().to_owned()
}

#[test]
fn every_request_parses_to_its_value() {
    for (name, head, command) in requests() {
        let document = document(name);
        assert_eq!(Request::parse(document.as_bytes()), Ok(Request { head, command }), "{name}");
    }
}

#[test]
fn every_request_prints_to_its_bytes() {
    for (name, head, command) in requests() {
        let mut printed = String::new();
        Request { head, command }.print(&mut printed);
        assert_eq!(printed, document(name), "{name}");
    }
}

#[test]
fn every_answer_parses_to_its_value() {
    for (name, head, answer) in responses() {
        let document = document(name);
        assert_eq!(Response::parse(document.as_bytes()), Ok(Response { head, answer }), "{name}");
    }
}

#[test]
fn every_answer_prints_to_its_bytes() {
    for (name, head, answer) in responses() {
        let mut printed = String::new();
        Response { head, answer }.print(&mut printed);
        assert_eq!(printed, document(name), "{name}");
    }
}

#[test]
fn the_tables_are_whole() {
    let files = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    let files: BTreeSet<String> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "xml"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let requests = requests().into_iter().map(|(name, ..)| name.to_owned());
    let tabled = requests.chain(responses().into_iter().map(|(name, ..)| name.to_owned()));
    assert_eq!(files, tabled.collect());
}

#[test]
fn a_request_is_no_answer_and_an_answer_no_request() {
    for (name, ..) in requests() {
        assert!(Response::parse(document(name).as_bytes()).is_err(), "{name}");
    }
    for (name, ..) in responses() {
        let malformed = Request::parse(document(name).as_bytes()).unwrap_err();
        assert_eq!((malformed.status, malformed.verb), (400, None), "{name}");
    }
}

#[test]
fn a_star_comes_and_goes_on_the_way() {
    let plain = Request::parse(document("auth").as_bytes()).unwrap();
    let star = plain.star(v(BRIDGE), some("shop-1"), some("address:uVnZ3A-x_8"));
    let mut printed = String::new();
    star.print(&mut printed);
    assert_eq!(printed, document("auth-star"));
    for (name, app) in [("r-init", "ngondo-pppx"), ("r-topup", "ngondo-pppx")] {
        let star = Response::parse(document(&format!("{name}-star")).as_bytes()).unwrap();
        let mut printed = String::new();
        star.unstar(head(app)).print(&mut printed);
        assert_eq!(printed, document(name));
    }
}
