use super::*;

const HEAD: &str = "<app>a</app><version>1</version><time>1795190400</time>";

fn from(ip: &str) -> Peer {
    Peer(SocketAddr::new(ip.parse().unwrap(), 4242))
}

fn request(cmd: &str, rest: &str) -> Request {
    let bridge = if cmd.ends_with('*') { "<bridge>b-1</bridge>" } else { "" };
    let text = format!("<xml>{HEAD}<cmd>{cmd}</cmd>{bridge}{rest}</xml>");
    Request::parse(text.as_bytes()).unwrap()
}

const DEVICE: &str = "<box>0102030405060708090a0b0c0d0e0f10</box>";
const MACADDR: &str = "<macaddr>a8:bb:cc:dd:ee:0f</macaddr>";
const CODE: &str = "<code>1234567890123452</code>";
const CREDITED: &str = "<outcome>CREDITED</outcome>";

/// Each command: its elements, its server, whether a stranger may send it to PPPX.
fn commands() -> Vec<(&'static str, String, Role, bool)> {
    vec![
        ("INIT", String::new(), Role::Lb, false),
        ("CRECORD", MACADDR.to_owned(), Role::Sr, false),
        ("ACTIVATE", DEVICE.to_owned(), Role::Aar, false),
        ("ACTIVATE", format!("{DEVICE}{CODE}"), Role::Aar, true),
        ("AUTH", "<crypto>AA</crypto>".to_owned(), Role::Aar, true),
        ("TOPUP", CODE.to_owned(), Role::TopUp, true),
        ("CREDIT", format!("{CODE}{CREDITED}"), Role::TopUp, true),
    ]
}

const STRANGERS: [&str; 4] = ["192.0.2.1", "10.0.0.1", "2001:db8::1", "::ffff:192.0.2.1"];
const THIS_MACHINE: [&str; 4] = ["127.0.0.1", "127.0.0.9", "::1", "::ffff:127.0.0.1"];

#[track_caller]
fn assert_told(role: Role, request: &Request, ip: &str, outcome: Option<Outcome>) {
    let refused = forbidden(role, request, from(ip));
    let told = refused.as_ref().map(|it| it.outcome);
    assert_eq!(told, outcome, "{role} {:?} from {ip}", request.command.verb());
    assert!(refused.is_none_or(|it| it.reason.is_some() && it.verb.is_some()));
}

#[test]
fn a_stranger_at_pppx_may_send_what_needs_no_name_and_nothing_else() {
    for (cmd, rest, _server, open) in commands() {
        let refused = (!open).then_some(Outcome::Unauthenticated);
        for ip in STRANGERS {
            assert_told(Role::Pppx, &request(cmd, &rest), ip, refused);
        }
    }
}

#[test]
fn this_machine_may_send_every_command_to_pppx() {
    for (cmd, rest, _server, _open) in commands() {
        for ip in THIS_MACHINE {
            assert_told(Role::Pppx, &request(cmd, &rest), ip, None);
        }
    }
}

#[test]
fn a_star_is_taken_by_its_server_from_this_machine_alone() {
    for (cmd, rest, server, _open) in commands() {
        let starred = request(&format!("{cmd}*"), &rest);
        for ip in STRANGERS {
            assert_told(server, &starred, ip, Some(Outcome::Unauthenticated));
        }
        for ip in THIS_MACHINE {
            assert_told(server, &starred, ip, None);
        }
    }
}

#[test]
fn a_star_at_pppx_is_forbidden_to_everyone() {
    for (cmd, rest, _server, _open) in commands() {
        let starred = request(&format!("{cmd}*"), &rest);
        for ip in ["192.0.2.1", "127.0.0.1"] {
            assert_told(Role::Pppx, &starred, ip, Some(Outcome::Forbidden));
        }
    }
}

#[test]
fn a_server_takes_its_own_commands_and_with_a_star() {
    for (cmd, rest, server, _open) in commands() {
        assert_told(server, &request(cmd, &rest), "127.0.0.1", Some(Outcome::Malformed));
        let starred = request(&format!("{cmd}*"), &rest);
        for other in [Role::Lb, Role::Aar, Role::Sr, Role::TopUp] {
            let told = (other != server).then_some(Outcome::Malformed);
            assert_told(other, &starred, "127.0.0.1", told);
        }
    }
}
