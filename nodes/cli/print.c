/* `dispute print`: the papers of a dispute that are signed, as HTML for A4.
 *
 * The county fills them: its vault is asked first, notes the reading, and above a county there is
 * none. The file is the reader's alone, and one that is there stays unless --yes was given. */
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "page.h"
#include "paper.h"

#define PAGE_MAX (32u << 20)
#define MEMORY_SIZE (32u << 20)
#define TABLE_MAX (4u << 20)
#define AREA_SIZE 6 /* digits of an area's code, with which those of its units and places begin */

struct printing {
    char dispute[64]; /* as the node knows it */
    const struct cli *cli;
    struct cli_client *client;
    struct cli_tables *tables;
    struct paper paper;
    struct fq_writer memory;
    struct fq_arena arena;
    struct fq_writer page;
    char number[64];
    char file[PAGE_FILE_SIZE]; /* "-" is stdout */
};

/* ---- what is printed ---- */

static fq_err read_form(struct printing *printing, struct fq_why *out_why)
{
    const char *text = cli_value(printing->cli, "form");
    char names[200] = "";

    printing->paper.form = text ? paper_form_find(text) : PAPER_FORMS;
    if (printing->paper.form < PAPER_FORMS) {
        return FQ_OK;
    }
    for (int i = 0; i < PAPER_FORMS; i++) {
        const struct paper_form_row *row = paper_form_row((enum paper_form)i);
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "",
                 cli_text_is_chinese() ? row->zh : row->name);
    }
    return fq_fail(out_why, FQ_REASON_USAGE, "--form %s: %s", text ? text : "FORM", names);
}

/* The answer, copied: it is gone with the next question. */
static fq_err keep(struct printing *printing, struct fq_span answer, struct fq_span *out_copy,
                   struct fq_why *out_why)
{
    struct fq_span copy = fq_arena_copy(&printing->arena, answer);

    if (!copy.data) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "paper");
    }
    *out_copy = copy;
    return FQ_OK;
}

static fq_err read_dispute(struct printing *printing, struct fq_why *out_why)
{
    struct cli_args args;
    struct cli_answer answer;

    fq_err err =
        cli_desk_name(printing->cli, printing->cli->arguments[0], printing->dispute, out_why);
    if (err) {
        return err;
    }
    cli_args_open(&args);
    cli_args_text(&args, "dispute", printing->dispute);
    cli_args_bool(&args, "history", true);
    err = cli_call(printing->client, "dispute.show", &args, &answer, out_why);
    err = err ? err : keep(printing, answer.result, &printing->paper.show, out_why);
    cli_args_close(&args);
    cli_copy(printing->number, sizeof printing->number,
             err ? (struct fq_span){0} : fq_map_text(printing->paper.show, "dispute"));
    return err;
}

static fq_err read_vault(struct printing *printing, struct fq_why *out_why)
{
    const char *purpose = cli_value(printing->cli, "purpose");
    char text[64];
    struct cli_args args;
    struct cli_answer answer;

    snprintf(text, sizeof text, "print %s", paper_form_row(printing->paper.form)->name);
    cli_args_open(&args);
    cli_args_text(&args, "dispute", printing->dispute);
    cli_args_text(&args, "purpose", purpose && *purpose ? purpose : text);
    fq_err err = cli_call(printing->client, "vault.read", &args, &answer, out_why);
    err = err ? err : keep(printing, answer.result, &printing->paper.vault, out_why);
    cli_args_close(&args);
    return err;
}

/* Rows of a table whose codes begin so, all the node has; none from a node without the table. */
static fq_err read_table(struct printing *printing, const char *verb, struct fq_span prefix,
                         struct fq_span *out_rows, struct fq_why *out_why)
{
    struct fq_writer list = cli_build_open(TABLE_MAX);
    struct cli_args args;
    char text[AREA_SIZE + 1];

    cli_copy(text, sizeof text, prefix);
    cli_args_open(&args);
    cli_args_text(&args, "prefix", text);
    fq_err err = cli_call_all(printing->client, verb, &args, 0, &list, out_why);
    if (!err) {
        err = keep(printing, fq_writer_span(&list), out_rows, out_why);
    } else if (out_why->reason == FQ_REASON_VERB_UNKNOWN) {
        *out_why = (struct fq_why){0};
        err = FQ_OK;
    }
    cli_args_close(&args);
    cli_build_close(&list);
    return err;
}

/* What the host's units and the home's places are called; the codes print without. */
static fq_err read_names(struct printing *printing, struct fq_why *out_why)
{
    struct fq_span host = fq_map_text(printing->paper.show, "host");
    struct fq_span home = fq_map_text(printing->paper.show, "home");
    fq_err err = FQ_OK;

    if (host.size > AREA_SIZE) {
        err = read_table(printing, "table.units", host, &printing->paper.units, out_why);
    }
    if (!err && home.size == AREA_SIZE) {
        err = read_table(printing, "table.places", home, &printing->paper.places, out_why);
    }
    return err;
}

