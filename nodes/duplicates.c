/* The verbs of duplicates: which disputes of this county may be one (core/duplicate).
 *
 * All hashes of the vault are gathered, disputes that share one are compared, and what is likely is
 * listed with its grounds, never with what the hashes stand for. A person merges, or dismisses. */
#include <stdlib.h>
#include <string.h>

#include "parties.h"
#include "service.h"

#include "fq/core/describe.h"

#define PAGE_SIZE_MAX (200 * 1024)
#define ROW_MAX 1024
#define PAIRS_MAX 20000   /* proposed at once; dealing with those makes room for others */
#define NEIGHBOURS_MAX 64 /* with which one of a group is compared, the nearest in time */
#define REASON_MAX 200

struct entry {
    struct fq_id hash;
    uint32_t place; /* of its case */
    uint16_t date;
};

struct pair {
    uint32_t a, b; /* places of cases, a's id the smaller */
    int score;
    unsigned grounds;
    bool is_dismissed;
};

struct gathering {
    struct fq_node *node;
    uint32_t area; /* only disputes of it */
    struct fq_duplicate_case *cases;
    const struct fq_dispute **disputes; /* beside the cases */
    uint32_t case_count;
    struct entry *entries;
    uint32_t entry_count;
    struct pair *pairs;
    uint32_t pair_count;
};

/* ---- cases ---- */

/* The place the dispute was registered with; the greatest live stamp has the word. */
static uint64_t place_of(const struct fq_view *view, const struct fq_dispute *dispute)
{
    struct fq_event event;

    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        if (!fact->is_voided && fact->step == FQ_EVENT_REGISTERED) {
            fq_fact_unpack(fact, &event);
            return event.value[FQ_FIELD_PLACE];
        }
    }
    return 0;
}

static struct fq_duplicate_case case_of(const struct fq_view *view,
                                        const struct fq_dispute *dispute)
{
    return (struct fq_duplicate_case){
        .type = dispute->type,
        .date = dispute->registered_on,
        .place = place_of(view, dispute),
    };
}

static void add_hash(struct fq_duplicate_case *of, unsigned field, struct fq_span hash)
{
    enum fq_party_class class = fq_party_class_of(field);

    if (class != FQ_PARTY_NONE && hash.size == FQ_ID_SIZE &&
        of->hash_count < FQ_DUPLICATE_HASHES_MAX) {
        struct fq_party_hash *added = &of->hashes[of->hash_count++];
        added->class = class;
        memcpy(added->hash.bytes, hash.data, FQ_ID_SIZE);
    }
}

static bool is_live(const struct fq_node *node, const struct fq_dispute *dispute, uint32_t area)
{
    return dispute->flags & FQ_DISPUTE_REGISTERED &&
           !(dispute->flags & (FQ_DISPUTE_VOIDED | FQ_DISPUTE_MERGED)) &&
           (dispute->home == area || fq_areas_covers(&node->areas, area, dispute->home));
}

/* The dispute of a key, when it is not the one of the key before; NULL when it is not looked at. */
static const struct fq_dispute *next_dispute(const struct gathering *all, struct fq_span key,
                                             struct fq_id *last)
{
    memcpy(last->bytes, key.data, FQ_ID_SIZE);
    const struct fq_dispute *dispute = fq_view_find(&all->node->core.view, last);

    return dispute && is_live(all->node, dispute, all->area) ? dispute : NULL;
}

/* Keys are in the order of disputes: the hashes of one follow each other. */
static fq_err gather_cases(struct gathering *all, struct fq_why *out_why)
{
    const struct fq_view *view = &all->node->core.view;
    struct fq_cursor *cursor = NULL;
    struct fq_id last = {{0}};
    bool is_open = false;
    fq_err err = fq_cursor_open(all->node->store, FQ_FAMILY_PARTY_HASH, &cursor, out_why);

    if (err) {
        return err;
    }
    for (fq_cursor_seek(cursor, (struct fq_span){0}); fq_cursor_is_valid(cursor);
         fq_cursor_next(cursor)) {
        struct fq_span key = fq_cursor_key(cursor);
        if (key.size != FQ_PARTY_FIELD_KEY_SIZE) {
            continue;
        }
        if (all->case_count == 0 || memcmp(key.data, last.bytes, FQ_ID_SIZE) != 0) {
            const struct fq_dispute *dispute = next_dispute(all, key, &last);
            is_open = dispute && all->case_count < view->index.count;
            if (is_open) {
                all->disputes[all->case_count] = dispute;
                all->cases[all->case_count++] = case_of(view, dispute);
            }
        }
        if (is_open) {
            add_hash(&all->cases[all->case_count - 1], fq_get_be16(key.data + FQ_ID_SIZE),
                     fq_cursor_value(cursor));
        }
    }
    err = fq_cursor_error(cursor, out_why);
    fq_cursor_close(cursor);
    return err;
}

