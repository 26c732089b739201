/* The register: a map read backwards, what stands of a dispute's past, rows beside it, sheets. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../nodes/cli/import_compare.h"
#include "../nodes/cli/register.h"
#include "../nodes/cli/sheet.h"

#include "fq/core/describe.h"
#include "fq/edge/code_file.h"
#include "fq/edge/workbook.h"

#define MEMORY (160u << 20)
#define AREA 410105

struct world {
    void *memory;
    struct fq_arena arena, scratch; /* scratch: of one row */
    struct fq_codes codes;
    struct map map;
    int columns[MAP_COLUMNS_MAX];
    struct fq_span cells[MAP_COLUMNS_MAX]; /* of a row being written, by place */
    struct fq_event history[32];
    size_t history_count;
    char path[96];
};

static struct world world;

static int set_up(void **state)
{
    struct fq_why why = {0};

    (void)state;
    memset(&world, 0, sizeof world);
    world.memory = calloc(1, MEMORY);
    world.arena = fq_arena_over(world.memory, MEMORY / 2);
    world.scratch = fq_arena_over((uint8_t *)world.memory + MEMORY / 2, MEMORY / 2);
    snprintf(world.path, sizeof world.path, "%s/fq-sheet-XXXXXX",
             getenv("TMPDIR") && strlen(getenv("TMPDIR")) < 40 ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(world.path));
    strcat(world.path, "/register.xlsx");
    assert_int_equal(fq_codes_load("config/taxonomy.cfg", &world.arena, &world.codes, &why), FQ_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(world.path);
    *strrchr(world.path, '/') = '\0';
    rmdir(world.path);
    free(world.memory);
    return 0;
}

static void load(const char *map)
{
    struct fq_why why = {0};

    if (map_load(map, &world.arena, &world.map, &why)) {
        fail_msg("%s", why.detail);
    }
    register_bind(&world.map, world.columns);
    for (size_t i = 0; i < MAP_COLUMNS_MAX; i++) {
        world.cells[i] = fq_span_text("");
    }
}

static int column_of(const char *name)
{
    for (int i = 0; i < (int)world.map.column_count; i++) {
        if (strcmp(world.map.columns[i].name, name) == 0) {
            return i;
        }
    }
    fail_msg("no column %s", name);
    return -1;
}

static void put(const char *column, const char *text)
{
    world.cells[world.map.columns[column_of(column)].place] = fq_span_text(text);
}

/* A dispute that was agreed, performed and visited. */
static void put_whole_row(void)
{
    load("config/maps/register-zh.cfg");
    put("编号", "7");
    put("县区代码", "410105");
    put("登记日期", "2021-01-04");
    put("来源", "依申请调解");
    put("纠纷类型", "邻里纠纷");
    put("受理日期", "2021-01-05");
    put("调解结果", "调解成功");
    put("调解日期", "2021-01-06");
    put("协议形式", "书面协议");
    put("协议金额", "1,200.00");
    put("履行", "已履行");
    put("履行日期", "2021-01-10");
    put("回访", "满意");
    put("回访日期", "2021-02-01");
}

static fq_err read_row(const struct fq_span *cells, struct row *row, struct fq_why *why)
{
    memset(row, 0, sizeof *row);
    row->area = AREA;
    row->id.bytes[0] = 7;
    return row_events(&world.map, &world.codes, cells, world.map.column_count, &world.scratch, row,
                      why);
}

static void read_good_row(struct row *row)
{
    struct fq_why why = {0};

    if (read_row(world.cells, row, &why)) {
        fail_msg("%u: %s", (unsigned)why.reason, why.detail);
    }
}

/* ---- a history, as a node tells it ---- */

static void tell(const struct fq_event *event)
{
    struct fq_event *kept = &world.history[world.history_count++];

    *kept = *event;
    kept->rev = (uint32_t)world.history_count;
    kept->id = (struct fq_event_id){{41010501, 0, 1}, world.history_count};
}

static struct past past_of_history(void)
{
    struct fq_writer writer = fq_writer_take(&world.scratch, 1u << 16);
    struct past past;
    struct fq_why why;

    fq_write_array(&writer, (uint32_t)world.history_count);
    for (size_t i = 0; i < world.history_count; i++) {
        fq_describe_step(&world.codes, &world.history[i], i + 1, &writer);
    }
    assert_false(writer.is_full);
    assert_int_equal(past_read(fq_writer_span(&writer), &world.codes, &world.scratch, &past, &why),
                     FQ_OK);
    return past;
}

static void tell_row(const struct row *row)
{
    world.history_count = 0;
    for (size_t i = 0; i < row->event_count; i++) {
        tell(&row->events[i]);
    }
}

static struct fq_event plain_step(uint16_t kind, const char *date, uint8_t command)
{
    struct fq_event event = {.kind = kind, .step = kind};

    event.cmd_id.bytes[0] = command;
    assert_true(fq_date_parse(fq_span_text(date), &event.date));
    return event;
}

static size_t compare(const struct row *row, struct fq_event *events, struct row_changes *changes)
{
    struct past past = past_of_history();
    struct fq_why why;
    size_t count;

    assert_int_equal(row_compare(&world.map, row, &past, events, &count, changes, &why), FQ_OK);
    return count;
}

/* ---- what stands ---- */

static void test_of_outcomes_the_last_stands(void **state)
{
    (void)state;
    struct fq_event agreed = plain_step(FQ_EVENT_AGREED, "2021-03-01", 1);
    struct fq_event failed = plain_step(FQ_EVENT_FAILED, "2021-03-02", 2);
    tell(&agreed);
    tell(&failed);

    struct past past = past_of_history();

    assert_int_equal(past_standing(&past, FQ_EVENT_AGREED)->step, FQ_EVENT_FAILED);
    assert_null(past_standing(&past, FQ_EVENT_VISITED));
}

static void test_what_was_voided_does_not_stand(void **state)
{
    (void)state;
    struct fq_event first = plain_step(FQ_EVENT_AGREED, "2021-03-01", 1);
    struct fq_event second = plain_step(FQ_EVENT_FAILED, "2021-03-02", 2);
    struct fq_event undo = plain_step(FQ_EVENT_VOIDED, "2021-03-03", 3);
    uint8_t target[FQ_EVENT_ID_SIZE];
    tell(&first);
    tell(&second);
    fq_event_id_encode(&world.history[1].id, target);
    assert_true(fq_event_set_bytes(&undo, FQ_FIELD_TARGET, fq_span_of(target, sizeof target)));
    tell(&undo);

    struct past past = past_of_history();

    assert_int_equal(past_standing(&past, FQ_EVENT_FAILED)->step, FQ_EVENT_AGREED);
}

static void test_a_reopening_empties_what_came_after_acceptance(void **state)
{
    (void)state;
    struct fq_event steps[] = {plain_step(FQ_EVENT_ACCEPTED, "2021-03-01", 1),
                               plain_step(FQ_EVENT_AGREED, "2021-03-02", 2),
                               plain_step(FQ_EVENT_VISITED, "2021-03-03", 3),
                               plain_step(FQ_EVENT_REOPENED, "2021-03-04", 4)};
    for (size_t i = 0; i < 4; i++) {
        tell(&steps[i]);
    }

    struct past past = past_of_history();

    assert_non_null(past_standing(&past, FQ_EVENT_ACCEPTED));
    assert_null(past_standing(&past, FQ_EVENT_AGREED));
    assert_null(past_standing(&past, FQ_EVENT_VISITED));
}

/* ---- R1 ---- */

static void register_back(const struct row *row, const char **out_cells)
{
    struct register_row entry = {.id = row->id, .home = AREA, .past = past_of_history()};
    struct fq_why why;

    assert_int_equal(
        register_cells(&world.map, &world.codes, &entry, &world.scratch, out_cells, &why), FQ_OK);
}

static void test_r1_a_row_comes_back_as_it_was(void **state)
{
    (void)state;
    static struct row row;
    const char *cells[MAP_COLUMNS_MAX];
    put_whole_row();
    read_good_row(&row);
    tell_row(&row);

    register_back(&row, cells);

    static const char *const expected[][2] = {{"纠纷标识", "07000000000000000000000000000000"},
                                              {"编号", ""}, /* in the vault */
                                              {"县区代码", "410105"},
                                              {"纠纷类型", "邻里纠纷"},
                                              {"受理日期", "2021-01-05"},
                                              {"不予受理日期", ""},
                                              {"调解结果", "调解成功"},
                                              {"协议金额", "1200.00"},
                                              {"履行", "已履行"},
                                              {"回访", "满意"},
                                              {"回访日期", "2021-02-01"},
                                              {"司法确认", ""},
                                              {"结案日期", ""}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        int place = world.map.columns[column_of(expected[i][0])].place;
        assert_string_equal(cells[place], expected[i][1]);
    }
}

struct round_trips {
    size_t rows, changed;
};

/* Every good row of a ledger: forwards, backwards and forwards again tells the same steps. */
static fq_err go_round(void *context, const struct fq_csv_row *csv, struct fq_why *out_why)
{
    struct round_trips *trips = context;
    static struct row row, again;
    static struct fq_event events[ROW_COMMANDS_MAX];
    const char *cells[MAP_COLUMNS_MAX];
    struct row_changes changes;
    struct fq_why why;

    if (csv->line == 1) {
        return map_bind(&world.map, csv->fields, csv->field_count, out_why);
    }
    fq_arena_reset(&world.scratch);
    memset(&row, 0, sizeof row);
    if (row_area(&world.map, csv->fields, csv->field_count, &row.area, &why) ||
        row_events(&world.map, &world.codes, csv->fields, csv->field_count, &world.scratch, &row,
                   &why)) {
        return FQ_OK;
    }
    trips->rows++;
    tell_row(&row);
    struct map bound = world.map; /* to the file */
    register_bind(&world.map, world.columns);
    struct register_row entry = {.id = row.id, .home = row.area, .past = past_of_history()};
    assert_int_equal(register_cells(&world.map, &world.codes, &entry, &world.scratch, cells, &why),
                     FQ_OK);
    for (size_t i = 0; i < world.map.column_count; i++) {
        world.cells[i] = fq_span_text(cells[i]);
    }
    again = (struct row){.area = row.area};
    if (row_events(&world.map, &world.codes, world.cells, world.map.column_count, &world.scratch,
                   &again, &why)) {
        fail_msg("line %u: %s", csv->line, why.detail);
    }
    trips->changed += compare(&again, events, &changes) > 0 || again.event_count != row.event_count;
    world.map = bound;
    return FQ_OK;
}

static struct round_trips go_round_ledger(const char *map, const char *ledger)
{
    struct round_trips trips = {0};
    struct fq_why why = {0};

    load(map);
    if (fq_csv_read(ledger, go_round, &trips, &why)) {
        fail_msg("%s", why.detail);
    }
    return trips;
}

static void test_r1_the_chinese_register_goes_round(void **state)
{
    (void)state;
    struct round_trips trips =
        go_round_ledger("config/maps/register-zh.cfg", "tests/data/register-zh.csv");

    assert_int_equal(trips.rows, 7);
    assert_int_equal(trips.changed, 0);
}

static void test_r1_the_ledger_of_new_york_goes_round(void **state)
{
    (void)state;
    struct round_trips trips =
        go_round_ledger("config/maps/nyc.cfg", "tests/data/nyc-mediation-2015.csv");

    assert_int_equal(trips.rows, 4491);
    assert_int_equal(trips.changed, 0);
}

static void test_party_data_is_there_when_it_was_asked_for(void **state)
{
    (void)state;
    const char *cells[MAP_COLUMNS_MAX];
    uint8_t bytes[256];
    struct fq_writer vault = fq_writer_over(bytes, sizeof bytes);
    struct fq_why why;
    load("config/maps/register-zh.cfg");
    fq_write_map(&vault, 2);
    fq_write_text(&vault, "party_name");
    fq_write_text(&vault, "甲一");
    fq_write_text(&vault, "register_number");
    fq_write_text(&vault, "金水2021-007");
    struct register_row entry = {
        .home = AREA, .past = past_of_history(), .vault = fq_writer_span(&vault)};

    assert_int_equal(register_cells(&world.map, &world.codes, &entry, &world.scratch, cells, &why),
                     FQ_OK);

    assert_string_equal(cells[world.map.columns[column_of("当事人")].place], "甲一");
    assert_string_equal(cells[world.map.columns[column_of("编号")].place], "金水2021-007");
}

static void test_a_fingerprint_does_not_see_how_values_are_written(void **state)
{
    (void)state;
    char one[17], other[17];
    put_whole_row();
    row_fingerprint(&world.map, world.cells, world.map.column_count, one);

    put("协议金额", "1200");
    put("登记日期", "2021/1/4");
    put("当事人", "甲一"); /* nor party data */
    row_fingerprint(&world.map, world.cells, world.map.column_count, other);
    assert_string_equal(one, other);
    put("协议金额", "1201");
    row_fingerprint(&world.map, world.cells, world.map.column_count, other);

    assert_string_not_equal(one, other);
}

/* ---- rows beside the past ---- */

static void test_an_unchanged_row_tells_nothing(void **state)
{
    (void)state;
    static struct row row;
    static struct fq_event events[ROW_COMMANDS_MAX];
    struct row_changes changes;
    put_whole_row();
    read_good_row(&row);
    tell_row(&row);

    assert_int_equal(compare(&row, events, &changes), 0);
}

static void test_a_changed_column_is_a_correction_that_keeps_the_rest(void **state)
{
    (void)state;
    static struct row row;
    static struct fq_event events[ROW_COMMANDS_MAX];
    struct row_changes changes;
    put_whole_row();
    read_good_row(&row);
    row.events[0].value[FQ_FIELD_FLAGS] = 1; /* no column holds these: a person */
    row.events[0].value[FQ_FIELD_KIND] = FQ_KIND_ADMINISTRATIVE; /* wrote them at the node */
    tell_row(&row);
    put("纠纷类型", "合同纠纷");
    read_good_row(&row);

    assert_int_equal(compare(&row, events, &changes), 1);

    assert_int_equal(changes.corrected, 1);
    assert_int_equal(events[0].kind, FQ_EVENT_CORRECTED);
    assert_int_equal(events[0].step, FQ_EVENT_REGISTERED);
    assert_int_equal(events[0].value[FQ_FIELD_TYPE], 4);
    assert_int_equal(events[0].value[FQ_FIELD_FLAGS], 1);
    assert_int_equal(events[0].value[FQ_FIELD_KIND], FQ_KIND_ADMINISTRATIVE);
    tell(&events[0]);
    assert_int_equal(compare(&row, events, &changes), 0);
}

static void test_a_column_the_file_lacks_changes_nothing(void **state)
{
    (void)state;
    static struct row row;
    static struct fq_event events[ROW_COMMANDS_MAX];
    struct row_changes changes;
    put_whole_row();
    put("申请金额", "5000");
    read_good_row(&row);
    tell_row(&row);
    world.map.columns[column_of("申请金额")].place = -1;
    read_good_row(&row);

    assert_int_equal(row.events[0].value[FQ_FIELD_CLAIMED], 0);
    assert_int_equal(compare(&row, events, &changes), 0);
}

static void test_a_later_step_is_added(void **state)
{
    (void)state;
    static struct row row;
    static struct fq_event events[ROW_COMMANDS_MAX];
    struct row_changes changes;
    put_whole_row();
    read_good_row(&row);
    tell_row(&row);
    put("结案日期", "2021-02-03");
    read_good_row(&row);

    assert_int_equal(compare(&row, events, &changes), 1);

    assert_int_equal(changes.added, 1);
    assert_int_equal(events[0].kind, FQ_EVENT_CLOSED);
}

static void test_what_was_undone_at_the_node_is_not_told_again(void **state)
{
    (void)state;
    static struct row row;
    static struct fq_event events[ROW_COMMANDS_MAX];
    struct row_changes changes;
    put_whole_row();
    read_good_row(&row);
    tell_row(&row);
    struct fq_event reopened = plain_step(FQ_EVENT_REOPENED, "2021-03-01", 99);
    tell(&reopened);

    assert_int_equal(compare(&row, events, &changes), 0);
    put("调解日期", "2021-03-05"); /* a new outcome, though, is news */
    put("履行日期", "2021-03-06");
    put("回访日期", "2021-03-07");
    read_good_row(&row);
    assert_int_equal(compare(&row, events, &changes), 3);
    assert_int_equal(changes.added, 3);
    assert_false(fq_id_equal(&events[0].cmd_id, &row.events[2].cmd_id)); /* that one is used */
}

static void test_another_outcome_opens_the_dispute_again(void **state)
{
    (void)state;
    static struct row row;
    static struct fq_event events[ROW_COMMANDS_MAX];
    struct row_changes changes;
    put_whole_row();
    put("履行", "");
    put("履行日期", "");
    read_good_row(&row);
    tell_row(&row);
    put("调解结果", "调解不成功");
    put("协议形式", "");
    put("协议金额", "");
    read_good_row(&row);

    assert_int_equal(compare(&row, events, &changes), 3);

    assert_int_equal(changes.corrected, 1);
    assert_int_equal(events[0].kind, FQ_EVENT_REOPENED);
    assert_int_equal(events[1].kind, FQ_EVENT_FAILED);
    assert_int_equal(events[2].kind, FQ_EVENT_VISITED); /* which the reopening took away */
    for (size_t i = 0; i < 3; i++) {
        static struct fq_event kept[3];
        kept[i] = events[i];
        tell(&kept[i]);
    }
    assert_int_equal(compare(&row, events, &changes), 0);
}

/* ---- rows ---- */

static enum fq_reason reason_of(void)
{
    static struct row row;
    struct fq_why why = {0};

    return read_row(world.cells, &row, &why) ? why.reason : FQ_REASON_NONE;
}

static void test_a_strict_row_leaves_nothing_over(void **state)
{
    (void)state;
    put_whole_row();
    assert_int_equal(reason_of(), FQ_REASON_NONE);

    put("司法确认日期", "2021-01-20");
    assert_int_equal(reason_of(), FQ_REASON_ROW_LEFTOVER);
    put("司法确认日期", "/"); /* what the register calls blank */
    assert_int_equal(reason_of(), FQ_REASON_NONE);
    put("司法确认", "未申请");
    assert_int_equal(reason_of(), FQ_REASON_NONE);
    put("司法确认", "也许");
    assert_int_equal(reason_of(), FQ_REASON_ROW_VALUE);
}

static void test_identity_numbers_are_checked(void **state)
{
    (void)state;
    put_whole_row();

    put("身份证号", "11010519491231002X"); /* the standard's own example */
    assert_int_equal(reason_of(), FQ_REASON_NONE);
    put("身份证号", "110105194912310021");
    assert_int_equal(reason_of(), FQ_REASON_PARTY_ID);
    put("身份证号", "91410105MA0000000X"); /* a company's */
    assert_int_equal(reason_of(), FQ_REASON_NONE);
}

static void test_what_follows_an_outcome_comes_by_date(void **state)
{
    (void)state;
    static struct row row;
    put_whole_row();
    put("结案日期", "2021-01-12"); /* before the visit */
    read_good_row(&row);

    assert_int_equal(row.event_count, 6);
    assert_int_equal(row.events[3].kind, FQ_EVENT_PERFORMED);
    assert_int_equal(row.events[4].kind, FQ_EVENT_CLOSED);
    assert_int_equal(row.events[5].kind, FQ_EVENT_VISITED);
    assert_ptr_equal(row.from[5], &world.map.events[8]);
    put("结案日期", "2021-01-05");
    assert_int_equal(reason_of(), FQ_REASON_DATE_ORDER);
}

static void test_full_width_signs_are_signs(void **state)
{
    (void)state;
    static struct row row;
    put_whole_row();
    put("登记日期", "２０２１年１月４日");
    put("协议金额", "￥１，２００．５０");
    put("调解组织类型", "居（社区）人民调解委员会");
    put("当事人数", "　１２ ");

    read_good_row(&row);

    assert_int_equal(row.events[0].value[FQ_FIELD_COMMITTEE], 2);
    assert_int_equal(row.events[0].value[FQ_FIELD_PERSONS], 12);
    assert_int_equal(row.events[2].value[FQ_FIELD_AMOUNT], 120050);
}

static void test_optional_columns_may_lack_and_none_stands_twice(void **state)
{
    (void)state;
    struct fq_span header[MAP_COLUMNS_MAX + 1];
    struct fq_why why = {0};
    size_t count = 0;
    load("config/maps/register-zh.cfg");
    for (size_t i = 0; i < world.map.column_count; i++) {
        if (!world.map.columns[i].is_optional) {
            header[count++] = fq_span_text(world.map.columns[i].name);
        }
    }

    assert_true(count + 17 <= world.map.column_count);
    assert_int_equal(map_bind(&world.map, header, count, &why), FQ_OK);
    header[count] = fq_span_text("村（社区）代码");
    assert_int_equal(map_bind(&world.map, header, count + 1, &why), FQ_OK);
    assert_int_equal(world.map.columns[column_of("村(社区)代码")].place, (int)count);
    header[count] = fq_span_text(" 登记日期");
    assert_int_equal(map_bind(&world.map, header, count + 1, &why), FQ_ERR_USAGE);
    assert_int_equal(map_bind(&world.map, header + 1, count - 1, &why), FQ_ERR_USAGE);
}

/* ---- sheets ---- */

static const struct sheet_column sheet_columns[] = {
    {"标识", MAP_TEXT}, {"日期", MAP_DATE}, {"金额", MAP_MONEY}, {"人数", MAP_NUMBER}};
static const char *sheet_cells[] = {
    "00123", "2021-03-04", "1200.50", "31",   "12e45",          NULL, "",   NULL,
    "=1+1",  "1900-03-01", "0.10",    "soon", "@甲,\"乙\"\n丙", "",   "-3", NULL};
static const struct sheet sheet = {.name = "登记簿",
                                   .columns = sheet_columns,
                                   .cells = sheet_cells,
                                   .column_count = 4,
                                   .row_count = 4};

static void test_q1_excel_opens_the_csv_rightly(void **state)
{
    (void)state;
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);

    sheet_print_csv(out, &sheet);
    fclose(out);

    assert_string_equal(bytes, "\xef\xbb\xbf标识,日期,金额,人数\r\n"
                               "\t00123,2021-03-04,1200.50,31\r\n"
                               "\t12e45,,,\r\n"
                               "\"'=1+1\",1900-03-01,0.10,soon\r\n"
                               "\"'@甲,\"\"乙\"\"\n丙\",,-3,\r\n");
    free(bytes);
}

