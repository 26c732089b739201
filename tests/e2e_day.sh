#!/bin/bash
# A mediator's day at one county, with its city and its province: the whole life of disputes, every
# verb at least once; what must be refused is refused by name in both languages; corrections, voids and
# merges leave figures that equal a full recompute at every tier.
. "$(dirname "$0")/support/e2e.sh"
nodes="410000 410100 410105 410102"
county=410105
city=410100
people=4101050001      # the county's committee
bureau=4101050101      # its bureau of justice
court=4101050201       # its court
next_door=4101020001   # the committee of the next county
village=410105001
export FQ_LANG=en XDG_STATE_HOME=$work/state FQ_OUTBOX=

"$fq" -q lab up "$lab" --areas config/areas/henan.csv --only "${nodes// /,}" --no-http \
    --units config/units/henan-sample.csv --places config/places/henan-towns.csv \
    >"$work/up" 2>&1 || { cat "$work/up"; bail "lab up"; }

# step NAME STATE COMMAND...: a step at the county, which the province holds afterwards; the dispute's
# id goes into the file of that name, its state is the one expected.
step() {
    local name=$1 state=$2
    shift 2
    at "$county" "$@" --wait province=30 --json >"$work/step" 2>"$work/step.err" ||
        { cat "$work/step.err"; return 1; }
    cat "$work/step"
    [ -e "$work/$name" ] || field id <"$work/step" >"$work/$name"
    [ "$(field state <"$work/step")" = "$state" ]
}
id() { cat "$work/$1"; }

# total PERIOD MEASURE=N...: so counts the province, and the county and the city with it.
total() {
    local period=$1 node pair
    shift
    for node in 410000 "$city" "$county"; do
        at "$node" rollup "$period" --area "$county" --json >"$work/rollup" || return 1
        for pair in "$@"; do
            local was
            was=$(field total "${pair%=*}" <"$work/rollup") || return 1
            [ "$was" = "${pair#*=}" ] || { echo "$node: ${pair%=*} is $was, not ${pair#*=}"; return 1; }
        done
    done
}
# The same figures at all tiers, and each as a recompute of its log gives them.
sound() { audit_everywhere && same_digest "$county" 410000 "$city" "$county"; }
history_has() { # history_has NAME EVENT...: the events of the dispute, in order
    local name=$1
    shift
    at "$county" dispute show "$(id "$name")" --history --json |
        "$python" -c 'import json, sys
print(*[step["event"] for step in json.load(sys.stdin)["history"]])' >"$work/events"
    cat "$work/events"
    [ "$(cat "$work/events")" = "$*" ]
}
shown() { # shown NODE NAME VALUE KEY...: what dispute show says there
    local node=$1 name=$2 value=$3
    shift 3
    [ "$(at "$node" dispute show "$(id "$name")" --json | field "$@")" = "$value" ]
}

# ---- a whole life ----

printf '院墙越界约三十厘米，双方多次争执。\n' >"$work/narrative"
printf '一、甲方五日内拆除；二、乙方付一千元。\n' >"$work/agreement"
check "add" step wall registered dispute add --type 邻里纠纷 --source screening --unit $people \
    --place $village --date 2021-03-01 --persons 2 --claimed 1,200 --risk yellow --flags minor,elderly \
    --difficulty difficult --committee township --scale 01 --party 王小二 --other-party 李四 \
    --phone 13800000000 --other-phone 13900000000 --narrative "@$work/narrative"
wall=$(id wall)
check "accept" step wall accepted dispute accept "$wall" --date 2021-03-02
check "session" step wall mediating dispute session "$wall" --date 2021-03-03 --minutes 90 --note "双方到场"
check "join" step wall mediating dispute join "$wall" --to-unit $court --kind judicial --role assist --date 2021-03-03
check "leave" step wall mediating dispute leave "$wall" --to-unit $court --date 2021-03-04
check "join again, by the unit's name" step wall mediating dispute join "$wall" --to-unit 金水区人民法院 --date 2021-03-05
check "refer" step wall mediating dispute refer "$wall" --to-unit $bureau --kind administrative \
    --reason "涉及宅基地确权" --due 2021-03-20 --date 2021-03-05
