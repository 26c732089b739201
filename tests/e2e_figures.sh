#!/bin/bash
# Figures through real daemons: every dimension with its cases, periods beside each other, calendars and
# rates as data, areas that changed, tables to publish, and the way from reports to a figure.
. "$(dirname "$0")/support/e2e.sh"

cat >"$work/calendar.cfg" <<'CFG'
version = 3;
year_starts = 12;
CFG
sed 's/^version = 1;/version = 2;/; s/k = 5;/k = 6;/' config/metrics.cfg >"$work/metrics.cfg"
open_lab --no-http --only 360000,363600,363605,363647 --calendar "$work/calendar.cfg" \
    --metrics "$work/metrics.cfg"
for county in 363605 363647; do import_at "$county" "$work/in.$county" || bail "import"; done

cat >"$work/figures.py" <<'PYTHON'
import json, random, subprocess, sys
from decimal import Decimal, ROUND_HALF_UP
fq, lab, what = sys.argv[1:4]
def ask(*words, node='360000'):
    run = subprocess.run([fq, '--lab', lab, '--node', node, *words, '--json'], capture_output=True)
    if run.returncode: sys.exit('%s: %s' % (words, run.stderr.decode()))
    return json.loads(run.stdout)
def expect(is_so, *words):
    if not is_so: sys.exit('wrong: %s' % (words,))
measures = ['registered', 'accepted', 'concluded', 'agreed', 'failed', 'surveyed', 'open', 'overdue',
            'referred', 'participated', 'persons', 'amount_cents']
if what == 'cases':
    random.seed(7)
    dimensions = ['area', 'city', 'county', 'town', 'village', 'type', 'type_group', 'kind', 'month',
                  'quarter', 'half', 'year', 'committee', 'source', 'outcome', 'risk', 'scale',
                  'difficulty', 'unit', 'campaign', 'tier']
    asked = 0
    for number, first in enumerate(dimensions):
        by = [first, 'source' if first == 'county' else 'county'] if number % 2 else [first]
        rows = ask('rollup', '2015', '--by', ','.join(by))['rows']
        expect(rows or first in ('town', 'village', 'unit', 'campaign'), by)
        cells = [(row, m) for row in rows for m in measures if row[m]]
        for row, measure in random.sample(cells, min(2, len(cells))) + [(rows[0], 'accepted')] * bool(rows):
            where = ','.join('%s=%s' % (key, row[key]) for key in by)
            cases = ask('cases', '2015', '--measure', measure, '--where', where)
            expect(sum(c['value'] for c in cases) == row[measure], by, where, measure, row[measure])
            asked += 1
    print(asked, 'cells')
if what == 'calendar':
    year, months = ask('rollup', '2015'), ask('rollup', '2014-12..2015-11')
    expect(year['from'] == '2014-12-01' and year['to'] == '2015-11-30', year['from'], year['to'])
    expect(year['total'] == months['total'])
    expect(year['calendar'] == {'version': 3, 'year_starts': 12}, year['calendar'])
    expect(ask('rollup', '2015H1')['to'] == '2015-05-31')
    quarters = ask('rollup', '2015', '--by', 'quarter')['rows']
    expect([q['quarter'] for q in quarters] == ['2015Q1', '2015Q2', '2015Q3', '2015Q4'], quarters)
    for row in quarters:
        total = ask('rollup', row['quarter'])['total']
        expect(all(row[m] == total[m] for m in measures), row['quarter'])
    february = ask('rollup', '2015-02', '--by', 'county', '--cumulative')
    expect(february['cumulative_from'] == '2014-12-01', february['cumulative_from'])
    form = ask('form', '2015H1', '--form', 'cases')
    expect((form['from'], form['to'], form['year_from']) == ('2014-12-01', '2015-05-31', '2014-12-01'), form['year_from'])
    year = ask('rollup', '2014-12..2015-05', '--by', 'area')
    accepted = {row['area']: row['accepted'] for row in year['rows']}
    for line in ask('form', '2015-05', '--form', 'cases')['lines']:
        cells = {cell['id']: cell['text'] for cell in line['cells']}
        expect(int(cells['accepted_year'].replace(',', '') or 0) == accepted[line['code']], line)
    for row in february['rows']:
        total = ask('rollup', '2015Q1', '--area', row['county'])['total']
        expect(row['cumulative'] == total, row['county'])
def percent(part, whole):
    return str((Decimal(part) * 100 / whole).quantize(Decimal('0.1'), ROUND_HALF_UP)) if whole > 0 else None
