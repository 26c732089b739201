#!/bin/bash
# The mediator's outbox: work without any node, sent once and only once when there is one again,
# whatever happens to the program, its disk, its clock or the node.
#
# SEED=n draws other moments for the kills.
. "$(dirname "$0")/support/e2e.sh"
seed=${SEED:-11}
echo "# SEED=$seed"
up="360000 363600 363605 363647"
open_lab --no-http --only 360000,363600,363605,363647

down_all() { "$fq" -q lab stop "$lab" $up; }
up_all() { "$fq" -q lab start "$lab" $up; }
new() { # new CODE [OPTION...]: registers a dispute
    local node=$1
    shift
    at "$node" dispute add --date 2015-03-01 --type neighbour --source on_application "$@"
}
# ten CODE: ten entries for three disputes, named by their L-numbers alone. The last one's exit status.
ten() {
    new "$1" --party "Zhang Canary" -q && new "$1" -q && new "$1" --unit "${1}0001" -q &&
        at "$1" dispute accept L1 --date 2015-03-02 && at "$1" dispute accept L2 --date 2015-03-02 &&
        at "$1" dispute reject l3 --date 2015-03-03 &&
        at "$1" dispute session L1 --date 2015-03-04 --minutes 30 &&
        at "$1" dispute agree L1 --date 2015-03-05 --amount 707.00 --form written &&
        at "$1" dispute fail L2 --date 2015-03-06 || return 99
    at "$1" dispute perform L1 --date 2015-03-07 --wait county=2
}
states() { # states CODE: how many entries are in which state, "10 waiting"
    at "$1" outbox ls --json | "$python" -c 'import collections, json, sys
states = collections.Counter(entry["state"] for entry in json.load(sys.stdin))
print(" ".join("%d %s" % (count, state) for state, count in sorted(states.items())))'
}
has_states() { # has_states CODE TEXT
    local now
    now=$(states "$1")
    echo "$now"
    [ "$now" = "$2" ]
}

# ---- without any node ----

check "a first word with the node: sync, nothing waits" exits 0 'waiting +0' at 363605 sync
check "the same at the other county" exits 0 'waiting +0' at 363647 sync
down_all || bail "lab stop"
offline() {
    ten 363605 >"$work/ten" 2>"$work/ten.err"
    local was=$?
    cat "$work/ten" "$work/ten.err"
    [ "$was" = 5 ] && grep -q '"saved": *"outbox"\|outbox' "$work/ten"
}
check "every node down: ten entries saved; exit 0, and 5 with --wait county=2" offline
check "all ten wait, and say so" has_states 363605 "10 waiting"
check "an illegal step is refused here as there: exit 6, the legal ones" \
    exits 6 'FQ-3003.*visit' at 363605 dispute session L2 --date 2015-03-08
check "a step before the one it rests on: exit 6" \
    exits 6 'FQ-3002' at 363605 dispute close L2 --date 2015-03-05
check "a dispute that nobody here knows: exit 6" exits 6 'FQ-7104' at 363605 dispute accept abcdef01
check "a command given again adds nothing" exits 0 'L1|outbox' at 363605 dispute add --date 2015-03-01 \
    --type neighbour --source on_application \
    --cmd-id "$(at 363605 outbox ls --json | field 0 cmd_id)"
check "its id for another command: exit 6" exits 6 FQ-3009 at 363605 dispute visit L1 \
    --date 2015-03-08 --cmd-id "$(at 363605 outbox ls --json | field 0 cmd_id)"
check "a dry run saves nothing" at 363605 dispute visit L1 --date 2015-03-08 --dry-run
check "still ten wait" has_states 363605 "10 waiting"
check "a dispute is shown by its L-number" exits 0 '"dispute": "L1"' at 363605 dispute show L1 --json
check "and listed" exits 0 'L3 .*rejected' at 363605 dispute ls
check "sync without a node: exit 5" exits 5 'FQ-7108' at 363605 sync
no_party_data() { ! grep -rq Canary "$lab/363605/outbox"; }
check "party data lies sealed" no_party_data
check "and is told to who asks for it here" exits 0 'Zhang Canary' \
    at 363605 outbox show 1 --with-parties --json

# ---- with the nodes ----

