/* Period seals: what the cells answer (X3), what is made again from the same events (X1), which records
 * count (X2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "fq/core/period_figures.h"
#include "fq/core/proof.h"
#include "fq/core/rollup.h"
#include "support/history.h"
#include "support/random.h"
#include "support/sealed.h"

static struct sealed sealed;

static int open_all(void **state)
{
    (void)state;
    sealed_open(&sealed, 20210630, 200, "2020-12..2021-04", WORLD_PROVINCE);
    return sealed.seal.count == 0;
}

static int close_all(void **state)
{
    (void)state;
    sealed_close(&sealed);
    return 0;
}

/* ---- figures ---- */

static struct fq_rollup run(const struct fq_view *view, uint32_t area, const char *period,
                            const enum fq_dimension *by, uint32_t by_count)
{
    struct fq_rollup_query query = {.area = area, .by_count = by_count};
    struct fq_rollup rollup;
    struct fq_why why;

    assert_true(fq_period_parse(fq_span_text(period), &query.period));
    memcpy(query.by, by, by_count * sizeof *by);
    assert_int_equal(fq_rollup_run(view, &sealed.world.codes, &query, &sealed.arena, &rollup, &why),
                     FQ_OK);
    return rollup;
}

static void x3_cells_answer_every_declared_question(void **state)
{
    static const char *const periods[] = {"2020-12..2021-04", "2021Q1", "2021-02", "2020-12"};
    static const struct {
        enum fq_dimension by[2];
        uint32_t count;
    } questions[] = {{{0}, 0},
                     {{FQ_BY_COUNTY}, 1},
                     {{FQ_BY_CITY}, 1},
                     {{FQ_BY_TYPE}, 1},
                     {{FQ_BY_KIND}, 1},
                     {{FQ_BY_MONTH}, 1},
                     {{FQ_BY_COUNTY, FQ_BY_MONTH}, 2},
                     {{FQ_BY_AREA, FQ_BY_TYPE}, 2}};
    static const uint32_t areas[] = {WORLD_PROVINCE, WORLD_CITY, WORLD_COUNTY};
    struct world_view *loaded = world_view_open(&sealed.world);

    (void)state;
    assert_true(fq_period_cells_load(sealed.cells, &loaded->view));
    for (size_t p = 0; p < 4; p++) {
        for (size_t q = 0; q < sizeof questions / sizeof questions[0]; q++) {
            for (size_t a = 0; a < 3; a++) {
                size_t mark = sealed.arena.used;
                struct fq_rollup live = run(&sealed.held->view, areas[a], periods[p],
                                            questions[q].by, questions[q].count);
                struct fq_rollup kept =
                    run(&loaded->view, areas[a], periods[p], questions[q].by, questions[q].count);
                assert_int_equal(kept.count, live.count);
                assert_memory_equal(kept.rows, live.rows, live.count * sizeof *live.rows);
                assert_memory_equal(kept.total, live.total, sizeof live.total);
                sealed.arena.used = mark;
            }
        }
    }
    struct fq_digest digest = fq_view_digest(&loaded->view, WORLD_PROVINCE, sealed.seal.first_month,
                                             sealed.seal.last_month);
    assert_true(fq_digest_equal(digest, sealed.seal.digest));
    world_view_close(loaded);
}

/* What the leaves say is what is printed: their terms add up to the total, measure by measure. */
static void leaves_add_up_to_the_total(void **state)
{
    const enum fq_dimension none = FQ_BY_AREA;
    struct fq_rollup rollup = run(&sealed.held->view, WORLD_PROVINCE, "2020-12..2021-04", &none, 0);
    int64_t sum[FQ_MEASURES_COUNT] = {0};
    static uint8_t room[FQ_LEAF_SIZE_MAX];
    struct fq_leaf_reader reader;
    struct fq_leaf leaf;
    struct fq_term term;
    uint64_t count = 0;

    (void)state;
    for (uint32_t i = 0; i < sealed.held->view.index.count; i++) {
        if (!fq_period_leaf(&sealed.held->view, &sealed.held->view.disputes[i], &sealed.seal,
                            &sealed.salt, room, &leaf)) {
            continue;
        }
        count++;
        assert_false(leaf.is_hashed);
        assert_true(fq_leaf_reader_init(&leaf, &reader));
        while (fq_leaf_next(&reader, &term)) {
            if (!reader.is_activity) {
                sum[term.measure] = (int64_t)((uint64_t)sum[term.measure] + (uint64_t)term.value);
            }
        }
    }
    assert_int_equal(count, sealed.seal.count);
    assert_memory_equal(sum, rollup.total, sizeof sum);
}

/* A view that took the same events in otherwise, or was written behind and loaded, seals alike (X1). */
static void x1_the_same_events_the_same_seal(void **state)
{
    const struct fq_period_seal first = sealed.seal;

    (void)state;
    sealed.held = world_restart(sealed.held);
    sealed_make(&sealed, "2020-12..2021-04", WORLD_PROVINCE);
    assert_memory_equal(&sealed.seal.cells, &first.cells, sizeof first.cells);
    assert_memory_equal(&sealed.seal.root, &first.root, sizeof first.root);
    assert_true(fq_digest_equal(sealed.seal.digest, first.digest));
    assert_int_equal(sealed.seal.count, first.count);
}

