#!/bin/bash
# Completeness: a county that is switched off is missing, what it recorded in time and brings after the
# deadline is its own class, what is recorded after it another; a county that has nothing to say is
# heard of by the province none the less; and in the end the figures are those of a province where
# nothing was ever off.
. "$(dirname "$0")/support/e2e.sh"
cat >"$work/areas.csv" <<'CSV'
code,name_zh,name_en,parent_code,tier,valid_from,valid_to,successor
990000,江省,Riverland,,province,,,
990100,江市,Riverton,990000,city,,,
990105,东县,East,990100,county,,,
990147,西县,West,990100,county,,,
990161,北县,North,990100,county,,,
CSV
cat >"$work/units.csv" <<'CSV'
code,name_zh,name_en,kind
9901050001,东县一调委会,East one,people
9901050002,东县二调委会,East two,people
9901470001,西县调委会,West,people
CSV
printf 'version = 1;\nutc_offset = "+00:00";\n' >"$work/calendar.cfg"
nodes="990000 990100 990105 990147 990161"
last=$(date -u -d "$(date -u -d '+60 seconds' +%Y-%m-15) -1 month" +%Y-%m) # the month to report

up() { # up LAB
    "$fq" -q lab up "$1" --areas "$work/areas.csv" --units "$work/units.csv" \
        --calendar "$work/calendar.cfg" --no-http >"$work/up" 2>&1 ||
        { sed 's/^/# /' "$work/up"; bail "lab up"; }
}
up "$lab"

# ---- answers ----

row() { # row NODE KEY VALUE BY WHAT: what coverage says there of the row whose KEY is VALUE
    at "$1" coverage "$last" --by "$4" --json -q 2>/dev/null | "$python" -c 'import json, sys
print([row[sys.argv[3]] for row in json.load(sys.stdin) if row[sys.argv[1]] == sys.argv[2]][0])' \
        "$2" "$3" "$5"
}
says() { # says NODE AREA WHAT EXPECTED
    test "$(row "$1" area "$2" area "$3")" = "$4"
}
of_unit() { # of_unit NODE UNIT WHAT EXPECTED
    test "$(row "$1" unit "$2" unit "$3")" = "$4"
}
rollup() { # rollup NODE EXPRESSION: of the figures, as Python
    at "$1" rollup "$last" --json -q | "$python" -c 'import json, sys
r = json.load(sys.stdin)
print(eval(sys.argv[1]))' "$2"
}
figures() { # figures NODE EXPRESSION EXPECTED
    test "$(rollup "$1" "$2")" = "$3"
}
missing='[(m["area"], m["code"]) for m in r["missing"]]'
late='[(m["area"], m["node"], m["code"], m["arrived_late"]) for m in r["late"]]'

register() { # register COUNTY COMMAND UNIT OPTION...
    local county=$1 id=$2 unit=$3
    shift 3
    at "$county" dispute add --date "$last-20" --type neighbour --source screening --unit "$unit" \
        --cmd-id "990000000000000000000000000000$id" "$@"
}
stopped() { "$fq" -q lab stop "$lab" "$@"; }
started() { "$fq" -q lab start "$lab" "$@"; }
past() { [ "$(date +%s%3N)" -ge "$1" ]; }

# ---- all is well ----

check "a county reports, in time by the calendar as it is" \
    register 990105 01 9901050001 --wait province=20
check "the province hears of the county that has nothing to say" \
    until_true 20 says 990000 990161 complete True
check "and of all: the figures are complete" \
    until_true 20 figures 990000 'r["complete"], r["missing"], r["late"]' '(True, [], [])'
check "which has not reported, for all that" says 990000 990161 state missing
check "the month that goes on is complete of nobody" \
    exits 0 'FQ-4703' at 990000 rollup "$(date -u +%Y-%m)" --json

# ---- a county is switched off ----

check "the province and the city go off" stopped 990000 990100
check "a county records two more" register 990147 02 9901470001
check "and" register 990147 03 9901470001
check "and goes off too" stopped 990147
deadline=$(($(date +%s) + 2))
[ "$(date -u -d "@$deadline" +%H:%M:%S)" != 00:00:00 ] || deadline=$((deadline + 1))
day=$(date -u -d "@$deadline" +%-d)
time=$(date -u -d "@$deadline" +%H:%M:%S)
cat >"$lab/calendar.cfg" <<CFG
version = 2;
unit_day = $day;
unit_time = "$time";
county_day = $day;
county_time = "$time";
CFG
check "those above come back with another calendar, whose deadline is seconds away" \
    started 990000 990100