if what == 'compare':
    both = ask('rollup', '2015-06', '--by', 'county,type', '--compare', '2015-05')
    now, base = (ask('rollup', p, '--by', 'county,type') for p in ('2015-06', '2015-05'))
    find = lambda table, row: [r for r in table['rows'] if (r['county'], r['type']) == (row['county'], row['type'])][0]
    expect(both['base_period'] == '2015-05')
    expect(len(both['rows']) == len(now['rows']) > 20, len(both['rows']))
    for row in both['rows'] + [both['total']]:
        is_total = 'county' not in row
        a, b = (t['total'] if is_total else find(t, row) for t in (now, base))
        for m in measures:
            expect((row[m], row['base'][m]) == (a[m], b[m]), row, m)
            expect(row['difference'][m] == a[m] - b[m], row, m)
            growth = (Decimal(a[m] - b[m]) * 1000 / b[m] + Decimal('0.5')).__floor__() if b[m] else None
            expect(row['growth'][m] is None if growth is None else Decimal(row['growth'][m]) == Decimal(growth) / 10,
                   row, m, a[m], b[m])
            expect(row['share'][m] == percent(a[m], now['total'][m]), row, m)
    yoy = ask('rollup', '2015-06', '--yoy')
    expect(yoy['base_period'] == '2014-06' and yoy['base_from'] == '2014-06-01', yoy['base_period'])
    expect(ask('rollup', '2016H1', '--yoy')['base_period'] == '2015H1')
    to = ask('compare', '2015-06', '--to', '2015-05', '--by', 'county,type')
    expect({k: v for k, v in to.items()} == both)
    by_month = ask('rollup', '2015Q2', '--compare', '2015Q1', '--by', 'month')['rows']
    expect([row['month'] for row in by_month] == ['2015-03', '2015-04', '2015-05'], by_month)
    expect(by_month[0]['base']['accepted'] == ask('rollup', '2014-12')['total']['accepted'])
if what == 'metrics':
    v1, v2, v9 = (ask('rollup', '2015H1', '--metric', 'success_rate=' + v) for v in ('v1', 'v2', 'v9'))
    total = v1['total']
    expect(v1['total']['success_rate'] == percent(total['agreed'], total['concluded']))
    expect(v2['total']['success_rate'] == percent(total['agreed'], total['accepted']))
    expect(v2['metrics']['success_rate'] == 'v2 agreed/accepted', v2['metrics'])
    expect(v9['total']['success_rate'] is None and v9['unknown']['metrics'] == ['success_rate'])
    expect(v9['metrics']['success_rate'] == 'v9 unknown to this node', v9['metrics'])
    expect(v1['tables']['metrics'] == 2 and v1['unknown']['metrics'] == [], v1['tables'])
if what == 'public':
    open_, hidden = (ask('rollup', '2015H1', '--by', 'county,type', *more) for more in ([], ['--public']))
    few = protected = 0
    for was, row in zip(open_['rows'], hidden['rows']):
        for m in measures:
            if m in ('persons', 'amount_cents'): continue
            small = 0 < was[m] < 6
            expect(row[m] is None if small else row[m] in (None, was[m]), m, was[m], row[m])
            few += small; protected += row[m] is None and not small
        expect(row['suppressed'] == any(row[m] is None for m in measures), row)
        expect((row['agreed'] is None) == (row['amount_cents'] is None))
    expect(few > 10 and protected > 5, few, protected)
    expect(hidden['public']['k'] == 6)
    # A line of the table with its sum never leaves one unknown.
    for m in measures:
        for key in ('county', 'type'):
            for value in {row[key] for row in hidden['rows']}:
                line = [row[m] for row in hidden['rows'] if row[key] == value]
                expect(line.count(None) != 1, m, key, value)
if what == 'explain':
    for measure in ('registered', 'accepted', 'agreed', 'concluded', 'open', 'persons'):
        said = ask('explain', '2015', '--measure', measure)
        lines = {line['line']: line['value'] for line in said['lines']}
        steps = ('reported', 'corrections', 'transfers_in', 'transfers_out', 'voids', 'merges')
        expect(sum(lines[s] for s in steps) == lines['figure'] == said['figure'], lines)
        expect(said['figure'] == ask('rollup', '2015')['total'][measure], measure)
        expect(lines['with_joint'] + lines['joint_overlap'] == said['figure'])
        for row in said['rows']:
            expect(sum(row[s] for s in steps) == row['home'], row)
        expect(sum(row['home'] for row in said['rows']) == said['figure'])
    # Everything of 2015 came long after its deadline; of this year's last month nothing is late yet.
    punctuality = ask('explain', '2015', '--measure', 'agreed', '--late')['punctuality']
    expect(punctuality == {'in_time': 0, 'late': ask('rollup', '2015')['total']['agreed']}, punctuality)
    expect(ask('explain', '2078', '--late')['punctuality'] == {'in_time': 0, 'late': 0})
    if len(sys.argv) > 4:
        want = dict(pair.split('=') for pair in sys.argv[4:])
        said = ask('explain', '2015-03', '--measure', want.pop('measure'))
        for line in said['lines']:
            expect(int(want.get(line['line'], line['value'])) == line['value'], line, want)
