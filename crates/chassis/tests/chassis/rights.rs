//! Who may ask a service for what.

use crate::scene::{Door, Server, auth, command, get, manage_for, post, with_header};

#[tokio::test(flavor = "multi_thread")]
async fn a_star_comes_from_a_pppx_alone_and_his_word_is_checked_again() {
    let scene = Server::start("").await;
    let activate = |principal: &str| {
        let named = if principal.is_empty() {
            String::new()
        } else {
            format!("<principal>{principal}</principal>")
        };
        let device = "<box>0102030405060708090a0b0c0d0e0f10</box>";
        post(
            "/",
            "text/xml",
            &command("ACTIVATE*", &format!("<bridge>b-1</bridge>{named}{device}")),
        )
    };
    let pppx = scene.peer("pppx-1");
    for (peer, request, status, reason) in [
        ("sr-1", post("/", "text/xml", &auth("b-1")), 403, "module:PPPX"),
        ("admin", post("/", "text/xml", &auth("b-1")), 403, "module:PPPX"),
        ("nobody", post("/", "text/xml", &auth("b-1")), 403, "no principal of that name"),
        ("thief", post("/", "text/xml", &auth("b-1")), 403, "revoked"),
        ("stale", post("/", "text/xml", &auth("b-1")), 403, "newer key"),
        ("pppx-1", activate("admin"), 200, ""),
        ("pppx-1", activate("shop"), 403, "activate"),
        ("pppx-1", activate("thief"), 403, "revoked"),
        ("pppx-1", activate("nobody"), 403, "no principal of that name"),
        ("pppx-1", activate(""), 401, "activate"),
        ("pppx-1", post("/", "text/xml", &command("AUTH", "<crypto>AA</crypto>")), 400, "star"),
        ("pppx-1", manage_for("admin", "/v1/boxes/retire"), 200, ""),
        ("pppx-1", manage_for("shop", "/v1/boxes/retire"), 403, "admin"),
        ("pppx-1", manage_for("two words", "/v1/boxes/retire"), 400, "ngondo-principal"),
        ("pppx-1", post("/v1/boxes/retire", "application/json", "{}"), 401, "admin"),
        ("pppx-1", manage_for("admin", "/v1/vouchers/sell"), 404, "no such verb"),
        ("admin", manage_for("admin", "/v1/boxes/retire"), 403, "module:PPPX"),
        ("admin", get("/principals"), 403, "any module"),
        ("sr-1", get("/principals"), 200, ""),
    ] {
        let answer = scene.peer(peer).ask(request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{peer}: {answer}");
        assert!(answer.contains(reason), "{peer} {reason}: {answer}");
    }
    drop(pppx);
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pppx_takes_from_each_what_he_may_and_no_star() {
    let scene = Door::start("").await;
    let init = |inner: &str| post("/", "text/xml", &command("INIT", inner));
    let aar = "<role>AAR</role><instance>aar-1</instance>";
    for (peer, request, status) in [
        ("admin", post("/v1/boxes/show", "application/json", "{}"), 200),
        ("shop", post("/v1/boxes/show", "application/json", "{}"), 403),
        ("thief", post("/v1/boxes/show", "application/json", "{}"), 403),
        ("pppx-1", post("/", "text/xml", &auth("b-1")), 403),
        ("admin", post("/", "text/xml", &command("AUTH", "<crypto>AA</crypto>")), 200),
        ("thief", post("/", "text/xml", &command("AUTH", "<crypto>AA</crypto>")), 403),
        ("aar-1", init(aar), 200),
        ("aar-1", init(""), 200),
        ("sr-1", init(aar), 403),
        ("sr-1", init("<role>SR</role><instance>sr-2</instance>"), 403),
        ("admin", init(aar), 403),
    ] {
        let answer = scene.peer(peer).ask(request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{peer}: {answer}");
    }
    let anyone = post("/", "text/xml", &command("AUTH", "<crypto>AA</crypto>"));
    let answer = crate::scene::exchange(scene.running.addr, anyone).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "a box has no toki: {answer}");
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_believed_of_a_relay_alone_and_a_principal_of_nobody() {
    let scene = Door::start("").await;
    let request =
        with_header(&manage_for("admin", "/v1/boxes/show"), "ngondo-client", b"msisdn:abc");
    let relayed = scene.peer("sms").ask(request.clone()).await;
    assert!(relayed.contains("\"client\":\"msisdn:abc\""), "{relayed}");
    assert!(relayed.contains("\"principal\":\"sms\""), "{relayed}");
    let own = scene.peer("admin").ask(request).await;
    assert!(own.contains("\"client\":\"address:") && own.contains("\"principal\":\"admin\""));
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_acts_on_a_session_that_is_open() {
    let scene = Door::start("").await;
    let admin = scene.peer("admin");
    let show = || post("/v1/boxes/show", "application/json", "{}");
    assert!(admin.ask(show()).await.starts_with("HTTP/1.1 200 "));
    let revoked = crate::scene::principals()
        .into_iter()
        .map(|it| protocol::Principal { revoked: it.revoked || it.name.as_str() == "admin", ..it });
    let list = chassis::PrincipalList::new(2, scene.clock.now_ms(), revoked);
    scene.running.ctx.principals.put(list);
    let answer = admin.ask(show()).await;
    assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("revoked"), "{answer}");
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_there_is_a_list_the_ini_names_the_modules_and_people_wait() {
    let scene = Server::without_list(tempfile::tempdir().unwrap(), "").await;
    let answer = scene.peer("pppx-1").ask(post("/", "text/xml", &auth("b-1"))).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let answer = scene.peer("pppx-1").ask(manage_for("admin", "/v1/boxes/show")).await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("rights are not known yet") && answer.contains("retry-after"));
    scene.running.stop().await;
}
