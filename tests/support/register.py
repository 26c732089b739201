"""A paper register made from a seed, and what must come of it, without this program.

register.py make SEED FILE EXPECTED   writes a register of 500 rows in GB18030, 12 of them bad in 12
                                      ways, and as JSON what importing it must give
register.py refusals EXPECTED ANSWER  an import's answer names those lines with those codes
register.py totals EXPECTED ROLLUP    a rollup's total has these figures
register.py sheet FILE EXPECTED       a workbook is what Excel should find
"""
import csv
import datetime
import io
import json
import random
import sys

ROWS = 500
COUNTY = "410105"
FIRST, LAST = datetime.date(2021, 1, 1), datetime.date(2021, 6, 30)
HEADER = ("编号 县区代码 村（社区）代码 登记日期 来源 纠纷类型 调解组织类型 难易程度 规模 风险等级 当事人 "
          "身份证号 电话 地址 对方当事人 对方电话 当事人数 申请金额 纠纷概况 受理日期 不予受理日期 调解结果 "
          "调解日期 协议形式 协议金额 未成原因 履行 履行日期 司法确认 司法确认日期 回访 回访日期 结案日期 "
          "归档日期").split()
PLACES = ["410105001003", "410105005004", "410105008015", "410105014006", "410105563205"]
TYPES = ["婚姻家庭纠纷", "邻里纠纷", "房屋宅基地纠纷", "合同纠纷", "损害赔偿纠纷", "拖欠农民工工资纠纷",
         "旅游纠纷", "医疗纠纷", "道路交通事故纠纷", "物业纠纷", "其他纠纷"]
SOURCES = ["排查发现", "依申请调解", "主动调解", "法院委托移送", "公安机关委托移送"]
COMMITTEES = ["村人民调解委员会", "居（社区）人民调解委员会", "街道人民调解委员会"]
NAMES = ["赵六", "钱七", "孙八", "李九", "周十", "吴一", "=郑二", "冯三", "@陈四", "褚五"]
WIDE = str.maketrans("0123456789-/.,", "０１２３４５６７８９－／．，")


def day(date, draw):
    form = draw.randrange(6)
    if form == 0:
        return f"{date.year}年{date.month}月{date.day}日"
    if form == 1:
        return f"{date.year}/{date.month}/{date.day}"
    if form == 2:
        return f"{date.year}.{date.month:02}.{date.day:02}"
    if form == 3:
        return date.isoformat().translate(WIDE)
    return date.isoformat()


def money(cents, draw):
    text = f"{cents // 100}.{cents % 100:02}"
    form = draw.randrange(5)
    if form == 0:
        return f"{cents // 100:,}.{cents % 100:02}"
    if form == 1:
        return text + "元"
    if form == 2:
        return ("¥" if draw.randrange(2) else "￥") + text
    if form == 3:
        return text.translate(WIDE)
    return text


def id_number(draw):
    digits = f"410105{draw.randrange(1950, 2003)}{draw.randrange(1, 13):02}{draw.randrange(1, 29):02}"
    digits += f"{draw.randrange(1000):03}"
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    total = sum(int(digit) * weight for digit, weight in zip(digits, weights))
    return digits + "10X98765432"[total % 11]


