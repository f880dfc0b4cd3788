//! Whatever can be said is read back as it was said.

use std::fmt::Debug;
use std::str::FromStr;

use proptest::option::of;
use proptest::prelude::*;

use crate::*;

/// Values of a newtype from texts of a pattern.
fn form<T: FromStr<Err = FormError> + Debug>(pattern: &'static str) -> BoxedStrategy<T> {
    prop::string::string_regex(pattern).unwrap().prop_map(|text| text.parse().unwrap()).boxed()
}

/// Free text with everything that XML escapes in it.
fn text<T: FromStr<Err = FormError> + Debug>() -> BoxedStrategy<T> {
    form(r"[!-~éÀ🌍]([ -~éÀ🌍]{0,60}[!-~éÀ🌍])?")
}

fn code<T: FromStr<Err = FormError> + Debug>() -> BoxedStrategy<T> {
    form("[0-9]{4}[ -]?[0-9]{12}")
}

fn macaddr() -> impl Strategy<Value = MacAddr> {
    any::<[u8; 6]>().prop_filter_map("names no key", |octets| MacAddr::from_octets(octets).ok())
}

fn time() -> impl Strategy<Value = Time> {
    any::<i64>().prop_map(Time::from_unix_ms)
}

fn device() -> impl Strategy<Value = DeviceId> {
    any::<[u8; 16]>().prop_map(DeviceId::from_bytes)
}

fn request_id() -> impl Strategy<Value = RequestId> {
    any::<u128>().prop_map(|number| RequestId::from_uuid(uuid::Uuid::from_u128(number)))
}

fn proof() -> impl Strategy<Value = Proof> {
    any::<[u8; 32]>().prop_map(Proof::from_bytes)
}

fn crypto() -> impl Strategy<Value = CryptoField> {
    prop_oneof![
        Just(CryptoField::Missing),
        Just(CryptoField::Unreadable),
        prop::collection::vec(any::<u8>(), 67).prop_map(|bytes| {
            CryptoField::Given(Authenticator::from_bytes(bytes.try_into().unwrap()))
        }),
    ]
}

fn date() -> impl Strategy<Value = Date> {
    (0..=9999_u16, 1..=12_u8, 1..=28_u8).prop_map(|(y, m, d)| Date::new(y, m, d).unwrap())
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop::sample::select(Outcome::ALL)
}

/// Names up to their full length.
fn name<T: FromStr<Err = FormError> + Debug>() -> BoxedStrategy<T> {
    form("[A-Za-z0-9._-]{1,32}")
}

fn addr() -> BoxedStrategy<PeerAddr> {
    form(r"([a-z0-9-]{1,20}(\.[a-z]{1,9})?|10\.0\.0\.[1-9]|\[::1\]):[1-9][0-9]{0,3}")
}

fn database() -> BoxedStrategy<DbUrl> {
    form(r"(postgres://[a-z0-9-]{1,9}(:5432)?/[a-z]{1,9}|sqlite:///[a-z/&<>.é-]{0,20}\.db)")
}

fn client() -> BoxedStrategy<Client> {
    form("(address|msisdn|box):[A-Za-z0-9_-]{1,64}")
}

prop_compose! {
    fn head()(
        app in name(),
        version in name(),
        time in time(),
        bridge in of(form("[A-Za-z0-9-]{1,64}")),
        principal in of(name()),
        client in of(client()),
    ) -> Head {
        Head { app, version, time, bridge, principal, client }
    }
}

prop_compose! {
    fn server()(
        addr in addr(),
        name in of(name()),
        weight in of(100..=10_000_u16),
        state in of(prop::sample::select(&ServerState::ALL[..])),
    ) -> Server {
        let weight = weight.map(|weight| Weight::from_thousandths(weight).unwrap());
        Server { addr, name, weight, state }
    }
}

fn pair<T: Debug + 'static>(
    one: impl Strategy<Value = T> + Clone + 'static,
) -> impl Strategy<Value = Pair<Option<T>>> {
    (of(one.clone()), of(one)).prop_map(|(first, second)| Pair { first, second })
}

fn servers() -> impl Strategy<Value = Pair<Option<Server>>> {
    pair(server().boxed())
}

prop_compose! {
    fn map()(
        (aar, topup, lb, pppx) in (servers(), servers(), servers(), servers()),
        (sr, gateway) in (servers(), servers()),
        (report, crypto) in (pair(database()), pair(database())),
        epoch in any::<u64>().prop_map(Epoch::new),
        ttl_s in of(any::<u32>()),
        from in of(name()),
    ) -> AddressMap {
        AddressMap { aar, topup, lb, pppx, sr, gateway, report, crypto, epoch, ttl_s, from }
    }
}

