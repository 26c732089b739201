#include "henan.h"

#include <string.h>

#define HLC_DAY_MS UINT64_C(86400000)
#define EPOCH_DAY 25568 /* 1970-01-01 as a business date */
#define OFFICE_MS (9u * 3600000)
#define UNITS 40 /* committees of a county */

uint64_t day_hlc(uint16_t day)
{
    return ((day - (uint64_t)EPOCH_DAY) * HLC_DAY_MS + OFFICE_MS) << 16;
}

/* ---- what comes first of a life, and can be asked for alone ---- */

struct head {
    struct random random; /* what follows goes on from here */
    enum life_class class;
    uint32_t place; /* within its class */
    struct fq_id id;
    uint16_t registered;
    uint16_t delay; /* days until it is written down */
};

static void draw_id(struct random *random, struct fq_id *out_id)
{
    fq_put_be64(out_id->bytes, random_next(random));
    fq_put_be64(out_id->bytes + 8, random_next(random));
}

static uint16_t draw_day(struct random *random, uint16_t first, uint16_t last)
{
    return (uint16_t)(first +
                      random_below(random, last > first ? (uint32_t)(last - first) + 1 : 1));
}

/* Days on which lives of the class begin. */
static void find_days(const struct province *province, const struct county *county,
                      enum life_class class, uint16_t *out_first, uint16_t *out_last)
{
    uint16_t half = (uint16_t)(province->end_2020 + 1); /* 2020-07-01 */
    uint16_t enough = (uint16_t)(province->end_2021 - 12);

    switch (class) {
    case LIFE_BASE:
        *out_first = province->day_2020;
        *out_last = (uint16_t)(province->end_2020 - 12);
        return;
    case LIFE_OLDER:
    case LIFE_OPEN:
        *out_first = half;
        *out_last = (uint16_t)(half + 160);
        return;
    default:
        *out_first = county->first;
        *out_last = county->last < enough ? county->last : enough;
        return;
    }
}

static uint16_t draw_delay(struct random *random, enum life_class class)
{
    bool is_late = random_chance(random, class == LIFE_OLDER ? 50 : 3);
    uint32_t days = 30 + random_below(random, 700); /* up to two years */

    return (uint16_t)(is_late && class != LIFE_OPEN ? days : 0);
}

static struct head draw_head(const struct province *province, const struct county *county,
                             uint32_t index)
{
    struct random mixer = random_of(province->seed ^ (uint64_t)county->area << 40 ^ index);
    struct head head = {.random = random_of(random_next(&mixer)), .place = index};
    uint16_t first, last;

    while (head.place >= county->count[head.class]) { /* ends: index is below county_lives */
        head.place -= county->count[head.class ++];
    }
    draw_id(&head.random, &head.id);
    head.id.bytes[0] &= 0x7f; /* below all that are merged into others */
    find_days(province, county, head.class, &first, &last);
    head.registered = draw_day(&head.random, first, last);
    head.delay = draw_delay(&head.random, head.class);
    return head;
}

/* ---- steps ---- */

struct drawing {
    const struct province *province;
    const struct county *county;
    struct life *life;
    struct random random;
    uint16_t date, end; /* no step that counts in the period is dated later than `end` */
    uint16_t delay, written;
    uint32_t writer;
};

static uint16_t clamp(unsigned day, uint16_t end)
{
    return (uint16_t)(day < end ? day : end);
}

/* Who writes for a county on a day: itself, or the area that took it over. */
static uint32_t writer_on(const struct drawing *drawing, uint16_t day)
{
    return drawing->county->successor && drawing->writer == drawing->county->area &&
                   day >= drawing->province->change_day
               ? drawing->county->successor
               : drawing->writer;
}

static struct life_step *add_step(struct drawing *drawing, uint8_t kind, unsigned days)
{
    struct life *life = drawing->life;
    struct life_step *step = &life->steps[life->count++];

    FQ_ASSERT(life->count <= LIFE_STEPS_MAX);
    drawing->date = clamp(drawing->date + days, drawing->end);
    uint16_t written =
        (uint16_t)(drawing->date + drawing->delay + random_below(&drawing->random, 3));
    drawing->written = written > drawing->written ? written : drawing->written;
    *step = (struct life_step){
        .kind = kind,
        .step = kind,
        .date = drawing->date,
        .written = drawing->written,
        .writer = writer_on(drawing, drawing->written),
    };
    return step;
}