check "two counties are heard" until_true 20 figures 990000 "$missing" "[('990147', 'FQ-4701')]"
check "the third is missing, by name and with its reason" \
    exits 0 'missing 1: 990147' at 990000 rollup "$last"
check "coverage names it" exits 0 'incomplete 1: 990147' at 990000 coverage "$last"
check "and has nothing of it" says 990000 990147 state missing
check "the first reported in time" says 990000 990105 timing in_time
check "the deadline is told" says 990000 990105 deadline \
    "$(date -u -d "@$deadline" +%Y-%m-%dT%H:%M:%S.000Z)"
check "the figure is without it" figures 990000 'r["total"]["found"]' 1
check "the deadline passes" until_true 20 past "$((deadline * 1000))"

# ---- and on again ----

check "the county comes back" started 990147
check "what it recorded arrives" until_true 20 figures 990000 'r["total"]["found"]' 3
check "it was recorded in time and arrived late" says 990000 990147 timing arrived_late
check "which is counted" says 990000 990147 arrived_late 2
check "at the city too" says 990100 990147 arrived_late 2
check "as its own class, not as recorded late" says 990000 990147 recorded_late 0
check "the figures say so" figures 990000 "$late" "[('990147', '99014701', 'FQ-4707', 2)]"
check "and are complete" until_true 20 figures 990000 'r["complete"], r["missing"]' '(True, [])'
check "the table says so" exits 0 'arrived late 1: 990147' at 990000 coverage "$last"
check "in Chinese" exits 0 '西县.*按时登记、迟到' at 990000 coverage "$last" --lang zh
check "at the county itself nothing came late" says 990147 990147 arrived_late 0
check "all that it announced is held" says 990000 990147 held 2
check "another county records after the deadline" \
    register 990105 04 9901050001 --wait province=20
check "that is recorded late" says 990000 990105 timing recorded_late
check "beside what was in time" says 990000 990105 in_time 1
check "and no matter of the figures' lateness" \
    figures 990000 "$late" "[('990147', '99014701', 'FQ-4707', 2)]"
check "of a unit" of_unit 990000 9901050001 recorded_late 1
check "whose neighbour did not report" of_unit 990000 9901050002 state missing
check "the other county's unit reported late on the way" of_unit 990000 9901470001 arrived_late 2
check "a zero report" at 990161 sweep add --date "$last-21" --place 990161001001 --households 12 \
    --found 0 --wait province=20 --cmd-id 99000000000000000000000000000005
check "is a report" says 990000 990161 state zero_reported
check "with its day" says 990000 990161 last_date "$last-21"
check "before any other of the year" says 990000 990105 first_date "$last-20"

# ---- kept ----

kept() {
    at 990000 coverage "$last" --by "$1" --json -q | grep -v '"heard"' >"$work/before.$1"
    [ "$(wc -l <"$work/before.$1")" -gt 20 ] || return 1
}
same() {
    at 990000 coverage "$last" --by "$1" --json -q | grep -v '"heard"' >"$work/after.$1"
    diff "$work/before.$1" "$work/after.$1"
}
check "what coverage says" kept area
check "and of units" kept unit
check "the province is stopped and started" eval 'stopped 990000 && started 990000'
check "and says the same" until_true 20 same area
check "of units" same unit
check "it is killed and started" eval '"$fq" -q lab kill "$lab" 990000 && started 990000'
check "and says the same" until_true 20 same area
check "every view is the fold of its log" audit_everywhere

# ---- a province where nothing was off ----

rollup 990000 'r["total"], r["digest"]' >"$work/with"
for node in 990000 990100; do
    at "$node" rollup "$last" --by county --json -q | "$python" -c 'import json, sys
print(json.load(sys.stdin)["rows"])' >>"$work/with"
done
"$fq" -q lab down "$lab" >"$work/down" 2>&1 || bail "lab down"
lab=$work/other
up "$lab"
all_again() {
    register 990105 01 9901050001 && register 990147 02 9901470001 &&
        register 990147 03 9901470001 && register 990105 04 9901050001 --wait province=20 &&
        at 990161 sweep add --date "$last-21" --place 990161001001 --households 12 --found 0 \
            --wait province=20 --cmd-id 99000000000000000000000000000005
}
check "the same is done where nothing goes off" all_again
same_figures() {
    rollup 990000 'r["total"], r["digest"]' >"$work/without"
    local node
    for node in 990000 990100; do
        at "$node" rollup "$last" --by county --json -q | "$python" -c 'import json, sys
print(json.load(sys.stdin)["rows"])' >>"$work/without"
    done
    diff "$work/with" "$work/without"
}
check "and gives the same figures, to the digest" until_true 20 same_figures

finish
