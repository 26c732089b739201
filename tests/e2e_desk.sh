#!/bin/bash
# What a mediator types and is told, with the node and without: the other unit by --unit, rows that were
# sent to stdin unasked, words and headers of either language, a lab that nobody used before its nodes
# were gone, an outbox that may only be read, and what fits a terminal of 80 columns.
. "$(dirname "$0")/support/e2e.sh"
county=410105
city=410100
court=4101050201
bureau=4101050101
next_door=4101020001
export FQ_LANG=en XDG_STATE_HOME=$work/state FQ_OUTBOX=

"$fq" -q lab up "$lab" --areas config/areas/henan.csv --only 410000,410100,410105,410102 --no-http \
    --units config/units/henan-sample.csv --places config/places/henan-towns.csv \
    >"$work/up" 2>&1 || { cat "$work/up"; bail "lab up"; }
id() { cat "$work/$1"; }
new() { # new NAME [OPTION...]: its id goes into the file of that name
    local name=$1
    shift
    at $county dispute add --type neighbour --source screening --date 2021-03-01 "$@" --json >"$work/new" &&
        field id <"$work/new" >"$work/$name"
}
told() { # told VALUE KEY...: in the JSON on stdin
    local value=$1 was
    shift
    was=$(field "$@") && echo "$was" && [ "$was" = "$value" ]
}
on_80() { "$python" tests/support/terminal.py --columns 80 -- "$@"; }

# ---- a lab nobody used, its nodes killed ----

"$fq" -q lab kill "$lab" 410105 410100 410000 410102 || bail "lab kill"
check "the first command ever, every node dead: saved, exit 5" exits 5 'saved at +outbox' \
    at $county dispute add --type neighbour --source screening --date 2021-03-01 --persons 2 --wait county=2
check "what to do then is named: the outbox, and sync" exits 5 'outbox ls.*sync' \
    at $county dispute accept L1 --date 2021-03-02 --wait county=2
check "shown by its names, without the node" exits 0 "kind +people's mediation" \
    at $county dispute show L1
check "in Chinese" exits 0 '纠纷类型 +邻里纠纷' at $county dispute show L1 --lang zh
check "in a list" exits 0 '邻里纠纷' at $county dispute ls --lang zh
check "today tells what is due, by the node's rules" exits 0 '^due +L1 .*2021-04-01 +2 ' \
    at $county today --date 2021-03-30
check "and what is over its time" exits 0 '^overdue +L1 .*2021-04-01 +-1 ' at $county today --date 2021-04-02
check "so do alerts" exits 0 '^overdue +L1 ' at $county alerts --date 2021-04-02
check "the nodes back: it arrives" eval '"$fq" -q lab start "$lab" 410105 410100 410000 410102 &&
    exits 0 "sent +2" at $county sync --wait province=30'

# ---- the other unit, the other county ----

new wall || bail "add"
check "join --unit" exits 0 joined at $county dispute join "$(id wall)" --unit $court --kind judicial --date 2021-03-02
check "it takes part" eval 'at $county dispute show "$(id wall)" --json | told $court units 0 unit'
check "leave --unit" exits 0 left at $county dispute leave "$(id wall)" --unit $court --date 2021-03-03
check "refer --unit" exits 0 referred at $county dispute refer "$(id wall)" --unit $bureau --kind administrative --date 2021-03-04
check "it goes to that unit" eval 'at $county referral ls --json | told $bureau 0 to_unit'
check "assign --unit, at the city" exits 0 assigned at $city assign "$(id wall)" --unit 4101050001 --date 2021-03-05 --wait province=30
check "transfer --area --unit" exits 0 transferred \
    at $county dispute transfer "$(id wall)" --area 410102 --unit $next_door --date 2021-03-06
check "there it is" eval 'at $county dispute show "$(id wall)" --json >"$work/shown" &&
    told 410102 home <"$work/shown" && told $next_door host <"$work/shown"'