fn map_answer() -> impl Strategy<Value = MapAnswer> {
    prop_oneof![
        map().boxed().prop_map(MapAnswer::Full),
        (any::<u64>(), of(any::<u32>()), of(name())).prop_map(|(epoch, ttl_s, from)| {
            MapAnswer::Unchanged { epoch: Epoch::new(epoch), ttl_s, from }
        }),
    ]
}

prop_compose! {
    fn identity()(
        macaddr in macaddr(),
        imei in of(form("[0-9]{15,16}")),
        serial in of(form("[A-Za-z0-9-]{1,32}")),
        imsi in of(form("[0-9]{14,15}")),
        iccid in of(form("[0-9]{18,20}F?")),
        model in of(text()),
        fw in of(text()),
        pubkey in of(prop::collection::vec(any::<u8>(), 1..600)),
    ) -> KeyIdentity {
        let pubkey = pubkey.map(|der| PubKey::from_der(&der).unwrap());
        KeyIdentity { macaddr, imei, serial, imsi, iccid, model, fw, pubkey }
    }
}

fn crecord() -> BoxedStrategy<Command> {
    let record = (identity().boxed(), of(text()), of(request_id()), any::<bool>());
    record
        .prop_map(|(identity, label, request, rekey)| {
            Command::Crecord(Crecord::Record(Box::new(Record { identity, label, request, rekey })))
        })
        .boxed()
}

fn init() -> BoxedStrategy<Command> {
    let role = of(prop::sample::select(&Role::ALL[..]));
    (role, of(name()), of(addr()), of(any::<u64>()), any::<bool>())
        .prop_map(|(role, instance, addr, epoch, brief)| {
            let epoch = epoch.map(Epoch::new);
            Command::Init(Init { role, instance, addr, epoch, brief, rulings: None })
        })
        .boxed()
}

prop_compose! {
    fn activate()(
        macaddr in macaddr(),
        device in of(device()),
        code in of(code()),
        until in of(date()),
        subscriber in of(text()),
        msisdn in of(form("\\+[0-9]{8,15}")),
        request in of(request_id()),
        crypto in crypto(),
    ) -> Command {
        let macaddr = Some(macaddr).filter(|_| device.is_none() || crypto == CryptoField::Missing);
        Command::Activate(Activate {
            macaddr, device, code, until, subscriber, msisdn, request, crypto,
        })
    }
}

fn top_up() -> BoxedStrategy<Command> {
    let sim = (of(form("\\+[0-9]{8,15}")), of(form("[0-9]{18,20}")));
    (code(), of(request_id()), crypto(), sim)
        .prop_map(|(code, request, crypto, (msisdn, iccid))| {
            Command::TopUp(TopUp { code, request, crypto, msisdn, iccid })
        })
        .boxed()
}

fn credit() -> BoxedStrategy<Command> {
    let outcome = prop::sample::select(&CreditOutcome::ALL[..]);
    (code(), of(request_id()), outcome, of(text()), crypto())
        .prop_map(|(code, request, outcome, text, crypto)| {
            let code = Some(code).filter(|_| request.is_none() || crypto == CryptoField::Missing);
            Command::Credit(Credit { code, request, outcome, text, crypto })
        })
        .boxed()
}

fn provision() -> BoxedStrategy<Command> {
    let ca = "-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]{0,99}-----END CERTIFICATE-----";
    let credential = form(r"\{[ -~]{0,200}\}");
    (device(), credential, of(pair(addr())), of(form(ca)), of(proof()))
        .prop_map(|(device, credential, pppx, ca, proof)| {
            Command::Provision(Provision { device, credential, pppx, ca, proof })
        })
        .boxed()
}

/// Any request that can be parsed; PROVISION and a bare CRECORD have no star, AUTH has a crypto.
fn request() -> BoxedStrategy<Request> {
    let starred = prop_oneof![
        init(),
        crecord(),
        activate().boxed(),
        crypto().prop_map(|crypto| Command::Auth(Auth { crypto })),
        top_up(),
        credit(),
    ];
    let plain = prop_oneof![provision(), Just(Command::Crecord(Crecord::Ask))];
    prop_oneof![
        9 => (head().boxed(), starred),
        1 => (head(), plain).prop_map(|(head, command)| (Head { bridge: None, ..head }, command)),
    ]
    .prop_filter("has no crypto", |(head, command)| {
        let bare = *command == Command::Auth(Auth { crypto: CryptoField::Missing });
        !bare || head.bridge.is_some()
    })
    .prop_map(|(head, command)| Request { head, command })
    .boxed()
}

