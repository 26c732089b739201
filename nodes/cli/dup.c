/* `dup`: disputes of a county that may be one, found by the node; a person decides. */
#include <string.h>

#include "client.h"

#define GROUNDS_SIZE 400

/* ---- grounds in words ---- */

static const struct {
    const char *ground, *words;
} grounds[] = {
    {"same_id_number", N_("same identity number")},
    {"same_phone", N_("same telephone")},
    {"same_name", N_("same name")},
    {"same_type", N_("same type")},
    {"same_place", N_("same place")},
    {"within_7_days", N_("within 7 days")},
    {"within_30_days", N_("within 30 days")},
    {"other_names", N_("but other names too")},
};

static void append(char *list, size_t list_size, const char *words)
{
    size_t used = strlen(list);
    const char *comma = cli_text_is_chinese() ? "、" : ", ";

    snprintf(list + used, list_size - used, "%s%s", used ? comma : "", words);
}

static void tell_grounds(struct fq_span list, char *out, size_t out_size)
{
    struct fq_reader reader = fq_reader_over(list);
    uint32_t count = fq_read_type(&reader) == FQ_CODEC_ARRAY ? fq_read_array(&reader) : 0;

    out[0] = '\0';
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span ground = fq_read_text(&reader);
        for (size_t row = 0; row < sizeof grounds / sizeof grounds[0]; row++) {
            if (fq_span_equal(ground, fq_span_text(grounds[row].ground))) {
                append(out, out_size, _(grounds[row].words));
            }
        }
    }
}

static bool is_for_person(const struct cli *cli)
{
    return cli->format == CLI_TABLE || cli->format == CLI_MD;
}

/* The map again, its grounds as one text. */
static void rewrite(struct fq_span map, struct fq_writer *writer)
{
    struct fq_reader reader = fq_reader_over(map);
    uint32_t count = fq_read_map(&reader);
    char words[GROUNDS_SIZE];

    fq_write_map(writer, count);
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span key = fq_read_text(&reader);
        struct fq_span value = fq_read_skip(&reader);
        fq_write_text_span(writer, key);
        if (fq_span_equal(key, fq_span_text("grounds"))) {
            tell_grounds(value, words, sizeof words);
            fq_write_text(writer, words);
        } else {
            fq_write_raw(writer, value);
        }
    }
}

/* ---- commands ---- */

static fq_err print_list(struct cli *cli, struct fq_span list, struct fq_why *out_why)
{
    static const char *const columns[] = {"a", "b", "score", "grounds", NULL};
    static const char *const all_columns[] = {"a", "b", "score", "dismissed", "grounds", NULL};
    const struct cli_view view = {.columns = cli_has(cli, "all") ? all_columns : columns};
    struct fq_writer told = cli_build_open(CLI_VALUE_MAX);
    struct fq_reader reader = fq_reader_over(list);
    uint32_t count = fq_read_array(&reader);

    fq_write_array(&told, count);
    for (uint32_t i = 0; i < count; i++) {
        rewrite(fq_read_skip(&reader), &told);
    }
    fq_err err = cli_print(cli, fq_writer_span(&told), &view, out_why);
    cli_build_close(&told);
    return err;
}

static fq_err run_ls(struct cli *cli, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    struct cli_client *client = NULL;
    struct cli_args args;
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX);
    fq_err err = cli_connect(cli, &client, out_why);

    cli_args_open(&args);
    if (cli_value(cli, "area")) {
        cli_args_text(&args, "area", cli_value(cli, "area"));
    }
    if (cli_has(cli, "all")) {
        cli_args_bool(&args, "all", true);
    }
    err = err ? err : cli_call_all(client, "dup.list", &args, 0, &list, out_why);
    if (!err) {
        err = is_for_person(cli) ? print_list(cli, fq_writer_span(&list), out_why)
                                 : cli_print(cli, fq_writer_span(&list), &view, out_why);
    }
    cli_args_close(&args);
    cli_disconnect(client);
    cli_build_close(&list);
    return err;
}

static fq_err ask_pair(struct cli *cli, const char *verb, const char *reason,
                       struct cli_client **client, struct cli_answer *out_answer,
                       struct fq_why *out_why)
{
    struct cli_args args;
    fq_err err = cli_connect(cli, client, out_why);

    if (err) {
        return err;
    }
    cli_args_open(&args);
    cli_args_text(&args, "a", cli->arguments[0]);
    cli_args_text(&args, "b", cli->arguments[1]);
    if (reason) {
        cli_args_text(&args, "reason", reason);
    }
    err = cli_call(*client, verb, &args, out_answer, out_why);
    cli_args_close(&args);
    return err;
}

/* How alike they are, then the two beside each other; in JSON both are one value. */
static fq_err print_pair(struct cli *cli, struct fq_span result, struct fq_why *out_why)
{
    static const char *const head[] = {"score", "grounds", "dismissed", "reason", NULL};
    static const struct cli_view view = {.columns = head}, two = {.rows = "disputes"};
    struct fq_writer told = cli_build_open(CLI_VALUE_MAX);

    if (!is_for_person(cli)) {
        fq_write_raw(&told, result);
    } else {
        rewrite(result, &told);
    }
    fq_err err =
        cli_print(cli, fq_writer_span(&told), cli->format == CLI_CSV ? &two : &view, out_why);
    if (!err && is_for_person(cli)) {
        err = cli_print(cli, result, &two, out_why);
    }
    cli_build_close(&told);
    return err;
}

static fq_err run_show(struct cli *cli, struct fq_why *out_why)
{
    struct cli_client *client = NULL;
    struct cli_answer answer;
    fq_err err = ask_pair(cli, "dup.show", NULL, &client, &answer, out_why);

    err = err ? err : print_pair(cli, answer.result, out_why);
    cli_disconnect(client);
    return err;
}

static fq_err run_dismiss(struct cli *cli, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    const char *reason = cli_value(cli, "reason");
    struct cli_client *client = NULL;
    struct cli_answer answer;

    if (!reason || !*reason) {
        return fq_fail(out_why, FQ_REASON_USAGE, "dup dismiss A B --reason TEXT");
    }
    if (cli->is_dry_run) {
        return run_show(cli, out_why);
    }
    fq_err err = ask_pair(cli, "dup.dismiss", reason, &client, &answer, out_why);
    err = err ? err : cli_print(cli, answer.result, &view, out_why);
    cli_disconnect(client);
    return err;
}

static const struct cli_option ls_options[] = {
    {"area", 0, "CODE", N_("only disputes of this area")},
    {"all", 0, NULL, N_("with those that were dismissed")},
    {NULL, 0, NULL, NULL},
};
static const struct cli_option dismiss_options[] = {
    {"reason", 0, "TEXT", N_("why they are two; kept at the node")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_dup_commands[] = {
    {"dup", "ls", "", 0, 0, N_("List disputes that may have been registered twice."), ls_options,
     run_ls},
    {"dup", "show", "A B", 2, 2, N_("Show how alike two disputes are."), NULL, run_show},
    {"dup", "dismiss", "A B", 2, 2, N_("Say that two disputes are two; they are listed no more."),
     dismiss_options, run_dismiss},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
