// NOT RUN: written by docs/toki.md, and neither compiled nor run by whoever keeps this repository.
// Run `--vectors` first: it says whether what is computed here is what docs/toki.md says.
//
// Toki in Swift: calls a service with proof in both directions.
// Needs Swift 5.7 and CryptoKit (macOS 13, iOS 16).
//
//     swiftc -o toki -parse-as-library Toki.swift
//     toki call --file shop-1.toki --to pppx-1@127.0.0.1:8400 POST /v1/boxes/list '{}'
//     toki --vectors crates/toki/tests/vectors.json

import CryptoKit
import Foundation

/// A header's fields, or a request's or an answer's, by their names.
public typealias Fields = [String: String]

/// What came is not the callee's answer to this request: it must not be used.
public struct NotProved: Error { let why: String }

/// The callee says itself that it does not take this caller's requests.
public struct Refused: Error { let word: String }

// MARK: - bytes

func b64(_ data: Data) -> String {
    data.base64EncodedString().replacingOccurrences(of: "+", with: "-")
        .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
}

func unb64(_ text: String) -> Data {
    let plain = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
    return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4)) ?? Data()
}

func hex(_ data: Data) -> String { data.map { String(format: "%02x", $0) }.joined() }

func unhex(_ text: String) -> Data {
    let digits = Array(text)
    let pairs = stride(from: 0, to: digits.count - 1, by: 2)
    return Data(pairs.compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) })
}

func utf8(_ text: String) -> Data { Data(text.utf8) }
func sha256(_ data: Data) -> Data { Data(SHA256.hash(data: data)) }

func hmac(_ key: Data, _ parts: Data...) -> Data {
    var mac = HMAC<SHA256>(key: SymmetricKey(data: key))
    parts.forEach { mac.update(data: $0) }
    return Data(mac.finalize())
}

func extract(_ salt: Data, _ secret: Data) -> Data { hmac(salt, secret) }
func expand(_ key: Data, _ info: Data) -> Data { hmac(key, info, Data([1])) }
func named(_ name: String) -> Data { Data([UInt8(name.utf8.count)]) + utf8(name) }

func random(_ count: Int) -> Data {
    var generator = SystemRandomNumberGenerator()
    return Data((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
}

/// Takes the same time wherever two texts differ.
func same(_ one: String, _ other: String) -> Bool {
    let (one, other) = (Array(one.utf8), Array(other.utf8))
    guard one.count == other.count else { return false }
    return zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}

// MARK: - derivations (docs/toki.md, sections 2 and 4)

func calleeKey(_ root: Data, _ callee: String) -> Data { expand(root, utf8("ngondo/toki/callee/1") + named(callee)) }
func callerKey(_ key: Data, _ caller: String) -> Data { expand(key, utf8("caller") + named(caller)) }
func opening(_ sharedKey: Data, _ session: Data) -> Data { extract(session, sharedKey) }
func openingSealKey(_ s0: Data) -> Data { expand(s0, utf8("open")) }
func refusalSealKey(_ s0: Data) -> Data { expand(s0, utf8("err")) }
func nextChainKey(_ chain: Data, _ nonce: Data) -> Data { extract(chain, nonce) }
func requestSealKey(_ chain: Data) -> Data { expand(chain, utf8("c2s")) }
func answersKey(_ chain: Data) -> Data { expand(chain, utf8("s2c")) }
func proof(_ key: Data) -> Data { hmac(key, utf8("proof")).prefix(8) }
func seal(_ key: Data, _ canon: Data) -> Data { hmac(key, canon).prefix(16) }

func firstChainKey(_ s0: Data, _ shared: Data?, _ nonce: Data, _ canon: Data) -> Data {
    let mixed = extract(s0, shared ?? Data(count: 32))
    return expand(mixed, utf8("gen 1") + nonce + sha256(canon))
}

func answerKey(_ answers: Data, _ n: UInt64, _ seal: Data) -> Data {
    let count = withUnsafeBytes(of: n.bigEndian) { Data($0) }
    return hmac(answers, utf8("key"), count, seal)
}

func share(_ secret: Data) throws -> Data {
    try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: secret).publicKey.rawRepresentation
}

/// Throws where the result would be a constant.
func agree(_ secret: Data, _ other: Data) throws -> Data {
    let own = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: secret)
    let theirs = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: other)
    let shared = try own.sharedSecretFromKeyAgreement(with: theirs).withUnsafeBytes { Data($0) }
    guard shared.contains(where: { $0 != 0 }) else { throw NotProved(why: "a public value that gives a constant") }
    return shared
}

