/* The logs of those who have no daemon, sealed under their own keys, as files for those who have. */
#include "henan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fq/core/batch.h"
#include "fq/edge/bundle.h"

#define PATH_SIZE (LAB_PATH_SIZE + 64)
#define BATCH_RECORDS 1500
#define SERIAL_FIRST 100000
#define MANIFEST_MAX (64u << 10)
#define LATE_EVENTS 500

/* ---- keys ---- */

static void other_path(const struct lab *lab, uint32_t area, const char *end, char out[PATH_SIZE])
{
    snprintf(out, PATH_SIZE, "%s/others/node-%06u.%s", lab->dir, area, end);
}

static fq_err admit(const struct province *province, const struct lab *lab,
                    const struct fq_certificate *certificate, struct fq_why *out_why)
{
    char name[FQ_CERTIFICATE_NAME_SIZE + 16], path[LAB_PATH_SIZE + 64];
    fq_err err = FQ_OK;

    snprintf(name, sizeof name, "certs/%s.cert", certificate->name);
    for (size_t i = 0; i < lab->count && !err; i++) {
        if (fq_areas_covers(&province->areas, lab->nodes[i].area, certificate->area)) {
            lab_path(lab, &lab->nodes[i], name, path);
            err = fq_certificate_save(certificate, path, out_why);
        }
    }
    return err;
}

static fq_err make_other(const struct province *province, const struct lab *lab, uint32_t area,
                         uint64_t serial, struct fq_why *out_why)
{
    struct fq_certificate holder = {
        .is_node = true, .role = FQ_ROLE_NODE, .area = area, .index = 1, .serial = serial};
    struct fq_identity identity;
    char cert[PATH_SIZE], key[PATH_SIZE];

    snprintf(holder.name, sizeof holder.name, "node-%06u", area);
    other_path(lab, area, "cert", cert);
    other_path(lab, area, "key", key);
    fq_err err = fq_identity_create(&holder, &identity, out_why);
    if (err) {
        return err;
    }
    err = fq_identity_save(&identity, cert, key, out_why);
    err = err ? err : admit(province, lab, &identity.certificate, out_why);
    fq_identity_wipe(&identity);
    return err;
}

bool bundles_admit(const struct province *province, const struct lab *lab)
{
    char dir[PATH_SIZE];
    struct fq_why why = {0};

    snprintf(dir, sizeof dir, "%s/others", lab->dir);
    if (mkdir(dir, 0700) && errno != EEXIST) {
        return complain("%s: %s", dir, strerror(errno));
    }
    for (uint32_t i = 0; i < province->areas.count; i++) {
        uint32_t area = province->areas.rows[i].code;
        if (!lab_find_area(lab, area) && make_other(province, lab, area, SERIAL_FIRST + i, &why)) {
            return complain("%06u: %s", area, why.detail);
        }
    }
    return true;
}

/* ---- one log ---- */

struct sealing {
    const struct lab *lab;
    struct fq_bundle_writer *file;
    struct fq_identity identity;
    struct fq_seal seal; /* of the batch sealed last */
    uint64_t events;
    struct fq_writer records; /* not yet sealed */
    uint32_t record_count;
    uint64_t hlc;
    struct fq_arena arena;
};

static struct fq_why why;

static bool open_sealing(struct sealing *sealing, const struct lab *lab)
{
    uint8_t *memory = malloc(3 * FQ_BATCH_SIZE_MAX);

    *sealing = (struct sealing){.lab = lab};
    if (!memory) {
        return complain("memory is short");
    }
    sealing->records = fq_writer_over(memory, FQ_BATCH_SIZE_MAX - FQ_BATCH_OVERHEAD);
    sealing->arena = fq_arena_over(memory + FQ_BATCH_SIZE_MAX, (size_t)2 * FQ_BATCH_SIZE_MAX);
    return true;
}

/* Begin with an origin's log where it is empty. */
static bool begin_log(struct sealing *sealing, uint32_t area)
{
    char key[PATH_SIZE];
    struct random random = random_of(area);

    other_path(sealing->lab, area, "key", key);
    if (fq_identity_load(key, &sealing->identity, &why)) {
        return complain("%s: %s", key, why.detail);
    }
    sealing->seal = (struct fq_seal){
        .log = {.origin = area * 100 + 1, .stream = FQ_STREAM_FACTS, .epoch = 1},
        .cert_serial = sealing->identity.certificate.serial,
    };
    random_bytes(&random, sealing->seal.instance.bytes, FQ_ID_SIZE);
    sealing->hlc = 0;
    return true;
}

