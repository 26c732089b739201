/* Errors and reasons: what went wrong, what the caller should do, what a person should do.
 *
 * A function that can fail returns `fq_err`; the code says how the program should go on and is the
 * exit code of the command line. `struct fq_why` carries the reason, a numbered row of the table
 * `FQ_REASONS` (one sentence of cause, one of cure, both translated where they are shown), and a
 * detail that names the place: a file and line, a key, an id. Details hold no words of party data.
 *
 * E1  A reason's number never changes its meaning.
 * E2  FQ_ASSERT is on in every build and is never used on what came from outside. */
#ifndef FQ_BASE_ERR_H
#define FQ_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FQ_CHECKED __attribute__((warn_unused_result))

/* The values are the exit codes of every program (the contract's list). */
typedef enum fq_err {
    FQ_OK = 0,
    FQ_ERR_FAILED = 1,  /* the outside world failed: disk, socket, library */
    FQ_ERR_USAGE = 2,   /* command line, configuration, unknown area, period or measure */
    FQ_ERR_NOTHING = 3, /* nothing matched */
    FQ_ERR_DENIED = 4,  /* not allowed, or not held at this node */
    FQ_ERR_WAITING = 5, /* saved here, upstream not reached in time */
    FQ_ERR_REFUSED = 6, /* a rule says no */
    FQ_ERR_VERIFY = 7,  /* bytes are not what they were signed to be */
    FQ_ERR_SEALED = 8,  /* not possible on a sealed period */
    FQ_ERR_NEWER = 9,   /* written by a newer program */
    FQ_ERR_LIMIT = 10,  /* a named limit or an arena is full (internal; shown as FAILED) */
} fq_err;

