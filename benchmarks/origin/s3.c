/* An S3 on loopback that holds any number of objects and stores none: keys are a pure function of their index.
 *
 * ListObjectsV2 (prefix, delimiter, start-after, continuation-token, max-keys, encoding-type), HEAD, and GET with
 * Range, over keep-alive HTTP/1.1. One thread a connection. Signatures are not checked. GET /__stats answers
 * requests, connections and the most requests in flight, and begins counting anew.
 */
#include "door.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { PER_STUDY = 250, LONGEST = 1100, REQUEST = 16384, PATTERN = 1 << 20 };

static long keys = 1000000, sites = 64, per_site, size = 532480, delay_us = 0, knee = 0;
static char pattern[PATTERN];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static long requests, connections, flying, peak, served;

static const char *const suffixes[16] = {"dcm", "pdf", "tif", "jpg", "csv", "xml", "txt", "exr",
                                         "las", "png", "doc", "log", "mp4", "wav", "zip", "dat"};

typedef struct { char *data; size_t used, room; } Text;

static void add(Text *text, const char *form, ...) {
    if (text->room - text->used < 4 * LONGEST) text->data = realloc(text->data, text->room = 2 * text->room + 8 * LONGEST);
    va_list values;
    va_start(values, form);
    text->used += vsnprintf(text->data + text->used, text->room - text->used, form, values);
    va_end(values);
}

/* Six digits, the only number format of keys: printf would be most of a page's cost. */
static char *digits(char *at, long number, int width) {
    for (int place = width - 1; place >= 0; place--, number /= 10) at[place] = '0' + number % 10;
    return at + width;
}

static char *copy(char *at, const char *from) {
    size_t length = strlen(from);
    memcpy(at, from, length);
    return at + length;
}

/* Increasing with the index; about 76 bytes, 16 suffixes in turn. Without sites, all in one directory. */
static size_t key_of(long index, char *key) {
    long study = index % per_site / PER_STUDY, image = index % per_site % PER_STUDY;
    char *at;
    if (sites) {
        at = digits(copy(key, "imaging/site-"), index / per_site, 3);
        at = digits(copy(at, "/study-"), study, 6);
        at = digits(copy(at, "/1.2.840.113619.2.55.3.604688119."), study, 6);
        at = digits(copy(at, "/IM-"), image, 6);
    } else at = digits(copy(key, "imaging/1.2.840.113619.2.55.3.604688119.2026.01.05.08.30.IM-"), index, 8);
    *at++ = '.';
    at = copy(at, suffixes[index % 16]);
    *at = 0;
    return at - key;
}

/* The first index whose key is not less than the text, or is greater than it. */
static long first(const char *text, int greater) {
    char key[LONGEST];
    long low = 0, high = keys;
    while (low < high) {
        long middle = low + (high - low) / 2;
        key_of(middle, key);
        if (strcmp(key, text) >= greater) high = middle; else low = middle + 1;
    }
    return low;
}

/* The first index behind every key that begins so. */
static long behind(const char *prefix) {
    char bound[LONGEST + 1];
    snprintf(bound, sizeof bound, "%s\xff", prefix);
    return first(bound, 1);
}

static void unquote(char *text) {
    char *to = text;
    for (char *at = text; *at; at++) {
        unsigned byte;
        if (*at == '%' && sscanf(at + 1, "%2x", &byte) == 1) *to++ = (char)byte, at += 2;
        else *to++ = *at == '+' ? ' ' : *at;
    }
    *to = 0;
}

static char *value(char *query, const char *name, char *found) {
    size_t length = strlen(name);
    *found = 0;
    for (char *at = query; at && *at; at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL) {
        if (strncmp(at, name, length) || at[length] != '=') continue;
        size_t end = strcspn(at + length + 1, "&");
        if (end > LONGEST - 1) end = LONGEST - 1;
        memcpy(found, at + length + 1, end);
        found[end] = 0;
        unquote(found);
    }
    return found;
}