static bool seal_batch(struct sealing *sealing)
{
    struct fq_seal seal = sealing->seal;
    struct fq_batch batch;

    if (sealing->record_count == 0) {
        return true;
    }
    seal.from_seq = sealing->seal.to_seq + 1;
    seal.to_seq = sealing->seal.to_seq + sealing->record_count;
    seal.hlc = sealing->hlc;
    fq_arena_reset(&sealing->arena);
    if (!fq_batch_seal(&seal, &sealing->seal.chain_to, fq_writer_span(&sealing->records),
                       sealing->record_count, &sealing->identity.sign_secret, &sealing->arena,
                       &batch) ||
        fq_bundle_add(sealing->file, FQ_BUNDLE_BATCH, batch.bytes, &why)) {
        return complain("%08u: %s", seal.log.origin, why.detail);
    }
    sealing->seal = batch.seal;
    sealing->records.used = 0;
    sealing->record_count = 0;
    return true;
}

static bool add_event(struct sealing *sealing, struct fq_event *event, uint16_t written)
{
    uint64_t hlc = day_hlc(written);

    sealing->hlc = hlc > sealing->hlc ? hlc : sealing->hlc + 1;
    event->hlc = sealing->hlc;
    if ((sealing->record_count == BATCH_RECORDS ||
         sealing->records.size - sealing->records.used < FQ_RECORD_MAX) &&
        !seal_batch(sealing)) {
        return false;
    }
    fq_event_encode(event, &sealing->records);
    sealing->record_count++;
    sealing->events++;
    return true;
}

/* ---- files ---- */

/* Which daemon is given what an area wrote: the nearest above; 0 when it has one itself. */
static uint32_t bearer_of(const struct province *province, const struct lab *lab, uint32_t area)
{
    if (lab_find_area(lab, area)) {
        return 0;
    }
    while (area && !lab_find_area(lab, area)) {
        area = fq_areas_find(&province->areas, area)->parent;
    }
    return area;
}

static bool begin_file(struct sealing *sealing, const char *path, uint32_t node)
{
    static uint8_t memory[MANIFEST_MAX];
    struct fq_writer writer = fq_writer_over(memory, sizeof memory);
    char text[16];

    fq_write_map(&writer, 5);
    fq_write_text(&writer, "version");
    fq_write_uint(&writer, 1);
    snprintf(text, sizeof text, "%06u01", node);
    fq_write_text(&writer, "node");
    fq_write_text(&writer, text);
    snprintf(text, sizeof text, "%06u", node);
    fq_write_text(&writer, "area");
    fq_write_text(&writer, text);
    fq_write_text(&writer, "made");
    fq_write_text(&writer, "2024-01-01T00:00:00.000Z");
    fq_write_text(&writer, "logs");
    fq_write_array(&writer, 0);
    if (fq_bundle_create(path, &sealing->file, &why) ||
        fq_bundle_add(sealing->file, FQ_BUNDLE_MANIFEST, fq_writer_span(&writer), &why)) {
        return complain("%s: %s", path, why.detail);
    }
    return true;
}

static bool end_file(struct sealing *sealing, uint32_t node)
{
    char key[LAB_PATH_SIZE + 64];
    struct fq_identity carrier;

    lab_path(sealing->lab, lab_find_area(sealing->lab, node), "keys/operator.key", key);
    if (fq_identity_load(key, &carrier, &why) || fq_bundle_finish(sealing->file, &carrier, &why)) {
        return complain("%s: %s", key, why.detail);
    }
    sealing->file = NULL;
    fq_identity_wipe(&carrier);
    return true;
}

static bool write_log(struct sealing *sealing, const struct province *province, struct logs *logs,
                      const struct log *log)
{
    struct fq_event event;

    if (!begin_log(sealing, log->area)) {
        return false;
    }
    for (size_t i = 0; i < log->count; i++) {
        logs_event(logs, province, &log->entries[i], &event);
        if (!add_event(sealing, &event, log->entries[i].written)) {
            return false;
        }
    }
    return seal_batch(sealing);
}

/* ---- what comes after ---- */

struct late {
    const struct province *province;
    struct sealing *sealing;
    struct life life;
    uint32_t county, index; /* whose life is next */
    uint16_t written;
    uint64_t left;
};