check "a referral waits, today says so" \
    exits 0 "waiting +.* 4101050101" at "$county" today --date 2021-03-06
check "referral decline" step wall mediating referral decline "$wall" --reason "材料不全" --date 2021-03-06
check "sent back, today says so" exits 0 "sent_back" at "$county" today --date 2021-03-07
check "in Chinese too" exits 0 "被退回" at "$county" today --date 2021-03-07 --lang zh
check "refer again" step wall mediating dispute refer "$wall" --to-unit $bureau --due 2021-03-20 --date 2021-03-07
referral=$(at "$county" referral ls --state open --json | field 0 referral)
check "referral accept, by the referral's id" step wall mediating referral accept "${referral:0:8}" --date 2021-03-08
check "referral report" step wall mediating referral report "$wall" --outcome agreed --date 2021-03-10
check "referral ls shows both" exits 0 "declined" at "$county" referral ls
check "risk" step wall mediating dispute risk "$wall" --level red --reason "扬言报复" --date 2021-03-10
check "a red risk is an alert at every tier" eval '
    exits 0 "^red " at $county alerts --date 2021-03-11 && exits 0 "^red " at $city alerts --date 2021-03-11 &&
    exits 0 "^red " at 410000 alerts --date 2021-03-11'
check "prevent" step wall mediating dispute prevent "$wall" --effect civil_to_criminal --persons 2 --date 2021-03-11
check "escalate" step wall mediating dispute escalate "$wall" --to city --reason "县里解决不了" --date 2021-03-12
check "the city supervises" exits 0 supervised \
    at "$city" supervise "$wall" --card yellow --due 2021-03-25 --date 2021-03-13 --wait province=30
check "the city assigns" exits 0 assigned \
    at "$city" assign "$wall" --to-unit $people --due 2021-03-25 --date 2021-03-13 --wait province=30
check "extend" step wall mediating dispute extend "$wall" --days 15 --reason "等待鉴定" --date 2021-03-14
check "agree" step wall agreed dispute agree "$wall" --form written --amount 1000.00 --due 2021-04-10 \
    --agreement-text "@$work/agreement" --date 2021-03-20
check "what is to be performed is due" exits 0 "perform_due" at "$county" today --date 2021-04-08
check "perform" step wall performed dispute perform "$wall" --date 2021-04-09
check "confirm" step wall performed dispute confirm "$wall" --step confirmed --date 2021-04-12
check "visit" step wall performed dispute visit "$wall" --satisfied yes --note "双方满意" --date 2021-04-20
check "document" step wall performed dispute document "$wall" --document agreement --file "$work/agreement" --date 2021-04-20
document_hashed() {
    at "$county" dispute show "$wall" --history --json | "$python" -c 'import hashlib, json, sys
fields = json.load(sys.stdin)["history"][-1]["fields"]
body = open(sys.argv[1], "rb").read()
print(fields)
sys.exit(fields["hash"] != hashlib.blake2b(body, digest_size=32).hexdigest() or fields["size"] != len(body))
' "$work/agreement"
}
check "its hash and size are the file's" document_hashed
check "close" step wall closed dispute close "$wall" --retention long --reason "已履行" --date 2021-04-21
check "archive" step wall archived dispute archive "$wall" --date 2021-04-22
check "reopen" step wall mediating dispute reopen "$wall" --reason "又起争执" --date 2021-05-06
check "agree at once" step wall performed dispute agree "$wall" --form oral --immediate --date 2021-05-07
check "close again" step wall closed dispute close "$wall" --date 2021-05-08
vault_has() {
    at "$county" vault read "$wall" --purpose test --json >"$work/vault" || return 1
    cat "$work/vault"
    [ "$(field party_name <"$work/vault")" = 王小二 ] && [ "$(field other_party_phone <"$work/vault")" = 13900000000 ] &&
        [ "$(field narrative <"$work/vault")" = 院墙越界约三十厘米，双方多次争执。 ] &&
        [ "$(field agreement_text <"$work/vault")" = 一、甲方五日内拆除；二、乙方付一千元。 ] &&
        [ "$(field note <"$work/vault")" = 双方满意 ]
}
check "party data is in the county's vault" vault_has
check "and nowhere else" bash -c "! grep -rqE '王小二|13900000000|扬言报复的人' '$lab'/*/log"

