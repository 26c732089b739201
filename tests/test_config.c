/* Configuration: strict keys, numbers that do not wrap, and the files that are shipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fq/edge/area_file.h"
#include "fq/edge/code_file.h"
#include "fq/edge/config.h"
#include "fq/edge/csv.h"
#include "fq/edge/settings.h"

#define LISTEN "listen = { service = \"tcp://127.0.0.1:7401\"; feed = \"ipc://feed\"; };\n"
#define TABLES "tables = { areas = \"areas.csv\"; taxonomy = \"/etc/taxonomy.cfg\"; };\n"
#define NODE "node = { area = \"410105\"; data = \"data\"; };\n"
#define SMALLEST NODE LISTEN TABLES
#define KEY40 "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

static char directory[] = "/tmp/fq-config-XXXXXX";
static char path[64];
static uint8_t memory[2 * 1024 * 1024] __attribute__((aligned(16)));

static int make_directory(void **state)
{
    (void)state;
    if (!mkdtemp(directory)) {
        return -1;
    }
    (void)snprintf(path, sizeof path, "%s/county.cfg", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    return unlink(path) || rmdir(directory);
}

static void write_file(const char *text, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static fq_err load(const char *text, struct fq_config *config, struct fq_why *why)
{
    write_file(text, strlen(text));
    return fq_config_load(path, config, why);
}

static void load_well(const char *text, struct fq_config *config)
{
    struct fq_why why = {0};
    if (load(text, config, &why)) {
        fail_msg("%s", why.detail);
    }
}

static void test_the_shipped_files_load(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        uint32_t area;
        bool has_parent;
    } files[] = {{"config/county.cfg", 410105, true},
                 {"config/city.cfg", 410100, true},
                 {"config/province.cfg", 410000, false}};

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct fq_config config;
        struct fq_why why = {0};
        struct fq_areas areas;
        struct fq_codes codes;
        struct fq_arena arena = fq_arena_over(memory, sizeof memory);
        if (fq_config_load(files[i].path, &config, &why) ||
            fq_areas_load_csv(config.areas, &arena, &areas, &why) ||
            fq_codes_load(config.taxonomy, &arena, &codes, &why)) {
            fail_msg("%s", why.detail);
        }
        assert_int_equal(config.area, files[i].area);
        assert_int_equal(config.parent_endpoint[0] != '\0', files[i].has_parent);
        assert_non_null(fq_areas_find(&areas, config.area));
    }
}

static fq_err count_row(void *context, const struct fq_csv_row *row, struct fq_why *why)
{
    (void)why;
    *(unsigned *)context += !row->is_malformed;
    return FQ_OK;
}

static void test_the_shipped_maps_load(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        unsigned rows;
    } files[] = {{"config/maps/nyc-area.csv", 14},
                 {"config/maps/nyc-type.csv", 16},
                 {"config/maps/nyc-result.csv", 25}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        unsigned rows = 0;
        assert_int_equal(fq_csv_read(files[i].path, count_row, &rows, NULL), FQ_OK);
        assert_int_equal(rows, files[i].rows);
    }
}

static void test_absent_keys_have_their_defaults(void **state)
{
    (void)state;
    struct fq_config config;
    char wanted[128];

    load_well(SMALLEST, &config);

    assert_int_equal(config.area, 410105);
    assert_int_equal(config.index, 1);
    assert_true(config.curve);
    assert_int_equal(config.batch_records, 4096);
    assert_int_equal(config.silence_ms, 15000);
    assert_int_equal(config.credit_bytes, 8388608);
    assert_int_equal(config.disputes_max, 16000000);
    assert_string_equal(config.parent_endpoint, "");
    assert_string_equal(config.listen_http, "");
    (void)snprintf(wanted, sizeof wanted, "%s/areas.csv", directory);
    assert_string_equal(config.areas, wanted);
    assert_string_equal(config.taxonomy, "/etc/taxonomy.cfg");
    (void)snprintf(wanted, sizeof wanted, "%s/certs/", directory);
    assert_string_equal(config.certificates, wanted);
}

static void test_f1_what_is_wrong_is_named_with_file_line_and_key(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        {SMALLEST "limits = { batch_record = 1; };", ":4: limits.batch_record: there is no such"},
        {SMALLEST "colour = 1;", ":4: colour: there is no such key"},
        {SMALLEST "colour = {};", ":4: colour: there is no such key"},
        {SMALLEST "parent = 1;", ":4: parent: there is no such key"},
        {SMALLEST "limits = {\n batch_records = 0; };", ":5: limits.batch_records: 0 is not"},
        {SMALLEST "limits = {\n batch_records = 4097; };", ":5: limits.batch_records: 4097 is"},
        /* A batch must hold the greatest record, and the credit the greatest batch. */
        {SMALLEST "limits = {\n batch_bytes = 4095; };", ":5: limits.batch_bytes: 4095 is"},
        {SMALLEST "limits = {\n credit_bytes = 262143; };", ":5: limits.credit_bytes: 262143 is"},
        {SMALLEST "limits = { heartbeat_ms = \"1\"; };",
         ":4: limits.heartbeat_ms: must be a number"},
        {SMALLEST "limits = { heartbeat_ms = 1000.0; };",
         ":4: limits.heartbeat_ms: must be a whole"},
        {SMALLEST "limits = { heartbeat_ms = {}; };", ":4: limits.heartbeat_ms: must be a number"},
        {SMALLEST "limits = { heartbeat_ms = (1, 2); };", ":4: limits.heartbeat_ms.0: there is no"},
        {SMALLEST "security = { curve = 1; };", ":4: security.curve: must be true or false"},
        {SMALLEST "http = { token = true; };", ":4: http.token: must be a text"},
        {SMALLEST "http = { token = \"\"; };", ":4: http.token: must not be empty"},
        {SMALLEST "http = { token = \"a\\nb\"; };", ":4: http.token: must not have control"},
        {SMALLEST "parent = { endpoint = \"tcp://a:1\"; };", ":4: parent.key: must be set"},
        {SMALLEST "parent = { key = \"" KEY40 "\"; };", ":4: parent.endpoint: must be set"},
        {SMALLEST "parent = { endpoint = \"a:1\"; key = \"" KEY40 "\"; };",
         ":4: parent.endpoint: must be tcp"},
        {SMALLEST "parent = { endpoint = \"tcp://a:1\";\n key = \"short\"; };",
         ":5: parent.key: must be 40"},
        {SMALLEST "limits = {\n heartbeat_ms = 5000;\n silence_ms = 5000; };",
         ":6: limits.silence_ms: must be above"},
        {SMALLEST "limits = { index = 1", ":4: syntax error"},
        {SMALLEST "node = { };", ":4: duplicate setting name"},
        {SMALLEST "@include \"other.cfg\"", ":4: @include is not used"},
        {LISTEN TABLES "node = {\n area = \"410105\"; };", ":4: node.data: must be set"},
        {LISTEN TABLES "node = { };", ":3: node.area: must be set"},
        {"", ":1: node.area: must be set"},
        {LISTEN TABLES "node = { area = 410105; data = \"d\"; };", ":3: node.area: must be a text"},
        {LISTEN TABLES "node = { area = \"41010\"; data = \"d\"; };", ":3: node.area: must be an"},
        {NODE TABLES "listen = { service = \"tcp://*:x\"; };", ":3: listen.service: must be tcp"},
        {NODE TABLES "listen = { http = \"7403\"; };", ":3: listen.http: must be HOST:PORT"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fq_config config = {.area = 77};
        struct fq_why why = {0};
        assert_int_equal(load(cases[i].text, &config, &why), FQ_ERR_USAGE);
        assert_int_equal(config.area, 77);
        assert_int_equal(why.reason, FQ_REASON_CONFIG);
        assert_memory_equal(why.detail, path, strlen(path));
        if (!strstr(why.detail, cases[i].said)) {
            fail_msg("%s does not say %s", why.detail, cases[i].said);
        }
    }
}