/* ---- pairs ---- */

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = memcmp(a->hash.bytes, b->hash.bytes, FQ_ID_SIZE);

    order = order ? order : (a->date > b->date) - (a->date < b->date);
    return order ? order : (a->place > b->place) - (a->place < b->place);
}

static void gather_entries(struct gathering *all)
{
    for (uint32_t i = 0; i < all->case_count; i++) {
        for (uint32_t hash = 0; hash < all->cases[i].hash_count; hash++) {
            all->entries[all->entry_count++] = (struct entry){
                .hash = all->cases[i].hashes[hash].hash, .place = i, .date = all->cases[i].date};
        }
    }
    if (all->entry_count > 0) {
        qsort(all->entries, all->entry_count, sizeof *all->entries, compare_entries);
    }
}

static void try_pair(struct gathering *all, uint32_t one, uint32_t other)
{
    unsigned grounds = fq_duplicate_compare(&all->cases[one], &all->cases[other]);
    int score = fq_duplicate_score(grounds);

    if (one != other && score >= FQ_DUPLICATE_SCORE_MIN && all->pair_count < PAIRS_MAX) {
        all->pairs[all->pair_count++] = (struct pair){
            /* cases are in the order of ids */
            .a = one < other ? one : other,
            .b = one < other ? other : one,
            .score = score,
            .grounds = grounds,
        };
    }
}

static int compare_places(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    int order = (a->a > b->a) - (a->a < b->a);

    return order ? order : (a->b > b->b) - (a->b < b->b);
}

static int compare_scores(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;

    return a->score != b->score ? (a->score < b->score ? 1 : -1) : compare_places(left, right);
}

/* A pair is found once for each hash it shares. */
static void drop_repeats(struct gathering *all)
{
    uint32_t kept = 0;

    if (all->pair_count == 0) {
        return;
    }
    qsort(all->pairs, all->pair_count, sizeof *all->pairs, compare_places);
    for (uint32_t i = 0; i < all->pair_count; i++) {
        if (kept == 0 || compare_places(&all->pairs[kept - 1], &all->pairs[i]) != 0) {
            all->pairs[kept++] = all->pairs[i];
        }
    }
    all->pair_count = kept;
}

static void gather_pairs(struct gathering *all)
{
    const struct entry *entries = all->entries;

    for (uint32_t i = 0; i < all->entry_count; i++) {
        uint32_t end = i + 1 + NEIGHBOURS_MAX;
        for (uint32_t j = i + 1; j < end && j < all->entry_count; j++) {
            if (!fq_id_equal(&entries[i].hash, &entries[j].hash) ||
                entries[j].date - entries[i].date > FQ_DUPLICATE_DAYS_MAX) {
                break;
            }
            try_pair(all, entries[i].place, entries[j].place);
        }
    }
    drop_repeats(all);
}

/* ---- dismissed ---- */

#define PAIR_KEY_SIZE (2 * FQ_ID_SIZE)

static void pair_key(const struct fq_dispute *a, const struct fq_dispute *b,
                     uint8_t out[PAIR_KEY_SIZE])
{
    bool is_ordered = memcmp(a->id.bytes, b->id.bytes, FQ_ID_SIZE) < 0;

    memcpy(out, is_ordered ? a->id.bytes : b->id.bytes, FQ_ID_SIZE);
    memcpy(out + FQ_ID_SIZE, is_ordered ? b->id.bytes : a->id.bytes, FQ_ID_SIZE);
}

/* What was said when the pair was dismissed, in the scratch memory. */
static fq_err find_dismissal(struct fq_node *node, const struct fq_dispute *a,
                             const struct fq_dispute *b, struct fq_span *out_value, bool *out_found,
                             struct fq_why *out_why)
{
    uint8_t key[PAIR_KEY_SIZE];

    pair_key(a, b, key);
    return fq_store_get(node->store, FQ_FAMILY_PAIR, fq_span_of(key, sizeof key), &node->scratch,
                        out_value, out_found, out_why);
}

static fq_err mark_dismissed(struct gathering *all, bool is_all, struct fq_why *out_why)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < all->pair_count; i++) {
        struct pair pair = all->pairs[i];
        size_t mark = all->node->scratch.used;
        struct fq_span value;
        fq_err err = find_dismissal(all->node, all->disputes[pair.a], all->disputes[pair.b], &value,
                                    &pair.is_dismissed, out_why);
        all->node->scratch.used = mark;
        if (err) {
            return err;
        }
        if (is_all || !pair.is_dismissed) {
            all->pairs[kept++] = pair;
        }
    }
    all->pair_count = kept;
    return FQ_OK;
}

