#include "desk_sync.h"

#include <stdlib.h>
#include <string.h>

#include "fq/edge/clock.h"
#include "fq/edge/crypto.h"

#include "desk_local.h"
#include "desk_parties.h"

#define BATCH_MAX 256
#define BATCH_BYTES (96u << 10)
#define PLAIN_SIZE ((size_t)1 << 20)
#define CAPS_MAX 64
#define RECEIPTS_MAX 1000 /* asked for at once */
#define RECEIPTS_BESIDE 64

struct verdict {
    unsigned status; /* 0 new, 1 known before, else a reason */
    struct fq_event_id event;
    char detail[FQ_OUTBOX_DETAIL_MAX + 1];
};

struct batch { /* entries that go together, by their place in the outbox */
    size_t places[BATCH_MAX];
    uint32_t bases[BATCH_MAX];
    struct verdict verdicts[BATCH_MAX];
    size_t count;
};

/* A node that lost its tail may know less of a dispute than the author did. */
struct cap {
    struct fq_id dispute;
    uint32_t rev;
};

struct delivery {
    struct cli_desk *desk;
    struct desk_counts *counts;
    struct batch batch;
    size_t batch_max; /* 1 once a whole batch was refused: one of it is at fault */
    struct cap caps[CAPS_MAX];
    size_t cap_count;
};

bool desk_is_unreached(const struct fq_why *why)
{
    return why->reason == FQ_REASON_UNREACHED || why->reason == FQ_REASON_NET;
}

void desk_lose(struct cli_desk *desk)
{
    cli_disconnect(desk->client);
    desk->client = NULL;
}

/* ---- what goes next ---- */

static uint32_t base_of(const struct delivery *delivery, size_t place)
{
    const struct fq_outbox_entry *entry = fq_outbox_at(delivery->desk->outbox, place);
    uint32_t base = local_base_rev(delivery->desk->outbox, place);

    for (size_t i = 0; i < delivery->cap_count; i++) {
        if (fq_id_equal(&delivery->caps[i].dispute, &entry->dispute) &&
            delivery->caps[i].rev < base) {
            base = delivery->caps[i].rev;
        }
    }
    return base;
}

static void gather(struct delivery *delivery)
{
    const struct fq_outbox *outbox = delivery->desk->outbox;
    struct batch *batch = &delivery->batch;
    size_t size = 0;

    batch->count = 0;
    for (size_t i = 0; i < fq_outbox_count(outbox) && batch->count < delivery->batch_max; i++) {
        const struct fq_outbox_entry *entry = fq_outbox_at(outbox, i);
        if (entry->state != FQ_OUTBOX_WAITING) {
            continue;
        }
        size += entry->record.size + entry->sealed.size + 64;
        if (batch->count > 0 && size > BATCH_BYTES) {
            break;
        }
        batch->places[batch->count] = i;
        batch->bases[batch->count++] = base_of(delivery, i);
    }
}

void desk_write_record(const struct fq_outbox_entry *entry, uint32_t base, struct fq_writer *writer)
{
    uint8_t bytes[FQ_RECORD_MAX];
    struct fq_writer record = fq_writer_over(bytes, sizeof bytes);
    struct fq_reader reader = fq_reader_over(entry->record);
    struct fq_event event;

    if (!fq_codec_scan(entry->record) ||
        !fq_event_decode(&reader, (struct fq_event_id){{0}, 0}, &event)) {
        fq_write_bytes(writer, entry->record.data, entry->record.size); /* the node says why not */
        return;
    }
    event.rev = base;
    fq_event_encode(&event, &record);
    fq_write_bytes(writer, bytes, fq_writer_span(&record).size);
}

struct opened { /* party data of a batch, in the clear for as long as it takes to send it */
    struct party_text texts[CLI_PARTIES_MAX];
    size_t count;
};

static void write_parties(const struct opened *opened, size_t count, struct cli_args *args)
{
    size_t texts = 0;

    for (size_t i = 0; i < count; i++) {
        texts += opened[i].count;
    }
    if (texts == 0) {
        return;
    }
    cli_args_key(args, "vault");
    fq_write_array(&args->pairs, (uint32_t)texts);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < opened[i].count; j++) {
            fq_write_array(&args->pairs, 3);
            fq_write_uint(&args->pairs, i);
            fq_write_uint(&args->pairs, opened[i].texts[j].field);
            fq_write_text_span(&args->pairs, opened[i].texts[j].text);
        }
    }
}