static void broken_cells_are_not_loaded(void **state)
{
    static const uint8_t bad[][8] = {
        {0x96, 0x04, 0x01, 0x01, 0x00, 0x01, 0x01, 0x00}, /* no such table */
        {0x95, 0x00, 0x01, 0x01, 0x00, 0x01, 0xc0, 0x00}, /* a measure without its value */
        {0x96, 0x00, 0x01, 0x01, 0x00, 0x70, 0x01, 0x00}, /* no such measure */
        {0x96, 0x00, 0x01, 0x01, 0x00, 0x01, 0x00, 0x00}, /* a zero */
    };
    struct world_view *loaded = world_view_open(&sealed.world);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(fq_period_cells_load(fq_span_of(bad[i], 7), &loaded->view));
    }
    assert_false(fq_period_cells_load(fq_span_of(sealed.cells.data, 9), &loaded->view));
    world_view_close(loaded);
}

/* ---- heads and records ---- */

static void no_byte_of_a_head_can_be_another(void **state)
{
    struct fq_span head = fq_span_of(sealed.head, sealed.head_size);
    struct fq_span signature = fq_span_of(sealed.signature, FQ_SIGNATURE_SIZE);
    struct fq_period_seal read;

    (void)state;
    assert_true(fq_period_seal_decode(head, &read));
    assert_memory_equal(&read.root, &sealed.seal.root, sizeof read.root);
    assert_string_equal(read.period, sealed.seal.period);
    assert_true(fq_period_seal_verify(&sealed.key, head, signature));
    for (size_t i = 0; i < head.size; i++) {
        sealed.head[i] ^= 0x10;
        assert_false(fq_period_seal_decode(head, &read) &&
                     fq_period_seal_verify(&sealed.key, head, signature));
        sealed.head[i] ^= 0x10;
    }
}

static void make_event(uint8_t id, uint32_t node, uint64_t made_ms, uint8_t *room,
                       struct fq_event *event)
{
    static uint8_t payload[8][FQ_PERIOD_PAYLOAD_MAX];
    struct fq_writer writer = fq_writer_over(room, FQ_PERIOD_HEAD_MAX);
    struct fq_period_seal seal = sealed.seal;

    seal.id = world_id(id);
    seal.node = node;
    seal.made_ms = made_ms;
    fq_period_seal_encode(&seal, &writer);
    *event = (struct fq_event){.id = {{node, FQ_STREAM_CONTROL, 1}, id}};
    assert_true(
        fq_period_seal_write(&seal, fq_writer_span(&writer), sealed.signature, payload[id], event));
}

static void x2_what_counts_and_in_any_order(void **state)
{
    static struct fq_period_seals seals, other_way;
    uint8_t heads[4][FQ_PERIOD_HEAD_MAX];
    struct fq_event events[4];
    const uint32_t province = WORLD_PROVINCE * 100 + 1, county = WORLD_COUNTY * 100 + 1;

    (void)state;
    make_event(1, province, 100, heads[0], &events[0]);
    make_event(2, province, 300, heads[1], &events[1]);
    make_event(3, province, 200, heads[2], &events[2]);
    make_event(4, county, 400, heads[3], &events[3]); /* of an area that is not under its own */
    for (int i = 0; i < 4; i++) {
        assert_int_equal(fq_period_seals_fold(&seals, &sealed.world.areas, &events[i]), i < 3);
        assert_false(fq_period_seals_fold(&seals, &sealed.world.areas, &events[i]));
        (void)fq_period_seals_fold(&other_way, &sealed.world.areas, &events[3 - i]);
    }
    make_event(5, province, 500, heads[1], &events[1]);
    events[1].id.log.origin = county; /* written by another than made it */
    assert_false(fq_period_seals_fold(&seals, &sealed.world.areas, &events[1]));
    assert_int_equal(seals.count, 3);
    assert_int_equal(other_way.count, 3);
    for (int way = 0; way < 2; way++) {
        const struct fq_period_seal *newest =
            fq_period_seals_newest(way ? &other_way : &seals, sealed.seal.first_month,
                                   sealed.seal.last_month, WORLD_PROVINCE, 0);
        assert_non_null(newest);
        assert_int_equal(newest->id.bytes[0], 2);
    }
    assert_null(fq_period_seals_newest(&seals, sealed.seal.first_month, sealed.seal.last_month,
                                       WORLD_CITY, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(x3_cells_answer_every_declared_question),
        cmocka_unit_test(leaves_add_up_to_the_total),
        cmocka_unit_test(x1_the_same_events_the_same_seal),
        cmocka_unit_test(broken_cells_are_not_loaded),
        cmocka_unit_test(no_byte_of_a_head_can_be_another),
        cmocka_unit_test(x2_what_counts_and_in_any_order),
    };

    return cmocka_run_group_tests_name("period_seal", tests, open_all, close_all);
}