/* name, number, err, cause, cure. The number is printed as FQ-nnnn. */
#define FQ_REASONS(X)                                                                              \
    X(NONE, 0, FQ_OK, "Nothing is wrong.", "Nothing to do.")                                       \
    X(USAGE, 1001, FQ_ERR_USAGE, "The command line is not understood.",                            \
      "See `fengqiao --help` or `fengqiao COMMAND --help`.")                                       \
    X(CONFIG, 1002, FQ_ERR_USAGE, "The configuration is wrong.",                                   \
      "Mend the named key at the named line.")                                                     \
    X(FILE, 1003, FQ_ERR_USAGE, "A file cannot be read or written.",                               \
      "Check that the path exists and that you may use it.")                                       \
    X(AREA_UNKNOWN, 1101, FQ_ERR_USAGE, "There is no such area.",                                  \
      "Use one of the codes listed; `fengqiao lab ls` and the area table show them.")              \
    X(PERIOD_UNKNOWN, 1102, FQ_ERR_USAGE, "There is no such period.",                              \
      "Write 2021, 2021H1, 2021Q2, 2021-06 or 2021-01..2021-06.")                                  \
    X(MEASURE_UNKNOWN, 1103, FQ_ERR_USAGE, "There is no such measure or dimension.",               \
      "Use one of the names listed.")                                                              \
    X(CODE_UNKNOWN, 1104, FQ_ERR_USAGE, "The code is not in its table.",                           \
      "Use an id, number or name of the table named.")                                             \
    X(AREA_FILE, 1105, FQ_ERR_USAGE, "The area table is wrong.",                                   \
      "Mend the named line: a code has six digits, a parent stands above its child.")              \
    X(METRIC_FILE, 1106, FQ_ERR_USAGE, "The table of rates is wrong.",                             \
      "Mend the named line; measures are named as `rollup --json` names them.")                    \
    X(QUESTION, 1107, FQ_ERR_USAGE, "This cannot be asked of a rollup.",                           \
      "Leave out what the detail names; `fengqiao rollup --help` lists the choices.")              \
    X(RUNNING, 1201, FQ_ERR_USAGE, "Another program holds this data directory.",                   \
      "Stop the daemon whose process id is named, or use another directory.")                      \
    X(DENIED, 2001, FQ_ERR_DENIED, "This key may not do that here.",                               \
      "Ask the operator of the node for a certificate with the role named.")                       \
    X(KEY_UNKNOWN, 2002, FQ_ERR_DENIED, "The node does not know this key.",                        \
      "Put the certificate into the node's allow-list.")                                           \
    X(NOT_HELD, 2003, FQ_ERR_DENIED, "This node does not hold that.",                              \
      "Ask a node whose area covers it.")                                                          \
    X(ZAP_OPEN, 2004, FQ_ERR_FAILED, "The start-up self-test let an unknown key in.",              \
      "Do not run this node; check the installed libzmq and report it.")                           \
    X(VAULT_ABOVE, 2005, FQ_ERR_DENIED, "A vault lies in a node that must not have one.",          \
      "Party data belongs in the county: give it there, or restore the right data directory.")     \
    X(DATE, 3001, FQ_ERR_REFUSED, "The date is not a date between 1900 and 2078.",                 \
      "Write YYYY-MM-DD.")                                                                         \
    X(DATE_ORDER, 3002, FQ_ERR_REFUSED, "The step lies before the step it rests on.",              \
      "Correct the earlier date or the later one.")                                                \
    X(STEP, 3003, FQ_ERR_REFUSED, "This step is not possible in the dispute's present state.",     \
      "Take one of the legal next steps named.")                                                   \
    X(DISPUTE_UNKNOWN, 3004, FQ_ERR_REFUSED, "There is no such dispute at this node.",             \
      "Give an id, a unique beginning of an id, or a number.")                                     \
    X(DISPUTE_MANY, 3005, FQ_ERR_REFUSED, "More than one dispute begins so.",                      \
      "Give more digits of the id.")                                                               \
    X(FIELD, 3006, FQ_ERR_REFUSED, "A field is missing or malformed.",                             \
      "Give the field as its help says.")                                                          \
    X(AMOUNT, 3007, FQ_ERR_REFUSED, "The amount is not money.",                                    \
      "Write units with at most two decimals, such as 707.00.")                                    \
    X(UNIT, 3008, FQ_ERR_REFUSED, "The unit is not a unit.",                                       \
      "A unit code is the area code and a four-digit number.")                                     \
    X(COMMAND_CLASH, 3009, FQ_ERR_REFUSED, "The command id was used for another command.",         \
      "Make a new command id; both contents are kept as evidence.")                                \
    X(TOO_MANY, 3010, FQ_ERR_REFUSED, "A limit of the dispute is reached.",                        \
      "Close the dispute or register another.")                                                    \
    X(READ_ONLY, 3011, FQ_ERR_REFUSED, "The node is read-only until its tail is restored.",        \
      "Wait for the tier above to return the missing records, or resend them from an outbox.")     \
    X(NOT_HOST, 3101, FQ_ERR_REFUSED, "This node may not take that step on this dispute.",         \
      "Ask the county that is its home, its host's, or a tier above them.")                        \
    X(DISPUTE_VOIDED, 3102, FQ_ERR_REFUSED, "The dispute is voided.",                              \
      "A void is final: register the dispute again if it was voided by mistake.")                  \
    X(DISPUTE_MERGED, 3103, FQ_ERR_REFUSED, "The dispute is merged into another.",                 \
      "Take the step on the dispute named, or unmerge this one first.")                            \
    X(REFERRAL_UNKNOWN, 3104, FQ_ERR_REFUSED, "There is no such referral of this dispute.",        \
      "Name one of the referrals listed; `fengqiao referral ls` shows them.")                      \
    X(REFERRAL_STATE, 3105, FQ_ERR_REFUSED, "The referral does not wait for this answer.",         \
      "Accept or decline an open one, report on an accepted one.")                                 \
    X(UNIT_TAKES_PART, 3106, FQ_ERR_REFUSED, "The unit already takes part.",                       \
      "Nothing to do, or name another unit.")                                                      \
    X(UNIT_ABSENT, 3107, FQ_ERR_REFUSED, "The unit does not take part.",                           \
      "Name one of the units listed.")                                                             \
    X(HOST_SAME, 3108, FQ_ERR_REFUSED, "The dispute is there already.",                            \
      "Name another unit or another county.")                                                      \
    X(EXTENSION, 3109, FQ_ERR_REFUSED, "Mediation is extended once, by 1 to 30 days.",             \
      "Conclude the dispute, or correct the extension that was granted.")                          \
    X(TIER, 3110, FQ_ERR_REFUSED, "The tier is not above this one.",                               \
      "Name a higher tier, or leave it out for the next one.")                                     \
    X(CORRECTION_NONE, 3111, FQ_ERR_REFUSED, "The dispute has no such step that holds.",           \
      "Correct one of the steps listed; void what is not to stand and enter it again.")            \
    X(VOID_TARGET, 3112, FQ_ERR_REFUSED, "This event cannot be voided alone.",                     \
      "Void the whole dispute, unmerge a merged one, void later steps first.")                     \
    X(EVENT_UNKNOWN, 3113, FQ_ERR_REFUSED, "The dispute has no such live event.",                  \
      "Name an event or a command that `dispute show --history` lists.")                           \
    X(MERGE_INTO, 3114, FQ_ERR_REFUSED, "The dispute cannot be merged into that one.",             \
      "Name another dispute known here that is neither voided nor merged.")                        \
    X(MERGE_DIRECTION, 3115, FQ_ERR_REFUSED, "These two are merged the other way round.",          \
      "Merge the other dispute into this one, as the detail says.")                                \
    X(PLACE_UNKNOWN, 3116, FQ_ERR_REFUSED, "There is no such town or village.",                    \
      "Use a code of 9 or 12 digits from the table of places.")                                    \
    X(PLACE_FOREIGN, 3117, FQ_ERR_REFUSED, "The place lies outside the dispute's county.",         \
      "Use a place of the county, or register the dispute in the place's county.")                 \
    X(UNIT_UNKNOWN, 3118, FQ_ERR_REFUSED, "There is no such unit in the table of units.",          \
      "Use a code of the table, or have the unit added to it.")                                    \
    X(UNIT_FILE, 3119, FQ_ERR_USAGE, "The table of units is wrong.",                               \
      "Mend the named line: a code has ten digits and stands there once.")                         \
    X(PLACE_FILE, 3120, FQ_ERR_USAGE, "The table of places is wrong.",                             \
      "Mend the named line: a town has nine digits, a village twelve, its town's first.")          \
    X(NUMBER, 3121, FQ_ERR_REFUSED, "The number is too large for what it counts.",                 \
      "Check the figure: the detail names the field and the greatest number taken.")               \
    X(AREA_OUTSIDE, 3122, FQ_ERR_REFUSED, "The area lies outside this node.",                      \
      "Enter it at the node of that area, or at one above both.")                                  \
    X(TEXT_ENCODING, 3123, FQ_ERR_REFUSED, "The text is not UTF-8.",                               \
      "Set the terminal to UTF-8, or convert the text: iconv -f gb18030 -t utf-8.")                \
    X(UNIT_FOREIGN, 3124, FQ_ERR_REFUSED,                                                          \
      "The unit belongs to another county than the one named.",                                    \
      "Name a unit of that county or of a tier above it, or leave the county out.")                \
    X(CAMPAIGN_UNKNOWN, 3201, FQ_ERR_USAGE, "There is no such campaign at this node.",             \
      "`fengqiao campaign ls` lists those there are; one made above may still be on its way.")     \
    X(CAMPAIGN_MANY, 3202, FQ_ERR_USAGE, "More than one campaign has this name.",                  \
      "Give its number; `fengqiao campaign ls` shows it.")                                         \
    X(CAMPAIGN_NAME, 3203, FQ_ERR_REFUSED, "A campaign cannot have this name.",                    \
      "Choose a name that is no number, no period and no open campaign's.")                        \
    X(CAMPAIGN_CLOSED, 3204, FQ_ERR_REFUSED, "The campaign is closed already.",                    \
      "Nothing to do; it was closed on the day named.")                                            \
    X(CAMPAIGN_OUTSIDE, 3205, FQ_ERR_REFUSED, "This lies outside the campaign's area or days.",    \
      "Correct the date or the area, or leave the campaign out.")                                  \
    X(CAMPAIGN_TIER, 3206, FQ_ERR_DENIED, "A county makes and closes no campaigns.",               \
      "Ask the city or the province to.")                                                          \
    X(ACTIVITY_IMPOSSIBLE, 3207, FQ_ERR_REFUSED,                                                   \
      "A part is greater than the whole it belongs to.",                                           \
      "Correct the figure, or first the other one named; the indicator table has the rule.")       \
    X(ACTIVITY_FILE, 3208, FQ_ERR_USAGE, "The file is not a table of activities.",                 \
      "Its first line must name the columns indicator, area, from, to, value and signer.")         \
    X(ACTIVITY_OVERLAP, 3209, FQ_ERR_REFUSED,                                                      \
      "The same figure is reported already for some of these days.",                               \
      "Report the other days alone, or first take the report of the days named back with 0.")      \
    X(ACTIVITY_TIER, 3210, FQ_ERR_REFUSED, "The figure is reported of areas of another tier.",     \
      "Report it of an area of the tier named, so that no two tiers count the same.")              \
    X(ACTIVITY_DAYS, 3211, FQ_ERR_REFUSED, "The figure is reported for other periods.",            \
      "Report it for a whole month, quarter, half-year or year, as named.")                        \
    X(EVENT_NAME, 3301, FQ_ERR_REFUSED, "No event of the dispute is meant by that, or several.",   \
      "Name it by the number or the command id that `dispute show --history` lists.")              \
    X(TEMPLATE, 3401, FQ_ERR_USAGE, "A template for paper is wrong.", "Mend the named line.")      \
    X(FILE_THERE, 3402, FQ_ERR_USAGE, "The file is there already.",                                \
      "Give --yes to replace it, or name another with --to.")                                      \
    X(PAIR, 3403, FQ_ERR_REFUSED, "These are not two disputes.", "Name two different disputes.")   \
    X(UNCONFIRMED, 3404, FQ_ERR_USAGE, "This cannot be undone and was not confirmed.",             \
      "Give --yes, or answer y on a terminal.")                                                    \
    X(SUBSIDY_RULES, 3501, FQ_ERR_USAGE, "The rules for subsidies are wrong.",                     \
      "Mend what is named; config/subsidy/sample.cfg says how rules are written.")                 \
    X(AREA_FOREIGN, 4001, FQ_ERR_REFUSED, "This belongs to an area outside this node.",            \
      "Do it at the area's own node; a map of an import may pass over such rows: skip_foreign.")   \
    X(ROW_FORMAT, 4002, FQ_ERR_REFUSED, "The row is not well formed.",                             \
      "Mend the quotes, the brackets or the number of columns at the line named.")                 \
    X(ROW_VALUE, 4003, FQ_ERR_REFUSED, "A value of the row is not in the map's table.",            \
      "Add the value to the look-up table, or correct the row.")                                   \
    X(MAP, 4004, FQ_ERR_USAGE, "The import map is wrong.",                                         \
      "Mend the named key at the named line.")                                                     \
    X(ENCODING, 4005, FQ_ERR_REFUSED, "The text is neither UTF-8 nor GB18030.",                    \
      "Save the file as UTF-8 and import it again.")                                               \
    X(ROW_TWICE, 4101, FQ_ERR_REFUSED, "The dispute stands twice in this file.",                   \
      "Keep one of the lines; the first is named.")                                                \
    X(ROW_LEFTOVER, 4102, FQ_ERR_REFUSED,                                                          \
      "Something is written about a step that, by this row, was not taken.",                       \
      "Fill in what the step depends on, or empty the column named.")                              \
    X(PARTY_ID, 4103, FQ_ERR_REFUSED, "A party's identity number is mistaken.",                    \
      "Compare it with the paper: its last sign does not fit the others.")                         \
    X(SHEET, 4104, FQ_ERR_USAGE, "The workbook cannot be read.",                                   \
      "Save it as .xlsx without a password, or as CSV in UTF-8.")                                  \
    X(BUNDLE_CUT, 4601, FQ_ERR_VERIFY, "The bundle is cut short.",                                 \
      "Copy it again and import it again; what was taken in stays.")                               \
    X(BUNDLE_GAP, 4602, FQ_ERR_REFUSED,                                                            \
      "Something before what the bundle carries is missing here.",                                 \
      "Import the bundle made before it, or export again without --since.")                        \
    X(COVERAGE_NEVER, 4701, FQ_ERR_REFUSED, "Nothing was ever heard of this node.",                \
      "Start it, link it to the tier above, or bring its bundle.")                                 \
    X(COVERAGE_SILENT, 4702, FQ_ERR_REFUSED, "This node was not heard since the period ended.",    \
      "Start it or link it; once it is heard, what it recorded comes by itself.")                  \
    X(COVERAGE_RUNNING, 4703, FQ_ERR_REFUSED, "The period has not ended.",                         \
      "Wait for its last day, or seal with --force and a reason.")                                 \
    X(COVERAGE_BEHIND, 4704, FQ_ERR_REFUSED, "This node announced more than has arrived here.",    \
      "Wait until it has arrived; `fengqiao node status` at that node shows how far it is.")       \
    X(COVERAGE_DIVERGED, 4705, FQ_ERR_REFUSED, "A log of this node was refused: it diverged.",     \
      "Keep both copies and give the node a new epoch; see `fengqiao evidence ls`.")               \
    X(COVERAGE_READ_ONLY, 4706, FQ_ERR_REFUSED,                                                    \
      "This node lost the end of its log and records nothing.",                                    \
      "Let it fetch what the tier above holds; see `fengqiao node status` there.")                 \
    X(COVERAGE_LATE, 4707, FQ_ERR_REFUSED,                                                         \
      "Some of what this node recorded in time arrived after the deadline.",                       \
      "Nothing to do: it counts; the figures before it came did not have it.")                     \
    X(BYTES, 5001, FQ_ERR_VERIFY, "The bytes are not a well-formed message.",                      \
      "Nothing to do here; the sender is named in `fengqiao evidence ls`.")                        \
    X(CHAIN, 5002, FQ_ERR_VERIFY, "The batch does not continue the log it names.",                 \
      "Compare the two nodes' logs; one was restored from an older image or cloned.")              \
    X(SEAL, 5003, FQ_ERR_VERIFY, "The seal does not fit the bytes or the key.",                    \
      "Restore the node from its neighbour; the batch named was altered.")                         \
    X(GAP, 5004, FQ_ERR_VERIFY, "A batch is missing before this one.",                             \
      "Nothing to do; the sender begins again at the number expected.")                            \
    X(ORIGIN, 5005, FQ_ERR_VERIFY, "The log belongs to no node this one knows or may hear.",       \
      "Put the certificate of the origin into the allow-list.")                                    \
    X(VIEW_DIFFERS, 5006, FQ_ERR_VERIFY, "The view differs from a fold of the log.",               \
      "Stop the node, keep a copy, start it with --rebuild and report the difference.")            \
    X(SEAL_INCOMPLETE, 5101, FQ_ERR_REFUSED, "The period is not complete.",                        \
      "Wait for the areas named, or seal with --force and --reason TEXT.")                         \
    X(SEAL_SAME, 5102, FQ_ERR_SEALED, "The period is sealed, and nothing has come since.",         \
      "Nothing to do: a seal made now would be the one named. A seal is never undone.")            \
    X(SEAL_DIFFERS, 5103, FQ_ERR_VERIFY, "The seal is not what the log amounts to.",               \
      "Compare the logs of both nodes (`log verify`, `digest`); the file or a log was altered.")   \
    X(SEAL_UNKNOWN, 5104, FQ_ERR_USAGE, "There is no such seal at this node.",                     \
      "`fengqiao period ls` lists those there are.")                                               \
    X(SEAL_ELSEWHERE, 5105, FQ_ERR_DENIED, "This node knows only the head of the seal.",           \
      "Ask the node named, or verify a file that `period show --save FILE` wrote there.")          \
    X(SEAL_NOT_HELD, 5106, FQ_ERR_DENIED, "This node does not hold all that was held then.",       \
      "Wait until the logs named have come, or ask the node that sealed.")                         \
    X(PROOF, 5107, FQ_ERR_VERIFY, "The proof does not hold.",                                      \
      "Ask for the proof again where the period was sealed; the detail says what does not fit.")   \
    X(PROOF_NONE, 5108, FQ_ERR_NOTHING, "The dispute adds nothing to the sealed period.",          \
      "Name a period or a seal in which it counts; `dispute show` has its dates.")                 \
    X(STORE, 6001, FQ_ERR_FAILED, "The store failed.",                                             \
      "Check the disk; what was acknowledged is kept.")                                            \
    X(STORE_NEWER, 6002, FQ_ERR_NEWER, "The store was written by a newer program.",                \
      "Install the newer program, or restore an older backup.")                                    \
    X(STORE_FULL, 6003, FQ_ERR_FAILED, "The disk is almost full.",                                 \
      "Free space; new commands are refused until then, old facts are kept.")                      \
    X(LIMIT, 6004, FQ_ERR_LIMIT, "A limit of the program is reached.",                             \
      "Send less at once, or raise the limit named.")                                              \
    X(STORE_FOREIGN, 6005, FQ_ERR_USAGE, "The data directory belongs to another node.",            \
      "Use the directory of the node named in the configuration.")                                 \
    X(UNREACHED, 7001, FQ_ERR_FAILED, "The node does not answer.",                                 \
      "Check that it runs and that the endpoint is right: `fengqiao lab ls`.")                     \
    X(NOT_ACKNOWLEDGED, 7002, FQ_ERR_WAITING, "Saved here; the tier above has not answered yet.",  \
      "Nothing is lost: `fengqiao outbox ls` tells where it is, `fengqiao sync` sends what "       \
      "waits.")                                                                                    \
    X(VERB_UNKNOWN, 7003, FQ_ERR_USAGE, "The node does not know this request.",                    \
      "Use programs of the same version.")                                                         \
    X(EMPTY, 7004, FQ_ERR_NOTHING, "Nothing matched.", "Widen the filter.")                        \
    X(ARGUMENT, 7005, FQ_ERR_USAGE, "An argument of the request is missing or malformed.",         \
      "Give the argument named as its help says.")                                                 \
    X(OUTBOX_FULL, 7101, FQ_ERR_FAILED, "This computer could not save to its outbox.",             \
      "See that its disk has room and the file may be written; what was saved before is kept.")    \
    X(OUTBOX_HELD, 7102, FQ_ERR_FAILED, "Another program is writing to the outbox.",               \
      "Wait until the process named is done, then try again.")                                     \
    X(OUTBOX_TABLES, 7103, FQ_ERR_FAILED,                                                          \
      "The node cannot be reached, and its tables were never fetched.",                            \
      "Run `fengqiao sync` once while it can be reached; after that it need not be.")              \
    X(OUTBOX_DISPUTE, 7104, FQ_ERR_REFUSED,                                                        \
      "The node cannot be reached, and this computer does not know the dispute.",                  \
      "Give an L-number of `fengqiao outbox ls`, or run `fengqiao sync` when it can be reached.")  \
    X(OUTBOX_ENTRY, 7105, FQ_ERR_REFUSED, "There is no such entry in the outbox.",                 \
      "Give a number or the beginning of a command id that `fengqiao outbox ls --all` shows.")     \
    X(OUTBOX_STATE, 7106, FQ_ERR_REFUSED, "That is not possible with the entry as it stands.",     \
      "What a node holds is not dropped but corrected or voided; only what was refused is "        \
      "retried.")                                                                                  \
    X(OUTBOX_REFUSED, 7107, FQ_ERR_REFUSED, "The node refused some of the entries.",               \
      "See why with `fengqiao outbox ls`; give them again as they should be, then drop them.")     \
    X(OUTBOX_WAITING, 7108, FQ_ERR_WAITING, "Entries wait here; the node took them not yet.",      \
      "Nothing is lost; run `fengqiao sync` when it can be reached.")                              \
    X(NET, 8001, FQ_ERR_FAILED, "The network library failed.",                                     \
      "Check the endpoint and whether another program listens there.")                             \
    X(CRYPTO, 8002, FQ_ERR_FAILED, "A key or ciphertext cannot be used.",                          \
      "Check the key files named; they must be whole and readable by their owner alone.")          \
    X(LAB, 8003, FQ_ERR_FAILED, "A node of the lab did not become ready.",                         \
      "Read the log file named.")

enum fq_reason {
#define FQ_REASON_ENUM(name, number, err, cause, cure) FQ_REASON_##name = number,
    FQ_REASONS(FQ_REASON_ENUM)
#undef FQ_REASON_ENUM
};

#define FQ_WHY_SIZE 400

struct fq_why {
    enum fq_reason reason;
    char detail[FQ_WHY_SIZE]; /* what and where, e.g. "county.cfg:3: limits.batch: 0 is below 1" */
};

struct fq_reason_row {
    enum fq_reason reason;
    const char *name;
    fq_err err;
    const char *cause;
    const char *cure;
};

/* The row of `reason`, or NULL when the number is not in the table. */
const struct fq_reason_row *fq_reason_find(unsigned number);
/* The row at `index` in ascending order of number, or NULL past the end. */
const struct fq_reason_row *fq_reason_at(size_t index);

/* Fill `out_why` (which may be NULL) and return the reason's err: `return fq_fail(...)`. */
fq_err fq_fail(struct fq_why *out_why, enum fq_reason reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

_Noreturn void fq_assert_failed(const char *file, int line, const char *condition);
#define FQ_ASSERT(condition)                                                                       \
    ((condition) ? (void)0 : fq_assert_failed(__FILE__, __LINE__, #condition))

#endif
