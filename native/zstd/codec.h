/* One zstd frame at a time, in memory: what the addon runs on another thread. Knows nothing of node. */

#ifndef COOPER_ZSTD_CODEC_H
#define COOPER_ZSTD_CODEC_H

#include <stddef.h>
#include <stdint.h>

/* Bytes in, room for bytes out, and afterwards how many came or why none did. */
struct transfer {
    const void *input;
    size_t input_size;
    void *output;
    size_t output_size;
    size_t produced;
    /* NULL when all went well: ZSTD_DATA, ZSTD_MEMORY, ZSTD_STOPPED, or ZSTD_FAULT for what should not happen. */
    const char *failure;
};

/* Room that is enough for a frame of that much data. */
size_t codec_bound(size_t size);

/*
 * Compresses into one frame that tells the size of its data and their checksum. The bytes depend on data and level alone. Stops
 * within some tenths of a second after *stop has become other than 0.
 */
void codec_compress(struct transfer *transfer, int level, const uint8_t *stop);

/* Fills the output, from input that has to be exactly one frame with so much data. */
void codec_decompress(struct transfer *transfer);

/* "1.5.6" */
const char *codec_version(void);

#endif