/* ---- what became of it ---- */

static fq_err note_refused(struct delivery *delivery, size_t place, unsigned reason,
                           const char *detail, struct fq_why *out_why)
{
    struct fq_outbox *outbox = delivery->desk->outbox;
    struct fq_outbox_note note = {
        .kind = FQ_OUTBOX_NOTE_REFUSED,
        .cmd_id = fq_outbox_at(outbox, place)->cmd_id,
        .at_ms = fq_clock_now().wall_ms,
        .reason = reason,
    };

    snprintf(note.detail, sizeof note.detail, "%s", detail);
    delivery->counts->refused++;
    return fq_outbox_note(outbox, &note, 1, false, out_why);
}

/* Reasons that say nothing about the command (Y2). */
static bool is_of_the_node(unsigned reason)
{
    static const enum fq_reason reasons[] = {FQ_REASON_READ_ONLY, FQ_REASON_STORE_FULL,
                                             FQ_REASON_STORE, FQ_REASON_LIMIT};

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i] == reason) {
            return true;
        }
    }
    return false;
}

/* The dispute's revision at the node, as a bound for what is sent. */
static fq_err cap_revision(struct delivery *delivery, const struct fq_id *dispute,
                           struct fq_why *out_why)
{
    char hex[2 * FQ_ID_SIZE + 1];
    struct cli_args args;
    struct cli_answer answer;
    struct fq_why why = {0};

    fq_hex_encode(fq_span_of(dispute->bytes, FQ_ID_SIZE), hex);
    cli_args_open(&args);
    cli_args_text(&args, "dispute", hex);
    fq_err err = cli_call(delivery->desk->client, "dispute.find", &args, &answer, &why);
    cli_args_close(&args);
    if (err && desk_is_unreached(&why)) {
        return fq_fail(out_why, why.reason, "%s", why.detail);
    }
    if (!err && delivery->cap_count < CAPS_MAX) {
        delivery->caps[delivery->cap_count++] =
            (struct cap){*dispute, (uint32_t)fq_map_uint(answer.result, "rev")};
    }
    return FQ_OK;
}

/* A refusal is final unless the command would now be sent with another revision: because one before
 * it was refused (Y1), or because the node knows less than its author did. */
static fq_err judge_refusal(struct delivery *delivery, size_t i, struct fq_why *out_why)
{
    struct batch *batch = &delivery->batch;
    const struct verdict *verdict = &batch->verdicts[i];
    size_t place = batch->places[i];
    fq_err err = FQ_OK;

    if (verdict->status == FQ_REASON_FIELD && batch->bases[i] > 0 &&
        base_of(delivery, place) == batch->bases[i]) {
        struct fq_id dispute = fq_outbox_at(delivery->desk->outbox, place)->dispute;
        err = cap_revision(delivery, &dispute, out_why);
    }
    if (err || base_of(delivery, place) != batch->bases[i]) {
        return err; /* it goes again */
    }
    return note_refused(delivery, place, verdict->status, verdict->detail, out_why);
}

static bool read_verdicts(struct fq_span result, struct delivery *delivery)
{
    struct batch *batch = &delivery->batch;
    struct fq_reader list = fq_reader_over(result);

    if (fq_read_type(&list) != FQ_CODEC_ARRAY || fq_read_array(&list) != batch->count) {
        return false;
    }
    for (size_t i = 0; i < batch->count; i++) {
        struct fq_reader one = fq_reader_over(fq_read_skip(&list));
        struct verdict *verdict = &batch->verdicts[i];
        const struct fq_outbox_entry *entry =
            fq_outbox_at(delivery->desk->outbox, batch->places[i]);
        uint32_t parts = fq_read_array(&one);
        *verdict = (struct verdict){.status = (unsigned)fq_read_uint(&one)};
        verdict->event.log.origin = (uint32_t)fq_read_uint(&one);
        verdict->event.log.stream = entry->kind == FQ_EVENT_CONTROL ? 1 : 0;
        verdict->event.log.epoch = (uint32_t)fq_read_uint(&one);
        verdict->event.seq = fq_read_uint(&one);
        if (parts > 4) {
            cli_copy(verdict->detail, sizeof verdict->detail, fq_read_text(&one));
        }
        if (one.is_bad) {
            return false;
        }
    }
    return true;
}

/* ---- receipts ---- */

