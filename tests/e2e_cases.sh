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
wrong = asked = 0
for period, by in [('2015H1', 'county,type'), ('2015', 'county,month'), ('2015Q2', 'city,source'),
                   ('2015', 'kind,outcome'), ('2015-05', 'area'), ('2015H2', 'type,month')]:
    keys = by.split(',')
    rows = [row for row in ask('rollup', period, '--by', by)['rows']]
    cells = [(row, measure) for row in rows for measure in count_measures + ['amount_cents', 'persons']]
    full = [cell for cell in cells if cell[0][cell[1]]]
    for row, measure in random.sample(full, min(len(full), wanted)) + random.sample(cells, 2):
        where = ','.join('%s=%s' % (key, row[key]) for key in keys)
        cases = ask('cases', period, '--measure', measure, '--where', where)
        asked += 1
        ids = {case['id'] for case in cases}
        total = sum(case['value'] for case in cases)
        is_count = measure in count_measures
        if len(ids) != len(cases) or total != row[measure] or (is_count and measure not in ('referred',) and len(ids) != total):
            wrong += 1
            print(period, where, measure, 'printed', row[measure], 'cases', len(ids), 'sum', total)
print(asked, 'cells,', wrong, 'wrong')
sys.exit(wrong > 0 or asked < wanted)
PYTHON
check "cells drawn by lot: as many cases as printed, and their sum" \
    "$python" "$work/draw.py" "$fq" "$lab" "${SEED:-7}" 12
check "an unknown measure: exit 2, and those there are" \
    exits 2 'FQ-1103.*accepted' at 360000 cases 2015H1 --measure beauty
check "no case: exit 3 when asked so" exits 3 FQ-7004 at 360000 cases 1999 --fail-empty
check "a month outside the period: exit 2" exits 2 FQ-1102 at 360000 cases 2015H1 --where month=2015-09
finish
