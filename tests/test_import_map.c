/* Import maps and rows: ids that stay, amounts, and what is wrong with a map, by file and line. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../nodes/cli/import_cell.c"
#include "../nodes/cli/import_map.c"
#include "../nodes/cli/import_row.c"

#include "fq/edge/code_file.h"

#define MEMORY (64u << 20)

struct world {
    void *memory;
    struct fq_arena arena;
    struct map map;
    struct row_seen seen;
    char dir[64], path[96];
};

static struct world world;

static int set_up(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.memory = calloc(1, MEMORY);
    world.arena = fq_arena_over(world.memory, MEMORY);
    snprintf(world.dir, sizeof world.dir, "%s/fq-map-XXXXXX",
             getenv("TMPDIR") && strlen(getenv("TMPDIR")) < 40 ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(world.dir));
    snprintf(world.path, sizeof world.path, "%s/map.cfg", world.dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(world.path);
    rmdir(world.dir);
    row_seen_close(&world.seen);
    free(world.memory);
    return 0;
}

static fq_err load(const char *text, struct fq_why *why)
{
    FILE *file = fopen(world.path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return map_load(world.path, &world.arena, &world.map, why);
}

#define HEAD                                                                                       \
    "ledger = \"well\";\n"                                                                         \
    "dates = [ \"%Y-%m-%d\" ];\n"                                                                  \
    "area = { value = \"410105\"; };\n"
#define REGISTERED "{ event = \"registered\"; date = { column = \"start\"; }; }"

static const struct fq_span header[] = {{(const uint8_t *)"start", 5},
                                        {(const uint8_t *)"end", 3},
                                        {(const uint8_t *)"sum", 3},
                                        {(const uint8_t *)"name", 4}};

static const char *const whole_map =
    HEAD "vault = ( { field = \"party_name\"; columns = [ \"name\" ]; } );\n"
         "events = ( " REGISTERED ",\n"
         "{ event = \"agreed\"; date = { column = \"end\"; };\n"
         "  fields = { amount_cents = { column = \"sum\"; }; }; } );\n";

struct texts {
    struct fq_span cells[4];
};

static struct texts row_of(const char *start, const char *end, const char *sum, const char *name)
{
    return (struct texts){
        {fq_span_text(start), fq_span_text(end), fq_span_text(sum), fq_span_text(name)}};
}

static struct fq_id id_of(struct texts texts)
{
    struct fq_id id;

    assert_true(row_id(&world.map, texts.cells, 4, 410105, &world.seen, &id));
    return id;
}

static void load_whole(void)
{
    struct fq_why why = {0};

    assert_int_equal(load(whole_map, &why), FQ_OK);
    assert_int_equal(map_bind(&world.map, header, 4, &why), FQ_OK);
}

/* ---- I1 ---- */

static void assert_map_error(const char *text, const char *place)
{
    struct fq_why why = {0};

    assert_int_equal(load(text, &why), FQ_ERR_USAGE);
    assert_int_equal(why.reason, FQ_REASON_MAP);
    assert_non_null(strstr(why.detail, place));
}

static void test_i1_what_is_wrong_is_said_by_file_and_line(void **state)
{
    (void)state;

    assert_map_error("ledger = \"well\";\n\nshape = \"round\";\n", "map.cfg:3: shape");
    assert_map_error("ledger = \"well\";\nkey = ;\n", "map.cfg:2");
    assert_map_error(HEAD "events = ( { event = \"flooded\"; date = { column = \"d\"; }; } );\n",
                     "map.cfg:4: events.0.event");
    assert_map_error(HEAD "events = ( " REGISTERED ",\n{ event = \"failed\"; date = { column = "
                          "\"d\"; };\n fields = { amount_cents = { value = \"1\"; }; }; } );\n",
                     "map.cfg:6: events.1.fields.amount_cents");
    assert_map_error(HEAD "events = ( { event = \"registered\"; } );\n", "date is missing");
    assert_map_error(HEAD "events = ( { event = \"registered\";\n date = { column = \"d\"; table = "
                          "\"moon\"; }; } );\n",
                     "map.cfg:5");
    assert_map_error(HEAD "vault = ( { field = \"shoe\"; columns = [ \"a\" ]; } );\nevents = "
                          "( " REGISTERED " );\n",
                     "vault.0.field");
    assert_map_error(HEAD "skip_foreign = 1;\n", "skip_foreign");
}