/* ---- list ---- */

static void write_grounds(struct fq_writer *writer, unsigned grounds)
{
    uint32_t count = 0;

    for (unsigned i = 0; i < FQ_LIKENESS_COUNT; i++) {
        count += grounds >> i & 1;
    }
    fq_write_text(writer, "grounds");
    fq_write_array(writer, count);
    for (unsigned i = 0; i < FQ_LIKENESS_COUNT; i++) {
        if (grounds >> i & 1) {
            fq_write_text(writer, fq_likeness_name(i));
        }
    }
}

/* The number and the id, under the names given. */
static void write_name(struct fq_node *node, struct fq_writer *writer, const char *number_key,
                       const char *id_key, const struct fq_dispute *dispute)
{
    uint8_t bytes[FQ_DESCRIBE_ROW_MAX];
    struct fq_writer row = fq_writer_over(bytes, sizeof bytes);

    fq_describe_dispute_row(&node->core.view, &node->codes, dispute, &row);
    fq_write_text(writer, number_key);
    fq_write_text_span(writer, fq_map_text(fq_writer_span(&row), "dispute"));
    fq_write_text(writer, id_key);
    fq_write_text_span(writer, fq_map_text(fq_writer_span(&row), "id"));
}

static void write_pair(const struct gathering *all, struct fq_writer *writer,
                       const struct pair *pair)
{
    fq_write_map(writer, 7);
    write_name(all->node, writer, "a", "a_id", all->disputes[pair->a]);
    write_name(all->node, writer, "b", "b_id", all->disputes[pair->b]);
    fq_write_text(writer, "score");
    fq_write_uint(writer, (uint64_t)pair->score);
    write_grounds(writer, pair->grounds);
    fq_write_text(writer, "dismissed");
    fq_write_bool(writer, pair->is_dismissed);
}

static void write_page(const struct gathering *all, struct fq_span from, struct fq_answer *answer)
{
    struct fq_writer rows = fq_writer_take(&all->node->scratch, PAGE_SIZE_MAX);
    uint32_t count = 0;

    for (uint32_t i = from.size == 4 ? fq_get_be32(from.data) : 0; i < all->pair_count; i++) {
        if (rows.size - rows.used < ROW_MAX) {
            fq_put_be32(answer->cursor, i);
            answer->cursor_size = 4;
            break;
        }
        write_pair(all, &rows, &all->pairs[i]);
        count++;
    }
    fq_write_array(&answer->writer, count);
    fq_write_raw(&answer->writer, fq_writer_span(&rows));
}

static fq_err open_gathering(struct gathering *all, struct fq_why *out_why)
{
    struct fq_arena *arena = &all->node->scratch;
    size_t count = all->node->core.view.index.count;

    all->cases = fq_arena_take_raw(arena, count * sizeof *all->cases);
    all->disputes = fq_arena_take_raw(arena, count * sizeof *all->disputes);
    all->entries = fq_arena_take_raw(arena, count * FQ_DUPLICATE_HASHES_MAX * sizeof *all->entries);
    all->pairs = fq_arena_take_raw(arena, PAIRS_MAX * sizeof *all->pairs);
    return all->cases && all->disputes && all->entries && all->pairs
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
}

fq_err fq_verb_dup_list(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                        struct fq_why *out_why)
{
    struct gathering all = {.node = node};
    fq_err err = fq_vault_admit(node, answer, out_why);

    err = err ? err : fq_service_read_area(node, args, &all.area, out_why);
    err = err ? err : open_gathering(&all, out_why);
    err = err ? err : gather_cases(&all, out_why);
    if (err) {
        return err;
    }
    gather_entries(&all);
    gather_pairs(&all);
    err = mark_dismissed(&all, fq_map_bool(args, "all"), out_why);
    if (!err) {
        if (all.pair_count > 0) {
            qsort(all.pairs, all.pair_count, sizeof *all.pairs, compare_scores);
        }
        write_page(&all, fq_map_bytes(args, "cursor"), answer);
    }
    return err;
}

/* ---- one pair ---- */

struct two {
    const struct fq_dispute *a, *b;
};

static fq_err find_two(struct fq_node *node, const struct fq_answer *answer, struct fq_span args,
                       struct two *out_two, struct fq_why *out_why)
{
    fq_err err = fq_vault_admit(node, answer, out_why);

