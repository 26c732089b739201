#!/bin/bash
# One session in Chinese and in English on a terminal of 80 columns: lines fit, columns stand below
# each other, no English is left in Chinese help; piped, nothing is cut; JSON is the same in both.
. "$(dirname "$0")/support/e2e.sh"
open_lab --no-http --only 360000,363600,363605

seen() { # seen OPTION... -- COMMAND...: on a terminal, by support/terminal.py
    "$python" tests/support/terminal.py "$@"
}
county=("$fq" --lab "$lab" --node 363605 --no-input)
province=("$fq" --lab "$lab" --node 360000)
import_at 363605 "$work/imported" || bail "import"

# ---- help of every command ----

# Every command, from the program itself: what the shell would offer.
commands() {
    local noun verb verbs
    for noun in $("$fq" completion words -- ''); do
        verbs=$("$fq" completion words -- "$noun" '' | grep -vE '^(:|[0-9])')
        "$fq" "$noun" --help >/dev/null 2>&1 && echo "$noun"
        for verb in $verbs; do
            "$fq" "$noun" "$verb" --help >/dev/null 2>&1 && echo "$noun $verb"
        done
    done
}
commands >"$work/commands"
words=$(tr '\n' ' ' <"$work/commands")
helps() { # helps LANGUAGE OPTION...: the help of every command, all that is wrong with it
    local language=$1 command status=0
    shift
    while IFS= read -r command; do
        # shellcheck disable=SC2086
        seen "$@" -- "$fq" $command --lang "$language" --help >"$work/one" 2>&1 ||
            { echo "== $command"; grep '^terminal:' "$work/one"; status=1; }
    done <"$work/commands"
    return $status
}
check "there are commands" test "$(wc -l <"$work/commands")" -gt 30
check "zh: the overview fits, without English" \
    seen --chinese --words "$words" --says 退出码 --says 调解员 -- "$fq" --lang zh --help
check "zh: the help of every command fits, without English" helps zh --chinese --words "$words"
check "en: the overview fits" seen --says "Exit codes:" --says Mediators: -- "$fq" --lang en --help
check "en: the help of every command fits" helps en

# ---- the session ----

declare -A agreed=([zh]=调解成功 [en]=agreed) contract=([zh]=合同纠纷 [en]=contract)
declare -A refused=([zh]=按纠纷目前的状态 [en]='This step is not possible')
declare -A left_out=([zh]=未显示 [en]='Not shown') more=([zh]=项指标 [en]='more measures')
declare -A id=([zh]=a1000000000000000000000000000001 [en]=b1000000000000000000000000000001)

session() { # session LANGUAGE: each step on the terminal
    local language=$1
    local at=("${county[@]}" --lang "$language") it=${id[$1]}
    check "$language: add" seen --fields 2 -- \
        "${at[@]}" dispute add --date 2015-01-02 --type contract --source on_application --cmd-id "$it"
    check "$language: accept" seen --fields 2 -- "${at[@]}" dispute accept "$it" --date 2015-01-03
    check "$language: session" seen --fields 2 -- "${at[@]}" dispute session "$it" --date 2015-01-04
    check "$language: agree" seen --fields 2 --says "${agreed[$language]}" -- \
        "${at[@]}" dispute agree "$it" --date 2015-01-05 --form written --amount 1200
    check "$language: a refusal, wrapped" seen --status 6 --says FQ-3003 --says "${refused[$language]}" \
        -- "${at[@]}" dispute accept "$it" --date 2015-01-06
    check "$language: show" seen --fields 2 --says "${contract[$language]}" -- \
        "${at[@]}" dispute show "$it"
    check "$language: show its history" seen --says "${agreed[$language]}" -- \
        "${at[@]}" dispute show "$it" --history
    check "$language: ls, what was left out is said" \
        seen --fields 5 --says "${contract[$language]}" --says "${left_out[$language]}" -- \
        "${at[@]}" dispute ls --limit 30
    check "$language: rollup by county, even rows, what was left out is said" \
        seen --fields 8 --says "${left_out[$language]}" --says "${more[$language]}" -- \
        "${province[@]}" --lang "$language" rollup 2015H1 --by county
    check "$language: rollup by type" seen --fields 7 --says "${contract[$language]}" -- \
        "${province[@]}" --lang "$language" rollup 2015H1 --by type
    check "$language: errors ls" seen --fields 4 -- "$fq" --lang "$language" errors ls
    check "$language: errors show" seen --fields 2 --says "${refused[$language]}" -- \
        "$fq" errors show FQ-3003 --lang "$language"
    check "$language: node status" seen --fields 2 -- "${at[@]}" node status
    check "$language: tree status" seen --fields 8 -- "${province[@]}" --lang "$language" tree status
    check "$language: digest" seen --fields 2 -- "${at[@]}" digest --area 363605
    check "$language: audit" seen --fields 2 -- "${at[@]}" audit
    check "$language: feed" seen --fields 4 --says "${agreed[$language]}" -- "${at[@]}" feed --from -4
    check "$language: coverage" seen --fields 5 -- "${province[@]}" --lang "$language" coverage 2015H1
    check "$language: lab ls" seen --fields 6 -- "$fq" --lang "$language" lab ls "$lab"
}
session zh
session en