static void test_i1_a_missing_column_is_named(void **state)
{
    (void)state;
    struct fq_why why = {0};
    assert_int_equal(load(whole_map, &why), FQ_OK);

    assert_int_equal(map_bind(&world.map, header, 2, &why), FQ_ERR_USAGE);

    assert_non_null(strstr(why.detail, "map.cfg"));
}

/* ---- I2 ---- */

static void test_i2_the_same_row_again_is_another_occurrence(void **state)
{
    (void)state;
    load_whole();
    struct texts row = row_of("2021-01-01", "2021-01-02", "7", "Ann");

    struct fq_id first = id_of(row), second = id_of(row);

    assert_false(fq_id_equal(&first, &second));
    row_seen_close(&world.seen);
    struct fq_id again = id_of(row);
    assert_true(fq_id_equal(&first, &again));
}

static void test_i2_vault_columns_play_no_part(void **state)
{
    (void)state;
    load_whole();

    struct fq_id ann = id_of(row_of("2021-01-01", "2021-01-02", "7", "Ann"));
    row_seen_close(&world.seen);
    struct fq_id bob = id_of(row_of("2021-01-01", "2021-01-02", "7", "Bob"));

    assert_true(fq_id_equal(&ann, &bob));
}

static void test_i2_values_do_not_run_into_each_other(void **state)
{
    (void)state;
    load_whole();

    struct fq_id left = id_of(row_of("bstartc", "a", "7", ""));
    row_seen_close(&world.seen);
    struct fq_id right = id_of(row_of("c", "astartb", "7", ""));

    assert_false(fq_id_equal(&left, &right));
}

static void test_i2_the_order_of_columns_plays_no_part(void **state)
{
    (void)state;
    load_whole();
    struct fq_id straight = id_of(row_of("2021-01-01", "2021-01-02", "7", "Ann"));
    row_seen_close(&world.seen);
    struct fq_why why;
    const struct fq_span turned[] = {header[3], header[2], header[1], header[0]};
    assert_int_equal(map_bind(&world.map, turned, 4, &why), FQ_OK);

    struct fq_id other = id_of(row_of("Ann", "7", "2021-01-02", "2021-01-01"));

    assert_true(fq_id_equal(&straight, &other));
}

static void test_i2_the_order_of_settings_plays_no_part(void **state)
{
    (void)state;
    load_whole();
    struct fq_id one = id_of(row_of("2021-01-01", "2021-01-02", "7", "Ann"));
    row_seen_close(&world.seen);
    struct fq_why why;
    assert_int_equal(load("events = ( { event = \"registered\"; fields = { persons = { column = "
                          "\"sum\"; }; };\n date = { column = \"end\"; }; },\n"
                          "{ event = \"failed\"; date = { column = \"start\"; }; } );\n" HEAD,
                          &why),
                     FQ_OK);
    assert_int_equal(map_bind(&world.map, header, 4, &why), FQ_OK);

    struct fq_id other = id_of(row_of("2021-01-01", "2021-01-02", "7", "Ann"));

    assert_true(fq_id_equal(&one, &other));
}

static void test_i2_a_vault_column_that_tells_the_area_counts_as_the_area(void **state)
{
    (void)state;
    struct fq_why why;
    struct fq_id id, same, moved;
    assert_int_equal(load("ledger = \"well\";\narea = { column = \"name\"; };\n"
                          "vault = ( { field = \"party_address\"; columns = [ \"name\" ]; } );\n"
                          "events = ( " REGISTERED " );\n",
                          &why),
                     FQ_OK);
    assert_int_equal(map_bind(&world.map, header, 4, &why), FQ_OK);
    struct texts here = row_of("2021-01-01", "", "", "10451"), near = here;
    near.cells[3] = fq_span_text("10452");

    assert_true(row_id(&world.map, here.cells, 4, 363605, &world.seen, &id));
    row_seen_close(&world.seen);
    assert_true(row_id(&world.map, near.cells, 4, 363605, &world.seen, &same));
    row_seen_close(&world.seen);
    assert_true(row_id(&world.map, near.cells, 4, 363647, &world.seen, &moved));

    assert_true(fq_id_equal(&id, &same));
    assert_false(fq_id_equal(&id, &moved));
}

