#!/usr/bin/env python3
"""Makes the vectors of the toki: every derivation and header of docs/toki.md, both ends.

It shares no code with crates/toki, so what both compute alike is what docs/toki.md says.

    vectors.py make  > crates/toki/tests/vectors.json
    vectors.py check crates/toki/tests/vectors.json
"""

import base64
import json
import sys

from toki import (
    agree,
    answer_canon,
    answer_header,
    answer_key,
    answers_key,
    b64,
    callee_key,
    caller_key,
    error_header,
    first_chain_key,
    full,
    java,
    legacy_key,
    legacy_toki,
    next_chain_key,
    opening,
    opening_seal_key,
    proof,
    refusal_canon,
    refusal_seal_key,
    request_canon,
    request_header,
    request_seal_key,
    seal,
    sha256,
    share,
)

ROOT = bytes(range(32))
CALLEE, CALLER, NUMBER = "aar-1", "pppx-1", 7
START = 1795190400123
REQUEST = {
    "method": "POST",
    "target": "/",
    "authority": "aar-1.example:7003",
    "content_type": "application/xml",
    "body": "<xml><app>ngondo-box</app><cmd>AUTH*</cmd></xml>",
    "cmd": "AUTH*",
    "bridge": "0199f5a4-7d2c-7c1e-8000-000000000001",
    "deadline": "1900",
}
ANSWER = {
    "status": 200,
    "content_type": "application/xml; charset=utf-8",
    "body": "<xml><cmd>R-AUTH*</cmd><result>OK</result></xml>",
}
EXPORTER = sha256(b"what TLS exports").hex()


def signed(key, request, callee, fields):
    """Fills in the seal; returns the header, its canonical text and the seal."""
    text = request_canon(request, callee, fields)
    fields["m"] = b64(seal(key, text))
    return request_header(fields), text


def answered(answers, answer, asked, fields):
    """Makes the two headers of an answer."""
    n = fields["n"]
    key = answer_key(answers, n, base64.urlsafe_b64decode(asked + "=="))
    text = answer_canon(answer, asked, fields)
    fields["m"] = b64(seal(key, text))
    return answer_header(fields), b64(proof(key)), key, text


def base(session, g, n, t):
    names = {"v": 1, "k": NUMBER, "a": CALLER, "b": CALLEE}
    return {**names, "s": b64(session), "g": g, "n": n, "t": t}


def keys_of(chain):
    return {
        "chain": chain.hex(),
        "requests": request_seal_key(chain).hex(),
        "answers": answers_key(chain).hex(),
    }


def exchange(chain, request, fields, roll=None):
    """One request within a session and its answer."""
    toki, text = signed(request_seal_key(chain), request, CALLEE, dict(fields))
    m = toki.rsplit("m=", 1)[1]
    names = {it: fields[it] for it in ("s", "g", "n")}
    reply = {"v": 1, **names, "t": fields["t"] + 2, "r": roll}
    header, key, derived, said = answered(answers_key(chain), ANSWER, m, reply)
    return {
        "request": request,
        "toki": toki,
        "canon": text.decode(),
        "answer": ANSWER,
        "answer_toki": header,
        "answer_canon": said.decode(),
        "answer_key": derived.hex(),
        "oscartokikey": key,
    }


def open_session(shared_key, session, secret, other, nonce, boot=None):
    """An opening and its answer; `secret` is None for a caller without X25519."""
    s0 = opening(shared_key, session)
    fields = base(session, 0, 1, START)
    fields["e"] = b64(share(secret)) if secret else None
    fields["c"] = b64(boot) if boot else None
    toki, text = signed(opening_seal_key(s0), REQUEST, CALLEE, fields)
    shared = agree(secret, share(other)) if secret else None
    chain = first_chain_key(s0, shared, nonce, text)
    reply = {"v": 1, "s": b64(session), "g": 1, "n": 1, "t": START + 2, "r": b64(nonce)}
    reply["e"] = b64(share(other)) if secret else None
    header, key, derived, said = answered(answers_key(chain), ANSWER, fields["m"], reply)
    made = {
        "session": session.hex(),
        "secret": secret.hex() if secret else None,
        "callee_secret": other.hex() if secret else None,
        "boot": boot.hex() if boot else None,
        "nonce": nonce.hex(),
        "shared": shared.hex() if shared else None,
        "opening": s0.hex(),
        "opening_seal_key": opening_seal_key(s0).hex(),
        "refusal_seal_key": refusal_seal_key(s0).hex(),
        "request": REQUEST,
        "toki": toki,
        "canon": text.decode(),
        "answer": ANSWER,
        "answer_toki": header,
        "answer_canon": said.decode(),
        "answer_key": derived.hex(),
        "oscartokikey": key,
        "generation": keys_of(chain),
    }
    return made, chain


