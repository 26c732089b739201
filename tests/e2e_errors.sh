#!/bin/bash
# What must be refused is refused: with the exit status of the contract, with a code, and saying what
# is at fault.
. "$(dirname "$0")/support/e2e.sh"
open_lab --no-http --only 360000,363600,363605,363647
data=$lab/363605/data

# ---- questions ----

check "an unknown period: exit 2, and how to write one" \
    exits 2 'FQ-1102.*2021H1' at 360000 rollup 2015X9
check "an unknown area: exit 2, and those there are" \
    exits 2 'FQ-1101.*363605' at 360000 rollup 2015H1 --area 999999
check "an unknown dimension: exit 2, and those there are" \
    exits 2 'FQ-1103.*county.*type' at 360000 rollup 2015H1 --by colour
check "an unknown command: exit 2" exits 2 FQ-1001 at 360000 rolup 2015H1
check "an unknown option: exit 2" exits 2 FQ-1001 at 360000 rollup 2015H1 --colour red
check "an unknown node of the lab: exit 2" exits 2 'FQ-' at 999999 node status
check "a file that is not there: exit 2" exits 2 'FQ-1003.*nowhere' at 363605 import "$work/nowhere.csv" --map "$map"
check "every code is explained" exits 0 'STEP|step' "$fq" errors show FQ-3003

# ---- commands ----

id=0102030405060708090a0b0c0d0e0f10
at 363605 dispute add --date 2015-03-01 --type neighbour --source on_application --cmd-id "$id" -q \
    >/dev/null || bail "dispute add"
check "an illegal step: exit 6, and the legal ones" \
    exits 6 'FQ-3003.*accept reject' at 363605 dispute close "$id" --date 2015-03-02
check "a step before the one it rests on: exit 6, both dates" \
    exits 6 'FQ-3002.*2015-02-28 < 2015-03-01' at 363605 dispute accept "$id" --date 2015-02-28
check "no date: exit 6" exits 6 FQ-3001 at 363605 dispute accept "$id" --date 2015-02-30
check "an unknown code: exit 2, its table" \
    exits 2 'FQ-1104.*wall, type: .*neighbour' at 363605 dispute add --date 2015-03-01 --type wall --source on_application
check "a day yet to come is asked about" exits 0 '2075-03-01 is yet to come' \
    at 363605 dispute add --date 2075-03-01 --type neighbour --source on_application --persons 2 --dry-run
check "an area outside the node: exit 6" exits 6 'FQ-3122.*363661' \
    at 363605 dispute add --date 2015-03-01 --type neighbour --source on_application --area 363661
check "a person count that cannot be: exit 6, field and limit" exits 6 'FQ-3121.*persons: 99999999999 > 100000' \
    at 363605 dispute add --date 2015-03-01 --type neighbour --source on_application --persons 99999999999
check "a unit of no area: exit 6" exits 6 'FQ-3008.*9999999999' \
    at 363605 dispute add --date 2015-03-01 --type neighbour --source on_application --unit 9999999999
gb18030=$(printf '\xd5\xc5\xc8\xfd\xb7\xe1')
check "a party in another encoding: exit 6" exits 6 'FQ-3123.*party_name' at 363605 dispute add \
    --date 2015-03-01 --type neighbour --source on_application --party "$gb18030"
check "a reason in another encoding: exit 6" exits 6 'FQ-3123.*reason' \
    at 363605 dispute reject "$id" --date 2015-03-02 --reason "$gb18030"
check "an unknown dispute: exit 6" exits 6 FQ-3004 at 363605 dispute accept ffff0000 --date 2015-03-02
check "one command id for two commands: exit 6" \
    exits 6 FQ-3009 at 363605 dispute accept "$id" --date 2015-03-02 --cmd-id "$id"
check "nothing of this was written" test "$(events_at 363605)" = 1

# ---- keys ----

other_operator() { # the city's endpoint and key with the operator's key of a county
    {
        echo "endpoint = \"$("$fq" lab ls "$lab" --json | field 1 service)\";"
        echo "server_key = \"$(sed -n 's/.*public-key = "\(.*\)"/\1/p' "$lab/363600/keys/node.cert")\";"
        echo "key = \"$1\";"
    } >"$work/context.cfg"
    "$fq" -C "$work/context.cfg" node status --json
}
check "the city's operator may ask the city" other_operator "$lab/363600/keys/operator.key"
check "a county's operator may not: exit 4" \
    exits 4 FQ-2002 other_operator "$lab/363605/keys/operator.key"
