#!/bin/bash
# Completion in bash: the script the program prints, driven as the shell drives it.
set -u
cd "$(dirname "$0")/.." || exit 1
fq=${FQ:-$PWD/build/bin/fengqiao}
work=$(mktemp -d "${TMPDIR:-/tmp}/fengqiao-completion.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
number=0
failed=0
# shellcheck disable=SC1090
source <("$fq" completion bash)

# completes LINE WORD...: after LINE and a tab, exactly these are offered, or, with ... at the end, these and others.
completes() {
    local line=$1 wanted offered
    shift
    read -ra COMP_WORDS <<<"${line//=/ = }"
    case $line in *' ') COMP_WORDS+=("") ;; esac
    COMP_WORDS[0]=$fq
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMPREPLY=()
    _fengqiao "$fq" "${COMP_WORDS[COMP_CWORD]}" "" 2>/dev/null
    offered=$(printf '%s\n' "${COMPREPLY[@]}" | sort | xargs)
    number=$((number + 1))
    if [ "${*: -1}" = ... ]; then
        for wanted in "${@:1:$#-1}"; do
            [[ " $offered " == *" $wanted "* ]] || offered="$offered (without $wanted)"
        done
        [[ $offered != *'(without'* ]] && wanted=$offered || wanted="$*"
    else
        wanted=$(printf '%s\n' "$@" | sort | xargs)
    fi
    if [ "$offered" = "$wanted" ]; then
        echo "ok $number - $line"
    else
        failed=$((failed + 1))
        echo "not ok $number - $line"
        echo "# wanted: $wanted"
        echo "# offered: $offered"
    fi
}

completes "fengqiao " dispute rollup errors lab ...
completes "fengqiao roll" rollup
completes "fengqiao dispute ag" agree
completes "fengqiao --lab x --node 1 dispute ag" agree
completes "fengqiao completion " bash
completes "fengqiao dispute agree --im" --immediate
completes "fengqiao dispute accept --no" --no-input --node
completes "fengqiao --lang " en zh
completes "fengqiao --lang=z" zh
completes "fengqiao -o " table json jsonl csv md ...
completes "fengqiao dispute accept x --wait " city county province
completes "fengqiao dispute accept x --consent " no yes
completes "fengqiao dispute add --type con" consumer consumer_other contract
completes "fengqiao dispute add --source delegated_p" delegated_petition delegated_police delegated_procuratorate
completes "fengqiao dispute ls --state me" mediating merged
completes "fengqiao rollup 2015 --by cou" county
completes "fengqiao rollup 2015 --by county,ty" county,type county,type_group
completes "fengqiao feed --event agreed,re" agreed,registered agreed,reopened ...
completes "fengqiao errors show FQ-300" FQ-3001 FQ-3003 ...
completes "fengqiao nothing " ""
completes "fengqiao lab up " ""
{
    "$fq" lab up "$work/lab" --areas config/areas/nyc.csv --only 360000,363600,363605 --no-http
    "$fq" lab down "$work/lab"
} >/dev/null 2>&1
completes "fengqiao --lab $work/lab --node 3636" 363600 363605
completes "fengqiao --lab $work/lab rollup 2015 --area 360" 360000

echo "1..$number"
exit $((failed > 0))
