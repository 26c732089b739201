#include "workload.h"

#include <stdlib.h>
#include <string.h>

#include "../support/random.h"

#define TAIL_DAYS 45 /* a life goes on so long after its registration, or a little longer */
#define HLC_DAY_MS UINT64_C(86400000)
#define EPOCH_DAY 25568 /* 1970-01-01 as a business date */

uint16_t workload_day(const char *text)
{
    uint16_t date = 0;
    bool is_date = fq_date_parse(fq_span_text(text), &date);

    FQ_ASSERT(is_date);
    return date;
}

/* ---- one life ---- */

static struct random random_for(const struct stream_plan *plan, uint32_t dispute)
{
    struct random mixer = random_of(plan->seed ^ (uint64_t)plan->area << 40 ^ dispute);

    return random_of(random_next(&mixer));
}

static void add_step(struct life *life, const struct stream_plan *plan, uint16_t *date,
                     unsigned days, uint8_t kind)
{
    unsigned day = *date + days;

    *date = (uint16_t)(day < plan->last_day ? day : plan->last_day);
    life->steps[life->count].kind = kind;
    life->steps[life->count].code = 0;
    life->steps[life->count].date = *date;
    life->count++;
}

static void add_outcome(struct life *life, const struct stream_plan *plan, struct random *random,
                        uint16_t *date)
{
    unsigned how = random_below(random, 100);

    if (how >= 90) {
        add_step(life, plan, date, random_below(random, 6),
                 how >= 96 ? FQ_EVENT_TERMINATED : FQ_EVENT_FAILED);
        return;
    }
    add_step(life, plan, date, random_below(random, 6), FQ_EVENT_AGREED);
    if (random_chance(random, 60)) {
        add_step(life, plan, date, 0, FQ_EVENT_DOCUMENT);
    }
    if (random_chance(random, 10)) {
        add_step(life, plan, date, 3 + random_below(random, 8), FQ_EVENT_CONFIRMATION);
        life->steps[life->count - 1].code = FQ_CONFIRMATION_APPLIED;
        add_step(life, plan, date, 5 + random_below(random, 11), FQ_EVENT_CONFIRMATION);
        life->steps[life->count - 1].code = FQ_CONFIRMATION_CONFIRMED;
    }
    if (random_chance(random, 85)) {
        add_step(life, plan, date, 2 + random_below(random, 15), FQ_EVENT_PERFORMED);
    }
}

static void draw_steps(struct life *life, const struct stream_plan *plan, struct random *random)
{
    unsigned span = (unsigned)(plan->last_day - plan->first_day) + 1;
    unsigned open = span > 2 * TAIL_DAYS ? span - TAIL_DAYS : span;
    uint16_t date = plan->first_day;

    life->count = 0;
    add_step(life, plan, &date, random_below(random, open), FQ_EVENT_REGISTERED);
    if (random_chance(random, 3)) {
        add_step(life, plan, &date, random_below(random, 4), FQ_EVENT_REJECTED);
        return;
    }
    add_step(life, plan, &date, random_below(random, 4), FQ_EVENT_ACCEPTED);
    if (random_chance(random, 20)) {
        add_step(life, plan, &date, random_below(random, 3), FQ_EVENT_JOINED);
    }
    unsigned sessions = 1u + random_chance(random, 55) + random_chance(random, 20);
    for (unsigned i = 0; i < sessions; i++) {
        add_step(life, plan, &date, 2 + random_below(random, 8), FQ_EVENT_SESSION);
    }
    add_outcome(life, plan, random, &date);
    if (random_chance(random, 70)) {
        add_step(life, plan, &date, 3 + random_below(random, 15), FQ_EVENT_VISITED);
    }
    add_step(life, plan, &date, random_below(random, 6), FQ_EVENT_CLOSED);
    if (random_chance(random, 40)) {
        add_step(life, plan, &date, 5 + random_below(random, 15), FQ_EVENT_ARCHIVED);
    }
}

static void draw_id(struct random *random, struct fq_id *out_id)
{
    fq_put_be64(out_id->bytes, random_next(random));
    fq_put_be64(out_id->bytes + 8, random_next(random));
}

