/* Messages between tiers: one ZeroMQ frame each.
 *
 * header, 32 bytes, big-endian: "FQL1", type u8, proto u8, flags u16, session u64, mseq u32,
 * body_len u32, xxh3(body) u64; then the body, a MessagePack array:
 *
 *   HELLO     [origin, tier, area, cert_serial, instance, boot, version, [[origin, stream, epoch, last, chain], ...]]
 *   WELCOME   [origin, tier, area, instance, credit, heartbeat_ms, [[origin, stream, epoch, verdict, have, chain, up], ...]]
 *   BATCH     [batch]
 *   ACK       [origin, stream, epoch, seq, chain, up, received, credit]: also how far a log is that flows down
 *   NAK       [origin, stream, epoch, expected_seq, reason]
 *   WANT      [origin, stream, epoch, from_seq]
 *   HEARTBEAT [now_ms]; of a child [now_ms, [[origin, heard_ms, announced, reason], ...]]
 *   BYE       [reason]
 *   ERROR     [reason]
 *
 * L1  A frame that is not exactly this is refused, never trusted, never fatal. */
#ifndef FQ_CORE_LINK_H
#define FQ_CORE_LINK_H

#include "fq/core/frontier.h"

#define FQ_LINK_MAGIC "FQL1"
#define FQ_LINK_HEADER_SIZE 32
#define FQ_LINK_PROTO 1

enum fq_link_type {
    FQ_LINK_HELLO = 1,
    FQ_LINK_WELCOME,
    FQ_LINK_BATCH,
    FQ_LINK_ACK,
    FQ_LINK_NAK,
    FQ_LINK_WANT,
    FQ_LINK_HEARTBEAT,
    FQ_LINK_BYE,
    FQ_LINK_ERROR,
    FQ_LINK_TYPES /* 10 to 14 are kept for PROBE, EPOCH_REQUEST, EPOCH_GRANT, AUDIT, WITNESS */
};

enum fq_link_verdict { FQ_LINK_OK = 1, FQ_LINK_REWIND, FQ_LINK_DIVERGED };

struct fq_link_message {
    enum fq_link_type type;
    uint64_t session;
    uint32_t mseq;
    struct fq_span body; /* scanned */
};

/* Read a frame; borrows it. False when it is not well-formed (L1). */
bool fq_link_decode(struct fq_span frame, struct fq_link_message *out_message);
/* Begin a frame of at most `body_size` body bytes in the arena; write the body, then end it. */
struct fq_writer fq_link_begin(struct fq_arena *arena, size_t body_size);
/* The finished frame; empty when it did not fit. */
struct fq_span fq_link_end(struct fq_writer *writer, enum fq_link_type type, uint64_t session,
                           uint32_t mseq);

void fq_link_write_log(struct fq_writer *writer, const struct fq_log_id *log);
bool fq_link_read_log(struct fq_reader *reader, struct fq_log_id *out_log);

#endif