def make_row(number, draw):
    """A row, and the steps it tells: (event, date, figures)."""
    row = dict.fromkeys(HEADER, "")
    at = FIRST + datetime.timedelta(days=draw.randrange(170))
    persons = draw.randrange(2, 40)
    source = draw.choice(SOURCES)
    steps = [("registered", at, {"found": source in ("排查发现", "主动调解")})]
    row.update({
        "编号": f"金水2021-{number:04}", "县区代码": COUNTY, "登记日期": day(at, draw), "来源": source,
        "纠纷类型": draw.choice(TYPES), "调解组织类型": draw.choice(COMMITTEES),
        "难易程度": draw.choice(["简易", "一般", "疑难（复杂）", "重大"]),
        "当事人": draw.choice(NAMES), "对方当事人": draw.choice(NAMES), "当事人数": str(persons),
        "电话": draw.choice(["", f"1380000{number:04}", "+86 371 0000"]), "对方电话": "/",
        "纠纷概况": draw.choice(["楼上漏水，双方各执一词", "赡养费用分担，\n兄弟意见不一", '称"从未借款",有收条为证', "—"]),
    })
    if draw.randrange(2):
        row["村（社区）代码"] = draw.choice(PLACES)
        row["身份证号"] = id_number(draw)
        row["地址"] = "某街某号"
    if draw.randrange(3) == 0:
        row["规模"], row["风险等级"] = "个体性事件", draw.choice(["黄色", "蓝色"])
        row["申请金额"] = money(draw.randrange(100, 5_000_000), draw)

    def later(least, most):
        return at + datetime.timedelta(days=draw.randrange(least, most))

    stage = draw.randrange(20)
    if stage == 0:
        return row, steps
    at = later(0, 4)
    if stage == 1:
        row["不予受理日期"] = day(at, draw)
        return row, steps + [("rejected", at, {})]
    row["受理日期"] = day(at, draw)
    steps.append(("accepted", at, {"persons": persons}))
    if stage == 2:
        row["调解结果"] = "调解中"
        return row, steps
    at = later(0, 31)
    row["调解日期"] = day(at, draw)
    outcome = at
    if stage < 6:
        word, event = draw.choice([("调解不成功", "failed"), ("终止", "terminated")])
        row["调解结果"], row["未成原因"] = word, draw.choice(["", "一方不到场"])
        steps.append((event, outcome, {}))
    else:
        cents = draw.choice([0, draw.randrange(1, 9_999_999)])
        form = draw.choice(["口头协议", "书面协议"])
        row["调解结果"] = draw.choice(["调解成功", "达成协议"])
        row["协议形式"], row["协议金额"] = form, money(cents, draw) if cents else ""
        steps.append(("agreed", outcome, {"amount_cents": cents, "form": form}))
        if stage > 9:
            word = draw.choice(["已履行", "即时履行", "履行期未届满", "部分履行"])
            at = later(0, 30)
            row["履行"], row["履行日期"] = word, day(at, draw)
            steps.append(("performed", at, {"performed": word in ("已履行", "即时履行")}))
        if stage > 15:
            at = outcome + datetime.timedelta(days=draw.randrange(1, 30))
            word = draw.choice(["确认有效", "已申请", "未申请"])
            row["司法确认"] = word
            if word != "未申请":
                row["司法确认日期"] = day(at, draw)
                steps.append(("confirmation", at, {"confirmed": word == "确认有效"}))
    if stage > 4:
        at = max(date for _, date, _ in steps) + datetime.timedelta(days=draw.randrange(20))
        if stage > 8:
            row["结案日期"] = day(at, draw)
            steps.append(("closed", at, {}))
        at = at + datetime.timedelta(days=draw.randrange(-1 if stage <= 8 else 0, 20))
        at = max(at, outcome)
        word = draw.choice(["满意", "不满意", "未回访"])
        row["回访"] = word
        if word != "未回访":
            row["回访日期"] = day(at, draw)
            steps.append(("visited", at, {"satisfied": word == "满意"}))
        if stage > 12:
            at = max(date for _, date, _ in steps) + datetime.timedelta(days=1)
            row["归档日期"] = day(at, draw)
            steps.append(("archived", at, {}))
    return row, steps


def whole_row(number, draw):
    """A row that went all the way to an agreement, to spoil."""
    while True:
        row, steps = make_row(number, draw)
        if steps[-1][0] == "archived" and row["协议金额"]:
            return row


# What is done to a row, and the code that must be named for it.
SPOILT = [
    ("FQ-3001", {"登记日期": "2021-02-30"}),
    ("FQ-3002", {"受理日期": "2020-12-31"}),
    ("FQ-1104", {"纠纷类型": "口角"}),
    ("FQ-3007", {"协议金额": "一千二百"}),
    ("FQ-4103", {"身份证号": "410105199001011230"}),
    ("FQ-3117", {"村（社区）代码": "410102001002"}),
    ("FQ-4001", {"县区代码": "410102"}),
    ("FQ-4003", {"调解结果": "大概成功"}),
    ("FQ-3003", {"受理日期": ""}),  # an outcome before acceptance: the third step, not the first
    ("FQ-4101", {"编号": "金水2021-0001"}),
    ("FQ-4102", {"不予受理日期": "", "回访": ""}),  # the day of a visit that was not
    ("FQ-4002", None),  # quotes that do not close
]


