#!/bin/bash
# A province on loopback with a real ledger: six counties, their city, their state.
# `make demo` calls this; KEEP=1 leaves it running. FQ_LANG=zh speaks Chinese.
set -euo pipefail
cd "$(dirname "$0")/.."

fq=$PWD/build/bin/fengqiao
ledger=tests/data/nyc-mediation-2015.csv
map=config/maps/nyc.cfg
counties="363605 363647 363661 363681 363685 363699"
base=$(mktemp -d "${TMPDIR:-/tmp}/fengqiao-demo.XXXXXX")
lab=$base/lab
started=$SECONDS
kept=

speaks_chinese() {
    local language=${FQ_LANG:-${LANGUAGE:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}}}
    [[ $language == zh* ]]
}

# say ENGLISH CHINESE ARGUMENT...
say() {
    local text=$1
    if speaks_chinese; then text=$2; fi
    shift 2
    # shellcheck disable=SC2059
    printf "$text\n" "$@"
}

clean() {
    if [ -z "$kept" ]; then
        if [ -e "$lab/lab.cfg" ]; then "$fq" lab down "$lab" || true; fi
        rm -rf "$base"
    fi
}
trap clean EXIT
trap 'exit 130' INT TERM

fail() {
    say "demo: $1" "演示失败：$1" >&2
    tail -n 5 "$lab"/*/log >&2 2>/dev/null || true
    exit 1
}

# number KEY: the first number of that key in JSON on stdin.
number() {
    sed -n "s/^ *\"$1\": \([0-9]*\),\{0,1\}\$/\1/p" | head -n 1
}

# text KEY: the first text of that key in JSON on stdin.
text() {
    sed -n "s/^ *\"$1\": \"\([^\"]*\)\",\{0,1\}\$/\1/p" | head -n 1
}

at() {
    local node=$1
    shift
    "$fq" --lab "$lab" --node "$node" "$@"
}

say "Starting a province, a city and six counties on 127.0.0.1 ..." \
    "正在本机启动一个省级、一个市级和六个县级节点……"
"$fq" -q lab up "$lab" --areas config/areas/nyc.csv || fail "lab up"

say "Importing a ledger of 4,495 real mediations, each county its own rows ..." \
    "正在导入4,495件真实调解记录，各县只取本县的行……"
imported=0
refused=0
lines=
for county in $counties; do
    code=0
    answer=$(at "$county" import "$ledger" --map "$map" --wait province=60 --json) || code=$?
    if [ "$code" != 0 ] && [ "$code" != 6 ]; then fail "import $county: exit $code"; fi
    imported=$((imported + $(number imported <<<"$answer")))
    refused=$((refused + $(number refused <<<"$answer")))
    lines="$lines $(sed -n 's/^ *"line": \([0-9]*\),$/\1/p' <<<"$answer" | tr '\n' ' ')"
done
lines=$(tr ' ' '\n' <<<"$lines" | sort -n | xargs)

say "" ""
say "Mediations in the first half of 2015, as the province counts them:" \
    "2015年上半年调解情况（省级汇总）："
at 360000 rollup 2015H1 --by county || fail "rollup"

total=$(at 360000 rollup 2015H1 --json)
accepted=$(sed -n '/"total"/,$p' <<<"$total" | number accepted)
concluded=$(sed -n '/"total"/,$p' <<<"$total" | number concluded)
events=$(at 360000 node status --json | number events)
city=$(at 363600 digest --area 363600 --json | text digest)
province=$(at 360000 digest --area 363600 --json | text digest)

say "" ""
say "%s rows imported; %s refused because they close before they start: lines %s." \
    "导入%s行；拒绝%s行（结束早于开始）：第 %s 行。" "$imported" "$refused" "$lines"
say "%s events reached the province in %s seconds." "%s个事件在%s秒内到达省级。" \
    "$events" "$((SECONDS - started))"
say "Digest of the city's events: %s at the city, %s at the province." \
    "该市事件的摘要：市级 %s，省级 %s。" "$city" "$province"

[ "$imported" = 4491 ] || fail "imported $imported, not 4491"
[ "$refused" = 4 ] || fail "refused $refused, not 4"
[ "$accepted/$concluded" = 1668/1564 ] || fail "accepted/concluded $accepted/$concluded"
[ -n "$city" ] && [ "$city" = "$province" ] || fail "digests differ"

say "" ""
if [ "${KEEP:-}" = 1 ]; then
    kept=1
    say "It is still running. Look around:" "节点仍在运行，可以继续查看："
    echo "  $fq lab ls $lab"
    echo "  $fq --lab $lab --node 360000 rollup 2015 --by type"
    echo "  $fq --lab $lab --node 363605 dispute ls --limit 5"
    echo "  $fq --lab $lab --node 363600 feed --from -5 --follow"
    http=$("$fq" lab ls "$lab" --json | text http)
    if [ -n "$http" ]; then
        say "  page: http://%s/" "  网页：http://%s/" "$http"
    fi
    say "Stop it: %s lab down %s && rm -rf %s" "停止：%s lab down %s && rm -rf %s" \
        "$fq" "$lab" "$base"
else
    say "All is well; everything is stopped and removed. \`make demo KEEP=1\` leaves it running." \
        "一切正常，节点已停止并清除。\`make demo KEEP=1\` 可让它继续运行。"
fi
