/* Descriptions: that they tell what include/PROTOCOL.md promises, and that of a dispute everything
 * a person asks for is there. The dispute is "a wall", registered in county 410105. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/describe.h"
#include "support/history.h"
#include "support/random.h"
#include "support/world.h"

#define UNIT(area, number) ((uint64_t)(area)*10000 + (number))
#define WALL 5

static struct world world;
static struct world_view *held;
static uint64_t seq;
static uint8_t bytes[64 * 1024];

static int open_world(void **state)
{
    (void)state;
    world_open(&world);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static int open_view(void **state)
{
    (void)state;
    held = world_view_open(&world);
    seq = 0;
    return 0;
}

static int close_view(void **state)
{
    (void)state;
    world_view_close(held);
    return 0;
}

/* ---- telling ---- */

struct telling {
    uint32_t rev;
    const char *date;
    uint64_t value[FQ_FIELDS_COUNT];
};

static struct fq_event event_of(unsigned kind, const struct telling *telling)
{
    struct fq_event event = {
        .id = {{WORLD_COUNTY * 100 + 1, 0, 1}, ++seq},
        .kind = (uint16_t)kind,
        .step = (uint16_t)kind,
        .rev = telling->rev,
        .hlc = UINT64_C(1617965096789) << 16 | 7, /* 2021-04-09T10:44:56.789Z */
        .area = WORLD_COUNTY,
        .date = world_date(telling->date),
        .cmd_id = {{(uint8_t)seq, 0xcc}},
        .dispute = world_id(WALL),
    };

    memcpy(event.value, telling->value, sizeof event.value);
    return event;
}