struct taken {
    size_t rows;
};

static fq_err take_sheet_row(void *context, const struct fq_csv_row *row, struct fq_why *out_why)
{
    struct taken *taken = context;

    (void)out_why;
    assert_int_equal(row->line, taken->rows + 1);
    assert_int_equal(row->field_count, 4);
    for (size_t i = 0; i < 4; i++) {
        const char *cell =
            taken->rows ? sheet_cells[4 * (taken->rows - 1) + i] : sheet_columns[i].title;
        cell = cell && strcmp(cell, "1200.50") == 0 ? "1200.5" : cell;
        cell = cell && strcmp(cell, "0.10") == 0 ? "0.1" : cell;
        assert_true(fq_span_equal(row->fields[i], fq_span_text(cell ? cell : "")));
    }
    taken->rows++;
    return FQ_OK;
}

static void test_q2_a_workbook_is_read_as_it_was_written(void **state)
{
    (void)state;
    struct taken taken = {0};
    struct fq_why why = {0};

    assert_int_equal(sheet_write(world.path, false, &sheet, &why), FQ_OK);

    assert_true(fq_workbook_is(world.path));
    if (fq_workbook_read(world.path, take_sheet_row, &taken, &why)) {
        fail_msg("%s", why.detail);
    }
    assert_int_equal(taken.rows, 5);
}

