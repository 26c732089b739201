#!/bin/bash
# The real ledger through real daemons: six counties, their city, their state. Figures against those
# computed without this program, and against the oracle that folds the exported events again.
. "$(dirname "$0")/support/e2e.sh"
checks=tests/support/e2e_check.py
lines=240,557,3863,4447

open_lab --no-http

check "six counties import their rows and every row arrives at the province" import_everywhere first
check "4,491 rows are imported, four refused by line and code" \
    "$python" "$checks" imported 4491 0 "$lines" "$work"/first.36????

status_everywhere() {
    local county
    for county in $counties; do
        at "$county" node status --json >"$work/status.$county" || return 1
        "$python" "$checks" up "$work/status.$county" || return 1
    done
}
check "each county knows its events at both tiers above" status_everywhere

rollups_of() { # rollups_of CODE: the four half-years by county and by type
    local period
    for period in 2014H2 2015H1 2015H2 2016H1; do
        at "$1" rollup "$period" --area 363600 --by county --json >"$work/county.$1.$period" || return 1
        at "$1" rollup "$period" --area 363600 --by type --json >"$work/type.$1.$period" || return 1
    done
}

expected_at() { # the table's totals are the state's; only the province tells those of 360000
    rollups_of "$1" || return 1
    local own=() period table=$work/expected.$1
    if [ "$1" = 360000 ]; then
        for period in 2014H2 2015H1 2015H2 2016H1; do
            at "$1" rollup "$period" --json >"$work/total.$period" || return 1
            own+=("$work/total.$period")
        done
        cp tests/data/expected-2015.csv "$table"
    else
        grep -v '^area,360000,' tests/data/expected-2015.csv >"$table"
    fi
    "$python" "$checks" expected "$table" "$work"/county."$1".* "$work"/type."$1".* "${own[@]}"
}
check "the province's figures are the expected ones" expected_at 360000
check "the city's figures are the expected ones" expected_at 363600

check "city and province have one digest of the city's area" same_digest 363600 363600 360000
own_digests() {
    local county
    for county in $counties; do
        same_digest "$county" "$county" 363600 360000 || return 1
    done
}
check "every county has one digest at all three tiers" own_digests

same_digest 363600 363600 360000 >"$work/before"
check "importing again works" import_everywhere second
check "importing again imports nothing" \
    "$python" "$checks" imported 0 4491 "$lines" "$work"/second.36????
unchanged() {
    same_digest 363600 363600 360000 >"$work/after"
    cmp "$work/before" "$work/after" && [ "$(events_at 360000)" = 17596 ]
}
check "importing again changes no digest and adds no event" unchanged

feed_from_begin() {
    timeout 60 "$fq" --lab "$lab" --node "$1" feed --from begin --until-head --jsonl \
        >"$work/feed.$1" 2>"$work/feed.err" || { cat "$work/feed.err"; return 1; }
    "$python" "$checks" feed "$work/feed.$1" 17596 registered=4491 accepted=4491 referred=294
}
check "the province's feed tells 17,596 events, every log dense, each once" feed_from_begin 360000
check "so does the city's" feed_from_begin 363600

check "no view differs from a fold of its log" audit_everywhere
check "every batch of every log is as it was sealed" verify_everywhere

no_names_above() {
    "$python" "$checks" names "$ledger" >"$work/names" || return 1
    ! LC_ALL=C grep -rlFf "$work/names" "$lab"/36?000/data "$lab"/36?600/data "$lab"/*/log \
        "$work"/feed.36????
}
check "no business name is in data, logs or feeds above the county" no_names_above
no_vault_above() {
    ! ldb --db="$lab/363600/data" list_column_families 2>/dev/null | grep -q vault
}
check "the city keeps no vault" no_vault_above

# Steps the ledger does not have, so that the oracle sees more than it.
more_steps() {
    at 363605 dispute add --date 2015-03-01 --type neighbour --source on_initiative --persons 5 \
        --difficulty difficult --cmd-id 000102030405060708090a0b0c0d0e0f --json >"$work/add" || return 1
    local id
    id=$(field id <"$work/add")
    at 363605 dispute accept "$id" --date 2015-03-02 -q &&
        at 363605 dispute join "$id" --date 2015-03-03 --to-unit 3636470001 --kind judicial -q &&
        at 363605 dispute refer "$id" --date 2015-03-04 --to-unit 3636000001 --kind administrative -q &&
        at 363605 dispute prevent "$id" --date 2015-03-04 --effect mass_brawl --persons 9 -q &&
        at 363605 dispute agree "$id" --date 2015-04-01 --form written --amount 1200.50 --immediate -q &&
        at 363605 dispute confirm "$id" --date 2015-04-20 -q &&
        at 363605 dispute visit "$id" --date 2015-05-02 --satisfied yes -q &&
        at 363605 dispute close "$id" --date 2015-05-03 -q &&
        at 363605 dispute reopen "$id" --date 2015-06-01 --reason "new facts" -q &&
        at 363605 dispute agree "$id" --date 2015-06-20 --form oral -q &&
        at 363605 dispute perform "$id" --date 2015-06-30 --wait province=30 -q
}
check "a dispute goes through its life at the command line" more_steps
once_more() {
    at 363605 dispute add --date 2015-03-01 --type neighbour --source on_initiative --persons 5 \
        --difficulty difficult --cmd-id 000102030405060708090a0b0c0d0e0f --json >"$work/again"
    [ "$(events_at 363605)" = 1561 ]
}
check "the same command makes no second fact" once_more

oracle_agrees() {
    local node=$1 by period count=0
    at "$node" export events --jsonl >"$work/events" 2>/dev/null || return 1
    rm -f "$work"/rollup.*
    for by in county type kind month area; do
        for period in 2015H1 2015Q2 2016-02 2014-07..2016-06; do
            count=$((count + 1))
            at "$node" rollup "$period" --by "$by" --json >"$work/rollup.$count" || return 1
        done
    done
    "$python" tests/oracle_fold.py "$work/events" "$lab/areas.csv" "$work"/rollup.*
}
check "the oracle's fold agrees with the province in every figure" oracle_agrees 360000
check "and with a county" oracle_agrees 363605
check "digests are still one" same_digest 363600 363600 360000
check "and no view differs" audit_everywhere

finish
