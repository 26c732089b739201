#include "template.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum block_kind { BLOCK_PAGE, BLOCK_IF, BLOCK_EACH };

struct block {
    enum block_kind kind;
    struct fq_span values;  /* the map whose keys come first here */
    struct fq_reader items; /* of an each: those still to come */
    uint32_t left;
    size_t body; /* where an each begins again */
    int line;
    bool is_shown, is_true, has_else;
};

struct rendering {
    const char *name;
    struct fq_span text;
    size_t at;
    int line;
    struct block blocks[TEMPLATE_DEPTH_MAX + 1];
    size_t depth; /* of the innermost block; 0 is the page */
    struct fq_writer *out;
    bool is_plain; /* W1 is for what HTML reads */
};

static fq_err fail_at(const struct rendering *page, const char *what, struct fq_why *out_why)
{
    return fq_fail(out_why, FQ_REASON_TEMPLATE, "%s:%d: %s", page->name, page->line, what);
}

/* ---- printing ---- */

static const char *escape_of(uint8_t byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\n':
    case '\t':
        return NULL;
    default:
        return byte < 0x20 || byte == 0x7f ? " " : NULL; /* W1 */
    }
}

static void print_escaped(struct fq_writer *out, struct fq_span text)
{
    size_t from = 0;

    for (size_t i = 0; i < text.size; i++) {
        const char *escape = escape_of(text.data[i]);
        if (escape) {
            fq_write_raw(out, fq_span_of(text.data + from, i - from));
            fq_write_raw(out, fq_span_text(escape));
            from = i + 1;
        }
    }
    fq_write_raw(out, fq_span_of(text.data + from, text.size - from));
}

static void print_text(const struct rendering *page, struct fq_span text)
{
    if (page->is_plain) {
        fq_write_raw(page->out, text);
    } else {
        print_escaped(page->out, text);
    }
}

static void print_value(const struct rendering *page, struct fq_span value)
{
    struct fq_writer *out = page->out;
    struct fq_reader reader = fq_reader_over(value);
    char number[24] = "";

    switch (fq_read_type(&reader)) {
    case FQ_CODEC_TEXT:
        print_text(page, fq_read_text(&reader));
        break;
    case FQ_CODEC_UINT:
        snprintf(number, sizeof number, "%" PRIu64, fq_read_uint(&reader));
        break;
    case FQ_CODEC_INT:
        snprintf(number, sizeof number, "%" PRId64, fq_read_int(&reader));
        break;
    default:
        break; /* a list or a truth is asked about, not printed */
    }
    fq_write_raw(out, fq_span_text(number));
}

/* ---- values ---- */

/* From the innermost map outwards; empty when nobody gave it (W2). */
static struct fq_span find_value(const struct rendering *page, const char *name)
{
    struct fq_span value = {0};

    for (size_t i = page->depth + 1; i > 0 && value.size == 0; i--) {
        if (page->blocks[i - 1].values.size > 0) {
            value = fq_map_get(page->blocks[i - 1].values, name);
        }
    }
    return value;
}

static bool is_truth(struct fq_span value)
{
    struct fq_reader reader = fq_reader_over(value);

    switch (fq_read_type(&reader)) {
    case FQ_CODEC_BOOL:
        return fq_read_bool(&reader);
    case FQ_CODEC_UINT:
        return fq_read_uint(&reader) != 0;
    case FQ_CODEC_INT:
        return true;
    case FQ_CODEC_TEXT:
        return fq_read_text(&reader).size > 0;
    case FQ_CODEC_ARRAY:
        return fq_read_array(&reader) > 0;
    default:
        return false;
    }
}

/* ---- blocks ---- */

static fq_err open_block(struct rendering *page, enum block_kind kind, const char *name,
                         struct fq_why *out_why)
{
    if (page->depth == TEMPLATE_DEPTH_MAX) {
        return fail_at(page, "blocks too deep", out_why);
    }
    struct fq_span value = find_value(page, name);
    struct fq_reader items = fq_reader_over(value);
    bool is_list = kind == BLOCK_EACH && fq_read_type(&items) == FQ_CODEC_ARRAY;
    uint32_t count = is_list ? fq_read_array(&items) : 0;
    bool is_true = kind == BLOCK_EACH ? count > 0 : is_truth(value);
    struct block *block = &page->blocks[page->depth + 1];

    *block = (struct block){
        .kind = kind,
        .body = page->at,
        .line = page->line,
        .is_true = is_true,
        .is_shown = is_true && page->blocks[page->depth].is_shown,
    };
    if (kind == BLOCK_EACH && block->is_shown) {
        block->values = fq_read_skip(&items);
        block->items = items;
        block->left = count - 1;
    }
    page->depth++;
    return FQ_OK;
}

static fq_err turn_to_else(struct rendering *page, struct fq_why *out_why)
{
    struct block *block = &page->blocks[page->depth];

    if (block->kind != BLOCK_IF || block->has_else) {
        return fail_at(page, "else without if", out_why);
    }
    block->has_else = true;
    block->is_shown = !block->is_true && page->blocks[page->depth - 1].is_shown;
    return FQ_OK;
}

