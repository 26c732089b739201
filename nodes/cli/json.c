/* JSON: the one door to jansson. A MessagePack value becomes JSON one to one; bytes become hex. */
#include "cli.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 16

static json_t *make_text(struct fq_span text)
{
    json_t *made = json_stringn(text.data ? (const char *)text.data : "", text.size);

    return made ? made : json_string("?"); /* not UTF-8: no node writes that */
}

static json_t *make_hex(struct fq_span bytes)
{
    char *hex = malloc(2 * bytes.size + 1);

    if (!hex) {
        return NULL;
    }
    fq_hex_encode(bytes, hex);
    json_t *made = json_string(hex);
    free(hex);
    return made;
}

static json_t *make_scalar(struct fq_reader *reader)
{
    switch (fq_read_type(reader)) {
    case FQ_CODEC_NIL:
        (void)fq_read_skip(reader);
        return json_null();
    case FQ_CODEC_BOOL:
        return json_boolean(fq_read_bool(reader));
    case FQ_CODEC_UINT:
    case FQ_CODEC_INT:
        return json_integer((json_int_t)fq_read_int(reader));
    case FQ_CODEC_TEXT:
        return make_text(fq_read_text(reader));
    case FQ_CODEC_BYTES:
        return make_hex(fq_read_bytes(reader));
    default:
        return NULL;
    }
}

struct level {
    json_t *container;
    uint32_t left;
};

static bool put(struct level *level, json_t *key, json_t *value)
{
    level->left--;
    if (json_is_array(level->container)) {
        return json_array_append_new(level->container, value) == 0;
    }
    return json_object_set_new_nocheck(level->container, json_string_value(key), value) == 0;
}

/* An array or map opens a level; its key, if it stands in a map, is read before. */
static json_t *convert(struct fq_span value)
{
    struct fq_reader reader = fq_reader_over(value);
    struct level levels[DEPTH_MAX];
    size_t depth = 0;
    json_t *root = NULL;

    do {
        json_t *key = NULL, *made;
        if (depth && json_is_object(levels[depth - 1].container)) {
            key = make_text(fq_read_text(&reader));
        }
        enum fq_codec_type type = fq_read_type(&reader);
        bool is_container = type == FQ_CODEC_ARRAY || type == FQ_CODEC_MAP;
        uint32_t count = 0;
        if (type == FQ_CODEC_ARRAY) {
            count = fq_read_array(&reader);
            made = json_array();
        } else if (type == FQ_CODEC_MAP) {
            count = fq_read_map(&reader);
            made = json_object();
        } else {
            made = make_scalar(&reader);
        }
        bool is_fine = made && !reader.is_bad && (!is_container || depth < DEPTH_MAX);
        if (!root) {
            root = made;
        } else if (!is_fine || !put(&levels[depth - 1], key, made)) {
            is_fine = false;
        }
        json_decref(key);
        if (!is_fine) {
            json_decref(root);
            return NULL;
        }
        if (is_container) {
            levels[depth++] = (struct level){made, count};
        }
        while (depth && levels[depth - 1].left == 0) {
            depth--;
        }
    } while (depth);
    return root;
}

fq_err cli_json_print(FILE *out, struct fq_span value, bool is_pretty, struct fq_why *out_why)
{
    json_t *root = convert(value);

    if (!root) {
        return fq_fail(out_why, FQ_REASON_BYTES, "json");
    }
    size_t flags = JSON_ENCODE_ANY | (is_pretty ? JSON_INDENT(2) : JSON_COMPACT);
    int failed = json_dumpf(root, out, flags);
    json_decref(root);
    if (failed || fputc('\n', out) == EOF) {
        return fq_fail(out_why, FQ_REASON_FILE, "stdout");
    }
    return FQ_OK;
}

char *cli_json_text(struct fq_span value)
{
    json_t *root = convert(value);

    if (!root) {
        return NULL;
    }
    char *text = json_dumps(root, JSON_ENCODE_ANY | JSON_COMPACT);
    json_decref(root);
    return text;
}

/* ---- reading ---- */

static bool take_scalar(struct fq_writer *writer, const json_t *value)
{
    char number[40];

    switch (json_typeof(value)) {
    case JSON_STRING:
        fq_write_text(writer, json_string_value(value));
        return true;
    case JSON_INTEGER:
        fq_write_int(writer, json_integer_value(value));
        return true;
    case JSON_REAL:
        snprintf(number, sizeof number, "%.15g", json_real_value(value));
        fq_write_text(writer, number);
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        fq_write_bool(writer, json_is_true(value));
        return true;
    case JSON_NULL:
        fq_write_nil(writer);
        return true;
    default:
        return false;
    }
}

bool cli_json_object(struct fq_span text, size_t *out_used, struct fq_writer *out_map)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)text.data, text.size,
                              JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &error);
    const char *key;
    json_t *value;
    bool is_fine = json_is_object(root);

    *out_used = root ? (size_t)error.position : 0;
    if (is_fine) {
        fq_write_map(out_map, (uint32_t)json_object_size(root));
        json_object_foreach(root, key, value)
        {
            fq_write_text(out_map, key);
            is_fine = is_fine && take_scalar(out_map, value);
        }
    }
    json_decref(root);
    return is_fine && !out_map->is_full;
}
