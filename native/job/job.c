#include "job.h"

#include <stdlib.h>

napi_value job_error(napi_env env, const char *code, const char *message) {
    napi_value name, text, error;
    if (napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &name) != napi_ok ||
        napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text) != napi_ok ||
        napi_create_error(env, name, text, &error) != napi_ok)
        return NULL;
    return error;
}

static void run_job(napi_env env, void *data) {
    (void)env;
    struct job *job = data;
    job->run(job);
}

static void complete_job(napi_env env, napi_status status, void *data) {
    (void)status; /* Nobody cancels a job. */
    struct job *job = data;
    napi_value outcome = NULL;
    bool kept = job->settle(env, job, &outcome);
    if (outcome != NULL) (kept ? napi_resolve_deferred : napi_reject_deferred)(env, job->deferred, outcome);
    napi_delete_reference(env, job->held);
    napi_delete_async_work(env, job->work);
    free(job);
}

static bool hold(napi_env env, const napi_value *values, uint32_t count, napi_ref *held) {
    napi_value list;
    if (napi_create_array(env, &list) != napi_ok) return false;
    for (uint32_t i = 0; i < count; i++)
        if (napi_set_element(env, list, i, values[i]) != napi_ok) return false;
    return napi_create_reference(env, list, 1, held) == napi_ok;
}

napi_value job_start(napi_env env, struct job *job, const char *name, const napi_value *values, uint32_t count) {
    napi_value promise, resource;
    if (hold(env, values, count, &job->held) &&
        napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &resource) == napi_ok &&
        napi_create_async_work(env, NULL, resource, run_job, complete_job, job, &job->work) == napi_ok &&
        napi_create_promise(env, &job->deferred, &promise) == napi_ok &&
        napi_queue_async_work(env, job->work) == napi_ok)
        return promise;
    if (job->work != NULL) napi_delete_async_work(env, job->work);
    if (job->held != NULL) napi_delete_reference(env, job->held);
    free(job);
    return NULL;
}