// MARK: - what a seal covers (docs/toki.md, section 5)

func canon(_ fields: [String?]) -> Data {
    fields.map { $0 ?? "" }.reduce(into: Data()) { $0 += utf8("\($1.utf8.count):\($1)\n") }
}

func pick(_ from: Fields, _ names: String) -> [String?] { names.split(separator: " ").map { from[String($0)] } }

func requestCanon(_ request: Fields, _ body: Data, _ callee: String, _ header: Fields) -> Data {
    let about: [String?] = ["oscartoki/1 req"] + pick(request, "method target authority content_type")
    let inside = [hex(sha256(body))] + pick(request, "cmd bridge deadline") + [header["a"], callee]
    let exporter = header["x"] == nil ? nil : request["exporter"]
    return canon(about + inside + pick(header, "k s g n t q p e c x") + [exporter])
}

func answerCanon(_ answer: Fields, _ body: Data, _ asked: String, _ header: Fields) -> Data {
    let about: [String?] = ["oscartoki/1 rsp"] + pick(answer, "status content_type")
    return canon(about + [hex(sha256(body)), asked] + pick(header, "t s g n e r"))
}

func refusalCanon(_ header: Fields, _ toki: String) -> Data {
    canon(["oscartoki/1 err"] + pick(header, "word t c") + [hex(sha256(utf8(toki)))])
}

// MARK: - headers (docs/toki.md, section 3)

func print(_ fields: Fields, _ names: String) -> String {
    names.split(separator: " ").compactMap { name in fields[String(name)].map { "\(name)=\($0)" } }
        .joined(separator: ";")
}

let requestFields = "v k a b s g n t q p e c x m"
let answerFields = "v s g n t e r m"
private let number = "(?:0|[1-9][0-9]{0,15})"
private let answerForm = "^v=1;s=(?<s>[A-Za-z0-9_-]{22});g=(?<g>\(number));n=(?<n>\(number));t=(?<t>\(number))"
    + "(?:;e=(?<e>[A-Za-z0-9_-]{43}))?(?:;r=(?<r>[A-Za-z0-9_-]{22}))?;m=(?<m>[A-Za-z0-9_-]{22})\\z"
private let refusalForm = "^(?<word>[a-z-]+);t=(?<t>\(number))(?:;c=(?<c>[A-Za-z0-9_-]{22}))?"
    + ";m=(?<m>[A-Za-z0-9_-]{22})\\z"

func parse(_ form: String, _ names: String, _ header: String?) throws -> Fields {
    let header = header ?? ""
    let whole = NSRange(header.startIndex..., in: header)
    guard let match = try NSRegularExpression(pattern: form).firstMatch(in: header, range: whole) else {
        throw NotProved(why: "a header is missing or not of its form")
    }
    return names.split(separator: " ").reduce(into: Fields()) { fields, name in
        let range = Range(match.range(withName: String(name)), in: header)
        fields[String(name)] = range.map { String(header[$0]) }
    }
}

// MARK: - one caller towards one callee (docs/toki.md, sections 4 and 6)

/// What both ends of an open session know.
private struct Session {
    let id: Data
    let openedMs: Int64
    var n: UInt64 = 1
    var last: (n: UInt64, proof: String) = (0, "")
    var generation = 0
    var chain = Data()
    var requests = Data()
    var answers = Data()

