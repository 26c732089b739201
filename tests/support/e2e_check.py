#!/usr/bin/env python3
"""What the end-to-end scripts check of larger outputs. Says what is wrong and exits 1.

    e2e_check.py imported WANTED_IMPORTED WANTED_ALREADY LINES ANSWER.json...
    e2e_check.py expected EXPECTED.csv ROLLUP.json...
    e2e_check.py feed EVENTS.jsonl COUNT EVENT=COUNT...
    e2e_check.py up STATUS.json
    e2e_check.py names LEDGER.csv
"""
import collections
import csv
import json
import sys


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def imported(wanted_new, wanted_already, wanted_lines, *paths):
    """The answers of all counties together; LINES is 1,2,3."""
    answers = [load(path) for path in paths]
    sums = {key: sum(a[key] for a in answers) for key in ("imported", "already", "refused")}
    lines = sorted(refusal["line"] for a in answers for refusal in a["refusals"])
    wanted = [int(line) for line in wanted_lines.split(",")]
    for answer in answers:
        rows = sum(answer[key] for key in ("imported", "already", "refused", "skipped"))
        if rows != answer["rows"]:
            yield "rows of %s do not add up" % answer
        for refusal in answer["refusals"]:
            if not refusal["code"].startswith("FQ-") or not refusal["reason"]:
                yield "refusal without code or reason: %s" % refusal
    if sums != {"imported": int(wanted_new), "already": int(wanted_already),
                "refused": len(wanted)}:
        yield "sums %s" % sums
    if lines != wanted:
        yield "refused lines %s, expected %s" % (lines, wanted)


def expected(table, *paths):
    """Every figure of the table that one of the rollups can tell: by county, by type, in total."""
    with open(table, encoding="utf-8") as file:
        wanted = {(row["by"], row["key"], row["period"]): row for row in csv.DictReader(file)}
    told = set()
    for path in paths:
        rollup = load(path)
        by = (rollup["by"] or ["total"])[0]
        rows = [(("area" if by == "county" else by), row[by], row) for row in rollup["rows"]]
        rows.append(("area", rollup["area"], rollup["total"]))
        for kind, key, row in rows:
            line = wanted.get((kind, key, rollup["period"]))
            if line is None:
                if any(row[m] for m in ("accepted", "concluded")):
                    yield "%s %s %s is not in the table" % (kind, key, rollup["period"])
                continue
            told.add((kind, key, rollup["period"]))
            for measure in list(line)[3:]:
                if row[measure] != int(line[measure]):
                    yield "%s %s %s %s: %s, expected %s" % (
                        kind, key, rollup["period"], measure, row[measure], line[measure])
    for missing in sorted(set(wanted) - told):
        yield "not told: %s %s %s" % missing


def feed(path, count, *event_counts):
    """lsn strictly increasing, prev of the same area, every log dense from 1, nothing twice."""
    seen, last_of_area, kinds = collections.defaultdict(list), {}, collections.Counter()
    last_lsn = total = 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            total += 1
            kinds[event["event"]] += 1
            for key in ("dispute", "date", "recorded"):
                if not event[key]:
                    yield "lsn %s without %s" % (event["lsn"], key)
            if event["lsn"] <= last_lsn:
                yield "lsn %s after %s" % (event["lsn"], last_lsn)
            if event.get("prev", 0) != last_of_area.get(event["area"], 0):
                yield "lsn %s: prev %s, expected %s" % (
                    event["lsn"], event.get("prev"), last_of_area.get(event["area"], 0))
            last_lsn = last_of_area[event["area"]] = event["lsn"]
            seen[event["origin"], event["stream"], event["epoch"]].append(event["seq"])
    for log, sequences in seen.items():
        if sorted(sequences) != list(range(1, len(sequences) + 1)):
            yield "%s: %d events, not 1 to %d once each" % (log, len(sequences), len(sequences))
    if total != int(count):
        yield "%d events, expected %s" % (total, count)
    for pair in event_counts:
        event, wanted = pair.split("=")
        if kinds[event] != int(wanted):
            yield "%s: %d, expected %s" % (event, kinds[event], wanted)


def up(path):
    """A county's own log has arrived at both tiers above."""
    status = load(path)
    own = [o for o in status["origins"] if o["origin"] == status["node"] and o["stream"] == 0]
    if len(own) != 1 or not own[0]["seq"] == own[0]["acked"] == own[0]["up"] > 0:
        yield "%s: %s" % (status["node"], own)
    if not status["linked"]:
        yield "%s is not linked" % status["node"]


def names(path):
    """Prints the business names of at least six letters, one a line, for grep -F -f."""
    with open(path, encoding="utf-8-sig") as file:
        found = {row["Business Name"].strip() for row in csv.DictReader(file)}
    found = {name for name in found if sum(c.isalpha() for c in name) >= 6}
    print("\n".join(sorted(found)))
    return [] if len(found) > 1000 else ["only %d names" % len(found)]


def main():
    wrong = list(globals()[sys.argv[1]](*sys.argv[2:]))
    print("\n".join(wrong[:20]), file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
