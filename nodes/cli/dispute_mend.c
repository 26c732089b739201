/* Steps that point at something else: corrections at a step, voids at an event, merges at a dispute,
 * documents at a file, answers at a referral. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "dispute.h"
#include "fq/base/hash.h"
#include "fq/core/command.h"

/* ---- correct ---- */

static fq_err find_corrected(const char *name, unsigned *out_kind, struct fq_why *out_why)
{
    char list[FQ_WHY_SIZE - 80] = "";
    size_t used = 0;
    unsigned kind = step_find(name);

    if (kind >= FQ_EVENT_REGISTERED && kind < FQ_EVENT_CORRECTED) {
        *out_kind = kind;
        return FQ_OK;
    }
    for (kind = FQ_EVENT_REGISTERED; kind < FQ_EVENT_CORRECTED && used < sizeof list; kind++) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? " " : "",
                                 fq_step_verb(kind));
    }
    return fq_fail(out_why, FQ_REASON_USAGE, "%s: %s", name, list);
}

/* Whether an option of the command line gives a field of the step. */
static bool is_of_step(unsigned kind, const char *option)
{
    struct step step = step_of((enum fq_kind_of_event)kind);

    for (size_t i = 0; i < STEP_BINDINGS_MAX && step.bindings[i].option; i++) {
        const struct step_field *field = step_field(step.bindings[i].field);
        bool is_reason = step.bindings[i].field == FQ_FIELD_REASON;
        if (strcmp(option, is_reason ? "new-reason" : field->option) == 0 ||
            (field->alias && strcmp(option, field->alias) == 0)) {
            return true;
        }
    }
    return false;
}

/* All steps' options are taken by the command; one of another step is no slip to pass over. */
static fq_err check_options(const struct cli *cli, unsigned kind, struct fq_why *out_why)
{
    static const char *const common[] = {"date", "unit", "area", "reason"};

    for (int i = 0; i < cli->given_count; i++) {
        const char *option = cli->given[i].name;
        bool is_others = false, is_common = false;
        for (unsigned other = FQ_EVENT_REGISTERED; other < FQ_EVENT_CORRECTED; other++) {
            is_others |= is_of_step(other, option);
        }
        for (size_t k = 0; k < sizeof common / sizeof common[0]; k++) {
            is_common |= strcmp(option, common[k]) == 0;
        }
        if (is_others && !is_common && !is_of_step(kind, option)) {
            return fq_fail(out_why, FQ_REASON_USAGE, _("--%s is nothing that %s has"), option,
                           fq_step_verb(kind));
        }
    }
    return FQ_OK;
}

/* Read what is given of the step and set its bit in the mask. An empty text takes a value away. */
static fq_err read_given(struct cli_desk *desk, unsigned kind, struct fq_event *event,
                         uint64_t *out_given, struct fq_why *out_why)
{
    struct step step = step_of((enum fq_kind_of_event)kind);
    fq_err err = check_options(desk->cli, kind, out_why);

    for (size_t i = 0; i < STEP_BINDINGS_MAX && step.bindings[i].option && !err; i++) {
        struct step_binding binding = step.bindings[i];
        if (binding.field == FQ_FIELD_REASON) {
            binding.option = "new-reason"; /* --reason says why it is corrected */
        }
        binding.stand_in = NULL; /* --unit is the step's, --area the dispute's */
        const char *text = step_given(desk->cli, &binding);
        if (text) {
            *out_given |= UINT64_C(1) << binding.field;
            err = *text ? step_read_given(desk, &binding, text, event, out_why) : FQ_OK;
        }
    }
    return err;
}