static void test_i2_many_rows_have_many_ids(void **state)
{
    (void)state;
    load_whole();
    struct fq_id last = {{0}};

    for (int i = 0; i < 20000; i++) {
        char sum[16];
        snprintf(sum, sizeof sum, "%d", i);
        last = id_of(row_of("2021-01-01", "2021-01-02", sum, ""));
    }

    row_seen_close(&world.seen);
    struct fq_id again = id_of(row_of("2021-01-01", "2021-01-02", "19999", ""));
    assert_true(fq_id_equal(&last, &again));
}

/* ---- rows ---- */

static fq_err events_of(struct texts texts, struct row *row, struct fq_why *why)
{
    static struct fq_codes none;

    row->area = 410105;
    row->id = id_of(texts);
    return row_events(&world.map, &none, texts.cells, 4, &world.arena, row, why);
}

static void test_a_row_becomes_its_events(void **state)
{
    (void)state;
    load_whole();
    static struct row row;
    struct fq_why why;

    assert_int_equal(events_of(row_of("2021-01-01", "2021-01-02", "1,234.50", "Ann"), &row, &why),
                     FQ_OK);

    assert_int_equal(row.event_count, 2);
    assert_int_equal(row.events[0].kind, FQ_EVENT_REGISTERED);
    assert_true(fq_id_equal(&row.events[0].cmd_id, &row.id));
    assert_false(fq_id_equal(&row.events[1].cmd_id, &row.id));
    assert_int_equal(row.events[1].value[FQ_FIELD_AMOUNT], 123450);
    assert_int_equal(row.vault_count, 1);
    assert_int_equal(row.vault[0].field, FQ_VAULT_PARTY_NAME);
}

static void test_a_bad_row_is_refused_with_its_reason(void **state)
{
    (void)state;
    load_whole();
    static struct row row;
    struct fq_why why;

    assert_int_equal(events_of(row_of("2021-02-30", "2021-03-01", "1", ""), &row, &why),
                     FQ_ERR_REFUSED);
    assert_int_equal(why.reason, FQ_REASON_DATE);
    assert_int_equal(events_of(row_of("2021-02-02", "2021-02-01", "1", ""), &row, &why),
                     FQ_ERR_REFUSED);
    assert_int_equal(why.reason, FQ_REASON_DATE_ORDER);
    assert_int_equal(events_of(row_of("2021-02-01", "2021-02-01", "one", ""), &row, &why),
                     FQ_ERR_REFUSED);
    assert_int_equal(why.reason, FQ_REASON_AMOUNT);
}

static void test_amounts_are_strict(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t cents;
    } good[] = {{"707.00", 70700},
                {"0", 0},
                {"7.5", 750},
                {" 12 ", 1200},
                {"$1.99", 199},
                {"1,234", 123400},
                {"12,345,678.90", 1234567890}};
    static const char *const bad[] = {"",     ".",      "1.",  ".5",  "1.234", "-1",       "1,23",
                                      ",123", "1,,000", "1e3", "0x1", "1.0.0", "1234,567", "一"};
    uint64_t cents;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(row_amount(fq_span_text(good[i].text), &cents));
        assert_int_equal(cents, good[i].cents);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(row_amount(fq_span_text(bad[i]), &cents));
    }
}

/* ---- the maps that are shipped ---- */

struct counts {
    struct fq_codes codes;
    size_t rows, refused, events[FQ_EVENT_KINDS];
    uint32_t refused_lines[8];
    uint64_t cents;
};