/* A correction of the step of that kind, which writes it again with another date. */
static void add_correction(struct drawing *drawing, uint8_t of, uint16_t date)
{
    struct life_step *step = add_step(drawing, FQ_EVENT_CORRECTED, 0);

    step->step = of;
    step->date = date;
}

static bool one_in(struct drawing *drawing, uint32_t many)
{
    return random_below(&drawing->random, many) == 0;
}

static void add_sessions(struct drawing *drawing)
{
    unsigned count = 1u + random_chance(&drawing->random, 45) + random_chance(&drawing->random, 15);

    for (unsigned i = 0; i < count; i++) {
        add_step(drawing, FQ_EVENT_SESSION, random_below(&drawing->random, 3));
    }
}

/* Another county that is there all the time and has no daemon; `is_near`: of the same city. */
static const struct county *find_other(struct drawing *drawing, bool is_near)
{
    const struct province *province = drawing->province;
    uint32_t at = random_below(&drawing->random, province->county_count);

    for (uint32_t tries = 0; tries < province->county_count; tries++) {
        const struct county *other = &province->counties[(at + tries) % province->county_count];
        if ((!is_near || other->city == drawing->county->city) && other != drawing->county &&
            !other->is_run && other->count[LIFE_BASE] && !other->successor) {
            return other;
        }
    }
    return NULL;
}

/* The dispute goes to another county, which writes on. */
static void add_transfer(struct drawing *drawing)
{
    const struct county *other = find_other(drawing, true);

    if (!other || drawing->county->is_run || drawing->county->successor) {
        return;
    }
    add_step(drawing, FQ_EVENT_TRANSFERRED, random_below(&drawing->random, 2));
    drawing->life->home = other->area;
    drawing->life->host = (uint64_t)other->area * 10000 + 1 + random_below(&drawing->random, UNITS);
    drawing->writer = other->area;
}

/* One in five has help of another kind; some, of another county. */
static void add_help(struct drawing *drawing)
{
    struct life *life = drawing->life;
    const struct county *county = drawing->county;
    uint32_t how = random_below(&drawing->random, 100);
    const struct county *other = how < 5 ? find_other(drawing, false) : NULL;

    if (other) {
        life->helper = (uint64_t)other->area * 10000 + 1;
        life->helper_kind = FQ_KIND_PEOPLE;
    } else if (how < 15) {
        life->helper = (uint64_t)county->city * 10000 + 201;
        life->helper_kind = FQ_KIND_JUDICIAL;
    } else {
        life->helper_kind = how < 60 ? FQ_KIND_ADMINISTRATIVE : FQ_KIND_JUDICIAL;
        life->helper = (uint64_t)county->area * 10000 + 100u * (life->helper_kind - 1u) + 1;
    }
    add_step(drawing, FQ_EVENT_JOINED, random_below(&drawing->random, 2));
}

static void add_agreement(struct drawing *drawing)
{
    uint16_t accepted = drawing->date;
    bool is_whole = drawing->life->class == LIFE_MAIN;

    add_step(drawing, FQ_EVENT_AGREED, random_below(&drawing->random, 3));
    if (is_whole && one_in(drawing, 300)) {
        add_step(drawing, FQ_EVENT_REOPENED, 1);
        add_step(drawing, FQ_EVENT_SESSION, random_below(&drawing->random, 3));
        add_step(drawing, FQ_EVENT_AGREED, random_below(&drawing->random, 3));
    } else if (is_whole && one_in(drawing, 200)) {
        add_correction(drawing, FQ_EVENT_AGREED, accepted); /* the day of the last session */
    }
}

static void add_aftermath(struct drawing *drawing)
{
    struct random *random = &drawing->random;
    bool is_agreed = drawing->life->steps[drawing->life->count - 1].step == FQ_EVENT_AGREED;

    drawing->end = FQ_DATE_MAX;
    if (is_agreed && random_chance(random, 40)) {
        add_step(drawing, FQ_EVENT_DOCUMENT, 0);
    }
    if (is_agreed && random_chance(random, 6)) {
        add_step(drawing, FQ_EVENT_CONFIRMATION, 2 + random_below(random, 8))->code =
            FQ_CONFIRMATION_APPLIED;
        add_step(drawing, FQ_EVENT_CONFIRMATION, 5 + random_below(random, 10))->code =
            FQ_CONFIRMATION_CONFIRMED;
    }
    if (is_agreed && random_chance(random, 85)) {
        add_step(drawing, FQ_EVENT_PERFORMED, random_below(random, 10))->code =
            FQ_PERFORMANCE_PERFORMED;
    }
    if (random_chance(random, 60)) {
        add_step(drawing, FQ_EVENT_VISITED, 3 + random_below(random, 12));
    }
    add_step(drawing, FQ_EVENT_CLOSED, random_below(random, 5));
    if (random_chance(random, 30)) {
        add_step(drawing, FQ_EVENT_ARCHIVED, 5 + random_below(random, 10));
    }
}