check "reject" eval 'step hall registered dispute add --type contract --source on_application --date 2021-03-05 &&
    step hall rejected dispute reject "$(id hall)" --reason "法院已受理" --date 2021-03-06'
check "fail" eval 'step dog registered dispute add --type damages --source on_application --date 2021-03-06 &&
    step dog accepted dispute accept "$(id dog)" --date 2021-03-06 &&
    step dog failed dispute fail "$(id dog)" --reason "差距过大" --date 2021-04-01'
check "terminate" eval 'step cart registered dispute add --type consumer_other --source on_application --date 2021-03-07 &&
    step cart accepted dispute accept "$(id cart)" --consent yes --date 2021-03-08 &&
    step cart terminated dispute terminate "$(id cart)" --reason "申请人撤回" --date 2021-04-02'
check "transfer" eval 'step field registered dispute add --type forest_land --source on_application --date 2021-03-09 &&
    step field registered dispute transfer "$(id field)" --to-unit '$next_door' --kind people --reason "属地管辖" --date 2021-03-10'
check "its home has moved" shown 410000 field 410102 home
check "figures of the half-year" total 2021H1 registered=4 accepted=3 concluded=3 agreed=1 failed=1 terminated=1 \
    linked=1 referred=2 satisfied=0 prevented_civil_to_criminal=1 rejected=1
check "all tiers agree, and with a recompute" sound

# ---- what must be refused ----

refused() { # refused STATUS CODE ENGLISH CHINESE COMMAND...: in both languages, and nothing is written
    local status=$1 code=$2 english=$3 chinese=$4 before after
    shift 4
    before=$(events_at "$county")
    exits "$status" "$code.*$english" at "$county" "$@" --lang en &&
        exits "$status" "$code.*$chinese" at "$county" "$@" --lang zh || return 1
    after=$(events_at "$county")
    [ "$before" = "$after" ]
}
step pond registered dispute add --type neighbour --source on_application --date 2021-04-01 --unit $people \
    >/dev/null || bail "add"
pond=$(id pond)
check "an outcome before acceptance" refused 6 FQ-3003 'agree: registered -> accept reject' \
    'agree\(调解成功\).*accept\(受理\) reject\(不予受理\)' dispute agree "$pond" --date 2021-04-02
check "a step before the one it rests on" refused 6 FQ-3002 '2021-03-31 < 2021-04-01' '2021-03-31 < 2021-04-01' \
    dispute accept "$pond" --date 2021-03-31
check "a malformed date" refused 6 FQ-3001 '2021-02-30' '日期.*2021-02-30' dispute accept "$pond" --date 2021-02-30
check "a malformed amount" refused 6 FQ-3007 '12.345' '金额.*12.345' \
    dispute add --type neighbour --source 1 --date 2021-04-01 --claimed 12.345
check "an unknown code" refused 2 FQ-1104 'wall, type' '代码.*wall' dispute add --type wall --source 1 --date 2021-04-01
check "an unknown village" refused 6 FQ-3116 410105999 '乡镇|村' \
    dispute add --type neighbour --source 1 --date 2021-04-01 --place 410105999
check "a village of another county" refused 6 FQ-3117 410102001 '县' \
    dispute add --type neighbour --source 1 --date 2021-04-01 --place 410102001
check "an unknown unit" refused 6 FQ-3118 4101059999 '调解组织' dispute join "$pond" --to-unit 4101059999 --date 2021-04-02
check "a unit that is none" refused 6 FQ-3008 '--to-unit 12' '调解组织' dispute join "$pond" --to-unit 12 --date 2021-04-02
check "what is required is named" refused 6 FQ-3006 '--source' '--source' dispute add --type neighbour --no-input
check "a word that is none" refused 6 FQ-3006 'none, yellow, red' 'none, yellow, red' \
    supervise "$pond" --card blue --date 2021-04-02
