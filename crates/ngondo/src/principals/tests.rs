use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::verbs::migrate;

struct Scene {
    fleet: Fleet,
    crypto: DbUrl,
    _folder: tempfile::TempDir,
}

async fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let crypto: DbUrl =
        format!("sqlite://{}", folder.path().join("registry.db").display()).parse().unwrap();
    migrate::registry(&crypto).await.unwrap();
    let instances = [(Role::Pppx, "pppx-1"), (Role::Aar, "aar-1"), (Role::Aar, "aar-2")];
    let instances = instances.map(|(role, name)| (role, name.parse().unwrap())).to_vec();
    let (root, out) = (folder.path().join("toki.root"), folder.path().join("toki"));
    Scene { fleet: Fleet { root, out, instances }, crypto, _folder: folder }
}

fn persons() -> [(PrincipalName, Kind, Rights); 2] {
    let shop = Rights::of(&[Right::Sell]);
    [
        ("admin".parse().unwrap(), Kind::Operator, Rights::PERSON),
        ("shop".parse().unwrap(), Kind::Shop, shop),
    ]
}

async fn init(scene: &Scene) -> Result<Vec<Made>, Failure> {
    scene.fleet.init(&scene.crypto, &persons(), 1).await
}

fn callees(file: &PrincipalFile) -> Vec<String> {
    file.caller.callees().map(|(it, _)| it.to_string()).collect()
}

#[tokio::test]
async fn begins_a_fleet_once() {
    let scene = scene().await;
    let made = init(&scene).await.unwrap();
    assert_eq!(made.len(), 1 + 5 + 5, "{made:?}");
    assert_eq!(init(&scene).await.unwrap(), []);

    let store = Store::open(&scene.crypto).await.unwrap();
    let rows = store.principals().await.unwrap();
    let told: Vec<_> =
        rows.iter().map(|it| format!("{} {} {}", it.name, it.kind, it.rights)).collect();
    let all = "record activate rekey topup sell print read support audit relay admin";
    let wanted = [
        "aar-1 module module:AAR".to_owned(),
        "aar-2 module module:AAR".to_owned(),
        format!("admin operator {all}"),
        "pppx-1 module module:PPPX".to_owned(),
        "shop shop sell".to_owned(),
    ];
    assert_eq!(told, wanted);

    let file = |name: &str| read(&scene.fleet.file(name)).unwrap();
    assert_eq!(callees(&file("aar-1")), ["aar-2", "pppx-1"]);
    assert_eq!(callees(&file("admin")), ["aar-1", "aar-2", "pppx-1"]);
    assert_eq!(callees(&file("shop")), ["pppx-1"]);
    assert!(file("aar-1").callee.is_some() && file("admin").callee.is_none());
    for path in [scene.fleet.root.clone(), scene.fleet.file("admin"), scene.fleet.file("aar-1")] {
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn makes_what_is_missing_alone() {
    let mut scene = scene().await;
    init(&scene).await.unwrap();
    let path = scene.fleet.file("shop");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(init(&scene).await.unwrap(), [Made::File(path)]);

    scene.fleet.instances.push((Role::Sr, "sr-1".parse().unwrap()));
    let made = init(&scene).await.unwrap();
    let shop = Made::File(scene.fleet.file("shop"));
    assert!(made.contains(&Made::Principal("sr-1".parse().unwrap())) && !made.contains(&shop));
    assert_eq!(made.len(), 1 + 5, "all but the shop call it: {made:?}");
    assert_eq!(init(&scene).await.unwrap(), []);
}

#[tokio::test]
async fn does_not_make_the_roots_of_a_fleet_anew() {
    let scene = scene().await;
    init(&scene).await.unwrap();
    std::fs::remove_file(&scene.fleet.root).unwrap();
    assert_eq!(init(&scene).await.unwrap_err().key(), "root-missing");
    std::fs::remove_dir_all(&scene.fleet.out).unwrap();
    assert_eq!(init(&scene).await.unwrap_err().key(), "root-missing");
    assert!(!scene.fleet.root.exists());
}

#[tokio::test]
async fn roots_that_cannot_be_written_leave_nobody_behind() {
    let mut scene = scene().await;
    let right = scene.fleet.root.clone();
    scene.fleet.root = right.with_file_name("nowhere").join("toki.root");
    assert_eq!(init(&scene).await.unwrap_err().key(), "unwritable");
    scene.fleet.root = right;
    assert_eq!(init(&scene).await.unwrap().len(), 1 + 5 + 5, "as if it were the first time");
}

#[tokio::test]
async fn leaves_a_principal_that_is_something_else_as_it_is() {
    let scene = scene().await;
    init(&scene).await.unwrap();
    let other = [("aar-1".parse().unwrap(), Kind::Shop, Rights::of(&[Right::Sell]))];
    let failure = scene.fleet.init(&scene.crypto, &other, 1).await.unwrap_err();
    assert_eq!(failure.key(), "principal-other");
}

#[tokio::test]
async fn another_root_is_taken_by_every_module_and_used_by_its_owner_alone() {
    let scene = scene().await;
    init(&scene).await.unwrap();
    let root = next_root(&scene.fleet.root).unwrap();
    assert_eq!(refresh(&scene.fleet.out, &root).unwrap().len(), 3, "the modules");
    assert_eq!(refresh(&scene.fleet.out, &root).unwrap().len(), 0);
    let shop = "shop".parse().unwrap();
    write_file(&scene.fleet, &root, &shop, &scene.fleet.callees(Kind::Shop)).unwrap();
    let number = |name: &str| {
        let file = read(&scene.fleet.file(name)).unwrap();
        let (_, keys) = file.caller.callees().next().unwrap();
        keys.current().0.get()
    };
    assert_eq!((number("shop"), number("admin"), number("aar-1")), (2, 1, 1));
    assert_eq!(init(&scene).await.unwrap(), []);
}

#[tokio::test]
async fn those_that_rotate_at_once_each_get_a_number_that_every_module_has() {
    let scene = scene().await;
    init(&scene).await.unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let _turn = turn(&scene.fleet.root);
                let root = next_root(&scene.fleet.root).unwrap();
                refresh(&scene.fleet.out, &root).unwrap();
            });
        }
    });
    let root = read_root(&scene.fleet.root).unwrap();
    assert_eq!(root.current().get(), 9);
    for name in ["aar-1", "aar-2", "pppx-1"] {
        let callee = read(&scene.fleet.file(name)).unwrap().callee;
        assert_eq!(callee, Some(root.callee(&name.parse().unwrap())));
    }
}
