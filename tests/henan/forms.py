"""Every cell of the statistical forms, computed again from exported events: forms.py EVENTS AREAS DIR

DIR holds, for each form, NAME.json as `form --json` printed it, and NAME.csv, NAME.html and NAME.xlsx
(where openpyxl is there to read it). Shares nothing with the program nor with config/forms: what the
columns mean is said here once more. Says how many cells it compared.
"""
import csv
import json
import os
import re
import sys
import xml.etree.ElementTree
from collections import defaultdict

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from oracle_fold import Areas, Dispute, identity, rate, stamp  # noqa: E402

PARENTS = {'migrant_wage_arrears': 'labour', 'labour_other': 'labour', 'tourism': 'consumer',
           'e_commerce': 'consumer', 'consumer_other': 'consumer'}
LEVELS = {'village': ('village', 'resident'), 'township': ('township', 'subdistrict'),
          'other': ('enterprise', 'social_other')}
PLAIN = {'amount': 'amount_cents'}


def read(events, areas):
    """[(home, type, committee, source, kinds, {(measure, month): value})] of all that counts."""
    disputes = defaultdict(dict)
    with open(events, encoding='utf-8') as lines:
        for line in lines:
            event = json.loads(line)
            disputes[event['dispute']][identity(event)] = event
    for found in disputes.values():
        dispute = Dispute(sorted(found.values(), key=lambda e: stamp(e, areas)), areas)
        if not dispute.registered or dispute.is_voided() or dispute.is_merged():
            continue
        values = defaultdict(int)
        for measure, date, value in dispute.terms():
            values[measure, date[:7]] += value
        first = dispute.registered
        type_ = first.get('type', 'other')
        yield (dispute.home(), PARENTS.get(type_, type_), first.get('committee'),
               first.get('source'), dispute.kinds(), values)


class Form:
    def __init__(self, told, disputes, areas):
        self.told, self.areas = told, areas
        self.first, self.last = told['from'][:7], told['to'][:7]
        area = told['area']
        self.lines = defaultdict(list)  # of (dispute, sums of the period, sums of the year)
        for row in disputes:
            if area in areas.above(row[0]):
                sums = self.window(row[5], self.first), self.window(row[5], self.last[:5] + '01')
                for line in None, self.line_of(row):
                    self.lines[line].append((row, *sums))

    def window(self, values, first):
        sums = defaultdict(int)
        for (measure, month), value in values.items():
            if first <= month <= self.last:
                sums[measure] += value
        return sums

    def line_of(self, row):
        if self.told['form'] != 'cases':
            return row[1]
        return next(code for code in self.areas.above(row[0])
                    if self.areas.rows[code]['parent_code'] == self.told['area'])

    def sum(self, line, measure, is_year, test):
        return sum((year if is_year else period)[measure]
                   for row, period, year in self.lines[line] if test(row))

    def cell(self, line, column):
        administrative = self.told['form'] == 'administrative'
        tests = [lambda row: not administrative or 'administrative' in row[4]]
        is_year = column.endswith('_year')
        name = column[:-5] if is_year else column
        if self.told['form'] == 'tiers':
            level, name = name.split('_', 1)
            tests.append(lambda row: level == 'all' or row[2] in LEVELS[level])
        elif name.startswith('source_'):
            source, name = name[7:], 'accepted'
            tests.append(lambda row: row[3] == source)
        elif name.startswith('type_'):
            type_, name = name[5:], 'accepted'
            tests.append(lambda row: row[1] == type_)

        def test(row):
            return all(one(row) for one in tests)

        if name == 'success_rate':
            values = {m: self.sum(line, m, is_year, test) for m in ('agreed', 'concluded')}
            return rate(values, name) or ''
        value = self.sum(line, PLAIN.get(name, name), is_year, test)
        return f'{value // 100}.{value % 100:02}' if name == 'amount' else str(value)

    def compare(self):
        compared = 0
        lines = [(line['code'], line['cells']) for line in self.told['lines']]
        for code, cells in lines + [(None, self.told['total'])]:
            for cell in cells:
                wanted = self.cell(code, cell['id'])
                if wanted != cell['text']:
                    sys.exit(f"{self.told['form']} {code} {cell['id']}: "
                             f"{cell['text']}, by hand {wanted}")
                compared += 1
        return compared


def table_of(told):
    lines = [[line['name']] + [cell['text'] for cell in line['cells']] for line in told['lines']]
    return lines + [[cell['text'] for cell in told['total']]]


def compare_files(base, told):
    """The same cells in every file; the last line's name aside, which is a word."""
    wanted = table_of(told)
    with open(base + '.csv', encoding='utf-8-sig', newline='') as file:
        rows = list(csv.reader(file))[1:]
    if rows[:-1] != wanted[:-1] or rows[-1][1:] != wanted[-1]:
        sys.exit(f'{base}.csv differs')
    page = xml.etree.ElementTree.parse(base + '.html')
    rows = [[cell.text or '' for cell in row.findall('{*}td')] for row in page.iter()
            if row.tag.endswith('tr') and row.findall('{*}td')]
    if rows[:-1] != wanted[:-1] or rows[-1][1:] != wanted[-1]:
        sys.exit(f'{base}.html differs')
    try:
        import openpyxl
    except ImportError:
        print('# no openpyxl: the workbook is not read')
        return
    sheet = openpyxl.load_workbook(base + '.xlsx').active
    rows = [list(row) for row in sheet.iter_rows(values_only=True)][3:]

    def plain(cell):
        if isinstance(cell, (int, float)):
            return float(cell)
        return float(cell) if re.fullmatch(r'-?[0-9.]+', cell or '') else cell or ''

    for row, line in zip(rows, wanted, strict=True):
        if [plain(cell) for cell in row[-len(line):]] != [plain(cell) for cell in line]:
            sys.exit(f'{base}.xlsx differs: {row[0]}')


def main():
    events, areas, folder = sys.argv[1], Areas(sys.argv[2]), sys.argv[3]
    disputes = list(read(events, areas))
    compared = 0
    for name in ('tiers', 'cases', 'administrative'):
        base = os.path.join(folder, name)
        with open(base + '.json', encoding='utf-8') as file:
            told = json.load(file)
        compared += Form(told, disputes, areas).compare()
        compare_files(base, told)
    print(f'# {compared} cells compared')


main()
