/* The arguments and results of calls from node. */

#include "call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct call begin_call(napi_env env, napi_callback_info info) {
    struct call call = {.env = env};
    size_t count = MOST_ARGUMENTS;
    if (napi_get_cb_info(env, info, &count, call.arguments, NULL, NULL) != napi_ok) call.reason = EINVAL;
    return call;
}

int64_t take_number(struct call *call, int index) {
    int64_t value = 0;
    if (napi_get_value_int64(call->env, call->arguments[index], &value) != napi_ok) call->reason = EINVAL;
    return value;
}

const void *take_bytes(struct call *call, int index, size_t *length) {
    void *bytes = NULL;
    *length = 0;
    if (napi_get_buffer_info(call->env, call->arguments[index], &bytes, length) != napi_ok) call->reason = EINVAL;
    return bytes;
}

const char *take_text(struct call *call, int index, char text[LONGEST_PATH]) {
    size_t length;
    const void *bytes = take_bytes(call, index, &length);
    text[0] = '\0';
    if (call->reason != 0) return text;
    if (length >= LONGEST_PATH) call->reason = ENAMETOOLONG;
    else if (length > 0 && memchr(bytes, 0, length) != NULL) call->reason = EINVAL;
    else if (length > 0) memcpy(text, bytes, length), text[length] = '\0';
    return text;
}

napi_value give_number(const struct call *call, int64_t number) {
    napi_value value = NULL;
    napi_create_int64(call->env, number, &value);
    return value;
}

napi_value give_outcome(const struct call *call, int outcome) {
    return give_number(call, outcome < 0 ? -errno : 0);
}

napi_value refuse_call(const struct call *call) { return give_number(call, -call->reason); }

/* Asks for the size, then for the bytes; again when the attribute grew in between. */
napi_value give_filled(const struct call *call, fill ask, const char *path, const char *name) {
    for (;;) {
        ssize_t size = ask(path, name, NULL, 0);
        if (size < 0) return give_number(call, -errno);
        void *room = malloc(size > 0 ? (size_t)size : 1);
        if (room == NULL) return give_number(call, -ENOMEM);
        ssize_t got = size > 0 ? ask(path, name, room, (size_t)size) : 0;
        if (got < 0 && errno == ERANGE) {
            free(room);
            continue;
        }
        napi_value value = NULL;
        if (got < 0) value = give_number(call, -errno);
        else napi_create_buffer_copy(call->env, (size_t)got, room, NULL, &value);
        free(room);
        return value;
    }
}