static void test_q3_a_secret_file_is_its_owners_and_no_part_stays(void **state)
{
    (void)state;
    struct fq_why why = {0};
    struct stat status;
    char part[128];

    assert_int_equal(sheet_write(world.path, true, &sheet, &why), FQ_OK);

    assert_int_equal(stat(world.path, &status), 0);
    assert_int_equal(status.st_mode & 077, 0);
    snprintf(part, sizeof part, "%s.part", world.path);
    assert_int_equal(access(part, F_OK), -1);
    assert_int_equal(sheet_write("/nowhere/register.xlsx", true, &sheet, &why), FQ_ERR_USAGE);
    assert_int_equal(sheet_write("/nowhere/register.csv", true, &sheet, &why), FQ_ERR_USAGE);
}

static void test_widths_count_what_is_wide_twice(void **state)
{
    (void)state;

    assert_int_equal(sheet_text_width("甲a"), 3);
    assert_int_equal(sheet_text_width("é"), 1);
    assert_true(sheet_would_round("410105001003"));
    assert_true(sheet_would_round("007"));
    assert_true(sheet_would_round("63e11"));
    assert_false(sheet_would_round("410105"));
    assert_false(sheet_would_round("0"));
    assert_false(sheet_would_round("63d11"));
    assert_false(sheet_would_round(""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_of_outcomes_the_last_stands),
        TEST(test_what_was_voided_does_not_stand),
        TEST(test_a_reopening_empties_what_came_after_acceptance),
        TEST(test_r1_a_row_comes_back_as_it_was),
        TEST(test_r1_the_chinese_register_goes_round),
        TEST(test_r1_the_ledger_of_new_york_goes_round),
        TEST(test_party_data_is_there_when_it_was_asked_for),
        TEST(test_a_fingerprint_does_not_see_how_values_are_written),
        TEST(test_an_unchanged_row_tells_nothing),
        TEST(test_a_changed_column_is_a_correction_that_keeps_the_rest),
        TEST(test_a_column_the_file_lacks_changes_nothing),
        TEST(test_a_later_step_is_added),
        TEST(test_what_was_undone_at_the_node_is_not_told_again),
        TEST(test_another_outcome_opens_the_dispute_again),
        TEST(test_a_strict_row_leaves_nothing_over),
        TEST(test_identity_numbers_are_checked),
        TEST(test_what_follows_an_outcome_comes_by_date),
        TEST(test_full_width_signs_are_signs),
        TEST(test_optional_columns_may_lack_and_none_stands_twice),
        TEST(test_q1_excel_opens_the_csv_rightly),
        TEST(test_q2_a_workbook_is_read_as_it_was_written),
        TEST(test_q3_a_secret_file_is_its_owners_and_no_part_stays),
        TEST(test_widths_count_what_is_wide_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
