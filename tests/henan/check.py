"""Checks of the province's figures: check.py OUT WHAT [NUMBER...]. Silent when all is well."""
import csv
import json
import re
import sys
import xml.etree.ElementTree

out, what, numbers = sys.argv[1], sys.argv[2], [int(text) for text in sys.argv[3:] if text.isdigit()]


def load(name):
    with open(f'{out}/{name}.json', encoding='utf-8') as file:
        return json.load(file)


def measures(row):
    """The sums of a row: no rate, no stock."""
    return {key: value for key, value in row.items()
            if isinstance(value, int) and key not in ('open', 'overdue')}


def add(rows):
    total = {}
    for row in rows:
        for key, value in measures(row).items():
            total[key] = total.get(key, 0) + value
    return total


def same(left, right, name):
    differing = {key: (left.get(key), right.get(key)) for key in left.keys() | right.keys()
                 if (left.get(key) or 0) != (right.get(key) or 0)}
    if differing:
        sys.exit(f'{name}: {differing}')


def check_total():
    total = load('total')['total']
    same({key: total[key] for key in ('accepted', 'concluded', 'agreed')},
         {'accepted': numbers[0], 'concluded': numbers[0], 'agreed': numbers[1]}, 'total')
    if total['success_rate'] != '98.0':
        sys.exit(f"success_rate {total['success_rate']}")


def check_truth():
    month = sys.argv[3]
    told = {row['county']: row for row in load('truth')['rows']}
    played = {}
    with open(f'{out}/truth.csv', encoding='utf-8') as file:
        for row in csv.DictReader(file):
            county, names = row.pop('county'), list(row)[1:]
            if row.pop('month') == month:
                played[county] = {name: int(value) for name, value in row.items()}
    for key in told.keys() | played.keys():
        zero = dict.fromkeys(names, 0)
        row = told.get(key, zero)
        same({name: row[name] for name in names}, played.get(key, zero), f'{key} {month}')


def check_sums():
    whole = load('whole')['total']
    # What units above county take part in stands in no county's row, so it is in no sum of them.
    left_out = {key: whole[key] for key in ('participated',) if key in whole}
    for name in ('counties', 'cities'):
        rows = add(load(name)['rows'])
        for key in left_out:
            rows.pop(key, None)
        same(rows, {key: value for key, value in measures(whole).items() if key not in left_out},
             name)
    by_city = {row['city']: row for row in load('cities')['rows']}
    for city, row in by_city.items():
        below = [county for county in load('counties')['rows']
                 if county['county'][:4] == city[:4] and (city[4:] == '00') == (county['county'][:3] != '419')]
        rows = measures(row)
        rows.pop('participated', None)
        sums = add(below)
        sums.pop('participated', None)
        same(sums, rows, city)


def check_same():
    own, above = load('own'), load('above')
    for left, right in zip(own['rows'] + [own['total']], above['rows'] + [above['total']]):
        for row in left, right:  # what its units do elsewhere, only the province sees
            row.pop('participated', None)
        if left != right:
            sys.exit(f"{own['area']}: {left}, {right}")


def check_types():
    played = {}
    with open('tests/data/reference-mediation-stats.csv', encoding='utf-8') as file:
        for row in csv.DictReader(file):
            if (row['set'], row['indicator']) == ('huangshi_2016_08', 'accepted') and \
                    row['dispute_type'] != 'ALL':
                played[row['dispute_type']] = int(row['value'])
    told = {row['type']: row['accepted'] for row in load('types')['rows']}
    whole, base = sum(told.values()), sum(played.values())
    for name, value in played.items():
        expected, wide = value / base, 4 * (value / base / whole) ** 0.5 + 0.012
        if abs(told[name] / whole - expected) > wide:
            sys.exit(f'{name}: {told[name] / whole:.4f}, published {expected:.4f}')


