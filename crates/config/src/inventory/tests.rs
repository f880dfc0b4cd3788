//! What the inventory lists, what can be wrong with it, and how a map gets into it.

use std::fs;
use std::path::PathBuf;

use super::*;

const TEXT: &str = "# Nos machines\n[report]\nfirst = sqlite:///r1.db\nsecond = sqlite:///r2.db\n\
                    [crypto]\nfirst = sqlite:///c.db\nsecond =\n\n# Douala\n[topup-1]\n\
                    role = TOPUP\naddr = 10.0.0.1:8404\nweight = 2.5\nplace = first\n\n\
                    [topup-2]\nrole = topup\naddr = 10.0.0.2:8414\nplace = second\n\n\
                    [topup-3]\nrole = TOPUP\naddr = 10.0.0.3:8414\n";

struct Scene {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Scene {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inventory.ini");
        fs::write(&path, text).unwrap();
        Self { _folder: folder, path }
    }

    fn load(&self) -> Inventory {
        load(&self.path).unwrap()
    }

    fn persist(&self, map: &AddressMap) -> String {
        assert!(matches!(persist(&self.path, map).unwrap(), Persisted::Written));
        fs::read_to_string(&self.path).unwrap()
    }
}

fn server(addr: &str, name: &str) -> Option<Server> {
    let name = name.parse().ok();
    addr.parse().ok().map(|addr| Server { name, ..Server::at(addr) })
}

fn map() -> AddressMap {
    Scene::new(TEXT).load().map(Epoch::new(3))
}

#[test]
fn makes_the_map() {
    let map = map();
    let first = map.topup.first.unwrap();
    assert_eq!((first.addr.as_str(), first.name.unwrap().as_str()), ("10.0.0.1:8404", "topup-1"));
    assert_eq!(first.weight.unwrap().thousandths(), 2500);
    assert_eq!(map.topup.second.unwrap().addr.as_str(), "10.0.0.2:8414");
    assert_eq!(map.report.second.unwrap().as_str(), "sqlite:///r2.db");
    assert_eq!((map.crypto.second, map.epoch), (None, Epoch::new(3)));
    assert!(map.aar.is_empty());
}

#[test]
fn lists_those_without_a_place() {
    let inventory = Scene::new(TEXT).load();
    let listed = inventory.get(&"topup-3".parse().unwrap()).unwrap();
    assert_eq!((listed.place, listed.line, listed.weight), (Place::None, 21, Weight::ONE));
}

#[test]
fn tells_all_problems_at_once() {
    let text = "[report]\nfrist = sqlite:///r1.db\n[crypto]\nfirst = sqlite:///c.db\n\
                second = sqlite:///d.db\n[a]\nrole = AAR\naddr = h:1\nplace = first\n\
                [b]\nrole = AAR\naddr = h:1\nplace = first\nweight = 11\n\
                [c]\nrole = CONSOLE\naddr = h:2\n[d e]\nrole = SR\n";
    let Problems(mut all) = load(&Scene::new(text).path).unwrap_err();
    for problem in &mut all {
        problem.file = "inventory.ini".into();
    }
    assert_eq!(
        Problems(all).to_string(),
        "inventory.ini:2: unknown key `frist` in [report]: did you mean `first`?\n\
         inventory.ini:3: [crypto] second must stay empty with SQLite: both twins share the file in `first`; two machines need PostgreSQL\n\
         inventory.ini:14: [b] weight must be a number from 0.1 to 10: it is not within 0.1 and 10\n\
         inventory.ini:16: [c] role must be one of PPPX LB AAR SR TOPUP GATEWAY\n\
         inventory.ini:18: [d e] addr is missing: HOST:PORT, such as 10.0.0.2:8402\n\
         inventory.ini:18: [d e] name must be 1 to 32 of A-Z a-z 0-9 . _ -"
    );
}

#[test]
fn tells_a_place_and_an_address_taken_twice() {
    let text =
        TEXT.replace("place = second", "place = first").replace("10.0.0.3:8414", "10.0.0.1:8404");
    let problems = load(&Scene::new(&text).path).unwrap_err().to_string();
    let lines: Vec<_> = problems.lines().map(|line| line.rsplit_once(".ini:").unwrap().1).collect();
    assert_eq!(
        lines,
        [
            "16: [topup-2] has the place of [topup-1]: one instance is `first`, one `second`, all others `none`",
            "21: [topup-3] has the address of [topup-1]",
        ]
    );
}

#[test]
fn a_map_moves_an_instance_and_leaves_the_rest() {
    let mut map = map();
    map.topup.first = server("10.0.0.9:1", "topup-1");
    let text = Scene::new(TEXT).persist(&map);
    assert_eq!(text, TEXT.replace("10.0.0.1:8404", "10.0.0.9:1"));
}

#[test]
fn the_same_map_changes_nothing() {
    let scene = Scene::new(TEXT);
    assert!(matches!(persist(&scene.path, &map()).unwrap(), Persisted::Unchanged));
}

#[test]
fn a_newcomer_takes_the_section_of_the_one_whose_place_it_has() {
    let mut map = map();
    map.topup.second = server("10.0.0.4:1", "topup-4");
    let scene = Scene::new(TEXT);
    let text = scene.persist(&map);
    assert!(
        text.contains("[topup-4]\nrole = TOPUP\naddr = 10.0.0.4:1\nplace = second\n"),
        "{text}"
    );
    assert!(!text.contains("[topup-2]"), "{text}");
    let inventory = scene.load();
    let server = |pair: &Pair<Option<Server>>| pair.second.as_ref().unwrap().addr.clone();
    assert_eq!(server(&inventory.map(Epoch::new(4)).topup), server(&map.topup));
}

#[test]
fn places_may_be_exchanged_and_given_up() {
    let mut map = map();
    map.topup = Pair::new(map.topup.second, map.topup.first);
    map.aar.first = server("10.0.0.1:8402", "aar-1");
    let scene = Scene::new(TEXT);
    scene.persist(&map);
    let read = scene.load().map(Epoch::new(4));
    let names = |pair: Pair<Option<Server>>| pair.map(|it| it.and_then(|it| it.name));
    assert_eq!(names(read.topup), names(map.topup.clone()));
    assert_eq!(names(read.aar), names(map.aar.clone()));
    map.topup.second = None;
    let text = scene.persist(&map);
    assert!(text.contains("addr = 10.0.0.1:8404\nweight = 2.5\nplace = none\n"), "{text}");
    assert_eq!(scene.load().map(Epoch::new(5)).topup.second, None);
}

#[test]
fn a_map_without_names_or_databases_erases_nothing() {
    let mut map = map();
    map.topup.first = Some(Server::at("10.0.0.9:1".parse().unwrap()));
    map.crypto = Pair::default();
    map.report = Pair::default();
    let text = Scene::new(TEXT).persist(&map);
    assert_eq!(text, TEXT.replace("10.0.0.1:8404", "10.0.0.9:1"));
}
