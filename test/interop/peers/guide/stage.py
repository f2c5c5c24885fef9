"""What the programs of the guide's patterns share.

Each is started with a role and its options as JSON, says what happens as JSON lines on stdout, and is told by JSON lines on
stdin, whose end is its own. A line {"event": [...]} belongs to the transcript that must be the same with a tap as without;
{"heard": [...]} is a message as it stands on the wire, base64; any other line is for whoever directs the play.
"""

import base64
import json
import os
import sys
import threading

import zmq

printing = threading.Lock()


def say(**line):
    with printing:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def event(*what):
    say(event=[part.decode() if isinstance(part, bytes) else part for part in what])


class Once:
    """Says events that may come again and again, such as retries, once until another one comes."""

    def __init__(self):
        self.last = None

    def __call__(self, *what):
        if what != self.last:
            event(*what)
        self.last = what


def on_wire(kind, frames):
    """What a socket hands over, as its peer has sent it; `None` for what is no message there."""
    if kind == zmq.ROUTER:
        return frames[1:]
    if kind in (zmq.REQ, zmq.REP):
        return [b""] + frames
    if kind == zmq.PAIR or (kind == zmq.XPUB and frames[0][:1] in (b"\0", b"\1")):
        return None  # Pairs of these programs are within one process, and subscriptions are commands.
    return frames


class Socket(zmq.Socket):
    """Says of each message that it was heard. Nothing is waited for when it closes."""

    def recv_multipart(self, *args, **kwargs):
        frames = super().recv_multipart(*args, **kwargs)
        wire = on_wire(self.type, frames)
        if wire is not None:
            say(heard=[base64.b64encode(frame).decode() for frame in wire])
        return frames


class Context(zmq.Context):
    _socket_class = Socket


context = Context()


def socket(kind, identity=None, **options):
    made = context.socket(kind)
    made.linger = 0
    if identity is not None:
        made.identity = identity.encode()
    for name, value in options.items():
        made.setsockopt(getattr(zmq, name.upper()), value)
    return made


def bound(made, endpoint=None):
    """Binds to a free port unless an endpoint is given; says where."""
    made.bind(endpoint or "tcp://127.0.0.1:*")
    say(bound=made.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode())
    return made


class Commands:
    """What is told on stdin, for a program that waits for sockets as well. Its end ends the program."""

    def __init__(self):
        self.rest = b""

    def fileno(self):
        return sys.stdin.fileno()

    def read(self):
        chunk = os.read(self.fileno(), 65536)
        if not chunk:
            os._exit(0)
        *lines, self.rest = (self.rest + chunk).split(b"\n")
        return [json.loads(line) for line in lines]


def told():
    """The same for a program that waits for nothing else."""
    for line in sys.stdin:
        yield json.loads(line)
    os._exit(0)


def end_with_stdin():
    """For a program that is told nothing."""
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()


def play(roles):
    roles[sys.argv[1]](**json.loads(sys.argv[2]))
    os._exit(0)
