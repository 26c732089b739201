#!/bin/bash
# A subscriber somebody else might write (ops/feed_client.py, from include/PROTOCOL.md alone) hears
# every event of a city while its counties import, and no link of the chain is missing.
. "$(dirname "$0")/support/e2e.sh"

if ! "$python" -c 'import zmq, msgpack' 2>/dev/null; then
    echo "1..0 # SKIP python3-zmq or python3-msgpack is missing"
    exit 0
fi
open_lab --no-http

feed=$("$fq" lab ls "$lab" --json |
    "$python" -c 'import json, sys; print([n["feed"] for n in json.load(sys.stdin) if n["area"] == "363600"][0])')
timeout 90 "$python" ops/feed_client.py "$feed" "$lab/363600/keys/node.cert" \
    "$lab/363600/keys/operator.key" 17596 >"$work/heard" 2>"$work/heard.err" &
subscriber=$!
children+=("$subscriber")

check "the heartbeat is heard" until_true 10 grep -q heartbeat "$work/heard.err"
check "six counties import" import_everywhere first
heard_all() {
    wait "$subscriber"
    local status=$?
    tail -n 3 "$work/heard.err"
    [ "$status" = 0 ] && grep -q '^17596 events, 0 holes$' "$work/heard.err"
}
check "17,596 events are heard, no link is missing" heard_all
same_as_feed() {
    at 363600 feed --from begin --until-head --jsonl 2>/dev/null |
        "$python" -c 'import json, sys
for line in sys.stdin:
    e = json.loads(line)
    print(e["lsn"], e["area"], e["event"], e["date"], e["dispute"])' >"$work/replayed" || return 1
    diff "$work/heard" "$work/replayed"
}
check "what was heard is what the node tells again" same_as_feed

stranger() { # a key of another node is no key here
    timeout 3 "$python" ops/feed_client.py "$feed" "$lab/363600/keys/node.cert" \
        "$lab/363605/keys/operator.key" 1 >"$work/stranger" 2>&1
    [ $? = 124 ] && [ ! -s "$work/stranger" ]
}
check "a key the node does not know hears nothing" stranger

finish
