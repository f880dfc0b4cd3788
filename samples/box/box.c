/*
 * A box that authenticates itself, and can give a purchase code, in one file.
 *
 * docs/box.md explains each step; protocol.md is what counts. Nothing is
 * allocated: every buffer has its size here. Builds with mbedTLS 2.28 and 3.
 */
#define _POSIX_C_SOURCE 200809L

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <mbedtls/constant_time.h>
#include <mbedtls/gcm.h>
#include <mbedtls/hkdf.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/rsa.h>
#include <mbedtls/version.h>

#define APP "ngondo-box"
#define VERSION "1.0"
#define CRYPTO_BYTES 67            /* 1 + id 16 + nonce 12 + sealed 22 + tag 16 */
#define CRYPTO_TEXT 91             /* 67 bytes in base64 without padding, and a NUL */
#define BOUND_TEXT 160
#define ANSWER_BYTES (24 * 1024)   /* a document has at most 16 KiB; the rest is headers */
#define ANSWER_WAIT_MS 6000        /* PPPX answers within 2 s (AUTH) or 5 s (TOPUP) */
#define BACK_OFF_MAX_MS 60000u
#define CLOCK_WINDOW_MS 300000     /* how far the server lets times and counters differ */

/* Exit codes. */
enum { MAY_SURF = 0, REFUSED = 1, USAGE = 2, NO_ANSWER = 3 };

/* What an answer that can be believed means for the box. */
enum verdict { NONE, GOOD, SHUT, STALE, REPLAYED };

struct box {
    uint8_t id[16], mac[6];
    uint8_t auth_key[32], proof_key[32];
    const char *state_file;        /* holds the counter and the spread */
    uint64_t counter;
    long spread_s;
    int64_t clock_offset_ms;       /* what a STALE answer taught */
    const char *server[2];         /* PPPX, first and second */
};

enum element { CMD, RESULT, LEASE, SPREAD, NOW, PROOF, CODE2, USSD, RETRY, ELEMENTS };
static const char *const NAMES[ELEMENTS] = { "cmd", "result", "lease", "spread", "now", "proof",
                                             "code2", "ussd", "retry" };

struct answer {
    char text[ELEMENTS][64];
};

/* === Bytes and texts === */

static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void base64_encode(const uint8_t *bytes, size_t count, char *text)
{
    uint32_t bits = 0;
    int held = 0;
    for (size_t i = 0; i < count; i++) {
        bits = bits << 8 | bytes[i];
        for (held += 8; held >= 6; held -= 6) *text++ = BASE64[bits >> (held - 6) & 63];
    }
    if (held > 0) *text++ = BASE64[bits << (6 - held) & 63];
    *text = '\0';
}

/* How many bytes the text holds; -1 where it is not base64 without padding. */
static int base64_decode(const char *text, uint8_t *bytes, size_t room)
{
    uint32_t bits = 0;
    int held = 0;
    size_t count = 0;
    for (; *text; text++) {
        const char *at = strchr(BASE64, *text);
        if (!at) return -1;
        bits = bits << 6 | (uint32_t)(at - BASE64);
        held += 6;
        if (held >= 8) {
            if (count == room) return -1;
            held -= 8;
            bytes[count++] = (uint8_t)(bits >> held);
        }
    }
    return held < 6 && (bits & ((1u << held) - 1)) == 0 ? (int)count : -1;
}

/* Hex pairs, with ':' or '-' between them or none. */
static int hex_decode(const char *text, uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned value;
        if (i > 0 && (*text == ':' || *text == '-')) text++;
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1])) return -1;
        if (sscanf(text, "%2x", &value) != 1) return -1;
        bytes[i] = (uint8_t)value;
        text += 2;
    }
    return *text ? -1 : 0;
}

static void put_u64(uint8_t *to, uint64_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 8) to[i] = (uint8_t)value;
}

