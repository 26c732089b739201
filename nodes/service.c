#include "seal.h"

#include <stdio.h>
#include <string.h>

#define RESULT_SIZE_MAX (258 * 1024) /* with its envelope below the frame's 260 KiB */
#define ENVELOPE_SIZE 1024

/* ---- taking requests ---- */

static bool is_text(struct fq_span span, const char *text)
{
    return fq_span_equal(span, fq_span_text(text));
}

static void send_answer(struct fq_node *node, const struct fq_route *route, uint64_t id, fq_err err,
                        const struct fq_why *why, struct fq_span result, struct fq_span cursor)
{
    bool has_cursor = !err && cursor.size > 0;
    struct fq_writer writer =
        fq_writer_take(&node->scratch, result.size + cursor.size + ENVELOPE_SIZE);

    fq_write_map(&writer, 3 + has_cursor);
    fq_write_text(&writer, "id");
    fq_write_uint(&writer, id);
    fq_write_text(&writer, "status");
    fq_write_uint(&writer, err ? why->reason : 0);
    if (err) {
        fq_write_text(&writer, "detail");
        fq_write_text(&writer, why->detail);
    } else {
        fq_write_text(&writer, "result");
        fq_write_raw(&writer, result);
    }
    if (has_cursor) {
        fq_write_text(&writer, "cursor");
        fq_write_bytes(&writer, cursor.data, cursor.size);
    }
    if (!writer.is_full && route->size > 0) {
        (void)fq_net_send_service(node->net, fq_span_of(route->bytes, route->size),
                                  fq_writer_span(&writer));
    }
}

static void refuse(struct fq_node *node, const struct fq_query *query, enum fq_reason reason,
                   const char *detail)
{
    struct fq_why why = {0};
    fq_err err = fq_fail(&why, reason, "%s", detail);

    send_answer(node, &query->route, query->id, err, &why, (struct fq_span){0},
                (struct fq_span){0});
}

/* Whether the party data is text: vault is [[command index, field number, text], ...]. */
static bool is_text_of_parties(struct fq_reader vault)
{
    uint32_t count = fq_read_type(&vault) == FQ_CODEC_ARRAY ? fq_read_array(&vault) : 0;

    for (uint32_t i = 0; i < count && !vault.is_bad; i++) {
        bool is_entry = fq_read_array(&vault) == 3;
        (void)fq_read_uint(&vault);
        (void)fq_read_uint(&vault);
        if (!is_entry || !fq_utf8_is_valid(fq_read_text(&vault))) {
            return false;
        }
    }
    return !vault.is_bad;
}

/* How many elements the array has; 0 also when there is none. Fails with ARGUMENT. */
static fq_err read_array(struct fq_span args, const char *name, uint32_t most, uint32_t *out_count,
                         struct fq_why *out_why)
{
    struct fq_reader reader = fq_reader_over(fq_map_get(args, name));
    bool is_array = fq_read_type(&reader) == FQ_CODEC_ARRAY;
    uint32_t count = is_array ? fq_read_array(&reader) : 0;

    if (!is_array || count > most) {
        return fq_fail(out_why, FQ_REASON_ARGUMENT, "%s", name);
    }
    *out_count = count;
    return FQ_OK;
}

/* A row is taken in whole, so it has to be one that can be (N9 of core/core.h). */
static fq_err check_rows(struct fq_span args, uint32_t command_count, struct fq_why *out_why)
{
    struct fq_reader rows = fq_reader_over(fq_map_get(args, "rows"));
    uint32_t row_count = fq_read_type(&rows) == FQ_CODEC_ARRAY ? fq_read_array(&rows) : 0;
    uint64_t sum = 0;

    for (uint32_t i = 0; i < row_count; i++) {
        uint64_t size = fq_read_uint(&rows);
        sum += size;
        if (rows.is_bad || size == 0 || size > FQ_SUBMIT_ROW_MAX || sum > command_count) {
            return fq_fail(out_why, FQ_REASON_ARGUMENT, "rows: %llu", (unsigned long long)size);
        }
    }
    return FQ_OK;
}

static bool is_text_row(struct fq_reader *texts, uint32_t command_count)
{
    uint32_t parts = fq_read_array(texts);
    uint64_t command = fq_read_uint(texts), field = fq_read_uint(texts);
    struct fq_span text = fq_read_text(texts);

    return parts == 3 && !texts->is_bad && command < command_count && field > 0 &&
           field < FQ_VAULT_FIELDS_END && text.size <= FQ_VAULT_PLAIN_MAX;
}

