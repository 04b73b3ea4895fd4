/*
 * xz.node: liblzma's encoders and its decoder for xz.ts, which calls with arguments that it has checked, one
 * step of a coder at a time. Steps run on libuv's threads; the buffers and the coder are held until a step is over.
 */

#include <node_api.h>
#include <stdlib.h>

#include "../exports/exports.h"
#include "../job/job.h"
#include "coder.h"

#define MOST_ARGUMENTS 4

/* What a handle wraps. `busy` while a job has it; `ended` once liblzma's memory and threads are gone. */
struct coder {
    lzma_stream stream;
    bool busy;
    bool ended;
};

/* A step, or the end of a coder, on its way through another thread. */
struct coder_job {
    struct job job;
    struct coder *coder;
    bool ending;
    struct step step;
};

static const napi_type_tag coder_tag = {0x6b1f0d3a5c7e4f92, 0x9d24c86ab13e7058};

static napi_value refuse(napi_env env, const char *code, const char *message) {
    napi_throw_type_error(env, code, message);
    return NULL;
}

static bool take_arguments(napi_env env, napi_callback_info info, napi_value arguments[MOST_ARGUMENTS]) {
    size_t count = MOST_ARGUMENTS;
    return napi_get_cb_info(env, info, &count, arguments, NULL, NULL) == napi_ok;
}

static bool take_number(napi_env env, napi_value value, int64_t *number) {
    return napi_get_value_int64(env, value, number) == napi_ok && *number >= 0;
}

static struct coder *take_idle_coder(napi_env env, napi_value handle) {
    bool is_coder = false;
    void *coder = NULL;
    if (napi_check_object_type_tag(env, handle, &coder_tag, &is_coder) != napi_ok || !is_coder) return NULL;
    if (napi_unwrap(env, handle, &coder) != napi_ok) return NULL;
    struct coder *idle = coder;
    return idle->busy || idle->ended ? NULL : idle;
}

static void end_coder(struct coder *coder) {
    lzma_end(&coder->stream);
    coder->ended = true;
}

/* Only for handles that were never ended: a busy coder is held by its job. */
static void finalize_coder(napi_env env, void *data, void *hint) {
    (void)env, (void)hint;
    end_coder(data);
    free(data);
}

static napi_value give_coder(napi_env env, lzma_stream stream, lzma_ret started) {
    struct coder *coder = started == LZMA_OK ? malloc(sizeof *coder) : NULL;
    if (coder == NULL) {
        lzma_end(&stream);
        return refuse(env, coder_result_name(started == LZMA_OK ? LZMA_MEM_ERROR : started), "the coder cannot start");
    }
    *coder = (struct coder){.stream = stream};
    napi_value handle = NULL;
    if (napi_create_object(env, &handle) != napi_ok ||
        napi_wrap(env, handle, coder, finalize_coder, NULL, NULL) != napi_ok) {
        finalize_coder(env, coder, NULL);
        return NULL;
    }
    return napi_type_tag_object(env, handle, &coder_tag) == napi_ok ? handle : NULL;
}

/* preset, threads, block size */
static napi_value xz_encoder(napi_env env, napi_callback_info info) {
    napi_value arguments[MOST_ARGUMENTS];
    int64_t preset, threads, block_size;
    if (!take_arguments(env, info, arguments) || !take_number(env, arguments[0], &preset) ||
        !take_number(env, arguments[1], &threads) || !take_number(env, arguments[2], &block_size) ||
        preset > UINT32_MAX || threads > UINT32_MAX)
        return refuse(env, "LZMA_OPTIONS_ERROR", "preset, threads and block size are numbers");
    lzma_stream stream = LZMA_STREAM_INIT;
    lzma_ret started = coder_start_encoder(&stream, (uint32_t)preset, (uint32_t)threads, (uint64_t)block_size);
    return give_coder(env, stream, started);
}

/* preset, whether the data is x86 machine code */
static napi_value xz_block_encoder(napi_env env, napi_callback_info info) {
    napi_value arguments[MOST_ARGUMENTS];
    int64_t preset;
    bool x86;
    if (!take_arguments(env, info, arguments) || !take_number(env, arguments[0], &preset) || preset > UINT32_MAX ||
        napi_get_value_bool(env, arguments[1], &x86) != napi_ok)
        return refuse(env, "LZMA_OPTIONS_ERROR", "the preset is a number, x86 a boolean");
    lzma_stream stream = LZMA_STREAM_INIT;
    lzma_ret started = coder_start_block_encoder(&stream, (uint32_t)preset, x86);
    return give_coder(env, stream, started);
}