fq_err mend_correct(struct cli_desk *desk, struct dispute_command *command, struct fq_why *out_why)
{
    const struct cli *cli = desk->cli;
    struct fq_event *event = &command->entry.event;
    const char *area = cli_value(cli, "area");
    uint64_t given = 0;
    unsigned kind = 0;
    fq_err err = find_corrected(cli->arguments[1], &kind, out_why);

    if (!err && area) {
        err = step_read_area_text(desk->tables, "area", area, &event->area, out_why);
    }
    err = err ? err : read_given(desk, kind, event, &given, out_why);
    if (!err && !given && !area && !cli_value(cli, "date") && !cli_value(cli, "unit") &&
        command->entry.party_count == 0) {
        return fq_fail(out_why, FQ_REASON_FIELD, "%s: %s", fq_step_verb(kind),
                       _("nothing to correct was given"));
    }
    err = err ? err : history_open(desk, &event->dispute, &command->history, out_why);
    if (err) {
        return err;
    }
    struct fq_span standing = history_standing(&command->history, kind);
    if (!standing.size) {
        return fq_fail(out_why, FQ_REASON_EVENT_NAME, "%s", cli->arguments[1]);
    }
    event->step = (uint16_t)kind;
    event->value[FQ_FIELD_CORRECTS] = kind;
    event->date = cli_value(cli, "date") ? event->date : 0;
    return history_fill(&command->history, &desk->tables->codes, standing, kind, given, event,
                        out_why);
}

/* ---- void ---- */

fq_err mend_void(struct cli_desk *desk, struct dispute_command *command, struct fq_why *out_why)
{
    struct fq_event *event = &command->entry.event;
    struct fq_span entry;
    fq_err err = FQ_OK;

    if (desk->cli->argument_count < 2) {
        return FQ_OK; /* the whole dispute */
    }
    const char *name = desk->cli->arguments[1];
    if (fq_hex_decode(name, strlen(name), command->other.bytes, FQ_ID_SIZE)) {
        fq_command_target(&command->other, command->target); /* by the command that made it */
    } else {
        err = history_open(desk, &event->dispute, &command->history, out_why);
        err = err ? err : history_find(&command->history, name, &entry, out_why);
        if (err) {
            return err;
        }
        history_id(entry, command->target);
    }
    return fq_event_set_bytes(event, FQ_FIELD_TARGET, fq_span_of(command->target, FQ_EVENT_ID_SIZE))
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_LIMIT, "void");
}

/* ---- merge ---- */

/* A merge points from the greater id to the smaller (D4 of dispute.h), so that no two merges point
 * at each other; which of the two stands for both does not change what is counted. */
fq_err mend_merge(struct cli_desk *desk, struct dispute_command *command, struct fq_why *out_why)
{
    struct fq_event *event = &command->entry.event;
    const char *into = cli_value(desk->cli, "into");

    if (!into) {
        return fq_fail(out_why, FQ_REASON_FIELD, "--into");
    }
    fq_err err = cli_desk_find(desk, into, &command->other, out_why);
    if (err) {
        return err;
    }
    if (memcmp(event->dispute.bytes, command->other.bytes, FQ_ID_SIZE) < 0) {
        struct fq_id smaller = event->dispute;
        event->dispute = command->other;
        command->other = smaller;
        cli_say(_("The other one is merged into this one: the smaller id stands for both."));
    }
    return fq_event_set_bytes(event, FQ_FIELD_INTO, fq_span_of(command->other.bytes, FQ_ID_SIZE))
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_LIMIT, "merge");
}

/* ---- document ---- */

static fq_err hash_file(int file, const char *path, struct fq_event *event, uint8_t out_hash[32],
                        struct fq_why *out_why)
{
    struct stat state;
    struct fq_hash hash;

    if (fstat(file, &state) || !S_ISREG(state.st_mode) || state.st_size == 0) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s", path);
    }
    size_t size = (size_t)state.st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
    }
    const struct fq_span span = fq_span_of(bytes, size);
    fq_hash_spans(&span, 1, &hash);
    munmap(bytes, size);
    memcpy(out_hash, hash.bytes, FQ_HASH_SIZE);
    event->value[FQ_FIELD_SIZE] = size;
    return fq_event_set_bytes(event, FQ_FIELD_HASH, fq_span_of(out_hash, FQ_HASH_SIZE))
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_LIMIT, "document");
}

