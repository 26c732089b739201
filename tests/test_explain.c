/* Explanations: N1 and N2 on random histories, each step against a view that holds only the events up
 * to that step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/explain.h"
#include "fq/core/rollup.h"
#include "fq/edge/memory.h"
#include "support/history.h"
#include "support/random.h"
#include "support/world.h"

static struct world world;
static struct world_view *held;     /* everything */
static struct world_view *reported; /* what was first reported */
static struct world_view *corrected, *moved;
static struct fq_arena arena;

/* The event a relay carries, else itself; false when it is none. */
static bool open_event(const struct history_entry *entry, struct fq_event *out_event)
{
    struct fq_event outer;

    history_event(entry, &outer);
    if (outer.kind != FQ_EVENT_RELAY) {
        *out_event = outer;
        return true;
    }
    struct fq_span id = fq_event_bytes(&outer, FQ_FIELD_INNER_ID);
    struct fq_span inner = fq_event_bytes(&outer, FQ_FIELD_INNER);
    struct fq_reader reader = fq_reader_over(inner);
    return id.size == FQ_EVENT_ID_SIZE && fq_codec_scan(inner) &&
           fq_event_decode(&reader, fq_event_id_decode(id.data), out_event);
}

static void tell(struct world_view *view, const struct history_entry *entry, bool is_told)
{
    if (is_told) {
        (void)world_tell_record(view, &entry->id, entry->record);
    }
}

static int open_all(void **state)
{
    (void)state;
    static struct history history;
    struct random random = random_of(20210701);
    struct fq_event event;
    struct fq_why why;

    world_open(&world);
    held = world_view_open(&world);
    reported = world_view_open(&world);
    corrected = world_view_open(&world);
    moved = world_view_open(&world);
    for (int i = 0; i < 150; i++) {
        history_draw(&history, 60, &random);
        for (uint32_t k = 0; k < history.count; k++) {
            const struct history_entry *entry = &history.entries[k];
            if (!open_event(entry, &event)) {
                continue;
            }
            bool is_end = event.step == FQ_EVENT_VOIDED || event.step == FQ_EVENT_MERGED ||
                          event.step == FQ_EVENT_UNMERGED;
            bool is_move = event.step == FQ_EVENT_TRANSFERRED;
            tell(held, entry, true);
            tell(moved, entry, !is_end);
            tell(corrected, entry, !is_end && !is_move);
            tell(reported, entry, !is_end && !is_move && event.kind != FQ_EVENT_CORRECTED);
        }
    }
    return fq_memory_reserve((size_t)1 << 30, &arena, &why) != FQ_OK;
}

static int close_all(void **state)
{
    (void)state;
    fq_memory_release(&arena);
    world_view_close(held);
    world_view_close(reported);
    world_view_close(corrected);
    world_view_close(moved);
    world_close(&world);
    return 0;
}

static struct fq_explanation explain(uint32_t area, const char *period, enum fq_measure measure)
{
    struct fq_rollup_query query = {.area = area};
    struct fq_explanation explanation;
    struct fq_why why;

    assert_true(fq_period_parse(fq_span_text(period), &query.period));
    assert_int_equal(fq_explain(&held->view, &query, measure, &arena, &explanation, &why), FQ_OK);
    return explanation;
}

/* The measure by county in a view. */
static struct fq_rollup counties(const struct world_view *view, uint32_t area, const char *period)
{
    struct fq_rollup_query query = {.area = area, .by = {FQ_BY_COUNTY}, .by_count = 1};
    struct fq_rollup rollup;
    struct fq_why why;

    assert_true(fq_period_parse(fq_span_text(period), &query.period));
    assert_int_equal(fq_rollup_run(&view->view, &world.codes, &query, &arena, &rollup, &why),
                     FQ_OK);
    return rollup;
}

static int64_t of_county(const struct fq_rollup *rollup, uint32_t area, enum fq_measure measure)
{
    for (uint32_t i = 0; i < rollup->count; i++) {
        if (rollup->rows[i].key[0] == area) {
            return rollup->rows[i].value[measure];
        }
    }
    return 0;
}

static const char *const periods[] = {"2020", "2021", "2021H1", "2021-03"};
static const uint32_t areas[] = {WORLD_PROVINCE, WORLD_CITY, WORLD_COUNTY};

static void expect_row(const struct fq_explained *row)
{
    int64_t sum = fq_plus(fq_plus(row->reported, row->corrected), row->voided);
    sum = fq_plus(sum, fq_plus(fq_plus(row->moved_in, row->moved_out), row->merged));
    assert_int_equal(sum, row->home);
    assert_true(row->moved_in >= 0);
    assert_true(row->moved_out <= 0);
}