    init(id: Data, chain: Data, openedMs: Int64) {
        (self.id, self.openedMs) = (id, openedMs)
        roll(chain)
    }

    mutating func roll(_ chain: Data) {
        (self.chain, generation) = (chain, generation + 1)
        (requests, answers) = (requestSealKey(chain), answersKey(chain))
    }
}

/// What checks the answer to one request.
public struct Ticket {
    public var header = ""
    public var generation = 0
    var n: UInt64 = 1
    var session = Data()
    var secret = Data()
    var answers = Data()
    var canon = Data()
    var seal = ""
}

/// Signs requests and checks answers; for one thread.
public final class Caller {
    private static let reopenMs: Int64 = 15 * 60_000
    private let name, callee, number: String
    private let key: Data
    private var session: Session?
    private var offsetMs: Int64?
    private var boot: String?

    public init(name: String, callee: String, number: String, key: Data) {
        (self.name, self.callee, self.number, self.key) = (name, callee, number, key)
    }

    /// Reads a principal's file: `caller NAME INSTANCE NUMBER HEX [current]`.
    public static func of(_ file: String, _ callee: String) throws -> Caller {
        let lines = file.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        let keys = lines.filter { $0.count >= 5 && $0[0] == "caller" && $0[2] == callee }
        let marked = keys.filter { $0.count > 5 && $0[5] == "current" }
        let current = marked.isEmpty ? keys : marked
        guard current.count == 1 else { throw CocoaError(.fileReadCorruptFile) }
        let it = current[0]
        return Caller(name: it[1], callee: callee, number: it[3], key: unhex(it[4]))
    }

    public func sign(_ request: Fields, _ body: Data, _ nowMs: Int64) throws -> Ticket {
        if let held = session, held.openedMs + Self.reopenMs <= nowMs { session = nil }
        var fields: Fields = ["v": "1", "k": number, "a": name, "b": callee]
        var ticket = Ticket()
        let sealKey: Data
        if var held = session {
            held.n += 1
            session = held
            (ticket.session, ticket.n) = (held.id, held.n)
            (ticket.generation, ticket.answers) = (held.generation, held.answers)
            (fields["q"], fields["p"]) = (String(held.last.n), held.last.proof)
            sealKey = held.requests
        } else {
            (ticket.session, ticket.secret) = (random(16), random(32))
            (fields["e"], fields["c"]) = (b64(try share(ticket.secret)), boot)
            sealKey = openingSealKey(opening(key, ticket.session))
        }
        (fields["s"], fields["g"]) = (b64(ticket.session), String(ticket.generation))
        (fields["n"], fields["t"]) = (String(ticket.n), String(nowMs + (offsetMs ?? 0)))
        ticket.canon = requestCanon(request, body, callee, fields)
        ticket.seal = b64(seal(sealKey, ticket.canon))
        fields["m"] = ticket.seal
        ticket.header = print(fields, requestFields)
        return ticket
    }

    /// Checks `oscartoki` and `oscartokikey` of an answer; throws NotProved.
    public func verify(_ ticket: Ticket, _ toki: String?, _ given: String?, _ answer: Fields, _ body: Data,
                       _ nowMs: Int64) throws {
        let header = try parse(answerForm, "s g n t e r m", toki)
        let opens = ticket.generation == 0
        guard header["s"] == b64(ticket.session), header["n"] == String(ticket.n) else {
            throw NotProved(why: "this answers another request")
        }
        guard header["g"] == String(max(1, ticket.generation)), opens == (header["e"] != nil) else {
            throw NotProved(why: "this answers another generation")
        }
        let fresh = opens ? try opened(ticket, header, nowMs) : nil
        let key = answerKey(fresh?.answers ?? ticket.answers, ticket.n, unb64(ticket.seal))
        let made = b64(seal(key, answerCanon(answer, body, ticket.seal, header)))
        let shown = b64(proof(key))
        guard same(made, header["m"] ?? ""), same(shown, given ?? "") else {
            throw NotProved(why: "the seal or the proof is not the callee's")
        }
        hear((Int64(header["t"] ?? "") ?? nowMs) - nowMs)
        if let fresh = fresh { (session, boot) = (fresh, nil) }
        guard var held = session, held.id == ticket.session else { return }
        if held.last.n < ticket.n { held.last = (ticket.n, shown) }
        if !opens, let nonce = header["r"], held.generation == ticket.generation {
            held.roll(nextChainKey(held.chain, unb64(nonce)))
        }
        session = held
    }

