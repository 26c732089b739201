#!/usr/bin/python3
"""The guided form on a terminal of 80 x 24: typed Chinese, backspace over a wide character, arrows,
completion, going back, the review; and leaving saves nothing. Every key waits for its prompt."""
import fcntl
import json
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unicodedata

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
FQ = os.path.abspath("build/bin/fengqiao")
NODE = "410105"
PATIENCE = 30
work = tempfile.mkdtemp(prefix="fengqiao-form.")
lab = os.path.join(work, "lab")
environment = dict(os.environ, HOME=work, XDG_STATE_HOME=os.path.join(work, "state"),
                   FQ_OUTBOX=os.path.join(work, "outbox"), TERM="xterm", FQ_LANG="zh")
number = 0
failed = 0

LEFT = "\033[D"
TAB = "\t"
ENTER = "\r"
BACKSPACE = "\177"


def check(what, is_right, shown=""):
    global number, failed
    number += 1
    failed += not is_right
    print(("ok" if is_right else "not ok") + f" {number} - {what}")
    if not is_right:
        for line in str(shown).splitlines()[-40:]:
            print("# " + line)
    sys.stdout.flush()


def command(*words):
    return [FQ, "--lab", lab, "--node", NODE, *words]


def ask(*words):
    done = subprocess.run(command(*words), env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=PATIENCE)
    return json.loads(done.stdout) if done.stdout else None


def width(character):
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Screen:
    """As much of a terminal as a line editor uses: what stands on the row of the cursor."""

    def __init__(self):
        self.cells = [""] * 80
        self.column = 0

    def take(self, text):
        for control, number, letter, character in re.findall(
                r"(\x1b\[\??([0-9;]*)([A-Za-z@]))|([^\x1b])", text):
            if control:
                self.command(letter, int(number.split(";")[0] or 0))
            elif character == "\r":
                self.column = 0
            elif character == "\n":
                self.cells = [""] * 80
            elif character == "\b":
                self.column -= 1
            elif character >= " ":
                self.cells[self.column] = character
                if width(character) == 2:
                    self.cells[self.column + 1] = ""
                self.column += width(character)

    def command(self, letter, number):
        count = max(1, number)
        if letter == "C":
            self.column += count
        elif letter == "D":
            self.column -= count
        elif letter == "G":
            self.column = count - 1
        elif letter == "K":
            self.cells[self.column:] = [""] * (80 - self.column)
        elif letter == "P":
            self.cells[self.column:] = self.cells[self.column + count:] + [""] * count
        elif letter == "@":
            self.cells[self.column:] = ([""] * count + self.cells[self.column:])[:80 - self.column]

    def row(self):
        return "".join(self.cells).rstrip()


class Terminal:
    def __init__(self, *words):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execve(FQ, command(*words), environment)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.shown = b""
        self.at = 0

    def more(self, end):
        ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
        if not ready:
            return False
        try:
            part = os.read(self.master, 65536)
        except OSError:
            return False
        self.shown += part
        return bool(part)

    def expect(self, text):
        """Wait until the text was shown after what was waited for last."""
        end = time.monotonic() + PATIENCE
        while True:
            found = self.shown.find(text.encode(), self.at)
            if found >= 0:
                self.at = found + len(text.encode())
                return
            if not self.more(end):
                raise AssertionError(f"no {text!r} after: {self.shown[self.at:].decode(errors='replace')}")

    def type(self, text):
        os.write(self.master, text.encode())

    def shows(self, row):
        """Wait until the row of the cursor is this one."""
        end = time.monotonic() + PATIENCE
        while True:
            screen = Screen()
            screen.take(self.text())
            if screen.row() == row:
                return True
            if not self.more(end):
                raise AssertionError(f"the row is {screen.row()!r}, not {row!r}")

    def answer(self, prompt, text):
        self.expect(prompt)
        self.type(text + ENTER)

    def end(self):
        """The exit status, once all that was shown is read."""
        end = time.monotonic() + PATIENCE
        while self.more(end):
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def text(self):
        return self.shown.decode(errors="replace")