/* Party data: of this county, from its own people, in fields there are, of a size the vault takes. */
static fq_err check_texts(const struct fq_node *node, const struct fq_query *query,
                          uint32_t command_count, uint32_t *out_count, struct fq_why *out_why)
{
    const struct fq_answer answer = {.asker = query->asker};
    struct fq_span vault = fq_map_get(query->args, "vault");
    struct fq_reader texts = fq_reader_over(vault);

    if (vault.size == 0 || fq_read_type(&texts) == FQ_CODEC_NIL) {
        return FQ_OK;
    }
    fq_err err = read_array(query->args, "vault", FQ_SUBMIT_TEXTS_MAX, out_count, out_why);
    if (err || *out_count == 0) {
        return err;
    }
    if (!node->tier->has_vault) {
        return fq_fail(out_why, FQ_REASON_VAULT_ABOVE, "vault");
    }
    err = fq_vault_admit(node, &answer, out_why);
    (void)fq_read_array(&texts);
    for (uint32_t i = 0; i < *out_count && !err; i++) {
        if (!is_text_row(&texts, command_count)) {
            err = fq_fail(out_why, FQ_REASON_ARGUMENT, "vault: %u", i); /* never the text */
        }
    }
    return err;
}

/* Hand a submit to the core: it is answered with the turn's replies, after the commit. What the commit
 * would choke on is refused here: by then the facts are folded, and a failure ends the node. */
static void take_submit(struct fq_node *node, struct fq_query *query)
{
    uint32_t count = 0, text_count = 0;
    struct fq_why why = {0};
    fq_err err = read_array(query->args, "commands", FQ_SUBMIT_COMMANDS_MAX, &count, &why);

    err = err ? err : check_rows(query->args, count, &why);
    err = err ? err : check_texts(node, query, count, &text_count, &why);
    if (err) {
        refuse(node, query, why.reason, why.detail);
        return;
    }
    if (!is_text_of_parties(fq_reader_over(fq_map_get(query->args, "vault")))) {
        refuse(node, query, FQ_REASON_TEXT_ENCODING, "vault");
        return;
    }
    query->is_command = true;
    node->texts_ahead += text_count;
    node->appends_ahead += fq_core_appends_max(&node->core, count, query->args.size);
    node->inputs[node->input_count++] = (struct fq_input){
        .kind = FQ_INPUT_COMMANDS,
        .token = (uint32_t)node->query_count,
        .bytes = query->args,
        .is_dry_run = fq_map_bool(query->args, "dry_run"),
        .actor = fq_span_text(query->asker ? query->asker->name : ""),
    };
    node->query_count++;
}

/* Commands that were carried here, given by who sealed them. */
static void take_sealed(struct fq_node *node, struct fq_query *query)
{
    struct fq_why why = {0};
    fq_err err = fq_bundle_unseal(node, query->args, &query->asker, &query->args, &why);

    if (err) {
        send_answer(node, &query->route, query->id, err, &why, (struct fq_span){0},
                    (struct fq_span){0});
    } else {
        take_submit(node, query);
    }
}

/* A seal: made now, of what is held before the turn. */
static void take_seal(struct fq_node *node, struct fq_query *query)
{
    struct fq_why why = {0};
    fq_err err = fq_seal_take(node, query, &why);

    query->is_sealing = true;
    if (err) {
        send_answer(node, &query->route, query->id, err, &why, (struct fq_span){0},
                    (struct fq_span){0});
    }
}

static void answer_seal(struct fq_node *node, const struct fq_query *query,
                        const struct fq_reply *reply)
{
    struct fq_writer writer = fq_writer_take(&node->scratch, ENVELOPE_SIZE * 4);
    struct fq_why why = {0};
    fq_err err = fq_seal_answer(node, reply, query, &writer, &why);

    send_answer(node, &query->route, query->id, err, &why, fq_writer_span(&writer),
                (struct fq_span){0});
}

/* Batches that were carried here: judged by the core as those of a link are. */
static void take_bundle(struct fq_node *node, struct fq_query *query)
{
    struct fq_reader batches = fq_reader_over(fq_map_get(query->args, "batches"));
    bool is_array = fq_read_type(&batches) == FQ_CODEC_ARRAY;
    uint32_t count = is_array ? fq_read_array(&batches) : 0;

    if (!is_array || count > FQ_BUNDLE_BATCHES_MAX) {
        refuse(node, query, FQ_REASON_ARGUMENT, "batches");
        return;
    }
    query->is_command = true;
    node->appends_ahead += count + 1; /* what was written in the turn before it is sealed first */
    node->inputs[node->input_count++] = (struct fq_input){
        .kind = FQ_INPUT_BUNDLE,
        .token = (uint32_t)node->query_count,
        .bytes = query->args,
    };
    node->query_count++;
}

void fq_service_take(struct fq_node *node, const struct fq_net_message *message)
{
    struct fq_query *query = &node->queries[node->query_count];

    if (message->routing.size > FQ_ROUTING_SIZE || !fq_codec_scan(message->body)) {
        return; /* not a request: nobody to answer in a form that would be read */
    }
    *query = (struct fq_query){
        .route = {.size = message->routing.size},
        .asker = message->peer,
        .id = fq_map_uint(message->body, "id"),
        .verb = fq_map_text(message->body, "verb"),
        .args = fq_map_get(message->body, "args"),
    };
    memcpy(query->route.bytes, message->routing.data, message->routing.size);
    if (is_text(query->verb, "submit")) {
        take_submit(node, query);
    } else if (is_text(query->verb, "bundle.import")) {
        take_bundle(node, query);
    } else if (is_text(query->verb, "period.seal")) {
        take_seal(node, query);
    } else if (is_text(query->verb, "bundle.commands")) {
        take_sealed(node, query);
    } else {
        node->query_count++;
        node->reading_count++;
    }
}

