//! What a module's ini says, and all that can be wrong with it.

use std::time::Duration;

use protocol::{AddressMap, Pair, Time};

use super::*;
use crate::persist::Persisted;
use crate::schema::schema;
use crate::shown::Origin;

const GOOD: &str = "[module]\ninstance = aar-1\nrole = AAR\nlisten = 127.0.0.1:8402\n\
                    [pppx]\nfirst = 127.0.0.1:8400\n";

struct Scene {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Scene {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("aar.ini");
        fs::write(&path, text).unwrap();
        Self { _folder: folder, path }
    }

    fn load(&self) -> Result<Module, Problems> {
        Module::load(&self.path, Role::Aar, schema(Role::Aar))
    }

    fn module(&self) -> Module {
        self.load().unwrap()
    }
}

/// The problems of an ini, one a line, without the folder.
fn problems(text: &str) -> String {
    let Problems(mut all) = Scene::new(text).load().unwrap_err();
    for problem in &mut all {
        problem.file = "aar.ini".into();
    }
    Problems(all).to_string()
}

#[test]
fn what_is_not_said_has_its_default() {
    let module = Scene::new(GOOD).module();
    assert_eq!(module.name.as_str(), "ngondo-aar");
    assert_eq!(module.addr.as_ref().unwrap().as_str(), "127.0.0.1:8402");
    assert_eq!(module.admin_listen.to_string(), "127.0.0.1:9402");
    assert_eq!(module.state, Path::new("/var/lib/ngondo/aar-1"));
    assert_eq!(module.keys, module.path.parent().unwrap().join("aar.keys"));
    assert_eq!(module.toki, module.path.parent().unwrap().join("aar-1.toki"));
    assert_eq!(module.zone.iana_name(), Some("Africa/Douala"));
    assert_eq!(module.init_interval, Duration::from_secs(30));
    assert_eq!(module.limits.body_timeout, Duration::from_secs(5));
    assert_eq!((module.log.level, module.log.json), ("info", false));
    assert_eq!(module.settings.get::<Duration>("auth", "lease"), Duration::from_hours(4));
    assert_eq!(module.map.pppx.first.as_ref().unwrap().addr.port(), 8400);
    assert_eq!(module.map.pppx.second, None);
    assert!(!module.insecure && module.warnings.is_empty());
}

#[test]
fn shows_each_value_and_where_it_comes_from() {
    let module = Scene::new(GOOD).module();
    let find = |section: &str, key: &str| {
        let shown = module.shown().iter();
        shown.clone().find(|it| it.section == section && it.key == key).unwrap()
    };
    assert_eq!(find("module", "listen").origin, Origin::Line(4));
    assert_eq!(find("module", "state").value, "/var/lib/ngondo/aar-1");
    assert_eq!(find("auth", "lease").to_string(), "[auth] lease = 14400 s (default)");
}

#[test]
fn a_system_chosen_port_has_no_address_yet() {
    let text = GOOD.replace("127.0.0.1:8402", "127.0.0.1:0");
    let module = Scene::new(&text).module();
    assert_eq!(module.addr, None);
    assert_eq!(module.admin_listen.to_string(), "127.0.0.1:0");
}

#[test]
fn tells_all_problems_at_once() {
    let text = "[module]\ninstance = aar 1\nlisen = 127.0.0.1:8402\nrole = SR\n\
                zone = Africa/Duala\n[ini]\n[init]\ninterval = 30s\ninterval = 40\n\
                [aar]\nfirst = 10.0.0.1:7001 ; prod\n[limits]\nlevel = info\n\
                [report]\nfirst = postgres://u:secret@db/report\n[log]\nformat = xml\nnonsense\n";
    assert_eq!(
        problems(text),
        "aar.ini:1: [module] listen is missing: an IP address and a port, such as 127.0.0.1:8402\n\
         aar.ini:2: [module] instance must be 1 to 32 of A-Z a-z 0-9 . _ -: its character 4 is not allowed\n\
         aar.ini:3: unknown key `lisen` in [module]: did you mean `listen`?\n\
         aar.ini:4: [module] role is SR, but this program is AAR: start it with the ini of its own role\n\
         aar.ini:5: [module] zone must be a time zone such as Africa/Douala\n\
         aar.ini:6: unknown section [ini]: did you mean [init]?\n\
         aar.ini:8: [init] interval must be whole seconds, 1 to 3600\n\
         aar.ini:9: [init] interval stands in line 8 already: remove one\n\
         aar.ini:11: [aar] first: a comment must stand on a line of its own, for `;` and `#` belong to the value here\n\
         aar.ini:13: unknown key `level` in [limits]: did you mean `[log] level`?\n\
         aar.ini:15: [report] first must be sqlite:///FILE or postgres://HOST:PORT/NAME, without credentials: it holds credentials\n\
         aar.ini:17: [log] format must be one of text, json\n\
         aar.ini:18: not a line of an ini: it is no [section], no `key = value` and no comment\n\
         aar.ini: [pppx] first is missing: HOST:PORT, such as 10.0.0.2:8402"
    );
}