new pond || bail "add"
check "--to-unit is stronger, --unit then acts" eval '
    at $county dispute refer "$(id pond)" --to-unit $bureau --unit 4101050001 --date 2021-03-04 -q &&
    at $county referral ls --json | told $bureau -1 to_unit &&
    at $county dispute show "$(id pond)" --history --json | told 4101050001 history -1 unit'

# ---- stdin ----

row='{"type":"neighbour","source":"screening","date":"2021-03-01"}'
check "JSON on stdin, unasked" eval 'exits 0 registered at $county dispute add --json <<<"$row"'
check "from a pipe" eval 'printf "%s" "$row" | exits 0 registered at $county dispute add'
check "CSV with Chinese headers" eval '
    printf "日期,纠纷类型,来源,当事人数,当事人姓名\n2021-03-01,邻里纠纷,screening,3,王小二\n" |
    at $county dispute add --json >"$work/rows" && at $county dispute show "$(field 0 id <"$work/rows")" --json | told 3 persons'
check "JSON with Chinese keys, the rows of an array counted" eval '
    printf "%s" "[{\"纠纷类型\":\"邻里纠纷\",\"来源\":\"screening\"},{\"type\":\"wall\"}]" |
    exits 6 "\"line\": 2" at $county dispute add --json'
check "rows for the dispute on the line" eval 'echo "{\"date\":\"2021-03-05\"}" |
    exits 0 accepted at $county dispute accept --from - "$(id pond)"'
check "days from stdin" eval 'echo "{\"days\":5,\"date\":\"2021-03-06\"}" | exits 0 extended at $county dispute extend "$(id pond)"'
check "nothing on stdin: the missing field" eval ': | exits 6 "FQ-3006.*--type is missing" at $county dispute add'
check "a pipe nobody writes to is not read when all is given" eval '
    mkfifo "$work/pipe" && exec 9<>"$work/pipe" &&
    exits 0 registered timeout 20 "$fq" --lab "$lab" --node $county dispute add --type neighbour --source screening <&9; exec 9>&-'
check "what is no JSON is not called CSV" eval 'echo "{]" | exits 6 "not well formed \(JSON\)" at $county dispute add'

# ---- words of either language ----

check "a tier by its Chinese name" exits 0 escalated at $county dispute escalate "$(id pond)" --to 市 --date 2021-03-07
check "a card too, and --wait" exits 0 supervised \
    at $city supervise "$(id pond)" --card 红牌 --date 2021-03-08 --wait 省=30
check "and shown" exits 0 '督办牌 红牌' at $county dispute show "$(id pond)" --lang zh
check "next steps with their Chinese" exits 0 '下一步 .*agree\(调解成功\)' at $county dispute show "$(id pond)" --lang zh
check "a referral nobody answered" exits 0 '待接收' at $county referral ls --lang zh
check "is found by that" exits 0 "$bureau" at $county referral ls --state 待接收
check "disputes by their state" exits 0 '受理' at $county dispute ls --state 受理 --lang zh
check "an unknown command: each noun once" eval '! "$fq" nonsense 2>"$work/nouns" && cat "$work/nouns" &&
    [ -z "$(tr -cs a-z "\n" <"$work/nouns" | grep -x "referral\|dispute" | sort | uniq -d)" ]'
check "a county outside: not told of maps alone" exits 6 "FQ-4001.*area's own node|FQ-3122.*node of that area" \
    at $county dispute add --type neighbour --source screening --area 410102
check "an indicator in yuan: what to give" exits 2 'is in yuan: give --amount' at $county activity add \
    --indicator notary_fees_waived --count 1 --from 2021-01-01 --to 2021-01-31 --signer 张三

check "a figure's name once" eval '
    at $county activity add --indicator 公证为群众减免费用 --amount 12.50 --from 2021-01-01 --to 2021-01-31 --signer 张三 -q &&
    at $county activity ls 2021 --lang zh | tee "$work/figures" && [ "$(grep -o 公证为群众减免费用 "$work/figures" | wc -l)" = 1 ]'

