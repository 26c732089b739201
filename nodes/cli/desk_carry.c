#include "desk_carry.h"

#include "desk_local.h"
#include "desk_parties.h"
#include "desk_sync.h"

#define PLAIN_SIZE ((size_t)256 << 10)
#define ROOM_SIZE ((size_t)2 << 20)

/* A submit of one command, as the node's `bundle.commands` takes it. */
static fq_err write_submit(const struct cli_desk *desk, size_t place, struct fq_arena *arena,
                           struct fq_writer *writer, struct fq_why *out_why)
{
    const struct fq_outbox_entry *entry = fq_outbox_at(desk->outbox, place);
    struct party_text texts[CLI_PARTIES_MAX];
    size_t count = 0;
    fq_err err = parties_open(desk->outbox, entry, arena, texts, &count, out_why);

    if (err) {
        return err;
    }
    fq_write_map(writer, 2);
    fq_write_text(writer, "commands");
    fq_write_array(writer, 1);
    desk_write_record(entry, local_base_rev(desk->outbox, place), writer);
    fq_write_text(writer, "vault");
    fq_write_array(writer, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        fq_write_array(writer, 3);
        fq_write_uint(writer, 0);
        fq_write_uint(writer, texts[i].field);
        fq_write_text_span(writer, texts[i].text);
    }
    return writer->is_full ? fq_fail(out_why, FQ_REASON_LIMIT, "party data") : FQ_OK;
}

static fq_err add_command(struct fq_bundle_writer *file, const struct fq_identity *author,
                          struct fq_span sealed, struct fq_arena *arena, struct fq_why *out_why)
{
    uint8_t signature[FQ_SIGNATURE_SIZE];
    struct fq_writer frame = fq_writer_take(arena, sealed.size + 512);

    fq_sign(&author->sign_secret, sealed, signature);
    fq_write_map(&frame, 3);
    cli_write_pair_text(&frame, "author", author->certificate.name);
    fq_write_text(&frame, "sealed");
    fq_write_bytes(&frame, sealed.data, sealed.size);
    fq_write_text(&frame, "signature");
    fq_write_bytes(&frame, signature, sizeof signature);
    if (frame.is_full) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "bundle");
    }
    return fq_bundle_add(file, FQ_BUNDLE_COMMAND, fq_writer_span(&frame), out_why);
}

fq_err desk_carry(const struct cli_desk *desk, struct fq_bundle_writer *file,
                  const struct fq_identity *author, const uint8_t node_key[FQ_CURVE_KEY_SIZE],
                  uint64_t *out_count, struct fq_why *out_why)
{
    struct fq_writer room = cli_build_open(ROOM_SIZE);
    uint64_t count = 0;
    fq_err err = room.base ? FQ_OK : fq_fail(out_why, FQ_REASON_LIMIT, "bundle");

    for (size_t i = 0; i < fq_outbox_count(desk->outbox) && !err; i++) {
        struct fq_arena arena = fq_arena_over(room.base, room.size);
        struct fq_writer plain = fq_writer_take(&arena, PLAIN_SIZE);
        struct fq_span sealed = {0};
        if (fq_outbox_at(desk->outbox, i)->state != FQ_OUTBOX_WAITING) {
            continue;
        }
        err = write_submit(desk, i, &arena, &plain, out_why);
        err =
            err ? err : fq_sealed_make(node_key, fq_writer_span(&plain), &arena, &sealed, out_why);
        err = err ? err : add_command(file, author, sealed, &arena, out_why);
        count += !err;
        fq_wipe(arena.base, arena.used);
    }
    cli_build_close(&room);
    if (!err) {
        *out_count = count;
    }
    return err;
}