#[test]
fn no_message_shows_a_value() {
    let text =
        format!("{GOOD}[report]\nfirst = postgres://u:s3cret@db/report\n[keys]\ns3cret = 1\n");
    let shown = problems(&text);
    assert!(!shown.replace("`s3cret`", "").contains("s3cret"), "{shown}");
}

#[test]
fn another_machine_is_listened_to_with_tls_or_a_word_alone() {
    let text = GOOD.replace("127.0.0.1:8402", "10.0.0.1:8402");
    assert_eq!(
        problems(&text),
        "aar.ini:4: [module] listen is not a loopback address and there is no TLS: listen on \
         127.0.0.1, or say `insecure = yes` in [tls] where the network is private"
    );
    let module = Scene::new(&format!("{text}[tls]\ninsecure = yes\n")).module();
    assert!(module.insecure);
    let all = GOOD.replace("127.0.0.1:8402", "0.0.0.0:8402");
    assert_eq!(
        problems(&format!("{all}[tls]\ninsecure = yes\n")),
        "aar.ini:1: [module] addr is missing: it listens on every address, so say HOST:PORT where \
         others reach it"
    );
}

#[test]
fn crypto_stays_within_its_network() {
    let with = |url: &str| format!("{GOOD}[crypto]\nvpn = 10.9.0.0/24\nfirst = {url}\n");
    for url in ["postgres://10.9.0.1/crypto", "postgres://10.9.0.1:5432/c", "sqlite:///c.db"] {
        assert!(Scene::new(&with(url)).load().is_ok(), "{url}");
    }
    for url in ["postgres://10.8.0.1/crypto", "postgres://db:5432/crypto"] {
        assert_eq!(
            problems(&with(url)),
            "aar.ini:9: [crypto] first is not an address within the `vpn` 10.9.0.0/24: CRYPTO may \
             be reached over that network alone"
        );
    }
    let module = Scene::new(&with("")).module();
    let outside = Some("postgres://10.8.0.1/crypto".parse().unwrap());
    let map = AddressMap { crypto: Pair::new(outside, None), ..AddressMap::default() };
    assert!(matches!(module.check_map(&map), Err(Fault::OutsideVpn { .. })));
    let sqlite = format!("{GOOD}[crypto]\nfirst = sqlite:///c.db\nsecond = sqlite:///d.db\n");
    assert!(problems(&sqlite).contains("[crypto] second must stay empty with SQLite"));
}

#[test]
fn a_torn_file_is_replaced_by_the_newest_good_generation() {
    let scene = Scene::new(GOOD);
    let older = generations(&scene.path);
    fs::write(&older[0], "[module\n").unwrap();
    fs::write(&older[1], GOOD.replace("aar-1", "aar-7")).unwrap();
    fs::write(&older[2], GOOD.replace("aar-1", "aar-8")).unwrap();
    assert_eq!(scene.module().instance.as_str(), "aar-1");
    for torn in [&b""[..], b"[module]\ninst", b"[module]\nstate = \xc3"] {
        fs::write(&scene.path, torn).unwrap();
        let module = scene.module();
        assert_eq!(module.instance.as_str(), "aar-7");
        assert_eq!(module.path, scene.path);
        let [warning] = module.warnings.as_slice() else { panic!("one warning") };
        let warning = warning.to_string();
        assert!(warning.contains("aar.ini.2") && warning.contains("does not parse"), "{warning}");
        let checked = Module::check(&scene.path, Role::Aar, schema(Role::Aar));
        assert!(checked.is_err());
    }
}

#[test]
fn a_mistake_of_the_operator_is_no_torn_file() {
    let scene = Scene::new(&GOOD.replace("8402", "port"));
    fs::write(&generations(&scene.path)[0], GOOD).unwrap();
    assert!(scene.load().is_err());
}

#[test]
fn tells_files_that_cannot_be_read() {
    let scene = Scene::new(GOOD);
    let missing = scene.path.with_file_name("no.ini");
    let error = Module::load(&missing, Role::Aar, &[]).unwrap_err().to_string();
    assert!(error.ends_with("no.ini: cannot be read: entity not found"), "{error}");
    assert_eq!(problems(""), "aar.ini: the file is empty");
}

