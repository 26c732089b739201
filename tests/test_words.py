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
WRITERS = r"(?:cli_write_pair_\w+|write_pair_or_nil|copy_pair|(?:fq_\w+_)?put_\w+|fq_write_text)"
# What is written as text but is a value, or an argument of a request, or for programs alone.
NOT_KEYS = {"", "host", "assist", "read", "forget"}
# Answers whose keys no table shows: they are carried, never listed.
FOR_PROGRAMS = set("args cursor detail id result status verb zh en number "
                   "supplement cents".split())


def keys_of(text):
    for call in re.finditer(WRITERS + r"\(\s*&?[\w.>-]+,\s*(?:[\w>.&-]+,\s*)?\"([a-z][a-z0-9_]*)\"", text):
        yield call.group(1)
    for columns in re.finditer(r"columns\[\]\s*=\s*\{(.*?)\}", text, re.S):
        yield from re.findall(r"\"([a-z][a-z0-9_]*)\"", columns.group(1))


# Keys whose values are words of the program.
WORD_KEYS = "state event tier role register saved what".split()


# What is not shown as it stands: templates have their words in config/, commands that
# are carried are read by a node.
NOT_SHOWN = {"nodes/cli/paper.c", "nodes/cli/desk_carry.c", "nodes/cli/bulletin.c",
             "nodes/cli/bulletin_figure.c", "nodes/cli/bulletin_table.c", "nodes/cli/returns.c"}


def sources():
    paths = sorted(glob.glob("nodes/**/*.c", recursive=True) + ["common/core/describe.c"])
    return [path for path in paths if path not in NOT_SHOWN]


def words():
    """The words that the sources write under such a key: put_text(writer, "state", x ? "a" : "b")."""
    found = {}
    for path in sources():
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for call in re.finditer(WRITERS + r"\([^;\"]*\"(\w+)\",([^;]*?)\);", text):
            if call.group(1) in WORD_KEYS:
                for word in re.findall(r"\"([a-z][a-z_]*)\"", call.group(2)):
                    found.setdefault(f"={word}", path)
    return found


def keys():
    found = {}
    for path in sources():
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
    found = keys() | words()
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
