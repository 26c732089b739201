#!/usr/bin/env python3
"""The oracle: figures recomputed from exported events, compared with what `fengqiao rollup` prints.

    oracle_fold.py EVENTS.jsonl AREAS.csv ROLLUP.json...

EVENTS is the output of `fengqiao export events --jsonl`, AREAS the area table; each ROLLUP was
printed with --json, by at most one of area, city, county, type, kind, month. It shares nothing with
the program: it was written from section 1.4 of the domain and include/PROTOCOL.md, lists each
dispute's events, sorts them, and asks every measure's question from scratch. Says what differs and
exits 1, or says how many figures it compared.
"""
import csv
import datetime
import json
import sys
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

TIERS = {"county": 1, "city": 2, "province": 3}
KINDS = ("people", "administrative", "judicial")
OUTCOMES = ("agreed", "failed", "terminated")
STOCKS = ("open", "overdue")
RATES = {
    "success_rate": ("agreed", "concluded"),
    "resolution_rate": ("found_resolved", "found"),
    "performance_rate": ("performed", "agreed"),
    "satisfaction_rate": ("satisfied", "surveyed"),
    "linked_share": ("linked_concluded", "concluded"),
}


class Areas:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.rows = {row["code"]: row for row in csv.DictReader(file)}

    def tier(self, code):
        return self.rows[code]["tier"] if code in self.rows else "county"

    def above(self, code):
        """The area and all above it."""
        while code in self.rows:
            yield code
            code = self.rows[code]["parent_code"]


def stamp(event, areas):
    tier = TIERS[areas.tier(event["origin"][:6])]
    return (event["rev"], tier, int(event["origin"]), event["stream"], event["epoch"], event["seq"])


def identity(event):
    return "%s-%d-%d-%d" % (event["origin"], event["stream"], event["epoch"], event["seq"])


def step(event):
    return event["corrects"] if event["event"] == "corrected" else event["event"]


def last(events, *steps):
    found = [event for event in events if step(event) in steps]
    return found[-1] if found else None


def day(text):
    return datetime.date.fromisoformat(text)


def month(text):
    return text[:7]