static int random_bytes(void *unused, unsigned char *bytes, size_t count)
{
    (void)unused;
    for (size_t got = 0; got < count;) {
        ssize_t more = getrandom(bytes + got, count - got, 0);
        if (more < 0 && errno != EINTR) return -1;
        if (more > 0) got += (size_t)more;
    }
    return 0;
}

/* A number drawn evenly enough from 0 to below. */
static uint64_t draw(uint64_t below)
{
    uint64_t value = 0;
    if (below == 0 || random_bytes(NULL, (unsigned char *)&value, sizeof value)) return 0;
    return value % below;
}

static long clamped(const char *text, long low, long high, long none)
{
    char *end;
    long value;
    if (!isdigit((unsigned char)*text)) return none;
    errno = 0;
    value = strtol(text, &end, 10);
    if (*end || errno) return none;
    return value < low ? low : value > high ? high : value;
}

/* === Clocks === */

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint64_t unix_ms(const struct box *box)
{
    int64_t now = clock_ms(CLOCK_REALTIME) + box->clock_offset_ms;
    return now > 0 ? (uint64_t)now : 0;
}

static void rest_ms(int64_t ms)
{
    struct timespec rest = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    while (nanosleep(&rest, &rest) && errno == EINTR) { }
}

/* === Files === */

/* Reads a whole small file as a text; -1 with a message where that fails. */
static int read_text(const char *path, char *text, size_t room, int secret)
{
    struct stat about;
    size_t count;
    FILE *file = fopen(path, "rb");
    if (!file) return -1;
    if (secret && (fstat(fileno(file), &about) || (about.st_mode & 077))) {
        fprintf(stderr, "box: %s can be read by others: chmod 600 %s\n", path, path);
        fclose(file);
        return -1;
    }
    count = fread(text, 1, room - 1, file);
    if (ferror(file) || !feof(file)) count = 0;
    fclose(file);
    text[count] = '\0';
    return count ? 0 : -1;
}

/* The counter is on the disk before anything sealed with it leaves the box. */
static int save_state(const struct box *box)
{
    char folder[256], temp[300], text[64];
    int length = snprintf(text, sizeof text, "%" PRIu64 " %ld\n", box->counter, box->spread_s);
    const char *slash = strrchr(box->state_file, '/');
    int file, ok;
    if ((size_t)snprintf(temp, sizeof temp, "%s.new", box->state_file) >= sizeof temp) return -1;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - box->state_file) + 1 : 1,
             slash ? box->state_file : ".");
    file = open(temp, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0) return -1;
    ok = write(file, text, (size_t)length) == length && fsync(file) == 0;
    if (close(file) || !ok || rename(temp, box->state_file)) return -1;
    file = open(folder, O_RDONLY);
    ok = file >= 0 && fsync(file) == 0;
    if (file >= 0) close(file);
    return ok ? 0 : -1;
}

/* A box that lost its counter takes the milliseconds. */
static void load_state(struct box *box)
{
    char text[64];
    char spread[24] = "";
    if (read_text(box->state_file, text, sizeof text, 0)
        || sscanf(text, "%" SCNu64 " %23s", &box->counter, spread) < 1)
        box->counter = unix_ms(box);
    box->spread_s = clamped(spread, 0, 600, 30);
}

/* === Keys === */

static int derive(const uint8_t key[32], const char *info, uint8_t out[32])
{
    return mbedtls_hkdf(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), NULL, 0, key, 32,
                        (const unsigned char *)info, strlen(info), out, 32);
}

/* Takes "name":"text" out of the credential, whose form is fixed. */
static int credential_field(const char *json, const char *name, char *text, size_t room)
{
    char before[24];
    const char *at, *end;
    snprintf(before, sizeof before, "\"%s\":\"", name);
    at = strstr(json, before);
    if (!at) return -1;
    at += strlen(before);
    end = strchr(at, '"');
    if (!end || (size_t)(end - at) >= room) return -1;
    memcpy(text, at, (size_t)(end - at));
    text[end - at] = '\0';
    return 0;
}

