//! The map in the ini: what is written, and when nothing is.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use protocol::{Epoch, Pair, Role, Server};

use super::*;
use crate::load;
use crate::reader;
use crate::schema::COMMON;
use crate::spec::SectionSpec;

const INI: &str = "\u{feff}; N'gondo : AAR, premier\r\n[module]\r\nstate = /srv\r\n\r\n\
                   [aar]\r\n; vient de LB\r\n  first=a:1\r\nsecond =\r\n\r\n# fin\r\n[pppx]\r\n\
                   first = p:1\r\npin = yes\r\n";

struct Scene {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Scene {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("aar.ini");
        fs::write(&path, text).unwrap();
        Self { folder, path }
    }

    fn persist(&self, map: &AddressMap) -> Persisted {
        persist(&self.path, map, Time::from_unix_ms(0)).unwrap()
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }

    /// The map as the next start reads it.
    fn map(&self) -> AddressMap {
        let schema: Vec<&'static SectionSpec> = COMMON.iter().collect();
        let document = load::document(&self.path).unwrap();
        managed::map_of(&reader::read(&document, &schema, Path::new("")).settings)
    }
}

fn server(addr: &str, name: &str) -> Option<Server> {
    let name = name.parse().ok();
    addr.parse().ok().map(|addr| Server { name, ..Server::at(addr) })
}

fn map() -> AddressMap {
    AddressMap {
        aar: Pair::new(server("a:2", "aar-1"), server("b:1", "aar-2")),
        report: Pair::new("sqlite:///r1.db".parse().ok(), "sqlite:///r2.db".parse().ok()),
        epoch: Epoch::new(7),
        from: "lb-2".parse().ok(),
        ..AddressMap::default()
    }
}

#[test]
fn writes_values_and_nothing_else() {
    let scene = Scene::new(INI);
    assert!(matches!(scene.persist(&map()), Persisted::Written));
    let text = scene.text();
    let digest = text.lines().last().unwrap().trim_start_matches("digest = ");
    let expected = INI
        .replace("first=a:1", "first=a:2")
        .replace("second =\r\n", "second = b:1\r\nfirst_name = aar-1\r\nsecond_name = aar-2\r\n")
        + "\r\n[report]\r\nfirst = sqlite:///r1.db\r\nsecond = sqlite:///r2.db\r\n\
           \r\n[map]\r\nepoch = 7\r\nreceived = 1970-01-01T00:00:00.000Z\r\nfrom = lb-2\r\ndigest = ";
    assert_eq!(text, format!("{expected}{digest}\r\n"));
    let read = scene.map();
    assert_eq!((&read.aar, &read.report, read.epoch), (&map().aar, &map().report, map().epoch));
    assert_eq!(read.pppx.first.unwrap().addr.as_str(), "p:1");
}

#[test]
fn writes_only_when_a_value_changed() {
    let scene = Scene::new(INI);
    scene.persist(&map());
    let before = scene.text();
    let later = AddressMap { from: "lb-1".parse().ok(), ttl_s: Some(5), ..map() };
    let again = persist(&scene.path, &later, Time::from_unix_ms(9_000)).unwrap();
    assert!(matches!(again, Persisted::Unchanged));
    assert_eq!(scene.text(), before);
    let higher = AddressMap { epoch: Epoch::new(8), ..map() };
    assert!(matches!(scene.persist(&higher), Persisted::Written));
    assert_eq!(scene.map().epoch, Epoch::new(8));
}

#[test]
fn an_order_made_for_the_caller_stays_out_of_the_ini() {
    let scene = Scene::new(INI);
    scene.persist(&map());
    let turned = AddressMap { aar: Pair::new(map().aar.second, map().aar.first), ..map() };
    assert!(matches!(scene.persist(&turned), Persisted::Unchanged));
    let moved = AddressMap {
        aar: Pair::new(server("b:1", "aar-2"), server("a:3", "aar-1")),
        epoch: Epoch::new(8),
        ..map()
    };
    scene.persist(&moved);
    assert_eq!(scene.map().aar, Pair::new(server("a:3", "aar-1"), server("b:1", "aar-2")));
}