up_all || bail "lab start"
check "the nodes up: sync delivers, exit 0" exits 0 'sent +10' at 363605 sync --wait province=30
check "receipts of three tiers appear" has_states 363605 "10 province"
receipts() {
    at 363605 outbox ls --json | "$python" -c 'import json, re, sys
time = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$")
for entry in json.load(sys.stdin):
    times = [entry[key] for key in ("saved", "county", "city", "province")]
    assert all(time.match(text) for text in times), entry
    assert sorted(times) == times, entry
    assert re.match(r"36360501-1-\d+$", entry["dispute"]), entry'
}
check "with their times, and the disputes with their numbers" receipts
follows() { [ "$(at 363605 dispute show L1 --json | field conflicts)" = "[]" ]; }
check "each step follows the one before: no conflict" follows
check "the county holds each once" test "$(events_at 363605)" = 10
check "the party data is in the county" exits 0 'Zhang Canary' at 363605 vault read L1 --purpose test
forgotten() { ! ls "$lab/363605/outbox" | grep -q key-; }
check "and its key on this computer destroyed" forgotten
check "sync again sends nothing" exits 0 'sent +0' at 363605 sync
check "the same work done online" ten 363647
until_true 20 has_events 360000 20
totals() {
    at 360000 rollup 2015H1 --by county --json >"$work/rollup" || return 1
    "$python" - "$work/rollup" <<'PYTHON'
import json, sys
rows = {row.pop("county"): row for row in json.load(open(sys.argv[1]))["rows"]}
for row in rows.values():
    row.pop("name")
    row.pop("name_zh")
a, b = rows["363605"], rows["363647"]
print(a, b, sep="\n")
sys.exit(a != b or a["accepted"] != 2 or a["amount_cents"] != 70700)
PYTHON
}
check "the province counts both alike" totals
check "no key is left of party data that was delivered at once" \
    bash -c "! ls '$lab/363647/outbox' | grep '^key-'"

at_city() { # a city registers, but keeps no party data
    at 363600 dispute add --area 363647 --date 2015-03-01 --type neighbour --source on_application \
        --json "$@"
}
check "party data is not given to a city: exit 4, nothing saved" exits 4 FQ-2005 at_city --party "Zhang Canary"
check "a city's own command: saved there" exits 0 '"saved": "city"' at_city
check "and nothing of the other" bash -c "\"$fq\" --lab \"$lab\" --node 363600 outbox ls --json | grep -c cmd_id | grep -qx 1"

# ---- one that is refused ----

# nine others CODE: beside what is poisoned
poisoned() {
    new 363605 --cmd-id aaaa0000aaaa0000aaaa0000aaaa0000 -q || return 1
    down_all || return 1
    at 363605 dispute accept aaaa0000 --date 2015-03-02 || return 1
    for dispute in L5 L6 L7; do
        new 363605 && at 363605 dispute accept "$dispute" --date 2015-03-02 &&
            at 363605 dispute session "$dispute" --date 2015-03-03 || return 1
    done
    up_all || return 1
    if "$fq" dispute void --help >"$work/help" 2>&1; then
        at 363605 --outbox "$work/other" dispute void aaaa0000 --reason "entered twice" --yes
    else
        at 363605 --outbox "$work/other" dispute reject aaaa0000 --date 2015-03-02
    fi
}
check "a step on a dispute that is ended meanwhile, and nine others" poisoned
check "sync: exit 6, nine are sent" exits 6 'FQ-7107' at 363605 sync --wait province=30
check "the one is refused, the others have arrived" has_states 363605 "20 province 1 refused"
reason() {
    at 363605 outbox ls --state refused --json | tee "$work/refused"
    [ "$(field 0 event <"$work/refused")" = accepted ] && field 0 code <"$work/refused" | grep -q '^FQ-3' &&
        grep -qE 'rejected|voided' "$work/refused"
}
check "with its reason" reason
check "in Chinese too" exits 0 '拒绝.*(rejected|voided|作废|不予受理)' at 363605 outbox ls --state refused --lang zh
check "it is not sent again by itself" exits 0 'sent +0' at 363605 sync
check "what a node holds cannot be dropped: exit 6" \
    exits 6 FQ-7106 at 363605 outbox drop 1 --reason wrong --yes
