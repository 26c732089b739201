/* The seeds of the fuzz targets: small, sound inputs of every shape, in tests/corpus.
 *
 * Run by the suite, it says whether the kept seeds are still what the program writes;
 * `test_corpus --write` writes them. More inputs may lie beside them. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fq/core/link.h"
#include "fq/core/batch.h"

#define FOLDER "tests/corpus"

static bool is_writing;
static unsigned differing, kept;
static uint8_t buffer[64 * 1024] __attribute__((aligned(16)));

static void keep(const char *target, const char *name, struct fq_span bytes)
{
    static uint8_t present[64 * 1024];
    char path[256];

    snprintf(path, sizeof path, FOLDER "/%s/%s", target, name);
    FILE *file = fopen(path, is_writing ? "wb" : "rb");
    size_t size = !file        ? 0
                  : is_writing ? fwrite(bytes.data, 1, bytes.size, file)
                               : fread(present, 1, sizeof present, file);
    bool is_same =
        file && size == bytes.size && (is_writing || memcmp(present, bytes.data, size) == 0);
    if (file) {
        fclose(file);
    }
    if (!is_same) {
        printf("# %s: %s\n", path, file ? "differs" : strerror(errno));
        differing++;
    }
    kept++;
}

/* ---- records ---- */

static struct fq_event event_of(unsigned kind, unsigned step)
{
    static const uint8_t bytes[FQ_EVENT_ID_SIZE] = {2, 113, 208, 101};
    const struct fq_kind_row *row = fq_kind_row(step);
    struct fq_event event = {.kind = (uint16_t)kind,
                             .step = (uint16_t)step,
                             .rev = 3,
                             .hlc = UINT64_C(1625000000000) << 16,
                             .dict_version = 1,
                             .area = 410105,
                             .unit = UINT64_C(4101050001),
                             .date = 44378,
                             .cmd_id = {{9, 8}},
                             .dispute = {{9, 7}},
                             .actor = fq_span_text("wang")};

    for (unsigned i = 0; i < FQ_BODY_FIELDS_MAX && row->fields[i]; i++) {
        enum fq_field field = row->fields[i];
        enum fq_value_type type = fq_field_row(field)->type;
        size_t size = type == FQ_VALUE_ID ? FQ_ID_SIZE : FQ_EVENT_ID_SIZE;
        if (type == FQ_VALUE_TEXT) {
            (void)fq_event_set_bytes(&event, field, fq_span_text("界墙"));
        } else if (fq_field_is_bytes(field)) {
            (void)fq_event_set_bytes(&event, field, fq_span_of(bytes, size));
        } else {
            event.value[field] = type == FQ_VALUE_BOOL ? 1 : i + 1;
        }
    }
    return event;
}

static struct fq_span encode(const struct fq_event *event)
{
    struct fq_writer writer = fq_writer_over(buffer, sizeof buffer);

    fq_event_encode(event, &writer);
    return fq_writer_span(&writer);
}

static void keep_records(void)
{
    char name[64];

    for (unsigned kind = 1; kind < FQ_EVENT_KINDS; kind++) {
        struct fq_event event = event_of(kind, kind == FQ_EVENT_CORRECTED ? FQ_EVENT_AGREED : kind);
        if (kind == FQ_EVENT_CORRECTED) {
            event.value[FQ_FIELD_CORRECTS] = FQ_EVENT_AGREED;
        }
        keep("record", fq_kind_row(kind)->name, encode(&event));
    }
    struct fq_event inner = event_of(FQ_EVENT_ACCEPTED, FQ_EVENT_ACCEPTED);
    static uint8_t carried[FQ_RECORD_MAX];
    struct fq_span record = encode(&inner);
    memcpy(carried, record.data, record.size);
    struct fq_event relay = event_of(FQ_EVENT_RELAY, FQ_EVENT_RELAY);
    (void)fq_event_set_bytes(&relay, FQ_FIELD_INNER, fq_span_of(carried, record.size));
    snprintf(name, sizeof name, "relay_of_accepted");
    keep("record", name, encode(&relay));
    keep("record", "map",
         fq_span_of("\x82\xa4"
                    "area\xce\x00\x06\x41\xf9\xa3seq\x01",
                    15));
}

/* ---- batches ---- */

static struct fq_span seal(uint64_t from_seq, unsigned count, struct fq_arena *arena)
{
    static const uint8_t key_seed[32] = {1};
    struct fq_sign_public key;
    struct fq_sign_secret secret;
    struct fq_hash chain = {{0}};
    struct fq_seal seal = {.log = {41010501, 0, 1},
                           .from_seq = from_seq,
                           .to_seq = from_seq + count - 1,
                           .hlc = UINT64_C(1625000000000) << 16,
                           .cert_serial = 1,
                           .instance = {{5}}};
    struct fq_writer writer = fq_writer_take(arena, 8192);
    struct fq_batch batch = {.record_count = 0};

    fq_sign_pair(key_seed, &key, &secret);
    for (unsigned i = 0; i < count; i++) {
        struct fq_event event = event_of(1 + i % 27, 1 + i % 27);
        event.area += i % 3;
        fq_event_encode(&event, &writer);
    }
    (void)fq_batch_seal(&seal, &chain, fq_writer_span(&writer), count, &secret, arena, &batch);
    return batch.bytes;
}