def check_kinds():
    kinds = load('kinds')
    for key, value in kinds['distinct'].items():
        if isinstance(value, int) and key not in ('open', 'overdue', 'participated'):
            if sum(row[key] for row in kinds['rows']) - kinds['overlap'][key] != value:
                sys.exit(f'{key}: {kinds["overlap"][key]}')
    share = kinds['total']['linked'] / kinds['total']['concluded']
    if not 0.17 < share < 0.23:
        sys.exit(f'linked: {share:.3f}')


def check_luoyang():
    sums = {}
    for row in load('luoyang')['rows']:
        sums[row['county'], row['month']] = row['registered']
    for old, new in (('410381', '410307'), ('410322', '410308'), ('410306', '410308')):
        before = [sums.get((old, f'2021-0{month}'), 0) for month in range(1, 7)]
        after = [sums.get((new, f'2021-0{month}'), 0) for month in range(1, 7)]
        if sum(before[3:]) or sum(after[:2]) or not sum(before) or not sum(after):
            sys.exit(f'{old} {before}, {new} {after}')


def check_basis():
    now, then = ({row['county']: measures(row) for row in load(name)['rows']}
                 for name in ('now', 'then'))
    for old, new in (('410381', '410307'), ('410322', '410308'), ('410306', '410308')):
        if any((now.get(old) or {}).values()) or not any((now.get(new) or {}).values()):
            sys.exit(f'{old}, {new}')
    for successors in (('410381', '410307'), ('410322', '410306', '410308')):
        same(add(then[code] for code in successors if code in then), now[successors[-1]],
             successors[-1])


def read(name):
    with open(f'{out}/{name}', encoding='utf-8') as file:
        return file.read()


def english(row):
    """The form this project gives a figure in English."""
    value = float(row['value'])
    if row['unit_en'] == 'percent':
        return f'{value:g}%'
    more = 'more than ' if row['qualifier'] == 'yu' else ''
    return f"{more}{int(value):,} {row['unit_en']}"


def check_bulletin():
    lang, scale = sys.argv[3], int(sys.argv[4])
    texts = {end: read(f'bulletin.{lang}.{end}') for end in ('txt', 'md', 'html')}
    with open('tests/data/seed-figures.csv', encoding='utf-8') as file:
        rows = [row for row in csv.DictReader(file)
                if row['bulletin_core'] == 'yes' or row['id'] in ('XC-01', 'XC-02', 'XX-01')]
    for row in rows:
        printed = row['printed'] if lang == 'zh' else english(row)
        if row['id'] == 'MED-01' and scale > 1:
            printed = f'{278604 // scale}件' if lang == 'zh' else f'{278604 // scale:,} cases'
        for end, text in texts.items():
            found = re.search(r'(?<![0-9.,])' + re.escape(printed) + r'(?![0-9A-Za-z])', text)
            if not found:
                sys.exit(f"{end}: {row['id']}: {printed}")
    growth = '同比增长189%' if lang == 'zh' else 'up 189% on the year before'
    line = next(line for line in texts['txt'].splitlines() if growth in line)
    if '12348' not in line:
        sys.exit(line)


def check_words():
    zh, en = read('bulletin.zh.txt'), read('bulletin.en.txt')
    words = re.findall('[A-Za-z][a-z]{2,}[^,\n]*', zh.split('指标解释')[0])
    if words:
        sys.exit(words)
    if re.search('[\u4e00-\u9fff]', en):
        sys.exit([line for line in en.splitlines() if re.search('[\u4e00-\u9fff]', line)])
    if '157个县级单位' not in zh or 'all 157 county-level units' not in en:
        sys.exit('157')


def check_html():
    for lang in ('zh', 'en'):
        page = xml.etree.ElementTree.fromstring(read(f'bulletin.{lang}.html'))
        if re.search(r'(src|href)=|url\(', read(f'bulletin.{lang}.html')):
            sys.exit('it needs another file')
        charts = page.findall('.//{*}svg')
        sizes = [len(chart.findall('{*}rect')) for chart in charts]
        values = load('bulletin')
        if sizes != [len(values[key]) for key in ('types', 'months', 'areas')]:
            sys.exit(f'{sizes}')
        told = [0 if row['concluded'] == '*' else row['concluded'] for row in values['types']]
        for bar, row, concluded in zip(charts[0].findall('{*}rect'), values['types'], told):
            if int(bar.get('width')) != concluded * 380 // max(told):
                sys.exit(f"{row['name']}: {bar.get('width')}")


