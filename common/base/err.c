/* Errors and reasons: the table, and the one place that fills a `struct fq_why`. */
#include "fq/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct fq_reason_row rows[] = {
#define FQ_REASON_ROW(name, number, err, cause, cure) {FQ_REASON_##name, #name, err, cause, cure},
    FQ_REASONS(FQ_REASON_ROW)
#undef FQ_REASON_ROW
};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

const struct fq_reason_row *fq_reason_find(unsigned number)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if ((unsigned)rows[i].reason == number) {
            return &rows[i];
        }
    }
    return NULL;
}

const struct fq_reason_row *fq_reason_at(size_t index)
{
    return index < ROW_COUNT ? &rows[index] : NULL;
}

/* How many bytes a UTF-8 character that begins with `lead` has; 0 for a byte within one. */
static size_t character_size(unsigned char lead)
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xC0) {
        return 0;
    }
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/* A detail cut in the middle of a character would be refused by every JSON reader. */
static void drop_cut_character(char *text)
{
    size_t size = strlen(text);

    for (size_t back = 1; back <= 3 && back <= size; back++) {
        size_t whole = character_size((unsigned char)text[size - back]);
        if (whole > back) {
            text[size - back] = 0;
        }
        if (whole) {
            return;
        }
    }
}

fq_err fq_fail(struct fq_why *out_why, enum fq_reason reason, const char *format, ...)
{
    const struct fq_reason_row *row = fq_reason_find(reason);

    FQ_ASSERT(row);
    FQ_ASSERT(row->err != FQ_OK);
    FQ_ASSERT(format);
    if (!out_why) {
        return row->err;
    }

    /* The arguments may lie in the very detail that is replaced. */
    char detail[FQ_WHY_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    if (wanted < 0) {
        detail[0] = 0;
    } else if ((size_t)wanted >= sizeof detail) {
        drop_cut_character(detail);
    }
    memcpy(out_why->detail, detail, sizeof detail);
    out_why->reason = reason;
    return row->err;
}

void fq_assert_failed(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
    abort();
}