static void add_outcome(struct drawing *drawing, bool is_agreed)
{
    if (is_agreed) {
        add_agreement(drawing);
    } else {
        add_step(drawing, one_in(drawing, 3) ? FQ_EVENT_TERMINATED : FQ_EVENT_FAILED,
                 random_below(&drawing->random, 3));
    }
}

/* A dispute of 2021 from its acceptance on. */
static void add_main(struct drawing *drawing, bool is_agreed)
{
    struct life *life = drawing->life;

    add_step(drawing, FQ_EVENT_ACCEPTED, random_below(&drawing->random, 3));
    if (random_below(&drawing->random, 1000) < 211) {
        add_help(drawing);
    }
    if (one_in(drawing, 50)) {
        add_step(drawing, FQ_EVENT_REFERRED, 0);
    }
    if (one_in(drawing, 200)) {
        add_transfer(drawing);
    }
    add_sessions(drawing);
    if (one_in(drawing, 100)) {
        life->final_type =
            life->type == 2 ? 3 : 2; /* a boundary wall taken for a house, or for another's */
        add_correction(drawing, FQ_EVENT_REGISTERED, life->steps[0].date);
    }
    if (one_in(drawing, 250)) {
        add_step(drawing, FQ_EVENT_PREVENTED, 0)->code =
            (uint8_t)(1 + random_below(&drawing->random, 4));
    }
    add_outcome(drawing, is_agreed);
    add_aftermath(drawing);
}

/* The year before is kept shorter: what is compared, and the rest of its life in a word. */
static void add_base(struct drawing *drawing, bool is_agreed)
{
    add_step(drawing, FQ_EVENT_ACCEPTED, random_below(&drawing->random, 3));
    if (random_below(&drawing->random, 1000) < 190) {
        add_help(drawing);
    }
    add_outcome(drawing, is_agreed);
    drawing->end = FQ_DATE_MAX;
    if (random_chance(&drawing->random, 25)) {
        add_step(drawing, FQ_EVENT_VISITED, 3 + random_below(&drawing->random, 12));
    }
    add_step(drawing, FQ_EVENT_CLOSED, random_below(&drawing->random, 5));
}

/* The dispute that was registered before, of which this one is a second registration. */
static void add_merge(struct drawing *drawing, const struct head *head)
{
    const struct county *county = drawing->county;
    struct life *life = drawing->life;

    if (county->count[LIFE_MAIN] == 0) {
        add_step(drawing, FQ_EVENT_VOIDED, 1);
        return;
    }
    struct head first =
        draw_head(drawing->province, county, head->place * 37 % county->count[LIFE_MAIN]);
    life->into = first.id;
    life->dispute.bytes[0] |= 0x80;
    drawing->delay = first.delay;
    drawing->end = county->last;
    drawing->date = clamp(first.registered + 1u, county->last);
    add_step(drawing, FQ_EVENT_REGISTERED, 0)->written += 3;
    drawing->written = (uint16_t)(drawing->written + 3);
    life->steps[0].writer = writer_on(drawing, drawing->written);
    drawing->end = FQ_DATE_MAX;
    add_step(drawing, FQ_EVENT_MERGED, 3);
}

static void add_life(struct drawing *drawing, const struct head *head)
{
    const struct county *county = drawing->county;
    bool is_agreed = head->class > LIFE_BASE || head->place < county->agreed[head->class];

    if (head->class == LIFE_MERGED) {
        add_merge(drawing, head);
        return;
    }
    add_step(drawing, FQ_EVENT_REGISTERED, 0);
    switch (head->class) {
    case LIFE_MAIN:
        add_main(drawing, is_agreed);
        return;
    case LIFE_BASE:
    case LIFE_OLDER:
        add_base(drawing, is_agreed);
        return;
    case LIFE_REJECTED:
        add_step(drawing, FQ_EVENT_REJECTED, random_below(&drawing->random, 4));
        return;
    case LIFE_OPEN:
        add_step(drawing, FQ_EVENT_ACCEPTED, random_below(&drawing->random, 4));
        add_step(drawing, FQ_EVENT_SESSION, 2);
        return;
    default:
        add_step(drawing, FQ_EVENT_ACCEPTED, 0);
        add_step(drawing, FQ_EVENT_VOIDED, 1);
        return;
    }
}

