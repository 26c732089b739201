#!/bin/bash
# Fuzz: tests/fuzz.sh SECONDS FUZZER... shares SECONDS among the fuzzers, at least one each; with
# an empty SECONDS it goes round until told to stop. New inputs are kept in build/fuzz/corpus,
# inputs that broke something in build/fuzz/found. Ends with `N passed, N failed`.
set -u
seconds="$1"
shift
passed=0
failed=0
share="${seconds:+$((seconds / ($# > 0 ? $# : 1)))}"
share="${share:-60}"
[ "$share" -ge 1 ] || share=1

fuzz_one() {
    local name corpus found
    name="$(basename "$1")"
    name="${name#fuzz_}"
    corpus="build/fuzz/corpus/$name"
    found="build/fuzz/found/$name-"
    mkdir -p "$corpus" build/fuzz/found
    local seeds=()
    [ ! -d "tests/corpus/$name" ] || seeds=("tests/corpus/$name")
    if "$1" -max_total_time="$share" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$found" "$corpus" "${seeds[@]}" >"build/fuzz/$name.log" 2>&1; then
        passed=$((passed + 1))
        echo "ok     $name  $(sed -n 's/^stat::number_of_executed_units: *//p' \
            "build/fuzz/$name.log") runs in $share s"
    else
        failed=$((failed + 1))
        echo "FAILED $name  (build/fuzz/$name.log)"
        tail -n 60 "build/fuzz/$name.log" | sed 's/^/       | /'
    fi
}

while :; do
    for fuzzer in "$@"; do
        fuzz_one "$fuzzer"
    done
    if [ -n "$seconds" ] || [ "$failed" != 0 ] || [ $# = 0 ]; then
        break
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