    /// The session that an opening's answer begins, where that answer is proved.
    private func opened(_ ticket: Ticket, _ header: Fields, _ nowMs: Int64) throws -> Session {
        guard let nonce = header["r"], let theirs = header["e"] else {
            throw NotProved(why: "an opening without its nonce")
        }
        guard let shared = try? agree(ticket.secret, unb64(theirs)) else {
            throw NotProved(why: "a public value that gives a constant")
        }
        let chain = firstChainKey(opening(key, ticket.session), shared, unb64(nonce), ticket.canon)
        return Session(id: ticket.session, chain: chain, openedMs: nowMs)
    }

    /// Mends what a sealed refusal names; then the same request may be signed anew.
    public func refused(_ ticket: Ticket, _ error: String, _ nowMs: Int64) throws {
        let header = try parse(refusalForm, "word t c m", error)
        let made = b64(seal(refusalSealKey(opening(key, ticket.session)), refusalCanon(header, ticket.header)))
        guard same(made, header["m"] ?? "") else { throw NotProved(why: "a refusal that is not the callee's") }
        (offsetMs, boot) = ((Int64(header["t"] ?? "") ?? nowMs) - nowMs, header["c"])
        switch header["word"] {
        case "unknown-session", "replayed", "bad-chain": session = nil
        case "stale", "bad-seal": break
        default: throw Refused(word: header["word"] ?? "")
        }
    }

    /// Follows the callee's clock, an eighth of the way at a time.
    private func hear(_ heardMs: Int64) {
        let offset = offsetMs ?? heardMs
        offsetMs = offset + (heardMs - offset) / 8
    }
}

// MARK: - over HTTP

/// Calls one service.
public final class Client {
    private static let again = 2
    private let caller: Caller
    private let address: String
    private let http = URLSession(configuration: .ephemeral)

    public init(_ caller: Caller, _ address: String) { (self.caller, self.address) = (caller, address) }

    private var nowMs: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

    /// Status, body and ticket of an answer that is proved.
    public func call(_ method: String, _ target: String, _ body: String) async throws -> (Int, Data, Ticket) {
        // URLSession sends no port that HTTP has anyway.
        let authority = address.hasSuffix(":80") ? String(address.dropLast(3)) : address
        let path = target.split(separator: "?", omittingEmptySubsequences: false)[0]
        let covered: Fields = [
            "method": method, "target": target, "authority": authority,
            "content_type": body.isEmpty ? "" : "application/json",
            "cmd": path.hasPrefix("/v1/") ? String(path.dropFirst(4)) : "",
        ]
        var word = ""
        for _ in 0...Self.again {
            let ticket = try caller.sign(covered, utf8(body), nowMs)
            let (said, got) = try await send(covered, utf8(body), ticket.header)
            guard got.statusCode == 401, let error = got.value(forHTTPHeaderField: "oscartoki-error") else {
                let type = got.value(forHTTPHeaderField: "content-type") ?? ""
                let answer: Fields = ["status": String(got.statusCode), "content_type": type]
                let toki = got.value(forHTTPHeaderField: "oscartoki")
                let given = got.value(forHTTPHeaderField: "oscartokikey")
                try caller.verify(ticket, toki, given, answer, said, nowMs)
                return (got.statusCode, said, ticket)
            }
            word = error
            try caller.refused(ticket, error, nowMs)
        }
        throw Refused(word: String(word.split(separator: ";")[0]))
    }

