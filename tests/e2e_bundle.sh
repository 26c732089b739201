#!/bin/bash
# What a person carries in a file arrives once, in whatever order it is brought in, beside live links.
. "$(dirname "$0")/support/e2e.sh"
open_lab --no-http --only 360000,363600,363605,363647
SEED=${SEED:-1}
RANDOM=$SEED
echo "# SEED=$SEED"

head -n 1200 "$ledger" >"$work/first.csv"
register() { # register CODE FILE: the ledger's rows of that county, without waiting for anyone
    local status=0
    at "$1" import "$2" --map "$map" --json >"$work/said.$1" 2>&1 || status=$?
    [ "$status" = 0 ] || [ "$status" = 6 ] || { cat "$work/said.$1"; return 1; }
}
export_at() { # export_at CODE NAME [OPTION...]
    local node=$1 name=$2
    shift 2
    at "$node" bundle export "$work/$name.fqb" "$@" --json >"$work/$name.json"
}
carried() { # carried NAME KEY: of the last import's answer
    field "$2" <"$work/in.$1.json"
}
bring() { # bring CODE NAME: import, whatever the exit status; its answer is kept
    at "$1" bundle import "$work/$2.fqb" --json >"$work/in.$2.json" 2>"$work/in.$2.err"
}

# ---- without a link: the city is off ----

"$fq" -q lab stop "$lab" 363600 || bail "lab stop"
check "rows at two counties, the city being off" eval \
    'register 363605 "$work/first.csv" && register 363647 "$work/first.csv"'
check "the first county's log in a file" export_at 363605 a1
check "more rows at both" eval 'register 363605 "$ledger" && register 363647 "$ledger"'
check "a second file holds what the first does not" eval \
    'export_at 363605 a2 --since "$work/a1.fqb" && export_at 363605 a &&
     [ $(($(field events <"$work/a1.json") + $(field events <"$work/a2.json"))) = "$(field events <"$work/a.json")" ]'
check "the other county in one file" export_at 363647 b
check "a file says what it holds and who made it" eval \
    'at 363605 bundle show "$work/a2.fqb" --json | field by | grep -q operator'

# ---- brought to the province, in any order, three times ----

check "a later file first: it waits for the one before (exit 6)" exits 6 FQ-4602 at 360000 bundle import "$work/a2.fqb"
check "nothing of it was taken" test "$(events_at 360000)" = 0
check "a file cut short (exit 7)" eval \
    'head -c 9000 "$work/a1.fqb" >"$work/cut.fqb"; exits 7 FQ-4601 at 360000 bundle import "$work/cut.fqb"'
altered() { # one bit of the file
    "$python" - "$work/a1.fqb" "$work/bad.fqb" "$1" <<'PYTHON'
import sys
data = bytearray(open(sys.argv[1], 'rb').read())
data[int(len(data) * float(sys.argv[3]))] ^= 16
open(sys.argv[2], 'wb').write(data)
PYTHON
    exits 7 'FQ-5003|FQ-5001|FQ-4601' at 360000 bundle import "$work/bad.fqb"
}
check "an altered file (exit 7)" eval 'altered 0.3 && altered 0.6 && altered 0.999'
check "a county takes no other county's log (exit 7)" exits 7 FQ-5005 at 363647 bundle import "$work/a1.fqb"

"$fq" -q lab start "$lab" 363600 & # links come up while files are brought in
starting=$!
order=$(for name in a1 a2 b a1 a2 b a1 a2 b; do echo "$RANDOM $name"; done | sort -n | cut -d' ' -f2)
echo "# order:" $order
for name in $order a1 a2 b; do bring 360000 "$name"; done
check "brought again, all is there already" eval \
    '[ "$(carried a1 already)" = "$(carried a1 carried)" ] && [ "$(carried b new)" = 0 ]'
wait $starting || bail "lab start"
check "everything arrives at the city over the links" eval \
    'until_true 30 has_events 363600 "$(events_at 360000)"'
total=$(($(events_at 363605) + $(events_at 363647)))
check "each event once: $total" eval '[ "$(events_at 360000)" = "$total" ] && [ "$(events_at 363600)" = "$total" ]'
check "the same digests" eval \
    'same_digest 363605 363605 363600 360000 && same_digest 363647 363647 363600 360000 && same_digest 363600 363600 360000'

check "a whole city's bundle at the province: what is for others is skipped" eval \
    'export_at 363600 c && bring 360000 c && [ "$(carried c refused)" = 0 ]'

# ---- a county that lost its disk gets its log back from the file ----

check "the view is what the log amounts to" eval \
    'at 360000 audit && at 363600 audit && at 363605 audit && at 363605 log verify'
check "brought in at its own county: all there already" eval \
    'bring 363605 a && [ "$(carried a new)" = 0 ]'

# ---- what waits in an outbox, carried to a node that the mediator cannot reach ----

at 363605 -q sync >/dev/null || bail "sync" # once in reach: its tables are kept
"$fq" -q lab stop "$lab" 363605 || bail "lab stop"
entry=abcd0000abcd0000abcd0000abcd0001
check "two entries without the node" eval \
    'at 363605 dispute add --date 2015-03-01 --type neighbour --source on_application --party "Zhang Canary" \
         --cmd-id "$entry" -q && at 363605 dispute accept "$entry" --date 2015-03-02 -q'
check "they go into a file, the node being off" eval \
    'at 363605 bundle export "$work/o.fqb" --from-outbox --json >"$work/o.json" && [ "$(field commands <"$work/o.json")" = 2 ]'
check "a file that is there is not written over: exit 2" exits 2 FQ-3402 \
    at 363605 bundle export "$work/o.fqb" --from-outbox
check "nobody on the way reads a party's name" bash -c "! grep -q Canary '$work/o.fqb'"
"$fq" -q lab start "$lab" 363605 || bail "lab start"
check "another county does not know who gave them (exit 4)" exits 4 FQ-2002 at 363647 bundle import "$work/o.fqb"
check "the county takes both" eval 'bring 363605 o && [ "$(carried o new)" = 2 ]'
check "again, and nothing is doubled" eval 'bring 363605 o && [ "$(carried o already)" = 2 ]'
check "with the party's name in the county's vault" eval \
    'at 363605 vault read "$entry" --purpose check --json | grep -q "Zhang Canary"'
check "sync only fetches the receipts" eval \
    'at 363605 sync --wait province=30 --json >"$work/sync" && [ "$(at 363605 outbox ls --all --json | field 1 state)" = province ]'
check "each is one fact" test "$(at 363605 dispute show "$entry" --history --json | field history | grep -o "'event'" | wc -l)" = 2
finish
