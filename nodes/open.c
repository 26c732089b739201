#include "tally.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fq/edge/area_file.h"
#include "fq/edge/calendar_file.h"
#include "fq/edge/code_file.h"
#include "fq/edge/metric_file.h"
#include "fq/edge/place_file.h"
#include "fq/edge/unit_file.h"

#define MEMORY_SIZE ((size_t)256 * 1024 * 1024)       /* reserved, not used up */
#define SCRATCH_SIZE ((size_t)2 * 1024 * 1024 * 1024) /* likewise */
#define INPUTS_MAX 8192

/* ---- tables ---- */

static fq_err load_tables(struct fq_node *node, struct fq_why *out_why)
{
    fq_err err = fq_areas_load_csv(node->config.areas, &node->memory, &node->areas, out_why);

    if (!err) {
        err = fq_codes_load(node->config.taxonomy, &node->memory, &node->codes, out_why);
    }
    if (!err && node->config.units[0]) {
        err = fq_units_load_csv(node->config.units, &node->codes, &node->memory, &node->units,
                                out_why);
    }
    if (!err && node->config.places[0]) {
        err = fq_places_load_csv(node->config.places, &node->memory, &node->places, out_why);
    }
    node->calendar = fq_calendar_default();
    if (!err && node->config.calendar[0]) {
        err = fq_calendar_load(node->config.calendar, &node->calendar, out_why);
    }
    node->metrics = *fq_metrics_default();
    if (!err && node->config.metrics[0]) {
        err = fq_metrics_load(node->config.metrics, &node->metrics, out_why);
    }
    if (err) {
        return err;
    }
    const struct fq_area *area = fq_areas_find(&node->areas, node->config.area);
    if (!area || area->tier != node->tier->tier) {
        return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "node.area: %06u is no %s in %s",
                       node->config.area, fq_tier_name(node->tier->tier), node->config.areas);
    }
    return FQ_OK;
}

/* ---- keys ---- */

/* Whose area covers this node's may read everything on its feed. */
static void choose_feed_readers(struct fq_node *node)
{
    for (size_t i = 0; i < node->certificate_count; i++) {
        node->may_feed[i] =
            fq_areas_covers(&node->areas, node->certificates[i].area, node->config.area);
    }
}

static fq_err load_keys(struct fq_node *node, struct fq_why *out_why)
{
    char path[FQ_CONFIG_PATH_SIZE + 16];

    snprintf(path, sizeof path, "%s/node.key", node->config.keys);
    fq_err err = fq_identity_load(path, &node->identity, out_why);
    if (err) {
        return err;
    }
    uint32_t origin = node->config.area * 100 + node->config.index;
    if (!node->identity.certificate.is_node || node->identity.certificate.origin != origin) {
        return fq_fail(out_why, FQ_REASON_CRYPTO, "%s: is %08u, node.area and node.index say %08u",
                       path, node->identity.certificate.origin, origin);
    }
    node->certificates =
        fq_arena_take(&node->memory, FQ_CERTIFICATES_MAX * sizeof *node->certificates);
    node->may_feed = fq_arena_take(&node->memory, FQ_CERTIFICATES_MAX * sizeof *node->may_feed);
    if (!node->certificates || !node->may_feed) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "certificates");
    }
    err = fq_certificates_load(node->config.certificates, node->certificates, FQ_CERTIFICATES_MAX,
                               &node->certificate_count, out_why);
    if (!err) {
        choose_feed_readers(node);
    }
    return err;
}

static fq_err open_vault(struct fq_node *node, struct fq_why *out_why)
{
    char path[FQ_CONFIG_PATH_SIZE + 16];

    if (!node->tier->has_vault) {
        return FQ_OK;
    }
    snprintf(path, sizeof path, "%s/vault.key", node->config.keys);
    return fq_vault_master_load_or_create(path, &node->vault_master, out_why);
}

/* ---- store ---- */

