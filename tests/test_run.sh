#!/bin/bash
# The runner itself: what it counts as passed, failed and skipped.
set -u
here="$(cd "$(dirname "$0")" && pwd)"
work="$(mktemp -d "${TMPDIR:-/tmp}/fengqiao-run.XXXXXX")" || exit 1
trap 'rm -rf "$work"' EXIT
number=0

# expect WHAT SUM STATUS SCRIPT: the runner's last line and exit status for one script.
expect() {
    number=$((number + 1))
    printf '%s\n' "$4" >"$work/case.sh"
    local said status
    said="$(LIMIT=2 "$here/run.sh" "$work/case.sh" 2>&1)"
    status=$?
    if [ "$(tail -n 1 <<<"$said")" = "$2" ] && [ "$status" = "$3" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        sed 's/^/# /' <<<"$said"
    fi
}

echo 1..14
expect "lines are counted" "2 passed, 0 failed" 0 'echo "1..2"; echo "ok 1 - a"; echo "ok 2"'
expect "a plan may come last" "1 passed, 0 failed" 0 'echo "ok 1 - a"; echo "1..1"'
expect "one failure fails" "1 passed, 1 failed" 1 'echo "1..2"; echo "ok 1"; echo "not ok 2"; exit 1'
expect "a failure is seen whatever the status" "0 passed, 1 failed" 1 'echo "1..1"; echo "not ok 1"'
expect "skips are not passes" "1 passed, 0 failed, 1 skipped" 0 \
    'echo "1..2"; echo "ok 1"; echo "ok 2 - b # SKIP absent"'
expect "cmocka's not ok of a skip is a skip" "0 passed, 0 failed, 1 skipped" 0 \
    'echo "1..1"; echo "not ok 1 - b # SKIP"'
expect "a file may be skipped whole" "0 passed, 0 failed, 1 skipped" 0 'echo "1..0 # SKIP absent"'
expect "silence is a failure" "0 passed, 1 failed" 1 'exit 0'
expect "a plan is kept" "1 passed, 1 failed" 1 'echo "1..3"; echo "ok 1"'
expect "no plan is a failure" "1 passed, 1 failed" 1 'echo "ok 1"'
expect "a bad exit status is a failure" "1 passed, 1 failed" 1 'echo "1..1"; echo "ok 1"; exit 23'
expect "death by signal is a failure" "1 passed, 1 failed" 1 'echo "1..1"; echo "ok 1"; kill -9 $$'
expect "out of time is a failure" "1 passed, 1 failed" 1 'echo "1..1"; echo "ok 1"; exec sleep 30'
expect "several plans are added" "2 passed, 0 failed" 0 \
    'echo "1..1"; echo "ok 1"; echo "1..1"; echo "ok 1"'
