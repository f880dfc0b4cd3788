//! Every section and key of every module's ini, in one place.
//!
//! A service reads its own by [`Settings::get`](crate::Settings::get); the samples in `confs/` are
//! held against this by a test.
//!
//! Source: architecture.md (The ini)

mod topup;

use crypto::Purpose;
use protocol::Role;

use self::topup::TOPUP;
use crate::spec::{Fallback, KeySpec, Kind, SectionSpec};

/// The sections that a role's ini has beside those of every module.
pub const fn schema(role: Role) -> &'static [SectionSpec] {
    match role {
        Role::Aar => AAR,
        Role::Lb => LB,
        Role::TopUp => TOPUP,
        Role::Pppx => PPPX,
        Role::Sr | Role::Gateway | Role::Console => &[],
    }
}

/// The derived keys that a role gets.
///
/// Source: protocol.md §6 (Keys and sealing)
pub const fn purposes(role: Role) -> &'static [Purpose] {
    match role {
        Role::Sr | Role::Aar => &[Purpose::Wrap, Purpose::Index, Purpose::Pepper, Purpose::Client],
        Role::TopUp => {
            &[Purpose::Wrap, Purpose::Recharge, Purpose::Index, Purpose::Pepper, Purpose::Client]
        }
        Role::Gateway => &[Purpose::Vault, Purpose::Client],
        Role::Pppx | Role::Lb | Role::Console => &[Purpose::Client],
    }
}

/// Writes a key without the field names.
const fn key(name: &'static str, kind: Kind, default: Fallback, doc: &'static str) -> KeySpec {
    KeySpec { name, kind, default, doc }
}

const AAR: &[SectionSpec] = &[SectionSpec {
    name: "auth",
    doc: "What a box is told.",
    keys: &[
        key(
            "lease",
            Kind::Seconds { min: 60, max: 604_800 },
            Fallback::Is("14400"),
            "How long a box may surf before it must ask again.",
        ),
        key(
            "spread",
            Kind::Seconds { min: 0, max: 600 },
            Fallback::Is("30"),
            "Over how long boxes spread their first AUTH after a start.",
        ),
    ],
}];

const LB: &[SectionSpec] = &[SectionSpec {
    name: "inventory",
    doc: "The list of servers and databases.",
    keys: &[key(
        "file",
        Kind::Path,
        Fallback::Is("inventory.ini"),
        "The list; it is read again when it changes.",
    )],
}];

const PPPX: &[SectionSpec] = &[SectionSpec {
    name: "legacy",
    doc: "Whether clients of the first Oscartoki are let in, and where.",
    keys: &[
        key(
            "file",
            Kind::Path,
            Fallback::Nothing,
            "0600 file with the one key that those clients share; without it none is let in.",
        ),
        key(
            "principal",
            Kind::Principal,
            Fallback::Nothing,
            "The principal that they count as: its rights are theirs.",
        ),
        key(
            "routes",
            Kind::Routes,
            Fallback::Nothing,
            "The verbs that they may ask, none of which changes anything.",
        ),
    ],
}];