/* ---- the page ---- */

static fq_err render_file(struct printing *printing, const char *name, struct fq_span values,
                          struct fq_why *out_why)
{
    char place[80];

    snprintf(place, sizeof place, "print/%s", name);
    return page_render(printing->cli, place, false, values, &printing->arena, &printing->page,
                       out_why);
}

static fq_err render(struct printing *printing, struct fq_why *out_why)
{
    char form[64];
    struct fq_span values;
    fq_err err = paper_values(&printing->paper, &printing->arena, &values, out_why);

    snprintf(form, sizeof form, "%s.%s.html", paper_form_row(printing->paper.form)->name,
             printing->paper.is_chinese ? "zh" : "en");
    err = err ? err : render_file(printing, "head.html", values, out_why);
    err = err ? err : render_file(printing, form, values, out_why);
    return err ? err : render_file(printing, "foot.html", values, out_why);
}

/* ---- the file ---- */

/* Looked at before the vault is asked: nothing is read of it in vain. */
static fq_err choose_file(struct printing *printing, struct fq_why *out_why)
{
    const char *given = cli_value(printing->cli, "to");
    int size = given ? snprintf(printing->file, sizeof printing->file, "%s", given)
                     : snprintf(printing->file, sizeof printing->file, "%s-%s.html",
                                printing->number, paper_form_row(printing->paper.form)->name);

    if (size <= 0 || size >= (int)sizeof printing->file - 8) {
        return fq_fail(out_why, FQ_REASON_USAGE, "--to");
    }
    return page_check(printing->file, printing->cli->is_yes, out_why);
}

static fq_err tell(const struct printing *printing, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    uint8_t memory[PAGE_FILE_SIZE + 512];
    struct fq_writer writer = fq_writer_over(memory, sizeof memory);

    fq_write_map(&writer, 3);
    cli_write_pair_text(&writer, "dispute", printing->number);
    cli_write_pair_text(&writer, "paper", paper_form_row(printing->paper.form)->name);
    cli_write_pair_text(&writer, "file", printing->file);
    return cli_print(printing->cli, fq_writer_span(&writer), &view, out_why);
}

static fq_err put_page(const struct printing *printing, struct fq_why *out_why)
{
    fq_err err = page_write(printing->file, fq_writer_span(&printing->page), true,
                            printing->cli->is_yes, out_why);

    return err || page_is_stdout(printing->file) ? err : tell(printing, out_why);
}

/* ---- the command ---- */

static fq_err print(struct printing *printing, struct fq_why *out_why)
{
    fq_err err = read_form(printing, out_why);

    err = err ? err : cli_connect(printing->cli, &printing->client, out_why);
    err = err ? err : read_dispute(printing, out_why);
    err = err ? err : choose_file(printing, out_why);
    if (err || printing->cli->is_dry_run) {
        return err ? err : tell(printing, out_why);
    }
    err = read_vault(printing, out_why);
    err = err ? err : cli_tables_open(printing->client, &printing->tables, out_why);
    err = err ? err : read_names(printing, out_why);
    if (!err) {
        printing->paper.codes = &printing->tables->codes;
        printing->paper.areas = &printing->tables->areas;
        printing->paper.is_chinese = cli_text_is_chinese();
        err = render(printing, out_why);
    }
    return err ? err : put_page(printing, out_why);
}

static fq_err run_print(struct cli *cli, struct fq_why *out_why)
{
    struct printing *printing = calloc(1, sizeof *printing);

    if (!printing) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "print");
    }
    printing->cli = cli;
    printing->memory = cli_build_open(MEMORY_SIZE);
    printing->page = cli_build_open(PAGE_MAX);
    printing->arena = fq_arena_over(printing->memory.base, printing->memory.size);
    fq_err err = print(printing, out_why);
    cli_tables_close(printing->tables);
    cli_disconnect(printing->client);
    cli_build_close(&printing->page);
    cli_build_close(&printing->memory);
    free(printing);
    return err;
}

static const struct cli_option print_options[] = {
    {"form", 0, "FORM", N_("acceptance, record, agreement or visit")},
    {"to", 0, "FILE", N_("file to write, - for standard output (default: NUMBER-FORM.html)")},
    {"purpose", 0, "TEXT", N_("why you read it; noted at the node")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_print_commands[] = {
    {"dispute", "print", "DISPUTE", 1, 1,
     N_("Print a form to be signed, as HTML; party data is read, and noted."), print_options,
     run_print},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