def refusals(shared_key, session, toki):
    key = refusal_seal_key(opening(shared_key, session))
    cases = []
    for word, boot in (
        ("unknown-session", b64(bytes([9] * 16))),
        ("stale", None),
        ("replayed", None),
        ("bad-seal", None),
        ("bad-chain", None),
    ):
        text = refusal_canon(word, START + 5, boot, toki)
        header = error_header(word, START + 5, boot, b64(seal(key, text)))
        cases.append({"toki": toki, "canon": text.decode(), "header": header})
    return cases


def legacy_cases():
    key, cases = "a key of the original", []
    # Among a hundred times some have leading zeros, which Java prints otherwise.
    for step in range(100):
        time = str(START + step)
        python = f"{time[:10]}.{step + 1}"
        case = {"key": key, "time": time, "toki": legacy_toki(key, time)}
        case["java"] = legacy_toki(key, time, java)
        case["python"] = legacy_toki(key, python)
        case["oscartokikey"] = legacy_key(key, case["toki"], time[:7])
        case["java_key"] = legacy_key(key, case["toki"], time[:7], java)
        cases.append(case)
    differ = [it for it in cases if it["toki"] != it["java"]]
    return cases[:5] + [it for it in differ if it not in cases[:5]][:5]


def make():
    callee = callee_key(ROOT, CALLEE)
    shared_key = caller_key(callee, CALLER)
    session, small = bytes(range(16)), bytes(range(100, 116))
    secret, other = bytes([0x11] * 32), bytes([0x22] * 32)
    nonce, roll = bytes([0x33] * 16), bytes([0x44] * 16)
    opened, first = open_session(shared_key, session, secret, other, nonce)
    started, _ = open_session(shared_key, session, secret, other, nonce, bytes([9] * 16))
    tiny, _ = open_session(shared_key, small, None, other, nonce)
    fields = base(session, 1, 2, START + 1000)
    fields.update(q=1, p=opened["oscartokikey"])
    within = exchange(first, REQUEST, fields, b64(roll))
    second = next_chain_key(first, roll)
    fields = base(session, 2, 3, START + 2000)
    fields.update(q=2, p=within["oscartokikey"], x=1)
    bound = {**REQUEST, "exporter": EXPORTER}
    rolled = exchange(second, bound, fields)
    return {
        "about": "made by samples/toki/python/vectors.py; keys, secrets and nonces in hex",
        "root": ROOT.hex(),
        "callee": CALLEE,
        "caller": CALLER,
        "number": NUMBER,
        "callee_key": callee.hex(),
        "caller_key": shared_key.hex(),
        "start_ms": START,
        "opening": opened,
        "opening_after_start": started,
        "opening_without_x25519": tiny,
        "within": within,
        "roll": roll.hex(),
        "second_generation": keys_of(second),
        "rolled": rolled,
        "refusals": refusals(shared_key, session, within["toki"]),
        "legacy": legacy_cases(),
    }


def main(arguments):
    if arguments == ["make"]:
        json.dump(make(), sys.stdout, indent=1)
        print()
        return 0
    if len(arguments) == 2 and arguments[0] == "check":
        with open(arguments[1], encoding="utf-8") as file:
            same = json.load(file) == make()
        print("the vectors agree" if same else "the vectors DIFFER")
        return 0 if same else 1
    print(__doc__, file=sys.stderr)
    return 64


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
