#!/usr/bin/env node
// Toki in JavaScript: calls a service with proof in both directions, as docs/toki.md says.
//
// An ES module on WebCrypto, for browsers and Node 18 or later; the command line is Node's.
//
//     node toki.js call --file shop-1.toki --to pppx-1@127.0.0.1:8400 POST /v1/boxes/list '{}'
//     node toki.js --vectors crates/toki/tests/vectors.json
//     node toki.js legacy    (lines `make KEY TIME`, `check KEY TOKI NOW` ..., with tabs)

// Node 18 has it, but not under this name.
const { subtle, ...webcrypto } = await crypto();

async function crypto() {
  const found = globalThis.crypto ?? (await import("node:crypto")).webcrypto;
  return { subtle: found.subtle, random: (count) => found.getRandomValues(new Uint8Array(count)) };
}

// --- bytes -----------------------------------------------------------------------------

const utf8 = new TextEncoder();
const octets = (it) => (typeof it === "string" ? utf8.encode(it) : it);
const text = (bytes) => new TextDecoder().decode(bytes);
const hex = (bytes) => Array.from(bytes, (it) => it.toString(16).padStart(2, "0")).join("");
const unhex = (it) => Uint8Array.from(it.match(/../g) ?? [], (pair) => parseInt(pair, 16));