check "a tier above alone supervises" refused 6 FQ-3101 supervise 督办 supervise "$pond" --card red --date 2021-04-02
check "an unknown dispute" refused 6 FQ-3004 ffff0000 '没有' dispute accept ffff0000 --date 2021-04-02
check "an event that is none" refused 6 FQ-3301 closed closed dispute void "$pond" closed --reason 错
check "another step's option is not passed over" refused 2 FQ-1001 '--amount.*add' '--amount.*add' \
    dispute correct "$pond" add --amount 5 --reason 错
check "nothing to correct" refused 6 FQ-3006 'nothing to correct' '没有给出要更正' dispute correct "$pond" add --reason 错
check "a step that is none" refused 2 FQ-1001 'wall: add accept' 'wall: add accept' dispute correct "$pond" wall --reason 错

# ---- mistakes ----

check "a second correction needs a reason" refused 6 FQ-3006 '--reason' '--reason' \
    dispute correct "$pond" add --type contract
check "correct the type" step pond registered dispute correct "$pond" add --type contract --reason 类型选错
check "the rest is as it was" eval 'shown 410000 pond contract type && shown 410000 pond $people host &&
    shown 410000 pond 2021-04-01 dates registered'
check "figures follow" eval 'at 410000 rollup 2021H1 --area $county --by type --json >"$work/by" &&
    [ "$("$python" -c "import json, sys
rows = json.load(open(sys.argv[1]))[\"rows\"]
print(sum(row[\"registered\"] for row in rows if row[\"type\"] == \"contract\"))" "$work/by")" = 2 ] && sound'
check "correct the date, by the event's name" step pond registered dispute correct "$pond" registered \
    --date 2021-02-27 --reason 日期抄错
check "its month follows" eval 'total 2021-02 registered=1 && total 2021-04 registered=0 && sound'
check "accept, agree" eval 'step pond accepted dispute accept "$pond" --date 2021-04-02 &&
    step pond agreed dispute agree "$pond" --form written --amount 500 --date 2021-04-10'
check "correct the amount; the form stays" eval 'step pond agreed dispute correct "$pond" agree --amount 5000 --reason 少写一个零 &&
    shown 410000 pond 500000 amount_cents && shown 410000 pond written form && total 2021-04 amount_cents=500000 && sound'
check "history tells the story" exits 0 'registered corrected corrected accepted agreed corrected' \
    eval 'at 410000 dispute show "$pond" --history --json | "$python" -c "import json, sys
print(*[step[\"event\"] for step in json.load(sys.stdin)[\"history\"]])"'

check "void an outcome: what stood before stands again" eval '
    step dog accepted dispute void "$(id dog)" failed --reason 录错 &&
    history_has dog registered accepted failed voided && total 2021-04 failed=0 && sound'
check "void by the command's id" eval 'step dog failed dispute fail "$(id dog)" --date 2021-04-03 &&
    step dog accepted dispute void "$(id dog)" "$(field cmd_id <"$work/step")" --reason 录错 && sound'
check "void by the event's number" eval 'step dog failed dispute fail "$(id dog)" --date 2021-04-04 &&
    event=$(at $county dispute show "$(id dog)" --history --json | "$python" -c "import json, sys
last = json.load(sys.stdin)[\"history\"][-1]
print(\"-\".join(str(last[key]) for key in (\"origin\", \"epoch\", \"seq\")))") &&
    step dog accepted dispute void "$(id dog)" "$event" --reason 录错 && sound'
check "void a dispute" eval 'step hall voided dispute void "$(id hall)" --reason 重复登记 --yes && total 2021H1 rejected=0 && sound'
check "a follow-up on a voided dispute" refused 6 'FQ-3102' 'voided' '作废' dispute visit "$(id hall)" --date 2021-05-01

before=$(at 410000 rollup 2021H1 --area $county --json | field total)
check "merge" eval 'step twin registered dispute add --type neighbour --source screening --date 2021-03-02 &&
    step twin accepted dispute accept "$(id twin)" --date 2021-03-03 &&
    at $county dispute merge "$(id twin)" --into "$wall" --reason 同一件 --date 2021-03-04 --wait province=30 --json >"$work/merged"'
field id <"$work/merged" >"$work/gone"
check "one of the two counts" eval 'shown 410000 gone merged state && sound && total 2021H1 registered=4'
check "steps on it are refused" refused 6 'FQ-3103' 'merged' '并' dispute visit "$(id gone)" --date 2021-05-01
check "unmerge" eval 'at $county dispute unmerge "$(id gone)" --reason 不是一件 --date 2021-03-05 --wait province=30 &&
    total 2021H1 registered=5 && sound'

# ---- many at once ----

printf '%s\n' '[{"type":"neighbour","source":"screening","date":"2021-06-01","claimed_cents":70700,"party_name":"张三"},' \
    ' {"type":"wall","source":"screening","date":"2021-06-01"},' \
    ' {"type":"contract","source":"on_application","date":"2021-06-02","colour":"red"},' \
    ' {"type":"contract","source":2,"date":"2021-06-02","persons":3,"host":"4101050002"}]' >"$work/rows.json"
rows_of() { # rows_of FILE: the lines and what became of them
    "$python" -c 'import json, sys
print(*["%s:%s" % (row["line"], row["code"] or row["state"]) for row in json.load(open(sys.argv[1]))])' "$1"
}
check "rows of JSON, the bad ones by line" eval '
    exits 6 FQ-1104 at $county dispute add --from "$work/rows.json" --json --wait province=30 &&
    cp "$work/words" "$work/rows" && [ "$(rows_of "$work/rows")" = "1:registered 2:FQ-1104 3:FQ-3006 4:registered" ]'
"$python" -c 'import json, sys
rows = [row["id"] for row in json.load(open(sys.argv[1])) if row["id"]]
print("dispute,date,consent")
for row in rows:
    print(f"{row},2021-06-03,yes")
print("ffff0000,2021-06-03,yes")' "$work/rows" >"$work/accept.csv"
check "rows of CSV on stdin" eval 'exits 6 FQ-3004 at $county dispute accept - --json <"$work/accept.csv" &&
    [ "$(rows_of "$work/words")" = "2:accepted 3:accepted 4:FQ-3004" ]'
check "both counted once" eval 'until_true 30 total 2021-06 registered=2 accepted=2 && sound'
check "dispute ls by place" exits 0 "$(cat "$work/wall")" at "$county" dispute ls --place $village --json
check "dispute ls by unit and day" eval '[ "$(at $county dispute ls --unit 4101050002 --since 2021-06-01 --json | field 0 type)" = contract ]'
check "dispute find by a Chinese name" exits 0 "$(cat "$work/wall")" at "$county" dispute find 邻里 --json

# ---- what a tier above mends ----

check "correct the county, at the city" eval 'exits 0 corrected at $city dispute correct "$pond" add --area 410102 \
    --reason 属中原区 --wait province=30 && shown 410000 pond 410102 home'
counts_at() { # counts_at NODE AREA N: so many disputes of the area were agreed in April by that node
    [ "$(at "$1" rollup 2021-04 --area "$2" --json | field total agreed)" = "$3" ]
}
check "it counts there now" eval 'counts_at 410000 410102 1 && counts_at 410000 $county 0 && at $city audit --json &&
    at 410000 audit --json'
check "the county it was taken from has heard" eval '
    until_true 30 shown $county pond 410102 home && counts_at $county $county 0 && at $county audit --json'
check "the county it came to has all of it" eval '
    until_true 30 shown 410102 pond 410102 home && counts_at 410102 410102 1 &&
    shown 410102 pond agreed state && shown 410102 pond 500000 amount_cents && shown 410102 pond contract type &&
    [ "$(at 410102 dispute show "$pond" --history --json | "$python" -c "import json, sys
print(*[step[\"event\"] for step in json.load(sys.stdin)[\"history\"]])")" = \
        "registered corrected corrected accepted agreed corrected corrected" ] && at 410102 audit --json'
check "and works on it from now on" exits 0 performed \
    at 410102 dispute perform "$pond" --date 2021-04-20 --wait province=30 --json
check "of which the former county hears too" until_true 30 shown $county pond performed state
check "whose unit is the host still, and acts" exits 0 visited \
    at $county dispute visit "$pond" --satisfied yes --date 2021-04-25 --wait province=30
check "as the new county hears" until_true 30 shown 410102 pond 2021-04-25 dates visited

# ---- two who did not know of each other ----

lab_do() { "$fq" -q lab "$1" "$lab" "$2"; }
part() { # the county agrees while the city is away, the city records a failure while the county is
    step feud registered dispute add --type neighbour --source on_application --date 2021-03-20 &&
        step feud accepted dispute accept "$(id feud)" --date 2021-03-20 && lab_do stop $city &&
        at $county dispute agree "$(id feud)" --form oral --amount 300 --date 2021-03-25 && lab_do stop $county &&
        lab_do start $city && at $city dispute fail "$(id feud)" --reason 未到场 --date 2021-03-26 && lab_do start $county
}
check "two outcomes of one dispute" part
in_conflict() { # in_conflict COUNT: so many conflicts does the city see
    [ "$(at $city dispute show "$(id feud)" --json | "$python" -c 'import json, sys
print(len(json.load(sys.stdin)["conflicts"]))')" = "$1" ]
}
check "both are kept" until_true 30 in_conflict 1
check "and shown" exits 0 'outcome +yes +(agreed|failed) .*2021-03-2' at $city dispute show "$(id feud)" --conflicts
check "in Chinese" exits 0 '调解' at $city dispute show "$(id feud)" --conflicts --lang zh
check "a correction by who knows both settles it" eval 'exits 0 agreed \
    at $city dispute correct "$(id feud)" agree --amount 300 --reason 以县里记录为准 --wait province=30 --json &&
    in_conflict 0 && shown 410000 feud agreed state && shown $city feud 30000 amount_cents && at $city audit --json'

# ---- without the node ----

step brook registered dispute add --type neighbour --source on_application --date 2021-03-20 >/dev/null || bail "add"
check "the county's node is away" lab_do stop $county
check "a dispute is saved on this computer" eval '
    at $county dispute add --type 2 --source 1 --unit $people --date 2021-03-22 --json >"$work/offline" &&
    [ "$(field saved <"$work/offline")" = outbox ] && field id <"$work/offline" >"$work/offline.id"'
offline=$(cat "$work/offline.id")
check "its type corrected, what else was said stays" eval 'exits 0 corrected at $county \
    dispute correct "$offline" add --type contract --reason 选错 &&
    exits 0 "contract" at $county dispute show "$offline" --json && exits 0 $people at $county dispute show "$offline" --json'
check "an illegal step is refused as by the node" exits 6 'FQ-3003.*accept reject' at $county dispute close "$offline"
check "a unit that is none is refused as by the node" exits 6 'FQ-3118.*4101059999' \
    at $county dispute join "$offline" --to-unit 4101059999 --date 2021-03-23
check "a unit by its name, without the node" exits 0 joined \
    at $county dispute join "$offline" --to-unit 金水区人民法院 --date 2021-03-23
check "a step on what another closes meanwhile" exits 0 accepted at $county dispute accept "$(id brook)" --date 2021-03-24
check "found here" exits 0 "$offline" at $county dispute find contract --json
check "today tells what is not sent" eval '[ "$(at $county today -q --json | "$python" -c "import json, sys
print(*[row[\"event\"] for row in json.load(sys.stdin) if row[\"what\"] == \"unsent\"])")" = \
    "registered corrected joined accepted" ]'
check "in Chinese" exits 0 '未送出' at $county today --lang zh
check "the node is back, another computer is first" eval 'lab_do start $county &&
    FQ_OUTBOX=$work/other exits 0 rejected at $county dispute reject "$(id brook)" --date 2021-03-24'
check "all is sent, one is refused" exits 6 'refused' at $county sync
check "and arrives" until_true 30 shown 410000 offline.id contract type
check "today tells what was refused, and why" exits 0 'refused,.*accepted,.*FQ-3003|refused,.*accepted,.*present state' at $county today -o csv

finish
