#!/usr/bin/python3
"""Run a command on a terminal of 80 x 24 and look at what it shows.

  terminal.py [--columns N] [--status N] [--fields N] [--even] [--chinese] [--says TEXT]... [--silent-of TEXT] -- COMMAND...

Always: no line is wider than the terminal. --fields: the table has that many columns, parted by
columns of the screen that are blank in every row. --even: all its rows end at the same place.
--chinese: no English but the program's own words. Prints what was shown; exits 1 and says why when
something is not so."""
import argparse
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import unicodedata

ROWS = 24
# Values that are typed as they stand, names of programs and formats.
PROGRAM_WORDS = set("""
    accepted activity administrative agreed agreement archived area assigned assist bash begin
    book browser bus by case chinese city closed committee completion confirmed cost county
    criminal csv cursor declined difficulty dropped due elderly end english excel failed
    fengqiao form group half host html http immediate import json jsonl judicial kind level lib
    libzmq long lsn man map mediating migrant minor month none now open oral orange outbox
    outcome party pending people performed permanent province quarter rate red refused register
    registered rejected reported scale short site skip source state success system table
    taxonomy terminated then tier town transferred type unit units usb utf vault village wait
    waiting week women written xlsx year yellow yes""".split())


def open_terminal(columns):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    return master, slave


def run(command, columns):
    """The exit status, and what came on standard output and on standard error, a terminal each."""
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
    out, out_slave = open_terminal(columns)
    err, err_slave = open_terminal(columns)
    program = subprocess.Popen(command, stdin=out_slave, stdout=out_slave, stderr=err_slave, env=environment)
    os.close(out_slave)
    os.close(err_slave)
    shown = {out: b"", err: b""}
    reading = {out, err}
    while reading:
        for master in select.select(list(reading), [], [])[0]:
            try:
                part = os.read(master, 65536)
            except OSError:  # the other side is gone
                part = b""
            shown[master] += part
            if not part:
                reading.discard(master)
    return program.wait(), *(shown[master].decode().replace("\r\n", "\n") for master in (out, err))


def width(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


def cells(line):
    """The line as the terminal's cells: a wide character fills two."""
    return "".join(c * (2 if unicodedata.east_asian_width(c) in "WF" else 1) for c in line)


def table(shown):
    """The rows of the first table: up to an empty line."""
    return [cells(line) for line in shown.strip("\n").split("\n\n")[0].split("\n")]


def fields(lines):
    longest = max(map(len, lines), default=0)
    blank = [all(column >= len(line) or line[column] == " " for line in lines) for column in range(longest)]
    return sum(not blank[i] and (i == 0 or blank[i - 1]) for i in range(longest))


def english(shown, words):
    text = re.sub(r"`[^`]*`", " ", shown)
    text = re.sub(r"--?[A-Za-z][a-z-]*|FQ_[A-Z]+", " ", text)
    # A value typed as it stands, with its meaning behind it: `place（地点）`, `long 长期，`.
    text = re.sub(r"\b[a-z_]+(?:（| (?=[\u4e00-\u9fff]{1,6}(?:[、，；。）]|或 )))", " ", text)
    found = re.findall(r"[A-Za-z]{3,}", text)
    return sorted({word for word in found if word.lower() not in words and not word.startswith("YYYY")})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--columns", type=int, default=80)
    parser.add_argument("--status", type=int, default=0)
    parser.add_argument("--fields", type=int)
    parser.add_argument("--even", action="store_true")
    parser.add_argument("--chinese", action="store_true")
    parser.add_argument("--words", default="", help="more words of the program")
    parser.add_argument("--says", action="append", default=[])
    parser.add_argument("--silent-of")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    status, out, err = run(options.command, options.columns)
    shown = out + err
    print(shown)
    faults = [f"{width(line)} columns: {line}" for line in shown.split("\n") if width(line) > options.columns]
    if status != options.status:
        faults.append(f"exit status {status}, expected {options.status}")
    lines = table(out)
    if options.fields and fields(lines) < options.fields:
        faults.append(f"{fields(lines)} columns, expected {options.fields}")
    if options.even and len({len(line) for line in lines}) != 1:
        faults.append(f"rows end at {sorted({len(line) for line in lines})}")
    if options.chinese:
        left = english(shown, PROGRAM_WORDS | set(options.words.split()))
        faults += [f"English: {', '.join(left)}"] if left else []
    faults += [f"does not say: {text}" for text in options.says if text not in shown]
    if options.silent_of and options.silent_of in shown:
        faults.append(f"says: {options.silent_of}")
    for fault in faults:
        print(f"terminal: {fault}")
    return len(faults) > 0


if __name__ == "__main__":
    sys.exit(main())
