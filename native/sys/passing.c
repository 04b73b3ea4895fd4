/*
 * Descriptors that processes send each other (unix(7), SCM_RIGHTS), one with a byte. Sending never waits; one that comes is
 * waited for on a thread of its own. The fd of the socket stays the caller's, who keeps it open until the promise settles.
 */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "call.h"
#include "sys.h"

/* What carries one descriptor; `head` has what aligns it. */
union carrier {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
};

struct reception {
    napi_async_work work;
    napi_deferred promise;
    int socket;
    int64_t outcome; /* the fd, or the negative errno; ENOTCONN when the other end is gone */
};

static int64_t receive(int socket) {
    union carrier control;
    char byte;
    struct iovec vector = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t got;
    do got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0) return -errno;
    const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (got == 0 || head == NULL || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) return -ENOTCONN;
    int received;
    memcpy(&received, CMSG_DATA(head), sizeof received);
    return received;
}

static void wait_for_it(napi_env env, void *data) {
    struct reception *reception = data;
    (void)env;
    reception->outcome = receive(reception->socket);
}

static void settle(napi_env env, napi_status status, void *data) {
    struct reception *reception = data;
    napi_value outcome;
    if (status != napi_ok) reception->outcome = -ECANCELED;
    napi_create_int64(env, reception->outcome, &outcome);
    napi_resolve_deferred(env, reception->promise, outcome);
    napi_delete_async_work(env, reception->work);
    free(reception);
}

napi_value sys_receive_fd(napi_env env, napi_callback_info info) {
    size_t count = 1;
    napi_value socket, name, promise = NULL;
    struct reception *reception = calloc(1, sizeof *reception);
    if (reception == NULL) return NULL;
    if (napi_get_cb_info(env, info, &count, &socket, NULL, NULL) != napi_ok ||
        napi_get_value_int32(env, socket, &reception->socket) != napi_ok ||
        napi_create_string_utf8(env, "cooper:receive", NAPI_AUTO_LENGTH, &name) != napi_ok ||
        napi_create_async_work(env, NULL, name, wait_for_it, settle, reception, &reception->work) != napi_ok) {
        free(reception);
        return NULL;
    }
    napi_create_promise(env, &reception->promise, &promise);
    napi_queue_async_work(env, reception->work);
    return promise;
}

/* socket, fd */
napi_value sys_send_fd(napi_env env, napi_callback_info info) {
    struct call call = begin_call(env, info);
    int socket = (int)take_number(&call, 0), fd = (int)take_number(&call, 1);
    if (call.reason != 0) return refuse_call(&call);
    char byte = 0;
    union carrier control = {.room = {0}};
    struct iovec vector = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(head), &fd, sizeof fd);
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return give_outcome(&call, sent < 0 ? -1 : 0);
}

napi_value sys_socketpair(napi_env env, napi_callback_info info) {
    int ends[2];
    napi_value value = NULL;
    (void)info;
    int64_t outcome = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ? -errno
                                                                                  : (int64_t)ends[0] << 20 | ends[1];
    napi_create_int64(env, outcome, &value);
    return value;
}