# ---- two who did not know of each other ----

conflict() {
    new feud --wait province=30 && "$fq" -q lab stop "$lab" $city &&
        at $county dispute risk "$(id feud)" --level red --date 2021-03-03 -q &&
        at 410000 dispute risk "$(id feud)" --level yellow --date 2021-03-04 -q && "$fq" -q lab start "$lab" $city
}
seen_both() { exits 0 "risk +yes .*risk (yellow|red).*4[0-9]+-0-" at $county dispute show "$(id feud)" --conflicts; }
check "two risk levels" conflict
check "both shown: values, dates, nodes" eval 'until_true 30 seen_both && seen_both &&
    grep -q "no .*2021-03-0.*41010501" "$work/words" && grep -q "yes .*2021-03-0.*41000001" "$work/words"'
check "no JSON in the dispute's own table" eval 'at $county dispute show "$(id feud)" >"$work/shown" && ! grep -F "{" "$work/shown"'

# ---- an outbox that may only be read ----

outbox=$lab/$county/outbox
lock() { mv "$outbox/lock" "$work/lock" && mkdir "$outbox/lock"; } # as good as read-only, for root too
unlock() { rmdir "$outbox/lock" && mv "$work/lock" "$outbox/lock"; }
check "it is locked away" lock
check "dispute show" exits 0 registered at $county dispute show "$(id feud)"
check "today" exits 0 'what' at $county today
check "outbox ls" exits 0 'registered' at $county outbox ls
check "a command: exit 1, what is wrong" exits 1 'FQ-7101.*lock' at $county dispute accept "$(id feud)" --date 2021-03-05
check "sync does not speak of a command" exits 1 'FQ-7101: This computer could not save to its outbox' at $county sync
check "without the node" eval '"$fq" -q lab stop "$lab" $county && exits 0 registered at $county dispute show "$(id feud)" &&
    exits 0 "supervised" at $county today --date 2021-03-09'
check "and back" eval '"$fq" -q lab start "$lab" $county && unlock'

# ---- a node that comes back ----

back_while_waiting() { # it is started once the command waits for it
    "$fq" -q lab stop "$lab" $county || return 1
    exits 0 'saved at +(county|city|province)' at $county dispute add --type neighbour --source screening --date 2021-03-01 --wait county=30 &
    local command=$!
    until_true 20 eval 'at $county outbox ls --state waiting --json | grep -q cmd_id' && "$fq" -q lab start "$lab" $county
    wait $command
}
check "--wait waits for a node that is away" back_while_waiting
check "campaigns as last heard of" eval 'at 410000 campaign add spring --from 2021-03-01 --to 2021-03-31 -q --wait province &&
    until_true 20 eval "at $county campaign ls --json | grep -q spring" && at $county sync -q &&
    "$fq" -q lab stop "$lab" $county && exits 0 spring at $county campaign ls && "$fq" -q lab start "$lab" $county'

# ---- 80 columns ----

refused() {
    new brook && "$fq" -q lab stop "$lab" $county && at $county dispute accept "$(id brook)" --date 2021-03-02 -q &&
        "$fq" -q lab start "$lab" $county &&
        at $county --outbox "$work/other" dispute reject "$(id brook)" --date 2021-03-02 -q &&
        exits 6 FQ-7107 at $county sync
}
check "an entry that is refused" refused
check "outbox ls keeps the reason" exits 0 'This step is not' on_80 "$fq" --lab "$lab" --node $county outbox ls
check "today too" exits 0 'This step is not' on_80 "$fq" --lab "$lab" --node $county today
check "in Chinese" exits 0 '按纠纷目前的状态' on_80 "$fq" --lab "$lab" --node $county --lang zh outbox ls

finish