static void draw_life(const struct stream_plan *plan, uint32_t dispute, struct life *life)
{
    static const uint16_t types[] = {1, 2, 2, 3, 4, 5, 6, 7, 9, 1001, 1099, 1102, 1199, 12, 13, 14};
    static const char *const actors[] = {"wang.fang",   "li.wei",    "zhang.min",  "liu.yang",
                                         "chen.jing",   "yang.lei",  "zhao.qiang", "huang.yan",
                                         "mediator-17", "court-desk"};
    struct random random = random_for(plan, dispute);

    draw_id(&random, &life->dispute);
    draw_steps(life, plan, &random); /* the order of a stream rests on these draws alone */
    life->area = plan->area;
    life->kind = random_chance(&random, 80)   ? FQ_KIND_PEOPLE
                 : random_chance(&random, 50) ? FQ_KIND_ADMINISTRATIVE
                                              : FQ_KIND_JUDICIAL;
    life->helper_kind = (uint8_t)(life->kind % 3 + 1);
    life->host = (uint64_t)plan->area * 10000 + 1 + random_below(&random, 40);
    life->helper = (uint64_t)plan->area * 10000 + 100 + random_below(&random, 10);
    life->actor = actors[random_below(&random, sizeof actors / sizeof actors[0])];
    life->type = types[random_below(&random, sizeof types / sizeof types[0])];
    life->form = random_chance(&random, 65) ? FQ_FORM_WRITTEN : FQ_FORM_ORAL;
    life->source = (uint8_t)(1 + random_below(&random, 8));
    life->scale = random_chance(&random, 97) ? 1 : 2;
    life->difficulty = (uint8_t)(1 + random_below(&random, 3));
    life->risk = (uint8_t)(3 + random_below(&random, 3));
    life->persons = 2 + random_below(&random, 3);
    life->place = plan->area * 1000 + 1 + random_below(&random, 20);
    life->amount_cents = 100 * (200 + random_below(&random, 60000));
    for (size_t i = 0; i < sizeof life->hash; i += 8) {
        fq_put_be64(life->hash + i, random_next(&random));
    }
}

/* ---- its events ---- */

static void fill_registered(const struct life *life, struct fq_event *event)
{
    uint64_t *value = event->value;

    value[FQ_FIELD_SOURCE] = life->source;
    value[FQ_FIELD_TYPE] = life->type;
    value[FQ_FIELD_PLACE] = life->place;
    value[FQ_FIELD_HOST] = life->host;
    value[FQ_FIELD_KIND] = life->kind;
    value[FQ_FIELD_COMMITTEE] = life->kind == FQ_KIND_PEOPLE ? 1 + life->host % 6 : 0;
    value[FQ_FIELD_SCALE] = life->scale;
    value[FQ_FIELD_DIFFICULTY] = life->difficulty;
    value[FQ_FIELD_PERSONS] = life->persons;
    value[FQ_FIELD_CLAIMED] = life->amount_cents + life->amount_cents / 4;
    value[FQ_FIELD_RISK] = life->risk;
}

static void fill_body(const struct life *life, uint32_t step, struct fq_event *event)
{
    uint64_t *value = event->value;

    switch (event->kind) {
    case FQ_EVENT_REGISTERED:
        fill_registered(life, event);
        break;
    case FQ_EVENT_ACCEPTED:
        value[FQ_FIELD_CONSENT] = 1;
        break;
    case FQ_EVENT_JOINED:
        value[FQ_FIELD_TO_UNIT] = life->helper;
        value[FQ_FIELD_TO_KIND] = life->helper_kind;
        value[FQ_FIELD_ROLE] = 2;
        break;
    case FQ_EVENT_SESSION:
        value[FQ_FIELD_MINUTES] = 40 + life->hash[step] % 80;
        value[FQ_FIELD_PLACE] = life->place;
        break;
    case FQ_EVENT_AGREED:
        value[FQ_FIELD_FORM] = life->form;
        value[FQ_FIELD_AMOUNT] = life->amount_cents;
        value[FQ_FIELD_DUE] = event->date + 30u;
        break;
    case FQ_EVENT_DOCUMENT:
        value[FQ_FIELD_DOCUMENT] = 1;
        (void)fq_event_set_bytes(event, FQ_FIELD_HASH, fq_span_of(life->hash, sizeof life->hash));
        value[FQ_FIELD_SIZE] = 20000 + life->persons;
        break;
    case FQ_EVENT_CONFIRMATION:
        value[FQ_FIELD_STEP] = life->steps[step].code;
        break;
    case FQ_EVENT_PERFORMED:
        value[FQ_FIELD_PERFORMANCE] = FQ_PERFORMANCE_PERFORMED;
        break;
    case FQ_EVENT_VISITED:
        value[FQ_FIELD_SURVEYED] = 1;
        value[FQ_FIELD_SATISFIED] = life->hash[0] % 20 != 0;
        break;
    case FQ_EVENT_REJECTED:
        (void)fq_event_set_bytes(event, FQ_FIELD_REASON, fq_span_text("no dispute of this kind"));
        break;
    case FQ_EVENT_FAILED:
    case FQ_EVENT_TERMINATED:
        (void)fq_event_set_bytes(event, FQ_FIELD_REASON, fq_span_text("the parties stay apart"));
        break;
    case FQ_EVENT_CLOSED:
    case FQ_EVENT_ARCHIVED:
        value[FQ_FIELD_RETENTION] = 3;
        break;
    default:
        break;
    }
}

