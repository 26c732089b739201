#!/bin/bash
# Screening and the other services: a campaign made at the city is everybody's; a zero report is a
# report, and who sent none is named; a reported figure that cannot be is refused with the rule; a file
# imported twice adds nothing; the province's sums are the counties'.
. "$(dirname "$0")/support/e2e.sh"
cat >"$work/units.csv" <<'CSV'
code,name_zh,name_en,kind
3636050001,河畔调委会,Riverside committee,people
3636050002,山脚调委会,Hillside committee,people
3636470001,港口调委会,Harbour committee,people
CSV
cat >"$work/places.csv" <<'CSV'
code,name_zh
363605001,河镇
363605001001,河村
363605001002,桥村
363605002,山镇
CSV
open_lab --no-http --only 360000,363600,363605,363647 --units "$work/units.csv" \
    --places "$work/places.csv"
nodes="360000 363600 363605 363647"
spring=春季排查

# ---- campaigns ----

knows() { # knows CODE TEXT: the node lists the campaign, and its line holds TEXT
    at "$1" campaign ls | grep -q "$spring.*$2"
}
check "a county makes no campaign: exit 4" \
    exits 4 FQ-3206 at 363605 campaign add x --from 2015-03-01 --to 2015-05-31
check "a campaign is not named like a period: exit 6" \
    exits 6 FQ-3203 at 363600 campaign add 2015H1 --from 2015-03-01 --to 2015-05-31
check "its days are in order: exit 6" \
    exits 6 FQ-3002 at 363600 campaign add x --from 2015-06-01 --to 2015-05-31
check "a campaign is tried dry" \
    exits 0 "$spring" at 363600 campaign add "$spring" --from 2015-03-01 --to 2015-05-31 --dry-run
check "and is then still unknown: exit 2" exits 2 FQ-3201 at 363600 campaign report "$spring"
id=0102030405060708090a0b0c0d0e0f10
check "a city makes one" exits 0 '"number": 16909060' \
    at 363600 campaign add "$spring" --from 2015-03-01 --to 2015-05-31 --cmd-id "$id" --json
check "giving the same command again makes no other" exits 0 16909060 \
    at 363600 campaign add "$spring" --from 2015-03-01 --to 2015-05-31 --cmd-id "$id" --json
for node in 363605 363647 360000; do
    check "$node hears of it" until_true 20 knows "$node" open
done
check "there is one" test "$(at 363605 campaign ls --json | grep -c '"number"')" = 1

# ---- sweeps ----

check "a sweep names a unit or a place: exit 6" \
    exits 6 'FQ-3006.*unit, place' at 363605 sweep add --date 2015-03-04 --campaign "$spring"
check "a unit that is not in the table: exit 6" exits 6 FQ-3118 \
    at 363605 sweep add --date 2015-03-04 --unit 3636050009
check "an unknown village: exit 6" exits 6 FQ-3116 \
    at 363605 sweep add --date 2015-03-04 --place 363605001009
check "a sweep of an unknown campaign: exit 2" exits 2 FQ-3201 \
    at 363605 sweep add --date 2015-03-04 --unit 3636050001 --campaign autumn
check "a sweep outside the campaign's days: exit 6, the days" \
    exits 6 'FQ-3205.*2015-03-01..2015-05-31, 2015-06-04' \
    at 363605 sweep add --date 2015-06-04 --unit 3636050001 --campaign "$spring"
sweeps() {
    at 363605 sweep add --date 2015-03-04 --unit 3636050001 --campaign "$spring" --households 120 \
        --found 2 || return 1
    at 363605 sweep add --date 2015-03-11 --unit 3636050001 --campaign "$spring" --households 80 \
        --cmd-id "${id%0}1" || return 1
    at 363605 sweep add --date 2015-03-11 --unit 3636050001 --campaign "$spring" --households 80 \
        --cmd-id "${id%0}1" || return 1
    at 363605 sweep add --date 2015-03-12 --place 363605001001 --households 30 # of no campaign
}
check "the first county screens, once finding nothing; a repeat is one" sweeps
check "a sweep is no dispute" exits 6 FQ-3004 at 363605 dispute show "${id%0}1"
check "and registers what it found" at 363605 dispute add --date 2015-03-05 --type neighbour \
    --source screening --campaign "$spring" --cmd-id "${id%0}2" --wait city=20
check "and another of no campaign" at 363605 dispute add --date 2015-03-05 --type neighbour \
    --source on_application --wait city=20

state_at() { # state_at NODE AREA: what coverage says of the area
    at "$1" coverage "$spring" --json -q | "$python" -c 'import json, sys
print([row["state"] for row in json.load(sys.stdin) if row["area"] == sys.argv[1]][0])' "$2"
}
check "the city sees the first county has reported" test "$(state_at 363600 363605)" = reported
check "and the second has not" test "$(state_at 363600 363647)" = missing
check "coverage names who is missing" exits 0 'missing 5: 363647' at 363600 coverage "$spring"
check "a zero report" at 363647 sweep add --date 2015-04-01 --unit 3636470001 --campaign "$spring" \
    --households 55 --found 0 --wait province=20
