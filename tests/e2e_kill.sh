#!/bin/bash
# Power cuts while the ledger comes in: random nodes are killed at random moments of an import, then
# started, and the import is given again. Nothing is lost, nothing counted twice.
#
# SEED=n draws other nodes and moments. A moment is "so many events at the node the import goes to",
# waited for, not slept for.
. "$(dirname "$0")/support/e2e.sh"
checks=tests/support/e2e_check.py
seed=${SEED:-7}
RANDOM=$seed
echo "# SEED=$seed"
open_lab --no-http

# One round: import at a county, kill one to three nodes at the moment, let the import end as it may.
round() {
    local county=$1 moment=$2 importing
    shift 2
    at "$county" import "$ledger" --map "$map" -q >"$work/round" 2>&1 &
    importing=$!
    children+=("$importing")
    until has_events "$county" "$moment" || ! kill -0 "$importing" 2>/dev/null; do :; done
    "$fq" -q lab kill "$lab" "$@" || return 1
    wait "$importing"
    "$fq" -q lab start "$lab" "$@"
}

all=($nodes)
for county in $counties; do
    victims=("$county")
    [ $((RANDOM % 3)) = 0 ] && victims=()
    for node in 363600 360000 "${all[RANDOM % 8]}"; do
        [ $((RANDOM % 2)) = 0 ] && [[ " ${victims[*]} " != *" $node "* ]] && victims+=("$node")
    done
    [ ${#victims[@]} -gt 0 ] || victims=(363600)
    moment=$((1 + RANDOM % 1500))
    check "$county: ${victims[*]} killed at $moment events, started again" \
        round "$county" "$moment" "${victims[@]}"
done

check "importing again works" import_everywhere again
sums() { # what was not there already is there now
    "$python" - "$work"/again.36???? <<'PYTHON'
import json, sys
answers = [json.load(open(path)) for path in sys.argv[1:]]
total = sum(a["imported"] + a["already"] for a in answers)
print(total, "rows,", sum(a["already"] for a in answers), "of them there already")
sys.exit(total != 4491)
PYTHON
}
check "each of the 4,491 rows is there or is imported now" sums
check "the province holds 17,596 events" test "$(events_at 360000)" = 17596

expected() {
    local period files=()
    for period in 2014H2 2015H1 2015H2 2016H1; do
        at 360000 rollup "$period" --by county --json >"$work/c.$period" || return 1
        at 360000 rollup "$period" --by type --json >"$work/t.$period" || return 1
        at 360000 rollup "$period" --area 363600 --json >"$work/a.$period" || return 1
    done
    "$python" "$checks" expected tests/data/expected-2015.csv "$work"/[cta].20*
}
check "the figures are the expected ones" expected
check "city and province have one digest" same_digest 363600 363600 360000
check "no view differs from a fold of its log" audit_everywhere
check "every batch of every log is as it was sealed" verify_everywhere
feed_is_dense() {
    at 360000 feed --from begin --until-head --jsonl >"$work/feed" 2>/dev/null &&
        "$python" "$checks" feed "$work/feed" 17596
}
check "the feed is dense and tells each event once" feed_is_dense
restart_all() {
    "$fq" -q lab kill "$lab" $nodes && "$fq" -q lab start "$lab" $nodes
}
check "all nodes at once are killed and started" restart_all
check "and nothing changed" same_digest 363600 363600 360000
check "nor differs" audit_everywhere

finish