    err = err ? err : fq_service_find_dispute(node, fq_map_text(args, "a"), &out_two->a, out_why);
    err = err ? err : fq_service_find_dispute(node, fq_map_text(args, "b"), &out_two->b, out_why);
    if (!err && out_two->a == out_two->b) {
        char id[2 * FQ_ID_SIZE + 1];
        fq_hex_encode(fq_span_of(out_two->a->id.bytes, FQ_ID_SIZE), id);
        err = fq_fail(out_why, FQ_REASON_PAIR, "%s", id);
    }
    return err;
}

static fq_err read_case(struct fq_node *node, const struct fq_dispute *dispute,
                        struct fq_duplicate_case *out_case, struct fq_why *out_why)
{
    fq_err err = FQ_OK;

    *out_case = case_of(&node->core.view, dispute);
    for (unsigned field = 1; field < FQ_VAULT_FIELDS_END && !err; field++) {
        uint8_t key[FQ_PARTY_FIELD_KEY_SIZE];
        struct fq_span hash;
        bool is_found = false;
        fq_party_field_key(&dispute->id, field, key);
        err = fq_store_get(node->store, FQ_FAMILY_PARTY_HASH, fq_span_of(key, sizeof key),
                           &node->scratch, &hash, &is_found, out_why);
        if (!err && is_found) {
            add_hash(out_case, field, hash);
        }
    }
    return err;
}

fq_err fq_verb_dup_show(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                        struct fq_why *out_why)
{
    struct fq_writer *writer = &answer->writer;
    struct fq_duplicate_case a, b;
    struct fq_span said = {0};
    struct two two;
    bool is_dismissed = false;
    fq_err err = find_two(node, answer, args, &two, out_why);

    err = err ? err : read_case(node, two.a, &a, out_why);
    err = err ? err : read_case(node, two.b, &b, out_why);
    err = err ? err : find_dismissal(node, two.a, two.b, &said, &is_dismissed, out_why);
    if (err) {
        return err;
    }
    unsigned grounds = fq_duplicate_compare(&a, &b);
    fq_write_map(writer, 4u + is_dismissed);
    fq_write_text(writer, "score");
    fq_write_uint(writer, (uint64_t)fq_duplicate_score(grounds));
    write_grounds(writer, grounds);
    fq_write_text(writer, "dismissed");
    fq_write_bool(writer, is_dismissed);
    if (is_dismissed) {
        fq_write_text(writer, "reason");
        fq_write_text_span(writer, fq_map_text(said, "reason"));
    }
    fq_write_text(writer, "disputes");
    fq_write_array(writer, 2);
    fq_describe_dispute_row(&node->core.view, &node->codes, two.a, writer);
    fq_describe_dispute_row(&node->core.view, &node->codes, two.b, writer);
    return FQ_OK;
}

/* ---- dismiss ---- */

static fq_err put_dismissal(struct fq_node *node, const struct two *two, struct fq_span reason,
                            const struct fq_answer *answer, struct fq_why *out_why)
{
    struct fq_writes writes = fq_writes_over(&node->scratch, 1);
    struct fq_writer value = fq_writer_take(&node->scratch, 512);
    uint8_t key[PAIR_KEY_SIZE];

    pair_key(two->a, two->b, key);
    fq_write_map(&value, 3);
    fq_write_text(&value, "at");
    fq_write_uint(&value, fq_clock_now().wall_ms);
    fq_write_text(&value, "actor");
    fq_write_text(&value, answer->asker ? answer->asker->name : "");
    fq_write_text(&value, "reason");
    fq_write_text_span(&value, reason);
    writes.is_full |= value.is_full;
    fq_writes_put(&writes, FQ_FAMILY_PAIR, fq_span_of(key, sizeof key), fq_writer_span(&value));
    return fq_writes_commit(&writes, node->store, true, out_why);
}

fq_err fq_verb_dup_dismiss(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                           struct fq_why *out_why)
{
    struct fq_span reason = fq_map_text(args, "reason");
    struct two two;
    fq_err err = find_two(node, answer, args, &two, out_why);

    if (!err && (reason.size == 0 || reason.size > REASON_MAX)) {
        err = fq_fail(out_why, FQ_REASON_ARGUMENT, "reason");
    }
    err = err ? err : put_dismissal(node, &two, reason, answer, out_why);
    if (!err) {
        fq_write_map(&answer->writer, 5);
        write_name(node, &answer->writer, "a", "a_id", two.a);
        write_name(node, &answer->writer, "b", "b_id", two.b);
        fq_write_text(&answer->writer, "dismissed");
        fq_write_bool(&answer->writer, true);
    }
    return err;
}
