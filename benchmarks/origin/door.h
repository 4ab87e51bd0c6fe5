/* The door of a server on loopback: any free port, said on standard output; a thread for every connection. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Ends when standard input does, and with it the process that started it. */
static void *watch(void *given) {
    char byte;
    while (read(0, &byte, 1) > 0) continue;
    exit(0);
    return given;
}

/* Calls `serve` with each connection, which is its to close. */
static int open_door(const char *scheme, void *(*serve)(void *)) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    pthread_t thread;
    pthread_attr_t detached;
    int door = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (bind(door, (struct sockaddr *)&address, length) || listen(door, 512)) return perror("listen"), 1;
    getsockname(door, (struct sockaddr *)&address, &length);
    printf("%s://127.0.0.1:%d\n", scheme, ntohs(address.sin_port));
    fflush(stdout);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&detached, 256 << 10);
    pthread_create(&thread, &detached, watch, NULL);
    for (;;) {
        int connection = accept(door, NULL, NULL);
        if (connection < 0) continue;
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        pthread_create(&thread, &detached, serve, (void *)(long)connection);
    }
}
