#!/bin/bash
# A county's disk is restored from an older image: what it had acknowledged since is missing. It finds
# that out by itself, with nobody to ask, and writes nothing before the tail is back from above.
. "$(dirname "$0")/support/e2e.sh"
nodes="360000 363600 363605"
open_lab --no-http --only "${nodes// /,}"
data=$lab/363605/data

add() { # add N OPTION...: registers the dispute of that number
    local number=$1
    shift
    at 363605 dispute add --date "2015-03-0$number" --type neighbour --source on_application \
        --cmd-id "$(printf '%032x' "$number")" -q "$@"
}

an_image_is_taken() {
    add 1 && add 2 --wait province=30 && "$fq" -q lab stop "$lab" 363605 &&
        cp -a "$data" "$work/older" && "$fq" -q lab start "$lab" 363605
}
check "after two disputes an image is taken" an_image_is_taken
two_more() {
    add 3 && add 4 --wait province=30 && [ "$(events_at 360000)" = 4 ]
}
check "two more are acknowledged and known above" two_more

# The side file lies on the same disk here; in the field it is what the image does not bring back.
"$fq" -q lab stop "$lab" 363605 363600 || bail "lab stop"
cp "$data/told" "$work/told"
rm -r "$data"
cp -a "$work/older" "$data"
cp "$work/told" "$data/told"

(cd "$lab/363605" && exec "$root/build/bin/fengqiao-county" -c node.cfg) 2>"$work/log" &
alone=$!
children+=("$alone")
check "it starts, its parent away" until_true 20 has_events 363605 2
check "and says what it lost" grep 'node.tail_lost epoch=1 from=3 to=4' "$work/log"
is_read_only() { [ "$(at 363605 node status --json | field read_only)" = "$1" ]; }
check "it is read-only" is_read_only True
check "what is commanded now waits on the mediator's disk" exits 0 '"saved": "outbox"' add 5 --json
check "and sync says why: exit 5" exits 5 'FQ-7108.*FQ-3011' at 363605 sync
kill "$alone"
wait "$alone"

check "both start again" "$fq" -q lab start "$lab" 363600 363605
check "the tail comes back" until_true 30 has_events 363605 4
check "it is no longer read-only" until_true 10 is_read_only False
goes_on() {
    add 5 --wait province=30 && add 3 && [ "$(events_at 360000)" = 5 ]
}
check "writing goes on, and a repeat is still one" goes_on
check "all tiers have one digest" same_digest 363605 $nodes
check "no view differs from a fold of its log" audit_everywhere
check "every batch of every log is as it was sealed" verify_everywhere

finish