check "retry: it waits again" exits 0 waiting at 363605 outbox retry --all-refused
check "and is refused again: exit 6" exits 6 FQ-7107 at 363605 sync
check "nothing is dropped unasked" exits 2 'yes' at 363605 outbox drop 12 --reason x --no-input
check "drop, with a reason" exits 0 dropped at 363605 outbox drop 12 --reason "rejected meanwhile" --yes
check "it is told of for ever" exits 0 'rejected meanwhile' at 363605 outbox ls --all --state dropped

# What comes after refused ones is judged without them: sent with the revision that remains.
refused=bbbb0000bbbb0000bbbb0000bbbb0000
chained=eeee0000eeee0000eeee0000eeee0000
after_refused() {
    new 363605 --cmd-id $refused -q && at 363605 dispute accept $refused --date 2015-03-02 -q &&
        new 363605 --cmd-id $chained -q && at 363605 dispute accept $chained --date 2015-03-02 -q &&
        down_all || return 1
    at 363605 dispute session $refused --date 2015-03-04 -q &&
        at 363605 dispute agree $refused --date 2015-03-04 -q &&
        at 363605 dispute visit $refused --date 2015-03-05 -q &&
        at 363605 dispute risk $chained --level yellow --date 2015-03-03 -q &&
        at 363605 dispute risk $chained --level red --date 2015-03-03 -q && up_all || return 1
    at 363605 --outbox "$work/other" dispute fail $refused --date 2015-03-03 -q || return 1
    exits 6 'FQ-7107' at 363605 sync || return 1
    at 363605 outbox ls --state refused --json | tee "$work/refused"
    [ "$(field 0 event <"$work/refused")" = session ] && [ "$(field 1 event <"$work/refused")" = agreed ] &&
        [ "$(grep -c cmd_id "$work/refused")" = 2 ] && at 363605 dispute show $refused --json |
        tee "$work/shown" | grep '"visited": "2015-03-05"'
}
check "what is refused does not drag along what was given after it" after_refused
in_a_row() {
    at 363605 dispute show $chained --json >"$work/shown" || return 1
    cat "$work/shown"
    [ "$(field rev <"$work/shown")" = 4 ] && [ "$(field conflicts <"$work/shown")" = "[]" ]
}
check "steps given in a row follow each other: no conflict" in_a_row

# ---- a screening ----

sweep_offline() {
    at 360000 campaign add spring --from 2015-03-01 --to 2015-03-31 -q && at 363605 sync -q || return 1
    until_true 20 bash -c "'$fq' --lab '$lab' --node 363605 campaign ls --json | grep -q spring" || return 1
    at 363605 sync -q && down_all || return 1
    exits 2 'FQ-3201' at 363605 sweep add --campaign autumn --unit 3636050001 --rounds 1 --date 2015-03-05 || return 1
    exits 6 'FQ-' at 363605 sweep add --campaign spring --unit 3636050001 --rounds 1 --date 2015-05-05 || return 1
    at 363605 sweep add --campaign spring --unit 3636050001 --rounds 1 --date 2015-03-05 --json |
        tee "$work/sweep" && [ "$(field saved <"$work/sweep")" = outbox ] && up_all || return 1
    at 363605 sync --wait province=30 && at 363605 outbox ls --json | "$python" -c 'import json, sys
entry = json.load(sys.stdin)[-1]
print(entry)
assert entry["event"] == "sweep" and entry["state"] == "province" and entry["dispute"] is None'
}
check "a screening of a campaign is reported without the node, by the campaign's own rules" sweep_offline

# ---- the disk ----

full_disk() { # a file size limit stands for a full disk; nothing is written past it
    local size before
    down_all || return 1
    before=$(states 363605)
    size=$(stat -c %s "$lab/363605/outbox/journal")
    (
        trap '' XFSZ
        ulimit -f $((size / 1024))
        exits 1 FQ-7101 new 363605
    ) || return 1
    [ "$(stat -c %s "$lab/363605/outbox/journal")" = "$size" ] && has_states 363605 "$before" &&
        new 363605 && up_all && at 363605 sync
}
check "a full disk: the new entry is refused, exit 1, the old ones are kept" full_disk

# ---- the clock ----

