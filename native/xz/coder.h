/* One liblzma coder and one step of it: what the addon runs on another thread. Knows nothing of node. */

#ifndef COOPER_XZ_CODER_H
#define COOPER_XZ_CODER_H

#include <lzma.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The Makefile leaves the addon out where this header does not compile. 5.2.0 brought the threaded encoder. */
#if LZMA_VERSION < 50020002
#error "liblzma 5.2 or later is needed"
#endif

/* Bytes offered to a coder, and afterwards how many of them it took and gave. */
struct step {
    const uint8_t *input;
    size_t input_size;
    uint8_t *output;
    size_t output_size;
    lzma_action action;
    size_t consumed;
    size_t produced;
    lzma_ret result;
};

/* One xz stream with CRC64, cut into blocks of block_size bytes; 0 threads are as many as there are processors. */
lzma_ret coder_start_encoder(lzma_stream *stream, uint32_t preset, uint32_t threads, uint64_t block_size);

/* One xz stream with CRC64 and at most one block; with x86 the filter for x86 machine code comes before LZMA2. */
lzma_ret coder_start_block_encoder(lzma_stream *stream, uint32_t preset, bool x86);

/* Any number of xz streams with padding; needs at most memory_limit bytes. */
lzma_ret coder_start_decoder(lzma_stream *stream, uint64_t memory_limit);

/* Blocks until a buffer is used up or a tenth of a second has passed, so that who wants to stop need not wait for a block. */
void coder_step(lzma_stream *stream, struct step *step);

/* "LZMA_DATA_ERROR" and so on. */
const char *coder_result_name(lzma_ret result);

#endif