/* ---- answering ---- */

static const struct fq_verb *find_verb(struct fq_span name)
{
    for (size_t i = 0; fq_verbs[i].name; i++) {
        if (is_text(name, fq_verbs[i].name)) {
            return &fq_verbs[i];
        }
    }
    return NULL;
}

/* Run one request. False when it must wait and was not answered. */
static bool run_verb(struct fq_node *node, const struct fq_route *route, uint64_t id,
                     const struct fq_certificate *asker, struct fq_span verb_name,
                     struct fq_span args, bool is_last_chance)
{
    const struct fq_verb *verb = find_verb(verb_name);
    struct fq_why why = {0};
    struct fq_answer answer = {.is_last_chance = is_last_chance, .asker = asker};
    char name[64];
    fq_err err;

    if (!verb) {
        snprintf(name, sizeof name, "%.*s", (int)(verb_name.size < 40 ? verb_name.size : 40),
                 (const char *)verb_name.data);
        err = fq_fail(&why, FQ_REASON_VERB_UNKNOWN, "%s", name);
    } else {
        answer.writer = fq_writer_take(&node->scratch, RESULT_SIZE_MAX);
        err = verb->run(node, args, &answer, &why);
        if (!err && answer.is_waiting && !is_last_chance) {
            return false;
        }
        if (!err && answer.writer.is_full) {
            err = fq_fail(&why, FQ_REASON_LIMIT, "%s", verb->name);
        }
    }
    send_answer(node, route, id, err, &why, fq_writer_span(&answer.writer),
                fq_span_of(answer.cursor, answer.cursor_size));
    return true;
}

/* ---- waiting ---- */

#define WAIT_MS_MAX 600000

static void keep_waiting(struct fq_node *node, const struct fq_query *query, uint64_t steady_ms)
{
    uint64_t wait_ms = fq_map_uint(query->args, "wait_ms");
    struct fq_waiter *waiter = &node->waiters[node->waiter_count];

    if (node->waiter_count == FQ_NODE_WAITERS_MAX || query->args.size > sizeof waiter->args ||
        query->verb.size > sizeof waiter->verb) {
        refuse(node, query, FQ_REASON_LIMIT, "requests that wait");
        return;
    }
    node->waiter_count++;
    waiter->route = query->route;
    waiter->id = query->id;
    waiter->deadline_ms = steady_ms + (wait_ms < WAIT_MS_MAX ? wait_ms : WAIT_MS_MAX);
    waiter->verb_size = query->verb.size;
    waiter->args_size = query->args.size;
    memcpy(waiter->verb, query->verb.data, query->verb.size);
    memcpy(waiter->args, query->args.data, query->args.size);
}

uint64_t fq_service_deadline(const struct fq_node *node)
{
    uint64_t deadline_ms = UINT64_MAX;

    for (size_t i = 0; i < node->waiter_count; i++) {
        if (node->waiters[i].deadline_ms < deadline_ms) {
            deadline_ms = node->waiters[i].deadline_ms;
        }
    }
    return deadline_ms;
}

/* Something moved, or the time of one is over: those that waited look again. */
static void look_again(struct fq_node *node, uint64_t steady_ms)
{
    bool is_moved = node->input_count > 0 || node->turn.effects.append_count > 0;

    for (size_t i = 0; i < node->waiter_count;) {
        const struct fq_waiter *waiter = &node->waiters[i];
        bool is_over = waiter->deadline_ms <= steady_ms;
        size_t mark = node->scratch.used;
        if ((is_moved || is_over) &&
            run_verb(node, &waiter->route, waiter->id, NULL,
                     fq_span_of(waiter->verb, waiter->verb_size),
                     fq_span_of(waiter->args, waiter->args_size), is_over)) {
            node->waiters[i] = node->waiters[--node->waiter_count];
        } else {
            i++;
        }
        node->scratch.used = mark;
    }
}

void fq_service_answer(struct fq_node *node, uint64_t steady_ms)
{
    for (uint32_t i = 0; i < node->turn.reply_count; i++) {
        const struct fq_reply *reply = &node->turn.replies[i];
        const struct fq_query *query = &node->queries[reply->token];
        if (query->is_sealing) {
            answer_seal(node, query, reply);
            continue;
        }
        send_answer(node, &query->route, query->id, FQ_OK, NULL, reply->result,
                    (struct fq_span){0});
    }
    look_again(node, steady_ms);
    for (size_t i = 0; i < node->query_count; i++) {
        const struct fq_query *query = &node->queries[i];
        size_t mark = node->scratch.used;
        if (!query->is_command &&
            !run_verb(node, &query->route, query->id, query->asker, query->verb, query->args,
                      fq_map_uint(query->args, "wait_ms") == 0)) {
            keep_waiting(node, query, steady_ms);
        }
        node->scratch.used = mark;
    }
}
