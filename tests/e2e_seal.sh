#!/bin/bash
# A sealed half-year stays as it is while late and corrected events come: the sealed figures are the same
# bytes, the difference adds up by cause in every cell, the seal is made again from other nodes' own logs,
# single cases are proved, and whatever is altered is seen.
. "$(dirname "$0")/support/e2e.sh"
province() { at 360000 "$@"; }
submit() { # submit CODE: commands on stdin (support/submit.py)
    local endpoint
    endpoint=$("$fq" lab ls "$lab" --json | "$python" -c 'import json, sys
print([node["service"] for node in json.load(sys.stdin) if node["area"] == sys.argv[1]][0])' "$1")
    "$python" tests/support/submit.py "$endpoint" "$lab/$1/keys/node.cert" "$lab/$1/keys/operator.key"
}

# ---- a period that is not complete: five of six counties were never heard of ----

whole=$lab
lab=$work/part
open_lab --no-http --only 360000,363600,363605
check "one of six counties imports" import_at 363605 "$work/in.part"
check "the period is not complete: exit 6, who is missing" \
    exits 6 'FQ-5101.*5: 363647 363661 363681 363685 363699' province period seal 2015H1
check "force needs a reason: exit 6" exits 6 'FQ-3006.*reason' province period seal 2015H1 --force
check "nothing is sealed" test "$(province period ls --json)" = "[]"
check "with a reason it is sealed" exits 0 '"missing": 5' \
    province period seal 2015H1 --force --reason "the others are away" --json
check "and says so when shown" exits 0 'missing 5: 363647' province period show 2015H1
"$fq" -q lab down "$lab" >"$work/down" 2>&1 || bail "the lab does not stop"
lab=$whole
open_lab --no-http
check "all counties import" import_everywhere in
in_hand() { # in_hand NAME: a case accepted in the period; its answer in $work/NAME
    at 363605 dispute add --date 2015-05-05 --type neighbour --source on_application --persons 2 \
        --kind people --json >"$work/$1" &&
        at 363605 dispute accept "$(field id <"$work/$1")" --date 2015-05-06 -q --wait province=60
}
check "a case that will be moved to another county" in_hand moving
check "and one that another unit will join" in_hand joining

report() { # report CODE INDICATOR COUNT-OR-AMOUNT...: of the half-year
    at "$1" activity add --indicator "$2" --from 2015-01-01 --to 2015-06-30 --signer Li -q "${@:3}"
}
check "disputes of other services are reported" report 363605 mediation_handled --count 100
check "and money" report 363605 notary_fees_waived --amount 1000.50 --wait province=60

# Recorded in time, but on its way when the period is sealed.
on_its_way() {
    "$fq" -q lab stop "$lab" 363600 &&
        at 363647 dispute add --date 2015-02-03 --type neighbour --source on_application --persons 2 \
            --json >"$work/way" && id=$(field id <"$work/way") &&
        at 363647 dispute accept "$id" --date 2015-02-04 -q &&
        report 363647 mediation_handled --count 7
}
check "a case is recorded while the city is away" on_its_way

# ---- sealing ----

sealing=5ea102030405060708090a0b0c0d0e0f
check "the province seals" exits 0 '"missing": 0' \
    province period seal 2015H1 --cmd-id "$sealing" --json
check "giving the same command again makes no other seal" exits 0 '"already": true' \
    province period seal 2015H1 --cmd-id "$sealing" --json
check "nothing has come since: exit 8" exits 8 "FQ-5102.*$sealing" province period seal 2015H1
check "there is one" test "$(province period ls --json | grep -c '"seal"')" = 1
check "show the figures and save the seal" \
    exits 0 '"accepted": 1670' province period show 2015H1 --by county --save "$work/seal" --json
province period show 2015H1 --by county --json >"$work/sealed.before" 2>/dev/null
province period show 2015H1 --json >"$work/sealed.all" 2>/dev/null
live() { province rollup 2015H1 --by county --json; }
live >"$work/live.before"
same_figures() { # same_figures A B: but for what they are as of
    diff <(grep -v '"as_of"\|"frontier"' "$1") <(grep -v '"as_of"\|"frontier"' "$2")
}
check "at that moment sealed and live are the same" same_figures "$work/sealed.before" "$work/live.before"
before=$(province node status --json | field head)
"$fq" -q lab start "$lab" 363600 >"$work/start" 2>&1 || bail "the city does not start again"
knows_seal() { at "$1" period ls --json | grep -q "$sealing"; }
for node in 363600 363647; do check "$node hears of the seal" until_true 20 knows_seal "$node"; done

# ---- proofs ----

province cases 2015H1 --measure accepted --json >"$work/cases"
"$python" -c 'import json, random, sys
random.seed(7)
for case in random.sample(json.load(open(sys.argv[1])), 1000): print(case["id"])' "$work/cases" >"$work/ids"
cat >"$work/prove.py" <<'PYTHON'
import os, random, subprocess, sys
fq, lab, work = sys.argv[1:4]
random.seed(7)
def run(*words): return subprocess.run([fq, *words], capture_output=True, text=True)
wrong = []
def verify(name):
    return run('proof', 'verify', f'{work}/{name}', '--key-file', f'{work}/public', '--json')
def flipped(proof, at):
    with open(f'{work}/flipped', 'wb') as file: file.write(proof[:at] + bytes([proof[at] ^ 1 << random.randrange(8)]) + proof[at + 1:])
    return verify('flipped').returncode
ids = open(f'{work}/ids').read().split()
for id in ids:
    made = run('--lab', lab, '--node', '360000', 'proof', 'case', id, '--period', '2015H1', '--to', f'{work}/proof.{id}')
    with open(f'{work}/proof.{id}', 'rb') as file: proof = file.read()
    verified = verify(f'proof.{id}')
    at = random.randrange(len(proof))
    if made.returncode or len(proof) > 2048 or verified.returncode or '"accepted"' not in verified.stdout or id not in verified.stdout:
        wrong.append((id, len(proof), made.stderr, verified.stderr))
    if flipped(proof, at) != 7: wrong.append((id, 'byte', at))
wrong += [(id, 'byte', at) for at in range(len(proof)) if flipped(proof, at) != 7]
print(len(ids), 'proofs', wrong[:5])
sys.exit(bool(wrong) or len(ids) < 1000)
PYTHON
sed -n 's/^ *sign-key *= *"\([0-9a-f]*\)".*/\1/p' "$lab/360000/keys/node.cert" >"$work/public"
check "1,000 cases drawn by lot are proved, in 2 KiB, with the public key alone; not with a bit altered" \
    "$python" "$work/prove.py" "$fq" "$lab" "$work"
one=$(head -n 1 "$work/ids")
check "with the node's certificate" exits 0 '"signature": "good"' \
    "$fq" proof verify "$work/proof.$one" --key "$lab/360000/keys/node.cert" --json
check "with another node's key: exit 7" exits 7 FQ-5107 \
    "$fq" proof verify "$work/proof.$one" --key "$lab/363600/keys/node.cert"
flip() { # flip FILE OFFSET TO
    "$python" -c 'import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[int(sys.argv[2])] ^= 0x20
open(sys.argv[3], "wb").write(data)' "$@"
}
check "no party is in a proof" bash -c "! grep -aEq 'New York|LLC|Inc' '$work/proof.$one'"

# ---- late and corrected events ----

# of COUNTY STATE [KEY]: the ids, or what else is asked, of its cases concluded so in the period.
of() {
    "$python" -c 'import json, sys
for row in json.load(open(sys.argv[1])):
    if row["home"] == sys.argv[2] and row["state"] == sys.argv[3] and row["concluded"] < "2015-07": print(row[sys.argv[4]])' "$work/cases" "$1" "$2" "${3:-id}"
}
change() {
    local a on open
    mapfile -t a < <(of 363605 agreed)
    mapfile -t on < <(of 363605 agreed concluded)
    mapfile -t open < <(field id <"$work/moving")
    [ "${#a[@]}" -ge 12 ] && [ "${#open[@]}" -ge 1 ] || { echo "too few cases"; return 1; }
    # A merge points from the greater id to the smaller.
    local from=${a[3]} into=${a[4]}
    if [[ $from < $into ]]; then from=${a[4]} into=${a[3]}; fi
    submit 363605 <<JSON || return 1
["voided", "${a[0]}", "2015-09-01", null, "entered twice"]
["merged", "$from", "2015-09-01", "hex:$into", "one quarrel"]
["corrected", "${a[5]}", "${on[5]}", 16, "amount", 2, 990000, null, null]
["corrected", "${a[6]}", "${on[6]}", 16, "amount", 1, 1000, null, null]
["transferred", "${open[0]}", "2015-09-01", 363647, 3636470001, null, "moved"]
["reopened", "${a[8]}", "2015-09-01", "new facts"]
JSON
    at 363605 dispute join "$(field id <"$work/joining")" --date 2015-09-01 --to-unit 3636470001 --kind judicial -q || return 1
    at 363605 dispute add --date 2015-03-01 --type neighbour --source on_initiative --persons 5 \
        --json >"$work/add" || return 1
    local id
    id=$(field id <"$work/add")
    at 363605 dispute accept "$id" --date 2015-03-02 -q &&
        at 363605 dispute agree "$id" --date 2015-04-01 --form written --amount 1200.50 -q &&
        at 363605 dispute visit "${a[10]}" --date 2015-06-30 --satisfied yes -q &&
        at 363605 dispute close "${a[5]}" --date 2015-06-30 -q &&
        report 363605 mediation_handled --count 90 && report 363605 notary_fees_waived --amount 900.25 &&
        report 363685 mediation_handled --count 30 &&
        report 363605 notary_matters --count 4 --wait province=60 && echo "${a[5]}" >"$work/both"
}
check "events come late: new, voided, merged, corrected, moved, reopened, joined" change
arrived() { [ "$(province dispute show "$(field id <"$work/way")" --json | field state)" = accepted ]; }
check "what was on its way arrives" until_true 60 arrived

province period show 2015H1 --by county --json >"$work/sealed.after" 2>/dev/null
check "the sealed figures are the same bytes" cmp "$work/sealed.before" "$work/sealed.after"
province rollup 2015H1 --by county --as-of 2015H1 --json >"$work/asof"
check "rollup --as-of the period is the seal" cmp "$work/sealed.before" "$work/asof"
province rollup 2015H1 --by county --as-of "${sealing:0:8}" --json >"$work/asof"
check "and by the beginning of the seal's id" cmp "$work/sealed.before" "$work/asof"
province rollup 2015H1 --by county --as-of "lsn:$before" --json >"$work/asof"
check "and as of the lsn, by the short way" same_figures "$work/sealed.before" "$work/asof"
live >"$work/live.after"
check "the live figures moved" bash -c "! cmp -s '$work/live.before' '$work/live.after'"

cat >"$work/add_up.py" <<'PYTHON'
import json, subprocess, sys
fq, lab, work = sys.argv[1:4]
causes = ['recorded_late', 'arrived_late', 'voided', 'merged', 'unmerged', 'transferred', 'reopened',
          'corrected', 'later_step', 'joint', 'definition']
def ask(*words):
    return json.loads(subprocess.run([fq, '--lab', lab, '--node', '360000', *words, '--json'], check=True,
                                     capture_output=True).stdout)
sealed = {row['county']: row for row in json.load(open(work + '/sealed.before'))['rows']}
live = {row['county']: row for row in json.load(open(work + '/live.after'))['rows']}
measures = [key for key, value in live['363605'].items() if isinstance(value, int)]
wrong, seen = [], set()
for by in ('county', 'county,month', 'type', 'kind', 'county,outcome'):
    diff = ask('period', 'diff', '2015H1', '--by', by)
    sums = {}
    for row in diff['rows'] + diff['totals']:
        if sum(row[cause] for cause in causes) != row['difference']: wrong.append(('causes', by, row))
        if row['live'] - row['sealed'] != row['difference']: wrong.append(('difference', by, row))
        seen |= {cause for cause in causes if row[cause]}
    if by == 'county':
        for row in diff['rows']:
            county, measure = row['county'], row['measure']
            if row['sealed'] != sealed[county][measure] or row['live'] != live[county][measure]:
                wrong.append(('cell', row))
        told = {(row['county'], row['measure']) for row in diff['rows']}
        for county in live:
            for measure in measures:
                if live[county][measure] != sealed[county][measure] and (county, measure) not in told:
                    wrong.append(('untold', county, measure))
        for row in diff['totals']:
            for cause in causes:
                rows = sum(r[cause] for r in diff['rows'] if r['measure'] == row['measure'])
                if rows != row[cause]: wrong.append(('total', row, cause, rows))
        for row in diff['totals']:
            for cause in causes:
                cases = ask('period', 'diff', '2015H1', '--measure', row['measure'], '--cause', cause, '--cases')
                if sum(case['value'] for case in cases) != row[cause]:
                    wrong.append(('cases', row['measure'], cause))
def behind(measure, cause):
    return {case['id'] for case in ask('period', 'diff', '2015H1', '--measure', measure, '--cause', cause, '--cases')}
both = open(work + '/both').read().strip() # corrected, and closed: each is put down to its own cause
if both not in behind('amount_cents', 'corrected') or both in behind('closed', 'corrected'): wrong.append('corrected')
if both not in behind('closed', 'later_step') or both in behind('amount_cents', 'later_step'): wrong.append('later')
moved = {row['indicator']: tuple(row[key] for key in ('sealed', 'live', 'difference', 'arrived_late', 'recorded_late', 'corrected'))
         for row in ask('period', 'diff', '2015H1')['activities']}
if moved != {'mediation_handled': (100, 127, 27, 7, 30, -10), 'notary_matters': (0, 4, 4, 0, 4, 0),
             'notary_fees_waived': (100050, 90025, -10025, 0, 0, -10025)}: wrong.append(moved)
if ask('period', 'diff', '2015H1', '--measure', 'accepted')['activities']: wrong.append('beside a measure')
expected = {'recorded_late', 'arrived_late', 'voided', 'merged', 'transferred', 'reopened', 'corrected',
            'later_step', 'joint'}
if not expected <= seen: wrong.append(('never seen', expected - seen))
if 'definition' in seen: wrong.append('definition')
print(wrong[:5])
sys.exit(bool(wrong))
PYTHON
check "the difference adds up by cause in every cell, and to its cases" \
    "$python" "$work/add_up.py" "$fq" "$lab" "$work"
check "measures have names in Chinese" exits 0 '金额（分）' province period diff 2015H1 --lang zh
check "reported figures stand below, in Chinese" exits 0 '公证.*4 *0 *4' \
    province period diff 2015H1 --lang zh
check "a row is named once" test "$(province period diff 2015H1 --by county | head -n 1 | grep -o name | wc -l)" = 1
check "an lsn that is yet to come: exit 2" exits 2 'FQ-7005.*lsn:99999999 > ' \
    province rollup 2015H1 --as-of lsn:99999999
check "a time that is: exit 2" exits 2 'FQ-7005.*2075' province rollup 2015H1 --as-of 2075-01-01T00:00:00Z
check "an unknown cause: exit 2" exits 2 'FQ-7005.*cause' \
    province period diff 2015H1 --cases --cause weather

# ---- made again elsewhere ----

check "the province makes it again from its log" exits 0 '"match": true' \
    province period verify 2015H1 --json
check "and out of the file" exits 0 '"match": true' province period verify "$work/seal" --json
check "the city its own rows, from its own log" exits 0 '"scope": "363600"' \
    at 363600 period verify "$work/seal" --json
check "a county its own" exits 0 '"scope": "363605"' at 363605 period verify "$work/seal" --json
check "elsewhere only the head is known: exit 4" exits 4 'FQ-5105.*36000001' \
    at 363600 period show 2015H1
check "nor can its cells be asked for there: exit 4" exits 4 'FQ-5105.*36000001' \
    at 363600 rollup 2015H1 --as-of "$sealing"
check "the saved seal verifies without a node" exits 0 '"signature": "good"' \
    "$fq" proof verify "$work/seal" --key "$lab/360000/keys/node.cert" --json
check "a case that changed since is proved as it was" exits 0 '"accepted"' \
    province proof case "$(of 363605 agreed | sed -n 6p)" --period 2015H1 --json
check "a case recorded later is not in it: exit 3" exits 3 FQ-5108 \
    province proof case "$(field id <"$work/add")" --period 2015H1

flipped_seals() {
    local size at
    size=$(stat -c %s "$work/seal")
    for ((at = 0; at < size; at += 911)); do
        flip "$work/seal" "$at" "$work/flipped"
        province period verify "$work/flipped" >/dev/null 2>"$work/flip.err"
        [ $? = 7 ] || [ "$at" -lt 8 ] || { echo "byte $at"; cat "$work/flip.err"; return 1; }
        "$fq" proof verify "$work/flipped" --key "$lab/360000/keys/node.cert" >/dev/null 2>&1
        [ $? = 7 ] || { echo "byte $at, alone"; return 1; }
    done
}
check "a seal with a byte altered: exit 7" flipped_seals

# ---- what is printed of a seal is of its own period ----

check "a bulletin of the sealed period" exits 0 "$sealing" province bulletin 2015H1 --seal "$sealing" -o text
check "not of a part of it: exit 2, which it is of" exits 2 'FQ-1001.*another period: 2015H1' \
    province bulletin 2015Q1 --seal "$sealing" -o text
check "nor a form" exits 2 'FQ-1001.*another period: 2015H1' \
    province form 2015Q1 --form cases --seal "$sealing" -o csv
check "nor of what is no seal: exit 2" exits 2 'FQ-1001.*no seal' \
    province bulletin 2015H1 --seal "lsn:$before" -o text

# ---- again, and after a crash ----

check "it is sealed again" exits 0 "\"previous\": \"$sealing\"" province period seal 2015H1 --json
live >"$work/live.again"
province rollup 2015H1 --by county --as-of 2015H1 --json >"$work/asof"
check "by its period, the newest" same_figures "$work/live.again" "$work/asof"
province rollup 2015H1 --by county --as-of "$sealing" --json >"$work/asof"
check "by its id, the old one as it was" cmp "$work/sealed.before" "$work/asof"
check "a city seals its own half-year" exits 0 '"area": "363600"' at 363600 period seal 2015H1 --json
check "and a county its own" exits 0 '"node": "36364701"' at 363647 period seal 2015H1 --json
at 363647 period show 2015H1 --save "$work/county.seal" >"$work/county.figures" 2>&1
check "made again there, of relays too" exits 0 '"match": true' at 363647 period verify "$work/county.seal" --json
check "and at the city, which relayed them" exits 0 '"scope": "363647"' \
    at 363600 period verify "$work/county.seal" --json
check "not at the province, which has no such relays: exit 4, and which" \
    exits 4 'FQ-5106.*36360001-363647' province period verify "$work/county.seal"
holds() { province period ls --json | grep -q "\"node\": \"$1\""; }
check "the province hears of both" until_true 20 eval "holds 36364701 && holds 36360001"
"$fq" -q lab kill "$lab" 360000 && "$fq" -q lab start "$lab" 360000 >"$work/start" 2>&1 ||
    bail "the province does not start again"
province rollup 2015H1 --by county --as-of "$sealing" --json >"$work/asof"
check "after a crash the seal is as it was" cmp "$work/sealed.before" "$work/asof"
check "and all are known" test "$(province period ls --json | grep -c '"seal"')" = 4
check "and made again" exits 0 '"match": true' province period verify "$sealing" --json
check "an unknown seal: exit 2" exits 2 FQ-5104 province period show 2014H1
finish
