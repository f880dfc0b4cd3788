#!/usr/bin/env python3
"""Toki in Python: calls a service with proof in both directions, as docs/toki.md says.

Needs Python 3.9 and `cryptography` (Debian: python3-cryptography).

    toki.py call --file shop-1.toki --to pppx-1@127.0.0.1:8400 POST /v1/boxes/list '{}'
    toki.py --vectors crates/toki/tests/vectors.json
    toki.py legacy    (lines `make KEY TIME`, `check KEY TOKI NOW` ..., with tabs)
"""

import base64
import hashlib
import hmac as hmac_module
import http.client
import json
import re
import secrets
import sys
import time

from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


# --- bytes ---------------------------------------------------------------------------


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def octets(text):
    return text if isinstance(text, bytes) else text.encode()


def sha256(data):
    return hashlib.sha256(data).digest()


def hmac(key, *parts):
    return hmac_module.new(key, b"".join(parts), hashlib.sha256).digest()


def extract(salt, secret):
    return hmac(salt, secret)


def expand(key, *info):
    return hmac(key, *info, b"\x01")


def named(name):
    return bytes([len(name)]) + name.encode()


# --- derivations (docs/toki.md, sections 2 and 4) --------------------------------------


def callee_key(root, callee):
    return expand(root, b"ngondo/toki/callee/1", named(callee))


def caller_key(key, caller):
    return expand(key, b"caller", named(caller))


def opening(shared_key, session):
    return extract(session, shared_key)


def opening_seal_key(s0):
    return expand(s0, b"open")


def refusal_seal_key(s0):
    return expand(s0, b"err")


def first_chain_key(s0, shared, nonce, canon):
    return expand(extract(s0, shared or bytes(32)), b"gen 1", nonce, sha256(canon))


def next_chain_key(chain, nonce):
    return extract(chain, nonce)


def request_seal_key(chain):
    return expand(chain, b"c2s")


def answers_key(chain):
    return expand(chain, b"s2c")


def answer_key(answers, n, seal):
    return hmac(answers, b"key", n.to_bytes(8, "big"), seal)


def proof(key):
    return hmac(key, b"proof")[:8]


def seal(key, canon):
    return hmac(key, canon)[:16]


def share(secret):
    public = X25519PrivateKey.from_private_bytes(secret).public_key()
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def agree(secret, other):
    """Raises ValueError where the result would be a constant."""
    private = X25519PrivateKey.from_private_bytes(secret)
    return private.exchange(X25519PublicKey.from_public_bytes(other))


# --- what a seal covers (docs/toki.md, section 5) --------------------------------------


def canon(*fields):
    text = b""
    for field in fields:
        data = ("" if field is None else str(field)).encode()
        text += str(len(data)).encode() + b":" + data + b"\n"
    return text


def request_canon(request, callee, header):
    names = ("k", "s", "g", "n", "t", "q", "p", "e", "c", "x")
    return canon(
        "oscartoki/1 req",
        *(request[it] for it in ("method", "target", "authority", "content_type")),
        sha256(octets(request["body"])).hex(),
        *(request[it] for it in ("cmd", "bridge", "deadline")),
        header["a"],
        callee,
        *(header.get(it) for it in names),
        request.get("exporter") if header.get("x") else None,
    )


def answer_canon(answer, asked, header):
    return canon(
        "oscartoki/1 rsp",
        answer["status"],
        answer["content_type"],
        sha256(octets(answer["body"])).hex(),
        asked,
        *(header.get(it) for it in ("t", "s", "g", "n", "e", "r")),
    )


def refusal_canon(word, time_ms, boot, toki):
    return canon("oscartoki/1 err", word, time_ms, boot, sha256(toki.encode()).hex())


# --- headers (docs/toki.md, section 3) ---------------------------------------------------


def request_header(fields):
    names = ("v", "k", "a", "b", "s", "g", "n", "t", "q", "p", "e", "c", "x", "m")
    return ";".join(f"{it}={fields[it]}" for it in names if fields.get(it) is not None)


def answer_header(fields):
    names = ("v", "s", "g", "n", "t", "e", "r", "m")
    return ";".join(f"{it}={fields[it]}" for it in names if fields.get(it) is not None)


