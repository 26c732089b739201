#!/usr/bin/env python3
"""The oracle: figures recomputed from exported events, compared with what `fengqiao rollup` prints.

    oracle_fold.py EVENTS.jsonl AREAS.csv ROLLUP.json...

EVENTS is the output of `fengqiao export events --jsonl`, AREAS the area table; each ROLLUP was
printed with --json, by any dimensions but type_group and of them kind alone. It shares nothing with
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
PLACES = ("area", "city", "county")
TIMES = ("month", "quarter", "half", "year")
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

    def counted(self, code, rollup):
        """The area a figure stands under: its last successor, or the one of the period."""
        while code in self.rows and self.rows[code]["successor"]:
            ended = self.rows[code]["valid_to"]
            if rollup["basis"] == "then" and not (ended and ended <= rollup["from"]):
                break
            code = self.rows[code]["successor"]
        return code

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

    def attributes(self):
        """What figures are asked by, as rows print it."""
        registered = self.registered
        first = [e for e in self.live if step(e) == "registered"][0]
        hosts = [e for e in self.live if step(e) == "registered" or step(e) == "transferred"]
        host = hosts[-1].get("to_unit") if step(hosts[-1]) == "transferred" else hosts[-1].get("host")
        risk = [e for e in self.live if step(e) in ("registered", "risk_changed")][-1]
        place = str(registered.get("place", 0))
        named = {name: registered.get(name, "0")
                 for name in ("type", "source", "committee", "scale", "difficulty")}
        return tuple(sorted({
            **named, "risk": risk.get("risk", "0"), "unit": str(host or 0),
            "outcome": step(self.outcome) if self.outcome else "0",
            "town": place[:9], "village": place if len(place) == 12 else "0",
            "campaign": str(registered.get("campaign", 0)),
            "tier": self.areas.tier(first["origin"][:6]),
        }.items()))

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
    """{(area, month, kind or None, measure, attributes): value}; kind None counts each dispute once."""
    disputes = defaultdict(dict)
    for line in lines:
        event = json.loads(line)
        disputes[event["dispute"]][identity(event)] = event
    cells = defaultdict(int)
    for events in disputes.values():
        dispute = Dispute(sorted(events.values(), key=lambda e: stamp(e, areas)), areas)
        if not dispute.registered:
            continue
        attributes = dispute.attributes()
        if dispute.is_voided() or dispute.is_merged():
            terms = [("voided" if dispute.is_voided() else "merged",
                      dispute.registered["date"], 1)]
        else:
            terms = list(dispute.terms())
            if dispute.accepted:
                for unit, join in {e.get("to_unit"): e for e in dispute.joins}.items():
                    kind = join.get("to_kind")
                    kind = kind if kind in KINDS else "people"
                    of_unit = tuple(sorted({**dict(attributes), "unit": unit}.items()))
                    for k in (None, kind):
                        cells[unit[:6], month(dispute.accepted["date"]), k, "participated",
                              of_unit] += 1
        for measure, date, value in terms:
            for kind in [None, *dispute.kinds()]:
                cells[dispute.home(), month(date), kind, measure, attributes] += value
    return cells


def part_of_year(when, by, starts):
    """The quarter, half or year of a month, in years that begin in the month `starts`."""
    year, number = int(when[:4]), int(when[5:])
    months = year * 12 + number - 1 + (13 - starts if starts >= 7 else 1 - starts)
    year, place = divmod(months, 12)
    return {"month": when, "year": str(year), "quarter": "%dQ%d" % (year, place // 3 + 1),
            "half": "%dH%d" % (year, place // 6 + 1)}[by]


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

    def values(self, row):
        """What the oracle counts in the rollup's months under the row's keys, all of it for None."""
        first, final = self.rollup["from"][:7], self.rollup["to"][:7]
        starts = self.rollup["calendar"]["year_starts"]
        keys = {by: row[by] for by in self.rollup["by"]} if row else {}
        values = defaultdict(int)
        for (home, when, kind, measure, attributes), value in self.cells.items():
            above = list(self.areas.above(self.areas.counted(home, self.rollup)))
            shares = dict(attributes)
            if self.rollup["area"] not in above or (kind is None) == ("kind" in keys):
                continue
            if any(key not in above if by in PLACES else
                   part_of_year(when, by, starts) != key if by in TIMES else
                   kind != key if by == "kind" else str(shares[by]) != key
                   for by, key in keys.items()):
                continue
            if measure in STOCKS:
                if when <= final:
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
        by = self.rollup["by"]
        for row in self.rollup["rows"]:
            values = self.values(row)
            if any(key in TIMES for key in by):  # a stock stands in later rows too
                row = {k: v for k, v in row.items() if k not in STOCKS}
            self.compare(row, values, "/".join(str(row[key]) for key in by))
        self.compare(self.rollup["total"], self.values(None), "total")
        if by == ["type"]:  # nothing counted may lack its row
            first, final = self.rollup["from"][:7], self.rollup["to"][:7]
            wanted = {dict(attributes)["type"]
                      for (home, when, kind, _, attributes), value in self.cells.items()
                      if value and kind is None and first <= when <= final
                      and self.rollup["area"] in self.areas.above(home)}
            for type_ in wanted - {row["type"] for row in self.rollup["rows"]}:
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
