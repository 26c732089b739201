/* The table of steps: states (W1), days (W2), what a correction leaves out (W4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fq/core/step.h"

/* The picture in step.c as a table: for each step, the states it may be taken in, by letter. */
static void test_w1_the_steps_each_state_allows(void **state)
{
    (void)state;
    static const char letters[FQ_STATES + 1] = "urjamgftpcxyv"; /* in the order of enum fq_state */
    static const struct {
        unsigned step;
        const char *states;
    } rows[] = {
        {FQ_EVENT_REGISTERED, "u"},
        {FQ_EVENT_ACCEPTED, "r"},
        {FQ_EVENT_REJECTED, "r"},
        {FQ_EVENT_SESSION, "am"},
        {FQ_EVENT_JOINED, "ram"},
        {FQ_EVENT_LEFT, "ram"},
        {FQ_EVENT_REFERRED, "ram"},
        {FQ_EVENT_TRANSFERRED, "ram"},
        {FQ_EVENT_EXTENDED, "am"},
        {FQ_EVENT_AGREED, "am"},
        {FQ_EVENT_FAILED, "am"},
        {FQ_EVENT_TERMINATED, "am"},
        {FQ_EVENT_PERFORMED, "gp"},
        {FQ_EVENT_CONFIRMATION, "gp"},
        {FQ_EVENT_VISITED, "gftpc"},
        {FQ_EVENT_CLOSED, "gftp"},
        {FQ_EVENT_ARCHIVED, "c"},
        {FQ_EVENT_REOPENED, "gftpcx"},
        {FQ_EVENT_CORRECTED, "rjamgftpcx"},
        {FQ_EVENT_VOIDED, "rjamgftpcx"},
        {FQ_EVENT_MERGED, "rjamgftpcx"},
        {FQ_EVENT_UNMERGED, "y"},
        {FQ_EVENT_SWEEP, ""},
        {FQ_EVENT_CONTROL, ""},
        {FQ_EVENT_KINDS, ""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (unsigned s = 0; s < FQ_STATES; s++) {
            if (fq_step_may((enum fq_state)s, rows[i].step) !=
                (strchr(rows[i].states, letters[s]) != NULL)) {
                fail_msg("step %u in state %s", rows[i].step, fq_state_name((enum fq_state)s));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_w1_the_steps_each_state_allows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