check "is a report" test "$(state_at 363600 363647)" = zero_reported
check "coverage of a period counts the sweeps of no campaign too" \
    exits 0 '"sweeps": 3' at 363600 coverage 2015Q1 --area 363605 --json
check "by unit, those that did not report too" \
    exits 0 '3636050002 *Hillside committee *missing' at 360000 coverage "$spring" --by unit
check "by village" exits 0 '363605001002 *桥村 *缺报' \
    at 363600 coverage 2015H1 --by place --area 363605 --lang zh
check "a town without villages is a place that reports" exits 0 '363605002 *山镇 *缺报' \
    at 363600 coverage 2015H1 --by place --area 363605 --lang zh
check "one with villages is screened by them" test "$(at 363600 coverage 2015H1 --by place \
    --area 363605 --json | grep -c '"place": "363605001"')" = 0

report() { # report NODE: the campaign's totals there
    at "$1" campaign report "$spring" --json -q | "$python" -c 'import json, sys
report = json.load(sys.stdin)
total = report["total"]
print(total["sweeps"], total["zero_reports"], total["households"], total["found"],
      total["registered"], total["resolved"], len(report["missing"]))'
}
resolve() {
    local word
    for word in accept fail; do
        at 363605 dispute "$word" "${id%0}2" --date 2015-03-20 --wait province=20 || return 1
    done
}
check "the dispute found is dealt with" resolve
for node in 363600 360000; do
    check "$node reports: 3 sweeps, 2 of them zero, 1 dispute, resolved" \
        test "$(report "$node")" = "3 2 255 2 1 1 4"
done
check "at a county the report is of the county" test "$(report 363647)" = "1 1 55 0 0 0 0"
check "figures of the campaign's months" \
    exits 0 '"to": "2015-05-31"' at 360000 rollup "$spring" --json

# ---- closing ----

check "a county closes none: exit 4" exits 4 FQ-3206 at 363605 campaign close "$spring"
check "the city does" at 363600 campaign close "$spring" --date 2015-04-30
check "once: exit 6" exits 6 FQ-3204 at 363600 campaign close "$spring" --date 2015-04-30
check "the county hears of it" until_true 20 knows 363605 'closed.*2015-04-30'
check "what was done before may still come" at 363605 sweep add --date 2015-04-30 \
    --unit 3636050002 --campaign "$spring" --found 0
check "what was done after is refused: exit 6" exits 6 'FQ-3205.*2015-03-01..2015-04-30' \
    at 363605 sweep add --date 2015-05-02 --unit 3636050002 --campaign "$spring"
restart() {
    "$fq" -q lab kill "$lab" 363605 && "$fq" -q lab start "$lab" 363605 && knows 363605 closed
}
check "a county killed and started knows it still" restart

# ---- activities ----

figure() { # figure NODE INDICATOR KEY [AREA]: of the half-year
    at "$1" activity ls 2015H1 ${4:+--area "$4"} --json -q | "$python" -c 'import json, sys
print([row[sys.argv[2]] for row in json.load(sys.stdin) if row["indicator"] == sys.argv[1]][0])' \
        "$2" "$3"
}
half="--from 2015-01-01 --to 2015-06-30 --signer 李"
check "an unknown indicator: exit 2" exits 2 'FQ-1104.*indicator' \
    at 363605 activity add --indicator visits $half --count 1
check "money is an amount: exit 2" exits 2 'FQ-1001.*--amount' \
    at 363605 activity add --indicator notary_fees_waived $half --count 1
check "a figure is signed: exit 6" exits 6 'FQ-3006.*signer' \
    at 363605 activity add --indicator notary_matters --from 2015-01-01 --to 2015-06-30 --count 1
check "disputes handled" at 363605 activity add --indicator mediation_handled $half --count 17128
check "more successes than disputes handled: exit 6, the rule" \
    exits 6 'FQ-3207.*mediation_succeeded 17356 > mediation_handled 17128' \
    at 363605 activity add --indicator 调解成功 $half --count 17356
check "a second report replaces the first" \
    at 363605 activity add --indicator mediation_handled $half --count 17400 --wait province=20
check "at the province too" test "$(figure 360000 mediation_handled count)" = 17400
check "now so many successes can be" at 363605 activity add --indicator 102 $half --count 17356

