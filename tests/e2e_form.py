#!/usr/bin/python3
"""The guided form on a terminal of 80 x 24: typed Chinese, backspace over a wide character, arrows,
completion, going back, the review; and leaving saves nothing. Every key waits for its prompt."""
import fcntl
import json
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time

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


def fill():
    form = Terminal("dispute", "add")
    form.answer("日期", "2021-02-30")  # no such day: said at once, asked again
    form.answer("FQ-3001", "")
    return form


def whole_form():
    form = Terminal("dispute", "add")
    form.answer("日期", "2021-02-30")
    form.expect("FQ-3001")
    form.answer("日期", "2021-03-05")
    form.expect("类型")
    form.type("邻" + TAB)
    form.expect("邻里纠纷")
    form.type(ENTER)
    form.expect("来源")
    form.type("?" + ENTER)
    form.expect("on_application")
    form.answer("来源", "<")
    form.answer("类型 * [邻里纠纷]", "")
    form.answer("来源", "2")
    # 王小二 with a wrong character taken back, then 老 put in front with the arrows
    form.expect("当事人姓名")
    form.type("王小三" + BACKSPACE + "二" + LEFT * 3 + "老" + ENTER)
    form.answer("证件号", "410105199001011234")
    form.answer("电话", "13800000000")
    form.answer("住址", "郑州市金水区东风路一号")
    form.answer("对方姓名", "李四")
    for title in ("对方证件号", "对方电话", "对方住址"):
        form.answer(title, "")
    form.answer("事由", "院墙越界，争执多次。")
    form.answer("地点", "")
    form.answer("单位", "4101050001")
    form.answer("[people]", "")
    form.answer("调委会类型", "")
    form.answer("规模", "")
    form.answer("难易", "一" + TAB)
    form.answer("人数", "x")
    form.expect("FQ-3006")
    form.answer("人数", "2")
    form.answer("请求金额", "1,200.50")
    form.answer("风险", "")
    form.answer("排查活动", "")
    form.answer("群体", "minor")
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
        "difficulty": "ordinary", "persons": 2, "claimed_cents": 120050, "flags": 1}
          and shown["history"][0]["date"] == "2021-03-05", shown)
    vault = ask("vault", "read", rows[0]["id"], "--purpose", "test", "--json")
    check("the vault has what was typed", vault == {
        "party_name": "老王小二", "party_id_number": "410105199001011234",
        "party_phone": "13800000000", "party_address": "郑州市金水区东风路一号",
        "other_party_name": "李四", "narrative": "院墙越界，争执多次。"}, vault)
    remembered = open(os.path.join(work, "state", "fengqiao", "form")).read()
    check("what is remembered names no party", "王" not in remembered and "unit=4101050001" in remembered, remembered)


def main():
    subprocess.run([FQ, "-q", "lab", "up", lab, "--areas", "config/areas/henan.csv", "--no-http",
                    "--only", "410000,410100,410105"], check=True)
    whole_form()


try:
    main()
finally:
    subprocess.run([FQ, "-q", "lab", "down", lab])
    shutil.rmtree(work)
print(f"1..{number}")
sys.exit(failed > 0)