/* Opens the box key that came under this box's own RSA key. */
static int open_rsa(const uint8_t *sealed, size_t count, const char *pem, uint8_t key[32])
{
    mbedtls_pk_context pk;
    uint8_t plain[512];
    size_t length = 0;
    int failed;
    mbedtls_pk_init(&pk);
#if MBEDTLS_VERSION_MAJOR >= 3
    failed = mbedtls_pk_parse_keyfile(&pk, pem, NULL, random_bytes, NULL);
#else
    failed = mbedtls_pk_parse_keyfile(&pk, pem, NULL);
#endif
    failed = failed || !mbedtls_pk_can_do(&pk, MBEDTLS_PK_RSA);
    if (!failed) {
        mbedtls_rsa_set_padding(mbedtls_pk_rsa(pk), MBEDTLS_RSA_PKCS_V21, MBEDTLS_MD_SHA256);
        failed = mbedtls_pk_decrypt(&pk, sealed, count, plain, &length, sizeof plain,
                                    random_bytes, NULL);
    }
    if (!failed && length == 32) memcpy(key, plain, 32);
    mbedtls_platform_zeroize(plain, sizeof plain);
    mbedtls_pk_free(&pk);
    return failed || length != 32 ? -1 : 0;
}

static int load_credential(struct box *box, const char *path, const char *pem)
{
    char json[2048], id[40], enc[24], text[700];
    uint8_t bytes[512], key[32];
    int count, failed = -1;
    if (read_text(path, json, sizeof json, 1) || !strstr(json, "\"v\":1")
        || credential_field(json, "box", id, sizeof id) || hex_decode(id, box->id, 16)
        || credential_field(json, "enc", enc, sizeof enc)
        || credential_field(json, "key", text, sizeof text)
        || (count = base64_decode(text, bytes, sizeof bytes)) < 0)
        return -1;
    if (strcmp(enc, "none") == 0 && count == 32) {
        memcpy(key, bytes, 32);
        failed = 0;
    } else if (strcmp(enc, "rsa-oaep-sha256") == 0 && pem) {
        failed = open_rsa(bytes, (size_t)count, pem, key);
    }
    if (!failed)
        failed = derive(key, "ngondo/auth/1", box->auth_key)
              || derive(key, "ngondo/proof/1", box->proof_key);
    mbedtls_platform_zeroize(key, sizeof key);
    mbedtls_platform_zeroize(bytes, sizeof bytes);
    mbedtls_platform_zeroize(json, sizeof json);
    mbedtls_platform_zeroize(text, sizeof text);
    return failed;
}

/* === The authenticator and its proof === */

static int make_crypto(const struct box *box, uint64_t ms, const uint8_t nonce[12],
                       const char *bound_to, char text[CRYPTO_TEXT])
{
    uint8_t plain[22], out[CRYPTO_BYTES] = { 1 };
    mbedtls_gcm_context gcm;
    int failed;
    memcpy(out + 1, box->id, 16);
    memcpy(out + 17, nonce, 12);
    memcpy(plain, box->mac, 6);
    put_u64(plain + 6, ms);
    put_u64(plain + 14, box->counter);
    mbedtls_gcm_init(&gcm);
    failed = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, box->auth_key, 256)
          || mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, sizeof plain, nonce, 12,
                                       (const unsigned char *)bound_to, strlen(bound_to),
                                       plain, out + 29, 16, out + 51);
    mbedtls_gcm_free(&gcm);
    base64_encode(out, sizeof out, text);
    return failed;
}

static int make_proof(const struct box *box, const char *result, const char *x,
                      const uint8_t nonce[12], uint8_t proof[32])
{
    char text[128];
    int length = snprintf(text, sizeof text, "R-AUTH\n%s\n%s\n", result, x);
    if (length < 0 || (size_t)length + 25 > sizeof text) return -1;
    for (int i = 0; i < 12; i++, length += 2) snprintf(text + length, 3, "%02x", nonce[i]);
    return mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), box->proof_key, 32,
                           (const unsigned char *)text, (size_t)length, proof);
}