/* memory limit */
static napi_value xz_decoder(napi_env env, napi_callback_info info) {
    napi_value arguments[MOST_ARGUMENTS];
    int64_t memory_limit;
    if (!take_arguments(env, info, arguments) || !take_number(env, arguments[0], &memory_limit))
        return refuse(env, "LZMA_OPTIONS_ERROR", "the memory limit is a number");
    lzma_stream stream = LZMA_STREAM_INIT;
    lzma_ret started = coder_start_decoder(&stream, (uint64_t)memory_limit);
    return give_coder(env, stream, started);
}

static void run_job(struct job *base) {
    struct coder_job *job = (struct coder_job *)base;
    if (job->ending) end_coder(job->coder);
    else coder_step(&job->coder->stream, &job->step);
}

static void set_number(napi_env env, napi_value object, const char *name, size_t number) {
    napi_value value;
    if (napi_create_int64(env, (int64_t)number, &value) == napi_ok) napi_set_named_property(env, object, name, value);
}

static napi_value outcome_of(napi_env env, const struct step *step) {
    napi_value outcome, finished;
    if (napi_create_object(env, &outcome) != napi_ok) return NULL;
    set_number(env, outcome, "consumed", step->consumed);
    set_number(env, outcome, "produced", step->produced);
    if (napi_get_boolean(env, step->result == LZMA_STREAM_END, &finished) == napi_ok)
        napi_set_named_property(env, outcome, "finished", finished);
    return outcome;
}

static bool settle_job(napi_env env, struct job *base, napi_value *outcome) {
    struct coder_job *job = (struct coder_job *)base;
    job->coder->busy = false;
    bool kept = job->step.result == LZMA_OK || job->step.result == LZMA_STREAM_END;
    *outcome = kept ? outcome_of(env, &job->step)
                    : job_error(env, coder_result_name(job->step.result), "liblzma gave up");
    return kept;
}

static napi_value start_job(napi_env env, struct coder_job wanted, const napi_value *values, uint32_t count) {
    struct coder_job *job = malloc(sizeof *job);
    if (job == NULL) return refuse(env, "LZMA_MEM_ERROR", "no memory for a step");
    *job = wanted;
    job->job = (struct job){.run = run_job, .settle = settle_job};
    napi_value promise = job_start(env, &job->job, "cooper:xz", values, count);
    if (promise == NULL) return refuse(env, "LZMA_PROG_ERROR", "the step cannot start");
    wanted.coder->busy = true;
    return promise;
}

/* coder, input, output, whether the input ends here: a promise of {consumed, produced, finished} */
static napi_value xz_step(napi_env env, napi_callback_info info) {
    napi_value arguments[MOST_ARGUMENTS];
    struct coder_job job = {0};
    void *input, *output;
    bool finish;
    if (!take_arguments(env, info, arguments) || (job.coder = take_idle_coder(env, arguments[0])) == NULL ||
        napi_get_buffer_info(env, arguments[1], &input, &job.step.input_size) != napi_ok ||
        napi_get_buffer_info(env, arguments[2], &output, &job.step.output_size) != napi_ok ||
        napi_get_value_bool(env, arguments[3], &finish) != napi_ok)
        return refuse(env, "LZMA_PROG_ERROR", "an idle coder, two buffers and a boolean are needed");
    job.step.input = input;
    job.step.output = output;
    job.step.action = finish ? LZMA_FINISH : LZMA_RUN;
    return start_job(env, job, arguments, 3);
}

/* coder: a promise that is kept when its threads have stopped and its memory is free */
static napi_value xz_end(napi_env env, napi_callback_info info) {
    napi_value arguments[MOST_ARGUMENTS];
    struct coder_job job = {.ending = true, .step = {.result = LZMA_OK}};
    if (!take_arguments(env, info, arguments) || (job.coder = take_idle_coder(env, arguments[0])) == NULL)
        return refuse(env, "LZMA_PROG_ERROR", "an idle coder is needed");
    return start_job(env, job, arguments, 1);
}

/* The version of liblzma that runs, which need not be the one of its header. */
static napi_value xz_version(napi_env env, napi_callback_info info) {
    (void)info;
    napi_value version;
    return napi_create_string_utf8(env, lzma_version_string(), NAPI_AUTO_LENGTH, &version) == napi_ok ? version : NULL;
}

static const struct exported functions[] = {{"encoder", xz_encoder},
               {"blockEncoder", xz_block_encoder},
               {"decoder", xz_decoder},
               {"step", xz_step},
               {"version", xz_version},
               {"end", xz_end}};

NAPI_MODULE_INIT() { return export_all(env, exports, functions, sizeof functions / sizeof functions[0]); }