/* Sums beyond 64 bits wrap, and then no sign says anything. */
static bool is_checked(enum fq_measure measure)
{
    return measure != FQ_MEASURE_AMOUNT_CENTS && measure != FQ_MEASURE_ACTIVITY;
}

static void test_n1_the_steps_add_up_to_the_figure(void **state)
{
    (void)state;
    int64_t changes[4] = {0};

    for (size_t p = 0; p < 4; p++) {
        for (size_t a = 0; a < 3; a++) {
            fq_arena_reset(&arena);
            struct fq_rollup figures = counties(held, areas[a], periods[p]);
            for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
                enum fq_measure measure = (enum fq_measure)m;
                if (!is_checked(measure)) {
                    continue;
                }
                struct fq_explanation explanation = explain(areas[a], periods[p], measure);
                expect_row(&explanation.total);
                assert_int_equal(explanation.total.home, figures.total[m]);
                for (uint32_t i = 0; i < explanation.count; i++) {
                    const struct fq_explained *row = &explanation.rows[i];
                    expect_row(row);
                    assert_int_equal(row->home, of_county(&figures, row->area, measure));
                }
                changes[0] |= explanation.total.corrected;
                changes[1] |= explanation.total.moved_in;
                changes[2] |= explanation.total.voided;
                changes[3] |= explanation.total.merged;
            }
        }
    }
    for (int i = 0; i < 4; i++) {
        assert_true(changes[i] != 0); /* there was something to add up */
    }
}

static void test_n1_each_step_is_what_a_view_without_the_later_ones_counts(void **state)
{
    (void)state;

    for (size_t p = 0; p < 4; p++) {
        fq_arena_reset(&arena);
        struct fq_rollup first = counties(reported, WORLD_PROVINCE, periods[p]);
        struct fq_rollup second = counties(corrected, WORLD_PROVINCE, periods[p]);
        struct fq_rollup third = counties(moved, WORLD_PROVINCE, periods[p]);
        for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
            enum fq_measure measure = (enum fq_measure)m;
            if (!is_checked(measure)) {
                continue;
            }
            struct fq_explanation explanation = explain(WORLD_PROVINCE, periods[p], measure);
            const struct fq_explained *total = &explanation.total;
            int64_t sum = total->reported;
            assert_int_equal(sum, first.total[m]);
            sum = fq_plus(sum, total->corrected);
            assert_int_equal(sum, second.total[m]);
            sum = fq_plus(sum, fq_plus(total->moved_in, total->moved_out));
            assert_int_equal(sum, third.total[m]);
            for (uint32_t i = 0; i < explanation.count; i++) {
                const struct fq_explained *row = &explanation.rows[i];
                assert_int_equal(row->reported, of_county(&first, row->area, measure));
            }
        }
    }
}

/* What the units of a county took part in, of disputes that count elsewhere, dispute by dispute. */
static void test_n2_joint_is_what_was_taken_part_in_beyond_ones_own(void **state)
{
    (void)state;
    struct fq_rollup_query query = {.area = WORLD_PROVINCE};
    int64_t joint = 0;

    fq_arena_reset(&arena);
    assert_true(fq_period_parse(fq_span_text("2021"), &query.period));
    struct fq_explanation explanation = explain(WORLD_PROVINCE, "2021", FQ_MEASURE_ACCEPTED);
    for (uint32_t i = 0; i < held->view.index.count; i++) {
        const struct fq_dispute *dispute = &held->view.disputes[i];
        struct fq_contribution contribution;
        uint32_t seen[64], seen_count = 0;
        if (!fq_rollup_value(&held->view, &query, dispute, FQ_MEASURE_ACCEPTED)) {
            continue;
        }
        fq_contribution_of(&held->view, dispute, &contribution);
        for (uint32_t k = 0; k < contribution.count; k++) {
            const struct fq_term *term = &contribution.terms[k];
            uint32_t at = 0;
            while (at < seen_count && seen[at] != term->area) {
                at++;
            }
            if (term->measure == FQ_MEASURE_PARTICIPATED && term->area != dispute->home &&
                at == seen_count && fq_areas_find(&world.areas, term->area)) {
                seen[seen_count++] = term->area;
                joint++;
            }
        }
    }

    assert_true(joint > 0);
    assert_int_equal(explanation.total.joint, joint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_n1_the_steps_add_up_to_the_figure),
        cmocka_unit_test(test_n1_each_step_is_what_a_view_without_the_later_ones_counts),
        cmocka_unit_test(test_n2_joint_is_what_was_taken_part_in_beyond_ones_own),
    };

    return cmocka_run_group_tests(tests, open_all, close_all);
}
