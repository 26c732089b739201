/* The options that fill fields: one row each, so that no verb spells an option twice. */
#include <string.h>

#include "step.h"

static const struct step_field rows[] = {
    {FQ_FIELD_TYPE, "type", NULL, "TYPE", N_("dispute type: id, number or name")},
    {FQ_FIELD_SOURCE, "source", NULL, "SOURCE", N_("how it was found: id, number or name")},
    {FQ_FIELD_PLACE, "place", NULL, "CODE", N_("town or village: code or name")},
    {FQ_FIELD_HOST, "host", NULL, "UNIT", N_("the unit that answers for it (default: --unit)")},
    {FQ_FIELD_KIND, "kind", NULL, "KIND", N_("people, administrative or judicial")},
    {FQ_FIELD_COMMITTEE, "committee", NULL, "TYPE", N_("type of the mediation committee")},
    {FQ_FIELD_SCALE, "scale", NULL, "SCALE", N_("scale of the dispute")},
    {FQ_FIELD_DIFFICULTY, "difficulty", NULL, "LEVEL", N_("difficulty")},
    {FQ_FIELD_PERSONS, "persons", NULL, "N", N_("number of persons")},
    {FQ_FIELD_CLAIMED, "claimed", NULL, "YUAN", N_("amount claimed")},
    {FQ_FIELD_RISK, "risk", "level", "LEVEL", N_("risk level")},
    {FQ_FIELD_CAMPAIGN, "campaign", NULL, "NAME", N_("campaign it belongs to: name or number")},
    {FQ_FIELD_FLAGS, "flags", NULL, "WORD,...",
     N_("who is concerned: minor, migrant, women, elderly")},
    {FQ_FIELD_CONSENT, "consent", NULL, "yes|no", N_("whether the parties consent (default: yes)")},
    {FQ_FIELD_REASON, "reason", NULL, "TEXT", N_("reason; public, so no names of parties")},
    {FQ_FIELD_MINUTES, "minutes", NULL, "N", N_("how long it took")},
    {FQ_FIELD_TO_UNIT, "to-unit", NULL, "UNIT", N_("the other unit: ten digits, or its name")},
    {FQ_FIELD_TO_KIND, "kind", NULL, "KIND", N_("people, administrative or judicial")},
    {FQ_FIELD_ROLE, "role", NULL, "ROLE", N_("assist or host (default: assist)")},
    {FQ_FIELD_REFERRAL, "referral", NULL, "ID", N_("which referral, when the dispute has several")},
    {FQ_FIELD_DUE, "due", NULL, "DATE", N_("due date")},
    {FQ_FIELD_OUTCOME, "outcome", NULL, "OUTCOME", N_("outcome: agreed, failed or terminated")},
    {FQ_FIELD_TO_AREA, "to-area", NULL, "CODE", N_("the county it goes to")},
    {FQ_FIELD_TO_TIER, "to", NULL, "TIER", N_("city or province")},
    {FQ_FIELD_CARD, "card", NULL, "CARD", N_("none, yellow or red")},
    {FQ_FIELD_DAYS, "days", NULL, "N", N_("days more")},
    {FQ_FIELD_FORM, "form", NULL, "FORM", N_("oral or written")},
    {FQ_FIELD_AMOUNT, "amount", NULL, "YUAN", N_("amount agreed, such as 707.00")},
    {FQ_FIELD_IMMEDIATE, "immediate", NULL, NULL, N_("performed at once")},
    {FQ_FIELD_PERFORMANCE, "status", "performance", "STATUS", N_("how it was performed")},
    {FQ_FIELD_STEP, "step", "confirmation", "STEP",
     N_("judicial confirmation (default: confirmed)")},
    {FQ_FIELD_SURVEYED, "surveyed", NULL, "yes|no",
     N_("whether the party answered (default: yes)")},
    {FQ_FIELD_SATISFIED, "satisfied", NULL, "yes|no", N_("whether the party is satisfied")},
    {FQ_FIELD_EFFECT, "effect", NULL, "EFFECT", N_("what was prevented")},
    {FQ_FIELD_DOCUMENT, "document", NULL, "DOCUMENT", N_("kind of document, such as agreement")},
    {FQ_FIELD_RETENTION, "retention", NULL, "CLASS",
     N_("how long the file is kept: permanent, long or short")},
    {FQ_FIELD_INTO, "into", NULL, "DISPUTE", N_("the dispute it is merged into")},
    {FQ_FIELD_WHY, "reason", NULL, "TEXT",
     N_("why it is corrected; public, so no names of parties")},
};

const struct step_field *step_field(enum fq_field field)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].field == field) {
            return &rows[i];
        }
    }
    return NULL;
}

/* ---- numbers that have words ---- */

