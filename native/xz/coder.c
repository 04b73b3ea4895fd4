/* The calls of liblzma (5.2 or later) with the options that Cooper wants. */

#include "coder.h"

/* Milliseconds after which a step of the encoder returns although nothing is ready. */
#define CODER_PATIENCE 100

lzma_ret coder_start_encoder(lzma_stream *stream, uint32_t preset, uint32_t threads, uint64_t block_size) {
    uint32_t processors = lzma_cputhreads();
    lzma_mt options = {
        .preset = preset,
        .threads = threads != 0 ? threads : processors != 0 ? processors : 1,
        .block_size = block_size,
        .check = LZMA_CHECK_CRC64,
        .timeout = CODER_PATIENCE,
    };
    return lzma_stream_encoder_mt(stream, &options);
}

lzma_ret coder_start_block_encoder(lzma_stream *stream, uint32_t preset, bool x86) {
    lzma_options_lzma lzma2;
    if (lzma_lzma_preset(&lzma2, preset)) return LZMA_OPTIONS_ERROR;
    const lzma_filter filters[] = {
        {.id = LZMA_FILTER_X86, .options = NULL},
        {.id = LZMA_FILTER_LZMA2, .options = &lzma2},
        {.id = LZMA_VLI_UNKNOWN, .options = NULL},
    };
    return lzma_stream_encoder(stream, x86 ? filters : filters + 1, LZMA_CHECK_CRC64);
}

lzma_ret coder_start_decoder(lzma_stream *stream, uint64_t memory_limit) {
    return lzma_stream_decoder(stream, memory_limit, LZMA_CONCATENATED);
}

void coder_step(lzma_stream *stream, struct step *step) {
    stream->next_in = step->input;
    stream->avail_in = step->input_size;
    stream->next_out = step->output;
    stream->avail_out = step->output_size;
    step->result = lzma_code(stream, step->action);
    step->consumed = step->input_size - stream->avail_in;
    step->produced = step->output_size - stream->avail_out;
}

const char *coder_result_name(lzma_ret result) {
    switch (result) {
    case LZMA_MEM_ERROR: return "LZMA_MEM_ERROR";
    case LZMA_MEMLIMIT_ERROR: return "LZMA_MEMLIMIT_ERROR";
    case LZMA_FORMAT_ERROR: return "LZMA_FORMAT_ERROR";
    case LZMA_OPTIONS_ERROR: return "LZMA_OPTIONS_ERROR";
    case LZMA_DATA_ERROR: return "LZMA_DATA_ERROR";
    case LZMA_BUF_ERROR: return "LZMA_BUF_ERROR";
    default: return "LZMA_PROG_ERROR";
    }
}
