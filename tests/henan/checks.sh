# Sourced by run.sh: the figures, asked of the province and the cities, against what was played.

rollups() { # rollups CODE NAME OPTION...: in $out/NAME.json
    local code=$1 name=$2
    shift 2
    at "$code" rollup "$@" --json >"$out/$name.json"
}
compare() { "$python" "$root/tests/henan/check.py" "$out" "$@"; }

played_everywhere() {
    local month
    for month in 2020-{01..12} 2021-{01..12}; do
        rollups 410000 truth "$month" --by county --basis then && compare truth "$month" || return 1
    done
}
adds_up() {
    local month
    for month in 2020-03 2021-{01..06} 2021H1; do
        rollups 410000 counties "$month" --by county && rollups 410000 cities "$month" --by city &&
            rollups 410000 whole "$month" && compare sums || return 1
    done
}
cities_agree() {
    local city
    for city in $cities; do
        rollups "$city" own 2021H1 --by county &&
            rollups 410000 above 2021H1 --area "$city" --by county && compare same || return 1
    done
}

check "all counties of the half-year were heard: the figures are complete" eval \
    'rollups 410000 total 2021H1 && [ "$(field complete <"$out/total.json")" = True ]'
check "accepted and concluded are as many as wanted, and as many of them agreed" eval \
    'compare total $((278604 / scale)) $((273032 / scale))'
check "by county and month, every figure is the one played" played_everywhere
check "counties = cities = province, for every measure and month" adds_up
check "a city says of itself what the province says of it" cities_agree
check "types stand in the published proportions" eval \
    'rollups 410000 types 2021H1 --by type && compare types'
check "about a fifth is linked; people + administrative + judicial - overlap = distinct" eval \
    'rollups 410000 kinds 2021H1 --by kind && compare kinds'
check "Luoyang: old areas until the change, successors from it on" eval \
    'rollups 410000 luoyang 2021H1 --area 410300 --by county,month --basis then && compare luoyang'
check "as the areas are now, its successors have what the old ones had" eval \
    'rollups 410000 now 2021H1 --area 410300 --by county --basis now &&
     rollups 410000 then 2021H1 --area 410300 --by county --basis then && compare basis'
check "the view is what the log amounts to" eval \
    'at 410000 audit --json | field match | grep -q True'

# ---- the bulletin ----

bulletins() {
    local lang
    for lang in zh en; do
        at 410000 bulletin 2021H1 --lang $lang >"$out/bulletin.$lang.txt" &&
            at 410000 bulletin 2021H1 --lang $lang -o md --to "$out/bulletin.$lang.md" &&
            at 410000 bulletin 2021H1 --lang $lang -o html --to "$out/bulletin.$lang.html" || return 1
    done
    at 410000 bulletin 2021H1 --json >"$out/bulletin.json"
}
check "the bulletin, in Chinese and English, as text, Markdown and HTML" bulletins
sed '/^按纠纷类型/,$d; s/^/# /' "$out/bulletin.zh.txt"
check "it prints every figure of the article as the article does" compare bulletin zh "$scale"
check "and in English the same numbers" compare bulletin en "$scale"
check "no word of it is in the other language; all 157 counties are said to be heard" compare words
check "its HTML is well-formed, one file, and its bars stand for the figures" compare html
check "printed again, it is the same to the byte" eval \
    'at 410000 bulletin 2021H1 --lang zh | cmp - "$out/bulletin.zh.txt"'
press() { # press LANG TEXT: the rollup in the press's style says so
    at 410000 rollup 2021H1 --by kind --style press --lang "$1" -o md --measure concluded,success_rate |
        tee "$work/press" && grep -q "$2" "$work/press"
}
check "rollups in the press's style; programs are given whole numbers (exit 2)" eval \
    'if [ "$scale" = 1 ]; then press zh "27.86万" && press en "278,600"; else press zh "2786"; fi &&
     exits 2 style at 410000 rollup 2021H1 --style press --json'
check "a file that is there stays (exit 2)" \
    exits 2 FQ-3402 at 410000 bulletin 2021H1 -o html --to "$out/bulletin.zh.html"

# ---- forms ----