    private func send(_ covered: Fields, _ body: Data, _ toki: String) async throws -> (Data, HTTPURLResponse) {
        guard let url = URL(string: "http://\(address)\(covered["target"] ?? "/")") else { throw URLError(.badURL) }
        var asked = URLRequest(url: url, timeoutInterval: 10)
        asked.httpMethod = covered["method"]
        asked.httpBody = body.isEmpty ? nil : body
        asked.setValue(toki, forHTTPHeaderField: "oscartoki")
        if !body.isEmpty { asked.setValue(covered["content_type"], forHTTPHeaderField: "content-type") }
        let (said, got) = try await http.data(for: asked)
        guard let got = got as? HTTPURLResponse else { throw URLError(.badServerResponse) }
        return (said, got)
    }
}

// MARK: - the vectors

/// Compares, and counts.
private struct Check {
    typealias Case = [String: Any]
    var count = 0
    var wrong = 0

    mutating func same(_ name: String, _ ours: String, _ theirs: Any?) {
        count += 1
        if ours != theirs as? String {
            wrong += 1
            Swift.print("\(name): ours \(ours), the vector \(theirs ?? "")")
        }
    }

    func bytes(_ from: Case, _ name: String) -> Data { unhex(from[name] as? String ?? "") }
    func map(_ from: Case, _ name: String) -> Case { from[name] as? Case ?? [:] }
    func text(_ from: Case, _ name: String) -> String { (from[name]).map { "\($0)" } ?? "" }

    func fields(_ from: Case, _ name: String) -> Fields {
        let all = text(from, name).split(separator: ";").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        return Dictionary(uniqueKeysWithValues: all.map { ($0[0], $0[1]) })
    }

    func plain(_ from: Case) -> Fields { from.mapValues { "\($0)" } }

    mutating func all(_ every: Case) throws {
        let callee = calleeKey(bytes(every, "root"), text(every, "callee"))
        same("callee_key", hex(callee), every["callee_key"])
        let shared = callerKey(callee, text(every, "caller"))
        same("caller_key", hex(shared), every["caller_key"])
        for name in ["opening", "opening_after_start", "opening_without_x25519"] { try opened(name, every, shared) }
        let first = bytes(map(map(every, "opening"), "generation"), "chain")
        exchange("within", every, requestSealKey(first), first)
        let second = nextChainKey(first, bytes(every, "roll"))
        generation("second_generation", second, map(every, "second_generation"))
        exchange("rolled", every, requestSealKey(second), second)
        let key = bytes(map(every, "opening"), "refusal_seal_key")
        for it in every["refusals"] as? [Case] ?? [] {
            var header = try parse(refusalForm, "word t c m", text(it, "header"))
            let covered = refusalCanon(header, text(it, "toki"))
            same("refusal canon", String(decoding: covered, as: UTF8.self), it["canon"])
            header["m"] = b64(seal(key, covered))
            same("refusal", "\(header["word"] ?? "");" + print(header, "t c m"), it["header"])
        }
    }

    mutating func opened(_ name: String, _ every: Case, _ sharedKey: Data) throws {
        let it = map(every, name)
        let s0 = opening(sharedKey, bytes(it, "session"))
        same("\(name) opening", hex(s0), it["opening"])
        same("\(name) opening_seal_key", hex(openingSealKey(s0)), it["opening_seal_key"])
        same("\(name) refusal_seal_key", hex(refusalSealKey(s0)), it["refusal_seal_key"])
        var shared: Data?
        if it["secret"] is String {
            let (own, other) = (bytes(it, "secret"), try share(bytes(it, "callee_secret")))
            same("\(name) e", b64(try share(own)), fields(it, "toki")["e"])
            same("\(name) answer's e", b64(other), fields(it, "answer_toki")["e"])
            shared = try agree(own, other)
            same("\(name) shared", hex(shared ?? Data()), it["shared"])
        }
        let chain = firstChainKey(s0, shared, bytes(it, "nonce"), utf8(text(it, "canon")))
        generation(name, chain, map(it, "generation"))
        exchange(name, every, openingSealKey(s0), chain)
    }

