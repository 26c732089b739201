/* What a node refuses before it is taken into a turn: a submit that its commit would choke on would
 * end the node (nodes/service.c). Nothing is sent: the askers have no address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "../nodes/service.h"
#include "fq/edge/memory.h"
#include "support/world.h"

static const struct fq_tier_row county = {FQ_TIER_COUNTY, "fengqiao-county", true};
static struct fq_node *node;
static struct fq_input inputs[8];
static struct fq_certificate asker;
static uint32_t command_count; /* of each submit */
static uint8_t text_byte;      /* what its texts are made of */

static int begin(void **state)
{
    struct fq_why why;

    (void)state;
    node = calloc(1, sizeof *node);
    assert_non_null(node);
    node->tier = &county;
    node->inputs = inputs;
    node->input_capacity = sizeof inputs / sizeof inputs[0];
    node->config.curve = true;
    node->core.options.area = WORLD_COUNTY;
    node->core.options.batch_records_max = 50;
    node->core.options.batch_size_max = FQ_BATCH_SIZE_MAX;
    command_count = 2;
    text_byte = 'w';
    asker = (struct fq_certificate){.name = "li", .area = WORLD_COUNTY, .role = FQ_ROLE_MEDIATOR};
    return fq_memory_reserve((size_t)64 << 20, &node->scratch, &why);
}

static int end(void **state)
{
    (void)state;
    fq_memory_release(&node->scratch);
    free(node);
    return 0;
}

/* ---- requests ---- */

struct text {
    uint64_t command, field;
    size_t size;
};

static void write_texts(struct fq_writer *writer, const struct text *text, uint32_t count)
{
    static uint8_t bytes[FQ_VAULT_PLAIN_MAX + 1];

    memset(bytes, text_byte, sizeof bytes);
    fq_write_text(writer, "vault");
    fq_write_array(writer, count);
    for (uint32_t i = 0; i < count; i++) {
        fq_write_array(writer, 3);
        fq_write_uint(writer, text->command);
        fq_write_uint(writer, text->field);
        fq_write_text_span(writer, fq_span_of(bytes, text->size));
    }
}

/* Whether a submit is taken into the turn: with so many of the same text, and rows. */
static bool is_taken(const struct text *text, uint32_t text_count, const uint64_t *rows,
                     uint32_t row_count)
{
    fq_arena_reset(&node->scratch);
    node->input_count = node->query_count = 0;
    node->appends_ahead = node->texts_ahead = 0;
    struct fq_writer writer = fq_writer_take(&node->scratch, (size_t)1 << 20);

    fq_write_map(&writer, 3);
    fq_write_text(&writer, "id");
    fq_write_uint(&writer, 1);
    fq_write_text(&writer, "verb");
    fq_write_text(&writer, "submit");
    fq_write_text(&writer, "args");
    fq_write_map(&writer, 1u + (text != NULL) + (rows != NULL));
    fq_write_text(&writer, "commands");
    fq_write_array(&writer, command_count);
    for (uint32_t i = 0; i < command_count; i++) {
        fq_write_bytes(&writer, "a", 1);
    }
    if (text) {
        write_texts(&writer, text, text_count);
    }
    if (rows) {
        fq_write_text(&writer, "rows");
        fq_write_array(&writer, row_count);
        for (uint32_t i = 0; i < row_count; i++) {
            fq_write_uint(&writer, rows[i]);
        }
    }
    assert_false(writer.is_full);
    const struct fq_net_message message = {.source = FQ_NET_SERVICE,
                                           .routing = fq_span_of(inputs, 0), /* nowhere */
                                           .body = fq_writer_span(&writer),
                                           .peer = &asker};
    fq_service_take(node, &message);
    return node->input_count == 1;
}

static bool is_text_taken(struct text text, uint32_t count)
{
    return is_taken(&text, count, NULL, 0);
}

/* ---- party data ---- */

static void test_party_data_the_vault_cannot_keep_is_refused_before_the_turn(void **state)
{
    (void)state;
    const struct text longest = {0, FQ_VAULT_NARRATIVE, FQ_VAULT_PLAIN_MAX};
    const struct text too_long = {0, FQ_VAULT_NARRATIVE, FQ_VAULT_PLAIN_MAX + 1};
    const struct text of_no_field = {0, FQ_VAULT_FIELDS_END, 3};
    const struct text of_no_command = {2, FQ_VAULT_PARTY_NAME, 3};

    assert_true(is_text_taken(longest, 1));
    assert_int_equal(node->texts_ahead, 1);
    assert_false(is_text_taken(too_long, 1));
    assert_false(is_text_taken(of_no_field, 1));
    assert_false(is_text_taken(of_no_command, 1));
}

static void test_party_data_is_utf8(void **state)
{
    (void)state;
    const struct text name = {0, FQ_VAULT_PARTY_NAME, 3};

    assert_true(is_text_taken(name, 1));
    text_byte = 0xd5; /* half a character of GB18030 */
    assert_false(is_text_taken(name, 1));
}

static void test_a_submit_brings_no_more_texts_than_a_turn_has_room_for(void **state)
{
    (void)state;
    const struct text name = {1, FQ_VAULT_PARTY_NAME, 3};

    assert_true(is_text_taken(name, FQ_SUBMIT_TEXTS_MAX));
    assert_int_equal(node->texts_ahead, FQ_SUBMIT_TEXTS_MAX);
    assert_false(is_text_taken(name, FQ_SUBMIT_TEXTS_MAX + 1));
}

/* As it is read, so it is written: by the county's own people. */
static void test_party_data_comes_from_the_countys_own_people(void **state)
{
    (void)state;
    const struct text name = {0, FQ_VAULT_PARTY_NAME, 3};

    asker.area = WORLD_NEIGHBOUR;
    assert_false(is_text_taken(name, 1));
    assert_true(is_taken(NULL, 0, NULL, 0)); /* commands are another matter */
    asker.area = WORLD_COUNTY;
    asker.is_node = true;
    assert_false(is_text_taken(name, 1));
}

/* ---- rows ---- */

static void test_n9_a_row_that_cannot_be_taken_whole_is_refused(void **state)
{
    (void)state;
    const uint64_t whole[] = {2}, each[] = {1, 1}, one_of_two[] = {1};
    const uint64_t empty[] = {0}, more_than_there_are[] = {1, 2},
                   too_long[] = {FQ_SUBMIT_ROW_MAX + 1};

    assert_true(is_taken(NULL, 0, whole, 1));
    assert_true(is_taken(NULL, 0, each, 2));
    assert_true(is_taken(NULL, 0, one_of_two, 1));
    assert_false(is_taken(NULL, 0, empty, 1));
    assert_false(is_taken(NULL, 0, more_than_there_are, 2));
    command_count = FQ_SUBMIT_ROW_MAX + 1;
    assert_false(is_taken(NULL, 0, too_long, 1));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_party_data_the_vault_cannot_keep_is_refused_before_the_turn),
        CASE(test_party_data_is_utf8),
        CASE(test_a_submit_brings_no_more_texts_than_a_turn_has_room_for),
        CASE(test_party_data_comes_from_the_countys_own_people),
        CASE(test_n9_a_row_that_cannot_be_taken_whole_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