forms() { # forms PERIOD: each in every format, in Chinese
    local form end
    for form in tiers cases administrative; do
        at 410000 form "$1" --form $form --lang zh --json >"$out/forms/$form.json" || return 1
        for end in csv html xlsx; do
            at 410000 form "$1" --form $form --lang zh --yes --to "$out/forms/$form.$end" || return 1
        done
    done
}
mkdir "$out/forms"
check "the statistical forms, as workbooks, CSV and pages" forms 2021Q2
if [ "$scale" -gt 1 ]; then # Python would take minutes for all of it
    at 410000 export events >"$out/events" 2>/dev/null
    check "every cell is what exported events amount to, in every file" \
        "$python" "$root/tests/henan/forms.py" "$out/events" config/areas/henan.csv "$out/forms"
fi
office=$(command -v soffice || command -v libreoffice)
if [ -n "$office" ]; then
    opens() {
        # 44,34,76: commas, quotation marks, UTF-8; without them the locale's characters are taken.
        "$office" "-env:UserInstallation=file://$out/profile" --headless \
            --convert-to 'csv:Text - txt - csv (StarCalc):44,34,76' --outdir "$out/office" \
            "$out/forms/tiers.xlsx" &&
            grep -q '婚姻家庭纠纷' "$out/office/tiers.csv"
    }
    check "LibreOffice opens the workbook, its Chinese right" opens
else
    number=$((number + 1))
    echo "ok $number - LibreOffice opens the workbook # SKIP no LibreOffice"
fi
check "a form nobody knows names those there are (exit 2)" \
    exits 2 'tiers, cases, administrative' at 410000 form 2021Q2 --form quarterly

# ---- subsidies, before and after late reports ----

rules=$root/config/subsidy/sample.cfg
subsidies() { # subsidies NAME: of every half-year, in $out/NAME
    local half
    mkdir -p "$out/$1"
    for half in 202{0..3}H{1,2}; do
        at 410000 subsidy ls "$half" --rules "$rules" --by dispute --json >"$out/$1/$half.json" || return 1
    done
}
halves() {
    local part
    for part in 2021Q1 2021Q2 2021H1; do
        at 410105 subsidy ls $part --rules "$rules" --by dispute --json >"$out/$part.json" || return 1
    done
    compare halves
}
export_events() { at 410000 export events >"$out/events"; }
if [ "$scale" -gt 1 ]; then
    check "subsidies of every half-year" subsidies before
    check "those of two quarters are those of their half-year" halves
    check "each dispute with an agreement is in one list, at the rules' amount" \
        compare subsidies before
fi
sealed() { # sealed NAME: the sealed bulletin, in $out/NAME.LANG
    local lang
    for lang in zh en; do
        at 410000 bulletin 2021H1 --seal "$seal" --lang $lang >"$out/$1.$lang" || return 1
    done
}
check "the province seals the half-year" eval \
    'at 410000 period seal 2021H1 --yes --json >"$out/seal" && seal=$(field seal <"$out/seal")'
check "the sealed bulletin says its seal beside every figure" eval \
    'sealed before && grep -q "各类人民调解组织排查化解矛盾纠纷：.*\[$seal\]" "$out/before.zh"'
check "500 late events and corrections come in" eval \
    'at 410000 bundle import "$out/late.fqb" --json >"$out/late" && [ "$(field refused <"$out/late")" = 0 ] &&
     [ "$(field new <"$out/late")" -gt 0 ]'
if [ "$scale" -gt 1 ]; then
    check "subsidies again" eval 'subsidies after && export_events'
    check "no dispute that was paid for is in a later list" compare paid_once
    check "and still each is in one list, at the rules' amount" compare subsidies after
fi
check "the sealed bulletin is the same to the byte, in both languages" eval \
    'sealed after && cmp "$out/before.zh" "$out/after.zh" && cmp "$out/before.en" "$out/after.en"'
check "the live one is not" eval \
    '! at 410000 bulletin 2021H1 --lang zh | cmp -s - "$out/bulletin.zh.txt"'
check "the seal is made again from the log" eval 'at 410000 period verify "$seal" --json >"$out/verified"'
check "a seal nobody made (exit 2)" exits 2 FQ-5104 at 410000 bulletin 2021H1 --seal 00000000000000aa
check "the view is what the log amounts to, still" eval \
    'at 410000 audit --json | field match | grep -q True'
check "a rule with a word nobody knows is refused by its line (exit 2)" eval \
    'sed "s/form = /from = /" "$rules" >"$work/bad.cfg"
     exits 2 "FQ-3501.*bad.cfg:18: rule.2.from" at 410000 subsidy ls 2021H1 --rules "$work/bad.cfg"'