static void entry(Text *out, long index) {
    char line[LONGEST], key[LONGEST], *at = copy(line, "<Contents><Key>");
    key_of(index, key);
    at = digits(copy(copy(at, key), "</Key><LastModified>2026-01-"), index % 28 + 1, 2);
    at = digits(copy(at, "T08:30:00.000Z</LastModified><ETag>&quot;00000000000000000000000000"), index % 1000000, 6);
    at = copy(at, "&quot;</ETag><Size>");
    at += sprintf(at, "%ld", size);
    at = copy(at, "</Size><StorageClass>FSX_ONTAP</StorageClass></Contents>");
    *at = 0;
    add(out, "%s", line);
}

/* S3's text of a listing; tokens are indexes. */
static void list(char *query, Text *out) {
    char prefix[LONGEST], after[LONGEST], token[LONGEST], mark[LONGEST], text[LONGEST], key[LONGEST];
    static __thread Text body;
    value(query, "prefix", prefix);
    value(query, "delimiter", mark);
    int encoded = !strcmp(value(query, "encoding-type", text), "url");
    long limit = *value(query, "max-keys", text) ? atol(text) : 1000, count = 0, end = *prefix ? behind(prefix) : keys;
    long index = *value(query, "continuation-token", token) ? atol(token) : first(prefix, 0);
    if (!*token && *value(query, "start-after", after)) {
        long start = first(after, 1);
        if (start > index) index = start;
    }
    if (limit > 1000) limit = 1000;
    body.used = 0;
    add(&body, "%s", "");
    for (; index < end && count < limit; count++) {
        key_of(index, key);
        char *cut = *mark ? strstr(key + strlen(prefix), mark) : NULL;
        if (cut) {
            cut[strlen(mark)] = 0;
            add(&body, "<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>", key);
            index = behind(key);
        } else entry(&body, index++);
    }
    add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
        "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bench</Name><KeyCount>%ld</KeyCount>"
        "<MaxKeys>%ld</MaxKeys>%s<IsTruncated>%s</IsTruncated>",
        count, limit, encoded ? "<EncodingType>url</EncodingType>" : "", index < end ? "true" : "false");
    if (index < end) add(out, "<NextContinuationToken>%ld</NextContinuationToken>", index);
    size_t need = out->used + body.used + LONGEST;
    if (out->room < need) out->data = realloc(out->data, out->room = need);
    memcpy(out->data + out->used, body.data, body.used);
    out->used += body.used;
    add(out, "</ListBucketResult>");
}

static int all(int connection, const char *data, size_t length, int more) {
    while (length) {
        ssize_t sent = send(connection, data, length, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
        if (sent <= 0) return 0;
        data += sent, length -= sent;
    }
    return 1;
}

static int answer(int connection, const char *status, const char *body, size_t length) {
    char head[256];
    int size = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Type: application/xml\r\nContent-Length: %zu\r\n\r\n",
                        status, length);
    return all(connection, head, size, 1) && all(connection, body, length, 0);
}

static int object(int connection, char *path, const char *range, int head_only) {
    static const char missing[] = "<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>";
    char head[512], key[LONGEST], *name = strchr(path + 1, '/');
    if (name) unquote(++name);
    long index = name ? first(name, 0) : keys, from = 0, to = size - 1;
    if (index < keys) key_of(index, key);
    if (index >= keys || strcmp(key, name)) return answer(connection, "404 Not Found", missing, head_only ? 0 : strlen(missing));
    if (range) {
        char *dash;
        from = strtol(range, &dash, 10);
        if (*dash == '-' && dash[1] >= '0' && dash[1] <= '9') to = atol(dash + 1);
        if (to > size - 1) to = size - 1;
        if (from > to) return answer(connection, "416 Range Not Satisfiable", "<Error><Code>InvalidRange</Code></Error>", 44);
    }
    int used = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nETag: \"%032ld\"\r\nAccept-Ranges: bytes\r\n"
        "Last-Modified: Thu, 01 Jan 2026 08:30:00 GMT\r\nContent-Length: %ld\r\n",
        range ? "206 Partial Content" : "200 OK", index % 1000000, to - from + 1);
    if (range) used += sprintf(head + used, "Content-Range: bytes %ld-%ld/%ld\r\n", from, to, size);
    used += sprintf(head + used, "\r\n");
    if (!all(connection, head, used, !head_only)) return 0;
    while (!head_only && from <= to) {
        long at = from % PATTERN, part = PATTERN - at < to - from + 1 ? PATTERN - at : to - from + 1;
        if (!all(connection, pattern + at, part, from + part <= to)) return 0;
        from += part;
    }
    return 1;
}

