#!/bin/bash
# A dispute that a county, a county of another city and a court of that city mediate together: all of
# them, and the nodes between, see the same of it, whoever was down meanwhile; the province counts it
# once; nobody else hears of it.
. "$(dirname "$0")/support/e2e.sh"
home=410105 neighbour=410102 city=410100 partner=410302 court=410300 province=410000
parties="$home $city $partner $court $province"
"$fq" -q lab up "$lab" --areas config/areas/henan.csv --no-http \
    --only $province,$city,$court,$home,$neighbour,$partner >"$work/up" 2>&1 || {
    sed 's/^/# /' "$work/up"
    bail "lab up"
}
id=0102030405060708090a0b0c0d0e0f10

facts_at() { # the ids of all that the node knows of the dispute, in its own order, and how it stands
    at "$1" dispute show "$id" --history --json 2>/dev/null | "$python" -c 'import json, sys
shown = json.load(sys.stdin)
for event in shown["history"]:
    del event["lsn"]  # a number of the node alone
print(json.dumps(shown, sort_keys=True, ensure_ascii=False))'
}

same_everywhere() { # same_everywhere COUNT NODE...: so many facts, and the same, at all of them
    local count=$1 node first
    shift
    first=$(facts_at "$1") && [ -n "$first" ] || return 1
    [ "$(field history <<<"$first" | grep -o "'event'" | wc -l)" = "$count" ] || return 1
    for node in "$@"; do
        [ "$(facts_at "$node")" = "$first" ] || return 1
    done
}

# shellcheck disable=SC2086 # lists of nodes
all_know() { until_true 60 same_everywhere "$1" $parties; }

total() { # total NODE MEASURE
    at "$1" rollup 2021-03 --json | field total "$2"
}

of_row() { # of_row NODE DIMENSION VALUE MEASURE
    at "$1" rollup 2021-03 --by "$2" --json | "$python" -c 'import json, sys
dimension, value, measure = sys.argv[1:]
for row in json.load(sys.stdin)["rows"]:
    if row[dimension] == value:
        print(row[measure])' "$2" "$3" "$4"
}

quiet() { at "$@" -q >/dev/null || echo "# failed: $*" >&2; }

# ---- the home alone ----

quiet $home dispute add --date 2021-03-01 --type neighbour --source on_application --cmd-id "$id"
quiet $home dispute accept "$id" --date 2021-03-02 --wait province=60
check "before anybody joins, another county does not know it: exit 6" \
    exits 6 FQ-3004 at $partner dispute show "$id"

# ---- two join ----

quiet $home dispute join "$id" --date 2021-03-03 --to-unit ${partner}0001 --kind people
quiet $home dispute join "$id" --date 2021-03-03 --to-unit ${court}0001 --kind judicial
check "who joins sees the whole history, as do all nodes between" all_know 4

quiet $partner dispute session "$id" --date 2021-03-04
check "what the other county writes comes to all" all_know 5
quiet $court dispute session "$id" --date 2021-03-05
check "what the court's city writes comes to all" all_know 6

# ---- while some are down ----

"$fq" -q lab kill "$lab" $partner $province >/dev/null 2>&1
quiet $home dispute session "$id" --date 2021-03-06
"$fq" -q lab kill "$lab" $city >/dev/null 2>&1
"$fq" -q lab start "$lab" $province $city $partner >"$work/started" 2>&1
check "who was killed meanwhile catches up" all_know 7
quiet $home dispute agree "$id" --date 2021-03-08 --amount 500 --form written
check "and the end of it comes to all" all_know 8
check "a neighbour that has nothing to do with it knows nothing: exit 6" \
    exits 6 FQ-3004 at $neighbour dispute show "$id"

# ---- what is counted ----

check "the province counts it once" test "$(total $province accepted)" = 1
check "as linked" test "$(total $province linked)" = 1
check "and as across areas" test "$(total $province cross_area)" = 1
check "the home's row has it" test "$(of_row $province county $home accepted)" = 1
check "the other county's row has it as taken part in only" \
    test "$(of_row $province county $partner accepted) $(of_row $province county $partner participated)" = "0 1"
kinds_add_up() {
    at $province rollup 2021-03 --by kind --json | "$python" -c 'import json, sys
rollup = json.load(sys.stdin)
kinds = {row["kind"]: row["agreed"] for row in rollup["rows"]}
print(kinds, rollup["overlap"]["agreed"], rollup["distinct"]["agreed"])
assert kinds == {"people": 1, "administrative": 0, "judicial": 1}
assert sum(kinds.values()) - rollup["overlap"]["agreed"] == rollup["distinct"]["agreed"] == 1'
}
check "people's + administrative + judicial - overlap = distinct" kinds_add_up
check "the other county counts nothing of it but that it took part" \
    test "$(total $partner accepted) $(total $partner participated)" = "0 1"
for area in $home $partner; do
    check "the figures of $area are proved equal above and below" same_digest $area $area $province
done

# ---- what stands behind it ----

for node in $parties; do
    check "$node: log and figures stand up to a second look" \
        eval "at $node log verify && at $node audit"
done
feed_has_all() { # the other county's feed tells all eight, by their own names and without a hole
    at $partner feed --from begin --until-head --jsonl 2>/dev/null | "$python" -c 'import json, sys
events = [json.loads(line) for line in sys.stdin]
assert len(events) == 8, len(events)
assert all(event["stream"] == 0 for event in events)
assert len({(event["origin"], event["seq"]) for event in events}) == 8
last = {}
for event in events:
    assert event["prev"] == last.get(event["area"], 0), event
    last[event["area"]] = event["lsn"]'
}
check "the feed tells what came in relays, once and without a hole" feed_has_all
home_feed_once() { # the home, as its city and the province, tells each once: relays are not told again
    local node
    for node in $home $city $province; do
        [ "$(at $node feed --from begin --until-head --jsonl 2>/dev/null | wc -l)" = 8 ] || return 1
    done
}
check "no feed tells an event twice" home_feed_once

finish