cat >"$work/figures.csv" <<'CSV'
指标,区划,起,止,数值,签发人
公证行业为民办实事,363605,2015-01-01,2015-06-30,"1,400",王
notary_fees_waived,363605,2015年1月1日,2015年6月30日,557000.50,王
hotline_seats,363605,,2015-06-30,5,王
hotline_enquiries,363605,2015-01-01,2015-06-30,233,王
hotline_surveyed,363605,2015-01-01,2015-06-30,234,王
aid_accepted,363647,2015-01-01,2015-06-30,79,王
aid_accepted,363605,2015-01-01,2015-02-30,79,王
aid_accepted,363605,2015-01-01,2015-06-30,79.5,王
aid_accepted,363605,2015-01-01,2015-06-30,79,
rumours,363605,2015-01-01,2015-06-30,79,王
CSV
imported() { # imported FILE: its counts and the lines refused
    "$python" -c 'import json, sys
answer = json.load(open(sys.argv[1]))
print(answer["rows"], answer["imported"], answer["already"], answer["refused"],
      [(row["line"], row["code"]) for row in answer["refusals"]])' "$1"
}
lines="[(6, 'FQ-3207'), (7, 'FQ-3122'), (8, 'FQ-3001'), (9, 'FQ-3006'), (10, 'FQ-3006'), (11, 'FQ-1104')]"
import_figures() { # import_figures EXPECTED OPTION...: at the county, exit 6 and these counts
    local expected=$1 status=0
    shift
    at 363605 activity import "$work/figures.csv" --json "$@" >"$work/answer" || status=$?
    imported "$work/answer"
    [ "$status" = 6 ] && [ "$(imported "$work/answer")" = "$expected" ]
}
check "a file is tried dry: bad lines named, exit 6" import_figures "10 4 0 6 $lines" --dry-run
check "which takes nothing in" test "$(at 363605 activity ls 2015H1 --json | grep -c notary)" = 0
check "imported: the same lines named" import_figures "10 4 0 6 $lines" --wait province=20
check "imported again: nothing new" import_figures "10 0 4 6 $lines" --wait province=20
printf 'a,b\n1,2\n' >"$work/other.csv"
check "another file: exit 2, its columns missing" exits 2 'FQ-3208.*indicator' \
    at 363605 activity import "$work/other.csv"
printf 'indicator,area,from,to,value,signer\nhotline_seats,363647,,2015-03-31,4,Li\n' \
    >"$work/seats.csv"
printf 'hotline_seats,363647,,2015-06-30,7,Li\nnotary_matters,363647,2015-04-01,2015-07-31,9,Li\n' \
    >>"$work/seats.csv"
printf 'notary_matters,363647,2015-01-01,2015-03-31,600,Li\n' >>"$work/seats.csv"
check "another county's, in English" at 363647 activity import "$work/seats.csv" --wait province=20
check "flows are summed over the counties" test "$(figure 360000 notary_matters count)" = 2000
check "what reaches over the period's edge is told, not counted" \
    test "$(figure 360000 notary_matters partial)" = 1
check "of stocks the last of each is summed" test "$(figure 360000 hotline_seats count)" = 12
check "money is kept to the cent" \
    test "$(figure 360000 notary_fees_waived amount_cents)" = 55700050
check "of one county" test "$(figure 360000 notary_matters count 363647)" = 600
january="--from 2015-01-01 --to 2015-01-31 --signer 李"
check "days reported already are not reported again: exit 6, which" \
    exits 6 'FQ-3209.*notary_matters: 2015-01-01..2015-06-30' \
    at 363605 activity add --indicator notary_matters $january --count 9

# ---- both languages, and the proofs ----

check "Chinese" exits 0 '公证行业为民办实事.*件' at 360000 activity ls 2015H1 --lang zh
check "Chinese states" exits 0 零报告 at 360000 coverage "$spring" --lang zh
all_have() { # as much as the province
    local node
    for node in 363605 363647; do
        at "$node" digest --area "$node" --json | field digest >"$work/a" &&
            at 360000 digest --area "$node" --json | field digest | cmp - "$work/a" || return 1
    done
}
check "the province holds what the counties hold" until_true 20 all_have
check "every view is the fold of its log" audit_everywhere

check "an indicator is no type of dispute that the table lacks" \
    bash -c '[ "$("$0" --lab "$1" --node 360000 rollup 2015 --by type --json | "$2" -c "import json, sys
print(json.load(sys.stdin)[\"unknown\"][\"types\"])")" = "[]" ]' "$fq" "$lab" "$python"

# ---- two nodes report the same days: the county hears nothing of what is reported above it ----

at 360000 activity add --indicator aid_accepted --area 363605 $half --count 900 -q
check "the county does not know what the province reported of it" \
    at 363605 activity add --indicator aid_accepted $january --count 10 --wait province=20
check "the finer report stands" test "$(figure 360000 aid_accepted count)" = 10
check "the other is told, not counted" test "$(figure 360000 aid_accepted overlapping)" = 1
check "in words too" exits 0 '1 reports have days in common with a finer one' \
    at 360000 activity ls 2015H1
finish