static void fill_event(const struct life *life, uint32_t step, struct fq_event *event)
{
    memset(event, 0, sizeof *event);
    event->kind = event->step = life->steps[step].kind;
    event->rev = step + 1;
    event->date = life->steps[step].date;
    event->hlc = (event->date - (uint64_t)EPOCH_DAY) * HLC_DAY_MS << 16 | step;
    event->dict_version = 1;
    event->area = life->area;
    event->unit = life->host;
    event->dispute = event->cmd_id = life->dispute; /* a registration names the dispute */
    if (step > 0) {
        struct random random = random_of(fq_get_be64(life->dispute.bytes) + step);
        draw_id(&random, &event->cmd_id);
    }
    event->actor = fq_span_text(life->actor);
    fill_body(life, step, event);
}

/* ---- one county ---- */

/* Sort by date; lives and their steps stay in order within a day. */
static void sort_steps(struct stream *stream, uint32_t *starts)
{
    const struct stream_plan *plan = &stream->plan;

    for (uint32_t i = 0; i < plan->dispute_count; i++) {
        draw_life(plan, i, &stream->life);
        for (uint32_t step = 0; step < stream->life.count; step++) {
            starts[stream->life.steps[step].date - plan->first_day + 1]++;
        }
    }
    for (uint32_t day = 0; day <= (uint32_t)plan->last_day - plan->first_day; day++) {
        starts[day + 1] += starts[day];
    }
    for (uint32_t i = 0; i < plan->dispute_count; i++) {
        draw_life(plan, i, &stream->life);
        for (uint32_t step = 0; step < stream->life.count; step++) {
            uint32_t day = (uint32_t)(stream->life.steps[step].date - plan->first_day);
            stream->order[starts[day]++] = i * LIFE_STEPS_MAX + step;
            stream->count++;
        }
    }
}

bool stream_open(struct stream *stream, const struct stream_plan *plan)
{
    size_t days = (size_t)(plan->last_day - plan->first_day) + 1;
    uint32_t *starts = calloc(days + 1, sizeof *starts);

    *stream = (struct stream){.plan = *plan};
    stream->order = malloc(((size_t)plan->dispute_count + 1) * LIFE_STEPS_MAX * sizeof(uint32_t));
    bool is_fine = starts && stream->order;
    if (is_fine) {
        sort_steps(stream, starts);
        uint32_t *fitting = realloc(stream->order, ((size_t)stream->count + 1) * sizeof(uint32_t));
        stream->order = fitting ? fitting : stream->order;
    }
    free(starts);
    return is_fine;
}

void stream_close(struct stream *stream)
{
    free(stream->order);
    *stream = (struct stream){0};
}

uint16_t stream_next_date(struct stream *stream)
{
    if (stream->next == stream->count) {
        return 0;
    }
    uint32_t place = stream->order[stream->next];
    if (stream->drawn != place / LIFE_STEPS_MAX + 1) {
        draw_life(&stream->plan, place / LIFE_STEPS_MAX, &stream->life);
        stream->drawn = place / LIFE_STEPS_MAX + 1;
    }
    return stream->life.steps[place % LIFE_STEPS_MAX].date;
}

bool stream_next(struct stream *stream, struct fq_event *out_event)
{
    if (stream_next_date(stream) == 0) {
        return false;
    }
    fill_event(&stream->life, stream->order[stream->next] % LIFE_STEPS_MAX, out_event);
    stream->next++;
    out_event->id = (struct fq_event_id){{stream->plan.area * 100 + 1, 0, 1}, stream->next};
    return true;
}