static fq_err count_row(void *context, const struct fq_csv_row *csv, struct fq_why *out_why)
{
    struct counts *counts = context;
    static struct row row;
    struct fq_why why;

    if (csv->line == 1) {
        return map_bind(&world.map, csv->fields, csv->field_count, out_why);
    }
    counts->rows++;
    fq_err err = row_area(&world.map, csv->fields, csv->field_count, &row.area, &why);
    if (!err) {
        assert_true(
            row_id(&world.map, csv->fields, csv->field_count, row.area, &world.seen, &row.id));
        err = row_events(&world.map, &counts->codes, csv->fields, csv->field_count, &world.arena,
                         &row, &why);
    }
    if (err) {
        counts->refused_lines[counts->refused++ % 8] = csv->line;
        return FQ_OK;
    }
    for (size_t i = 0; i < row.event_count; i++) {
        counts->events[row.events[i].kind]++;
        counts->cents += row.events[i].value[FQ_FIELD_AMOUNT];
    }
    return FQ_OK;
}

static void count_ledger(const char *map, const char *ledger, struct counts *counts)
{
    struct fq_why why = {0};

    assert_int_equal(fq_codes_load("config/taxonomy.cfg", &world.arena, &counts->codes, &why),
                     FQ_OK);
    if (map_load(map, &world.arena, &world.map, &why) ||
        fq_csv_read(ledger, count_row, counts, &why)) {
        fail_msg("%s", why.detail);
    }
}

static void test_nyc_map_refuses_four_rows_of_the_ledger(void **state)
{
    (void)state;
    static struct counts counts;

    count_ledger("config/maps/nyc.cfg", "tests/data/nyc-mediation-2015.csv", &counts);

    static const uint32_t lines[] = {240, 557, 3863, 4447};
    assert_int_equal(counts.rows, 4495);
    assert_int_equal(counts.refused, 4);
    assert_memory_equal(counts.refused_lines, lines, sizeof lines);
    assert_int_equal(counts.events[FQ_EVENT_REGISTERED], 4491);
    assert_int_equal(counts.events[FQ_EVENT_AGREED], 844 + 956 + 615);
    assert_int_equal(counts.events[FQ_EVENT_FAILED], 346 + 407 + 240);
    assert_int_equal(counts.events[FQ_EVENT_REFERRED], 111 + 121 + 62);
    assert_int_equal(counts.events[FQ_EVENT_VISITED], 1358 + 1529 + 942);
    assert_int_equal(counts.cents, 109309700 + 85843800 + 45221700);
}

static void test_register_zh_map_takes_a_paper_register(void **state)
{
    (void)state;
    static struct counts counts;

    count_ledger("config/maps/register-zh.cfg", "tests/data/register-zh.csv", &counts);

    assert_int_equal(counts.rows, 8);
    assert_int_equal(counts.refused, 1); /* accepted before it was registered */
    assert_int_equal(counts.refused_lines[0], 9);
    assert_int_equal(counts.events[FQ_EVENT_AGREED], 4);
    assert_int_equal(counts.events[FQ_EVENT_PERFORMED], 4);
    assert_int_equal(counts.cents, 120000 + 38650000 + 5000000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_i1_what_is_wrong_is_said_by_file_and_line),
        TEST(test_i1_a_missing_column_is_named),
        TEST(test_i2_the_same_row_again_is_another_occurrence),
        TEST(test_i2_vault_columns_play_no_part),
        TEST(test_i2_values_do_not_run_into_each_other),
        TEST(test_i2_the_order_of_columns_plays_no_part),
        TEST(test_i2_the_order_of_settings_plays_no_part),
        TEST(test_i2_a_vault_column_that_tells_the_area_counts_as_the_area),
        TEST(test_i2_many_rows_have_many_ids),
        TEST(test_a_row_becomes_its_events),
        TEST(test_a_bad_row_is_refused_with_its_reason),
        TEST(test_amounts_are_strict),
        TEST(test_nyc_map_refuses_four_rows_of_the_ledger),
        TEST(test_register_zh_map_takes_a_paper_register),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
