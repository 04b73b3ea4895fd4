/* The whole of zstd is part of this file, so that every host compresses the same data to the same bytes. */

#include <zstd.c>

#include "codec.h"

/* Part of what decides about the bytes: how much is given to zstd at once, as few as it takes to stop soon. */
#define PIECE ((size_t)1 << 18)

size_t codec_bound(size_t size) { return ZSTD_compressBound(size); }

const char *codec_version(void) { return ZSTD_versionString(); }

static size_t start(ZSTD_CCtx *context, int level, size_t size) {
    size_t result = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    if (!ZSTD_isError(result)) result = ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    /* Else it depends on the processor. */
    if (!ZSTD_isError(result))
        result = ZSTD_CCtx_setParameter(context, ZSTD_c_useRowMatchFinder, (int)ZSTD_ps_enable);
    if (!ZSTD_isError(result)) result = ZSTD_CCtx_setPledgedSrcSize(context, size);
    return result;
}

static const char *failure_of(size_t result, const char *otherwise) {
    return ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation ? "ZSTD_MEMORY" : otherwise;
}

static void compress_in_pieces(ZSTD_CCtx *context, struct transfer *transfer, const uint8_t *stop) {
    ZSTD_inBuffer input = {transfer->input, 0, 0};
    ZSTD_outBuffer output = {transfer->output, transfer->output_size, 0};
    for (size_t left = 1; left != 0;) {
        if (__atomic_load_n(stop, __ATOMIC_RELAXED) != 0) {
            transfer->failure = "ZSTD_STOPPED";
            return;
        }
        size_t more = transfer->input_size - input.size;
        int last = more <= PIECE;
        input.size += last ? more : PIECE;
        size_t result = ZSTD_compressStream2(context, &output, &input, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(result) || input.pos < input.size) {
            transfer->failure = failure_of(result, "ZSTD_FAULT");
            return;
        }
        left = last ? result : 1;
    }
    transfer->produced = output.pos;
}

void codec_compress(struct transfer *transfer, int level, const uint8_t *stop) {
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t result = context == NULL ? ERROR(memory_allocation) : start(context, level, transfer->input_size);
    if (ZSTD_isError(result)) transfer->failure = failure_of(result, "ZSTD_FAULT");
    else compress_in_pieces(context, transfer, stop);
    ZSTD_freeCCtx(context);
}

void codec_decompress(struct transfer *transfer) {
    const void *input = transfer->input;
    size_t size = transfer->input_size;
    transfer->failure = "ZSTD_DATA";
    if (ZSTD_isSkippableFrame(input, size) || ZSTD_findFrameCompressedSize(input, size) != size ||
        ZSTD_getFrameContentSize(input, size) != transfer->output_size)
        return;
    size_t result = ZSTD_decompress(transfer->output, transfer->output_size, input, size);
    if (ZSTD_isError(result)) transfer->failure = failure_of(result, "ZSTD_DATA");
    else if (result == transfer->output_size) transfer->failure = NULL;
    transfer->produced = transfer->output_size;
}
