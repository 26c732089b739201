#!/bin/bash
# Run test programs that print TAP and sum them up: tests/run.sh [-j JOBS] PROGRAM... [-j JOBS] ...
#
# One line per program; a failing one's output is shown. A program that dies, says nothing, or
# runs other than it planned counts as one failure more. Ends with `N passed, N failed[, N skipped]`.
# LIMIT is the time one program may take, in seconds.
set -u
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS="${ASAN_OPTIONS:-abort_on_error=0}"
limit="${LIMIT:-600}"
shown_lines=300
results="$(mktemp -d "${TMPDIR:-/tmp}/fengqiao-tests.XXXXXX")" || exit 1
trap 'rm -rf "$results"' EXIT
trap 'kill $(jobs -p) 2>/dev/null; wait; exit 130' INT TERM

# Read TAP and print `passed failed skipped` with a remark. cmocka prints `not ok # SKIP`, and a
# plan for each group; sub-tests are indented and not counted.
count() {
    awk -v status="$1" '
        { line = tolower($0) }
        line ~ /^(not )?ok([ \t].*)?# *skip/ { skipped++; seen++; next }
        line ~ /^ok([ \t]|$)/ { passed++; seen++; next }
        line ~ /^not ok([ \t]|$)/ { failed++; seen++; next }
        line ~ /^1\.\.0([ \t]*#.*)?$/ { plans++; if (!seen) nothing = 1; next }
        line ~ /^1\.\.[0-9]+/ { plans++; planned += substr($0, 4); next }
        line ~ /^bail out!/ { bailed = 1 }
        END {
            if (status == 124 || status == 137) { remark = "out of time" }
            else if (status > 128) { remark = "died of signal " status - 128 }
            else if (bailed) { remark = "bailed out" }
            else if (!plans) { remark = seen ? "no plan" : "no TAP" }
            else if (planned != seen) { remark = "planned " planned + 0 ", ran " seen + 0 }
            else if (status && !failed) { remark = "exit status " status }
            else if (nothing && !seen) { skipped = 1 }
            if (remark) { failed++ }
            print passed + 0, failed + 0, skipped + 0, remark
        }'
}

run_one() {
    local index="$1" program="$2" status passed failed skipped remark began="$EPOCHREALTIME"
    local command=("$program")
    case "$program" in
    *.sh) command=(bash "$program") ;;
    *.py) command=(/usr/bin/python3 "$program") ;;
    esac
    timeout --kill-after=10 "$limit" "${command[@]}" \
        >"$results/$index.out" 2>"$results/$index.err" </dev/null &
    trap "kill $! 2>/dev/null" TERM
    wait $!
    status=$?
    read -r passed failed skipped remark < <(count "$status" <"$results/$index.out")
    local took=$(((${EPOCHREALTIME/./} - ${began/./}) / 1000))
    {
        printf '%-6s %-32s %4d passed' "$([ "$failed" = 0 ] && echo ok || echo FAILED)" \
            "$(basename "$program")" "$passed"
        [ "$failed" = 0 ] || printf ', %d failed' "$failed"
        [ "$skipped" = 0 ] || printf ', %d skipped' "$skipped"
        printf '  %d.%03d s%s\n' $((took / 1000)) $((took % 1000)) "${remark:+  ($remark)}"
        if [ "$failed" != 0 ]; then
            cat "$results/$index.out" "$results/$index.err" | tail -n "$shown_lines" |
                sed 's/^/       | /'
        else
            grep -hi '^\(not \)\?ok.*# *skip' "$results/$index.out" | sed 's/^/       | /'
        fi
    } >"$results/$index.text"
    cat "$results/$index.text"
    echo "$passed $failed $skipped" >"$results/$index.sum"
}

jobs=1
index=0
while [ $# -gt 0 ]; do
    if [ "$1" = -j ]; then
        wait
        jobs="$2"
        shift 2
        continue
    fi
    while [ "$(jobs -pr | wc -l)" -ge "$jobs" ]; do
        wait -n
    done
    index=$((index + 1))
    run_one "$index" "$1" &
    shift
done
wait

cat "$results"/*.sum 2>/dev/null | awk -v programs="$index" '
    { passed += $1; failed += $2; skipped += $3; seen++ }
    END {
        failed += programs - seen
        printf "%d passed, %d failed", passed, failed
        if (skipped) { printf ", %d skipped", skipped }
        print ""
        exit failed > 0
    }'
