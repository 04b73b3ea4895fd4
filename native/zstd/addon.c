/*
 * zstd.node: zstd's frames for zstd.ts, which calls with arguments that it has checked. The work is done on libuv's threads;
 * the buffers are held until it is over.
 */

#include <dlfcn.h>
#include <stdlib.h>

#include "../exports/exports.h"
#include "../job/job.h"
#include "codec.h"

#define MOST_ARGUMENTS 4
#define DIGEST_SIZE 32

struct frame_job {
    struct job job;
    struct transfer transfer;
    int level;
    const uint8_t *stop;
    uint8_t *digest;
};

/* SHA256(3ssl) of the OpenSSL that node has in it, or loads; NULL where it shows none. */
typedef unsigned char *(*hash)(const unsigned char *bytes, size_t size, unsigned char *digest);
static hash sha256;

static napi_value refuse(napi_env env, const char *message) {
    napi_throw_type_error(env, "ZSTD_FAULT", message);
    return NULL;
}

static bool take_arguments(napi_env env, napi_callback_info info, napi_value arguments[MOST_ARGUMENTS]) {
    size_t count = MOST_ARGUMENTS;
    return napi_get_cb_info(env, info, &count, arguments, NULL, NULL) == napi_ok;
}

static bool take_buffers(napi_env env, const napi_value arguments[MOST_ARGUMENTS], struct transfer *transfer) {
    void *input;
    if (napi_get_buffer_info(env, arguments[0], &input, &transfer->input_size) != napi_ok) return false;
    transfer->input = input;
    return napi_get_buffer_info(env, arguments[1], &transfer->output, &transfer->output_size) == napi_ok;
}

static void run_compression(struct job *base) {
    struct frame_job *job = (struct frame_job *)base;
    codec_compress(&job->transfer, job->level, job->stop);
}

/* The data are hashed while they are in the processor's cache, and not on the one thread that everything waits for. */
static void run_decompression(struct job *base) {
    struct frame_job *job = (struct frame_job *)base;
    codec_decompress(&job->transfer);
    if (job->transfer.failure == NULL && sha256 != NULL)
        sha256(job->transfer.output, job->transfer.produced, job->digest);
}

static bool settle_job(napi_env env, struct job *base, napi_value *outcome) {
    const struct transfer *transfer = &((struct frame_job *)base)->transfer;
    if (transfer->failure != NULL) *outcome = job_error(env, transfer->failure, "zstd gave up");
    else if (napi_create_int64(env, (int64_t)transfer->produced, outcome) != napi_ok) *outcome = NULL;
    return transfer->failure == NULL;
}

static napi_value start_job(napi_env env, struct frame_job wanted, const napi_value *values, uint32_t count) {
    struct frame_job *job = malloc(sizeof *job);
    if (job == NULL) return refuse(env, "no memory for a job");
    *job = wanted;
    napi_value promise = job_start(env, &job->job, "cooper:zstd", values, count);
    return promise != NULL ? promise : refuse(env, "the job cannot start");
}

/* data, room for the frame, level, a buffer whose first byte stops it when it becomes other than 0: a promise of the size */
static napi_value zstd_compress(napi_env env, napi_callback_info info) {
    napi_value arguments[MOST_ARGUMENTS];
    struct frame_job job = {.job = {.run = run_compression, .settle = settle_job}};
    void *stop;
    size_t stop_size;
    if (!take_arguments(env, info, arguments) || !take_buffers(env, arguments, &job.transfer) ||
        napi_get_value_int32(env, arguments[2], &job.level) != napi_ok ||
        napi_get_buffer_info(env, arguments[3], &stop, &stop_size) != napi_ok || stop_size == 0)
        return refuse(env, "two buffers, a level and a buffer are needed");
    job.stop = stop;
    return start_job(env, job, arguments, 4);
}

/* a frame, room for exactly its data, room for their SHA-256 where `hashes` says so: a promise of the size */
static napi_value zstd_decompress(napi_env env, napi_callback_info info) {
    napi_value arguments[MOST_ARGUMENTS];
    struct frame_job job = {.job = {.run = run_decompression, .settle = settle_job}};
    void *digest;
    size_t digest_size;
    if (!take_arguments(env, info, arguments) || !take_buffers(env, arguments, &job.transfer) ||
        napi_get_buffer_info(env, arguments[2], &digest, &digest_size) != napi_ok || digest_size != DIGEST_SIZE)
        return refuse(env, "two buffers and one of 32 bytes are needed");
    job.digest = digest;
    return start_job(env, job, arguments, 3);
}

/* size of data: room that its frame may need */
static napi_value zstd_bound(napi_env env, napi_callback_info info) {
    napi_value arguments[MOST_ARGUMENTS], bound;
    int64_t size;
    if (!take_arguments(env, info, arguments) || napi_get_value_int64(env, arguments[0], &size) != napi_ok || size < 0)
        return refuse(env, "a size is needed");
    return napi_create_int64(env, (int64_t)codec_bound((size_t)size), &bound) == napi_ok ? bound : NULL;
}

static napi_value zstd_version(napi_env env, napi_callback_info info) {
    (void)info;
    napi_value version;
    return napi_create_string_utf8(env, codec_version(), NAPI_AUTO_LENGTH, &version) == napi_ok ? version : NULL;
}

static napi_value zstd_hashes(napi_env env, napi_callback_info info) {
    (void)info;
    napi_value answer;
    return napi_get_boolean(env, sha256 != NULL, &answer) == napi_ok ? answer : NULL;
}

static const struct exported functions[] = {{"compress", zstd_compress},
               {"decompress", zstd_decompress},
               {"bound", zstd_bound},
               {"hashes", zstd_hashes},
               {"version", zstd_version}};

NAPI_MODULE_INIT() {
    sha256 = (hash)dlsym(RTLD_DEFAULT, "SHA256");
    return export_all(env, exports, functions, sizeof functions / sizeof functions[0]);
}
