#!/usr/bin/env python3
"""Hunt mutants: build each seeded bug and say which test kills it. See README.md here.

hunt.py [--quick] [--jobs N] [--verbose] [--keep] [NAME...]

Needs the ordinary release build with its tests. Ends with `N passed, N failed`."""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

# In the order of the hunt: which test programs, how many seconds each may take: units, then
# prop_merge and the simulation of prop_sim. A pattern that matches nothing is no error. A mutant's own order (`likely`) comes before; scripts come last, they
# start whole provinces.
HUNTERS = (
    ("tests/test_*.c", 60),
    ("tests/prop_*.c", 120),
    ("tests/e2e_older_image.sh", 60),
    ("tests/e2e_ledger.sh", 120),
    ("tests/e2e_kill.sh", 180),
    ("tests/e2e_outbox.sh", 120),
    ("tests/e2e_figures.sh", 120),
    ("tests/e2e_seal.sh", 240),
)

# The spread of --quick: one of each part of the product, killed within seconds.
QUICK = (
    "retract_missing",
    "void_forgets",
    "overlap_counts_host_twice",
    "stale_session_accepted",
    "ack_before_store",
    "seal_not_checked",
    "longer_form_is_taken",
    "mark_is_the_head_at_the_end",
)

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TREES = ROOT / "build" / "mutants"
COPIED = ("common", "include", "nodes", "tests")  # what may be mutated, and what looks beside it
BUILD_LIMIT = 300
FAILED = re.compile(r"^not ok \d+(?: -)?((?:(?!# *skip).)*)$", re.M | re.I)  # TAP, but no skip
one_lab = threading.Lock()  # provinces are started one at a time
running = {}  # process id of the session -> what runs there
stopping = threading.Event()


class Mutant:
    """One .mutant file: a line that says what is broken, `key: value` lines, what to find in the
    file and what to put in its place."""

    def __init__(self, name, text=""):
        head, _, rest = text.partition("\n--- find\n")
        find, _, put = rest.partition("\n--- put\n")
        title, *lines = head.splitlines() or [""]
        keys = dict(line.split(": ", 1) for line in lines if line)
        self.name = name
        self.rule, _, self.words = title.partition(": ")
        self.file = keys.pop("file", "")
        self.likely = keys.pop("likely", "").split()
        self.absorbed = keys.pop("absorbed", "")
        self.find = find
        self.put = put[:-1] if put.endswith("\n") else put
        self.bad = ", ".join(keys) and "unknown: " + ", ".join(keys)
        if name and not self.bad and not (self.words and self.file and self.find):
            self.bad = "not a mutant: needs `RULE: words`, file, --- find, --- put"

    def apply(self, tree):
        """Break the tree; what is wrong with the mutant, or nothing."""
        path = tree / self.file
        text = path.read_text() if path.exists() else ""
        if text.count(self.find) != 1:
            return f"stale: its text occurs {text.count(self.find)} times in {self.file}"
        path.write_text(text.replace(self.find, self.put))
        return ""


def plant(name):
    """A copy of the tree and its objects, so that only what changes is built again."""
    tree = TREES / name
    shutil.rmtree(tree, ignore_errors=True)
    skip = shutil.ignore_patterns("data", "corpus", "mutants", "__pycache__")
    for folder in COPIED:
        shutil.copytree(ROOT / folder, tree / folder, ignore=skip)
    for path in [ROOT / "Makefile", ROOT / "config", ROOT / "ops", ROOT / "tests" / "data",
                 ROOT / "tests" / "corpus"]:
        (tree / path.relative_to(ROOT)).symlink_to(path)
    for path in (ROOT / "build" / "release").rglob("*.[oda]"):
        target = tree / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    return tree


def end(process):
    """A script takes its province down when told to end; what does not listen is killed."""
    for number, patience in ((signal.SIGTERM, 30), (signal.SIGKILL, None)):
        os.killpg(process.pid, number)
        try:
            process.wait(patience)
            return
        except subprocess.TimeoutExpired:
            pass


def stop(*_):
    """Told to end: what runs is told too, and no further mutant is begun."""
    stopping.set()
    for session in list(running):
        os.killpg(session, signal.SIGTERM)


def watch(process, deadline, said):
    """The exit status; None when out of time. The first failure ends it: one is enough."""
    while time.monotonic() < deadline:
        try:
            return process.wait(0.2)
        except subprocess.TimeoutExpired:
            text = os.pread(said.fileno(), os.fstat(said.fileno()).st_size, 0)
            if FAILED.search(text.decode(errors="replace")):
                end(process)
                return process.returncode
    end(process)
    return None