PYTHON
figures() { "$python" "$work/figures.py" "$fq" "$lab" "$@"; }

check "every dimension's cells are the cases they list" figures cases
check "the reporting year begins in December" figures calendar
check "beside another period: base, difference, growth, share" figures compare
check "rates name their version; an unknown one says so" figures metrics
check "a published table leaves out small figures and what tells them" figures public
check "an unknown rate: exit 2, and those there are" \
    exits 2 'FQ-1103.*success_rate=v2' at 360000 rollup 2015 --metric beauty=v1
check "an unknown basis: exit 2" exits 2 'FQ-1107' at 360000 rollup 2015 --basis later
check "an unknown measure: exit 2" exits 2 'FQ-1103.*nonsense' at 360000 rollup 2015 --measure accepted,nonsense
check "a rate is one" exits 0 'success_rate' at 360000 rollup 2015 --measure accepted,success_rate -o csv
check "two things to stand beside: exit 2" exits 2 'FQ-1107.*yoy' at 360000 rollup 2015 --yoy --compare 2014
check "a condition given twice: exit 2" exits 2 'FQ-1001.*type' \
    at 360000 cases 2015 --where type=neighbour,type=contract
check "cumulative by month: exit 2" exits 2 'FQ-1107' at 360000 rollup 2015 --by month --cumulative
check "a unit, a town that is none: refused by name" \
    exits 6 'FQ-3008' at 360000 cases 2015 --where unit=abc
check "the table says * of each alike" eval \
    'exits 0 " \* " at 360000 rollup 2015H1 --by county,type --public && ! grep -q "<[0-9]" "$work/words"'
at 360000 rollup 2015-02 --by type --json >"$work/small"
at 360000 bulletin 2015-02 --json >"$work/bulletin"
check "a bulletin keeps small figures back, and all that is made of them" "$python" -c '
import json, sys
rows = json.load(open(sys.argv[1]))["rows"]
printed = json.load(open(sys.argv[2]))
small = [row["concluded"] for row in rows if 0 < row["concluded"] < 6]
hidden = [row for row in printed["types"] if row["concluded"] == "*"]
shown = [row for row in printed["types"] if row["concluded"] != "*"]
assert small and len(hidden) > len(small) and printed["hidden_note"], (small, hidden)
assert all(row[key] == "*" for row in hidden for key in ("figure", "agreed", "rate", "share")), hidden
assert all(row["size"] == 0 and row["growth"] == "" for row in hidden), hidden
assert all(row["concluded"] == 0 or row["concluded"] >= 6 for row in shown), shown' "$work/small" "$work/bulletin"
check "in Chinese" exits 0 '增幅%' at 360000 rollup 2015-06 --compare 2015-05 --by county --lang zh

# A dispute of March corrected into April, another voided: the explanation says so.
add() { # add COUNTY DATE: the id of a dispute registered and accepted then
    local id
    id=$(at "$1" dispute add --date "$2" --type consumer_other --kind people --source on_application \
        --unit "${1}0001" --persons 2 --json | field id) || return 1
    at "$1" dispute accept "$id" --date "$2" >/dev/null && echo "$id"
}
first=$(add 363605 2015-03-02) && second=$(add 363605 2015-03-03) && third=$(add 363605 2015-03-04) ||
    bail "dispute add"
before=$(at 360000 explain 2015-03 --measure accepted --json | field figure)
at 363605 dispute correct "$first" accepted --date 2015-04-02 --reason "wrong month" >"$work/said" 2>&1 ||
    { cat "$work/said"; bail "correct"; }
at 363605 dispute void "$second" --date 2015-05-01 --reason "entered twice" --wait province=60 --yes >"$work/said" 2>&1 ||
    { cat "$work/said"; bail "void"; }
check "a correction and a void are lines of the explanation" \
    figures explain measure=accepted corrections=-1 voids=-1