prop_compose! {
    fn top_up_answer()(
        outcome in outcome(),
        code2 in of(form("[0-9]{4,32}")),
        operator in of(name()),
        amount in of(form("[0-9]{1,15}(\\.[0-9]{1,4})?")),
        currency in of(form("[A-Z]{3}")),
        ussd in of(form("[0-9*#]{1,64}")),
        expires in of(date()),
        now_ms in of(0..i64::MAX),
    ) -> Answer {
        Answer::TopUp(Box::new(TopUpAnswer {
            outcome, code2, operator, amount, currency, ussd, expires, now_ms,
        }))
    }
}

fn auth_answer() -> BoxedStrategy<Answer> {
    let seconds = (of(any::<u32>()), of(any::<u32>()));
    (outcome(), seconds, of(0..i64::MAX), of(proof()))
        .prop_map(|(outcome, (lease_s, spread_s), now_ms, proof)| {
            Answer::Auth(AuthAnswer { outcome, lease_s, spread_s, now_ms, proof })
        })
        .boxed()
}

fn crecord_answer() -> BoxedStrategy<Answer> {
    let credential = of(form(r"\{[ -~]{0,200}\}"));
    (outcome(), of(device()), of(code()), credential)
        .prop_map(|(outcome, device, activation, credential)| {
            Answer::Crecord(CrecordAnswer { outcome, device, activation, credential })
        })
        .boxed()
}

fn refused() -> BoxedStrategy<Answer> {
    let verb = of(prop::sample::select(&Verb::ALL[..]));
    let reason = of("[!-~]([ -~é]{0,60}[!-~])?");
    let refusal = outcome().prop_filter("is none", |outcome| outcome.is_refusal());
    (verb, refusal, reason, of(any::<u32>()))
        .prop_map(|(verb, outcome, reason, retry_s)| {
            Answer::Refused(Refused { verb, outcome, reason: reason.map(Into::into), retry_s })
        })
        .boxed()
}

/// Any answer that can be parsed, in the type that it is read back as.
fn response() -> BoxedStrategy<Response> {
    let answer = prop_oneof![
        (of(form("[A-Za-z0-9-]{1,64}")), map_answer()).prop_map(|(bridge, map)| Answer::Init(
            Box::new(InitAnswer { bridge, map, rulings: None })
        )),
        identity().boxed().prop_map(|key| Answer::Key(Box::new(key))),
        crecord_answer(),
        (outcome(), of(0..i64::MAX))
            .prop_map(|(outcome, now_ms)| Answer::Activate(ActivateAnswer { outcome, now_ms })),
        auth_answer(),
        top_up_answer().boxed(),
        (outcome(), of(0..i64::MAX))
            .prop_map(|(outcome, now_ms)| Answer::Credit(CreditAnswer { outcome, now_ms })),
        Just(Answer::new(Verb::Provision, Outcome::Ok)),
        refused(),
    ];
    (head(), answer)
        .prop_map(|(mut head, answer)| {
            let keyed = matches!(answer, Answer::Key(_)) || answer.verb() == Some(Verb::Provision);
            if keyed {
                head.bridge = None;
            }
            Response { head, answer: canonical(&head, answer) }
        })
        .boxed()
}

/// The type that an answer is read back as.
fn canonical(head: &Head, answer: Answer) -> Answer {
    match answer {
        Answer::Init(mut init) => {
            init.bridge = init.bridge.filter(|_| head.bridge.is_none());
            Answer::Init(init)
        }
        answer => match (answer.verb(), answer.outcome()) {
            (Some(verb), outcome)
                if outcome.is_refusal() && answer == Answer::new(verb, outcome) =>
            {
                Answer::refused(verb, outcome)
            }
            _ => answer,
        },
    }
}

proptest! {
    #[test]
    fn reads_back_every_request(request in request()) {
        let mut document = String::new();
        request.print(&mut document);
        prop_assert_eq!(Request::parse(document.as_bytes()), Ok(request), "{}", document);
    }

    #[test]
    fn reads_back_every_response(response in response()) {
        let mut document = String::new();
        response.print(&mut document);
        prop_assert_eq!(Response::parse(document.as_bytes()), Ok(response), "{}", document);
    }

    #[test]
    fn never_panics_on_bytes(document in prop::collection::vec(any::<u8>(), 0..512)) {
        prop_assert!(Request::parse(&document).is_err());
        prop_assert!(Response::parse(&document).is_err());
    }

    #[test]
    fn never_panics_on_a_damaged_document(
        request in request(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut document = String::new();
        request.print(&mut document);
        let mut document = document.into_bytes();
        *at.get_mut(&mut document) = byte;
        if let Ok(request) = Request::parse(&document) {
            let mut printed = String::new();
            request.print(&mut printed);
            prop_assert_eq!(Request::parse(printed.as_bytes()), Ok(request));
        }
    }
}