def error_header(word, time_ms, boot, m):
    return f"{word};t={time_ms}" + (f";c={boot}" if boot else "") + f";m={m}"


NUMBER = "(0|[1-9][0-9]{0,15})"
ANSWER = re.compile(
    "v=1;s=(?P<s>[\\w-]{22})"
    f";g=(?P<g>{NUMBER});n=(?P<n>{NUMBER});t=(?P<t>{NUMBER})"
    "(;e=(?P<e>[\\w-]{43}))?(;r=(?P<r>[\\w-]{22}))?;m=(?P<m>[\\w-]{22})",
    re.ASCII,
)
REFUSAL = re.compile(
    f"(?P<word>[a-z-]+);t=(?P<t>{NUMBER})(;c=(?P<c>[\\w-]{{22}}))?;m=(?P<m>[\\w-]{{22}})",
    re.ASCII,
)


def parse(form, text):
    match = form.fullmatch(text or "")
    if not match:
        raise NotProved("a header is missing or not of its form")
    return match.groupdict()


# --- one caller towards one callee (docs/toki.md, sections 4 and 6) ----------------------


class NotProved(Exception):
    """What came is not the callee's answer to this request: it must not be used."""


class Refused(Exception):
    """The callee says itself that it does not take this caller's requests."""


class Session:
    """What both ends know: the chain key of a generation, and the last proof seen."""

    def __init__(self, ident, number, chain, opened_ms):
        self.ident, self.number, self.opened_ms = ident, number, opened_ms
        self.n, self.generation, self.last = 1, 0, (0, None)
        self.roll(chain)

    def roll(self, chain):
        self.chain, self.generation = chain, self.generation + 1
        self.requests, self.answers = request_seal_key(chain), answers_key(chain)


class Caller:
    """Signs requests and checks answers; for one thread."""

    REOPEN_MS = 15 * 60_000

    def __init__(self, name, callee, number, key):
        self.name, self.callee, self.number, self.key = name, callee, number, key
        self.session, self.offset_ms, self.boot = None, None, None

    def sign(self, request, now_ms):
        """Returns the header, and the ticket that checks the answer."""
        held = self.session
        if held and held.opened_ms + self.REOPEN_MS <= now_ms:
            held = self.session = None
        ticket = {"secret": None, "generation": 0, "n": 1}
        fields = {"v": 1, "k": self.number, "a": self.name, "b": self.callee}
        fields["t"] = now_ms + (self.offset_ms or 0)
        if held:
            held.n += 1
            fields.update(k=held.number, s=b64(held.ident), g=held.generation, n=held.n)
            fields.update(q=held.last[0], p=held.last[1])
            ticket.update(session=held.ident, n=held.n, generation=held.generation)
            ticket.update(answers=held.answers)
            key = held.requests
        else:
            ident, secret = secrets.token_bytes(16), secrets.token_bytes(32)
            fields.update(s=b64(ident), g=0, n=1, e=b64(share(secret)), c=self.boot)
            ticket.update(session=ident, secret=secret)
            key = opening_seal_key(opening(self.key, ident))
        text = request_canon(request, self.callee, fields)
        fields["m"] = b64(seal(key, text))
        ticket.update(canon=text, m=fields["m"], header=request_header(fields))
        return ticket["header"], ticket

    def verify(self, ticket, headers, answer, now_ms):
        """Checks `oscartoki` and `oscartokikey` of an answer; raises NotProved."""
        header = parse(ANSWER, headers[0])
        opens = ticket["generation"] == 0
        if header["s"] != b64(ticket["session"]) or header["n"] != str(ticket["n"]):
            raise NotProved("this answers another request")
        if header["g"] != str(ticket["generation"] or 1) or opens != bool(header["e"]):
            raise NotProved("this answers another generation")
        fresh = None
        if opens:
            fresh = self.opened(ticket, header, now_ms)
        answers = fresh.answers if fresh else ticket["answers"]
        key = answer_key(answers, ticket["n"], unb64(ticket["m"]))
        made = b64(seal(key, answer_canon(answer, ticket["m"], header)))
        shown = b64(proof(key))
        sealed = hmac_module.compare_digest(made, header["m"])
        if not hmac_module.compare_digest(shown, (headers[1] or "").strip()) or not sealed:
            raise NotProved("the seal or the proof is not the callee's")
        self.hear(int(header["t"]) - now_ms)
        if fresh:
            self.session, self.boot = fresh, None
        held = self.session
        if not held or held.ident != ticket["session"]:
            return
        if held.last[0] < ticket["n"]:
            held.last = (ticket["n"], shown)
        if not opens and header["r"] and held.generation == ticket["generation"]:
            held.roll(next_chain_key(held.chain, unb64(header["r"])))

    def opened(self, ticket, header, now_ms):
        """The session that an opening's answer begins, where that answer is proved."""
        if not header["r"]:
            raise NotProved("an opening without its nonce")
        try:
            shared = agree(ticket["secret"], unb64(header["e"]))
        except ValueError as fault:
            raise NotProved("a public value that gives a constant") from fault
        s0 = opening(self.key, ticket["session"])
        chain = first_chain_key(s0, shared, unb64(header["r"]), ticket["canon"])
        return Session(ticket["session"], self.number, chain, now_ms)

    def refused(self, ticket, error, now_ms):
        """Mends what a sealed refusal names; then the same request may be signed anew."""
        header = parse(REFUSAL, error)
        key = refusal_seal_key(opening(self.key, ticket["session"]))
        text = refusal_canon(header["word"], header["t"], header["c"], ticket["header"])
        if not hmac_module.compare_digest(b64(seal(key, text)), header["m"]):
            raise NotProved("a refusal that is not the callee's")
        self.offset_ms, self.boot = int(header["t"]) - now_ms, header["c"]
        if header["word"] in ("unknown-session", "replayed", "bad-chain"):
            self.session = None
        elif header["word"] not in ("stale", "bad-seal"):
            raise Refused(header["word"])

    def hear(self, heard_ms):
        """Follows the callee's clock, an eighth of the way at a time."""
        if self.offset_ms is None:
            self.offset_ms = heard_ms
        self.offset_ms += (heard_ms - self.offset_ms) // 8