/* EVENT(AGREED, 3, "2021-04-10", F(AMOUNT, 400000)): revision 3. */
#define F(name, number) .value[FQ_FIELD_##name] = number
#define EVENT(kind, revision, ...)                                                                 \
    event_of(FQ_EVENT_##kind, &(struct telling){.rev = (revision), .date = __VA_ARGS__})
#define TELL(...) tell(EVENT(__VA_ARGS__))

static struct fq_event tell(struct fq_event event)
{
    assert_int_equal(world_tell(held, &event), FQ_MERGED_NEW);
    return event;
}

/* The same from the city's node: of one revision, its stamp is the greater. */
static struct fq_event of_city(struct fq_event event)
{
    event.id.log.origin = WORLD_CITY * 100 + 1;
    return event;
}

static void void_event(const struct fq_event *target, uint32_t rev)
{
    uint8_t id[FQ_EVENT_ID_SIZE];
    struct fq_event event = EVENT(VOIDED, rev, "2021-12-01");

    fq_event_id_encode(&target->id, id);
    assert_true(fq_event_set_bytes(&event, FQ_FIELD_TARGET, fq_span_of(id, sizeof id)));
    tell(event);
}

/* Registered on the 1st and accepted on the 2nd of March. */
static void a_usual_case(void)
{
    TELL(REGISTERED, 1, "2021-03-01", F(SOURCE, FQ_SOURCE_ON_APPLICATION), F(TYPE, 2),
         F(KIND, FQ_KIND_PEOPLE), F(PERSONS, 4), F(HOST, UNIT(WORLD_COUNTY, 1)));
    TELL(ACCEPTED, 2, "2021-03-02");
}

/* ---- looking ---- */

static struct fq_span written(const struct fq_writer *writer)
{
    struct fq_span map = fq_writer_span(writer);

    assert_true(fq_codec_scan(map)); /* the counts that were promised were kept */
    return map;
}

static struct fq_span on_feed(const struct fq_event *event)
{
    struct fq_writer writer = fq_writer_over(bytes, FQ_DESCRIBE_EVENT_MAX);

    fq_describe_event(&world.codes, event, 812, 799, &writer);
    return written(&writer);
}

static struct fq_span as_step(const struct fq_event *event)
{
    struct fq_writer writer = fq_writer_over(bytes, FQ_DESCRIBE_EVENT_MAX);

    fq_describe_step(&world.codes, event, 812, &writer);
    return written(&writer);
}

static const struct fq_dispute *wall(void)
{
    struct fq_id id = world_id(WALL);

    return fq_view_find(&held->view, &id);
}

static struct fq_span in_full(void)
{
    struct fq_writer writer = fq_writer_over(bytes, sizeof bytes);

    fq_describe_dispute(&held->view, &world.codes, wall(), 0, &writer);
    return written(&writer);
}

static struct fq_span as_row(void)
{
    struct fq_writer writer = fq_writer_over(bytes, FQ_DESCRIBE_ROW_MAX);

    fq_describe_dispute_row(&held->view, &world.codes, wall(), &writer);
    return written(&writer);
}

static bool has(struct fq_span map, const char *key)
{
    return fq_map_get(map, key).size > 0;
}

static bool is_nil(struct fq_span map, const char *key)
{
    return fq_span_equal(fq_map_get(map, key), fq_span_text("\xc0"));
}

/* The map's keys are those of the list, in whatever order. */
static void expect_keys(struct fq_span map, const char *keys)
{
    struct fq_reader reader = fq_reader_over(map);
    uint32_t count = 0;
    char key[64];

    for (int used = 0; sscanf(keys, " %63s%n", key, &used) == 1; keys += used) {
        if (!has(map, key)) {
            fail_msg("no %s", key);
        }
        count++;
    }
    assert_int_equal(fq_read_map(&reader), count);
}

static void expect_text(struct fq_span map, const char *key, const char *text)
{
    char found[1024] = "";
    struct fq_span value = fq_map_text(map, key);

    assert_true(has(map, key));
    assert_true(value.size < sizeof found);
    if (value.size) {
        memcpy(found, value.data, value.size);
    }
    assert_string_equal(found, text);
}

static void expect_unique_keys(struct fq_span map)
{
    struct fq_reader reader = fq_reader_over(map);
    struct fq_span keys[64];
    uint32_t count = fq_read_map(&reader);

    assert_in_range(count, 1, 64);
    for (uint32_t i = 0; i < count; i++) {
        keys[i] = fq_read_text(&reader);
        (void)fq_read_skip(&reader);
        for (uint32_t k = 0; k < i; k++) {
            assert_false(fq_span_equal(keys[i], keys[k]));
        }
    }
    assert_false(reader.is_bad);
}

/* The elements of the array under `key`; gives how many there are. */
static uint32_t elements(struct fq_span map, const char *key, struct fq_span out[16])
{
    struct fq_reader reader = fq_reader_over(fq_map_get(map, key));
    uint32_t count = fq_read_array(&reader);

    assert_true(count <= 16);
    for (uint32_t i = 0; i < count; i++) {
        out[i] = fq_read_skip(&reader);
    }
    assert_false(reader.is_bad);
    return count;
}

/* ---- events ---- */

/* The keys in the first column of the feed's table, up to the fields; gives their number. */
static uint32_t promised_keys(char *out, size_t size)
{
    FILE *file = fopen("include/PROTOCOL.md", "r");
    char line[512];
    bool is_feed = false;
    uint32_t count = 0;
    size_t used = 0;

    assert_non_null(file);
    out[0] = '\0';
    while (fgets(line, sizeof line, file)) {
        is_feed = line[0] == '#' ? strncmp(line, "## The feed", 11) == 0 : is_feed;
        char *end = is_feed && strncmp(line, "| `", 3) == 0 ? strchr(line + 2, '|') : NULL;
        for (char *tick = end ? strchr(line, '`') : NULL; tick && tick < end;) {
            char *close = strchr(tick + 1, '`');
            used += (size_t)snprintf(out + used, size - used, "%.*s ", (int)(close - tick - 1),
                                     tick + 1);
            count++;
            tick = strchr(close + 1, '`');
        }
    }
    fclose(file);
    return count;
}

static void test_an_event_has_exactly_the_keys_the_protocol_promises(void **state)
{
    (void)state;
    char keys[512];
    struct fq_event event = EVENT(ACCEPTED, 2, "2021-03-02");
    event.unit = UNIT(WORLD_COUNTY, 1);
    event.actor = fq_span_text("m-17");

    assert_int_equal(promised_keys(keys, sizeof keys), 15);
    expect_keys(on_feed(&event), keys);
    event.unit = 0; /* who did not say is not told */
    event.actor = (struct fq_span){0};
    expect_keys(on_feed(&event),
                "lsn prev origin stream epoch seq event dispute cmd_id area date recorded rev");
}

static void test_an_event_tells_who_what_and_when(void **state)
{
    (void)state;
    struct fq_event event = EVENT(ACCEPTED, 2, "2021-03-02");
    event.id = (struct fq_event_id){{1010501, 3, 2}, 77}; /* origins have eight digits */
    event.unit = UNIT(10105, 1);
    event.area = 10105;
    event.actor = fq_span_text("m-17");

    struct fq_span map = on_feed(&event);

    assert_int_equal(fq_map_uint(map, "lsn"), 812);
    assert_int_equal(fq_map_uint(map, "prev"), 799);
    expect_text(map, "origin", "01010501");
    assert_int_equal(fq_map_uint(map, "stream"), 3);
    assert_int_equal(fq_map_uint(map, "epoch"), 2);
    assert_int_equal(fq_map_uint(map, "seq"), 77);
    expect_text(map, "event", "accepted");
    expect_text(map, "dispute", "05000000000000000000000000000000");
    expect_text(map, "cmd_id", "01cc0000000000000000000000000000");
    expect_text(map, "area", "010105");
    expect_text(map, "date", "2021-03-02");
    expect_text(map, "recorded", "2021-04-09T10:44:56.789Z");
    assert_int_equal(fq_map_uint(map, "rev"), 2);
    expect_text(map, "unit", "0101050001");
    expect_text(map, "actor", "m-17");
}

static void test_fields_are_told_by_name_and_codes_by_id(void **state)
{
    (void)state;
    struct fq_event event =
        EVENT(REGISTERED, 1, "2021-03-01", F(SOURCE, FQ_SOURCE_ON_APPLICATION), F(TYPE, 1001),
              F(KIND, FQ_KIND_JUDICIAL), F(PERSONS, 4), F(HOST, UNIT(WORLD_COUNTY, 1)),
              F(PLACE, 410105001001), F(CLAIMED, 123456));

    struct fq_span map = on_feed(&event);

    expect_text(map, "source", "on_application");
    expect_text(map, "type", "migrant_wage_arrears");
    expect_text(map, "kind", "judicial");
    expect_text(map, "host", "4101050001");
    assert_int_equal(fq_map_uint(map, "persons"), 4);
    assert_int_equal(fq_map_uint(map, "place"), 410105001001);
    assert_int_equal(fq_map_uint(map, "claimed_cents"), 123456);
    expect_keys(map, "lsn prev origin stream epoch seq event dispute cmd_id area date recorded rev "
                     "source type kind host persons place claimed_cents"); /* absent: left out */
}

static void test_unknown_codes_are_told_as_their_numbers(void **state)
{
    (void)state;
    struct fq_event event =
        EVENT(REGISTERED, 1, "2021-03-01", F(TYPE, 60000), F(SOURCE, UINT64_MAX), F(KIND, 9));

    struct fq_span map = on_feed(&event);

    expect_text(map, "type", "60000");
    expect_text(map, "source", "18446744073709551615");
    expect_text(map, "kind", "9");
}

static void test_dates_areas_and_truths_are_told_as_such(void **state)
{
    (void)state;
    struct fq_event assigned =
        EVENT(ASSIGNED, 3, "2021-03-03", F(TO_AREA, WORLD_NEIGHBOUR),
              F(TO_UNIT, UNIT(WORLD_NEIGHBOUR, 2)), F(DUE, world_date("2021-03-31")));
    assert_true(fq_event_set_bytes(&assigned, FQ_FIELD_REASON, fq_span_text("两县界墙")));

    struct fq_span map = on_feed(&assigned);
    expect_text(map, "due", "2021-03-31");
    expect_text(map, "to_area", "410102");
    expect_text(map, "to_unit", "4101020002");
    expect_text(map, "reason", "两县界墙");

    struct fq_event accepted = EVENT(ACCEPTED, 2, "2021-03-02", F(CONSENT, 1));
    assert_true(fq_map_bool(on_feed(&accepted), "consent"));
}

static void test_ids_and_hashes_are_told_in_hex_and_events_by_their_parts(void **state)
{
    (void)state;
    uint8_t target[FQ_EVENT_ID_SIZE];
    const struct fq_event_id voided = {{WORLD_COUNTY * 100 + 1, 0, 2}, 7};
    const struct fq_id into = world_id(3);
    struct fq_event event = EVENT(VOIDED, 3, "2021-03-03");
    fq_event_id_encode(&voided, target);
    assert_true(fq_event_set_bytes(&event, FQ_FIELD_TARGET, fq_span_of(target, sizeof target)));
    expect_text(on_feed(&event), "target", "41010501-0-2-7");

    event = EVENT(MERGED, 3, "2021-03-03");
    assert_true(fq_event_set_bytes(&event, FQ_FIELD_INTO, fq_span_of(into.bytes, FQ_ID_SIZE)));
    expect_text(on_feed(&event), "into", "03000000000000000000000000000000");

    event = EVENT(DOCUMENT, 3, "2021-03-03", F(SIZE, 99));
    assert_true(fq_event_set_bytes(&event, FQ_FIELD_HASH, fq_span_text("\xde\xad\x01")));
    expect_text(on_feed(&event), "hash", "dead01");
}

static void test_what_a_step_is_about_is_told_though_it_is_nothing(void **state)
{
    (void)state;
    struct fq_event agreed = EVENT(AGREED, 3, "2021-04-10", F(FORM, FQ_FORM_ORAL));
    struct fq_event visited = EVENT(VISITED, 4, "2021-04-20");
    struct fq_event failed = EVENT(FAILED, 3, "2021-04-10");

    struct fq_span map = on_feed(&agreed);
    assert_true(has(map, "amount_cents"));
    assert_int_equal(fq_map_uint(map, "amount_cents"), 0);
    assert_false(has(map, "due"));
    assert_false(has(map, "immediate"));
    map = on_feed(&visited);
    assert_true(has(map, "surveyed"));
    assert_true(has(map, "satisfied"));
    assert_false(fq_map_bool(map, "satisfied"));
    assert_false(has(map, "performance"));
    assert_false(has(on_feed(&failed), "amount_cents"));
}

static void test_a_correction_tells_the_whole_step_again(void **state)
{
    (void)state;
    struct fq_event event =
        EVENT(CORRECTED, 4, "2021-04-11", F(CORRECTS, FQ_EVENT_AGREED), F(FORM, FQ_FORM_WRITTEN));
    event.step = FQ_EVENT_AGREED;
    assert_true(fq_event_set_bytes(&event, FQ_FIELD_WHY, fq_span_text("typing mistake")));

    struct fq_span map = on_feed(&event);

    expect_text(map, "event", "corrected");
    expect_text(map, "corrects", "agreed");
    expect_text(map, "correction_reason", "typing mistake");
    expect_text(map, "form", "written");
    assert_true(has(map, "amount_cents")); /* of 0, as in the step itself */
    expect_keys(map, "lsn prev origin stream epoch seq event dispute cmd_id area date recorded rev "
                     "corrects correction_reason form amount_cents");
}

static void test_an_event_of_a_later_version_is_told_without_its_fields(void **state)
{
    (void)state;
    struct fq_event event = EVENT(ACCEPTED, 2, "2021-03-02", F(CONSENT, 1));
    event.kind = event.step = FQ_EVENT_KINDS;

    struct fq_span map = on_feed(&event);

    expect_text(map, "event", "unknown");
    expect_keys(map,
                "lsn prev origin stream epoch seq event dispute cmd_id area date recorded rev");
}

/* Every field the row has, with the longest texts there may be. */
static void fill(struct fq_event *event, unsigned kind)
{
    static uint8_t text[FQ_TEXT_MAX];
    const struct fq_kind_row *row = fq_kind_row(kind);

    memset(text, 'x', sizeof text);
    for (unsigned i = 0; i < FQ_BODY_FIELDS_MAX && row->fields[i]; i++) {
        enum fq_field field = row->fields[i];
        if (!fq_field_is_bytes(field)) {
            event->value[field] = fq_field_row(field)->type == FQ_VALUE_DATE ? 44000 : UINT64_MAX;
        } else {
            assert_true(fq_event_set_bytes(event, field, fq_span_of(text, sizeof text)));
        }
    }
}

static void test_every_kind_fits_and_names_nothing_twice(void **state)
{
    (void)state;

    for (unsigned kind = 1; kind < FQ_EVENT_KINDS; kind++) {
        struct fq_event event = event_of(kind, &(struct telling){.rev = 1, .date = "2021-03-01"});
        event.unit = UINT64_MAX;
        event.actor = fq_span_text("abcdefghijklmnopqrstuvwxyz012345");
        fill(&event, kind);
        expect_unique_keys(on_feed(&event));
        expect_unique_keys(as_step(&event));
        if (kind <= FQ_EVENT_REOPENED) {
            event.kind = FQ_EVENT_CORRECTED;
            fill(&event, FQ_EVENT_CORRECTED);
            event.value[FQ_FIELD_CORRECTS] = kind;
            expect_unique_keys(on_feed(&event));
            expect_unique_keys(fq_map_get(as_step(&event), "fields"));
        }
    }
}

static void test_any_event_that_decodes_is_told(void **state)
{
    (void)state;
    static struct history history;
    struct random random = random_of(20210630);
    struct fq_event event;

    for (int i = 0; i < 100; i++) {
        history_draw(&history, 60, &random);
        for (uint32_t k = 0; k < history.count; k++) {
            history_event(&history.entries[k], &event);
            expect_unique_keys(on_feed(&event));
            expect_unique_keys(as_step(&event));
        }
    }
}

static void test_numbers_that_stand_for_words_are_told_by_them(void **state)
{
    (void)state;
    static const struct {
        enum fq_kind_of_event kind;
        enum fq_field field;
        uint64_t value;
        const char *word;
    } cases[] = {
        {FQ_EVENT_JOINED, FQ_FIELD_ROLE, 1, "host"},
        {FQ_EVENT_JOINED, FQ_FIELD_ROLE, 2, "assist"},
        {FQ_EVENT_ESCALATED, FQ_FIELD_TO_TIER, FQ_TIER_CITY, "city"},
        {FQ_EVENT_SUPERVISED, FQ_FIELD_CARD, 0, "none"},
        {FQ_EVENT_SUPERVISED, FQ_FIELD_CARD, 2, "red"},
        {FQ_EVENT_DOCUMENT, FQ_FIELD_DOCUMENT, 4, "agreement"},
        {FQ_EVENT_ARCHIVED, FQ_FIELD_RETENTION, 2, "long"},
        {FQ_EVENT_REGISTERED, FQ_FIELD_FLAGS, 1 | 4, "minor,women"},
        {FQ_EVENT_REGISTERED, FQ_FIELD_FLAGS, 2 | 16, "migrant,16"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fq_event event = EVENT(SESSION, 3, "2021-04-10");
        event.kind = event.step = (uint16_t)cases[i].kind;
        event.value[cases[i].field] = cases[i].value;
        const char *name = fq_field_row(cases[i].field)->name;
        expect_text(on_feed(&event), name, cases[i].word);
        expect_text(fq_map_get(as_step(&event), "fields"), name, cases[i].word);
        assert_int_equal(fq_describe_number_of(cases[i].field, fq_span_text(cases[i].word)),
                         cases[i].value);
    }
    struct fq_event later = EVENT(ARCHIVED, 3, "2021-04-10", F(RETENTION, 9));
    assert_int_equal(fq_map_uint(on_feed(&later), "retention"), 9);
}

static void test_a_step_of_a_history_has_its_fields_apart(void **state)
{
    (void)state;
    struct fq_event event =
        EVENT(AGREED, 3, "2021-04-10", F(FORM, FQ_FORM_WRITTEN), F(AMOUNT, 400000));

    struct fq_span map = as_step(&event);

    expect_keys(map, "lsn origin stream epoch seq event cmd_id date recorded rev actor fields");
    expect_text(map, "actor", "");
    expect_keys(fq_map_get(map, "fields"), "form amount_cents");
    assert_int_equal(fq_map_uint(fq_map_get(map, "fields"), "amount_cents"), 400000);
    event.unit = UNIT(WORLD_COUNTY, 1);
    expect_text(as_step(&event), "unit", "4101050001");
}

/* ---- disputes ---- */

static void test_a_dispute_in_full(void **state)
{
    (void)state;
    a_usual_case();
    TELL(AGREED, 3, "2021-04-10", F(FORM, FQ_FORM_WRITTEN), F(AMOUNT, 400000), F(IMMEDIATE, 1));
    TELL(VISITED, 4, "2021-04-20", F(SURVEYED, 1), F(PERFORMANCE, FQ_PERFORMANCE_IMMEDIATE));

    struct fq_span map = in_full();

    expect_keys(map,
                "dispute id state home type kind source host units dates outcome form "
                "amount_cents persons performance confirmation risk difficulty satisfied rev "
                "conflicts next place committee scale claimed_cents flags deadline extended_days "
                "confirm_by perform_by referrals supervision merged_into");
    expect_text(map, "dispute", "41010501-1-1");
    expect_text(map, "id", "05000000000000000000000000000000");
    expect_text(map, "state", "performed");
    expect_text(map, "home", "410105");
    expect_text(map, "type", "neighbour");
    expect_text(map, "kind", "people");
    expect_text(map, "source", "on_application");
    expect_text(map, "host", "4101050001");
    expect_text(map, "outcome", "agreed");
    expect_text(map, "form", "written");
    expect_text(map, "performance", "immediate");
    assert_int_equal(fq_map_uint(map, "amount_cents"), 400000);
    assert_int_equal(fq_map_uint(map, "persons"), 4);
    assert_int_equal(fq_map_uint(map, "rev"), 4);
    assert_true(is_nil(map, "risk")); /* not given */
    assert_true(is_nil(map, "confirmation"));
    struct fq_span dates = fq_map_get(map, "dates");
    expect_keys(dates, "registered accepted outcome performed visited");
    expect_text(dates, "registered", "2021-03-01");
    expect_text(dates, "accepted", "2021-03-02");
    expect_text(dates, "outcome", "2021-04-10");
    expect_text(dates, "performed", "2021-04-10");
    expect_text(dates, "visited", "2021-04-20");
}

static void test_a_dispute_tells_what_is_to_be_done_and_by_when(void **state)
{
    (void)state;
    a_usual_case();
    TELL(REGISTERED, 1, "2021-03-01", F(PLACE, 410105001004), F(CLAIMED, 500));
    TELL(EXTENDED, 3, "2021-03-05", F(DAYS, 10));
    tell(of_city(EVENT(SUPERVISED, 4, "2021-03-06", F(CARD, 2), F(DUE, world_date("2021-03-20")))));

    struct fq_span map = in_full();

    expect_text(map, "place", "410105001004");
    expect_text(map, "deadline", "2021-04-11");
    assert_int_equal(fq_map_uint(map, "extended_days"), 10);
    assert_int_equal(fq_map_uint(map, "claimed_cents"), 500);
    expect_text(fq_map_get(map, "supervision"), "card", "red");
    expect_text(fq_map_get(map, "supervision"), "due", "2021-03-20");
    assert_true(is_nil(map, "confirm_by"));
    tell(of_city(EVENT(SUPERVISED, 5, "2021-03-21")));
    assert_true(is_nil(in_full(), "supervision")); /* the card was taken back */
    TELL(AGREED, 6, "2021-04-01", F(DUE, world_date("2021-05-01")));
    map = in_full();
    assert_true(is_nil(map, "deadline"));
    expect_text(map, "confirm_by", "2021-05-01");
    expect_text(map, "perform_by", "2021-05-01");
}

static void test_a_dispute_tells_its_referrals(void **state)
{
    (void)state;
    struct fq_span referrals[16];
    struct fq_id id = world_id(77);
    struct fq_span bytes_of_id = fq_span_of(id.bytes, FQ_ID_SIZE);
    struct fq_event refers =
        EVENT(REFERRED, 3, "2021-03-05", F(TO_UNIT, UNIT(WORLD_FAR, 1)), F(TO_KIND, 3));
    struct fq_event reports = EVENT(REFERRAL_REPORTED, 5, "2021-03-09",
                                    F(TO_UNIT, UNIT(WORLD_FAR, 1)), F(OUTCOME, FQ_OUTCOME_FAILED));
    struct fq_event accepts =
        EVENT(REFERRAL_ACCEPTED, 4, "2021-03-07", F(TO_UNIT, UNIT(WORLD_FAR, 1)));
    a_usual_case();
    assert_true(fq_event_set_bytes(&refers, FQ_FIELD_REFERRAL, bytes_of_id));
    assert_true(fq_event_set_bytes(&reports, FQ_FIELD_REFERRAL, bytes_of_id));
    assert_true(fq_event_set_bytes(&accepts, FQ_FIELD_REFERRAL, bytes_of_id));
    tell(reports); /* the order in which they come does not matter */
    tell(refers);
    tell(accepts);

    assert_int_equal(elements(in_full(), "referrals", referrals), 1);
    expect_keys(referrals[0], "referral from to_unit kind state date due answered outcome");
    expect_text(referrals[0], "referral", "4d000000000000000000000000000000");
    expect_text(referrals[0], "from", "41010501");
    expect_text(referrals[0], "to_unit", "4103020001");
    expect_text(referrals[0], "kind", "judicial");
    expect_text(referrals[0], "state", "reported");
    expect_text(referrals[0], "date", "2021-03-05");
    expect_text(referrals[0], "answered", "2021-03-09");
    expect_text(referrals[0], "outcome", "failed");
    void_event(&refers, 6);
    assert_int_equal(elements(in_full(), "referrals", referrals), 0);
}

static void test_a_merged_dispute_tells_where_it_went(void **state)
{
    (void)state;
    struct fq_id into = world_id(3);
    struct fq_event merge = EVENT(MERGED, 3, "2021-03-05");
    a_usual_case();
    assert_true(is_nil(in_full(), "merged_into"));
    assert_true(fq_event_set_bytes(&merge, FQ_FIELD_INTO, fq_span_of(into.bytes, FQ_ID_SIZE)));

    tell(merge);

    expect_text(in_full(), "merged_into", "03000000000000000000000000000000");
    TELL(UNMERGED, 4, "2021-03-06");
    assert_true(is_nil(in_full(), "merged_into"));
}

static void test_a_dispute_leaves_room_for_what_the_caller_appends(void **state)
{
    (void)state;
    struct fq_writer writer = fq_writer_over(bytes, sizeof bytes);
    a_usual_case();

    fq_describe_dispute(&held->view, &world.codes, wall(), 1, &writer);
    assert_false(fq_codec_scan(fq_writer_span(&writer)));
    fq_write_text(&writer, "history");
    fq_write_array(&writer, 0);

    assert_true(has(written(&writer), "history"));
}

static void test_unknown_codes_of_a_dispute_are_told_as_their_numbers(void **state)
{
    (void)state;
    TELL(REGISTERED, 1, "2021-03-01", F(TYPE, 60000), F(SOURCE, 200), F(DIFFICULTY, 77));

    struct fq_span map = in_full();

    expect_text(map, "type", "60000");
    expect_text(map, "source", "200");
    expect_text(map, "difficulty", "77");
    assert_true(is_nil(map, "host"));
}

static void test_a_rejected_dispute_has_no_day_of_acceptance(void **state)
{
    (void)state;
    TELL(REGISTERED, 1, "2021-03-01");
    TELL(REJECTED, 2, "2021-03-05");

    struct fq_span dates = fq_map_get(in_full(), "dates");

    expect_keys(dates, "registered rejected");
    expect_text(dates, "rejected", "2021-03-05");
}

static void test_satisfied_is_told_of_those_who_were_asked(void **state)
{
    (void)state;
    a_usual_case();
    TELL(AGREED, 3, "2021-04-10");
    TELL(VISITED, 4, "2021-04-20");
    assert_true(is_nil(in_full(), "satisfied"));

    TELL(VISITED, 5, "2021-04-21", F(SURVEYED, 1));
    assert_true(fq_span_equal(fq_map_get(in_full(), "satisfied"), fq_span_text("\xc2")));

    TELL(VISITED, 6, "2021-04-22", F(SURVEYED, 1), F(SATISFIED, 1));
    assert_true(fq_map_bool(in_full(), "satisfied"));
}

static void test_a_row_is_a_dispute_in_short(void **state)
{
    (void)state;
    TELL(ACCEPTED, 2, "2021-03-02"); /* before its registration came */
    expect_text(as_row(), "dispute", "");
    expect_text(as_row(), "state", "unknown");
    expect_text(as_row(), "registered", "");

    TELL(REGISTERED, 1, "2021-03-01", F(TYPE, 2));
    TELL(AGREED, 3, "2021-04-10", F(AMOUNT, 400000));

    struct fq_span map = as_row();
    expect_keys(map, "dispute id state home type kind source registered concluded outcome "
                     "amount_cents rev");
    expect_text(map, "dispute", "41010501-1-2");
    expect_text(map, "registered", "2021-03-01");
    expect_text(map, "concluded", "2021-04-10");
    expect_text(map, "outcome", "agreed");
    assert_int_equal(fq_map_uint(map, "amount_cents"), 400000);
}

static void test_the_number_is_that_of_the_first_registration(void **state)
{
    (void)state;
    a_usual_case();
    tell(of_city(EVENT(REGISTERED, 3, "2021-03-08", F(TYPE, 4))));

    struct fq_span map = in_full();

    expect_text(map, "dispute", "41010501-1-1");
    expect_text(map, "type", "contract");
}

/* ---- units ---- */

static void test_units_are_the_host_and_those_who_assist(void **state)
{
    (void)state;
    struct fq_span units[16];
    a_usual_case();
    TELL(JOINED, 3, "2021-03-03", F(TO_UNIT, UNIT(WORLD_NEIGHBOUR, 1)),
         F(TO_KIND, FQ_KIND_JUDICIAL));
    TELL(REFERRAL_ACCEPTED, 4, "2021-03-04", F(TO_UNIT, UNIT(WORLD_FAR, 9)),
         F(TO_KIND, FQ_KIND_ADMINISTRATIVE));

    assert_int_equal(elements(in_full(), "units", units), 3);
    for (int i = 0; i < 3; i++) {
        expect_keys(units[i], "unit area kind role");
        expect_text(units[i], "role", i == 0 ? "host" : "assist");
    }
    expect_text(units[0], "unit", "4101050001");
    expect_text(units[0], "area", "410105");
    expect_text(units[0], "kind", "people");
    expect_text(units[1], "unit", "4103020009"); /* the latest first */
    expect_text(units[1], "area", "410302");
    expect_text(units[1], "kind", "administrative");
    expect_text(units[2], "unit", "4101020001");
    expect_text(units[2], "kind", "judicial");
}

static void test_a_unit_that_left_assists_no_more_and_may_come_back(void **state)
{
    (void)state;
    struct fq_span units[16];
    const uint64_t unit = UNIT(WORLD_NEIGHBOUR, 1);
    a_usual_case();
    TELL(JOINED, 3, "2021-03-03", F(TO_UNIT, unit), F(TO_KIND, FQ_KIND_JUDICIAL));
    struct fq_event left = TELL(LEFT, 4, "2021-03-04", F(TO_UNIT, unit));
    assert_int_equal(elements(in_full(), "units", units), 1);

    struct fq_event again =
        TELL(JOINED, 5, "2021-03-05", F(TO_UNIT, unit), F(TO_KIND, FQ_KIND_PEOPLE));
    assert_int_equal(elements(in_full(), "units", units), 2); /* once, as it joined last */
    expect_text(units[1], "kind", "people");

    void_event(&again, 6);
    assert_int_equal(elements(in_full(), "units", units), 1);
    void_event(&left, 7);
    assert_int_equal(elements(in_full(), "units", units), 2);
    expect_text(units[1], "kind", "judicial");
}

/* ---- conflicts ---- */

static void expect_conflict(struct fq_span conflict, const char *name, const char *holds,
                            const char *against)
{
    expect_keys(conflict, "register holds against held other");
    expect_text(conflict, "register", name);
    expect_text(conflict, "holds", holds);
    expect_text(conflict, "against", against);
}

static uint32_t conflict_count(void)
{
    struct fq_span conflicts[16];

    return elements(in_full(), "conflicts", conflicts);
}

static void test_two_writes_that_did_not_know_each_other_are_a_conflict(void **state)
{
    (void)state;
    struct fq_span conflicts[16];
    a_usual_case();
    TELL(AGREED, 3, "2021-04-10", F(AMOUNT, 700));
    assert_int_equal(conflict_count(), 0);
    tell(of_city(EVENT(FAILED, 3, "2021-04-11")));
    TELL(RISK_CHANGED, 3, "2021-04-10", F(RISK, FQ_RISK_RED)); /* another register */

    assert_int_equal(elements(in_full(), "conflicts", conflicts), 1);
    expect_conflict(conflicts[0], "outcome", "failed", "agreed");
    struct fq_span other = fq_map_get(conflicts[0], "other");
    expect_keys(other, "event event_id area date fields");
    expect_text(other, "event_id", "41010501-0-1-3"); /* whose it was, and what it said */
    expect_text(other, "date", "2021-04-10");
    assert_int_equal(fq_map_uint(fq_map_get(other, "fields"), "amount_cents"), 700);
    expect_text(fq_map_get(conflicts[0], "held"), "event_id", "41010001-0-1-4");
    TELL(TERMINATED, 4, "2021-04-12"); /* its log does not tell that it was known */
    assert_int_equal(elements(in_full(), "conflicts", conflicts), 1);
    expect_conflict(conflicts[0], "outcome", "terminated", "failed");
}

static void test_a_later_revision_alone_is_no_knowledge(void **state)
{
    (void)state;
    struct fq_span conflicts[16];
    a_usual_case();
    TELL(SESSION, 3, "2021-04-09");
    TELL(AGREED, 4, "2021-04-10");
    tell(of_city(EVENT(FAILED, 3, "2021-04-11"))); /* the city knew neither */

    assert_int_equal(elements(in_full(), "conflicts", conflicts), 1);
    expect_conflict(conflicts[0], "outcome", "agreed", "failed");
    struct fq_event right = EVENT(CORRECTED, 5, "2021-04-12", F(CORRECTS, FQ_EVENT_AGREED));
    right.step = FQ_EVENT_AGREED;
    tell(right);
    assert_int_equal(conflict_count(), 0);
}

static void test_who_reopened_what_another_wrote_knew_of_it(void **state)
{
    (void)state;
    a_usual_case();
    tell(of_city(EVENT(FAILED, 3, "2021-04-11")));
    TELL(REOPENED, 4, "2021-04-12");
    TELL(AGREED, 5, "2021-04-13");

    assert_int_equal(conflict_count(), 0);
}

static void test_of_three_writes_the_one_that_holds_is_named(void **state)
{
    (void)state;
    struct fq_span conflicts[16];
    a_usual_case();
    TELL(AGREED, 3, "2021-04-10");
    TELL(TERMINATED, 3, "2021-04-10");
    tell(of_city(EVENT(FAILED, 3, "2021-04-11")));

    assert_int_equal(elements(in_full(), "conflicts", conflicts), 2);
    expect_conflict(conflicts[0], "outcome", "failed", "terminated");
    expect_conflict(conflicts[1], "outcome", "failed", "agreed");
}

static void test_one_command_written_twice_is_no_conflict(void **state)
{
    (void)state;
    a_usual_case();
    struct fq_event agreed = TELL(AGREED, 3, "2021-04-10");
    struct fq_event again = of_city(agreed);

    tell(again);

    assert_int_equal(conflict_count(), 0);
}

static void test_a_voided_write_conflicts_with_nothing(void **state)
{
    (void)state;
    a_usual_case();
    struct fq_event agreed = TELL(AGREED, 3, "2021-04-10");
    tell(of_city(EVENT(FAILED, 3, "2021-04-11")));
    TELL(RISK_CHANGED, 4, "2021-04-10", F(RISK, FQ_RISK_RED));
    struct fq_event blue = of_city(EVENT(RISK_CHANGED, 4, "2021-04-10", F(RISK, FQ_RISK_BLUE)));
    tell(blue);
    assert_int_equal(conflict_count(), 2);

    void_event(&agreed, 5); /* the one against, */
    assert_int_equal(conflict_count(), 1);
    void_event(&blue, 6); /* the one that held */
    assert_int_equal(conflict_count(), 0);
}

static void test_reopening_resolves_a_conflict_of_outcomes_alone(void **state)
{
    (void)state;
    struct fq_span conflicts[16];
    a_usual_case();
    TELL(AGREED, 3, "2021-04-10");
    tell(of_city(EVENT(FAILED, 3, "2021-04-11")));
    TELL(RISK_CHANGED, 4, "2021-04-10", F(RISK, FQ_RISK_RED));
    tell(of_city(EVENT(RISK_CHANGED, 4, "2021-04-10", F(RISK, FQ_RISK_BLUE))));
    assert_int_equal(conflict_count(), 2);

    TELL(REOPENED, 5, "2021-05-01"); /* D3: it empties the outcome */

    assert_int_equal(elements(in_full(), "conflicts", conflicts), 1);
    expect_conflict(conflicts[0], "risk", "risk_changed", "risk_changed");
}

static void test_a_correction_resolves_the_conflict_of_what_it_corrects(void **state)
{
    (void)state;
    a_usual_case();
    TELL(AGREED, 3, "2021-04-10", F(AMOUNT, 1));
    tell(of_city(EVENT(AGREED, 3, "2021-04-10", F(AMOUNT, 2))));
    assert_int_equal(conflict_count(), 1);
    struct fq_event right =
        EVENT(CORRECTED, 4, "2021-04-12", F(CORRECTS, FQ_EVENT_AGREED), F(AMOUNT, 3));
    right.step = FQ_EVENT_AGREED;

    tell(right);

    assert_int_equal(conflict_count(), 0);
}

/* ---- next steps ---- */

static bool is_next(const char *verb)
{
    struct fq_reader reader = fq_reader_over(fq_map_get(in_full(), "next"));
    uint32_t count = fq_read_array(&reader);
    uint32_t found = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct fq_span name = fq_read_text(&reader);
        assert_true(name.size > 0);
        found += fq_span_equal(name, fq_span_text(verb));
    }
    assert_false(reader.is_bad);
    assert_true(found <= 1);
    return found;
}

static void test_next_are_the_steps_that_may_follow(void **state)
{
    (void)state;
    TELL(REGISTERED, 1, "2021-03-01");
    assert_true(is_next("accept"));
    assert_true(is_next("reject"));
    assert_false(is_next("perform"));

    TELL(ACCEPTED, 2, "2021-03-02");
    assert_false(is_next("accept"));
    assert_true(is_next("agree"));
    assert_false(is_next("perform"));

    TELL(AGREED, 3, "2021-04-10");
    assert_true(is_next("perform"));
    assert_false(is_next("add"));
    assert_false(is_next("referral accept")); /* an answer is no step of its own */
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_view, close_view)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_an_event_has_exactly_the_keys_the_protocol_promises),
        CASE(test_an_event_tells_who_what_and_when),
        CASE(test_fields_are_told_by_name_and_codes_by_id),
        CASE(test_unknown_codes_are_told_as_their_numbers),
        CASE(test_dates_areas_and_truths_are_told_as_such),
        CASE(test_ids_and_hashes_are_told_in_hex_and_events_by_their_parts),
        CASE(test_what_a_step_is_about_is_told_though_it_is_nothing),
        CASE(test_a_correction_tells_the_whole_step_again),
        CASE(test_an_event_of_a_later_version_is_told_without_its_fields),
        CASE(test_every_kind_fits_and_names_nothing_twice),
        CASE(test_any_event_that_decodes_is_told),
        CASE(test_numbers_that_stand_for_words_are_told_by_them),
        CASE(test_a_step_of_a_history_has_its_fields_apart),
        CASE(test_a_dispute_in_full),
        CASE(test_a_dispute_tells_what_is_to_be_done_and_by_when),
        CASE(test_a_dispute_tells_its_referrals),
        CASE(test_a_merged_dispute_tells_where_it_went),
        CASE(test_a_dispute_leaves_room_for_what_the_caller_appends),
        CASE(test_unknown_codes_of_a_dispute_are_told_as_their_numbers),
        CASE(test_a_rejected_dispute_has_no_day_of_acceptance),
        CASE(test_satisfied_is_told_of_those_who_were_asked),
        CASE(test_a_row_is_a_dispute_in_short),
        CASE(test_the_number_is_that_of_the_first_registration),
        CASE(test_units_are_the_host_and_those_who_assist),
        CASE(test_a_unit_that_left_assists_no_more_and_may_come_back),
        CASE(test_two_writes_that_did_not_know_each_other_are_a_conflict),
        CASE(test_a_later_revision_alone_is_no_knowledge),
        CASE(test_who_reopened_what_another_wrote_knew_of_it),
        CASE(test_of_three_writes_the_one_that_holds_is_named),
        CASE(test_one_command_written_twice_is_no_conflict),
        CASE(test_a_voided_write_conflicts_with_nothing),
        CASE(test_reopening_resolves_a_conflict_of_outcomes_alone),
        CASE(test_a_correction_resolves_the_conflict_of_what_it_corrects),
        CASE(test_next_are_the_steps_that_may_follow),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
