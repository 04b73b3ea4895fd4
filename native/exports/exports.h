/* What an addon offers to node. */

#ifndef COOPER_EXPORTS_H
#define COOPER_EXPORTS_H

#include <node_api.h>
#include <stddef.h>

/* A function and its name in JavaScript. */
struct exported {
    const char *name;
    napi_callback call;
};

/* Puts them into `exports`, which it gives back; NULL when node refuses one. */
napi_value export_all(napi_env env, napi_value exports, const struct exported *functions, size_t count);

#endif