# --- over HTTP ---------------------------------------------------------------------------


class Client:
    """Calls one service over one connection."""

    AGAIN = 2

    def __init__(self, caller, address):
        self.caller, self.address = caller, address
        self.connection = http.client.HTTPConnection(address, timeout=10)

    def call(self, method, target, body, content_type="application/json"):
        """Returns status, body and the ticket of an answer that is proved.

        Raises NotProved, Refused, or OSError where nobody answers.
        """
        covered = {"method": method, "target": target, "authority": self.address}
        covered.update(content_type=content_type if body else "", body=body)
        covered.update(cmd=command(target), bridge="", deadline="")
        for again in range(self.AGAIN + 1):
            now_ms = time.time_ns() // 1_000_000
            toki, ticket = self.caller.sign(covered, now_ms)
            answer, headers = self.send(covered, toki)
            now_ms = time.time_ns() // 1_000_000
            word = headers.get("oscartoki-error")
            if answer["status"] != 401 or word is None:
                pair = headers.get("oscartoki"), headers.get("oscartokikey")
                self.caller.verify(ticket, pair, answer, now_ms)
                return answer["status"], answer["body"], ticket
            self.caller.refused(ticket, word, now_ms)
        raise Refused(word.split(";")[0])

    def send(self, covered, toki):
        headers = {"Host": self.address, "oscartoki": toki}
        if covered["content_type"]:
            headers["Content-Type"] = covered["content_type"]
        body = octets(covered["body"])
        self.connection.request(covered["method"], covered["target"], body, headers)
        got = self.connection.getresponse()
        answer = {"status": got.status, "body": got.read()}
        answer["content_type"] = got.getheader("content-type", "")
        return answer, got.headers


def command(target):
    """The noun and verb of a path of management; a document says its own."""
    path = target.split("?")[0]
    return path[4:] if path.startswith("/v1/") else ""