# ---- columns below each other, exactly ----

even() { # the last column is of numbers: every row but one that lacks it ends at the same place
    local language=$1
    seen --even -- "${province[@]}" --lang "$language" rollup 2015H1
}
check "zh: numbers end below their title" even zh
check "en: numbers end below their title" even en

# ---- other terminals ----

narrow=(seen --columns 60 --says 未显示 --fields 4 --)
check "60 columns: more is left out" "${narrow[@]}" "${province[@]}" --lang zh rollup 2015H1 --by county
check "60 columns: help" seen --columns 60 -- "$fq" --lang zh --help
check "60 columns: help in English" seen --columns 60 -- "$fq" --lang en dispute add --help
check "200 columns: nothing is left out or cut" seen --columns 200 --fields 12 --silent-of 未显示 --says 修订 \
    --says "${id[zh]}" -- "${county[@]}" --lang zh dispute ls --limit 500

# ---- pipes and languages ----

piped() { # in a pipe the same table has all its columns and whole ids
    "${county[@]}" --lang zh dispute ls --limit 3 >"$work/piped" 2>"$work/piped.err" || return 1
    cat "$work/piped" "$work/piped.err"
    grep -q "${id[zh]:0:0}[0-9a-f]\{32\}" "$work/piped" && grep -q 修订 "$work/piped" &&
        ! grep -q 未显示 "$work/piped.err"
}
check "piped: nothing is left out or cut" piped
same_json() {
    "${county[@]}" --lang zh dispute show "${id[zh]}" --history --json >"$work/zh.json" &&
        "${county[@]}" --lang en dispute show "${id[zh]}" --history --json >"$work/en.json" &&
        cmp "$work/zh.json" "$work/en.json" && grep -q '"type": "contract"' "$work/zh.json"
}
check "JSON is the same in both languages, with ids" same_json
speaks() { # speaks TEXT ENVIRONMENT... -- ARGUMENT...
    local text=$1 settings=()
    shift
    while [ "$1" != -- ]; do settings+=("$1") && shift; done
    shift
    env -u FQ_LANG -u LANGUAGE -u LC_ALL -u LC_MESSAGES -u LANG "${settings[@]}" "$fq" "$@" errors show FQ-7004 |
        grep "$text"
}
check "no language set: English" speaks Widen --
check "LANG=zh_CN.UTF-8, a locale that is not installed: Chinese" speaks 放宽 LANG=zh_CN.UTF-8 --
check "LC_ALL is stronger than LANG" speaks Widen LANG=zh_CN.UTF-8 LC_ALL=C --
check "LANGUAGE is stronger than LC_ALL" speaks 放宽 LC_ALL=C LANGUAGE=zh_CN:en --
check "FQ_LANG is stronger than LANGUAGE" speaks Widen LANGUAGE=zh FQ_LANG=en --
check "--lang is stronger than FQ_LANG" speaks 放宽 FQ_LANG=en -- --lang zh
check "another language: exit 2" exits 2 FQ-1001 "$fq" --lang fr errors ls

finish
