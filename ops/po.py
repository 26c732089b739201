#!/usr/bin/python3
"""Translations: the template from the sources, and what a catalogue lacks.

  po.py template FILE   write what the sources say (xgettext)
  po.py update          append what is missing to every ops/po/*.po, empty, and name what is unused
  po.py check           print one line per fault; nothing when all is well

Entries stay in the order they were written in: nothing here sorts or rewraps a catalogue."""
import glob
import os
import re
import subprocess
import sys
import tempfile
import unicodedata

REASONS = "include/fq/base/err.h"
SPECIFIER = re.compile(r"%(?:\d+\$)?[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|j|z|t|L)?[diouxXeEfgGcsp%]")
CHINESE = "[\u3400-\u9fff\uff08\uff09\u3001\u3002]"
# What is the same in both languages.
SAME = {"PID", "pid"}


def say(text):
    print(text)


def extract(path):
    sources = sorted(glob.glob("nodes/**/*.[ch]", recursive=True))
    common = ["xgettext", "--from-code=UTF-8", "--language=C", "--package-name=fengqiao", "-o", path]
    subprocess.run([*common, "-k_", "-kN_", "-kX:4", *sources, REASONS], check=True)
    subprocess.run([*common, "-k", "-kX:5", "-j", REASONS], check=True)


class Entry:
    def __init__(self, line):
        self.line, self.flags, self.id, self.text = line, set(), None, None
        self.is_obsolete, self.places = False, []


def unquote(text):
    body = re.fullmatch(r'"(.*)"', text.strip())
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), body[1]) if body else ""


def read(path):
    entries, entry, part = [], None, None
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if line.startswith("#~"):
                obsolete = Entry(number)
                obsolete.is_obsolete = True
                entries.append(obsolete)
            elif not line.strip():
                entry, part = None, None
            else:
                if entry is None or (line.startswith(("#", "msgid")) and entry.text is not None):
                    entry = Entry(number)
                    entries.append(entry)
                if line.startswith("#,"):
                    entry.flags |= {flag.strip() for flag in line[2:].split(",")}
                elif line.startswith("#:"):
                    entry.places += line[2:].split()
                elif line.startswith("msgid "):
                    entry.line, entry.id, part = number, unquote(line[6:]), "id"
                elif line.startswith("msgstr "):
                    entry.text, part = unquote(line[7:]), "text"
                elif line.startswith('"') and part:
                    setattr(entry, part, getattr(entry, part) + unquote(line))
    return [entry for entry in entries if entry.is_obsolete or entry.id]


def faults_of(entry, wanted):
    if entry.is_obsolete:
        yield "an obsolete entry"
        return
    if "fuzzy" in entry.flags:
        yield f'fuzzy: "{entry.id}"'
    if entry.id not in wanted:
        yield f'nobody says "{entry.id}"'
        return
    if not entry.text:
        yield f'no translation of "{entry.id}"'
        return
    if SPECIFIER.search(entry.id) and "c-format" in wanted[entry.id].flags:
        if sorted(SPECIFIER.findall(entry.id)) != sorted(SPECIFIER.findall(entry.text)):
            yield f'other formats in the translation of "{entry.id}"'
        if "c-format" not in entry.flags:
            yield f'#, c-format is missing before "{entry.id}"'
    if entry.text == entry.id and re.search("[A-Za-z]{3}", entry.id) and entry.id not in SAME:
        yield f'not translated: "{entry.id}"'
    wide = {c for c in entry.text if unicodedata.east_asian_width(c) == "A"}
    if wide:
        yield f'{"".join(sorted(wide))}: of a width that differs between terminals, in "{entry.text}"'
    if re.search(f"{CHINESE}[,;:!?]|[,;:!?]{CHINESE}", entry.text):
        yield f'narrow punctuation beside Chinese in "{entry.text}"'
    if (entry.id.endswith(".") and not entry.id.endswith("...")) != entry.text.endswith("。"):
        yield f'a full stop in one language only: "{entry.id}"'


def check(path, wanted):
    done = subprocess.run(["msgfmt", "--check", "-o", os.devnull, path], capture_output=True,
                          encoding="utf-8", check=False)
    if done.returncode or done.stderr.strip():
        yield from done.stderr.strip().splitlines() or [f"{path}: msgfmt --check refuses it"]
    entries, seen = read(path), {}
    for entry in entries:
        for fault in faults_of(entry, wanted):
            yield f"{path}:{entry.line}: {fault}"
        if entry.id is not None and entry.id in seen:
            yield f'{path}:{entry.line}: "{entry.id}" stands at line {seen[entry.id]} too'
        seen.setdefault(entry.id, entry.line)
    for text, entry in wanted.items():
        if text not in seen:
            yield f'{(entry.places or ["?"])[0]}: not in {path}: "{text}"'


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def update(path, wanted):
    known = {entry.id for entry in read(path)}
    missing = [entry for text, entry in wanted.items() if text not in known]
    with open(path, "a", encoding="utf-8") as file:
        for entry in missing:
            flag = "#, c-format\n" if "c-format" in entry.flags else ""
            file.write(f'\n{flag}msgid {quote(entry.id)}\nmsgstr ""\n')
    say(f"{path}: {len(missing)} to translate at its end")
    for entry in read(path):
        if entry.id is not None and entry.id not in wanted:
            say(f'{path}:{entry.line}: nobody says "{entry.id}"')


def main(words):
    if len(words) == 2 and words[0] == "template":
        extract(words[1])
        return 0
    if words not in (["update"], ["check"]):
        say(__doc__)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        template = os.path.join(folder, "fengqiao.pot")
        extract(template)
        wanted = {entry.id: entry for entry in read(template)}
    found = []
    for path in sorted(glob.glob("ops/po/*.po")):
        if words == ["update"]:
            update(path, wanted)
        else:
            found += check(path, wanted)
    for fault in found:
        say(fault)
    return len(found) > 0


if __name__ == "__main__":
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    sys.exit(main(sys.argv[1:]))
