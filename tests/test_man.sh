#!/bin/bash
# The manual: every command, option and configuration key stands in it, in both languages; groff
# renders it without a warning and within 80 columns; what is installed is found.
set -u
cd "$(dirname "$0")/.." || exit 1
fq=${FQ:-$PWD/build/bin/fengqiao}
work=$(mktemp -d "${TMPDIR:-/tmp}/fengqiao-man.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
number=0
failed=0

check() { # check WHAT COMMAND...
    local what=$1
    shift
    number=$((number + 1))
    if "$@" >"$work/said" 2>&1; then
        echo "ok $number - $what"
    else
        failed=$((failed + 1))
        echo "not ok $number - $what"
        tail -n 40 "$work/said" | sed 's/^/# /'
    fi
}
skip() { # skip WHAT WHY
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

pages="fengqiao.1 fengqiao-county.8 fengqiao.cfg.5"
for page in $pages; do
    check "$page is there in both languages" test -s "build/man/$page" -a -s "build/man/zh_CN/$page"
done

# Commands and options, asked of the completion, looked for in the page's source.
"$fq" completion words -- '' | while IFS= read -r noun; do
    verbs=$("$fq" completion words -- "$noun" '' | grep -vE '^:')
    "$fq" "$noun" --help >"$work/help" 2>&1 || verbs=
    if grep -q "fengqiao $noun VERB" "$work/help"; then
        for verb in $verbs; do echo "$noun $verb"; done
    else
        echo "$noun"
    fi
done >"$work/commands"
while IFS= read -r command; do
    # shellcheck disable=SC2086
    "$fq" completion words -- $command -- >"$work/options" && echo "$command:$(xargs <"$work/options")"
done <"$work/commands" >"$work/wanted"
holds_commands() { # holds_commands PAGE
    local command options status=0
    sed 's/\\&//g; s/\\-/-/g; s/\\f.//g; s/\\(ha/^/g' "$1" >"$work/page"
    sed -nE 's/^fengqiao ([^ ]+( [a-z][a-z-]*)?)( .*)?$/\1/p' "$work/page" | sort -u >"$work/told"
    sed -nE 's/^(-., )?(--[a-z-]+)( .*)?$/\2/p' "$work/page" | sort -u >"$work/told_options"
    while IFS=: read -r command options; do
        grep -qxF "$command" "$work/told" || { echo "no $command"; status=1; }
        echo "$options" | tr ' ' '\n' | sort -u | comm -23 - "$work/told_options" >"$work/untold"
        [ ! -s "$work/untold" ] || { echo "no $command $(xargs <"$work/untold")"; status=1; }
    done <"$work/wanted"
    return $status
}
check "there are commands" test "$(wc -l <"$work/commands")" -gt 30
check "en: every command and option" holds_commands build/man/fengqiao.1
check "zh: every command and option" holds_commands build/man/zh_CN/fengqiao.1

holds_keys() { # holds_keys PAGE
    local key status=0
    sed 's/\\&//g; s/\\f.//g' "$1" >"$work/page"
    for key in $(sed -n 's/^    {"\([a-z_]*\.[a-z_]*\)", [A-Z].*/\1/p' common/edge/config.c); do
        grep -qxF "$key" "$work/page" || { echo "no $key"; status=1; }
    done
    return $status
}
check "en: every configuration key" holds_keys build/man/fengqiao.cfg.5
check "zh: every configuration key" holds_keys build/man/zh_CN/fengqiao.cfg.5

rendered() { # rendered PAGE: no warning, and no line wider than 80 columns
    local wide
    LC_ALL=C.UTF-8 groff -ww -K utf8 -T utf8 -P -cbou -man -rLL=78n "$1" >"$work/text" 2>"$work/warnings"
    cat "$work/warnings"
    [ ! -s "$work/warnings" ] || return 1
    wide=$(/usr/bin/python3 -c 'import sys, unicodedata
for line in open(sys.argv[1], encoding="utf-8"):
    width = sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line.rstrip("\n"))
    if width > 80: print(width, line, end="")' "$work/text")
    echo "$wide"
    [ -z "$wide" ] && [ "$(wc -l <"$work/text")" -gt 20 ]
}
for page in $pages zh_CN/fengqiao.1 zh_CN/fengqiao-county.8 zh_CN/fengqiao.cfg.5; do
    if command -v groff >/dev/null; then
        check "$page renders" rendered "build/man/$page"
    else
        skip "$page renders" "groff is missing"
    fi
done

echo "1..$number"
exit $((failed > 0))