static void test_f1_what_does_not_fit_its_field_is_refused(void **state)
{
    (void)state;
    char text[2048];
    char name[FQ_CONFIG_PATH_SIZE];
    struct fq_config config;
    struct fq_why why;
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = '\0';

    (void)snprintf(text, sizeof text, "%ssecurity = { keys = \"%s\"; };", SMALLEST, name);
    assert_int_equal(load(text, &config, &why), FQ_ERR_USAGE);
    assert_non_null(strstr(why.detail, ":4: security.keys: is too long"));
    (void)snprintf(text, sizeof text, "%shttp = { token = \"%s\"; };", SMALLEST, name);
    assert_int_equal(load(text, &config, &why), FQ_ERR_USAGE);
}

static void test_l1_numbers_never_wrap(void **state)
{
    (void)state;
    static const struct {
        const char *number, *said; /* NULL: refused before its key is known */
    } refused[] = {
        {"3000000000", "limits.disputes_max: 3000000000 is not between"},
        {"4294968296", "limits.disputes_max: 4294968296 is not between"}, /* 1000 past 32 bits */
        {"4294968296L", "limits.disputes_max: 4294968296 is not between"},
        {"-4294966296", "limits.disputes_max: -4294966296 is not between"},
        {"0x1000003e8", "limits.disputes_max: 4294968296 is not between"},
        {"18446744073709552616", "the number is too large"}, /* 1000 past 64 bits */
        {"18446744073709552616L", "the number is too large"},
        {"0x100000000000003e8", "the number is too large"},
        {"00000000000000000000000000000000000001000", "the number is too large"},
    };
    struct fq_config config;
    struct fq_why why;
    char text[512];

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        (void)snprintf(text, sizeof text, "%slimits = { disputes_max = %s; };", SMALLEST,
                       refused[i].number);
        assert_int_equal(load(text, &config, &why), FQ_ERR_USAGE);
        if (!strstr(why.detail, refused[i].said)) {
            fail_msg("%s does not say %s", why.detail, refused[i].said);
        }
    }
    load_well(SMALLEST "limits = { disputes_max = 2147483648; };", &config);
    assert_int_equal(config.disputes_max, 2147483648);
    load_well(SMALLEST "limits = { disputes_max = 0x80000000; };", &config);
    assert_int_equal(config.disputes_max, 2147483648);
}

