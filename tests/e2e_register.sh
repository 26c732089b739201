#!/bin/bash
# A paper register of 500 rows in GB18030, 12 of them bad: imported, counted, exported to .xlsx and
# CSV, imported again. SEED=n makes the same register again.
. "$(dirname "$0")/support/e2e.sh"
seed=${SEED:-$RANDOM}
echo "# SEED=$seed"
county=410105
nodes="410000 410100 $county"
map=$root/config/maps/register-zh.cfg
register=tests/support/register.py
"$fq" -q lab up "$lab" --areas config/areas/henan.csv --only 410000,410100,$county --no-http \
    >"$work/up" 2>&1 || { sed 's/^/# /' "$work/up"; bail "lab up"; }
"$python" $register make "$seed" "$work/register.csv" "$work/expected" || bail "register.py"
! iconv -f UTF-8 -t UTF-8 "$work/register.csv" >/dev/null 2>&1 || bail "the register is no GB18030"

# imports STATUS FILE OPTION...: imports it, the answer in $work/answer; exits so.
imports() {
    local status=$1 file=$2 was=0
    shift 2
    at $county import "$file" --map "$map" "$@" --json >"$work/answer" 2>"$work/err" || was=$?
    head -c 2000 "$work/answer"
    cat "$work/err"
    [ "$was" = "$status" ]
}

# says KEY=VALUE...: the last import's answer says so.
says() {
    local pair
    for pair in "$@"; do
        [ "$(field "${pair%%=*}" <"$work/answer")" = "${pair#*=}" ] || return 1
    done
}

check "a dry run names 12 lines, each with its own code: exit 6" imports 6 "$work/register.csv" --dry-run
check "its lines and codes are those that were spoilt" \
    "$python" $register refusals "$work/expected" "$work/answer"
cp "$work/answer" "$work/rehearsed"
check "the dry run wrote nothing" test "$(events_at $county)" = 0

check "the register is imported: exit 6" imports 6 "$work/register.csv" --wait province=60
check "488 rows are in, 12 are named" says rows=500 imported=488 refused=12 already=0
check "the import says what its dry run said" cmp "$work/answer" "$work/rehearsed"
nothing_half() { # of a row whose third step is refused, nothing is left behind
    local events
    events=$(field events <"$work/expected")
    [ "$(events_at $county)" = "$events" ] && until_true 20 has_events 410000 "$events" &&
        [ "$(at $county dispute ls --json | field -1 id | wc -c)" = 33 ] &&
        [ "$(at $county dispute ls --json | grep -c '"id"')" = 488 ]
}
check "no row is half in" nothing_half

at 410000 rollup 2021H1 --json >"$work/rollup"
check "the province's totals are those computed from the register" \
    "$python" $register totals "$work/expected" "$work/rollup"
same_digest 410100 410100 410000 >"$work/before" || bail "digests"

unchanged() {
    [ "$(events_at $county)" = "$(field events <"$work/expected")" ] || return 1
    same_digest 410100 410100 410000 >"$work/after"
    cmp "$work/before" "$work/after"
}
check "importing the register again: exit 6" imports 6 "$work/register.csv"
check "adds nothing" says imported=0 already=488 refused=12 corrected=0 events=0

check "it is exported to a workbook" \
    exits 0 '"rows": 488' at $county export register "$work/out.xlsx" --map "$map" --json
check "whose cells are days, numbers and texts" \
    "$python" $register sheet "$work/out.xlsx" "$work/expected"
check "the workbook is imported" imports 0 "$work/out.xlsx" --wait province=30
check "and adds nothing" says rows=488 imported=0 already=488 refused=0 corrected=0 events=0
check "it is exported to CSV" \
    exits 0 '"rows": 488' at $county export register "$work/out.csv" --map "$map" --json
