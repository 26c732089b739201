#!/bin/bash
# Every printed figure is the number, or the sum, of the cases it lists.
. "$(dirname "$0")/support/e2e.sh"
open_lab --no-http --only 360000,363600,363605,363647
for county in 363605 363647; do import_at "$county" "$work/in.$county" || bail "import"; done

# Cells drawn from rollups of the province, each asked for by the keys of its row.
cat >"$work/draw.py" <<'PYTHON'
import json, random, subprocess, sys
fq, lab, seed, wanted = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
random.seed(seed)
def ask(*words):
    return json.loads(subprocess.run([fq, '--lab', lab, '--node', '360000', *words, '--json'],
                                     check=True, capture_output=True).stdout)
count_measures = ['accepted', 'concluded', 'agreed', 'failed', 'surveyed', 'satisfied', 'referred',
                  'open', 'overdue', 'closed', 'registered', 'terminated']
full, empty = [], []
for period, by in [('2015H1', 'county,type'), ('2015', 'county,month'), ('2015Q2', 'city,source'),
                   ('2015', 'kind,outcome'), ('2015-05', 'area'), ('2015H2', 'type,month'),
                   ('2015', 'scale,county'), ('2015-03..2015-08', 'type,county'),
                   ('2015', 'quarter,outcome,county'), ('2016', 'county,quarter')]:
    for row in ask('rollup', period, '--by', by)['rows']:
        where = ','.join('%s=%s' % (key, row[key]) for key in by.split(','))
        for measure in count_measures + ['amount_cents', 'persons']:
            (full if row[measure] else empty).append((period, where, measure, row[measure]))
drawn = random.sample(full, min(len(full), wanted)) + random.sample(empty, 20)
wrong = 0
for period, where, measure, printed in drawn:
    cases = ask('cases', period, '--measure', measure, '--where', where)
    ids = {case['id'] for case in cases}
    total = sum(case['value'] for case in cases)
    is_count = measure in count_measures and measure != 'referred'
    if len(ids) != len(cases) or total != printed or (is_count and len(ids) != total):
        wrong += 1
        print(period, where, measure, 'printed', printed, 'cases', len(ids), 'sum', total)
print(len(drawn), 'cells of', len(full), 'that are not empty,', wrong, 'wrong')
sys.exit(wrong > 0 or len(drawn) < wanted)
PYTHON
check "1,000 cells drawn by lot: as many cases as printed, and their sum" \
    "$python" "$work/draw.py" "$fq" "$lab" "${SEED:-7}" 1000
check "an unknown measure: exit 2, and those there are" \
    exits 2 'FQ-1103.*accepted' at 360000 cases 2015H1 --measure beauty
check "no case: exit 3 when asked so" exits 3 FQ-7004 at 360000 cases 1999 --fail-empty
check "a month outside the period: exit 2" exits 2 FQ-1102 at 360000 cases 2015H1 --where month=2015-09
finish