static void keep_batches(struct fq_arena *arena)
{
    keep("batch", "first", seal(1, 1, arena));
    keep("batch", "next", seal(2, 3, arena));
    keep("batch", "many", seal(70000, 40, arena));
}

/* ---- frames: a body for each message of link.h ---- */

static void write_hello(struct fq_writer *writer, bool is_welcome)
{
    static const uint8_t zeros[FQ_HASH_SIZE];
    const struct fq_log_id log = {41010501, 0, 1};

    fq_write_array(writer, is_welcome ? 7 : 8);
    fq_write_uint(writer, is_welcome ? 41000001 : 41010501);
    fq_write_uint(writer, is_welcome ? FQ_TIER_PROVINCE : FQ_TIER_COUNTY);
    fq_write_uint(writer, is_welcome ? 410000 : 410105);
    if (!is_welcome) {
        fq_write_uint(writer, 1);
    }
    fq_write_bytes(writer, zeros, FQ_ID_SIZE);
    fq_write_uint(writer, is_welcome ? 1 << 20 : 7);
    fq_write_uint(writer, is_welcome ? 5000 : 1);
    fq_write_array(writer, 1);
    fq_write_array(writer, is_welcome ? 7 : 5);
    fq_link_write_log(writer, &log);
    if (is_welcome) {
        fq_write_uint(writer, FQ_LINK_OK);
    }
    fq_write_uint(writer, 5);
    fq_write_bytes(writer, zeros, FQ_HASH_SIZE);
    if (is_welcome) {
        fq_write_uint(writer, 0);
    }
}

static void write_body(enum fq_link_type type, struct fq_writer *writer, struct fq_span batch)
{
    static const uint8_t zeros[FQ_HASH_SIZE];
    const struct fq_log_id log = {41010501, 0, 1};

    switch (type) {
    case FQ_LINK_HELLO:
    case FQ_LINK_WELCOME:
        write_hello(writer, type == FQ_LINK_WELCOME);
        break;
    case FQ_LINK_BATCH:
        fq_write_array(writer, 1);
        fq_write_bytes(writer, batch.data, batch.size);
        break;
    case FQ_LINK_ACK:
        fq_write_array(writer, 8);
        fq_link_write_log(writer, &log);
        fq_write_uint(writer, 3);
        fq_write_bytes(writer, zeros, FQ_HASH_SIZE);
        fq_write_uint(writer, 2);
        fq_write_uint(writer, 1000);
        fq_write_uint(writer, 1 << 20);
        break;
    case FQ_LINK_NAK:
    case FQ_LINK_WANT:
        fq_write_array(writer, type == FQ_LINK_NAK ? 5 : 4);
        fq_link_write_log(writer, &log);
        fq_write_uint(writer, 4);
        if (type == FQ_LINK_NAK) {
            fq_write_uint(writer, FQ_REASON_GAP);
        }
        break;
    case FQ_LINK_HEARTBEAT:
        fq_write_array(writer, 2);
        fq_write_uint(writer, UINT64_C(1625000000000));
        fq_write_uint(writer, 812);
        break;
    default:
        fq_write_array(writer, 1);
        fq_write_uint(writer, FQ_REASON_CHAIN);
        break;
    }
}

static void keep_frames(struct fq_arena *arena)
{
    static const char *const names[FQ_LINK_TYPES] = {
        [FQ_LINK_HELLO] = "hello", [FQ_LINK_WELCOME] = "welcome",
        [FQ_LINK_BATCH] = "batch", [FQ_LINK_ACK] = "ack",
        [FQ_LINK_NAK] = "nak",     [FQ_LINK_WANT] = "want",
        [FQ_LINK_BYE] = "bye",     [FQ_LINK_HEARTBEAT] = "heartbeat",
        [FQ_LINK_ERROR] = "error",
    };
    struct fq_span batch = seal(1, 1, arena);

    for (unsigned type = FQ_LINK_HELLO; type < FQ_LINK_TYPES; type++) {
        struct fq_writer writer = fq_link_begin(arena, 2048);
        write_body((enum fq_link_type)type, &writer, batch);
        keep("link", names[type], fq_link_end(&writer, (enum fq_link_type)type, 1, type));
    }
}

int main(int argc, char **argv)
{
    static uint8_t memory[256 * 1024] __attribute__((aligned(16)));
    struct fq_arena arena = fq_arena_over(memory, sizeof memory);

    is_writing = argc > 1 && strcmp(argv[1], "--write") == 0;
    if (is_writing) {
        (void)mkdir(FOLDER, 0755);
        (void)mkdir(FOLDER "/record", 0755);
        (void)mkdir(FOLDER "/batch", 0755);
        (void)mkdir(FOLDER "/link", 0755);
    }
    keep_records();
    keep_batches(&arena);
    keep_frames(&arena);
    printf("1..1\n%s 1 - the %u seeds are those the program writes\n", differing ? "not ok" : "ok",
           kept);
    return differing > 0;
}
