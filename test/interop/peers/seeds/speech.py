"""How the programs of this folder tell the test what they do: one JSON object per line."""

import json
import sys
import threading

import zmq

_printing = threading.Lock()


def say(**line):
    with _printing:
        print(json.dumps(line), flush=True)


def bind(socket, endpoint):
    """Binds and says where, since a port may be left to the system."""
    socket.bind(endpoint)
    say(bound=socket.getsockopt_string(zmq.LAST_ENDPOINT))


def told():
    """What the test writes, line by line, as JSON."""
    for line in sys.stdin:
        yield json.loads(line)