# And all of it by another program's arithmetic.
oracle() {
    local by number=0 files=()
    at 360000 export events --jsonl >"$work/events.jsonl" || return 1
    for by in source,outcome tier unit,county quarter committee,kind town county,type risk,scale,difficulty \
        year,half campaign; do
        number=$((number + 1))
        at 360000 rollup 2015 --by "$by" --json >"$work/oracle.$number" || return 1
        files+=("$work/oracle.$number")
    done
    "$python" tests/oracle_fold.py "$work/events.jsonl" config/areas/nyc.csv "${files[@]}"
}
check "the oracle agrees, whatever it is by" oracle

# Luoyang on 2021-03-18: 410381 became 410307; 410322 and 410306 became 410308.
"$fq" -q lab down "$lab" >"$work/down" 2>&1 || bail "lab down"
lab=$work/henan
"$fq" -q lab up "$lab" --areas config/areas/henan.csv --only 410000,410300,410307,410308 --no-http \
    >"$work/up" 2>&1 || bail "lab up"
told() { # told NODE AREA DATE: registered and accepted there then
    local id
    id=$(at "$1" dispute add --date "$3" --type neighbour --kind people --source on_application \
        --unit "${1}0001" --area "$2" --persons 2 --json | field id) || return 1
    at "$1" dispute accept "$id" --date "$3" --wait province=60 >"$work/said" 2>&1 ||
        { cat "$work/said"; return 1; }
}
for line in "410300 410381 2020-02-03" "410300 410381 2020-03-03" "410300 410322 2020-03-04" \
    "410300 410306 2020-05-06" "410300 410381 2021-02-03" "410307 410307 2021-05-04" \
    "410308 410308 2021-04-05" "410308 410308 2021-06-01"; do
    told $line || bail "$line"
done
cat >"$work/basis.py" <<'PYTHON'
import json, subprocess, sys
fq, lab = sys.argv[1:3]
def ask(*words):
    return json.loads(subprocess.run([fq, '--lab', lab, '--node', '410000', *words, '--json'],
                                     check=True, capture_output=True).stdout)
want = {('2020H1', 'now'): {'410307': 2, '410308': 2},
        ('2021H1', 'now'): {'410307': 2, '410308': 2},
        ('2020H1', 'then'): {'410381': 2, '410322': 1, '410306': 1},
        ('2021H1', 'then'): {'410381': 1, '410307': 1, '410308': 2, '410322': 0, '410306': 0}}
for (period, basis), figures in want.items():
    said = ask('rollup', period, '--area', '410300', '--by', 'county', '--basis', basis)
    rows = {row['county']: row['accepted'] for row in said['rows']}
    assert said['basis'] == basis
    assert {county: rows.get(county) for county in figures} == figures, (period, basis, rows)
    others = {'410381', '410322', '410306', '410307', '410308'} - set(figures)
    assert not others & set(rows), (period, basis, others & set(rows))
    assert sum(rows.values()) == said['total']['accepted'] == 4, (period, basis, rows)
    for county in figures: # and by the cases behind them
        cases = ask('cases', period, '--area', '410300', '--basis', basis, '--measure', 'accepted',
                    '--where', 'county=' + county)
        assert len(cases) == figures[county], (period, basis, county, len(cases))
yoy = ask('rollup', '2021H1', '--area', '410300', '--by', 'county', '--yoy')
rows = {row['county']: row for row in yoy['rows']}
assert rows['410307']['growth']['accepted'] == '0.0' and rows['410307']['base']['accepted'] == 2
then = ask('rollup', '2021H1', '--area', '410300', '--by', 'county', '--yoy', '--basis', 'then')
rows = {row['county']: row for row in then['rows']}
assert rows['410307']['base']['accepted'] == 0 and rows['410307']['growth']['accepted'] is None
assert rows['410381']['difference']['accepted'] == -1 and then['total']['growth']['accepted'] == '0.0'
old = ask('rollup', '2020H1', '--area', '410381')
assert old['area'] == '410307' and old['total']['accepted'] == 2
assert ask('rollup', '2020H1', '--area', '410381', '--basis', 'then')['total']['accepted'] == 2
PYTHON
oracle_of_areas() {
    at 410000 export events --jsonl >"$work/events.jsonl" || return 1
    for basis in now then; do
        at 410000 rollup 2020H1 --by county --basis $basis --json >"$work/2020.$basis" &&
            at 410000 rollup 2021H1 --by county,source --basis $basis --json >"$work/2021.$basis" || return 1
    done
    "$python" tests/oracle_fold.py "$work/events.jsonl" config/areas/henan.csv "$work"/202[01].*
}
check "the oracle agrees across the change" oracle_of_areas
check "Luoyang before and after: as areas are now, as they were, nothing lost" \
    "$python" "$work/basis.py" "$fq" "$lab"
finish