/// The sections that every module's ini has.
pub(crate) const COMMON: &[SectionSpec] = &[
    SectionSpec { name: "module", doc: "Who this is and where it listens.", keys: MODULE },
    SectionSpec {
        name: "init",
        doc: "How often to ask where the others are.",
        keys: &[key(
            "interval",
            Kind::Seconds { min: 1, max: 3600 },
            Fallback::Is("30"),
            "Time between two INIT; on LB the ttl that it gives.",
        )],
    },
    SectionSpec { name: "pppx", doc: "The proxies; managed by INIT.", keys: SERVERS },
    SectionSpec { name: "lb", doc: "The load balancers; managed by INIT.", keys: SERVERS },
    SectionSpec { name: "aar", doc: "Activation, authentication; managed by INIT.", keys: SERVERS },
    SectionSpec { name: "sr", doc: "Registration; managed by INIT.", keys: SERVERS },
    SectionSpec { name: "topup", doc: "Vouchers, recharge; managed by INIT.", keys: SERVERS },
    SectionSpec { name: "gateway", doc: "SMS gateways; managed by INIT.", keys: SERVERS },
    SectionSpec {
        name: "report",
        doc: "The two REPORT databases; managed by INIT.",
        keys: &[
            DATABASE_FIRST,
            DATABASE_SECOND,
            PIN,
            key(
                "credentials",
                Kind::Path,
                Fallback::Nothing,
                "0600 file with USER:PASSWORD for PostgreSQL; SQLite needs none.",
            ),
            key(
                "retention_days",
                Kind::Count { min: 1, max: 3650 },
                Fallback::Is("90"),
                "Days for which both databases keep rows; every server deletes older ones.",
            ),
            key(
                "spool_mb",
                Kind::Count { min: 1, max: 16_777_216 },
                Fallback::Computed("80 % of what is free on its disk at the start"),
                "MiB to which each of the two files of the spool may grow; then BUSY.",
            ),
        ],
    },
    SectionSpec {
        name: "crypto",
        doc: "The CRYPTO database, for SR, AAR and TOPUP; managed by INIT.",
        keys: &[
            DATABASE_FIRST,
            DATABASE_SECOND,
            PIN,
            key(
                "vpn",
                Kind::Network,
                Fallback::Nothing,
                "The private network; a CRYPTO outside it is refused.",
            ),
        ],
    },
    SectionSpec { name: "map", doc: "The map that INIT gave last; managed.", keys: MAP },
    SectionSpec {
        name: "tls",
        doc: "How the listener is protected.",
        keys: &[key(
            "insecure",
            Kind::Flag,
            Fallback::Is("no"),
            "Listen to other machines without TLS: on a private network alone.",
        )],
    },
    SectionSpec {
        name: "toki",
        doc: "How it proves who it is, and checks who asks.",
        keys: &[key(
            "file",
            Kind::Path,
            Fallback::Computed("INSTANCE.toki beside this file"),
            "0600 file made by `ngondo principals`; it is read again when it changes.",
        )],
    },
    SectionSpec {
        name: "keys",
        doc: "The keys derived for this role.",
        keys: &[key(
            "file",
            Kind::Path,
            Fallback::Computed("ROLE.keys beside this file"),
            "0600 file made by `ngondo keys export`.",
        )],
    },
    SectionSpec { name: "limits", doc: "How much is taken at once.", keys: LIMITS },
    SectionSpec { name: "log", doc: "What is logged, and how.", keys: LOG },
    SectionSpec {
        name: "admin",
        doc: "Health and numbers.",
        keys: &[key(
            "listen",
            Kind::Listen,
            Fallback::Computed("127.0.0.1 and the port of [module] listen + 1000"),
            "Where /healthz, /readyz and /metrics are read.",
        )],
    },
];

const MODULE: &[KeySpec] = &[
    key(
        "name",
        Kind::App,
        Fallback::Computed("ngondo-ROLE"),
        "The name in every document that it sends.",
    ),
    key(
        "instance",
        Kind::Instance,
        Fallback::Required,
        "The name of this one of the two; no other module has it.",
    ),
    key("role", Kind::Role, Fallback::Required, "What it does."),
    key("listen", Kind::Listen, Fallback::Required, "Where it listens."),
    key("addr", Kind::Peer, Fallback::Computed("the value of listen"), "Where others reach it."),
    key("zone", Kind::Zone, Fallback::Is("Africa/Douala"), "The time zone in which a day ends."),
    key(
        "state",
        Kind::Path,
        Fallback::Computed("/var/lib/ngondo/INSTANCE"),
        "Folder of the spool and of what must survive a restart.",
    ),
];

/// Two servers.
const SERVERS: &[KeySpec] = &[
    key("first", Kind::Peer, Fallback::Nothing, "The one that is asked first."),
    key("second", Kind::Peer, Fallback::Nothing, "The one that is asked when it does not answer."),
    key("first_name", Kind::Instance, Fallback::Nothing, "The instance at `first`."),
    key("second_name", Kind::Instance, Fallback::Nothing, "The instance at `second`."),
    PIN,
];

const DATABASE_FIRST: KeySpec =
    key("first", Kind::Database, Fallback::Nothing, "URL of the first database.");
const DATABASE_SECOND: KeySpec =
    key("second", Kind::Database, Fallback::Nothing, "URL of the second database.");
const PIN: KeySpec =
    key("pin", Kind::Flag, Fallback::Is("no"), "Keeps INIT's hands off this section.");

const MAP: &[KeySpec] = &[
    key("epoch", Kind::Epoch, Fallback::Is("0"), "Its age: the higher wins."),
    key("received", Kind::Time, Fallback::Nothing, "When it came."),
    key("from", Kind::Instance, Fallback::Nothing, "The LB that gave it."),
    key("digest", Kind::Digest, Fallback::Nothing, "SHA-256 over the managed values."),
];