for_excel() { # with its mark, CR LF, and nothing that runs as a formula
    [ "$(head -c 3 "$work/$1" | od -An -tx1 | tr -d ' ')" = efbbbf ] &&
        head -n 1 "$work/$1" | grep -q $'\r$' && ! grep -qE '(^|,)"?[=+@-]' "$work/$1"
}
check "which Excel opens rightly" for_excel out.csv
check "the CSV is imported" imports 0 "$work/out.csv"
check "and adds nothing, too" says rows=488 imported=0 already=488 refused=0 corrected=0 events=0
check "no digest has changed" unchanged

# ---- party data ----

no_parties() {
    ! grep -aE '赵六|某街|1380000|金水2021' "$work/out.csv"
}
check "without being asked for, no party is in it" no_parties
check "party data needs a purpose: exit 2" \
    exits 2 FQ-1001 at $county export register "$work/no.csv" --map "$map" --with-parties
check "a city has none: exit 4" exits 4 FQ-2003 \
    at 410100 export register "$work/no.csv" --map "$map" --with-parties --purpose audit
check "with a purpose it is there" exits 0 '"rows": 488' \
    at $county export register "$work/parties.csv" --map "$map" --with-parties --purpose audit --json
check "for its owner alone" test "$(stat -c %a "$work/parties.csv")" = 600
check "the register's numbers are in it" \
    test "$(grep -c '金水2021-' "$work/parties.csv")" = 488
check "names that look like formulas are disarmed" grep -q "\"'=郑二\"" "$work/parties.csv"
check "and Excel opens it rightly" for_excel parties.csv
at $county export register "$work/parties.xlsx" --map "$map" --with-parties --purpose audit -q >/dev/null
check "the one with parties is imported" imports 0 "$work/parties.xlsx"
check "and adds nothing either" says already=488 events=0
check "nothing has changed" unchanged

# ---- what a person changed in an exported file ----

change() { # change FROM TO: the first row with FROM, as CSV of its own, in GB18030
    { head -n 1 "$work/out.csv"; grep -m 1 -- "$1" "$work/out.csv" | sed "s/$1/$2/"; } |
        iconv -f UTF-8 -t GB18030 >"$work/changed.csv"
}
change ',满意,' ',不满意,'
check "a changed row" imports 0 "$work/changed.csv"
check "is a correction" says rows=1 corrected=1 events=1 already=0
check "the changed row again" imports 0 "$work/changed.csv"
check "adds nothing" says corrected=0 events=0 already=1
check "the older file, which nobody changed" imports 0 "$work/out.csv"
check "does not undo it" says already=488 events=0
change ',终止,' ',调解成功,'
check "a row with another outcome" imports 0 "$work/changed.csv"
check "is a correction, too" says rows=1 corrected=1 imported=0 already=0
check "and then it is so" imports 0 "$work/changed.csv"
check "and stays so" says events=0 already=1
change "$county,," "410102,,"
check "a row moved to another county is refused" imports 6 "$work/changed.csv"
printf '编号,县区代码\r\n1,410105\r\n' >"$work/short.csv"
check "a file that lacks a column: exit 2, its name" \
    exits 2 'FQ-4004.*登记日期|FQ-4004.*register-zh.cfg' at $county import "$work/short.csv" --map "$map"
check "a file that is neither workbook nor CSV is not written: exit 2" \
    exits 2 FQ-1001 at $county export register "$work/no.xls" --map "$map"
check "a dry run writes no file" exits 0 '"rows": 488' \
    at $county export register "$work/no.csv" --map "$map" --dry-run --json
check "and none is there" test ! -e "$work/no.csv"
head -c 3000 "$work/out.xlsx" >"$work/torn.xlsx"
check "a torn workbook: exit 2" exits 2 FQ-4104 at $county import "$work/torn.xlsx" --map "$map"
check "refusals are told in Chinese" \
    exits 6 '第|不在|日期|两次' at $county import "$work/register.csv" --map "$map" --lang zh --dry-run

check "no view differs from a fold of its log" audit_everywhere

finish
