/* The tables of units and places, in pages; a node may have them or not. */
#include <stdio.h>
#include <string.h>

#include "service.h"

#define PAGE_ROWS 500

static uint32_t first_of(struct fq_span args)
{
    struct fq_span from = fq_map_bytes(args, "cursor");

    return from.size == 4 ? fq_get_be32(from.data) : 0;
}

static void put_text(struct fq_writer *writer, const char *key, const char *value)
{
    fq_write_text(writer, key);
    fq_write_text(writer, value);
}

static void put_number(struct fq_writer *writer, const char *key, uint64_t value, int width)
{
    char text[24];

    snprintf(text, sizeof text, "%0*llu", width, (unsigned long long)value);
    put_text(writer, key, text);
}

static void end_page(struct fq_answer *answer, uint32_t count, struct fq_writer *rows,
                     uint32_t next, uint32_t all)
{
    fq_write_array(&answer->writer, count);
    fq_write_raw(&answer->writer, fq_writer_span(rows));
    if (next < all) {
        fq_put_be32(answer->cursor, next);
        answer->cursor_size = 4;
    }
}

#define ROWS_SIZE (PAGE_ROWS * 400)

/* args.prefix: only units whose codes begin so. */
fq_err fq_verb_units(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                     struct fq_why *out_why)
{
    struct fq_writer rows = fq_writer_take(&node->scratch, ROWS_SIZE);
    struct fq_span prefix = fq_map_text(args, "prefix");
    uint32_t at = first_of(args), count = 0;

    (void)out_why;
    for (; at < node->units.count && count < PAGE_ROWS; at++) {
        const struct fq_unit *unit = &node->units.rows[at];
        const struct fq_code *kind = fq_codes_find(&node->codes, FQ_CODES_KIND, unit->kind);
        char code[24];
        snprintf(code, sizeof code, "%010llu", (unsigned long long)unit->code);
        if (prefix.size > 10 ||
            memcmp(code, prefix.data ? prefix.data : (const uint8_t *)"", prefix.size) != 0) {
            continue;
        }
        fq_write_map(&rows, 5);
        put_text(&rows, "code", code);
        put_text(&rows, "name_zh", unit->name_zh);
        put_text(&rows, "name_en", unit->name_en);
        put_text(&rows, "kind", kind ? kind->id : "");
        put_number(&rows, "area", fq_unit_area(unit->code), 6);
        count++;
    }
    end_page(answer, count, &rows, at, node->units.count);
    return FQ_OK;
}

/* args.prefix: only places whose codes begin so. */
fq_err fq_verb_places(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                      struct fq_why *out_why)
{
    struct fq_writer rows = fq_writer_take(&node->scratch, ROWS_SIZE);
    struct fq_span prefix = fq_map_text(args, "prefix");
    uint32_t at = fq_places_next(&node->places, prefix, first_of(args)), count = 0;

    (void)out_why;
    for (; at < node->places.count && count < PAGE_ROWS;
         at = fq_places_next(&node->places, prefix, at + 1)) {
        const struct fq_place *place = &node->places.rows[at];
        fq_write_map(&rows, 3);
        put_number(&rows, "code", place->code, 1);
        put_text(&rows, "name_zh", place->name_zh);
        put_number(&rows, "parent", place->code / 1000, 1);
        count++;
    }
    end_page(answer, count, &rows, at, node->places.count);
    return FQ_OK;
}