strange_key() { # a request under a key nobody gave out: silence, and it is counted
    local before after service
    before=$(at 363600 node status --json | field refused_keys)
    service=$("$fq" lab ls "$lab" --json | field 1 service)
    "$python" - "$service" "$lab/363600/keys/node.cert" <<'PYTHON' || return 1
import sys
import msgpack
import zmq
import zmq.auth
socket = zmq.Context.instance().socket(zmq.DEALER)
socket.linger = 0
socket.curve_serverkey = zmq.auth.load_certificate(sys.argv[2])[0]
socket.curve_publickey, socket.curve_secretkey = zmq.curve_keypair()
socket.connect(sys.argv[1])
socket.send(msgpack.packb({"id": 1, "verb": "status", "args": {}}))
sys.exit(socket.poll(700) != 0)
PYTHON
    after=$(at 363600 node status --json | field refused_keys)
    echo "refused keys: $before, $after"
    [ "$after" -gt "$before" ]
}
check "an unknown key gets no answer and is counted" strange_key

# ---- daemons ----

config_error() { # config_error LINE KEY SED: a county's configuration with one line changed
    sed "$3" "$lab/363605/node.cfg" >"$work/bad.cfg"
    exits 2 "bad.cfg:$1: $2: " build/bin/fengqiao-county -c "$work/bad.cfg" --check
}
check "a wrong type: FILE:LINE: key" config_error 1 node.index 's/index = 1/index = "x"/'
check "an unknown key: FILE:LINE: key" config_error 1 node.colour 's/index = 1;/index = 1; colour = 2;/'
check "a value out of range: FILE:LINE: key" \
    config_error 6 limits.heartbeat_ms 's/heartbeat_ms = [0-9]*/heartbeat_ms = 0/'
check "a second daemon on one data directory: exit 2, the first's process" \
    exits 2 "FQ-1201.*process $(cat "$lab/363605/pid")" \
    timeout 10 build/bin/fengqiao-county -c "$lab/363605/node.cfg"
another_node() {
    "$fq" -q lab stop "$lab" 363605 363647 || return 1
    sed "s,data = \"data\",data = \"$data\"," "$lab/363647/node.cfg" >"$lab/363647/other.cfg"
    exits 2 FQ-6005 timeout 10 build/bin/fengqiao-county -c "$lab/363647/other.cfg"
}
check "a data directory of another node: exit 2" another_node

# ---- bytes on disk: 363605 stands still now ----

import_again() {
    "$fq" -q lab start "$lab" 363605 && import_at 363605 "$work/imported" &&
        "$fq" -q lab stop "$lab" 363605
}
check "the ledger is imported, the node stopped" import_again
check "its log verifies" exits 0 '"match": true' "$fq" log verify --data "$data" --json

ldb() {
    command ldb --db="$1" "${@:2}" 2>/dev/null
}

flipped() { # one bit in the middle of the first batch, in a copy
    local copy=$work/flipped key value at
    cp -r "$data" "$copy"
    read -r key _ value < <(ldb "$copy" --column_family=log --hex --max_keys=1 scan)
    at=$((${#value} / 2))
    value=${value:0:at}$(printf %X $((0x${value:at:1} ^ 1)))${value:at+1}
    ldb "$copy" --column_family=log --hex put "$key" "$value" >/dev/null || return 1
    exits 7 '36360501-0-1-1\.\.1' "$fq" log verify --data "$copy" --json
}
newer() { # a store of a format to come
    cp -r "$data" "$work/newer"
    ldb "$work/newer" --value_hex put format 0x000000FF >/dev/null || return 1
    sed "s,data = \"data\",data = \"$work/newer\"," "$lab/363605/node.cfg" >"$lab/363605/newer.cfg"
    exits 9 FQ-6002 timeout 10 build/bin/fengqiao-county -c "$lab/363605/newer.cfg"
}
if command -v ldb >/dev/null; then
    check "one bit of a stored batch changed: exit 7, the batch named" flipped
    check "a store of a newer format: exit 9" newer
else
    echo "ok $((++number)) - one bit changed # SKIP rocksdb-tools is missing"
    echo "ok $((++number)) - a newer store # SKIP rocksdb-tools is missing"
fi
vault_above() { # a vault in a node that must not have one
    cp -r "$data" "$work/vaulted"
    "$fq" -q lab stop "$lab" 363600 || return 1
    sed "s,data = \"data\",data = \"$work/vaulted\"," "$lab/363600/node.cfg" >"$lab/363600/vaulted.cfg"
    exits 4 FQ-2005 timeout 10 build/bin/fengqiao-city -c "$lab/363600/vaulted.cfg"
}
check "a city refuses to start on a vault: exit 4" vault_above

finish