static fq_err get_number(struct fq_node *node, const char *name, uint64_t *out_value,
                         bool *out_found, struct fq_why *out_why)
{
    struct fq_span value;
    fq_err err = fq_store_get(node->store, FQ_FAMILY_DEFAULT, fq_span_text(name), &node->scratch,
                              &value, out_found, out_why);

    if (!err && *out_found) {
        if (value.size != 8) {
            return fq_fail(out_why, FQ_REASON_BYTES, "default: %s", name);
        }
        *out_value = fq_get_be64(value.data);
    }
    return err;
}

static struct fq_write number_write(const char *name, uint8_t buffer[8], uint64_t value)
{
    fq_put_be64(buffer, value);
    return (struct fq_write){
        .family = FQ_FAMILY_DEFAULT, .key = fq_span_text(name), .value = fq_span_of(buffer, 8)};
}

/* Who the data directory belongs to, which incarnation this is, how often it was started. */
static fq_err identify_store(struct fq_node *node, struct fq_core_options *options,
                             struct fq_why *out_why)
{
    uint64_t origin = options->origin, epoch = 1;
    bool is_known = false, is_found = false;
    uint8_t numbers[3][8];
    struct fq_span instance;
    fq_err err = get_number(node, "node", &origin, &is_known, out_why);

    if (!err && is_known && origin != options->origin) {
        return fq_fail(out_why, FQ_REASON_STORE_FOREIGN, "%s: %08llu", node->config.data,
                       (unsigned long long)origin);
    }
    err = err ? err : get_number(node, "epoch", &epoch, &is_found, out_why);
    err = err ? err : get_number(node, "boot", &node->boot, &is_found, out_why);
    if (!err) {
        err = fq_store_get(node->store, FQ_FAMILY_DEFAULT, fq_span_text("instance"), &node->scratch,
                           &instance, &is_found, out_why);
    }
    if (err) {
        return err;
    }
    if (is_found && instance.size == FQ_ID_SIZE) {
        memcpy(options->instance.bytes, instance.data, FQ_ID_SIZE);
    } else {
        fq_random_bytes(options->instance.bytes, FQ_ID_SIZE);
    }
    node->boot++;
    options->epoch = (uint32_t)epoch;
    const struct fq_write writes[] = {
        number_write("node", numbers[0], options->origin),
        number_write("epoch", numbers[1], epoch),
        number_write("boot", numbers[2], node->boot),
        {.family = FQ_FAMILY_DEFAULT,
         .key = fq_span_text("instance"),
         .value = fq_span_of(options->instance.bytes, FQ_ID_SIZE)},
    };
    return fq_store_commit(node->store, writes, sizeof writes / sizeof writes[0], true, out_why);
}

static fq_err open_store(struct fq_node *node, struct fq_why *out_why)
{
    const struct fq_store_options options = {
        .path = node->config.data,
        .has_vault = node->tier->has_vault,
        .format = FQ_STORE_FORMAT,
        .now_s = fq_clock_now().wall_ms / 1000,
    };
    fq_err err = fq_store_open(&options, &node->store, out_why);

    if (!err) {
        struct fq_store_recovery recovery;
        fq_store_recovery(node->store, &recovery);
        if (recovery.was_tail_cut) {
            fq_node_log("error", "store.tail_cut copy=%s", recovery.copy_path);
        }
    }
    return err;
}

/* Evidence goes on after what was kept before: its keys count up. */
static fq_err count_evidence(struct fq_node *node, struct fq_why *out_why)
{
    static const uint8_t greatest[8] = {255, 255, 255, 255, 255, 255, 255, 255};
    struct fq_cursor *cursor = NULL;
    fq_err err = fq_cursor_open(node->store, FQ_FAMILY_EVIDENCE, &cursor, out_why);

    if (err) {
        return err;
    }
    fq_cursor_seek_last(cursor, fq_span_of(greatest, sizeof greatest));
    if (fq_cursor_is_valid(cursor) && fq_cursor_key(cursor).size == 8) {
        node->evidence_count = fq_get_be64(fq_cursor_key(cursor).data);
    }
    err = fq_cursor_error(cursor, out_why);
    fq_cursor_close(cursor);
    return err;
}

