/* Answers over TLS what another server once answered: request target → body, from a file.
 *
 * The file holds records of a target, a tab, the body's length, a newline, and the body. Anything else is 404. Keep-alive
 * HTTP/1.1, one thread a connection, GET only; each answer waits as long as it was told.
 */
#include "door.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

enum { REQUEST = 16384 };

typedef struct { const char *target, *body; size_t wide, length; } Answer;

static Answer *answers;
static size_t room = 1 << 12, held;
static long delay_us;
static SSL_CTX *context;

static size_t slot(const char *target, size_t wide) {
    size_t hash = 14695981039346656037u;
    for (size_t at = 0; at < wide; at++) hash = (hash ^ (unsigned char)target[at]) * 1099511628211u;
    for (hash &= room - 1; answers[hash].target; hash = (hash + 1) & (room - 1))
        if (answers[hash].wide == wide && !memcmp(answers[hash].target, target, wide)) break;
    return hash;
}

/* Twice, so that the table is made as large as what it will hold. */
static void load(const char *path) {
    struct stat about;
    int file = open(path, O_RDONLY);
    if (file < 0 || fstat(file, &about)) perror(path), exit(1);
    const char *text = mmap(NULL, about.st_size, PROT_READ, MAP_PRIVATE, file, 0), *end = text + about.st_size;
    for (int turn = 0; turn < 2; turn++) {
        if (turn) answers = calloc(room, sizeof *answers);
        for (const char *at = text; at < end;) {
            const char *tab = memchr(at, '\t', end - at);
            char *body;
            size_t length = strtoul(tab + 1, &body, 10);
            body++;
            if (turn) answers[slot(at, tab - at)] = (Answer){at, body, tab - at, length};
            else if (++held * 2 > room) room *= 2;
            at = body + length;
        }
    }
}

static int reply(SSL *tls, const char *request) {
    static const char missing[] = "{\"error\":{\"code\":\"4\",\"message\":\"entry doesn't exist\"}}";
    static __thread char *out;
    static __thread size_t size;
    const char *target = strchr(request, ' ') + 1, *end = strchr(target, ' ');
    struct timespec pause = {delay_us / 1000000, delay_us % 1000000 * 1000};
    const Answer *found = &answers[slot(target, end - target)];
    size_t length = found->target ? found->length : strlen(missing);
    if (size < length + 256) out = realloc(out, size = length + 256);
    int head = sprintf(out, "HTTP/1.1 %s\r\nContent-Type: application/hal+json\r\nContent-Length: %zu\r\n\r\n",
                       found->target ? "200 OK" : "404 Not Found", length);
    memcpy(out + head, found->target ? found->body : missing, length);
    nanosleep(&pause, NULL);
    return SSL_write(tls, out, head + length) > 0;
}

static void *serve(void *given) {
    int connection = (int)(long)given, used = 0, got;
    char request[REQUEST + 1], *end;
    SSL *tls = SSL_new(context);
    SSL_set_fd(tls, connection);
    if (SSL_accept(tls) == 1)
        while ((got = SSL_read(tls, request + used, REQUEST - used)) > 0) {
            request[used += got] = 0;
            if (!(end = strstr(request, "\r\n\r\n"))) continue;
            if (strncmp(request, "GET ", 4) || !reply(tls, request)) break;
            used -= end + 4 - request;
            memmove(request, end + 4, used);
        }
    SSL_free(tls);
    close(connection);
    return NULL;
}

int main(int count, char **options) {
    if (count != 5) return fprintf(stderr, "replay ANSWERS CERTIFICATE KEY DELAY_MS\n"), 2;
    load(options[1]);
    delay_us = (long)(atof(options[4]) * 1000);
    context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, options[2]) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, options[3], SSL_FILETYPE_PEM) != 1)
        return fprintf(stderr, "the certificate or its key cannot be read\n"), 1;
    return open_door("https", serve);
}