struct asking { /* an entry whose receipts are asked for */
    size_t place;
    struct fq_event_id event;
    bool is_fresh; /* just taken in: it is held, whatever else is answered */
};

struct askings {
    struct asking rows[RECEIPTS_MAX];
    size_t count;
    struct fq_outbox_note *notes;
    size_t note_count;
};

static void write_asking(const struct fq_outbox *outbox, const struct asking *asking,
                         struct fq_writer *writer)
{
    const struct fq_outbox_entry *entry = fq_outbox_at(outbox, asking->place);
    uint8_t event[FQ_EVENT_ID_SIZE];

    fq_event_id_encode(&asking->event, event);
    fq_write_array(writer, 3);
    fq_write_bytes(writer, entry->cmd_id.bytes, FQ_ID_SIZE);
    fq_write_bytes(writer, entry->dispute.bytes, FQ_ID_SIZE);
    fq_write_bytes(writer, event, sizeof event);
}

static void add_receipt(struct askings *askings, const struct fq_outbox_entry *entry,
                        enum fq_tier tier, uint64_t at_ms, const struct fq_event_id *event)
{
    if (at_ms > 0 && entry->held_ms[tier] == 0) {
        askings->notes[askings->note_count++] =
            (struct fq_outbox_note){.kind = FQ_OUTBOX_NOTE_RECEIPT,
                                    .cmd_id = entry->cmd_id,
                                    .at_ms = at_ms,
                                    .tier = tier,
                                    .event = *event};
    }
}

/* Whether a tier above the node is known to hold it (Y3). */
static bool is_held_above(const struct cli_desk *desk, const struct fq_outbox_entry *entry)
{
    bool is_held = false;

    for (unsigned tier = desk->tier + 1u; tier <= FQ_TIER_PROVINCE; tier++) {
        is_held |= entry->held_ms[tier] > 0;
    }
    return is_held;
}

/* [event, since when here, at the parent, at its parent], or [] for one that is not known there. */
static void read_receipt(struct cli_desk *desk, const struct asking *asking, struct fq_span row,
                         const enum fq_tier above[2], struct askings *askings,
                         struct desk_counts *counts)
{
    struct fq_reader reader = fq_reader_over(row);
    const struct fq_outbox_entry *entry = fq_outbox_at(desk->outbox, asking->place);
    uint32_t parts = fq_read_type(&reader) == FQ_CODEC_ARRAY ? fq_read_array(&reader) : 0;

    if (parts < 2) {
        if (asking->is_fresh) {
            add_receipt(askings, entry, desk->tier, fq_clock_now().wall_ms, &asking->event);
        } else if (!is_held_above(desk, entry)) {
            askings->notes[askings->note_count++] =
                (struct fq_outbox_note){.kind = FQ_OUTBOX_NOTE_LOST,
                                        .cmd_id = entry->cmd_id,
                                        .at_ms = fq_clock_now().wall_ms};
            counts->lost++;
        }
        return;
    }
    struct fq_span id = fq_read_bytes(&reader);
    struct fq_event_id event =
        id.size == FQ_EVENT_ID_SIZE ? fq_event_id_decode(id.data) : asking->event;
    uint64_t here_ms = fq_read_uint(&reader);
    add_receipt(askings, entry, desk->tier, here_ms ? here_ms : fq_clock_now().wall_ms, &event);
    for (uint32_t i = 0; i + 2 < parts && i < 2; i++) {
        uint64_t at_ms = fq_read_uint(&reader);
        if (above[i]) {
            add_receipt(askings, entry, above[i], at_ms, &event);
        }
    }
}

static void read_receipts(struct cli_desk *desk, struct fq_span result, struct askings *askings,
                          struct desk_counts *counts)
{
    struct fq_reader tiers = fq_reader_over(fq_map_get(result, "above"));
    struct fq_reader rows = fq_reader_over(fq_map_get(result, "receipts"));
    enum fq_tier above[2] = {0};
    uint32_t tier_count = fq_read_type(&tiers) == FQ_CODEC_ARRAY ? fq_read_array(&tiers) : 0;
    bool is_answer =
        fq_read_type(&rows) == FQ_CODEC_ARRAY && fq_read_array(&rows) == askings->count;