/* ---- core ---- */

static fq_err init_core(struct fq_node *node, struct fq_why *out_why)
{
    const struct fq_config *config = &node->config;
    struct fq_core_options options = {
        .area = config->area,
        .origin = config->area * 100 + config->index,
        .tier = node->tier->tier,
        .has_parent = config->parent_endpoint[0] != '\0',
        .cert_serial = node->identity.certificate.serial,
        .secret = node->identity.sign_secret,
        .batch_records_max = config->batch_records,
        .batch_size_max = config->batch_bytes,
    };
    fq_err err = identify_store(node, &options, out_why);

    if (err) {
        return err;
    }
    options.sync = (struct fq_sync_options){
        .origin = options.origin,
        .area = options.area,
        .tier = options.tier,
        .has_parent = options.has_parent,
        .instance = options.instance,
        .cert_serial = options.cert_serial,
        .boot = node->boot,
        .credit_bytes = config->credit_bytes,
        .heartbeat_ms = config->heartbeat_ms,
        .silence_ms = config->silence_ms,
        .reconnect_ms = config->reconnect_ms,
    };
    fq_cold_open(config->data, &node->cold);
    err = fq_memory_reserve_view(config->disputes_max, &node->view_memory, out_why);
    if (!err) {
        err = fq_core_init(&node->core, &options, &node->areas, &node->codes, &node->memory,
                           &node->view_memory, out_why);
    }
    node->core.units = &node->units;
    node->core.places = &node->places;
    node->core.calendar = &node->calendar;
    for (size_t i = 0; i < node->certificate_count && !err; i++) {
        const struct fq_certificate *certificate = &node->certificates[i];
        if (certificate->is_node &&
            !fq_core_add_signer(&node->core, certificate->origin, &certificate->sign_key)) {
            err = fq_fail(out_why, FQ_REASON_LIMIT, "certificates of nodes");
        }
    }
    if (!err &&
        !fq_core_add_signer(&node->core, options.origin, &node->identity.certificate.sign_key)) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "certificates of nodes");
    }
    for (uint32_t i = 0; i < node->core.signer_count && !err; i++) {
        err = fq_verify_note_signer(node->store, node->core.signers[i].origin,
                                    &node->core.signers[i].key, out_why);
    }
    return err;
}

/* Whether the recovered log is behind what clients were told: then nothing new is written before
 * the tail is back (N5). When it is ahead, a crash fell between a commit and its note; what is stored
 * is sent on and answered from now on, so it is noted first. */
static fq_err compare_told(struct fq_node *node, struct fq_why *out_why)
{
    struct fq_told_entry told = {0};
    fq_err err = fq_told_open(node->config.data, &node->told, &told, out_why);
    const struct fq_log_id *id = &node->core.own;
    const struct fq_log *own = fq_frontier_find(&node->core.frontier, id);
    static const struct fq_hash none;
    uint64_t last = fq_core_told(&node->core);
    uint64_t told_seq = told.is_present && told.epoch == id->epoch ? told.seq : 0;

    if (!err && told_seq > last) {
        fq_node_log("error", "node.tail_lost epoch=%u from=%llu to=%llu", told.epoch,
                    (unsigned long long)last + 1, (unsigned long long)told.seq);
        fq_sync_set_amnesia(&node->core.sync, id, told.seq);
    } else if (!err && told_seq < last && told.epoch <= id->epoch) {
        err = fq_told_write(node->told, id->epoch, last, own ? &own->chain : &none, out_why);
    }
    return err;
}

/* ---- net ---- */