/* What a crypto is bound to: it opens with this and nothing else. `code` is NULL for AUTH. */
static void bind_to(const char *cmd, const char *code, const char *request, char text[BOUND_TEXT])
{
    if (code)
        snprintf(text, BOUND_TEXT, "%s\n" APP "\n" VERSION "\n%s\n%s", cmd, code, request);
    else
        snprintf(text, BOUND_TEXT, "%s\n" APP "\n" VERSION, cmd);
}

/* Grows the counter, keeps it, and makes the nonce of 4 random bytes and its 8. */
static int next_nonce(struct box *box, uint8_t nonce[12])
{
    box->counter++;
    put_u64(nonce + 4, box->counter);
    return random_bytes(NULL, nonce, 4) || save_state(box);
}

/* === HTTP === */

static int ready(int fd, short events, int64_t until)
{
    struct pollfd wait = { .fd = fd, .events = events };
    int64_t left = until - clock_ms(CLOCK_MONOTONIC);
    return left > 0 && poll(&wait, 1, (int)left) == 1;
}

static int dial(const char *server, int64_t until)
{
    char host[128];
    const char *colon = strrchr(server, ':');
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
    int fd = -1, fault = 0;
    socklen_t size = sizeof fault;
    if (!colon || (size_t)(colon - server) >= sizeof host) return -1;
    snprintf(host, sizeof host, "%.*s", (int)(colon - server), server);
    if (getaddrinfo(host, colon + 1, &hints, &found)) return -1;
    fd = socket(found->ai_family, SOCK_STREAM, 0);
    if (fd >= 0 && (fcntl(fd, F_SETFL, O_NONBLOCK)
        || (connect(fd, found->ai_addr, found->ai_addrlen) && errno != EINPROGRESS)
        || !ready(fd, POLLOUT, until)
        || getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &size) || fault)) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

static int send_all(int fd, const char *text, int64_t until)
{
    for (size_t left = strlen(text); left > 0;) {
        ssize_t sent = ready(fd, POLLOUT, until) ? send(fd, text, left, MSG_NOSIGNAL) : -1;
        if (sent <= 0) return -1;
        text += sent;
        left -= (size_t)sent;
    }
    return 0;
}

/* Posts a document. The status, and the body in `answer`; -1 without an answer. */
static int post(const char *server, const char *document, char *answer)
{
    char head[400], *body;
    int64_t until = clock_ms(CLOCK_MONOTONIC) + ANSWER_WAIT_MS;
    size_t held = 0;
    ssize_t more = -1;
    int status = -1, fd = dial(server, until);
    if (fd < 0) return -1;
    snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: %.128s\r\nConnection: close\r\n"
             "Content-Type: application/xml\r\nContent-Length: %zu\r\n\r\n",
             server, strlen(document));
    if (!send_all(fd, head, until) && !send_all(fd, document, until)) {
        while (held < ANSWER_BYTES - 1 && ready(fd, POLLIN, until)
               && (more = recv(fd, answer + held, ANSWER_BYTES - 1 - held, 0)) > 0)
            held += (size_t)more;
    }
    close(fd);
    answer[held] = '\0';
    body = strstr(answer, "\r\n\r\n");
    if (more != 0 || !body || sscanf(answer, "HTTP/1.%*c %3d", &status) != 1) return -1;
    memmove(answer, body + 4, strlen(body + 4) + 1);
    return status;
}

/* === Documents === */

/* The text of an element; empty where it is missing, too long, or there twice. */
static void element(const char *document, const char *name, char *text, size_t room)
{
    char open[24], close[24];
    const char *at, *end;
    snprintf(open, sizeof open, "<%s>", name);
    snprintf(close, sizeof close, "</%s>", name);
    text[0] = '\0';
    at = strstr(document, open);
    if (!at) return;
    at += strlen(open);
    end = strstr(at, close);
    if (!end || strstr(end, open) || (size_t)(end - at) >= room) return;
    memcpy(text, at, (size_t)(end - at));
    text[end - at] = '\0';
}