def paid(name):
    """{id: (half-year, row)} of all lists; a dispute in two of them ends the test."""
    found = {}
    for year in range(2020, 2024):
        for half in (1, 2):
            at = f'{year}H{half}'
            for row in load(f'{name}/{at}')['rows']:
                if row['id'] in found:
                    sys.exit(f"{row['id']} is in {found[row['id']][0]} and {at}")
                if row['payday'][:4] != at[:4] or (row['payday'][5:7] > '06') != (half == 2):
                    sys.exit(f"{row['id']}: {row['payday']} in {at}")
                found[row['id']] = at, row
    return found


def check_subsidies():
    """Each list from exported events: the sample's rules said once more."""
    sys.path.insert(0, 'tests')
    import oracle_fold
    areas = oracle_fold.Areas('config/areas/henan.csv')
    disputes = {}
    with open(f'{out}/events', encoding='utf-8') as lines:
        for line in lines:
            event = json.loads(line)
            disputes.setdefault(event['dispute'], {})[oracle_fold.identity(event)] = event
    folded, first, into = {}, {}, {}
    for key, events in disputes.items():
        events = sorted(events.values(), key=lambda event: oracle_fold.stamp(event, areas))
        ends = [event for event in events if oracle_fold.step(event) in oracle_fold.OUTCOMES]
        dispute = oracle_fold.Dispute(events, areas)
        if not dispute.registered:
            continue
        folded[key] = dispute
        if ends:
            first[key] = ends[0]['date']
        if dispute.is_merged():
            into[key] = oracle_fold.last(dispute.live, 'merged')['into']
    for key in into:
        root = key
        while root in into:
            root = into[root]
        if key in first and root in first:
            first[root] = min(first[root], first[key])
    told, count = paid(sys.argv[3]), 0
    for key, dispute in folded.items():
        end = dispute.outcome
        if dispute.is_voided() or key in into or not end or oracle_fold.step(end) != 'agreed':
            if key in told:
                sys.exit(f'{key} is paid for')
            continue
        difficulty = dispute.registered.get('difficulty')
        yuan = 500 if difficulty == 'major' else 300 if difficulty == 'difficult' else \
            100 if end.get('form') == 'written' else 40
        yuan += 50 if dispute.confirmed() else 0
        yuan += 100 if dispute.registered.get('scale') == '02' else 0
        if key not in told or told[key][1]['payday'] != first[key] or \
                told[key][1]['amount_cents'] != 100 * yuan:
            sys.exit(f'{key}: {told.get(key)}, by hand {first[key]} {yuan}')
        count += 1
    print(f'# {count} payments')


def check_halves():
    lists = [load(name) for name in ('2021Q1', '2021Q2', '2021H1')]
    ids = [sorted(row['id'] for row in one['rows']) for one in lists]
    if not ids[0] or sorted(ids[0] + ids[1]) != ids[2]:
        sys.exit(f'{len(ids[0])} + {len(ids[1])}, {len(ids[2])}')
    if lists[0]['total']['amount_cents'] + lists[1]['total']['amount_cents'] != \
            lists[2]['total']['amount_cents']:
        sys.exit('amounts')


def check_paid_once():
    before, after = paid('before'), paid('after')
    for key, (month, _) in after.items():
        if key in before and month > before[key][0]:
            sys.exit(f'{key}: paid for in {before[key][0]}, again in {month}')
    if len(after) <= len(before) - 500 or after.keys() == before.keys():
        sys.exit(f'{len(before)} {len(after)}')


globals()[f'check_{what}']()