class Dispute:
    """One dispute's live events, smallest stamp first, and what they amount to."""

    def __init__(self, events, areas):
        struck = {e["target"] for e in events if e["event"] == "voided" and "target" in e}
        self.areas = areas
        self.live = [e for e in events if identity(e) not in struck or e["event"] == "voided"]
        self.registered = last(self.live, "registered")
        reopened = last(self.live, "reopened")
        since = self.live.index(reopened) + 1 if reopened else 0
        self.after = self.live[since:]
        self.outcome = last(self.after, *OUTCOMES)
        decision = last(self.live, "accepted", "rejected")
        self.accepted = decision if decision and step(decision) == "accepted" else None
        self.rejected = decision if decision and step(decision) == "rejected" else None
        self.joins = [e for e in self.live if step(e) in ("joined", "referral_accepted")]

    def is_voided(self):
        return any(e["event"] == "voided" and "target" not in e for e in self.live)

    def is_merged(self):
        word = last(self.live, "merged", "unmerged")
        return bool(word) and word["event"] == "merged" and word.get("into", "~") < word["dispute"]

    def home(self):
        moves = [e for e in self.live
                 if step(e) == "registered" or step(e) == "transferred" and "to_area" in e]
        return moves[-1].get("to_area", moves[-1]["area"])

    def kinds(self):
        hosts = [e for e in self.live
                 if step(e) == "registered" or step(e) == "transferred" and "to_kind" in e]
        host = hosts[-1].get("to_kind") or hosts[-1].get("kind")
        return {kind if kind in KINDS else "people"
                for kind in [host] + [e.get("to_kind") for e in self.joins]}

    def dealt_with(self):
        event = self.outcome or self.accepted
        return event["date"] if event else None

    def over(self):
        days = 60 if self.registered.get("source") == "delegated_petition" else 30
        extended = last(self.live, "extended")
        days += extended.get("days", 0) if extended else 0
        return (day(self.accepted["date"]) + datetime.timedelta(days + 1)).isoformat()

    def performed(self):
        writes = [e for e in self.after
                  if step(e) == "performed" or step(e) == "agreed" and e.get("immediate")]
        if not writes:
            return None
        write = writes[-1]
        if step(write) == "agreed":
            return write["date"] if write is self.outcome else None
        return write["date"] if write.get("performance") in ("immediate", "performed") else None

    def confirmed(self):
        since = None
        for event in self.after:
            if step(event) == "confirmation":
                if event.get("step") == "confirmed":
                    since = event["date"]
                elif event.get("step") != "enforced":
                    since = None
                else:
                    since = since or event["date"]
        return since

    def terms(self):
        """(measure, date, value) of everything the dispute counts at home."""
        registered, outcome, accepted = self.registered, self.outcome, self.accepted
        found = registered.get("source") in ("screening", "on_initiative")
        yield "registered", registered["date"], 1
        yield "found", registered["date"], int(found)
        yield "found_resolved", registered["date"], int(found and outcome is not None)
        persons = registered.get("persons", 0)
        if self.rejected:
            yield "rejected", self.rejected["date"], 1
        if accepted:
            yield "accepted", accepted["date"], 1
            yield "persons", accepted["date"], persons
            yield "open", accepted["date"], 1
            over = self.over()
            if outcome:
                yield "open", max(outcome["date"], accepted["date"]), -1
            if not outcome or outcome["date"] >= over:
                yield "overdue", over, 1
                if outcome:
                    yield "overdue", outcome["date"], -1
        if outcome:
            yield "concluded", outcome["date"], 1
            yield step(outcome), outcome["date"], 1
            if step(outcome) == "agreed":
                yield "amount_cents", outcome["date"], outcome.get("amount_cents", 0)
                yield "oral", outcome["date"], int(outcome.get("form") == "oral")
                yield "written", outcome["date"], int(outcome.get("form") == "written")
            if registered.get("difficulty") in ("difficult", "major"):
                yield "difficult", outcome["date"], 1
                yield "difficult_persons", outcome["date"], persons
        yield from self.later_terms()

    def later_terms(self):
        for measure, date in (("confirmed", self.confirmed()), ("performed", self.performed())):
            if date:
                yield measure, date, 1
        closed, visited = last(self.after, "closed"), last(self.after, "visited")
        if closed:
            yield "closed", closed["date"], 1
        if visited:
            satisfied = bool(visited.get("satisfied"))
            yield "satisfied", visited["date"], int(satisfied)
            yield "surveyed", visited["date"], int(satisfied or bool(visited.get("surveyed")))
        if len(self.kinds()) >= 2 and self.dealt_with():
            yield "linked", self.dealt_with(), 1
            if self.outcome:
                yield "linked_concluded", self.dealt_with(), 1
        others = {e["to_unit"][:6] for e in self.joins if "to_unit" in e} - {self.home()}
        if any(self.areas.tier(a) == "county" and a in self.areas.rows for a in others):
            if self.dealt_with():
                yield "cross_area", self.dealt_with(), 1
        for event in {e["cmd_id"]: e for e in self.live if step(e) == "referred"}.values():
            yield "referred", event["date"], 1
        for event in {e["cmd_id"]: e for e in self.live if step(e) == "prevented"}.values():
            if "effect" in event:
                yield "prevented_" + event["effect"], event["date"], 1
                yield "prevented_" + event["effect"] + "_persons", event["date"], \
                    event.get("persons", 0)


