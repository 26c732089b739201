#!/bin/bash
# The Chinese catalogue is whole: every text of the sources has its translation, with the same
# formats, no entry is fuzzy, unused or doubled; and each of these faults would be noticed.
set -u
cd "$(dirname "$0")/.." || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/fengqiao-po.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
number=0
failed=0
po=/usr/bin/python3\ ops/po.py

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

if ! command -v xgettext >/dev/null; then
    echo "1..0 # SKIP xgettext is missing"
    exit 0
fi
check "the catalogue is whole" $po check

# The same with a fault put in, in a copy of what is looked at.
mkdir -p "$work/copy/include/fq/base"
cp -r nodes ops "$work/copy/" && cp include/fq/base/err.h "$work/copy/include/fq/base/"
notices() { # notices TEXT PERL: after that edit of the catalogue, the check says TEXT
    cp ops/po/zh_CN.po "$work/copy/ops/po/"
    perl -0pi -e "$2" "$work/copy/ops/po/zh_CN.po" || return 1
    ! cmp -s ops/po/zh_CN.po "$work/copy/ops/po/zh_CN.po" || return 1
    (cd "$work/copy" && /usr/bin/python3 ops/po.py check) >"$work/faults" && return 1
    cat "$work/faults"
    grep -qF -- "$1" "$work/faults"
}
check "a text without its entry is noticed" \
    notices 'not in ops/po/zh_CN.po: "A file cannot be read' 's/msgid "A file cannot be read[^\n]*\n[^\n]*\n//'
check "a reason without its cure is noticed" \
    notices 'no translation of "Widen the filter."' 's/(msgid "Widen the filter."\nmsgstr )[^\n]*/$1""/'
check "an entry nobody says is noticed" notices 'nobody says "Once"' 's/\z/\nmsgid "Once"\nmsgstr "曾经"\n/'
check "a doubled entry is noticed" notices 'uplicate' 's/\z/\nmsgid "yes"\nmsgstr "是"\n/'
check "a fuzzy entry is noticed" notices 'fuzzy: "yes"' 's/(msgid "yes")/#, fuzzy\n$1/'
check "an obsolete entry is noticed" notices 'obsolete' 's/\z/\n#~ msgid "Once"\n#~ msgstr "曾经"\n/'
check "another format is noticed" notices "format" 's/%zu 个节点/%s 个节点/'
check "a glyph of uncertain width is noticed" notices "of a width" 's/一切正常。/一切正常…。/'
check "an English text as its translation is noticed" \
    notices 'not translated: "saved at"' 's/(msgid "saved at"\nmsgstr )[^\n]*/$1"saved at"/'

echo "1..$number"
exit $((failed > 0))