def spoil(row, code, change):
    if change is None:
        return None
    row.update(change)
    if code == "FQ-4102":
        row["回访日期"] = row["回访日期"] or "2021-06-01"
    return row


def make(seed, path, expected_path):
    draw = random.Random(int(seed))
    bad = dict(zip(sorted(draw.sample(range(20, ROWS), len(SPOILT))), SPOILT))
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(HEADER)
    refusals, good, steps_of_all = [], 0, []
    for number in range(1, ROWS + 1):
        line = out.getvalue().count("\n") + 1
        if number in bad:
            code, change = bad[number]
            row = spoil(whole_row(number, draw), code, change)
            refusals.append({"line": line, "code": code})
            if row is None:
                out.write(f'金水2021-{number:04},{COUNTY},,他说"不"\r\n')
                continue
        else:
            row, steps = make_row(number, draw)
            steps_of_all.append(steps)
            good += 1
        csv.writer(out, lineterminator="\r\n").writerow([row[name] for name in HEADER])
    with open(path, "wb") as file:
        file.write(out.getvalue().encode("gb18030"))
    with open(expected_path, "w", encoding="utf-8") as file:
        json.dump({"rows": ROWS, "imported": good, "refusals": refusals,
                   "events": sum(map(len, steps_of_all)), "totals": count(steps_of_all)}, file)


def count(steps_of_all):
    totals = dict.fromkeys("found registered accepted rejected concluded agreed failed terminated oral "
                           "written performed confirmed closed surveyed satisfied persons amount_cents"
                           .split(), 0)

    def add(name, amount=1):
        totals[name] += amount

    for steps in steps_of_all:
        for event, date, figures in steps:
            if not FIRST <= date <= LAST:
                continue
            if event == "registered":
                add("registered")
                add("found", int(figures["found"]))
            elif event == "accepted":
                add("accepted")
                add("persons", figures["persons"])
            elif event in ("agreed", "failed", "terminated"):
                add(event)
                add("concluded")
                if event == "agreed":
                    add("oral" if figures["form"] == "口头协议" else "written")
                    add("amount_cents", figures["amount_cents"])
            elif event in ("performed", "confirmation"):
                name = "performed" if event == "performed" else "confirmed"
                add(name, int(figures[name]))
            elif event == "visited":
                add("surveyed")
                add("satisfied", int(figures["satisfied"]))
            elif event in ("rejected", "closed"):
                add(event)
    return totals


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def refusals(expected_path, answer_path):
    expected, answer = load(expected_path), load(answer_path)
    found = [{"line": row["line"], "code": row["code"]} for row in answer["refusals"]]
    if found != expected["refusals"]:
        sys.exit(f"expected {expected['refusals']}\nfound    {answer['refusals']}")
    for key in ("rows", "imported", "events"):
        if answer[key] != expected[key]:
            sys.exit(f"{key}: expected {expected[key]}, found {answer[key]}")
    if not all(row["reason"] for row in answer["refusals"]):
        sys.exit("a refusal without its reason")


def totals(expected_path, rollup_path):
    expected, total = load(expected_path)["totals"], load(rollup_path)["total"]
    wrong = {name: (value, total.get(name)) for name, value in expected.items()
             if total.get(name) != value}
    if wrong:
        sys.exit(f"expected, found: {wrong}")


def sheet(path, expected_path):
    import openpyxl
    book = openpyxl.load_workbook(path)
    page = book.active
    rows = list(page.iter_rows())
    titles = [cell.value for cell in rows[0]]
    assert page.title == "登记簿" and page.freeze_panes == "A2", (page.title, page.freeze_panes)
    assert len(rows) == load(expected_path)["imported"] + 1, len(rows)
    assert titles[0] == "纠纷标识" and titles[-1] == "校验码" and "协议金额" in titles, titles
    for row in rows[1:]:
        for title, cell in zip(titles, row):
            if cell.value is None:
                continue
            if title.endswith("日期"):
                assert cell.is_date, (title, cell.value)
            elif title.endswith("金额") or title == "当事人数":
                assert cell.data_type == "n", (title, cell.value)
            else:
                assert cell.data_type == "s" and cell.value == cell.value.strip(), (title, cell.value)
    assert page.column_dimensions["A"].width > 32


if __name__ == "__main__":
    {"make": make, "refusals": refusals, "totals": totals, "sheet": sheet}[sys.argv[1]](*sys.argv[2:])