const LIMITS: &[KeySpec] = &[
    key(
        "inflight",
        Kind::Count { min: 1, max: 65_536 },
        Fallback::Is("512"),
        "The most requests at once; fewer where they slow each other down, but on a PPPX.",
    ),
    key(
        "connections",
        Kind::Count { min: 16, max: 1_000_000 },
        Fallback::Is("20000"),
        "The most connections that are open at once, of one address half as many.",
    ),
    key(
        "body_timeout_ms",
        Kind::Millis { min: 100, max: 60_000 },
        Fallback::Is("5000"),
        "How long a body may take to arrive.",
    ),
    key(
        "drain",
        Kind::Seconds { min: 0, max: 10 },
        Fallback::Is("5"),
        "How long it still takes requests after SIGTERM, while it says that it leaves.",
    ),
];

const LOG: &[KeySpec] = &[
    key(
        "level",
        Kind::Word(&["error", "warn", "info", "debug", "trace"]),
        Fallback::Is("info"),
        "How much is logged.",
    ),
    key(
        "format",
        Kind::Word(&["text", "json"]),
        Fallback::Is("text"),
        "For people or for programs.",
    ),
];

/// The sections of `ngondo.ini`.
pub(crate) const TOOL: &[SectionSpec] = &[
    SectionSpec {
        name: "pppx",
        doc: "The proxies that the tool asks.",
        keys: &[
            key(
                "first",
                Kind::Peer,
                Fallback::Is("127.0.0.1:8400"),
                "The one that is asked first.",
            ),
            key(
                "second",
                Kind::Peer,
                Fallback::Is("127.0.0.1:8410"),
                "The one that is asked when it does not answer.",
            ),
            key(
                "first_name",
                Kind::Instance,
                Fallback::Is("pppx-1"),
                "The first one's instance: a toki is made for one.",
            ),
            key(
                "second_name",
                Kind::Instance,
                Fallback::Is("pppx-2"),
                "The second one's instance.",
            ),
        ],
    },
    SectionSpec {
        name: "toki",
        doc: "How the tool proves who uses it.",
        keys: &[key(
            "file",
            Kind::Path,
            Fallback::Nothing,
            "The file of its user's principal, mode 0600; without it requests prove nobody.",
        )],
    },
    SectionSpec {
        name: "bench",
        doc: "The bench where keys are registered.",
        keys: &[
            key(
                "key_addr",
                Kind::Ip,
                Fallback::Is("192.168.8.1"),
                "The fixed address of a key over USB-Ethernet.",
            ),
            key(
                "key_port",
                Kind::Count { min: 1, max: 65_535 },
                Fallback::Is("80"),
                "The port where a key answers.",
            ),
        ],
    },
    SectionSpec {
        name: "report",
        doc: "The two REPORT databases, for `ngondo reports`.",
        keys: LISTED_DATABASES,
    },
    SectionSpec {
        name: "tool",
        doc: "The tool itself.",
        keys: &[key(
            "state",
            Kind::Path,
            Fallback::Computed("~/.local/state/ngondo"),
            "Folder of requests that were begun and not answered yet.",
        )],
    },
];

/// The keys of an instance in LB's inventory.
pub(crate) const LISTED: &[KeySpec] = &[
    key("role", Kind::Role, Fallback::Required, "What it does."),
    key("addr", Kind::Peer, Fallback::Required, "Where it is reached."),
    key("weight", Kind::Weight, Fallback::Is("1"), "Its share against its twin's."),
    key(
        "place",
        Kind::Word(&["first", "second", "none"]),
        Fallback::Is("none"),
        "Its place in the map.",
    ),
];

/// The databases in LB's inventory.
pub(crate) const LISTED_DATABASES: &[KeySpec] = &[DATABASE_FIRST, DATABASE_SECOND];

#[cfg(test)]
mod samples;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::setting;

    fn all() -> Vec<&'static SectionSpec> {
        let own = Role::ALL.into_iter().flat_map(schema);
        COMMON.iter().chain(own).chain(TOOL).collect()
    }

    #[test]
    fn every_default_is_of_its_kind() {
        for section in all() {
            for key in section.keys {
                let Fallback::Is(text) = key.default else { continue };
                let read = setting::parse(key.kind, text, Path::new("/"));
                assert!(read.is_ok(), "[{}] {} = {text}", section.name, key.name);
            }
        }
    }

    #[test]
    fn every_section_and_key_is_documented_once() {
        for role in Role::ALL {
            let mut names: Vec<_> =
                COMMON.iter().chain(schema(role)).map(|section| section.name).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{role}");
        }
        for section in all() {
            assert!(section.doc.ends_with('.'), "[{}]", section.name);
            for key in section.keys {
                assert!(key.doc.ends_with('.'), "[{}] {}", section.name, key.name);
            }
        }
    }
}