/* ---- what a dispute is about ---- */

static uint16_t draw_type(const struct province *province, struct random *random)
{
    uint32_t at = random_below(random, province->type_weights[province->type_count - 1]);
    uint32_t place = 0;

    while (at >= province->type_weights[place]) {
        place++;
    }
    return province->types[place];
}

static void draw_subject(const struct province *province, struct random *random, struct life *life)
{
    static const uint8_t sources[] = {1, 1, 1, 2, 2, 2, 3, 3, 4, 6, 7, 8}; /* screening first */
    static const uint8_t difficulties[] = {1, 1, 1, 1, 2, 2, 2, 2, 3, 4};
    static const char *const actors[] = {"m01", "m02", "m03", "m04", "m05", "m06", "m07", "m08"};
    uint32_t unit = random_below(random, UNITS);

    life->type = life->final_type = draw_type(province, random);
    life->host = life->first_host = (uint64_t)life->birth * 10000 + 1 + unit;
    life->committee = (uint8_t)(1 + unit % 6);
    life->actor = actors[random_below(random, sizeof actors / sizeof actors[0])];
    life->source = sources[random_below(random, sizeof sources)];
    life->difficulty = difficulties[random_below(random, sizeof difficulties)];
    life->scale = random_chance(random, 98) ? 1 : 2;
    life->risk = (uint8_t)(3 + random_below(random, 3));
    life->form = random_chance(random, 45) ? FQ_FORM_WRITTEN : FQ_FORM_ORAL;
    life->persons = 2 + random_below(random, 3);
    life->place = life->birth * 1000 + 1 + random_below(random, 15);
    life->amount_cents = random_chance(random, 40) ? 0 : 100 * (200 + random_below(random, 30000));
}

static uint16_t end_of(const struct province *province, enum life_class class)
{
    return class == LIFE_BASE    ? province->end_2020
           : class == LIFE_OLDER ? (uint16_t)(province->day_2021 - 1)
                                 : province->end_2021;
}

void life_draw(const struct province *province, const struct county *county, uint32_t index,
               struct life *life)
{
    struct head head = draw_head(province, county, index);

    *life = (struct life){
        .class = head.class, .dispute = head.id, .birth = county->area, .home = county->area};
    draw_subject(province, &head.random, life);
    struct drawing drawing = {.province = province,
                              .county = county,
                              .life = life,
                              .random = head.random,
                              .date = head.registered,
                              .end = end_of(province, head.class),
                              .delay = head.delay,
                              .writer = county->area};
    life->referred = (uint64_t)county->area * 10000 + 301;
    add_life(&drawing, &head);
}

/* ---- its events ---- */

static void fill_registered(const struct life *life, bool is_corrected, struct fq_event *event)
{
    uint64_t *value = event->value;

    value[FQ_FIELD_SOURCE] = life->source;
    value[FQ_FIELD_TYPE] = is_corrected ? life->final_type : life->type;
    value[FQ_FIELD_PLACE] = life->place;
    value[FQ_FIELD_HOST] = life->first_host;
    value[FQ_FIELD_KIND] = FQ_KIND_PEOPLE;
    value[FQ_FIELD_COMMITTEE] = life->committee;
    value[FQ_FIELD_SCALE] = life->scale;
    value[FQ_FIELD_DIFFICULTY] = life->difficulty;
    value[FQ_FIELD_PERSONS] = life->persons;
    value[FQ_FIELD_CLAIMED] = life->amount_cents + life->amount_cents / 4;
    value[FQ_FIELD_RISK] = life->risk;
}

static void fill_referred(const struct life *life, struct fq_event *event)
{
    event->value[FQ_FIELD_TO_UNIT] = life->referred;
    event->value[FQ_FIELD_TO_KIND] = FQ_KIND_ADMINISTRATIVE;
    event->value[FQ_FIELD_DUE] = event->date + 15u;
    (void)fq_event_set_bytes(event, FQ_FIELD_REASON, fq_span_text("needs an inspection on site"));
    (void)fq_event_set_bytes(event, FQ_FIELD_REFERRAL, fq_span_of(event->cmd_id.bytes, FQ_ID_SIZE));
}

static void fill_after(const struct life *life, const struct life_step *step,
                       struct fq_event *event)
{
    uint64_t *value = event->value;

