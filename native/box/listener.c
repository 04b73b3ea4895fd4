/*
 * The one door of a box whose network is its own: a TCP listener on its loopback, handed to the caller over a socket
 * before the root changes. Nothing here accepts or passes on anything; what the caller answers is all there is.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "box.h"

#define WAITING_CONNECTIONS 128

static int listen_on_loopback(unsigned long port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) fail("listener", "socket");
    if (bind(listener, (const struct sockaddr *)&address, sizeof address) < 0) fail("listener", "bind");
    if (listen(listener, WAITING_CONNECTIONS) < 0) fail("listener", "listen");
    return listener;
}

static void send_descriptor(int channel, int descriptor) {
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec byte = {.iov_base = "", .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof descriptor);
    memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
    ssize_t sent;
    do sent = sendmsg(channel, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent != 1) fail("listener", "handing it over");
}

void hand_out_listener(const struct plan *plan) {
    if (plan->listener_port == 0) return;
    int listener = listen_on_loopback(plan->listener_port);
    send_descriptor(plan->listener_channel, listener);
    close(listener);
    close(plan->listener_channel);
}