cat >"$work/clock.c" <<'C'
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    now->tv_sec += clock == CLOCK_REALTIME ? 400 * 86400 : 0;
    return failed;
}
time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return out ? *out = now.tv_sec : now.tv_sec;
}
C
wrong_clock() {
    local before
    gcc -shared -fPIC -O1 -o "$work/clock.so" "$work/clock.c" || return 1
    before=$(events_at 363605)
    down_all || return 1
    LD_PRELOAD=$work/clock.so new 363605 --cmd-id cccc0000cccc0000cccc0000cccc0000 || return 1
    LD_PRELOAD=$work/clock.so at 363605 dispute accept cccc0000 --date 2015-03-02 && up_all || return 1
    LD_PRELOAD=$work/clock.so at 363605 sync --wait province=30 && at 363605 sync || return 1
    at 363605 outbox ls --json | "$python" -c 'import json, sys
entry = json.load(sys.stdin)[-1]
print(entry)
assert entry["saved"] > entry["province"] >= entry["city"] >= entry["county"] > ""' || return 1
    [ "$(events_at 363605)" = $((before + 2)) ]
}
check "a clock a year ahead: entries arrive once, receipts are by the nodes' clocks" wrong_clock

# ---- a county that was rebuilt ----

rebuilt() { # what only the county held is lost with its disk; an older image of it is brought back
    local before
    before=$(events_at 363605)
    "$fq" -q lab stop "$lab" 363605 363600 && cp -r "$lab/363605/data" "$work/image" || return 1
    "$fq" -q lab start "$lab" 363605
    new 363605 --cmd-id dddd0000dddd0000dddd0000dddd0000 && at 363605 dispute accept dddd0000 \
        --date 2015-03-02 && at 363605 dispute session dddd0000 --date 2015-03-03 || return 1
    "$fq" -q lab kill "$lab" 363605 && rm -r "$lab/363605/data" &&
        mv "$work/image" "$lab/363605/data" || return 1
    "$fq" -q lab start "$lab" 363600 363605
    [ "$(events_at 363605)" = "$before" ] || return 1
    exits 0 '"lost": 3' at 363605 sync --wait province=30 --json || return 1
    [ "$(events_at 363605)" = $((before + 3)) ] && exits 0 '"lost": 0' at 363605 sync --json
}
check "a county rebuilt from an older image: what it lost is sent again, once" rebuilt

# ---- SIGKILL ----

kills() { # kills COUNT: commands killed, the nodes as they are
    seed=$((seed + 1))
    "$python" tests/support/e2e_outbox.py kill "$seed" "$1" "$work/done" -- \
        "$fq" -q --lab "$lab" --node 363647 --outbox "$work/killed"
}
at 363647 --outbox "$work/killed" sync >/dev/null || bail "sync"
check "60 commands killed at random moments, the nodes running" kills 60
check "the county killed" "$fq" -q lab kill "$lab" 363647
check "80 more, without the node" kills 80
check "the county started" "$fq" -q lab start "$lab" 363647
check "60 more, with what waits" kills 60
check "sync" exits 0 'waiting +0' at 363647 --outbox "$work/killed" sync --wait province=30
whole() {
    at 363647 --outbox "$work/killed" outbox ls --all --json >"$work/entries" || return 1
    at 363647 export events --jsonl >"$work/all" || return 1
    # Ten of its own were there before; what a city registered for it has another origin.
    grep '"origin":"36364701"' "$work/all" | tail -n +11 >"$work/events"
    "$python" tests/support/e2e_outbox.py check "$work/done" "$work/entries" "$work/events"
}
check "nothing lost, nothing doubled" whole
keys_of_none() { # a key is left only where a command was killed before it was saved
    for key in "$work"/killed/key-*; do
        [ -e "$key" ] || continue
        ! grep -q "${key##*key-}" "$work/entries" || { echo "$key"; return 1; }
    done
}
check "no key outlives the delivery of its party data" keys_of_none
check "no party data lies open on this computer, in a log or in an event" \
    bash -c "! grep -rlq Canary '$work/killed' '$lab'/*/log '$lab'/*/outbox '$work/all'"
nodes=$up
check "no view differs from a fold of its log" audit_everywhere
check "the province agrees with its counties" same_digest 363600 363600 360000

finish
