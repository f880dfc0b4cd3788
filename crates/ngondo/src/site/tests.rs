use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use super::*;

async fn lay(dir: &Path) -> Site {
    let key = "127.0.0.2:8080".parse().unwrap();
    Site::lay(dir, Ports::free().unwrap(), key, Pace::default()).await.unwrap()
}

#[tokio::test]
async fn every_ini_is_good_and_knows_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let site = lay(folder.path()).await;
    for (role, place) in seats() {
        let module = site.module(role, place).unwrap();
        assert_eq!(Some(module.instance), instance_name(role, place));
        assert_eq!(module.listen.to_string(), site.addr(role, place).to_string());
        for (other, at) in seats() {
            let pair = module.map.servers(other);
            let server = if at == Place::First { &pair.first } else { &pair.second };
            let server = server.as_ref().unwrap();
            assert_eq!(server.addr, site.addr(other, at), "{role} of {other}");
            assert_eq!(server.name, instance_name(other, at));
        }
        assert_eq!(module.map.report.first, Some(site.report().unwrap().first));
        let registered = matches!(role, Role::Aar | Role::Sr | Role::TopUp);
        assert_eq!(module.map.crypto.first.is_some(), registered, "{role}");
    }
    for place in Place::ALL {
        let inventory = config::inventory::load(&site.inventory(place)).unwrap();
        assert_eq!(inventory.instances.len(), 10);
        assert_eq!(inventory.crypto.first, Some(site.registry().unwrap()));
    }
    let tool = config::Tool::load(&site.tool_ini()).unwrap();
    assert_eq!(tool.pppx, site.pppx());
    assert_eq!(tool.pppx_names, site.doors().map(|it| it.unwrap().name));
    assert_eq!(tool.toki.unwrap(), site.fleet().file(ADMIN));
}

#[tokio::test]
async fn a_second_time_keeps_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let first = lay(folder.path()).await;
    let read = |site: &Site| {
        let files = seats().map(|(role, place)| site.ini(role, place));
        let keys = [site.dir().join("master.keys"), site.dir().join("ngondo.ini")];
        files.chain(keys).map(|file| fs::read(file).unwrap()).collect::<Vec<_>>()
    };
    let before = read(&first);
    let second = lay(folder.path()).await;
    assert_eq!(read(&second), before);
    assert_eq!(second.addr(Role::Sr, Place::Second), first.addr(Role::Sr, Place::Second));
}

#[tokio::test]
async fn keys_are_for_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let site = lay(folder.path()).await;
    let keys = seats()
        .map(|(role, place)| site.folder(role, place).join(format!("{}.keys", role.lower())));
    for file in keys.chain([site.dir().join("master.keys")]) {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[test]
fn free_ports_differ() {
    let ports = Ports::free().unwrap();
    let taken: BTreeSet<_> = seats()
        .map(|(role, place)| ports.seat(role, place))
        .flat_map(|seat| [seat.listen, seat.admin])
        .collect();
    assert_eq!(taken.len(), 20);
}

#[test]
fn who_looks_for_free_ports_at_once_finds_others() {
    let all: Vec<Ports> = (0..50).map(|_| Ports::free().unwrap()).collect();
    let each = |ports: &Ports| {
        seats()
            .map(|(role, place)| ports.seat(role, place))
            .flat_map(|seat| [seat.listen, seat.admin])
            .collect::<Vec<_>>()
    };
    let taken: BTreeSet<u16> = all.iter().flat_map(each).collect();
    assert_eq!(taken.len(), 50 * 20);
}