def run(command, tree, limit, temporary, verbose=False):
    """Run in a session of its own: (exit status or None when out of time, what it said)."""
    environment = {key: value for key, value in os.environ.items()
                   if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MODE", "JOBS")}
    environment.update(TMPDIR=temporary, CMOCKA_MESSAGE_OUTPUT="TAP")
    with tempfile.TemporaryFile(dir=temporary) as said:
        process = subprocess.Popen(command, cwd=tree, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=said, stderr=subprocess.STDOUT, start_new_session=True)
        running[process.pid] = command
        status = watch(process, time.monotonic() + limit, said)
        del running[process.pid]
        said.seek(0)
        text = said.read().decode(errors="replace")
    if verbose:
        print(text, end="", flush=True)
    return status, text


def take_down(tree, temporary):
    """A province whose script was killed does not outlive it."""
    for lab in pathlib.Path(temporary).rglob("lab.cfg"):
        run([str(tree / "build/bin/fengqiao"), "-q", "lab", "down", str(lab.parent)], tree, 60,
            temporary)


def failure(status, said):
    """How a test program failed, or nothing."""
    line = FAILED.search(said)
    if line:
        return line[1].strip()
    if status is None:
        return "out of time"
    if status < 0:
        return f"died of signal {-status}"
    return f"exit status {status}" if status else ""


def own_test(file):
    """The unit test of a module: merge_contribution.c and merge.h belong to test_merge."""
    words = pathlib.Path(file).stem.split("_")
    for count in range(len(words), 0, -1):
        if (ROOT / "tests" / ("test_" + "_".join(words[:count]) + ".c")).exists():
            return ["test_" + "_".join(words[:count])]
    return []


def order(mutant, with_scripts):
    """The hunters in the order to try them: (path without ending, limit)."""
    found = {}
    for pattern, limit in HUNTERS:
        for path in sorted(ROOT.glob(pattern)):
            if path.suffix == ".c" or with_scripts:
                found[path.stem] = (path.relative_to(ROOT), limit)
    first = [name for name in mutant.likely + own_test(mutant.file) if name in found]
    return [found[name] for name in dict.fromkeys(first + list(found))]


def hunt_one(path, limit, tree, temporary, verbose):
    """(trouble in building, how the program failed)."""
    is_script = path.suffix != ".c"
    target = "all" if is_script else f"build/release/{path.with_suffix('')}"
    status, said = run(["make", "-s", "-j1", target], tree, BUILD_LIMIT, temporary)
    if status != 0:
        return "does not build: " + (re.findall(r".*error:.*", said) or [said[-300:]])[0], ""
    command = ["bash", str(tree / path)] if is_script else [str(tree / target)]
    if not is_script:
        return "", failure(*run(command, tree, limit, temporary, verbose))
    with one_lab:
        result = failure(*run(command, tree, limit, temporary, verbose))
        take_down(tree, temporary)
    return "", result


def hunt(mutant, options):
    """Print the mutant's row; (whether it is as expected, the row for README.md)."""
    if stopping.is_set():
        return False, ""
    began = time.monotonic()
    verdict, trouble = "", mutant.bad
    with_scripts = not options.quick and not mutant.absorbed
    with tempfile.TemporaryDirectory(prefix="fq-mutant.") as temporary:
        tree = plant(mutant.name) if mutant.name else ROOT
        if not trouble and mutant.name:
            trouble = mutant.apply(tree)
        for path, limit in [] if trouble else order(mutant, with_scripts):
            if stopping.is_set():
                return False, ""
            trouble, failed = hunt_one(path, limit, tree, temporary, options.verbose)
            if failed:
                verdict = f"{path.stem}: {failed}"
            if failed or trouble:
                break
        if mutant.name and not options.keep:
            shutil.rmtree(tree, ignore_errors=True)
    seconds = time.monotonic() - began
    is_killed = verdict != ""
    is_expected = not trouble and is_killed == (mutant.name != "" and not mutant.absorbed)
    if trouble:
        verdict = trouble
    elif not is_killed:
        verdict = "survives" + (", absorbed" if mutant.absorbed else "")
    elif mutant.absorbed:
        verdict = "absorbed, yet killed by " + verdict
    row = f"{'ok' if is_expected else 'FAILED':6} {mutant.name or '(no mutant)':34} " \
          f"{mutant.rule:4} {seconds:6.1f} s  {verdict}"
    print(row, flush=True)
    return is_expected, f"| `{mutant.name}` | {mutant.rule} | {verdict.replace('|', '/')} |"


def read_mutants(names):
    mutants = []
    for name in names:
        path = HERE / f"{name}.mutant"
        if not path.exists():
            sys.exit(f"hunt.py: there is no mutant {name}")
        mutants.append(Mutant(name, path.read_text()))
    return mutants


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a fixed spread, no whole provinces")
    parser.add_argument("--jobs", type=int, default=2, help="mutants hunted at a time")
    parser.add_argument("--verbose", action="store_true", help="show what the tests say")
    parser.add_argument("--keep", action="store_true", help="leave the trees in build/mutants")
    parser.add_argument("names", nargs="*", help="these mutants; otherwise all, or the spread")
    options = parser.parse_args()
    every = sorted(path.stem for path in HERE.glob("*.mutant"))
    mutants = read_mutants(options.names or (QUICK if options.quick else every))
    began = time.monotonic()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)

    if not options.names and not hunt(Mutant(""), options)[0]:
        print("hunt.py: the tests fail without any mutant; no hunt")
        print("0 passed, 1 failed")
        return 1
    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
        results = list(pool.map(lambda mutant: hunt(mutant, options), mutants))
    if not options.names and not options.quick:
        rows = ["| mutant | breaks | killed by |", "|---|---|---|"] + [row for _, row in results]
        (TREES / "table.md").write_text("\n".join(rows) + "\n")
    print(f"{time.monotonic() - began:.0f} s in all")
    passed = sum(is_expected for is_expected, _ in results)
    print(f"{passed} passed, {len(results) - passed} failed")
    return int(passed < len(results))


if __name__ == "__main__":
    sys.exit(main())