static bool add_late(struct late *late, struct fq_event *event)
{
    if (late->left == 0) {
        return true;
    }
    late->left--;
    return add_event(late->sealing, event, late->written);
}

/* One more event of a life that is written down already. */
static void begin_late(const struct late *late, uint8_t kind, uint16_t date, uint32_t nth,
                       struct fq_event *event)
{
    const struct life *life = &late->life;
    struct random random = random_of(fq_get_be64(life->dispute.bytes) + 1000 + nth);

    memset(event, 0, sizeof *event);
    event->kind = event->step = kind;
    event->rev = life->count + nth;
    event->date = date;
    event->dict_version = 1;
    event->area = life->home;
    event->unit = life->host;
    event->dispute = life->dispute;
    fq_put_be64(event->cmd_id.bytes, random_next(&random));
    fq_put_be64(event->cmd_id.bytes + 8, random_next(&random));
    event->actor = fq_span_text("late");
    (void)fq_event_set_bytes(event, FQ_FIELD_REASON, fq_span_text("found in a check"));
}

static uint16_t date_of(const struct life *life, uint8_t step)
{
    uint16_t date = life->steps[0].date;

    for (uint32_t i = 0; i < life->count; i++) {
        date = life->steps[i].step == step ? life->steps[i].date : date;
    }
    return date;
}

static bool add_new_dispute(struct late *late)
{
    struct fq_event event;
    bool is_fine = true;

    late->life.dispute.bytes[1] ^= 0xff; /* another one like it */
    for (uint32_t step = 0; step < 2 && is_fine; step++) {
        life_event(&late->life, step, &event);
        is_fine = add_late(late, &event);
    }
    uint16_t date = date_of(&late->life, FQ_EVENT_AGREED);
    late->life.count = 2;
    begin_late(late, FQ_EVENT_AGREED, date, 1, &event);
    event.value[FQ_FIELD_REASON] = 0;
    event.value[FQ_FIELD_FORM] = FQ_FORM_WRITTEN;
    return is_fine && add_late(late, &event);
}

static bool add_correction(struct late *late, uint8_t of, uint16_t date)
{
    struct fq_event event;

    begin_late(late, FQ_EVENT_CORRECTED, date, 1, &event);
    event.value[FQ_FIELD_REASON] = 0;
    event.step = of;
    event.value[FQ_FIELD_CORRECTS] = of;
    (void)fq_event_set_bytes(&event, FQ_FIELD_WHY, fq_span_text("found in a check"));
    if (of == FQ_EVENT_REGISTERED) {
        event.value[FQ_FIELD_SOURCE] = late->life.source;
        event.value[FQ_FIELD_TYPE] = late->life.type == 4 ? 5 : 4;
        event.value[FQ_FIELD_HOST] = late->life.host;
        event.value[FQ_FIELD_KIND] = FQ_KIND_PEOPLE;
        event.value[FQ_FIELD_PERSONS] = late->life.persons;
    } else {
        event.value[FQ_FIELD_FORM] = FQ_FORM_WRITTEN;
        event.value[FQ_FIELD_AMOUNT] = late->life.amount_cents + 10000;
    }
    return add_late(late, &event);
}

static bool add_failure(struct late *late)
{
    struct fq_event event;
    uint16_t date = date_of(&late->life, FQ_EVENT_AGREED);

    begin_late(late, FQ_EVENT_REOPENED, date, 1, &event);
    bool is_fine = add_late(late, &event);
    begin_late(late, FQ_EVENT_FAILED, date, 2, &event);
    return is_fine && add_late(late, &event);
}

static bool add_merge(struct late *late, const struct county *county)
{
    struct fq_event event;
    struct life other;

    late->index++;
    life_draw(late->province, county, late->index % county->count[LIFE_MAIN], &other);
    if (memcmp(other.dispute.bytes, late->life.dispute.bytes, FQ_ID_SIZE) > 0) {
        struct life first = late->life; /* from the greater id to the smaller */
        late->life = other;
        other = first;
    }
    begin_late(late, FQ_EVENT_MERGED, date_of(&late->life, FQ_EVENT_AGREED), 1, &event);
    (void)fq_event_set_bytes(&event, FQ_FIELD_INTO, fq_span_of(other.dispute.bytes, FQ_ID_SIZE));
    return add_late(late, &event);
}