    for (uint32_t i = 0; i < tier_count && i < 2; i++) {
        if (!fq_tier_parse(fq_read_text(&tiers), &above[i])) {
            above[i] = 0;
        }
    }
    for (size_t i = 0; i < askings->count; i++) {
        struct fq_span row = is_answer ? fq_read_skip(&rows) : (struct fq_span){0};
        if (is_answer || askings->rows[i].is_fresh) {
            read_receipt(desk, &askings->rows[i], row, above, askings, counts);
        }
    }
}

/* Ask, and note what is answered. What was just taken in is noted also when nothing is (K3). */
static fq_err ask_for(struct cli_desk *desk, struct askings *askings, struct desk_counts *counts,
                      struct fq_why *out_why)
{
    struct cli_args args;
    struct cli_answer answer = {.id = 0};

    askings->notes = calloc(3 * askings->count + 1, sizeof *askings->notes);
    if (!askings->notes) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");
    }
    cli_args_open(&args);
    cli_args_key(&args, "commands");
    fq_write_array(&args.pairs, (uint32_t)askings->count);
    for (size_t i = 0; i < askings->count; i++) {
        write_asking(desk->outbox, &askings->rows[i], &args.pairs);
    }
    fq_err ask_err = cli_call(desk->client, "receipt", &args, &answer, out_why);
    cli_args_close(&args);
    read_receipts(desk, ask_err ? (struct fq_span){0} : answer.result, askings, counts);
    struct fq_why note_why = {0};
    fq_err err =
        fq_outbox_note(desk->outbox, askings->notes, askings->note_count, false, &note_why);
    free(askings->notes);
    if (err) {
        return fq_fail(out_why, note_why.reason, "%s", note_why.detail);
    }
    for (size_t i = 0; i < askings->count; i++) {
        const struct fq_outbox_entry *entry = fq_outbox_at(desk->outbox, askings->rows[i].place);
        if (askings->rows[i].is_fresh && entry->state == FQ_OUTBOX_DELIVERED) {
            parties_forget(desk->outbox, entry);
        }
    }
    return ask_err;
}

static bool is_on_its_way(const struct fq_outbox_entry *entry)
{
    return entry->state == FQ_OUTBOX_DELIVERED && entry->held_ms[FQ_TIER_PROVINCE] == 0;
}

/* Add entries on their way, from the place `before` backwards; gives where to go on, 0 at the end. */
static size_t add_askings(const struct fq_outbox *outbox, size_t before, size_t most,
                          struct askings *askings)
{
    while (before > 0 && most > 0 && askings->count < RECEIPTS_MAX) {
        const struct fq_outbox_entry *entry = fq_outbox_at(outbox, --before);
        if (is_on_its_way(entry)) {
            askings->rows[askings->count++] =
                (struct asking){.place = before, .event = entry->event};
            most--;
        }
    }
    return before;
}

fq_err desk_ask_receipts(struct cli_desk *desk, size_t most, struct desk_counts *counts,
                         struct fq_why *out_why)
{
    struct askings *askings = calloc(1, sizeof *askings);
    size_t before = fq_outbox_count(desk->outbox);
    fq_err err = askings ? FQ_OK : fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");

    while (!err && before > 0 && most > 0) {
        askings->count = askings->note_count = 0;
        before = add_askings(desk->outbox, before, most, askings);
        most -= askings->count;
        if (askings->count > 0) {
            err = ask_for(desk, askings, counts, out_why);
        }
    }
    free(askings);
    return err;
}

/* ---- sending ---- */

static fq_err note_delivered(struct delivery *delivery, struct fq_why *out_why)
{
    const struct batch *batch = &delivery->batch;
    struct askings *askings = calloc(1, sizeof *askings);
    fq_err err = FQ_OK;

    if (!askings) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");
    }
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->verdicts[i].status <= 1) {
            askings->rows[askings->count++] = (struct asking){
                .place = batch->places[i], .event = batch->verdicts[i].event, .is_fresh = true};
            delivery->counts->sent += batch->verdicts[i].status == 0;
            delivery->counts->already += batch->verdicts[i].status == 1;
        }
    }
    if (askings->count > 0) {
        (void)add_askings(delivery->desk->outbox, fq_outbox_count(delivery->desk->outbox),
                          RECEIPTS_BESIDE, askings);
        err = ask_for(delivery->desk, askings, delivery->counts, out_why);
    }
    free(askings);
    return err;
}

