/* Titles of the keys of results, and the words of the domain that results hold. */
#include "words.h"

#include <string.h>

#include "cli.h"

/* A key that ends with # is the key where the column holds numbers. */
static const struct {
    const char *key, *title;
} titles[] = {
    {"acked", N_("acknowledged")},
    {"activity", N_("activity")},
    {"against", N_("against")},
    {"areas", N_("areas")},
    {"as_of", N_("as of")},
    {"boot", N_("start")},
    {"by", N_("by")},
    {"campaign", N_("campaign")},
    {"card", N_("card")},
    {"children", N_("below it")},
    {"claimed_cents", N_("amount claimed")},
    {"cmd_id", N_("command id")},
    {"complete", N_("complete")},
    {"consent", N_("consent")},
    {"correction_reason", N_("why corrected")},
    {"corrects", N_("corrects")},
    {"count", N_("count")},
    {"cross_area", N_("cross-area")},
    {"days", N_("days")},
    {"difficult", N_("difficult")},
    {"difficult_persons", N_("persons in difficult ones")},
    {"distinct", N_("distinct")},
    {"document", N_("document")},
    {"due", N_("due date")},
    {"effect", N_("effect")},
    {"first_day", N_("first day")},
    {"flags", N_("groups")},
    {"found_resolved", N_("found and resolved")},
    {"from", N_("from")},
    {"hash", N_("hash")},
    {"heard", N_("heard")},
    {"history", N_("history")},
    {"holds", N_("holds")},
    {"hostile", N_("hostile messages")},
    {"households", N_("households")},
    {"http", N_("page")},
    {"immediate", N_("performed at once")},
    {"indicator", N_("indicator")},
    {"inner", N_("inner record")},
    {"inner_id", N_("inner event")},
    {"into", N_("into")},
    {"last_day", N_("last day")},
    {"linked#", N_("linked disputes")},
    {"linked_concluded", N_("linked and concluded")},
    {"linked_share", N_("linked %")},
    {"merged", N_("merged")},
    {"metrics", N_("metrics")},
    {"minutes", N_("minutes")},
    {"name_en", N_("English name")},
    {"name_zh", N_("Chinese name")},
    {"open", N_("open")},
    {"oral", N_("oral")},
    {"origins", N_("origins")},
    {"overdue", N_("overdue")},
    {"overlap", N_("overlap")},
    {"agreement_text", N_("words of the agreement")},
    {"narrative", N_("what happened")},
    {"note", N_("note")},
    {"other_party_address", N_("other party's address")},
    {"other_party_id_number", N_("other party's id number")},
    {"other_party_name", N_("other party")},
    {"other_party_phone", N_("other party's telephone")},
    {"participated", N_("participated")},
    {"party_address", N_("party's address")},
    {"party_id_number", N_("party's id number")},
    {"party_name", N_("party")},
    {"party_phone", N_("party's telephone")},
    {"payload", N_("payload")},
    {"performance_rate", N_("performance %")},
    {"period", N_("period")},
    {"place", N_("place")},
    {"prevented_civil_to_criminal", N_("crimes prevented")},
    {"prevented_civil_to_criminal_persons", N_("persons, crimes prevented")},
    {"prevented_mass_brawl", N_("mass brawls prevented")},
    {"prevented_mass_brawl_persons", N_("persons, mass brawls prevented")},
    {"prevented_mass_petition", N_("mass petitions prevented")},
    {"prevented_mass_petition_persons", N_("persons, mass petitions prevented")},
    {"prevented_suicide", N_("suicides prevented")},
    {"prevented_suicide_persons", N_("persons, suicides prevented")},
    {"prevention", N_("what was prevented")},
    {"proven_equal", N_("proven equal")},
    {"reached", N_("reached")},
    {"read_only", N_("read-only")},
    {"referral", N_("referral")},
    {"refusals", N_("refusals")},
    {"refused_batches", N_("refused batches")},
    {"refused_keys", N_("refused keys")},
    {"register", N_("register")},
    {"relation", N_("relation")},
    {"resolution_rate", N_("resolution %")},
    {"retention", N_("retention")},
    {"role", N_("role")},
    {"rounds", N_("rounds")},
    {"scanned", N_("looked at")},
    {"signer", N_("signer")},
    {"size", N_("size")},
    {"station", N_("station")},
    {"step", N_("step")},
    {"subscriptions", N_("subscriptions")},
    {"sweeps", N_("sweeps")},
    {"tables", N_("tables")},
    {"target", N_("target")},
    {"to", N_("to")},
    {"to_area", N_("to area")},
    {"to_kind", N_("to kind")},
    {"to_tier", N_("to tier")},
    {"to_unit", N_("to unit")},
    {"total", N_("total")},
    {"units", N_("units")},
    {"up", N_("at the top")},
    {"verb", N_("verb")},
    {"version", N_("version")},
    {"view_lsn", N_("view written to")},
    {"voided", N_("voided")},
    {"what", N_("what")},
    {"written", N_("written")},
    {"zero_reports", N_("zero reports")},
};

static const char *const words[] = {
    N_("acceptance"), N_("activity"), N_("assist"),       N_("confirm_due"), N_("control"),
    N_("declined"),   N_("document"), N_("due"),          N_("home"),        N_("host"),
    N_("open"),       N_("outcome"),  N_("overdue"),      N_("perform_due"), N_("performance"),
    N_("red"),        N_("refused"),  N_("registration"), N_("relay"),       N_("report_due"),
    N_("reported"),   N_("risk"),     N_("sent_back"),    N_("sweep"),       N_("unsent"),
    N_("visit"),      N_("waiting"),
};

const char *words_title(const char *key)
{
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        if (strcmp(titles[i].key, key) == 0) {
            return titles[i].title;
        }
    }
    return NULL;
}

bool words_has(const char *word)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], word) == 0) {
            return true;
        }
    }
    return false;
}