def caller_of(path, callee):
    """Reads a principal's file: `caller NAME INSTANCE NUMBER HEX [current]`."""
    with open(path, encoding="utf-8") as file:
        lines = [line.split() for line in file]
    keys = [it for it in lines if it[:1] == ["caller"] and it[2] == callee]
    current = [it for it in keys if it[5:] == ["current"]] or keys
    if len(current) != 1:
        raise SystemExit(f"{path}: no current key for {callee}")
    _, name, _, number, key = current[0][:5]
    return Caller(name, callee, int(number), bytes.fromhex(key))


# --- the original form (docs/toki.md, section 8) -----------------------------------------


def full(data):
    return hashlib.sha256(data).hexdigest()


def java(data):
    return format(int(full(data), 16), "x").rjust(32, "0")


def legacy_core(key, time, print_hash=full):
    inner = f"{key} - {time} - {key}".encode()
    return print_hash(print_hash(inner).encode())


def legacy_toki(key, time, print_hash=full):
    blur = print_hash(f"{time}Brouillage de piste".encode())[:15]
    return "|".join((time[::-1], legacy_core(key, time, print_hash)[::-1], blur))


def legacy_key(key, toki, time, print_hash=full):
    inner = (time + print_hash(toki.encode()) + key).encode()
    return print_hash(print_hash(inner).encode()) + "o_o" + time[::-1]


def legacy_checks(key, toki, now):
    reversed_time, core, _ = toki.split("|")
    stamp = reversed_time[::-1]
    fresh = int(now) // 10_000 - int(stamp[:9]) <= 3
    return fresh and hmac_module.compare_digest(core, legacy_core(key, stamp)[::-1])


def legacy_key_checks(key, toki, given):
    stamp = given.split("o_o")[1][::-1]
    return hmac_module.compare_digest(given, legacy_key(key, toki, stamp))


def legacy(words):
    """One line of `legacy`: what the original's Python client would do."""
    verb, key, *rest = words
    if verb == "make":
        # Python's time is of seconds.
        return legacy_toki(key, f"{rest[0][:-3]}.{rest[0][-3:]}")
    if verb == "check":
        return "good" if legacy_checks(key, *rest) else "bad"
    if verb == "make-key":
        return legacy_key(key, rest[0], rest[1][:7])
    return "good" if legacy_key_checks(key, *rest) else "bad"


# --- the vectors ---------------------------------------------------------------------------


