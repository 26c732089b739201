#!/bin/bash
# The province in the first half of 2021 (README.md), through real nodes: one province, three cities
# and ten counties as daemons; what the other counties and cities wrote comes in under their own seals.
# QUICK=1 plays a hundredth of it, SEED= another one, KEEP=1 leaves it running and says where.
. "$(dirname "$0")/../support/e2e.sh"
henan=$root/build/release/tests/henan/henan
scale=$([ -n "${QUICK:-}" ] && echo 100 || echo 1)
seed=${SEED:-2021}
counties="410102 410105 410122 410202 410205 410222 410302 410311 410328 419001"
cities="410100 410200 410300"
out=$work/out
began=$SECONDS
mkdir "$out"
if [ -n "${KEEP:-}" ]; then
    trap 'echo "The province is in $lab; end it with: fengqiao lab down $lab"' EXIT
fi
echo "# SEED=$seed, one of $scale"

stage() { echo "# $((SECONDS - began)) s: $*"; }
within() { awk -v a="$SECONDS" -v b="$began" -v most="$1" 'BEGIN { exit !(a - b < most) }'; }

check "a lab of $(wc -w <<<"410000 $cities $counties") nodes, and keys for all others" \
    "$henan" lay-out "$lab" "$(tr ' ' , <<<"410000 $cities $counties")"
check "what all wrote" "$henan" write "$lab" "$out" "$scale" "$seed"
stage "written: $(du -ch "$out"/*.fqb | tail -n 1 | cut -f 1) of bundles"
check "the nodes come up" "$fq" -q lab up "$lab" --no-http

# ---- everybody at once ----

submit_all() {
    local code pids=() failed=0
    for code in $counties; do
        "$henan" submit "$lab" "$code" "$scale" "$seed" >>"$out/submitted" 2>&1 &
        pids+=($!)
        [ "${#pids[@]}" -lt 3 ] || { wait "${pids[0]}" || failed=1; pids=("${pids[@]:1}"); }
    done
    for code in "${pids[@]}"; do wait "$code" || failed=1; done
    return $failed
}
import_all() {
    local code
    for code in $cities 410000; do
        at "$code" bundle import "$out/$code.fqb" --json >"$out/imported-$code" || return 1
        [ "$(field refused <"$out/imported-$code")" = 0 ] || return 1
    done
}
report_all() {
    local code
    for code in $counties $cities 410000; do
        at "$code" activity import "$out/activities-$code.csv" --json >"$out/reported-$code" || {
            cat "$out/reported-$code"
            return 1
        }
    done
}
submit_all &
submitting=$!
check "the bundles of all others come in at the cities and the province" import_all
stage "imported"
submitted() { wait "$submitting" || { cat "$out/submitted"; return 1; }; }
check "ten counties submit what they wrote" submitted
stage "submitted"
check "figures of other services at counties, cities and the province" report_all

everything_is_up() {
    local sum=0 code
    for code in $counties; do sum=$((sum + $(events_at "$code"))); done
    for code in $cities 410000; do
        sum=$((sum + $(field new <"$out/reported-$code" || echo 0)))
    done
    [ "$sum" -gt 0 ] && for code in $counties $cities; do
        at "$code" node status --json | field origins >"$out/origins" || return 1
        grep -q . "$out/origins" || return 1
        at "$code" node status --json >"$out/status" || return 1
        "$python" -c 'import json, sys
status = json.load(open(sys.argv[1]))
sys.exit(any(row["seq"] != row["up" if status["tier"] == "county" and status["parent"] else "acked"]
             for row in status["origins"] if row["stream"] == 0))' "$out/status" || return 1
    done
}
check "everything reaches the province" until_true 120 everything_is_up
stage "at the province: $(events_at 410000) events"

. "$root/tests/henan/checks.sh"
stage "done"
finish