#[test]
fn a_server_that_left_is_emptied() {
    let scene = Scene::new(INI);
    scene.persist(&map());
    let alone = Pair::new(map().aar.first, None);
    scene.persist(&AddressMap { aar: alone.clone(), epoch: Epoch::new(8), ..map() });
    assert_eq!(scene.map().aar, alone);
    assert!(scene.text().contains("second_name = \r\n"));
}

#[test]
fn an_ini_that_somebody_breaks_is_left_alone() {
    for broken in ["[aar]\nfirst\n", "[aar]\nfirst = a:1\nfirst = b:1\n", ""] {
        let scene = Scene::new(broken);
        let kept = scene.persist(&map());
        assert!(matches!(kept, Persisted::InMemory(NotPersistent::Broken { .. })), "{kept:?}");
        assert_eq!(scene.text(), broken);
    }
}

#[test]
fn what_the_system_forbids_stays_in_memory() {
    for kind in [
        io::ErrorKind::ReadOnlyFilesystem,
        io::ErrorKind::ResourceBusy,
        io::ErrorKind::CrossesDevices,
        io::ErrorKind::PermissionDenied,
    ] {
        let kept = classify(Path::new("/etc/ngondo/aar.ini"), kind.into()).unwrap();
        let Persisted::InMemory(why) = kept else { panic!("{kind}") };
        assert!(why.to_string().starts_with("/etc/ngondo cannot be written to"), "{why}");
    }
    let full = classify(Path::new("aar.ini"), io::ErrorKind::StorageFull.into());
    assert!(matches!(full, Err(PersistError::Write { .. })));
    for errno in [1, 13, 16, 18, 30] {
        let known = classify(Path::new("aar.ini"), io::Error::from_raw_os_error(errno));
        assert!(known.is_ok(), "{errno}");
    }
}

#[test]
fn a_folder_that_may_not_be_written_keeps_the_old_ini() {
    let scene = Scene::new(INI);
    let folder = scene.folder.path();
    fs::set_permissions(folder, Permissions::from_mode(0o500)).unwrap();
    let kept = scene.persist(&map());
    fs::set_permissions(folder, Permissions::from_mode(0o700)).unwrap();
    // Root writes anywhere: then there is nothing to see but that the file is whole.
    match kept {
        Persisted::InMemory(NotPersistent::Folder { .. }) => assert_eq!(scene.text(), INI),
        Persisted::Written => assert_eq!(scene.map().epoch, Epoch::new(7)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_role_of_a_map_is_kept() {
    let mut full = map();
    for (port, role) in (1..).zip(managed::ROLES) {
        let pair = Pair::new(server(&format!("x:{port}"), "one"), server("y:1", "two"));
        *full.servers_mut(role).unwrap() = pair;
    }
    full.crypto.first = "postgres://10.9.0.1/crypto".parse().ok();
    let scene = Scene::new("[module]\nrole = SR\n");
    scene.persist(&full);
    assert_eq!(scene.map(), full);
    assert_eq!(Role::ALL.len(), managed::ROLES.len() + 1, "a console is in no map");
}

#[test]
fn a_reader_never_sees_a_part() {
    let scene = Scene::new(INI);
    let path = scene.path.clone();
    let writer = std::thread::spawn(move || {
        for epoch in 1..200 {
            persist(
                &path,
                &AddressMap { epoch: Epoch::new(epoch), ..map() },
                Time::from_unix_ms(0),
            )
            .unwrap();
        }
    });
    let mut highest = Epoch::default();
    while !writer.is_finished() {
        assert!(scene.text().starts_with("\u{feff}; N'gondo : AAR, premier\r\n[module]"));
        let epoch = scene.map().epoch;
        assert!(highest <= epoch, "{epoch} after {highest}");
        highest = epoch;
    }
    writer.join().unwrap();
    assert_eq!(scene.map().epoch, Epoch::new(199));
}