    switch (event->step) {
    case FQ_EVENT_PERFORMED:
        value[FQ_FIELD_PERFORMANCE] = step->code;
        return;
    case FQ_EVENT_CONFIRMATION:
        value[FQ_FIELD_STEP] = step->code;
        return;
    case FQ_EVENT_VISITED:
        value[FQ_FIELD_SURVEYED] = 1;
        value[FQ_FIELD_SATISFIED] = life->dispute.bytes[7] % 50 != 0;
        return;
    case FQ_EVENT_PREVENTED:
        value[FQ_FIELD_EFFECT] = step->code;
        value[FQ_FIELD_PERSONS] = 2u + life->dispute.bytes[8] % 20;
        return;
    case FQ_EVENT_DOCUMENT:
        value[FQ_FIELD_DOCUMENT] = 1;
        (void)fq_event_set_bytes(event, FQ_FIELD_HASH, fq_span_of(life->dispute.bytes, FQ_ID_SIZE));
        value[FQ_FIELD_SIZE] = 20000 + life->persons;
        return;
    case FQ_EVENT_CLOSED:
    case FQ_EVENT_ARCHIVED:
        value[FQ_FIELD_RETENTION] = 3;
        return;
    case FQ_EVENT_MERGED:
        (void)fq_event_set_bytes(event, FQ_FIELD_INTO, fq_span_of(life->into.bytes, FQ_ID_SIZE));
        return;
    default:
        return;
    }
}

static void fill_body(const struct life *life, const struct life_step *step, struct fq_event *event)
{
    uint64_t *value = event->value;

    switch (event->step) {
    case FQ_EVENT_REGISTERED:
        fill_registered(life, event->kind == FQ_EVENT_CORRECTED, event);
        return;
    case FQ_EVENT_ACCEPTED:
        value[FQ_FIELD_CONSENT] = 1;
        return;
    case FQ_EVENT_JOINED:
        value[FQ_FIELD_TO_UNIT] = life->helper;
        value[FQ_FIELD_TO_KIND] = life->helper_kind;
        value[FQ_FIELD_ROLE] = 2;
        return;
    case FQ_EVENT_REFERRED:
        fill_referred(life, event);
        return;
    case FQ_EVENT_TRANSFERRED:
        value[FQ_FIELD_TO_AREA] = life->home;
        value[FQ_FIELD_TO_UNIT] = life->host;
        value[FQ_FIELD_TO_KIND] = FQ_KIND_PEOPLE;
        return;
    case FQ_EVENT_SESSION:
        value[FQ_FIELD_MINUTES] = 40u + life->dispute.bytes[6] % 80;
        return;
    case FQ_EVENT_AGREED:
        value[FQ_FIELD_FORM] = life->form;
        value[FQ_FIELD_AMOUNT] = life->amount_cents;
        value[FQ_FIELD_DUE] = event->date + 30u;
        return;
    case FQ_EVENT_REJECTED:
    case FQ_EVENT_FAILED:
    case FQ_EVENT_TERMINATED:
    case FQ_EVENT_VOIDED:
    case FQ_EVENT_REOPENED:
        (void)fq_event_set_bytes(event, FQ_FIELD_REASON, fq_span_text("drawn"));
        return;
    default:
        fill_after(life, step, event);
        return;
    }
}

/* The home as the writer of a step knew it. */
static uint32_t home_at(const struct life *life, uint32_t step)
{
    for (uint32_t i = 0; i < step; i++) {
        if (life->steps[i].kind == FQ_EVENT_TRANSFERRED) {
            return life->home;
        }
    }
    return life->birth;
}

void life_event(const struct life *life, uint32_t step, struct fq_event *out_event)
{
    const struct life_step *row = &life->steps[step];

    memset(out_event, 0, sizeof *out_event);
    out_event->kind = row->kind;
    out_event->step = row->step;
    out_event->rev = step + 1;
    out_event->date = row->date;
    out_event->dict_version = 1;
    out_event->area = home_at(life, step);
    out_event->unit = out_event->area == life->birth ? life->first_host : life->host;
    out_event->dispute = out_event->cmd_id = life->dispute; /* a registration names the dispute */
    if (step > 0) {
        struct random random = random_of(fq_get_be64(life->dispute.bytes) ^
                                         fq_get_be64(life->dispute.bytes + 8) ^ step);
        draw_id(&random, &out_event->cmd_id);
    }
    out_event->actor = fq_span_text(life->actor);
    if (row->kind == FQ_EVENT_CORRECTED) {
        out_event->value[FQ_FIELD_CORRECTS] = row->step;
        (void)fq_event_set_bytes(out_event, FQ_FIELD_WHY, fq_span_text("entered wrongly"));
    }
    fill_body(life, row, out_event);
}