class Check:
    """Compares, and counts."""

    def __init__(self):
        self.count = self.wrong = 0

    def same(self, name, ours, theirs):
        ours = ours.hex() if isinstance(ours, bytes) else ours
        self.count += 1
        if ours != theirs:
            self.wrong += 1
            print(f"{name}: ours {ours!r}, the vector {theirs!r}", file=sys.stderr)

    def all(self, every):
        root = bytes.fromhex(every["root"])
        callee = callee_key(root, every["callee"])
        self.same("callee_key", callee, every["callee_key"])
        shared = caller_key(callee, every["caller"])
        self.same("caller_key", shared, every["caller_key"])
        for name in ("opening", "opening_after_start", "opening_without_x25519"):
            self.opening(name, every, shared)
        first = bytes.fromhex(every["opening"]["generation"]["chain"])
        self.exchange("within", every, request_seal_key(first), first)
        second = next_chain_key(first, bytes.fromhex(every["roll"]))
        self.generation("second_generation", second, every["second_generation"])
        self.exchange("rolled", every, request_seal_key(second), second)
        key = bytes.fromhex(every["opening"]["refusal_seal_key"])
        for case in every["refusals"]:
            header = parse(REFUSAL, case["header"])
            text = refusal_canon(header["word"], header["t"], header["c"], case["toki"])
            self.same("refusal canon", text.decode(), case["canon"])
            m = b64(seal(key, text))
            made = error_header(header["word"], header["t"], header["c"], m)
            self.same("refusal", made, case["header"])
        for case in every["legacy"]:
            self.legacy(case)

    def opening(self, name, every, shared_key):
        case = every[name]
        session, nonce = bytes.fromhex(case["session"]), bytes.fromhex(case["nonce"])
        s0 = opening(shared_key, session)
        self.same(f"{name} opening", s0, case["opening"])
        key = opening_seal_key(s0)
        self.same(f"{name} opening_seal_key", key, case["opening_seal_key"])
        self.same(f"{name} refusal_seal_key", refusal_seal_key(s0), case["refusal_seal_key"])
        shared = None
        if case["secret"]:
            own, other = bytes.fromhex(case["secret"]), bytes.fromhex(case["callee_secret"])
            self.same(f"{name} e", b64(share(own)), fields_of(case["toki"])["e"])
            self.same(f"{name} answer's e", b64(share(other)), fields_of(case["answer_toki"])["e"])
            shared = agree(own, share(other))
            self.same(f"{name} shared", shared, case["shared"])
        chain = first_chain_key(s0, shared, nonce, case["canon"].encode())
        self.generation(name, chain, case["generation"])
        self.exchange(name, every, key, chain)

    def generation(self, name, chain, case):
        self.same(f"{name} chain", chain, case["chain"])
        self.same(f"{name} requests", request_seal_key(chain), case["requests"])
        self.same(f"{name} answers", answers_key(chain), case["answers"])

    def exchange(self, name, every, requests, chain):
        case = every[name]
        fields = fields_of(case["toki"])
        text = request_canon(case["request"], every["callee"], fields)
        self.same(f"{name} canon", text.decode(), case["canon"])
        fields["m"] = b64(seal(requests, text))
        self.same(f"{name} toki", request_header(fields), case["toki"])
        key = answer_key(answers_key(chain), int(fields["n"]), unb64(fields["m"]))
        self.same(f"{name} answer_key", key, case["answer_key"])
        self.same(f"{name} oscartokikey", b64(proof(key)), case["oscartokikey"])
        header = fields_of(case["answer_toki"])
        text = answer_canon(case["answer"], fields["m"], header)
        self.same(f"{name} answer_canon", text.decode(), case["answer_canon"])
        header["m"] = b64(seal(key, text))
        self.same(f"{name} answer_toki", answer_header(header), case["answer_toki"])

    def legacy(self, case):
        key, time, toki = case["key"], case["time"], case["toki"]
        python = case["python"].split("|")[0][::-1]
        self.same("legacy toki", legacy_toki(key, time), toki)
        self.same("legacy java", legacy_toki(key, time, java), case["java"])
        self.same("legacy python", legacy_toki(key, python), case["python"])
        self.same("legacy key", legacy_key(key, toki, time[:7]), case["oscartokikey"])
        self.same("legacy java_key", legacy_key(key, toki, time[:7], java), case["java_key"])


def fields_of(header):
    return dict(field.split("=", 1) for field in header.split(";"))


# --- the command line ----------------------------------------------------------------------


def call(words):
    options = {"--times": "2"}
    while words[:1] and words[0].startswith("--"):
        options[words[0]], words = words[1], words[2:]
    callee, address = options["--to"].split("@")
    client = Client(caller_of(options["--file"], callee), address)
    method, target, body = (words + [""])[:3]
    try:
        for number in range(int(options["--times"])):
            status, text, ticket = client.call(method, target, body)
            how = f"in generation {ticket['generation']}" if ticket["generation"] else "opening"
            print(f"{number + 1}: {status}, proved, {how}\n{text.decode()}")
        return 0
    except NotProved as fault:
        print(f"not proved: {fault}", file=sys.stderr)
        return 1
    except Refused as fault:
        print(f"refused: {fault}", file=sys.stderr)
        return 2
    except OSError as fault:
        print(f"no answer: {fault}", file=sys.stderr)
        return 3


def vectors(path):
    check = Check()
    with open(path, encoding="utf-8") as file:
        check.all(json.load(file))
    print(f"{check.count} checked, {check.wrong} differ")
    return 1 if check.wrong else 0


def main(words):
    if words[:1] == ["call"] and len(words) >= 7:
        return call(words[1:])
    if words[:1] == ["--vectors"] and len(words) == 2:
        return vectors(words[1])
    if words == ["legacy"]:
        for line in sys.stdin:
            print(legacy(line.rstrip("\n").split("\t")))
        return 0
    print(__doc__, file=sys.stderr)
    return 64


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
