"""Commands killed at random moments: a mediator's work, given again and again, each time to be ended by
SIGKILL somewhere between its first instruction and its last.

    e2e_outbox.py kill SEED COUNT DONE -- FENGQIAO ARG...   COUNT commands; those that ended well go to DONE
    e2e_outbox.py check DONE OUTBOX EVENTS                  what was done is there, and nothing twice
"""
import json
import os
import random
import subprocess
import sys
import time


def run(command):
    begin = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done, time.monotonic() - begin


class Work:
    """Which command to give next: disputes are registered, accepted, mediated, agreed on; or `sync`."""

    steps = {
        "registered": ["accept", "--date", "2015-03-02"],
        "accepted": ["session", "--date", "2015-03-03"],
        "mediating": ["agree", "--date", "2015-03-04", "--amount", "10.00"],
        "agreed": ["perform", "--date", "2015-03-05"],
    }
    after = {"registered": "accepted", "accepted": "mediating", "mediating": "agreed", "agreed": None}

    def __init__(self, rng):
        self.rng = rng
        self.disputes = []  # [id, state]

    def next(self):
        """The words of a command, and what to do when it was done."""
        if self.rng.random() < 0.15:
            return ["sync"], None, lambda: None
        cmd_id = "%032x" % self.rng.getrandbits(128)
        open_ones = [dispute for dispute in self.disputes if dispute[1]]
        if not open_ones or self.rng.random() < 0.4:
            words = ["dispute", "add", "--date", "2015-03-01", "--type", "neighbour", "--source",
                     "on_application", "--party", "Zhang Canary"]
            return words, cmd_id, lambda: self.disputes.append([cmd_id, "registered"])
        dispute = self.rng.choice(open_ones)
        verb = self.steps[dispute[1]]

        def done():
            dispute[1] = self.after[dispute[1]]

        return ["dispute", verb[0], dispute[0]] + verb[1:], cmd_id, done


def kill(seed, count, done_path, command):
    rng = random.Random(seed)
    work = Work(rng)
    if os.path.exists(done_path):  # go on with what an earlier run began
        with open(done_path, encoding="ascii") as file:
            work.disputes = json.load(file)["disputes"]
            file.seek(0)
            done_ids = json.load(file)["done"]
    else:
        done_ids = []
    span = run(command + ["sync"])[1]
    killed = 0
    for _ in range(count):
        words, cmd_id, done = work.next()
        line = command + words + (["--cmd-id", cmd_id] if cmd_id else [])
        begin = time.monotonic()
        process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            process.wait(timeout=rng.uniform(0, 1.3 * span))
        except subprocess.TimeoutExpired:
            process.kill()
        _, said = process.communicate()
        if process.returncode >= 0:
            span = 0.9 * span + 0.1 * (time.monotonic() - begin)
        killed += process.returncode < 0
        if process.returncode == 0 and cmd_id:
            done_ids.append(cmd_id)
            done()
        elif process.returncode < 0 and cmd_id and rng.random() < 0.5:
            # Given again with the same id: the person did not see whether it was saved.
            again, _ = run(line)
            if again.returncode != 0:
                sys.exit("given again: %d %s" % (again.returncode, again.stderr.decode()))
            done_ids.append(cmd_id)
            done()
        elif process.returncode < 0 and cmd_id and words[1] != "add":
            # Never given again: it was saved or not, and the dispute is left alone.
            for dispute in work.disputes:
                if dispute[0] == words[2]:
                    dispute[1] = None
        elif process.returncode > 0 and words != ["sync"]:
            sys.exit("%s: %d %s" % (" ".join(words), process.returncode, said.decode()))
    with open(done_path, "w", encoding="ascii") as file:
        json.dump({"disputes": work.disputes, "done": done_ids}, file)
    print("%d of %d commands killed, %d done" % (killed, count, len(done_ids)))


def check(done_path, outbox_path, events_path):
    with open(done_path, encoding="ascii") as file:
        done = json.load(file)["done"]
    with open(outbox_path, encoding="utf-8") as file:
        entries = json.load(file)
    with open(events_path, encoding="utf-8") as file:
        events = [json.loads(line)["cmd_id"] for line in file]
    saved = {entry["cmd_id"] for entry in entries}
    problems = []
    if len(set(events)) != len(events):
        problems.append("%d facts twice" % (len(events) - len(set(events))))
    if set(done) - set(events):
        problems.append("%d commands that ended well are no facts" % len(set(done) - set(events)))
    if set(events) - saved:
        problems.append("%d facts that nobody saved" % len(set(events) - saved))
    lost = [entry for entry in entries if entry["state"] in ("waiting", "refused")]
    if lost:
        problems.append("left behind: %s" % lost[:3])
    if len(saved) != len(entries):
        problems.append("entries twice")
    print("%d done, %d saved, %d facts" % (len(done), len(entries), len(events)))
    sys.exit("; ".join(problems) if problems else 0)


if __name__ == "__main__":
    if sys.argv[1] == "kill":
        kill(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[6:])
    else:
        check(*sys.argv[2:5])
