import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.crypto.KeyAgreement;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Toki in Java 17: calls a service with proof in both directions, as docs/toki.md says.
 *
 * <pre>
 * javac -d . Toki.java
 * java Toki call --file shop-1.toki --to pppx-1@127.0.0.1:8400 POST /v1/boxes/list '{}'
 * java Toki --vectors crates/toki/tests/vectors.json
 * java Toki legacy    (lines `make KEY TIME`, `check KEY TOKI NOW` ..., with tabs)
 * </pre>
 */
public final class Toki {
    // --- bytes ---------------------------------------------------------------------------

    private static final HexFormat HEX = HexFormat.of();

    static String b64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    static byte[] unb64(String text) {
        return Base64.getUrlDecoder().decode(text);
    }

    static byte[] join(Object... parts) {
        var all = Stream.of(parts).map(it -> it instanceof String s ? s.getBytes(UTF_8) : (byte[]) it).toList();
        var joined = ByteBuffer.allocate(all.stream().mapToInt(it -> it.length).sum());
        all.forEach(joined::put);
        return joined.array();
    }

    static byte[] sha256(Object data) throws GeneralSecurityException {
        return MessageDigest.getInstance("SHA-256").digest(join(data));
    }

    static byte[] hmac(byte[] key, Object... parts) throws GeneralSecurityException {
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(join(parts));
    }

    static byte[] expand(byte[] key, Object... info) throws GeneralSecurityException {
        return hmac(key, join(info), new byte[] {1});
    }

    static byte[] named(String name) {
        return join(new byte[] {(byte) name.length()}, name);
    }