def whole_form():
    form = Terminal("dispute", "add")
    form.answer("日期", "2021-02-30")
    form.expect("FQ-3001")
    form.answer("日期", "2021-03-05")
    form.expect("类型")
    form.type("邻" + TAB)
    form.expect("里纠纷")
    form.type(ENTER)
    form.expect("来源")
    form.type("?" + ENTER)
    form.expect("on_application")
    form.answer("来源", "<")
    form.answer("类型 * [邻里纠纷]", "")
    form.answer("来源", "2")
    # 王小二 with a wrong character taken back, then 老 put in front with the arrows
    form.expect("当事人姓名")
    form.type("王小三" + BACKSPACE + "二" + LEFT * 3 + "老")
    check("the row shows what was typed, wide characters and all", form.shows("当事人姓名：老王小二"))
    form.type(ENTER)
    form.answer("当事人证件号", "410105199001011234")
    form.answer("当事人电话", "13800000000")
    form.answer("当事人住址", "郑州市金水区东风路一号")
    form.answer("对方姓名", "李四")
    for title in ("对方证件号", "对方电话", "对方住址"):
        form.answer(title, "")
    form.answer("纠纷事由", "院墙越界，争执多次。")
    form.answer("地点", "")
    form.expect("主办")
    form.type("Jin" + TAB)  # several: listed, and completed as far as they agree
    form.expect("4101050001")
    form.expect("Jinshui")
    form.type("\025金水区人民调" + TAB)
    check("a unit is completed by its Chinese name", form.shows("主办：金水区人民调解委员会"))
    form.type(ENTER)
    form.answer("人民调解", "")
    form.answer("调解组织类型", "")
    form.answer("规模", "")
    form.answer("难易", "一" + TAB)
    form.answer("当事人数", "x")
    form.expect("FQ-3006")
    form.answer("当事人数", "2")
    form.answer("请求金额", "1,200.50")
    form.answer("风险", "")
    form.answer("专项活动", "")
    form.answer("涉及人群", "minor")
    form.expect("保存")
    form.type("3" + ENTER)
    form.answer("来源", "screening")
    form.answer("保存", "y")
    status = form.end()
    check("the form ends with 0", status == 0, form.text())
    rows = ask("dispute", "ls", "--json")
    check("one dispute is saved", len(rows) == 1, rows)
    shown = ask("dispute", "show", rows[0]["id"], "--history", "--json")
    fields = shown["history"][0]["fields"]
    check("its fields are what was typed", fields == {
        "source": "screening", "type": "neighbour", "host": "4101050001", "kind": "people",
        "difficulty": "ordinary", "persons": 2, "claimed_cents": 120050, "flags": "minor"}
          and shown["history"][0]["date"] == "2021-03-05", shown)
    vault = ask("vault", "read", rows[0]["id"], "--purpose", "test", "--json")
    check("the vault has what was typed", vault == {
        "party_name": "老王小二", "party_id_number": "410105199001011234",
        "party_phone": "13800000000", "party_address": "郑州市金水区东风路一号",
        "other_party_name": "李四", "narrative": "院墙越界，争执多次。"}, vault)
    remembered = open(os.path.join(work, "state", "fengqiao", "form")).read()
    check("what is remembered names no party", "王" not in remembered and "unit=4101050001" in remembered, remembered)


def leaving():
    form = Terminal("dispute", "add")
    form.answer("日期", "")
    form.answer("类型", "1")
    form.expect("来源 * [排查发现]")  # what was given last
    form.type("2\003")
    status = form.end()
    check("Ctrl-C leaves with 130", status == 130, form.text())
    form = Terminal("dispute", "add", "--type", "1", "--source", "1", "--date", "2021-13-01")
    status = form.end()
    check("what is all there is not asked about; a wrong date is said", status == 6, form.text())
    form = Terminal("dispute", "add", "--type", "1")
    for _ in range(23):
        form.answer("：", "")
    form.expect("保存")
    form.type("\004")
    status = form.end()
    check("Ctrl-D at the review leaves with 130", status == 130, form.text())
    form = Terminal("dispute", "add", "--no-input", "--type", "1")
    status = form.end()
    check("--no-input never asks: exit 6, what is missing", status == 6 and "--source" in form.text(),
          form.text())
    check("nothing was saved by any of them", len(ask("dispute", "ls", "--json")) == 1)


def other_steps():
    dispute = ask("dispute", "ls", "--json")[0]["id"]
    form = Terminal("dispute", "void", dispute, "--lang", "en")
    form.answer("date *", "")
    form.answer("reason *", "registered twice")
    form.answer("Save?", "y")
    form.answer("A void is final.", "y")
    status = form.end()
    check("a step asks for what it needs, in English", status == 0, form.text())
    check("and is saved", ask("dispute", "show", dispute, "--json")["state"] == "voided")


def main():
    subprocess.run([FQ, "-q", "lab", "up", lab, "--areas", "config/areas/henan.csv", "--no-http",
                    "--only", "410000,410100,410105", "--units", "config/units/henan-sample.csv"], check=True)
    whole_form()
    leaving()
    other_steps()


try:
    main()
finally:
    subprocess.run([FQ, "-q", "lab", "down", lab])
    shutil.rmtree(work)
print(f"1..{number}")
sys.exit(failed > 0)