/* Asks one server; 0 where a whole document came with status 200 that answers `cmd`. */
static int ask(const char *server, const char *document, const char *cmd, struct answer *answer)
{
    static char text[ANSWER_BYTES];
    int status = post(server, document, text);
    memset(answer, 0, sizeof *answer);
    if (status < 0 || !strstr(text, "</xml>")) return -1;
    for (size_t i = 0; i < ELEMENTS; i++)
        element(text, NAMES[i], answer->text[i], sizeof answer->text[i]);
    return status == 200 && strncmp(answer->text[CMD], "R-", 2) == 0
        && strcmp(answer->text[CMD] + 2, cmd) == 0 ? 0 : -1;
}

/* What an answer to AUTH means: nothing, unless its proof shows whose it is. */
static enum verdict judge(const struct box *box, const struct answer *answer,
                          const uint8_t nonce[12])
{
    const char *result = answer->text[RESULT];
    const char *x = strcmp(result, "OK") == 0 ? answer->text[LEASE]
                  : strcmp(result, "STALE") == 0 ? answer->text[NOW] : "";
    uint8_t given[32], wanted[32];
    char word[72];
    if (base64_decode(answer->text[PROOF], given, sizeof given) != 32
        || make_proof(box, result, x, nonce, wanted)
        || mbedtls_ct_memcmp(given, wanted, sizeof wanted) != 0)
        return NONE;
    if (strcmp(result, "OK") == 0) return *x ? GOOD : NONE;
    if (strcmp(result, "STALE") == 0) return *x ? STALE : NONE;
    if (strcmp(result, "REPLAYED") == 0) return REPLAYED;
    snprintf(word, sizeof word, " %s ", result);
    return strstr(" NOT_ACTIVATED SUSPENDED EXPIRED RETIRED STOLEN ", word) ? SHUT : NONE;
}

/*
 * One round. The same bytes go to the first and, without a good answer, to the
 * second: a retry is no replay. `code` is NULL for AUTH.
 */
static enum verdict round_once(struct box *box, const char *code, const char *request,
                               struct answer *answer, long *retry_s)
{
    const char *cmd = code ? "TOPUP" : "AUTH";
    uint8_t nonce[12];
    char bound_to[BOUND_TEXT], crypto[CRYPTO_TEXT], extra[100] = "", document[768];
    uint64_t ms = unix_ms(box);
    bind_to(cmd, code, request, bound_to);
    if (next_nonce(box, nonce) || make_crypto(box, ms, nonce, bound_to, crypto)) return NONE;
    if (code)
        snprintf(extra, sizeof extra, "<code>%s</code><request>%s</request>", code, request);
    snprintf(document, sizeof document, "<xml><app>" APP "</app><version>" VERSION "</version>"
             "<cmd>%s</cmd><time>%" PRIu64 "</time>%s<crypto>%s</crypto></xml>",
             cmd, ms / 1000, extra, crypto);
    for (int i = 0; i < 2 && box->server[i]; i++) {
        long wait;
        if (ask(box->server[i], document, cmd, answer) == 0) {
            enum verdict verdict = code ? GOOD : judge(box, answer, nonce);
            if (verdict != NONE) return verdict;
        }
        wait = clamped(answer->text[RETRY], 0, 3600, 0);
        if (wait > *retry_s) *retry_s = wait;
    }
    return NONE;
}

/* Full jitter: somewhere below a bound that doubles; never before `retry`, which was drawn too. */
static void back_off(int tries, long retry_s)
{
    uint64_t most = tries < 6 ? 1000u << tries : BACK_OFF_MAX_MS;
    int64_t drawn = (int64_t)draw(most);
    rest_ms(drawn > retry_s * 1000 ? drawn : retry_s * 1000);
}

/* === AUTH === */