    static boolean same(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(UTF_8), other.getBytes(UTF_8));
    }

    // --- derivations (docs/toki.md, sections 2 and 4) --------------------------------------

    static byte[] calleeKey(byte[] root, String callee) throws GeneralSecurityException {
        return expand(root, "ngondo/toki/callee/1", named(callee));
    }

    static byte[] callerKey(byte[] key, String caller) throws GeneralSecurityException {
        return expand(key, "caller", named(caller));
    }

    static byte[] opening(byte[] sharedKey, byte[] session) throws GeneralSecurityException {
        return hmac(session, sharedKey);
    }

    static byte[] openingSealKey(byte[] s0) throws GeneralSecurityException {
        return expand(s0, "open");
    }

    static byte[] refusalSealKey(byte[] s0) throws GeneralSecurityException {
        return expand(s0, "err");
    }

    static byte[] firstChainKey(byte[] s0, byte[] shared, byte[] nonce, byte[] canon)
            throws GeneralSecurityException {
        var mixed = hmac(s0, Objects.requireNonNullElse(shared, new byte[32]));
        return expand(mixed, "gen 1", nonce, sha256(canon));
    }

    static byte[] nextChainKey(byte[] chain, byte[] nonce) throws GeneralSecurityException {
        return hmac(chain, nonce);
    }

    static byte[] answerKey(byte[] answers, long n, byte[] seal) throws GeneralSecurityException {
        return hmac(answers, "key", ByteBuffer.allocate(8).putLong(n).array(), seal);
    }

    static byte[] proof(byte[] key) throws GeneralSecurityException {
        return Arrays.copyOf(hmac(key, "proof"), 8);
    }

    static byte[] seal(byte[] key, byte[] canon) throws GeneralSecurityException {
        return Arrays.copyOf(hmac(key, canon), 16);
    }

    // What stands before 32 bytes of X25519 in the forms that Java reads.
    private static final byte[] PRIVATE = HEX.parseHex("302e020100300506032b656e04220420");
    private static final byte[] PUBLIC = HEX.parseHex("302a300506032b656e032100");

    /** Throws where the result would be a constant. */
    static byte[] agree(byte[] secret, byte[] other) throws GeneralSecurityException {
        var keys = KeyFactory.getInstance("X25519");
        PrivateKey own = keys.generatePrivate(new PKCS8EncodedKeySpec(join(PRIVATE, secret)));
        PublicKey theirs = keys.generatePublic(new X509EncodedKeySpec(join(PUBLIC, other)));
        var agreement = KeyAgreement.getInstance("X25519");
        agreement.init(own);
        agreement.doPhase(theirs, true);
        return agreement.generateSecret();
    }

    /** The public value of a secret: what it makes of the base point, which is 9. */
    static byte[] share(byte[] secret) throws GeneralSecurityException {
        var base = new byte[32];
        base[0] = 9;
        return agree(secret, base);
    }

    // --- what a seal covers (docs/toki.md, section 5) --------------------------------------

    static byte[] canon(Stream<?> fields) {
        var written = fields.map(it -> Objects.toString(it, "").getBytes(UTF_8));
        return join(written.flatMap(it -> Stream.of(it.length + ":", it, "\n")).toArray());
    }

    static Stream<?> pick(Map<String, ?> from, String names) {
        return Stream.of(names.split(" ")).map(from::get);
    }

    static byte[] requestCanon(Map<String, ?> request, String callee, Map<String, ?> header)
            throws GeneralSecurityException {
        var fields = new ArrayList<Object>(List.of("oscartoki/1 req"));
        fields.addAll(pick(request, "method target authority content_type").toList());
        fields.add(HEX.formatHex(sha256(request.get("body"))));
        fields.addAll(pick(request, "cmd bridge deadline").toList());
        fields.add(header.get("a"));
        fields.add(callee);
        fields.addAll(pick(header, "k s g n t q p e c x").toList());
        fields.add(header.get("x") == null ? "" : request.get("exporter"));
        return canon(fields.stream());
    }

    static byte[] answerCanon(Map<String, ?> answer, String asked, Map<String, ?> header)
            throws GeneralSecurityException {
        var body = HEX.formatHex(sha256(answer.get("body")));
        var about = Stream.of("oscartoki/1 rsp", answer.get("status"), answer.get("content_type"), body, asked);
        return canon(Stream.concat(about, pick(header, "t s g n e r")));
    }

    static byte[] refusalCanon(Map<String, ?> header, String toki) throws GeneralSecurityException {
        var about = Stream.concat(Stream.of("oscartoki/1 err"), pick(header, "word t c"));
        return canon(Stream.concat(about, Stream.of(HEX.formatHex(sha256(toki)))));
    }

    // --- headers (docs/toki.md, section 3) -------------------------------------------------

    static String print(Map<String, ?> fields, String names) {
        var there = Stream.of(names.split(" ")).filter(it -> fields.get(it) != null);
        return there.map(it -> it + "=" + fields.get(it)).collect(Collectors.joining(";"));
    }

    private static final String REQUEST_FIELDS = "v k a b s g n t q p e c x m";
    private static final String ANSWER_FIELDS = "v s g n t e r m";
    private static final String NUMBER = "(0|[1-9][0-9]{0,15})";
    private static final Pattern ANSWER = Pattern.compile("v=1;s=(?<s>[\\w-]{22});g=(?<g>" + NUMBER + ");n=(?<n>"
            + NUMBER + ");t=(?<t>" + NUMBER + ")(;e=(?<e>[\\w-]{43}))?(;r=(?<r>[\\w-]{22}))?;m=(?<m>[\\w-]{22})");
    private static final Pattern REFUSAL = Pattern.compile("(?<word>[a-z-]+);t=(?<t>" + NUMBER
            + ")(;c=(?<c>[\\w-]{22}))?;m=(?<m>[\\w-]{22})");

    static Map<String, String> parse(Pattern form, String names, String header) throws NotProved {
        Matcher match = form.matcher(Objects.requireNonNullElse(header, ""));
        if (!match.matches()) {
            throw new NotProved("a header is missing or not of its form");
        }
        var fields = new LinkedHashMap<String, String>();
        Stream.of(names.split(" ")).forEach(it -> fields.put(it, match.group(it)));
        return fields;
    }

    // --- one caller towards one callee (docs/toki.md, sections 4 and 6) --------------------

    /** What came is not the callee's answer to this request: it must not be used. */
    public static final class NotProved extends Exception {
        private static final long serialVersionUID = 1;

        NotProved(String why) {
            super(why);
        }
    }

    /** The callee says itself that it does not take this caller's requests. */
    public static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(String word) {
            super(word);
        }
    }

    /** What both ends of an open session know. */
    private static final class Session {
        final byte[] id;
        final long openedMs;
        long n = 1;
        long lastN;
        String lastProof;
        int generation;
        byte[] chain;
        byte[] requests;
        byte[] answers;

        Session(byte[] id, byte[] chain, long openedMs) throws GeneralSecurityException {
            this.id = id;
            this.openedMs = openedMs;
            roll(chain);
        }

        void roll(byte[] chain) throws GeneralSecurityException {
            this.chain = chain;
            this.generation += 1;
            this.requests = expand(chain, "c2s");
            this.answers = expand(chain, "s2c");
        }
    }

    /** What checks the answer to one request. */
    public static final class Ticket {
        String header;
        byte[] session;
        byte[] secret;
        byte[] answers;
        byte[] canon;
        String seal;
        long n = 1;
        int generation;
    }

    /** Signs requests and checks answers; for one thread. */
    public static final class Caller {
        private static final long REOPEN_MS = 15 * 60_000;
        private final SecureRandom random = new SecureRandom();
        private final String name;
        private final String callee;
        private final String number;
        private final byte[] key;
        private Session session;
        private Long offsetMs;
        private String boot;

        public Caller(String name, String callee, String number, byte[] key) {
            this.name = name;
            this.callee = callee;
            this.number = number;
            this.key = key;
        }

        public Ticket sign(Map<String, ?> request, long nowMs) throws GeneralSecurityException {
            if (session != null && session.openedMs + REOPEN_MS <= nowMs) {
                session = null;
            }
            var ticket = new Ticket();
            var fields = new LinkedHashMap<String, Object>(Map.of("v", 1, "k", number, "a", name, "b", callee));
            byte[] sealKey;
            if (session != null) {
                session.n += 1;
                ticket.n = session.n;
                ticket.session = session.id;
                ticket.generation = session.generation;
                ticket.answers = session.answers;
                fields.putAll(Map.of("q", session.lastN, "p", session.lastProof));
                sealKey = session.requests;
            } else {
                ticket.session = new byte[16];
                ticket.secret = new byte[32];
                random.nextBytes(ticket.session);
                random.nextBytes(ticket.secret);
                fields.put("e", b64(share(ticket.secret)));
                fields.put("c", boot);
                sealKey = openingSealKey(opening(key, ticket.session));
            }
            fields.putAll(Map.of("s", b64(ticket.session), "g", ticket.generation, "n", ticket.n));
            fields.put("t", nowMs + (offsetMs == null ? 0 : offsetMs));
            ticket.canon = requestCanon(request, callee, fields);
            ticket.seal = b64(seal(sealKey, ticket.canon));
            fields.put("m", ticket.seal);
            ticket.header = print(fields, REQUEST_FIELDS);
            return ticket;
        }

        /** Checks `oscartoki` and `oscartokikey` of an answer. */
        public void verify(Ticket ticket, String toki, String given, Map<String, ?> answer, long nowMs)
                throws GeneralSecurityException, NotProved {
            var header = parse(ANSWER, "s g n t e r m", toki);
            boolean opens = ticket.generation == 0;
            if (!header.get("s").equals(b64(ticket.session)) || Long.parseLong(header.get("n")) != ticket.n) {
                throw new NotProved("this answers another request");
            }
            if (Long.parseLong(header.get("g")) != Math.max(1, ticket.generation)
                    || opens != (header.get("e") != null)) {
                throw new NotProved("this answers another generation");
            }
            Session fresh = opens ? opened(ticket, header, nowMs) : null;
            var answerKey = answerKey(opens ? fresh.answers : ticket.answers, ticket.n, unb64(ticket.seal));
            var made = b64(seal(answerKey, answerCanon(answer, ticket.seal, header)));
            var proof = b64(proof(answerKey));
            if (!same(made, header.get("m")) || !same(proof, Objects.requireNonNullElse(given, ""))) {
                throw new NotProved("the seal or the proof is not the callee's");
            }
            hear(Long.parseLong(header.get("t")) - nowMs);
            if (opens) {
                session = fresh;
                boot = null;
            }
            if (session == null || !Arrays.equals(session.id, ticket.session)) {
                return;
            }
            if (session.lastN < ticket.n) {
                session.lastN = ticket.n;
                session.lastProof = proof;
            }
            if (!opens && header.get("r") != null && session.generation == ticket.generation) {
                session.roll(nextChainKey(session.chain, unb64(header.get("r"))));
            }
        }

        /** The session that an opening's answer begins, where that answer is proved. */
        private Session opened(Ticket ticket, Map<String, String> header, long nowMs)
                throws GeneralSecurityException, NotProved {
            if (header.get("r") == null) {
                throw new NotProved("an opening without its nonce");
            }
            byte[] shared;
            try {
                shared = agree(ticket.secret, unb64(header.get("e")));
            } catch (GeneralSecurityException | IllegalArgumentException fault) {
                throw new NotProved("a public value that gives a constant");
            }
            var s0 = opening(key, ticket.session);
            var chain = firstChainKey(s0, shared, unb64(header.get("r")), ticket.canon);
            return new Session(ticket.session, chain, nowMs);
        }

        /** Mends what a sealed refusal names; then the same request may be signed anew. */
        public void refused(Ticket ticket, String error, long nowMs)
                throws GeneralSecurityException, NotProved, Refused {
            var header = parse(REFUSAL, "word t c m", error);
            var sealKey = refusalSealKey(opening(key, ticket.session));
            var made = b64(seal(sealKey, refusalCanon(header, ticket.header)));
            if (!same(made, header.get("m"))) {
                throw new NotProved("a refusal that is not the callee's");
            }
            offsetMs = Long.parseLong(header.get("t")) - nowMs;
            boot = header.get("c");
            if (Set.of("unknown-session", "replayed", "bad-chain").contains(header.get("word"))) {
                session = null;
            } else if (!Set.of("stale", "bad-seal").contains(header.get("word"))) {
                throw new Refused(header.get("word"));
            }
        }

        /** Follows the callee's clock, an eighth of the way at a time. */
        private void hear(long heardMs) {
            offsetMs = offsetMs == null ? heardMs : offsetMs + (heardMs - offsetMs) / 8;
        }
    }

    // --- over HTTP -------------------------------------------------------------------------

    /** An answer that is proved. */
    public record Answer(int status, byte[] body, Ticket ticket) {}

    /** Calls one service. */
    public static final class Client {
        private static final int AGAIN = 2;
        private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(10)).build();
        private final Caller caller;
        private final URI base;

        public Client(Caller caller, String address) {
            this.caller = caller;
            this.base = URI.create("http://" + address);
        }

        /** Throws NotProved, Refused, or IOException where nobody answers. */
        public Answer call(String method, String target, String body)
                throws GeneralSecurityException, IOException, InterruptedException, NotProved, Refused {
            // Java sends no port that HTTP has anyway.
            var authority = base.getPort() == 80 ? base.getHost() : base.getAuthority();
            var type = body.isEmpty() ? "" : "application/json";
            var covered = Map.of("method", method, "target", target, "authority", authority, "content_type", type,
                    "body", body, "cmd", command(target));
            String word = null;
            for (int again = 0; again <= AGAIN; again++) {
                var ticket = caller.sign(covered, System.currentTimeMillis());
                var got = send(covered, ticket.header);
                word = got.headers().firstValue("oscartoki-error").orElse(null);
                if (got.statusCode() != 401 || word == null) {
                    var said = got.headers().firstValue("content-type").orElse("");
                    var answer = Map.of("status", got.statusCode(), "content_type", said, "body", got.body());
                    var toki = got.headers().firstValue("oscartoki").orElse(null);
                    var given = got.headers().firstValue("oscartokikey").orElse(null);
                    caller.verify(ticket, toki, given, answer, System.currentTimeMillis());
                    return new Answer(got.statusCode(), got.body(), ticket);
                }
                caller.refused(ticket, word, System.currentTimeMillis());
            }
            throw new Refused(word.split(";")[0]);
        }

        private HttpResponse<byte[]> send(Map<String, String> covered, String toki)
                throws IOException, InterruptedException {
            var body = covered.get("body");
            var publisher = body.isEmpty() ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body);
            var asked = HttpRequest.newBuilder(base.resolve(covered.get("target"))).timeout(Duration.ofSeconds(10))
                    .header("oscartoki", toki).method(covered.get("method"), publisher);
            if (!body.isEmpty()) {
                asked.header("content-type", covered.get("content_type"));
            }
            return http.send(asked.build(), HttpResponse.BodyHandlers.ofByteArray());
        }
    }

    /** The noun and verb of a path of management; a document says its own. */
    static String command(String target) {
        var path = target.split("\\?")[0];
        return path.startsWith("/v1/") ? path.substring(4) : "";
    }

    /** Reads a principal's file: `caller NAME INSTANCE NUMBER HEX [current]`. */
    static Caller callerOf(Path file, String callee) throws IOException {
        var lines = Files.readAllLines(file).stream().map(it -> it.trim().split("\\s+"));
        var keys = lines.filter(it -> it.length > 4 && it[0].equals("caller") && it[2].equals(callee)).toList();
        var marked = keys.stream().filter(it -> it.length > 5 && it[5].equals("current")).toList();
        var current = marked.isEmpty() ? keys : marked;
        if (current.size() != 1) {
            throw new IOException(file + ": no current key for " + callee);
        }
        var it = current.get(0);
        return new Caller(it[1], callee, it[3], HEX.parseHex(it[4]));
    }

    // --- the original form (docs/toki.md, section 8) ---------------------------------------

    static String reversed(String text) {
        return new StringBuilder(text).reverse().toString();
    }

    static String full(String text) {
        try {
            return HEX.formatHex(sha256(text));
        } catch (GeneralSecurityException fault) {
            throw new IllegalStateException(fault);
        }
    }

    /** A hash as the original's Java prints it: a number, without leading zeros, of 32 digits at least. */
    static String java(String text) {
        var digits = new BigInteger(full(text), 16).toString(16);
        return "0".repeat(Math.max(0, 32 - digits.length())) + digits;
    }

    static String legacyCore(String key, String time, UnaryOperator<String> print) {
        return print.apply(print.apply(key + " - " + time + " - " + key));
    }

    static String legacyToki(String key, String time, UnaryOperator<String> print) {
        var blur = print.apply(time + "Brouillage de piste").substring(0, 15);
        return reversed(time) + "|" + reversed(legacyCore(key, time, print)) + "|" + blur;
    }

    static String legacyKey(String key, String toki, String time, UnaryOperator<String> print) {
        return print.apply(print.apply(time + print.apply(toki) + key)) + "o_o" + reversed(time);
    }

    /** One line of `legacy`: what the original's Java client would do. */
    static String legacy(String... words) {
        var key = words[1];
        switch (words[0]) {
            case "make":
                return legacyToki(key, words[2], Toki::java);
            case "make-key":
                return legacyKey(key, words[2], words[3].substring(0, 7), Toki::java);
            case "check":
                var parts = words[2].split("\\|");
                var time = reversed(parts[0]);
                var fresh = Long.parseLong(words[3]) / 10_000 - Long.parseLong(time) / 10_000 <= 3;
                return fresh && same(reversed(parts[1]), legacyCore(key, time, Toki::java)) ? "good" : "bad";
            default:
                var stamp = reversed(words[3].split("o_o")[1]);
                return same(words[3], legacyKey(key, words[2], stamp, Toki::java)) ? "good" : "bad";
        }
    }

    // --- the vectors -------------------------------------------------------------------------

    /** Compares, and counts. */
    private static final class Check {
        int count;
        int wrong;

        void same(String name, Object ours, Object theirs) {
            var made = ours instanceof byte[] bytes ? HEX.formatHex(bytes) : ours;
            count += 1;
            if (!Objects.equals(made, theirs)) {
                wrong += 1;
                System.err.println(name + ": ours " + made + ", the vector " + theirs);
            }
        }

        void all(Map<String, Object> every) throws GeneralSecurityException, NotProved {
            var callee = calleeKey(bytes(every, "root"), text(every, "callee"));
            same("callee_key", callee, every.get("callee_key"));
            var shared = callerKey(callee, text(every, "caller"));
            same("caller_key", shared, every.get("caller_key"));
            for (var name : List.of("opening", "opening_after_start", "opening_without_x25519")) {
                opening(name, every, shared);
            }
            var first = bytes(map(map(every, "opening"), "generation"), "chain");
            exchange("within", every, expand(first, "c2s"), first);
            var second = nextChainKey(first, bytes(every, "roll"));
            generation("second_generation", second, map(every, "second_generation"));
            exchange("rolled", every, expand(second, "c2s"), second);
            for (var it : list(every, "refusals")) {
                refusal(it, bytes(map(every, "opening"), "refusal_seal_key"));
            }
            list(every, "legacy").forEach(this::legacy);
        }

        void opening(String name, Map<String, Object> every, byte[] sharedKey) throws GeneralSecurityException {
            var it = map(every, name);
            var s0 = Toki.opening(sharedKey, bytes(it, "session"));
            same(name + " opening", s0, it.get("opening"));
            same(name + " opening_seal_key", openingSealKey(s0), it.get("opening_seal_key"));
            same(name + " refusal_seal_key", refusalSealKey(s0), it.get("refusal_seal_key"));
            byte[] shared = null;
            if (it.get("secret") != null) {
                var own = bytes(it, "secret");
                var other = share(bytes(it, "callee_secret"));
                same(name + " e", b64(share(own)), fields(it, "toki").get("e"));
                same(name + " answer's e", b64(other), fields(it, "answer_toki").get("e"));
                shared = agree(own, other);
                same(name + " shared", shared, it.get("shared"));
            }
            var chain = firstChainKey(s0, shared, bytes(it, "nonce"), text(it, "canon").getBytes(UTF_8));
            generation(name, chain, map(it, "generation"));
            exchange(name, every, openingSealKey(s0), chain);
        }

        void generation(String name, byte[] chain, Map<String, Object> it) throws GeneralSecurityException {
            same(name + " chain", chain, it.get("chain"));
            same(name + " requests", expand(chain, "c2s"), it.get("requests"));
            same(name + " answers", expand(chain, "s2c"), it.get("answers"));
        }

        void exchange(String name, Map<String, Object> every, byte[] requests, byte[] chain)
                throws GeneralSecurityException {
            var it = map(every, name);
            var asked = fields(it, "toki");
            var covered = requestCanon(map(it, "request"), text(every, "callee"), asked);
            same(name + " canon", new String(covered, UTF_8), it.get("canon"));
            asked.put("m", b64(seal(requests, covered)));
            same(name + " toki", print(asked, REQUEST_FIELDS), it.get("toki"));
            var n = Long.parseLong(asked.get("n"));
            var key = answerKey(expand(chain, "s2c"), n, unb64(asked.get("m")));
            same(name + " answer_key", key, it.get("answer_key"));
            same(name + " oscartokikey", b64(proof(key)), it.get("oscartokikey"));
            var header = fields(it, "answer_toki");
            covered = answerCanon(map(it, "answer"), asked.get("m"), header);
            same(name + " answer_canon", new String(covered, UTF_8), it.get("answer_canon"));
            header.put("m", b64(seal(key, covered)));
            same(name + " answer_toki", print(header, ANSWER_FIELDS), it.get("answer_toki"));
        }

        void refusal(Map<String, Object> it, byte[] key) throws GeneralSecurityException, NotProved {
            var header = parse(REFUSAL, "word t c m", text(it, "header"));
            var covered = refusalCanon(header, text(it, "toki"));
            same("refusal canon", new String(covered, UTF_8), it.get("canon"));
            header.put("m", b64(seal(key, covered)));
            same("refusal", header.get("word") + ";" + print(header, "t c m"), it.get("header"));
        }

        void legacy(Map<String, Object> it) {
            var key = text(it, "key");
            var time = text(it, "time");
            var toki = text(it, "toki");
            var python = reversed(text(it, "python").split("\\|")[0]);
            same("legacy toki", legacyToki(key, time, Toki::full), toki);
            same("legacy java", legacyToki(key, time, Toki::java), it.get("java"));
            same("legacy python", legacyToki(key, python, Toki::full), it.get("python"));
            var step = time.substring(0, 7);
            same("legacy key", legacyKey(key, toki, step, Toki::full), it.get("oscartokikey"));
            same("legacy java_key", legacyKey(key, toki, step, Toki::java), it.get("java_key"));
        }

        static String text(Map<String, Object> from, String name) {
            return (String) from.get(name);
        }

        static byte[] bytes(Map<String, Object> from, String name) {
            return HEX.parseHex(text(from, name));
        }

        @SuppressWarnings("unchecked")
        static Map<String, Object> map(Map<String, Object> from, String name) {
            return (Map<String, Object>) from.get(name);
        }

        @SuppressWarnings("unchecked")
        static List<Map<String, Object>> list(Map<String, Object> from, String name) {
            return (List<Map<String, Object>>) from.get(name);
        }

        static Map<String, String> fields(Map<String, Object> from, String name) {
            var fields = new LinkedHashMap<String, String>();
            for (var field : text(from, name).split(";")) {
                var at = field.indexOf('=');
                fields.put(field.substring(0, at), field.substring(at + 1));
            }
            return fields;
        }
    }

    /** Reads JSON as the vectors have it: no fractions, no escapes but those of JSON's printers. */
    private static final class Json {
        private static final Pattern TOKEN =
                Pattern.compile("\\s*([{}\\[\\]:,]|\"((?:[^\"\\\\]|\\\\.)*)\"|null|-?[0-9]+)");
        private final Matcher tokens;

        Json(String text) {
            tokens = TOKEN.matcher(text);
        }

        private String next() {
            if (!tokens.find()) {
                throw new IllegalArgumentException("the JSON ends early");
            }
            return tokens.group(1);
        }

        Object value() {
            return value(next());
        }

        private Object value(String token) {
            switch (token.charAt(0)) {
                case '{':
                    var map = new LinkedHashMap<String, Object>();
                    for (var it = next(); !it.equals("}"); it = next()) {
                        if (!it.equals(",")) {
                            var name = (String) value(it);
                            next();
                            map.put(name, value());
                        }
                    }
                    return map;
                case '[':
                    var list = new ArrayList<>();
                    for (var it = next(); !it.equals("]"); it = next()) {
                        if (!it.equals(",")) {
                            list.add(value(it));
                        }
                    }
                    return list;
                case '"':
                    return tokens.group(2).replace("\\n", "\n").replace("\\\"", "\"").replace("\\\\", "\\");
                case 'n':
                    return null;
                default:
                    return token;
            }
        }
    }

    // --- the command line ----------------------------------------------------------------------

    private static int call(List<String> words) throws Exception {
        var options = new LinkedHashMap<>(Map.of("--times", "2"));
        var at = 0;
        for (; words.get(at).startsWith("--"); at += 2) {
            options.put(words.get(at), words.get(at + 1));
        }
        var to = options.get("--to").split("@");
        var client = new Client(callerOf(Path.of(options.get("--file")), to[0]), to[1]);
        var body = at + 2 < words.size() ? words.get(at + 2) : "";
        try {
            for (int number = 1; number <= Integer.parseInt(options.get("--times")); number++) {
                var answer = client.call(words.get(at), words.get(at + 1), body);
                var generation = answer.ticket().generation;
                var how = generation == 0 ? "opening" : "in generation " + generation;
                System.out.println(number + ": " + answer.status() + ", proved, " + how);
                System.out.println(new String(answer.body(), UTF_8));
            }
            return 0;
        } catch (NotProved fault) {
            System.err.println("not proved: " + fault.getMessage());
            return 1;
        } catch (Refused fault) {
            System.err.println("refused: " + fault.getMessage());
            return 2;
        } catch (IOException fault) {
            System.err.println("no answer: " + fault);
            return 3;
        }
    }

    private static int run(List<String> words) throws Exception {
        if (words.size() >= 7 && words.get(0).equals("call")) {
            return call(words.subList(1, words.size()));
        }
        if (words.size() == 2 && words.get(0).equals("--vectors")) {
            var check = new Check();
            @SuppressWarnings("unchecked")
            var every = (Map<String, Object>) new Json(Files.readString(Path.of(words.get(1)))).value();
            check.all(every);
            System.out.println(check.count + " checked, " + check.wrong + " differ");
            return check.wrong == 0 ? 0 : 1;
        }
        if (words.equals(List.of("legacy"))) {
            var lines = new BufferedReader(new InputStreamReader(System.in, UTF_8)).lines();
            lines.forEach(it -> System.out.println(legacy(it.split("\t"))));
            return 0;
        }
        System.err.println("java Toki call --file NAME.toki --to NAME@HOST:PORT [--times N] METHOD PATH [BODY]");
        System.err.println("java Toki --vectors FILE");
        System.err.println("java Toki legacy");
        return 64;
    }

    public static void main(String[] words) throws Exception {
        System.exit(run(List.of(words)));
    }
}
