use serde_json::Value;

use super::*;
use crate::scene::*;

const REQUEST: &str = "0192f0c1-2b3c-7d4e-8f50-123456789abc";

async fn recorded(scene: &Scene) -> Device {
    let lines = format!(
        "{}\n{}",
        r#"{"request":"0192f0c1-2b3c-7d4e-8f50-000000000001"}"#,
        r#"{"macaddr":"a8:bb:cc:dd:ee:0f","imei":"861821032479591","serial":"G4PDW16623003677"}"#,
    );
    scene.ask("import", &lines).await;
    scene.boxes().await.pop().unwrap()
}

async fn ask(scene: &Scene, named: (&str, &str)) -> Value {
    let body = json!({ "request": REQUEST, named.0: named.1, "reason": "lost" });
    json_of(scene.ask("rekey", &body.to_string()).await)
}

#[tokio::test]
async fn an_operator_gets_a_new_key_that_the_old_one_vouches_for() {
    let scene = Scene::new().await;
    let before = recorded(&scene).await;
    let done = ask(&scene, ("imei", "861821032479591")).await;
    assert_eq!((&done["result"], &done["box"]), (&"OK".into(), &before.id.to_string().into()));
    let text = done["credential"].as_str().unwrap();
    let after = scene.boxes().await.pop().unwrap();
    assert_eq!((&after.key, after.fresh), (&before.key, true), "the old one serves until then");
    assert!(after.pending.is_some());
    let wrap = scene.keys.get(Purpose::Wrap).unwrap();
    let old = crypto::open(wrap, &Place::Key.of(before.id), &before.key).unwrap();
    let old = BoxKey::new(Secret32::from_slice(&old).unwrap());
    let proof: Proof = done["proof"].as_str().unwrap().parse().unwrap();
    assert!(credential::verify_provision(&old.provision_key(), text, proof.as_bytes()));
}

#[tokio::test]
async fn the_same_request_gets_the_same_key_by_whatever_name() {
    let scene = Scene::new().await;
    let device = recorded(&scene).await;
    let first = ask(&scene, ("box", &device.id.to_string())).await;
    let audited = scene.audited().await;
    for named in
        [("serial", "G4PDW16623003677"), ("macaddr", "a8bbccddee0f"), ("imei", "861821032479591")]
    {
        assert_eq!(ask(&scene, named).await, first);
    }
    assert_eq!(scene.audited().await, audited);
}

#[tokio::test]
async fn no_new_key_for_a_box_that_is_out_of_service_or_not_there() {
    let scene = Scene::new().await;
    let device = recorded(&scene).await;
    assert_eq!(ask(&scene, ("imei", "866850029360451")).await["result"], "CODE_UNKNOWN");
    scene.change(&device, |it| it.state = State::Stolen).await;
    assert_eq!(ask(&scene, ("imei", "861821032479591")).await["result"], "STOLEN");
    assert_eq!(scene.boxes().await[0].pending, None);
}