/* Sets the clock from a proven `now`. A counter of a clock that ran ahead would never be taken. */
static void learn_time(struct box *box, const char *now)
{
    int64_t server_ms = strtoll(now, NULL, 10);
    box->clock_offset_ms = server_ms - clock_ms(CLOCK_REALTIME);
    if (box->counter > (uint64_t)server_ms + CLOCK_WINDOW_MS) box->counter = (uint64_t)server_ms;
}

static enum verdict auth(struct box *box, struct answer *answer, int tries)
{
    int corrections = 2;           /* one STALE and one REPLAYED are put right at once */
    for (int done = 0; done < tries;) {
        long retry_s = 0;
        enum verdict verdict = round_once(box, NULL, "", answer, &retry_s);
        if (verdict == GOOD || verdict == SHUT) return verdict;
        if (verdict == STALE) learn_time(box, answer->text[NOW]);
        if (verdict == REPLAYED && box->counter < unix_ms(box)) box->counter = unix_ms(box);
        if (verdict != NONE && corrections-- > 0) continue;
        if (++done < tries) back_off(done, retry_s);
    }
    return NONE;
}

static int run_auth(struct box *box, int tries)
{
    struct answer answer;
    enum verdict verdict = auth(box, &answer, tries);
    if (verdict == NONE) {
        fprintf(stderr, "box: no answer that can be believed\n");
        return NO_ANSWER;
    }
    if (verdict == SHUT) {
        printf("%s\n", answer.text[RESULT]);
        return REFUSED;
    }
    box->spread_s = clamped(answer.text[SPREAD], 0, 600, 30);
    if (save_state(box)) fprintf(stderr, "box: cannot write %s\n", box->state_file);
    /* The lease counts from the sending, on a clock that nobody sets; ask again at half of it. */
    printf("OK lease=%ld spread=%ld\n", clamped(answer.text[LEASE], 60, 604800, 14400),
           box->spread_s);
    return MAY_SURF;
}

/* === TOPUP === */

/* Finds a typing error without asking anyone. */
static int luhn_ok(const char *code)
{
    int sum = 0;
    for (int i = 0; i < 16; i++) {
        int value = (code[i] - '0') * (i % 2 ? 1 : 2);
        sum += value > 9 ? value - 9 : value;
    }
    return sum % 10 == 0;
}

/* One request for one purchase, repeated on each retry: the code is never lost. */
static int run_topup(struct box *box, const char *typed, int tries)
{
    char code[17] = "", request[37];
    uint8_t r[16];
    struct answer answer;
    size_t digits = 0;
    for (; *typed; typed++)
        if (isdigit((unsigned char)*typed) && ++digits <= 16) code[digits - 1] = *typed;
    if (digits != 16 || !luhn_ok(code)) {
        fprintf(stderr, "box: not a code: 16 digits were printed, look for a typing error\n");
        return REFUSED;
    }
    if (random_bytes(NULL, r, sizeof r)) return NO_ANSWER;
    snprintf(request, sizeof request, "%02x%02x%02x%02x-%02x%02x-4%x%02x-8%x%02x-%02x%02x%02x%02x"
             "%02x%02x", r[0], r[1], r[2], r[3], r[4], r[5], r[6] & 15, r[7], r[8] & 15, r[9],
             r[10], r[11], r[12], r[13], r[14], r[15]);
    for (int done = 0; done < tries;) {
        long retry_s = 0;
        if (round_once(box, code, request, &answer, &retry_s) == GOOD) {
            if (strcmp(answer.text[RESULT], "STALE") != 0) {
                printf("%s%s%s%s%s\n", answer.text[RESULT], *answer.text[CODE2] ? " code2=" : "",
                       answer.text[CODE2], *answer.text[USSD] ? " ussd=" : "", answer.text[USSD]);
                return strcmp(answer.text[RESULT], "OK") == 0 ? MAY_SURF : REFUSED;
            }
            /* R-TOPUP has no proof, so its `now` is not believed: AUTH sets the clock. */
            auth(box, &answer, 1);
        }
        if (++done < tries) back_off(done, retry_s);
    }
    fprintf(stderr, "box: no answer; give the same code again\n");
    return NO_ANSWER;
}