fq_err mend_document(struct cli_desk *desk, struct dispute_command *command, struct fq_why *out_why)
{
    const char *path = cli_value(desk->cli, "file");

    if (!path || !command->entry.event.value[FQ_FIELD_DOCUMENT]) {
        return fq_fail(out_why, FQ_REASON_FIELD, path ? "--document" : "--file");
    }
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
    }
    fq_err err = hash_file(file, path, &command->entry.event, command->hash, out_why);
    close(file);
    return err;
}

/* ---- referrals ---- */

#define PREFIX_MIN 4 /* hex digits */

/* Count the rows whose referral begins so; the last gives its ids. */
static uint32_t match_referrals(struct fq_span list, const char *name,
                                struct dispute_command *command)
{
    struct fq_reader reader = fq_reader_over(list);
    uint32_t count = fq_read_array(&reader), found = 0;
    size_t size = strlen(name);

    for (uint32_t i = 0; i < count && size >= PREFIX_MIN; i++) {
        struct fq_span row = fq_read_skip(&reader);
        struct fq_span id = fq_map_text(row, "referral"), dispute = fq_map_text(row, "id");
        if (size > id.size || strncasecmp((const char *)id.data, name, size) != 0) {
            continue;
        }
        found += fq_hex_decode((const char *)id.data, id.size, command->other.bytes, FQ_ID_SIZE) &&
                 fq_hex_decode((const char *)dispute.data, dispute.size,
                               command->entry.event.dispute.bytes, FQ_ID_SIZE);
    }
    return found;
}

fq_err mend_find_referral(struct cli_desk *desk, struct dispute_command *command,
                          struct fq_why *out_why)
{
    static const char *const directions[] = {"in", "out"};
    const char *name = desk->cli->arguments[0];
    uint32_t found = 0;
    fq_err err = FQ_OK;

    for (size_t i = 0; i < 2 && !found && !err && desk->client; i++) {
        struct fq_writer list = cli_build_open(CLI_VALUE_MAX);
        struct cli_args args;
        cli_args_open(&args);
        cli_args_text(&args, "direction", directions[i]);
        err = cli_call_all(desk->client, "referral.list", &args, 0, &list, out_why);
        found = err ? 0 : match_referrals(fq_writer_span(&list), name, command);
        cli_args_close(&args);
        cli_build_close(&list);
    }
    if (err || found == 1) {
        return err;
    }
    return fq_fail(out_why, found ? FQ_REASON_DISPUTE_MANY : FQ_REASON_DISPUTE_UNKNOWN, "%s", name);
}

/* Which referral is answered; the node finds the one that waits for this answer when none is named. */
fq_err mend_referral(struct cli_desk *desk, struct dispute_command *command, struct fq_why *out_why)
{
    struct fq_event *event = &command->entry.event;
    const char *name = cli_value(desk->cli, "referral");
    struct fq_span entry;
    fq_err err = FQ_OK;

    if (event->kind == FQ_EVENT_REFERRED) {
        command->other = event->cmd_id; /* a referral is known by the command that made it */
    } else if (!name && fq_id_is_zero(&command->other)) {
        return FQ_OK;
    } else if (!name) {
        /* the argument named it */
    } else if (!fq_hex_decode(name, strlen(name), command->other.bytes, FQ_ID_SIZE)) {
        err = history_open(desk, &event->dispute, &command->history, out_why);
        err = err ? err : history_find(&command->history, name, &entry, out_why);
        struct fq_span hex = err ? (struct fq_span){0} : fq_map_text(entry, "cmd_id");
        if (!err &&
            !fq_hex_decode((const char *)hex.data, hex.size, command->other.bytes, FQ_ID_SIZE)) {
            err = fq_fail(out_why, FQ_REASON_EVENT_NAME, "%s", name);
        }
    }
    if (err) {
        return err;
    }
    return fq_event_set_bytes(event, FQ_FIELD_REFERRAL,
                              fq_span_of(command->other.bytes, FQ_ID_SIZE))
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_LIMIT, "referral");
}