def fold(lines, areas):
    """{(area, month, type, kind or None, measure): value}; kind None counts each dispute once."""
    disputes = defaultdict(dict)
    for line in lines:
        event = json.loads(line)
        disputes[event["dispute"]][identity(event)] = event
    cells = defaultdict(int)
    for events in disputes.values():
        dispute = Dispute(sorted(events.values(), key=lambda e: stamp(e, areas)), areas)
        if not dispute.registered:
            continue
        type_ = dispute.registered.get("type")
        if dispute.is_voided() or dispute.is_merged():
            terms = [("voided" if dispute.is_voided() else "merged",
                      dispute.registered["date"], 1)]
        else:
            terms = list(dispute.terms())
            if dispute.accepted:
                for unit, join in {e.get("to_unit"): e for e in dispute.joins}.items():
                    kind = join.get("to_kind")
                    kind = kind if kind in KINDS else "people"
                    for k in (None, kind):
                        cells[unit[:6], month(dispute.accepted["date"]), type_, k,
                              "participated"] += 1
        for measure, date, value in terms:
            for kind in [None, *dispute.kinds()]:
                cells[dispute.home(), month(date), type_, kind, measure] += value
    return cells


def rate(values, name):
    above, below = (values[measure] for measure in RATES[name])
    if not below:
        return None
    return str((Decimal(100) * above / below).quantize(Decimal("0.1"), ROUND_HALF_UP))


class Comparison:
    def __init__(self, cells, areas, rollup):
        self.cells, self.areas, self.rollup = cells, areas, rollup
        self.compared = 0
        self.differences = []

    def values(self, area, by, key):
        """What the oracle counts in the rollup's months, in the row's share of the area."""
        first, final = self.rollup["from"][:7], self.rollup["to"][:7]
        values = defaultdict(int)
        for (home, when, type_, kind, measure), value in self.cells.items():
            shares = {"type": type_, "month": when, "kind": kind}
            if area not in self.areas.above(home) or by in shares and shares[by] != key:
                continue
            if by != "kind" and kind is not None:
                continue
            if measure in STOCKS:
                if when <= final and by != "month":
                    values[measure] += value
            elif first <= when <= final:
                values[measure] += value
        return values

    def compare(self, row, values, where):
        for name, told in row.items():
            if name in RATES:
                wanted = rate(values, name)
            elif isinstance(told, int) and not isinstance(told, bool):
                wanted = values[name]
            else:
                continue
            self.compared += 1
            if told != wanted:
                self.differences.append("%s %s %s: rollup %s, oracle %s" % (
                    self.rollup["period"], where, name, told, wanted))

    def run(self):
        by = (self.rollup["by"] or [None])[0]
        area = self.rollup["area"]
        keys = set()
        for row in self.rollup["rows"]:
            key = row[by]
            keys.add(key)
            is_place = by in ("area", "city", "county")
            if by == "month":
                row = {k: v for k, v in row.items() if k not in STOCKS}
            self.compare(row, self.values(key if is_place else area, by, key), key)
        self.compare(self.rollup["total"], self.values(area, None, None), "total")
        if by == "type":  # nothing counted may lack its row
            first, final = self.rollup["from"][:7], self.rollup["to"][:7]
            wanted = {type_ for (home, when, type_, kind, _), value in self.cells.items()
                      if value and kind is None and first <= when <= final
                      and area in self.areas.above(home)}
            for type_ in wanted - keys:
                self.differences.append("%s: no row for %s" % (self.rollup["period"], type_))
        return self


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    areas = Areas(sys.argv[2])
    with open(sys.argv[1], encoding="utf-8") as events:
        cells = fold(events, areas)
    compared, differences = 0, []
    for path in sys.argv[3:]:
        with open(path, encoding="utf-8") as file:
            comparison = Comparison(cells, areas, json.load(file)).run()
        compared += comparison.compared
        differences += comparison.differences
    print("\n".join(differences[:20]))
    print("%d figures compared, %d differ" % (compared, len(differences)))
    sys.exit(1 if differences or not compared else 0)


if __name__ == "__main__":
    main()
