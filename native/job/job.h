/*
 * Work of an addon that one of libuv's threads does, as a promise. Include it in whatever struct the work needs, at the
 * front, and allocate that with malloc.
 */

#ifndef COOPER_JOB_H
#define COOPER_JOB_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

struct job {
    /* Does the work, on another thread: nothing of node may be called. */
    void (*run)(struct job *job);
    /* Says, back on the main thread, what the promise is kept with (true) or rejected with. NULL leaves it open. */
    bool (*settle)(napi_env env, struct job *job, napi_value *outcome);
    napi_async_work work;
    napi_deferred deferred;
    napi_ref held;
};

/*
 * Starts the job, which frees itself when it is over; until then the values, buffers for instance, are not collected. NULL when it
 * cannot start: then the job has been freed and nothing is thrown yet.
 */
napi_value job_start(napi_env env, struct job *job, const char *name, const napi_value *values, uint32_t count);

/* An Error with that code. NULL when node is out of memory. */
napi_value job_error(napi_env env, const char *code, const char *message);

#endif