    mutating func generation(_ name: String, _ chain: Data, _ it: Case) {
        same("\(name) chain", hex(chain), it["chain"])
        same("\(name) requests", hex(requestSealKey(chain)), it["requests"])
        same("\(name) answers", hex(answersKey(chain)), it["answers"])
    }

    mutating func exchange(_ name: String, _ every: Case, _ requests: Data, _ chain: Data) {
        let it = map(every, name)
        var asked = fields(it, "toki")
        let request = plain(map(it, "request"))
        var covered = requestCanon(request, utf8(request["body"] ?? ""), text(every, "callee"), asked)
        same("\(name) canon", String(decoding: covered, as: UTF8.self), it["canon"])
        asked["m"] = b64(seal(requests, covered))
        same("\(name) toki", print(asked, requestFields), it["toki"])
        let key = answerKey(answersKey(chain), UInt64(asked["n"] ?? "") ?? 0, unb64(asked["m"] ?? ""))
        same("\(name) answer_key", hex(key), it["answer_key"])
        same("\(name) oscartokikey", b64(proof(key)), it["oscartokikey"])
        var header = fields(it, "answer_toki")
        let answer = plain(map(it, "answer"))
        covered = answerCanon(answer, utf8(answer["body"] ?? ""), asked["m"] ?? "", header)
        same("\(name) answer_canon", String(decoding: covered, as: UTF8.self), it["answer_canon"])
        header["m"] = b64(seal(key, covered))
        same("\(name) answer_toki", print(header, answerFields), it["answer_toki"])
    }
}

// MARK: - the command line

@main
struct Main {
    static func main() async throws {
        exit(try await run(Array(CommandLine.arguments.dropFirst())))
    }

    static func run(_ words: [String]) async throws -> Int32 {
        if words.first == "call", words.count >= 7 { return await call(Array(words.dropFirst())) }
        if words.first == "--vectors", words.count == 2 {
            let file = try Data(contentsOf: URL(fileURLWithPath: words[1]))
            var check = Check()
            try check.all(try JSONSerialization.jsonObject(with: file) as? [String: Any] ?? [:])
            Swift.print("\(check.count) checked, \(check.wrong) differ")
            return check.wrong == 0 ? 0 : 1
        }
        Swift.print("toki call --file NAME.toki --to NAME@HOST:PORT [--times N] METHOD PATH [BODY]\ntoki --vectors FILE")
        return 64
    }

    static func call(_ words: [String]) async -> Int32 {
        var words = words
        var options = ["--times": "2"]
        while words.count > 1, words[0].hasPrefix("--") {
            options[words[0]] = words[1]
            words.removeFirst(2)
        }
        let to = (options["--to"] ?? "").split(separator: "@").map(String.init)
        guard to.count == 2, words.count >= 2 else { return 64 }
        do {
            let file = try String(contentsOfFile: options["--file"] ?? "", encoding: .utf8)
            let client = Client(try Caller.of(file, to[0]), to[1])
            for number in 1...(Int(options["--times"] ?? "") ?? 2) {
                let (status, body, ticket) = try await client.call(words[0], words[1], words.count > 2 ? words[2] : "")
                let how = ticket.generation == 0 ? "opening" : "in generation \(ticket.generation)"
                Swift.print("\(number): \(status), proved, \(how)\n" + String(decoding: body, as: UTF8.self))
            }
            return 0
        } catch let fault as NotProved {
            return say("not proved: \(fault.why)", 1)
        } catch let fault as Refused {
            return say("refused: \(fault.word)", 2)
        } catch {
            return say("no answer: \(error)", 3)
        }
    }

    static func say(_ text: String, _ code: Int32) -> Int32 {
        FileHandle.standardError.write(utf8(text + "\n"))
        return code
    }
}