function b64(bytes) {
  const plain = btoa(String.fromCharCode(...bytes));
  return plain.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function unb64(it) {
  const plain = atob(it.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}

function join(...parts) {
  const all = parts.map(octets);
  const joined = new Uint8Array(all.reduce((sum, it) => sum + it.length, 0));
  let at = 0;
  for (const part of all) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

const sha256 = async (it) => new Uint8Array(await subtle.digest("SHA-256", octets(it)));

async function hmac(key, ...parts) {
  const kind = { name: "HMAC", hash: "SHA-256" };
  const imported = await subtle.importKey("raw", key, kind, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", imported, join(...parts)));
}

const extract = (salt, secret) => hmac(salt, secret);
const expand = (key, ...info) => hmac(key, ...info, new Uint8Array([1]));
const named = (name) => join(new Uint8Array([name.length]), name);

/** Takes the same time wherever two texts differ. */
function same(one, other) {
  let differs = one.length ^ other.length;
  for (let at = 0; at < one.length; at += 1) differs |= one.charCodeAt(at) ^ other.charCodeAt(at);
  return differs === 0;
}

// --- derivations (docs/toki.md, sections 2 and 4) ----------------------------------------

const calleeKey = (root, callee) => expand(root, "ngondo/toki/callee/1", named(callee));
const callerKey = (key, caller) => expand(key, "caller", named(caller));
const openingOf = (sharedKey, session) => extract(session, sharedKey);
const openingSealKey = (s0) => expand(s0, "open");
const refusalSealKey = (s0) => expand(s0, "err");
const nextChainKey = (chain, nonce) => extract(chain, nonce);
const requestSealKey = (chain) => expand(chain, "c2s");
const answersKey = (chain) => expand(chain, "s2c");
const proofOf = async (key) => (await hmac(key, "proof")).slice(0, 8);
const sealOf = async (key, canon) => (await hmac(key, canon)).slice(0, 16);

async function firstChainKey(s0, shared, nonce, canon) {
  const mixed = await extract(s0, shared ?? new Uint8Array(32));
  return expand(mixed, "gen 1", nonce, await sha256(canon));
}

function answerKey(answers, n, seal) {
  const count = new DataView(new ArrayBuffer(8));
  count.setBigUint64(0, BigInt(n));
  return hmac(answers, "key", new Uint8Array(count.buffer), seal);
}

// WebCrypto takes a private key of X25519 in PKCS #8 alone.
const PKCS8 = unhex("302e020100300506032b656e04220420");

const privateKey = (secret) =>
  subtle.importKey("pkcs8", join(PKCS8, secret), "X25519", true, ["deriveBits"]);

/** The public value of a secret. */
async function share(secret) {
  return unb64((await subtle.exportKey("jwk", await privateKey(secret))).x);
}

/** Throws where the result would be a constant. */
async function agree(secret, other) {
  const theirs = await subtle.importKey("raw", other, "X25519", false, []);
  const key = await privateKey(secret);
  const shared = await subtle.deriveBits({ name: "X25519", public: theirs }, key, 256);
  const bytes = new Uint8Array(shared);
  if (bytes.every((it) => it === 0)) throw new NotProved("a public value that gives a constant");
  return bytes;
}

// --- what a seal covers (docs/toki.md, section 5) ----------------------------------------

function canon(...fields) {
  const written = fields.map((field) => octets(String(field ?? "")));
  return join(...written.flatMap((bytes) => [`${bytes.length}:`, bytes, "\n"]));
}

const pick = (from, names) => names.split(" ").map((name) => from[name]);

async function requestCanon(request, callee, header) {
  return canon(
    "oscartoki/1 req",
    ...pick(request, "method target authority content_type"),
    hex(await sha256(request.body)),
    ...pick(request, "cmd bridge deadline"),
    header.a,
    callee,
    ...pick(header, "k s g n t q p e c x"),
    header.x ? request.exporter : "",
  );
}

async function answerCanon(answer, asked, header) {
  const body = hex(await sha256(answer.body));
  const about = [answer.status, answer.content_type, body, asked];
  return canon("oscartoki/1 rsp", ...about, ...pick(header, "t s g n e r"));
}

async function refusalCanon(header, toki) {
  const asked = hex(await sha256(toki));
  return canon("oscartoki/1 err", header.word, header.t, header.c, asked);
}

// --- headers (docs/toki.md, section 3) -----------------------------------------------------

function print(fields, names) {
  const there = names.split(" ").filter((name) => fields[name] !== undefined);
  return there.map((name) => `${name}=${fields[name]}`).join(";");
}

const requestHeader = (fields) => print(fields, "v k a b s g n t q p e c x m");
const answerHeader = (fields) => print(fields, "v s g n t e r m");
const errorHeader = (fields) => `${fields.word};${print(fields, "t c m")}`;

const NUMBER = "(?:0|[1-9][0-9]{0,15})";
const ANSWER = new RegExp(
  `^v=1;s=(?<s>[\\w-]{22});g=(?<g>${NUMBER});n=(?<n>${NUMBER});t=(?<t>${NUMBER})` +
    "(?:;e=(?<e>[\\w-]{43}))?(?:;r=(?<r>[\\w-]{22}))?;m=(?<m>[\\w-]{22})$",
);
const REFUSAL = new RegExp(
  `^(?<word>[a-z-]+);t=(?<t>${NUMBER})(?:;c=(?<c>[\\w-]{22}))?;m=(?<m>[\\w-]{22})$`,
);

function parse(form, header) {
  const match = form.exec(header ?? "");
  if (!match) throw new NotProved("a header is missing or not of its form");
  return match.groups;
}

// --- one caller towards one callee (docs/toki.md, sections 4 and 6) ------------------------

/** What came is not the callee's answer to this request: it must not be used. */
export class NotProved extends Error {}

/** The callee says itself that it does not take this caller's requests. */
export class Refused extends Error {}

const REOPEN_MS = 15 * 60_000;

/** Signs requests and checks answers; one call at a time. */
export class Caller {
  constructor(name, callee, number, key) {
    Object.assign(this, { name, callee, number, key, session: null, boot: undefined });
  }

  /** Returns the ticket of a request: its `header`, and what checks the answer. */
  async sign(request, nowMs) {
    if (this.session && this.session.openedMs + REOPEN_MS <= nowMs) this.session = null;
    const held = this.session;
    const fields = { v: 1, k: held?.number ?? this.number, a: this.name, b: this.callee };
    const ticket = { n: 1, generation: 0, number: fields.k };
    let key;
    if (held) {
      held.n += 1;
      Object.assign(ticket, { session: held.id, n: held.n, generation: held.generation });
      Object.assign(fields, { q: held.last.n, p: held.last.proof });
      ticket.answers = held.answers;
      key = held.requests;
    } else {
      ticket.session = webcrypto.random(16);
      ticket.secret = webcrypto.random(32);
      Object.assign(fields, { e: b64(await share(ticket.secret)), c: this.boot });
      key = await openingSealKey(await openingOf(this.key, ticket.session));
    }
    Object.assign(fields, { s: b64(ticket.session), g: ticket.generation, n: ticket.n });
    fields.t = nowMs + (this.offsetMs ?? 0);
    ticket.canon = await requestCanon(request, this.callee, fields);
    fields.m = ticket.m = b64(await sealOf(key, ticket.canon));
    ticket.header = requestHeader(fields);
    return ticket;
  }

  /** Checks `oscartoki` and `oscartokikey` of an answer; throws NotProved. */
  async verify(ticket, toki, given, answer, nowMs) {
    const header = parse(ANSWER, toki);
    const opens = ticket.generation === 0;
    if (header.s !== b64(ticket.session) || Number(header.n) !== ticket.n)
      throw new NotProved("this answers another request");
    if (Number(header.g) !== (ticket.generation || 1) || opens !== (header.e !== undefined))
      throw new NotProved("this answers another generation");
    const fresh = opens ? await this.opened(ticket, header, nowMs) : null;
    const key = await answerKey(fresh?.answers ?? ticket.answers, ticket.n, unb64(ticket.m));
    const made = b64(await sealOf(key, await answerCanon(answer, ticket.m, header)));
    const proof = b64(await proofOf(key));
    if (!same(made, header.m) || !same(proof, given ?? ""))
      throw new NotProved("the seal or the proof is not the callee's");
    this.hear(Number(header.t) - nowMs);
    if (fresh) Object.assign(this, { session: fresh, boot: undefined });
    const held = this.session;
    if (!held || b64(held.id) !== header.s) return;
    if (held.last.n < ticket.n) held.last = { n: ticket.n, proof };
    if (!opens && header.r && held.generation === ticket.generation)
      Object.assign(held, await generation(held.generation + 1, await nextChainKey(held.chain, unb64(header.r))));
  }

  /** The session that an opening's answer begins, where that answer is proved. */
  async opened(ticket, header, nowMs) {
    if (!header.r) throw new NotProved("an opening without its nonce");
    let shared;
    try {
      shared = await agree(ticket.secret, unb64(header.e));
    } catch {
      throw new NotProved("a public value that gives a constant");
    }
    const s0 = await openingOf(this.key, ticket.session);
    const chain = await firstChainKey(s0, shared, unb64(header.r), ticket.canon);
    const session = { id: ticket.session, number: ticket.number, n: 1, last: { n: 0 } };
    return { ...session, openedMs: nowMs, ...(await generation(1, chain)) };
  }

  /** Mends what a sealed refusal names; then the same request may be signed anew. */
  async refused(ticket, error, nowMs) {
    const header = parse(REFUSAL, error);
    const key = await refusalSealKey(await openingOf(this.key, ticket.session));
    const made = b64(await sealOf(key, await refusalCanon(header, ticket.header)));
    if (!same(made, header.m)) throw new NotProved("a refusal that is not the callee's");
    this.offsetMs = Number(header.t) - nowMs;
    this.boot = header.c;
    if (["unknown-session", "replayed", "bad-chain"].includes(header.word)) this.session = null;
    else if (!["stale", "bad-seal"].includes(header.word)) throw new Refused(header.word);
  }

  /** Follows the callee's clock, an eighth of the way at a time. */
  hear(heardMs) {
    this.offsetMs ??= heardMs;
    this.offsetMs += Math.trunc((heardMs - this.offsetMs) / 8);
  }
}

async function generation(number, chain) {
  const requests = await requestSealKey(chain);
  return { generation: number, chain, requests, answers: await answersKey(chain) };
}

// --- over HTTP -----------------------------------------------------------------------------

/** So often a request is signed anew. */
const AGAIN = 2;

/** Calls one service. */
export class Client {
  constructor(caller, address) {
    Object.assign(this, { caller, base: new URL(`http://${address}`) });
  }

  /** The answer, proved; throws NotProved, Refused, or what fetch does where nobody answers. */
  async call(method, target, body, contentType = "application/json") {
    const covered = { method, target, authority: this.base.host, body };
    Object.assign(covered, { content_type: body ? contentType : "", cmd: command(target) });
    let word;
    for (let again = 0; again <= AGAIN; again += 1) {
      const ticket = await this.caller.sign(covered, Date.now());
      const { answer, headers } = await this.send(covered, ticket.header);
      word = headers.get("oscartoki-error");
      if (answer.status !== 401 || word === null) {
        const pair = [headers.get("oscartoki"), headers.get("oscartokikey")];
        await this.caller.verify(ticket, ...pair, answer, Date.now());
        return { status: answer.status, body: answer.body, ticket };
      }
      await this.caller.refused(ticket, word, Date.now());
    }
    throw new Refused(word.split(";")[0]);
  }

  async send(covered, toki) {
    const { method, target, content_type: type, body } = covered;
    const headers = { oscartoki: toki, ...(type ? { "content-type": type } : {}) };
    const asked = { method, headers, redirect: "error", body: body ? octets(body) : undefined };
    const got = await fetch(new URL(target, this.base), asked);
    const answer = { status: got.status, content_type: got.headers.get("content-type") ?? "" };
    answer.body = new Uint8Array(await got.arrayBuffer());
    return { answer, headers: got.headers };
  }
}

/** The noun and verb of a path of management; a document says its own. */
function command(target) {
  const path = target.split("?")[0];
  return path.startsWith("/v1/") ? path.slice(4) : "";
}

/** Reads a principal's file: `caller NAME INSTANCE NUMBER HEX [current]`. */
export function callerOf(file, callee) {
  const lines = file.split("\n").map((line) => line.trim().split(/\s+/));
  const keys = lines.filter((it) => it[0] === "caller" && it[2] === callee);
  const marked = keys.filter((it) => it[5] === "current");
  const current = marked.length ? marked : keys;
  if (current.length !== 1) throw new Error(`no current key for ${callee}`);
  const [, name, , number, key] = current[0];
  return new Caller(name, callee, Number(number), unhex(key));
}

// --- the original form (docs/toki.md, section 8) -------------------------------------------

const reversed = (it) => Array.from(it).reverse().join("");
const full = async (it) => hex(await sha256(it));
const java = async (it) => (await full(it)).replace(/^0{0,32}/, "");

async function legacyCore(key, time, printed = full) {
  return printed(await printed(`${key} - ${time} - ${key}`));
}

async function legacyToki(key, time, printed = full) {
  const blur = (await printed(`${time}Brouillage de piste`)).slice(0, 15);
  return [reversed(time), reversed(await legacyCore(key, time, printed)), blur].join("|");
}

async function legacyKey(key, toki, time, printed = full) {
  const inner = await printed(time + (await printed(toki)) + key);
  return `${await printed(inner)}o_o${reversed(time)}`;
}

async function legacyChecks(key, toki, now) {
  const [time, core] = toki.split("|").map(reversed);
  const step = (it) => Math.floor(Number(it) / 10_000);
  return step(now) - step(time) <= 3 && same(core, await legacyCore(key, time));
}

async function legacyKeyChecks(key, toki, given) {
  return same(given, await legacyKey(key, toki, reversed(given.split("o_o")[1])));
}

/** One line of `legacy`: what the original's JavaScript client would do. */
async function legacy([verb, key, one, two]) {
  if (verb === "make") return legacyToki(key, one);
  if (verb === "make-key") return legacyKey(key, one, two.slice(0, 7));
  const checks = verb === "check" ? legacyChecks : legacyKeyChecks;
  return (await checks(key, one, two)) ? "good" : "bad";
}

// --- the vectors -----------------------------------------------------------------------------

const fieldsOf = (header) => Object.fromEntries(header.split(";").map((it) => it.split(/=(.*)/)));

/** Compares, and counts. */
class Check {
  count = 0;
  wrong = 0;

  same(name, ours, theirs) {
    this.count += 1;
    if (ours === theirs) return;
    this.wrong += 1;
    console.error(`${name}: ours ${ours}, the vector ${theirs}`);
  }

  async all(every) {
    const callee = await calleeKey(unhex(every.root), every.callee);
    this.same("callee_key", hex(callee), every.callee_key);
    const shared = await callerKey(callee, every.caller);
    this.same("caller_key", hex(shared), every.caller_key);
    for (const name of ["opening", "opening_after_start", "opening_without_x25519"])
      await this.opening(name, every, shared);
    const first = unhex(every.opening.generation.chain);
    await this.exchange("within", every, await requestSealKey(first), first);
    const second = await nextChainKey(first, unhex(every.roll));
    await this.generation("second_generation", second, every.second_generation);
    await this.exchange("rolled", every, await requestSealKey(second), second);
    for (const it of every.refusals) await this.refusal(it, unhex(every.opening.refusal_seal_key));
    for (const it of every.legacy) await this.legacy(it);
  }

  async opening(name, every, sharedKey) {
    const it = every[name];
    const s0 = await openingOf(sharedKey, unhex(it.session));
    this.same(`${name} opening`, hex(s0), it.opening);
    const key = await openingSealKey(s0);
    this.same(`${name} opening_seal_key`, hex(key), it.opening_seal_key);
    this.same(`${name} refusal_seal_key`, hex(await refusalSealKey(s0)), it.refusal_seal_key);
    let shared;
    if (it.secret) {
      const [own, other] = [unhex(it.secret), await share(unhex(it.callee_secret))];
      this.same(`${name} e`, b64(await share(own)), fieldsOf(it.toki).e);
      this.same(`${name} answer's e`, b64(other), fieldsOf(it.answer_toki).e);
      shared = await agree(own, other);
      this.same(`${name} shared`, hex(shared), it.shared);
    }
    const chain = await firstChainKey(s0, shared, unhex(it.nonce), it.canon);
    await this.generation(name, chain, it.generation);
    await this.exchange(name, every, key, chain);
  }

  async generation(name, chain, it) {
    this.same(`${name} chain`, hex(chain), it.chain);
    this.same(`${name} requests`, hex(await requestSealKey(chain)), it.requests);
    this.same(`${name} answers`, hex(await answersKey(chain)), it.answers);
  }

  async exchange(name, every, requests, chain) {
    const it = every[name];
    const asked = fieldsOf(it.toki);
    let covered = await requestCanon(it.request, every.callee, asked);
    this.same(`${name} canon`, text(covered), it.canon);
    asked.m = b64(await sealOf(requests, covered));
    this.same(`${name} toki`, requestHeader(asked), it.toki);
    const key = await answerKey(await answersKey(chain), asked.n, unb64(asked.m));
    this.same(`${name} answer_key`, hex(key), it.answer_key);
    this.same(`${name} oscartokikey`, b64(await proofOf(key)), it.oscartokikey);
    const header = fieldsOf(it.answer_toki);
    covered = await answerCanon(it.answer, asked.m, header);
    this.same(`${name} answer_canon`, text(covered), it.answer_canon);
    header.m = b64(await sealOf(key, covered));
    this.same(`${name} answer_toki`, answerHeader(header), it.answer_toki);
  }

  async refusal(it, key) {
    const header = { ...parse(REFUSAL, it.header) };
    const covered = await refusalCanon(header, it.toki);
    this.same("refusal canon", text(covered), it.canon);
    header.m = b64(await sealOf(key, covered));
    this.same("refusal", errorHeader(header), it.header);
  }

  async legacy({ key, time, toki, ...it }) {
    const python = reversed(it.python.split("|")[0]);
    this.same("legacy toki", await legacyToki(key, time), toki);
    this.same("legacy java", await legacyToki(key, time, java), it.java);
    this.same("legacy python", await legacyToki(key, python), it.python);
    this.same("legacy key", await legacyKey(key, toki, time.slice(0, 7)), it.oscartokikey);
    this.same("legacy java_key", await legacyKey(key, toki, time.slice(0, 7), java), it.java_key);
  }
}

// --- the command line ------------------------------------------------------------------------

const USAGE = `node toki.js call --file NAME.toki --to NAME@HOST:PORT [--times N] METHOD PATH [BODY]
node toki.js --vectors FILE
node toki.js legacy`;

async function calls(words, fs) {
  const options = { "--times": "2" };
  while (words[0]?.startsWith("--")) options[words.shift()] = words.shift();
  const [callee, address] = options["--to"].split("@");
  const file = fs.readFileSync(options["--file"], "utf8");
  const client = new Client(callerOf(file, callee), address);
  const [method, target, body = ""] = words;
  try {
    for (let number = 1; number <= Number(options["--times"]); number += 1) {
      const { status, body: said, ticket } = await client.call(method, target, body);
      const how = ticket.generation ? `in generation ${ticket.generation}` : "opening";
      console.log(`${number}: ${status}, proved, ${how}\n${text(said)}`);
    }
    return 0;
  } catch (fault) {
    const [word, code] =
      fault instanceof NotProved ? ["not proved", 1] : fault instanceof Refused ? ["refused", 2] : ["no answer", 3];
    console.error(`${word}: ${fault.message}`);
    return code;
  }
}

async function main(words) {
  const fs = await import("node:fs");
  if (words[0] === "call" && words.length >= 7) return calls(words.slice(1), fs);
  if (words[0] === "--vectors" && words.length === 2) {
    const check = new Check();
    await check.all(JSON.parse(fs.readFileSync(words[1], "utf8")));
    console.log(`${check.count} checked, ${check.wrong} differ`);
    return check.wrong ? 1 : 0;
  }
  if (words[0] === "legacy") {
    const lines = fs.readFileSync(0, "utf8").split("\n").filter(Boolean);
    for (const line of lines) console.log(await legacy(line.split("\t")));
    return 0;
  }
  console.error(USAGE);
  return 64;
}

if (globalThis.process?.argv?.[1]) {
  const { pathToFileURL } = await import("node:url");
  const { realpathSync } = await import("node:fs");
  const started = pathToFileURL(realpathSync(process.argv[1])).href;
  if (import.meta.url === started) process.exitCode = await main(process.argv.slice(2));
}