static void test_l1_digits_in_words_are_no_numbers(void **state)
{
    (void)state;
    struct fq_arena arena = fq_arena_over(memory, sizeof memory);
    const struct fq_setting *first;
    static const char text[] = "# 3000000000\n// 3000000000\n/* 3000000000\n */"
                               "a3000000000 = \"3000000000\\\"3000000000\";\n"
                               "b-3000000000 = (3000000000, -1);\nc = ( { d = true; }, () );";
    write_file(text, sizeof text - 1);

    assert_int_equal(fq_settings_read(path, &arena, &first, NULL), FQ_OK);

    const struct fq_setting *words = fq_settings_find(first, "a3000000000");
    assert_string_equal(words->text, "3000000000\"3000000000");
    assert_int_equal(words->line, 4);
    assert_int_equal(fq_settings_find(first, "b-3000000000.0")->number, 3000000000);
    assert_int_equal(fq_settings_find(first, "b-3000000000.1")->number, -1);
    assert_int_equal(fq_settings_find(first, "c.0.d")->type, FQ_SETTING_TRUTH);
    assert_int_equal(fq_settings_find(first, "c.1")->type, FQ_SETTING_EMPTY);
    assert_null(fq_settings_find(first, "c"));
}

static void test_settings_have_limits(void **state)
{
    (void)state;
    struct fq_arena arena = fq_arena_over(memory, sizeof memory);
    const struct fq_setting *first = NULL;
    struct fq_why why;
    static char large[FQ_SETTINGS_FILE_MAX + 1];
    static const char deep[] = "a={b={c={d={e={f={g={h={i=1;};};};};};};};};";

    memset(large, '\n', sizeof large);
    write_file(large, sizeof large);
    assert_int_equal(fq_settings_read(path, &arena, &first, &why), FQ_ERR_USAGE);
    write_file(large, sizeof large - 1);
    assert_int_equal(fq_settings_read(path, &arena, &first, &why), FQ_OK);
    assert_null(first);
    write_file("a = 1;\0b = 2;", 13);
    assert_int_equal(fq_settings_read(path, &arena, &first, &why), FQ_ERR_USAGE);
    write_file(deep, sizeof deep - 1);
    assert_int_equal(fq_settings_read(path, &arena, &first, &why), FQ_ERR_USAGE);
    write_file("a = 1;", 6);
    for (size_t size = 0; size < 16; size++) {
        arena = fq_arena_over(memory, size);
        assert_int_equal(fq_settings_read(path, &arena, &first, &why), FQ_ERR_LIMIT);
    }
    assert_int_equal(fq_settings_read("/nowhere/a.cfg", &arena, &first, &why), FQ_ERR_USAGE);
    assert_int_equal(why.reason, FQ_REASON_FILE);
    assert_int_equal(fq_settings_read(directory, &arena, &first, &why), FQ_ERR_USAGE);
}

static void test_f2_what_is_printed_loads_the_same(void **state)
{
    (void)state;
    struct fq_config config, again;
    char *text = NULL;
    size_t size;
    load_well(SMALLEST "parent = { endpoint = \"tcp://[::1]:7301\"; key = \"" KEY40 "\"; };\n"
                       "security = { keys = \"/a \\\"quoted\\\\ place\"; };\n"
                       "limits = { disputes_max = 2147483648; silence_ms = 20000; };\n"
                       "http = { token = \"secret\"; };",
              &config);

    FILE *out = open_memstream(&text, &size);
    fq_config_print(&config, out);
    assert_int_equal(fclose(out), 0);

    assert_null(strstr(text, "secret"));
    memset(config.http_token, 0, sizeof config.http_token);
    load_well(text, &again);
    assert_memory_equal(&again, &config, sizeof config);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_shipped_files_load),
        cmocka_unit_test(test_the_shipped_maps_load),
        cmocka_unit_test(test_absent_keys_have_their_defaults),
        cmocka_unit_test(test_f1_what_is_wrong_is_named_with_file_line_and_key),
        cmocka_unit_test(test_f1_what_does_not_fit_its_field_is_refused),
        cmocka_unit_test(test_l1_numbers_never_wrap),
        cmocka_unit_test(test_l1_digits_in_words_are_no_numbers),
        cmocka_unit_test(test_settings_have_limits),
        cmocka_unit_test(test_f2_what_is_printed_loads_the_same),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
