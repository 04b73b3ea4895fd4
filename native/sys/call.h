/* The arguments and results of calls from node: a result is a value, or the negative errno as a number. */
#ifndef COOPER_CALL_H
#define COOPER_CALL_H

#include <node_api.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MOST_ARGUMENTS 4
#define LONGEST_PATH 4096

/* Arguments of one call; `reason` is the first thing wrong with them, 0 while nothing is. */
struct call {
    napi_env env;
    napi_value arguments[MOST_ARGUMENTS];
    int reason;
};

struct call begin_call(napi_env env, napi_callback_info info);
int64_t take_number(struct call *call, int index);
const void *take_bytes(struct call *call, int index, size_t *length);

/* Copies a path or name and ends it with NUL; one inside is refused, as node:fs does. */
const char *take_text(struct call *call, int index, char text[LONGEST_PATH]);

napi_value give_number(const struct call *call, int64_t number);

/* The end of a call that has no result: 0 or the negative errno. */
napi_value give_outcome(const struct call *call, int outcome);

/* The end of a call whose arguments are wrong. */
napi_value refuse_call(const struct call *call);

/* Something like lgetxattr(2), and a Buffer of all that it gives. */
typedef ssize_t (*fill)(const char *path, const char *name, void *room, size_t size);
napi_value give_filled(const struct call *call, fill ask, const char *path, const char *name);

#endif