static const struct step_word words[] = {
    {FQ_FIELD_ROLE, 1, "host", N_("host")},
    {FQ_FIELD_ROLE, 2, "assist", N_("assist")},
    {FQ_FIELD_TO_TIER, FQ_TIER_COUNTY, "county", N_("county")},
    {FQ_FIELD_TO_TIER, FQ_TIER_CITY, "city", N_("city")},
    {FQ_FIELD_TO_TIER, FQ_TIER_PROVINCE, "province", N_("province")},
    {FQ_FIELD_CARD, 0, "none", N_("no card")},
    {FQ_FIELD_CARD, 1, "yellow", N_("yellow card")},
    {FQ_FIELD_CARD, 2, "red", N_("red card")},
    {FQ_FIELD_FLAGS, 1, "minor", N_("a minor is concerned")},
    {FQ_FIELD_FLAGS, 2, "migrant", N_("migrant workers are concerned")},
    {FQ_FIELD_FLAGS, 4, "women", N_("women's rights are concerned")},
    {FQ_FIELD_FLAGS, 8, "elderly", N_("elderly people are concerned")},
    {FQ_FIELD_DOCUMENT, 1, "application", N_("application")},
    {FQ_FIELD_DOCUMENT, 2, "acceptance", N_("acceptance form")},
    {FQ_FIELD_DOCUMENT, 3, "record", N_("mediation record")},
    {FQ_FIELD_DOCUMENT, 4, "agreement", N_("agreement document")},
    {FQ_FIELD_DOCUMENT, 5, "confirmation", N_("confirmation ruling")},
    {FQ_FIELD_DOCUMENT, 6, "visit", N_("follow-up record")},
    {FQ_FIELD_DOCUMENT, 7, "evidence", N_("evidence")},
    {FQ_FIELD_DOCUMENT, 8, "other", N_("other document")},
    {FQ_FIELD_RETENTION, 1, "permanent", N_("permanent")},
    {FQ_FIELD_RETENTION, 2, "long", N_("long")},
    {FQ_FIELD_RETENTION, 3, "short", N_("short")},
};

const struct step_word *step_word(enum fq_field field, size_t index)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i].field == field && index-- == 0) {
            return &words[i];
        }
    }
    return NULL;
}

static bool is_word(const struct step_word *word, const char *text, size_t size)
{
    char said[64];

    cli_copy(said, sizeof said, fq_span_of(text, size));
    return strcmp(word->id, said) == 0 || cli_text_means(word->title, said);
}

static const struct step_word *find_word(enum fq_field field, const char *text, size_t size)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i].field == field && is_word(&words[i], text, size)) {
            return &words[i];
        }
    }
    return NULL;
}

bool step_read_word(enum fq_field field, const char *text, uint64_t *out_number)
{
    uint64_t number = 0;

    while (*text) {
        size_t size = strcspn(text, field == FQ_FIELD_FLAGS ? "," : "");
        const struct step_word *word = find_word(field, text, size);
        if (!word) {
            return false;
        }
        number |= word->number; /* only flags have several */
        text += size + (text[size] == ',');
    }
    *out_number = number;
    return true;
}

void step_list_words(enum fq_field field, char *out, size_t out_size)
{
    size_t used = 0;

    out[0] = 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0] && used < out_size; i++) {
        if (words[i].field == field) {
            used += (size_t)snprintf(out + used, out_size - used, "%s%s", used ? ", " : "",
                                     words[i].id);
        }
    }
}

/* ---- party data ---- */

static const struct step_vault vaults[] = {
    {FQ_VAULT_PARTY_NAME, "party", "NAME", N_("a party's name; stays in this node's vault")},
    {FQ_VAULT_PARTY_ID_NUMBER, "party-id", "NUMBER",
     N_("a party's identity number; stays in the vault")},
    {FQ_VAULT_PARTY_PHONE, "phone", "NUMBER", N_("a party's telephone; stays in the vault")},
    {FQ_VAULT_PARTY_ADDRESS, "address", "TEXT", N_("a party's address; stays in the vault")},
    {FQ_VAULT_OTHER_PARTY_NAME, "other-party", "NAME",
     N_("the other party's name; stays in the vault")},
    {FQ_VAULT_OTHER_PARTY_ID_NUMBER, "other-party-id", "NUMBER",
     N_("the other party's identity number; stays in the vault")},
    {FQ_VAULT_OTHER_PARTY_PHONE, "other-phone", "NUMBER",
     N_("the other party's telephone; stays in the vault")},
    {FQ_VAULT_OTHER_PARTY_ADDRESS, "other-address", "TEXT",
     N_("the other party's address; stays in the vault")},
    {FQ_VAULT_NARRATIVE, "narrative", "TEXT|@FILE", N_("what happened; stays in the vault")},
    {FQ_VAULT_AGREEMENT_TEXT, "agreement-text", "TEXT|@FILE",
     N_("the words of the agreement; stay in the vault")},
    {FQ_VAULT_NOTE, "note", "TEXT|@FILE", N_("what was said; stays in the vault")},
};
#define VAULTS (sizeof vaults / sizeof vaults[0])

static bool takes_vault(unsigned kind, enum fq_vault_field field)
{
    switch (kind) {
    case FQ_EVENT_CORRECTED:
        return true;
    case FQ_EVENT_REGISTERED:
        return field <= FQ_VAULT_NARRATIVE;
    case FQ_EVENT_AGREED:
        return field >= FQ_VAULT_AGREEMENT_TEXT;
    case FQ_EVENT_SESSION:
    case FQ_EVENT_VISITED:
        return field == FQ_VAULT_NOTE;
    default:
        return false;
    }
}

const struct step_vault *step_vault(unsigned kind, size_t index)
{
    for (size_t i = 0; i < VAULTS; i++) {
        if (takes_vault(kind, vaults[i].field) && index-- == 0) {
            return &vaults[i];
        }
    }
    return NULL;
}