static bool add_single(struct late *late, uint8_t kind, uint32_t to_area)
{
    struct fq_event event;

    begin_late(late, kind, late->life.steps[0].date, 1, &event);
    if (kind == FQ_EVENT_TRANSFERRED) {
        event.value[FQ_FIELD_TO_AREA] = to_area;
        event.value[FQ_FIELD_TO_UNIT] = (uint64_t)to_area * 10000 + 1;
        event.value[FQ_FIELD_TO_KIND] = FQ_KIND_PEOPLE;
    }
    return add_late(late, &event);
}

static bool add_any(struct late *late, const struct county *county, uint32_t turn)
{
    switch (turn % 10) {
    case 0:
    case 1:
    case 2:
        return add_new_dispute(late);
    case 3:
    case 4:
        return add_correction(late, FQ_EVENT_REGISTERED, late->life.steps[0].date);
    case 5:
        return add_correction(late, FQ_EVENT_AGREED, date_of(&late->life, FQ_EVENT_ACCEPTED));
    case 6:
        return add_failure(late);
    case 7:
        return add_merge(late, county);
    case 8:
        return add_single(late, FQ_EVENT_VOIDED, 0);
    default: /* to the first county of the list that is not itself */
        return add_single(
            late, FQ_EVENT_TRANSFERRED,
            late->province->counties[late->province->counties[0].area == county->area].area);
    }
}

/* Some ten events of a county, of disputes that stayed where they were born. */
static bool add_late_county(struct late *late, const struct county *county, uint32_t turn)
{
    uint32_t agreed = county->agreed[LIFE_MAIN];

    late->index = 0;
    for (uint32_t i = 0; i < 6 && late->index + 2 < agreed; i++, turn++, late->index++) {
        life_draw(late->province, county, late->index, &late->life);
        if (late->life.home == late->life.birth && !add_any(late, county, turn)) {
            return false;
        }
    }
    return seal_batch(late->sealing);
}

struct end { /* of a log: where it goes on */
    uint32_t area;
    struct fq_seal seal;
    uint64_t hlc;
};

static bool write_late(const struct province *province, struct sealing *sealing, uint32_t node,
                       const struct end *ends, uint32_t end_count, const char *out)
{
    static struct late late;
    char path[PATH_SIZE];

    late = (struct late){.province = province,
                         .sealing = sealing,
                         .written = (uint16_t)(province->end_2021 + 900),
                         .left = LATE_EVENTS};
    snprintf(path, sizeof path, "%s/late.fqb", out);
    if (!begin_file(sealing, path, node)) {
        return false;
    }
    for (uint32_t i = 0; i < end_count && late.left > 0; i++) {
        const struct county *county = province_county(province, ends[i].area);
        if (!county || county->successor || !county->count[LIFE_BASE]) {
            continue;
        }
        if (!begin_log(sealing, county->area)) {
            return false;
        }
        sealing->seal = ends[i].seal;
        sealing->hlc = ends[i].hlc;
        if (!add_late_county(&late, county, i)) {
            return false;
        }
    }
    return end_file(sealing, node);
}

bool bundles_write(const struct province *province, struct logs *logs, const struct lab *lab,
                   const char *out)
{
    static struct end ends[WRITERS_MAX];
    uint32_t end_count = 0, root = fq_areas_root(&province->areas)->code;
    struct sealing sealing;
    bool is_fine = open_sealing(&sealing, lab);

    for (size_t i = 0; i < lab->count && is_fine; i++) {
        uint32_t node = lab->nodes[i].area;
        char path[PATH_SIZE];
        if (lab->nodes[i].tier == FQ_TIER_COUNTY) {
            continue;
        }
        snprintf(path, sizeof path, "%s/%06u.fqb", out, node);
        is_fine = begin_file(&sealing, path, node);
        for (uint32_t k = 0; k < logs->count && is_fine; k++) {
            const struct log *log = &logs->rows[k];
            if (log->count == 0 || bearer_of(province, lab, log->area) != node) {
                continue;
            }
            is_fine = write_log(&sealing, province, logs, log);
            if (node == root) {
                ends[end_count++] = (struct end){log->area, sealing.seal, sealing.hlc};
            }
        }
        is_fine = is_fine && end_file(&sealing, node);
    }
    printf("# %llu events in bundles\n", (unsigned long long)sealing.events);
    is_fine = is_fine && write_late(province, &sealing, root, ends, end_count, out);
    fq_bundle_discard(sealing.file);
    fq_identity_wipe(&sealing.identity);
    free(sealing.records.base);
    return is_fine;
}