/* === What box.md works through by hand === */

static int print_crypto(struct box *box, int count, char **words)
{
    char bound_to[BOUND_TEXT], text[CRYPTO_TEXT];
    uint8_t nonce[12];
    if (count < 4 || hex_decode(words[2], nonce, 4)) return USAGE;
    box->counter = strtoull(words[1], NULL, 10);
    put_u64(nonce + 4, box->counter);
    bind_to(words[3], count > 4 ? words[4] : NULL, count > 5 ? words[5] : "", bound_to);
    if (make_crypto(box, strtoull(words[0], NULL, 10), nonce, bound_to, text)) return NO_ANSWER;
    puts(text);
    return MAY_SURF;
}

static int print_proof(const struct box *box, int count, char **words)
{
    char text[44];
    uint8_t nonce[12], proof[32];
    if (count < 2 || hex_decode(words[0], nonce, 12)
        || make_proof(box, words[1], count > 2 ? words[2] : "", nonce, proof))
        return USAGE;
    base64_encode(proof, sizeof proof, text);
    puts(text);
    return MAY_SURF;
}

/* === Command line === */

static int usage(void)
{
    fputs("box -c CREDENTIAL -m MACADDR -s STATE [-k PEM] [-t TRIES] [-w] auth FIRST [SECOND]\n"
          "box -c CREDENTIAL -m MACADDR -s STATE [-k PEM] [-t TRIES] topup CODE FIRST [SECOND]\n"
          "box -c CREDENTIAL -m MACADDR crypto UNIX_MS COUNTER RANDOM CMD [CODE [REQUEST]]\n"
          "box -c CREDENTIAL -m MACADDR proof NONCE RESULT [LEASE_OR_NOW]\n"
          "FIRST, SECOND: host:port of PPPX. -w: waits a moment drawn over `spread` first.\n"
          "Exit: 0 may surf, 1 refused, 2 usage, 3 no answer that can be believed.\n", stderr);
    return USAGE;
}

static int run(struct box *box, int tries, int wait, int count, char **words)
{
    int topup = strcmp(words[0], "topup") == 0;
    if (strcmp(words[0], "crypto") == 0) return print_crypto(box, count - 1, words + 1);
    if (strcmp(words[0], "proof") == 0) return print_proof(box, count - 1, words + 1);
    if (!box->state_file || (!topup && strcmp(words[0], "auth") != 0)) return USAGE;
    if (count < 2 + topup || count > 3 + topup) return USAGE;
    box->server[0] = words[1 + topup];
    box->server[1] = count > 2 + topup ? words[2 + topup] : NULL;
    load_state(box);
    /* After a power cut thousands of boxes start together: each draws its own moment. */
    if (wait) rest_ms((int64_t)draw((uint64_t)box->spread_s * 1000));
    return topup ? run_topup(box, words[1], tries) : run_auth(box, tries);
}

int main(int count, char **words)
{
    struct box box = { 0 };
    const char *credential = NULL, *mac = NULL, *pem = NULL;
    int option, wait = 0, tries = 5, code;
    while ((option = getopt(count, words, "c:m:s:k:t:w")) != -1) {
        if (option == 'c') credential = optarg;
        else if (option == 'm') mac = optarg;
        else if (option == 's') box.state_file = optarg;
        else if (option == 'k') pem = optarg;
        else if (option == 't') tries = (int)clamped(optarg, 1, 1000, 5);
        else if (option == 'w') wait = 1;
        else return usage();
    }
    if (!credential || !mac || optind == count || hex_decode(mac, box.mac, 6)) return usage();
    if (load_credential(&box, credential, pem)) {
        fprintf(stderr, "box: cannot read the credential in %s\n", credential);
        return USAGE;
    }
    code = run(&box, tries, wait, count - optind, words + optind);
    mbedtls_platform_zeroize(&box, sizeof box);
    return code == USAGE ? usage() : code;
}