#[test]
fn knows_the_role_of_an_ini() {
    assert_eq!(Module::role_of(&Scene::new(GOOD).path), Ok(Role::Aar));
    let none = Module::role_of(&Scene::new("[module]\nrole = box\n").path).unwrap_err();
    assert!(none.to_string().contains("[module] role is missing"));
}

#[test]
fn what_is_pinned_stays() {
    let scene = Scene::new(&format!("{GOOD}pin = 1\n"));
    let module = scene.module();
    let mut map = module.map.clone();
    map.epoch = protocol::Epoch::new(3);
    for pair in [&mut map.pppx, &mut map.aar] {
        pair.first = Some(protocol::Server::at("10.0.0.1:1".parse().unwrap()));
    }
    assert_eq!(module.pins().collect::<Vec<_>>(), ["pppx"]);
    let pinned = module.with_pins(map.clone());
    assert_eq!((&pinned.pppx, &pinned.aar), (&module.map.pppx, &map.aar));
    let written = module.persist(&map, Time::from_unix_ms(0)).unwrap();
    assert!(matches!(written, Persisted::Written));
    let text = fs::read_to_string(&scene.path).unwrap();
    assert!(text.starts_with(&format!("{GOOD}pin = 1\n\n[aar]\nfirst = 10.0.0.1:1\n")), "{text}");
}

#[test]
fn an_address_changed_by_hand_is_told() {
    let scene = Scene::new(GOOD);
    let mut map = scene.module().map;
    map.epoch = protocol::Epoch::new(3);
    scene.module().persist(&map, Time::from_unix_ms(0)).unwrap();
    assert_eq!(scene.module().warnings, []);
    let text = fs::read_to_string(&scene.path).unwrap();
    fs::write(&scene.path, text.replace("first = 127.0.0.1:8400", "first = 127.0.0.1:1")).unwrap();
    let [warning] = &scene.module().warnings[..] else { panic!("one warning") };
    let warning = warning.to_string();
    assert!(warning.contains("by hand since the map of epoch 3"), "{warning}");
}

#[test]
fn each_operator_may_have_what_to_dial() {
    let load = |ussd: &str| {
        let text = GOOD.replace("AAR", "TOPUP") + "[ussd]\n" + ussd;
        let scene = Scene::new(&text);
        Module::check(&scene.path, Role::TopUp, schema(Role::TopUp))
    };
    let module = load("MTN = *126*{code}#\nORANGE = #150*{code}#\n").unwrap();
    let dials: Vec<(&str, Box<str>)> = module.settings.each("ussd").collect();
    assert_eq!(dials, [("MTN", "*126*{code}#".into()), ("ORANGE", "#150*{code}#".into())]);
    assert!(module.shown().iter().any(|it| it.key == "ORANGE"));
    for wrong in ["MTN = *126#\n", "MTN = # none\n"] {
        let Problems(all) = load(wrong).unwrap_err();
        assert_eq!(all.iter().map(|it| it.line).collect::<Vec<_>>(), [Some(8)], "{wrong}");
    }
    assert!(load("M T N = *{code}#\n").is_err());
    assert_eq!(load("").unwrap().settings.each::<Box<str>>("ussd").count(), 0);
}

#[test]
fn old_clients_are_let_in_by_whole_words_of_a_pppx_alone() {
    let legacy = |text: &str| {
        let scene = Scene::new(&format!(
            "[module]\ninstance = pppx-1\nrole = PPPX\nlisten = 127.0.0.1:8400\n\
             [lb]\nfirst = 127.0.0.1:8401\n[legacy]\n{text}"
        ));
        Module::load(&scene.path, Role::Pppx, schema(Role::Pppx)).map(|module| module.legacy)
    };
    let whole = "file = old.key\nprincipal = old-app\nroutes = boxes/list servers/list\n";
    let found = legacy(whole).unwrap().unwrap();
    assert!(found.file.ends_with("old.key") && found.principal.as_str() == "old-app");
    assert_eq!(found.routes, ["boxes/list", "servers/list"]);
    assert!(legacy("file =\n").unwrap().is_none(), "off unless there is a key");
    let told = |text| legacy(text).unwrap_err().to_string();
    assert!(told("file = old.key\n").contains("[legacy] principal is missing"));
    assert!(told("file = k\nprincipal = p\n").contains("[legacy] routes is missing"));
    assert!(told(&whole.replace("servers/list", "boxes/retire")).contains("verbs that only read"));
    assert!(problems(&format!("{GOOD}[legacy]\n{whole}")).contains("unknown section [legacy]"));
}
