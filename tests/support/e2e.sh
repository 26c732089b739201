# Sourced by tests/e2e_*.sh: a lab in a folder of its own, and TAP. Every script ends with `finish`.
# Needs build/bin. Leaves nothing behind: no process, no folder.
set -u
exec </dev/null # nothing is read that a check does not send
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
root=$PWD
fq=$root/build/bin/fengqiao
python=/usr/bin/python3
ledger=$root/tests/data/nyc-mediation-2015.csv
map=$root/config/maps/nyc.cfg
counties="363605 363647 363661 363681 363685 363699"
nodes="360000 363600 $counties"
work=$(mktemp -d "${TMPDIR:-/tmp}/fengqiao-e2e.XXXXXX") || exit 1
lab=$work/lab
number=0
failed=0
children=()

clean() {
    local child
    for child in "${children[@]}"; do kill "$child" 2>/dev/null; done
    if [ -e "$lab/lab.cfg" ]; then "$fq" -q lab down "$lab" >"$work/down" 2>&1 || cat "$work/down" >&2; fi
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM

# check WHAT COMMAND...: one test, passed when the command succeeds. Its words are shown otherwise.
check() {
    local what=$1
    shift
    number=$((number + 1))
    if "$@" >"$work/said" 2>&1; then
        echo "ok $number - $what"
    else
        failed=$((failed + 1))
        echo "not ok $number - $what"
        tail -n 40 "$work/said" | sed 's/^/# /'
        grep -H '^<\(warn\|error\)>' "$lab"/*/log 2>/dev/null | tail -n 20 | sed 's/^/# /'
    fi
}

finish() {
    echo "1..$number"
    exit $((failed > 0))
}

bail() {
    echo "Bail out! $1"
    exit 1
}

at() { # at CODE COMMAND...: a command to that node, with its operator's key
    local node=$1
    shift
    "$fq" --lab "$lab" --node "$node" "$@"
}

open_lab() {
    "$fq" -q lab up "$lab" --areas config/areas/nyc.csv "$@" >"$work/up" 2>&1 || {
        sed 's/^/# /' "$work/up"
        bail "lab up"
    }
}

# field KEY...: the value under these keys of the JSON on stdin.
field() {
    "$python" -c 'import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1:]:
    value = value[int(key) if isinstance(value, list) else key]
print(value)' "$@"
}

# exits STATUS TEXT COMMAND...: the command exits so, and its words hold TEXT (an extended regex).
exits() {
    local status=$1 text=$2 was
    shift 2
    "$@" >"$work/words" 2>&1
    was=$?
    cat "$work/words"
    echo "exit $was, expected $status and /$text/"
    [ "$was" = "$status" ] && grep -qE -- "$text" "$work/words"
}

# until_true SECONDS COMMAND...: try until it succeeds.
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
    done
}

events_at() { # as many events as node $1 holds
    at "$1" node status --json 2>/dev/null | field events
}

has_events() { # has_events CODE COUNT
    local count
    count=$(events_at "$1") && [ -n "$count" ] && [ "$count" -ge "$2" ]
}

# import_at CODE FILE: imports the ledger, its answer in FILE; fine whether rows were refused or not.
import_at() {
    local status=0
    at "$1" import "$ledger" --map "$map" --wait province=60 --json >"$2" 2>"$2.err" || status=$?
    [ "$status" = 0 ] || [ "$status" = 6 ]
}

import_everywhere() { # import_everywhere NAME: answers in $work/NAME.CODE
    local county
    for county in $counties; do
        import_at "$county" "$work/$1.$county" || { cat "$work/$1.$county.err"; return 1; }
    done
}

same_digest() { # same_digest AREA CODE...: the digest of the area is the same at all these nodes
    local area=$1 node digests
    shift
    for node in "$@"; do
        at "$node" digest --area "$area" --json | field digest || return 1
    done >"$work/digests"
    digests=$(sort -u "$work/digests")
    cat "$work/digests"
    [ -n "$digests" ] && [ "$(wc -l <<<"$digests")" = 1 ]
}

audit_everywhere() {
    local node
    for node in $nodes; do
        at "$node" audit --json >"$work/audit" || { echo "$node"; cat "$work/audit"; return 1; }
        [ "$(field match <"$work/audit")" = True ] || { echo "$node"; cat "$work/audit"; return 1; }
    done
}

verify_everywhere() {
    local node
    for node in $nodes; do
        at "$node" log verify --json >"$work/verify" || { echo "$node"; cat "$work/verify"; return 1; }
        [ "$(field match <"$work/verify")" = True ] || { echo "$node"; cat "$work/verify"; return 1; }
    done
}