static fq_err take_verdicts(struct delivery *delivery, struct fq_why *out_why)
{
    const struct batch *batch = &delivery->batch;
    fq_err err = note_delivered(delivery, out_why);

    for (size_t i = 0; i < batch->count && !err; i++) {
        unsigned status = batch->verdicts[i].status;
        if (is_of_the_node(status)) {
            delivery->counts->held_by = (enum fq_reason)status;
        } else if (status > 1) {
            err = judge_refusal(delivery, i, out_why);
        }
    }
    return err;
}

/* The party data of the batch. One that cannot be opened is refused, and the others gathered anew. */
static fq_err open_parties(struct delivery *delivery, struct fq_arena *arena, struct opened *opened,
                           bool *out_is_complete, struct fq_why *out_why)
{
    const struct fq_outbox *outbox = delivery->desk->outbox;

    *out_is_complete = true;
    for (size_t i = 0; i < delivery->batch.count; i++) {
        size_t place = delivery->batch.places[i];
        struct fq_why why = {0};
        if (parties_open(outbox, fq_outbox_at(outbox, place), arena, opened[i].texts,
                         &opened[i].count, &why)) {
            *out_is_complete = false;
            return note_refused(delivery, place, why.reason, why.detail, out_why);
        }
    }
    return FQ_OK;
}

static fq_err submit(struct delivery *delivery, const struct opened *opened, struct fq_why *out_why)
{
    const struct batch *batch = &delivery->batch;
    struct cli_args args;
    struct cli_answer answer;

    cli_args_open(&args);
    cli_args_key(&args, "commands");
    fq_write_array(&args.pairs, (uint32_t)batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        desk_write_record(fq_outbox_at(delivery->desk->outbox, batch->places[i]), batch->bases[i],
                          &args.pairs);
    }
    write_parties(opened, batch->count, &args);
    fq_err err = cli_call(delivery->desk->client, "submit", &args, &answer, out_why);
    fq_wipe(args.pairs.base, args.pairs.used);
    cli_args_close(&args);
    if (!err && !read_verdicts(answer.result, delivery)) {
        err = fq_fail(out_why, FQ_REASON_BYTES, "submit");
    }
    return err;
}

/* Whether the node refused the request as a whole for what is in it. */
static bool is_of_the_request(const struct fq_why *why)
{
    return why->reason == FQ_REASON_ARGUMENT || why->reason == FQ_REASON_VAULT_ABOVE;
}

static fq_err send_batch(struct delivery *delivery, struct fq_why *out_why)
{
    struct opened *opened = calloc(BATCH_MAX, sizeof *opened);
    uint8_t *plain = malloc(PLAIN_SIZE);
    struct fq_arena arena = fq_arena_over(plain, plain ? PLAIN_SIZE : 0);
    struct fq_why why = {0};
    bool is_complete = false;
    fq_err err = FQ_OK;

    if (!opened || !plain) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");
        goto done;
    }
    err = open_parties(delivery, &arena, opened, &is_complete, out_why);
    if (err || !is_complete) {
        goto done;
    }
    err = submit(delivery, opened, &why);
    if (!err) {
        err = take_verdicts(delivery, out_why);
    } else if (!is_of_the_request(&why)) {
        err = fq_fail(out_why, why.reason, "%s", why.detail);
    } else if (delivery->batch.count > 1) {
        delivery->batch_max = 1; /* alone, the one at fault is found (Y1) */
        err = FQ_OK;
    } else {
        delivery->batch_max = BATCH_MAX;
        err = note_refused(delivery, delivery->batch.places[0], why.reason, why.detail, out_why);
    }

done:
    if (plain) {
        fq_wipe(plain, arena.used);
    }
    free(plain);
    free(opened);
    return err;
}

fq_err desk_deliver(struct cli_desk *desk, struct desk_counts *counts, struct fq_why *out_why)
{
    struct delivery *delivery = calloc(1, sizeof *delivery);
    fq_err err = delivery ? fq_outbox_refresh(desk->outbox, out_why)
                          : fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");

    if (!err) {
        delivery->desk = desk;
        delivery->counts = counts;
        delivery->batch_max = BATCH_MAX;
    }
    /* A round decides one at least, or finds the one at fault. */
    size_t rounds = err ? 0 : 2 * fq_outbox_count(desk->outbox) + 2;
    for (; !err && rounds > 0 && counts->held_by == FQ_REASON_NONE; rounds--) {
        gather(delivery);
        if (delivery->batch.count == 0) {
            break;
        }
        err = send_batch(delivery, out_why);
    }
    free(delivery);
    return err;
}