static fq_err close_block(struct rendering *page, enum block_kind kind, struct fq_why *out_why)
{
    struct block *block = &page->blocks[page->depth];

    if (block->kind != kind) {
        return fail_at(page, kind == BLOCK_IF ? "/if without #if" : "/each without #each", out_why);
    }
    if (block->left > 0) {
        block->left--;
        block->values = fq_read_skip(&block->items);
        page->at = block->body;
        page->line = block->line;
    } else {
        page->depth--;
    }
    return FQ_OK;
}

/* ---- tags ---- */

/* The word of a tag as a string; false when it is no name. */
static bool read_name(struct fq_span word, char out[TEMPLATE_NAME_SIZE])
{
    if (word.size == 0 || word.size >= TEMPLATE_NAME_SIZE) {
        return false;
    }
    memcpy(out, word.data, word.size);
    out[word.size] = '\0';
    return strspn(out, "abcdefghijklmnopqrstuvwxyz0123456789_") == word.size;
}

/* The name after `prefix`, when the tag begins so. */
static bool is_opening(struct fq_span tag, const char *prefix, struct fq_span *out_word)
{
    size_t size = strlen(prefix);

    if (tag.size < size || memcmp(tag.data, prefix, size) != 0) {
        return false;
    }
    *out_word = fq_span_of(tag.data + size, tag.size - size);
    return true;
}

static fq_err take_tag(struct rendering *page, struct fq_span tag, struct fq_why *out_why)
{
    char name[TEMPLATE_NAME_SIZE];
    struct fq_span word = tag;
    enum block_kind kind = BLOCK_PAGE;

    if (fq_span_equal(tag, fq_span_text("else"))) {
        return turn_to_else(page, out_why);
    }
    if (fq_span_equal(tag, fq_span_text("/if"))) {
        return close_block(page, BLOCK_IF, out_why);
    }
    if (fq_span_equal(tag, fq_span_text("/each"))) {
        return close_block(page, BLOCK_EACH, out_why);
    }
    if (is_opening(tag, "#if ", &word)) {
        kind = BLOCK_IF;
    } else if (is_opening(tag, "#each ", &word)) {
        kind = BLOCK_EACH;
    }
    if (!read_name(word, name)) {
        return fail_at(page, "not a tag", out_why);
    }
    if (kind != BLOCK_PAGE) {
        return open_block(page, kind, name, out_why);
    }
    if (page->blocks[page->depth].is_shown) {
        print_value(page, find_value(page, name));
    }
    return FQ_OK;
}

/* ---- the page ---- */

static const uint8_t *find_pair(struct fq_span text, size_t from, const char *pair)
{
    return memmem(text.data + from, text.size - from, pair, 2);
}

static void take_text(struct rendering *page, size_t end)
{
    struct fq_span text = fq_span_of(page->text.data + page->at, end - page->at);

    for (size_t i = 0; i < text.size; i++) {
        page->line += text.data[i] == '\n';
    }
    if (page->blocks[page->depth].is_shown) {
        fq_write_raw(page->out, text);
    }
    page->at = end;
}

static fq_err render(struct rendering *page, struct fq_why *out_why)
{
    const uint8_t *open;

    while (!page->out->is_full && (open = find_pair(page->text, page->at, "{{")) != NULL) {
        take_text(page, (size_t)(open - page->text.data));
        const uint8_t *close = find_pair(page->text, page->at + 2, "}}");
        if (!close) {
            return fail_at(page, "{{ without }}", out_why);
        }
        page->at = (size_t)(close - page->text.data) + 2;
        fq_err err = take_tag(page, fq_span_of(open + 2, (size_t)(close - open) - 2), out_why);
        if (err) {
            return err;
        }
    }
    take_text(page, page->text.size);
    if (page->depth > 0) {
        page->line = page->blocks[page->depth].line;
        return fail_at(page, "a block that does not end", out_why);
    }
    return page->out->is_full ? fq_fail(out_why, FQ_REASON_LIMIT, "%s", page->name) : FQ_OK;
}

static fq_err render_as(const char *name, struct fq_span text, bool is_plain, struct fq_span values,
                        struct fq_writer *out, struct fq_why *out_why)
{
    size_t used = out->used;
    struct rendering page = {
        .name = name, .text = text, .line = 1, .out = out, .is_plain = is_plain};

    page.blocks[0] = (struct block){.kind = BLOCK_PAGE, .values = values, .is_shown = true};
    fq_err err = render(&page, out_why);
    if (err) {
        out->used = used; /* W3 */
    }
    return err;
}

fq_err template_render(const char *name, struct fq_span text, struct fq_span values,
                       struct fq_writer *out, struct fq_why *out_why)
{
    FQ_ASSERT(name);
    FQ_ASSERT(out);

    return render_as(name, text, false, values, out, out_why);
}

fq_err template_render_plain(const char *name, struct fq_span text, struct fq_span values,
                             struct fq_writer *out, struct fq_why *out_why)
{
    FQ_ASSERT(name);
    FQ_ASSERT(out);

    return render_as(name, text, true, values, out, out_why);
}