/* Injected latency; beyond the knee requests wait for each other, as a busy file system makes them. */
static void service(void) {
    struct timespec pause = {delay_us / 1000000, delay_us % 1000000 * 1000};
    pthread_mutex_lock(&lock);
    requests++;
    if (++flying > peak) peak = flying;
    while (knee && served >= knee) pthread_cond_wait(&freed, &lock);
    served++;
    pthread_mutex_unlock(&lock);
    if (delay_us) nanosleep(&pause, NULL);
    pthread_mutex_lock(&lock);
    served--;
    pthread_cond_signal(&freed);
    pthread_mutex_unlock(&lock);
}

static int handle(int connection, char *request, Text *out) {
    char *path = strchr(request, ' '), *range = strcasestr(request, "\r\nrange: bytes=");
    char *end = path ? strchr(path + 1, ' ') : NULL;
    if (!end) return 0;
    *end = 0;
    char *query = strchr(++path, '?');
    if (query) *query++ = 0;
    if (!strcmp(path, "/__stats")) {
        char text[128];
        pthread_mutex_lock(&lock);
        sprintf(text, "{\"requests\":%ld,\"connections\":%ld,\"peak\":%ld}", requests, connections, peak);
        requests = connections = peak = 0;
        pthread_mutex_unlock(&lock);
        return answer(connection, "200 OK", text, strlen(text));
    }
    service();
    int good;
    if (query && strstr(query, "list-type=2")) {
        out->used = 0;
        list(query, out);
        good = answer(connection, "200 OK", out->data, out->used);
    } else if (!strncmp(request, "HEAD", 4) && (!path[1] || !strchr(path + 1, '/'))) {
        good = answer(connection, "200 OK", "", 0);
    } else {
        good = object(connection, path, range ? range + 15 : NULL, !strncmp(request, "HEAD", 4));
    }
    pthread_mutex_lock(&lock);
    flying--;
    pthread_mutex_unlock(&lock);
    return good;
}

static void *serve(void *given) {
    int connection = (int)(long)given;
    char request[REQUEST + 1], *end;
    size_t held = 0;
    Text out = {0};
    pthread_mutex_lock(&lock);
    connections++;
    pthread_mutex_unlock(&lock);
    for (;;) {
        ssize_t got = recv(connection, request + held, REQUEST - held, 0);
        if (got <= 0) break;
        request[held += got] = 0;
        if (!(end = strstr(request, "\r\n\r\n"))) continue;
        size_t used = end + 4 - request;
        *end = 0;
        if (!handle(connection, request, &out)) break;
        memmove(request, request + used, held -= used);
    }
    close(connection);
    free(out.data);
    return NULL;
}

int main(int count, char **options) {
    for (int at = 1; at + 1 < count; at += 2) {
        char *name = options[at], *text = options[at + 1];
        if (!strcmp(name, "--keys")) keys = atol(text);
        else if (!strcmp(name, "--sites")) sites = atol(text);
        else if (!strcmp(name, "--size")) size = atol(text);
        else if (!strcmp(name, "--delay-ms")) delay_us = (long)(atof(text) * 1000);
        else if (!strcmp(name, "--knee")) knee = atol(text);
        else return fprintf(stderr, "no option %s\n", name), 2;
    }
    per_site = sites ? (keys + sites - 1) / sites : keys;
    for (int at = 0; at < PATTERN; at++) pattern[at] = (char)(at * 2654435761u >> 24);
    return open_door("http", serve);
}
