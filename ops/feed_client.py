#!/usr/bin/env python3
"""Follow a node's feed and prove that nothing was missed. Written from include/PROTOCOL.md alone.

    feed_client.py FEED_ENDPOINT NODE.cert ME.key [COUNT]

Prints one line per event and, at the end (after COUNT events), how many came and how many are
missing. Needs Debian's python3-zmq and python3-msgpack.
"""
import sys

import msgpack
import zmq
import zmq.auth


def main():
    endpoint, server_file, own_file = sys.argv[1:4]
    wanted = int(sys.argv[4]) if len(sys.argv) > 4 else None
    socket = zmq.Context.instance().socket(zmq.SUB)
    socket.curve_serverkey = zmq.auth.load_certificate(server_file)[0]
    socket.curve_publickey, socket.curve_secretkey = zmq.auth.load_certificate(own_file)
    socket.rcvhwm = 1_000_000
    socket.subscribe(b"ev.")
    socket.subscribe(b"hb")
    socket.connect(endpoint)
    last, count, missing = {}, 0, 0
    while wanted is None or count < wanted:
        topic, payload = socket.recv_multipart()
        event = msgpack.unpackb(payload)
        if topic == b"hb":
            print("heartbeat", event["head"], file=sys.stderr, flush=True)
            continue
        area = event["area"]
        if area in last and event["prev"] != last[area]:
            missing += 1  # ask the service for `replay` from last[area] + 1
        last[area] = event["lsn"]
        count += 1
        print(event["lsn"], area, event["event"], event["date"], event["dispute"])
    print(count, "events,", missing, "holes", file=sys.stderr)
    return missing > 0


if __name__ == "__main__":
    sys.exit(main())