static fq_err open_net(struct fq_node *node, struct fq_why *out_why)
{
    const struct fq_config *config = &node->config;
    const struct fq_net_options options = {
        .identity = &node->identity,
        .certificates = node->certificates,
        .certificate_count = node->certificate_count,
        .may_feed = node->may_feed,
        .is_curve = config->curve,
    };
    uint8_t parent_key[FQ_CURVE_KEY_SIZE] = {0};
    fq_err err = fq_net_open(&options, &node->net, out_why);

    err = err ? err : fq_net_bind_service(node->net, config->listen_service, out_why);
    err = err ? err : fq_net_bind_feed(node->net, config->listen_feed, out_why);
    if (!err && config->curve) {
        err = fq_net_self_test(node->net, out_why);
    }
    if (!err && config->parent_endpoint[0]) {
        if (config->curve && !fq_z85_decode(fq_span_text(config->parent_key), parent_key)) {
            return fq_fail(out_why, FQ_REASON_CONFIG, "parent.key: is no CURVE key in Z85");
        }
        err = fq_net_connect_parent(node->net, config->parent_endpoint, parent_key, out_why);
    }
    return err;
}

/* ---- all of it ---- */

fq_err fq_node_reserve(struct fq_node *node, size_t memory_size, size_t scratch_size,
                       struct fq_why *out_why)
{
    fq_err err = fq_memory_reserve(memory_size, &node->memory, out_why);

    err = err ? err : fq_memory_reserve(scratch_size, &node->scratch, out_why);
    if (err) {
        return err;
    }
    node->input_capacity = INPUTS_MAX;
    node->pending_capacity = INPUTS_MAX / 2;
    node->inputs = fq_arena_take(&node->memory, node->input_capacity * sizeof *node->inputs);
    node->pending = fq_arena_take(&node->memory, node->pending_capacity * sizeof *node->pending);
    return node->inputs && node->pending ? FQ_OK : fq_fail(out_why, FQ_REASON_LIMIT, "inputs");
}

static fq_err make_directory(const char *path, struct fq_why *out_why)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
    }
    return FQ_OK;
}

fq_err fq_node_start(struct fq_node *node, bool is_rebuild, struct fq_why *out_why)
{
    fq_err err = count_evidence(node, out_why);

    err = err ? err : init_core(node, out_why);
    err = err ? err : fq_node_recover(node, is_rebuild, out_why);
    err = err ? err : fq_tally_recover(node, is_rebuild, out_why);
    if (!err && node->tier->has_vault) {
        err = fq_parties_open(node, out_why);
    }
    err = err ? err : compare_told(node, out_why);
    err = err ? err : fq_relay_open(node, out_why);
    err = err ? err : open_net(node, out_why);
    node->active_ms = fq_clock_now().steady_ms;
    return err;
}

fq_err fq_node_open(struct fq_node *node, const struct fq_tier_row *tier, const char *config_path,
                    bool is_rebuild, struct fq_why *out_why)
{
    memset(node, 0, sizeof *node);
    node->tier = tier;
    fq_err err = fq_config_load(config_path, &node->config, out_why);

    err = err ? err : fq_node_reserve(node, MEMORY_SIZE, SCRATCH_SIZE, out_why);
    err = err ? err : load_tables(node, out_why);
    err = err ? err : load_keys(node, out_why);
    err = err ? err : make_directory(node->config.data, out_why);
    err = err ? err : open_store(node, out_why);
    err = err ? err : open_vault(node, out_why);
    return err ? err : fq_node_start(node, is_rebuild, out_why);
}

void fq_node_close(struct fq_node *node)
{
    fq_net_close(node->net);
    fq_told_close(node->told);
    fq_store_close(node->store);
    fq_memory_release_view(&node->view_memory);
    fq_tally_close(node);
    fq_cold_close(&node->cold);
    fq_memory_release(&node->scratch);
    fq_memory_release(&node->memory);
    fq_identity_wipe(&node->identity);
    fq_wipe(&node->vault_master, sizeof node->vault_master);
    fq_wipe(&node->core.options.secret, sizeof node->core.options.secret);
}
