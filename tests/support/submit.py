"""Give a node commands that the command line has no word for yet. Written from include/PROTOCOL.md alone.

    submit.py ENDPOINT NODE.cert OPERATOR.key < commands.json

Each line of the input is a JSON array [kind, dispute (hex), date (YYYY-MM-DD), body...]; texts that begin
with "hex:" are bytes. Ends with 1, naming the verdict, unless all were new.
"""
import datetime
import json
import os
import sys

import msgpack
import zmq
import zmq.auth

KINDS = {'transferred': 11, 'reopened': 27, 'corrected': 28, 'voided': 29, 'merged': 30, 'unmerged': 31,
         'agreed': 16}


def value(item):
    if isinstance(item, str) and item.startswith('hex:'):
        return bytes.fromhex(item[4:])
    return item


def record(line):
    kind, dispute, date, *body = json.loads(line)
    day = (datetime.date.fromisoformat(date) - datetime.date(1900, 1, 1)).days + 1
    return msgpack.packb([KINDS[kind], 0, 0, 0, os.urandom(16), bytes.fromhex(dispute), 0, 0, '', day] +
                         [value(item) for item in body])


def main():
    endpoint, server_file, own_file = sys.argv[1:4]
    socket = zmq.Context.instance().socket(zmq.DEALER)
    socket.curve_serverkey = zmq.auth.load_certificate(server_file)[0]
    socket.curve_publickey, socket.curve_secretkey = zmq.auth.load_certificate(own_file)
    socket.linger = 0
    socket.connect(endpoint)
    commands = [record(line) for line in sys.stdin if line.strip()]
    socket.send(msgpack.packb({'id': 1, 'verb': 'submit', 'args': {'commands': commands}}))
    if not socket.poll(20000):
        sys.exit('no answer')
    answer = msgpack.unpackb(socket.recv())
    bad = [(place, verdict) for place, verdict in enumerate(answer.get('result', [[answer]]))
           if verdict[0] != 0]
    if bad:
        sys.exit(str(bad))


main()
