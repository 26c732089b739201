#!/usr/bin/python3
"""Nothing the program says is left without its words in both languages: every command has a group,
every placeholder, measure, field, event, state and reason its title and its Chinese (`completion
check` walks the tables), and so has every key of a result that the sources write."""
import glob
import os
import re
import subprocess
import sys

PROGRAM = os.environ.get("FQ", "build/bin/fengqiao")
# Functions that write a key, which stands between the writer and the value.
WRITERS = r"(?:cli_write_pair_\w+|write_pair_or_nil|copy_pair|put_\w+|fq_write_text)"
# What is written as text but is a value, or an argument of a request, or for programs alone.
NOT_KEYS = {"", "host", "assist"}
# Answers whose keys no table shows: they are carried, never listed.
FOR_PROGRAMS = set("args cursor detail id result status verb zh en number".split())


def keys_of(text):
    for call in re.finditer(WRITERS + r"\(\s*&?[\w.>-]+,\s*(?:[\w>.&-]+,\s*)?\"([a-z][a-z0-9_]*)\"", text):
        yield call.group(1)
    for columns in re.finditer(r"columns\[\]\s*=\s*\{(.*?)\}", text, re.S):
        yield from re.findall(r"\"([a-z][a-z0-9_]*)\"", columns.group(1))


def keys():
    found = {}
    for path in sorted(glob.glob("nodes/**/*.c", recursive=True) + ["common/core/describe.c"]):
        with open(path, encoding="utf-8") as file:
            for key in keys_of(file.read()):
                found.setdefault(key, path)
    return {key: path for key, path in found.items() if key not in NOT_KEYS | FOR_PROGRAMS}


def lines(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        return [done.stderr.strip() or f"exit status {done.returncode}"]
    return done.stdout.splitlines()


def main():
    found = keys()
    failed = 0
    print("1..3")
    tests = [("the sources write keys that this test can find", [] if len(found) > 60 else ["none"])]
    for language in "en", "zh":
        left = lines("completion", "check", "--lang", language, "--", *found)
        tests.append((f"{language}: nothing is left untold",
                      [f"{line} ({found[line.split(':')[0]]})" if line.split(":")[0] in found else line
                       for line in left]))
    for number, (what, remarks) in enumerate(tests, 1):
        print(f"{'not ok' if remarks else 'ok'} {number} - {what}")
        failed += bool(remarks)
        for remark in remarks:
            print(f"# {remark}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
