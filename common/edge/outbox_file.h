/* The files of an outbox: made, locked, written to whole or not at all. Inside the module `outbox`. */
#ifndef FQ_COMMON_EDGE_OUTBOX_FILE_H
#define FQ_COMMON_EDGE_OUTBOX_FILE_H

#include "fq/base/bytes.h"

#define OUTBOX_PATH_SIZE 1024

/* Make the directory and those above it, durably. Fails with OUTBOX_FULL. */
FQ_CHECKED fq_err outbox_make_directory(const char *path, struct fq_why *out_why);
/* The file of that name in the directory; fails with FILE when the path is too long. */
FQ_CHECKED fq_err outbox_path(const char *directory, const char *name, char out[OUTBOX_PATH_SIZE],
                              struct fq_why *out_why);
/* Open the file for reading and writing, made (0600) and its name durable when missing. */
FQ_CHECKED fq_err outbox_open_file(const char *directory, const char *name, int *out_file,
                                   struct fq_why *out_why);
/* Wait for the turn to write, at most `wait_ms`; holds `file` locked until outbox_unlock. Fails with
 * OUTBOX_HELD. */
FQ_CHECKED fq_err outbox_lock(int file, uint64_t wait_ms, struct fq_why *out_why);
void outbox_unlock(int file);
/* Append at `size`, the file's end. When it fails with OUTBOX_FULL the file is as it was. */
FQ_CHECKED fq_err outbox_append(int file, uint64_t size, struct fq_span bytes, bool is_synced,
                                struct fq_why *out_why);
/* Replace a file whole, durably. Fails with OUTBOX_FULL, and the old one is there. */
FQ_CHECKED fq_err outbox_replace(const char *directory, const char *name, struct fq_span bytes,
                                 struct fq_why *out_why);

#endif
