"""Back end and front end as the LEAP client has them where there is no CURVE: two ipc sockets in the temporary folder.

  bitmask.py backend                    serves calls at bitmask.socket.0, sends signals to bitmask.socket.1
  bitmask.py frontend <poll> <idle>     the other way round; calls [method, {arguments}] or a text as it is told on stdin

`poll` is how long it waits for an OK, three times, before it is offline, `idle` when it sends PING, both in milliseconds.
Whatever comes is acknowledged with OK before it is looked at. As in the programs that these stand for, what is no JSON ends
the thread that serves calls, and a REQ that got no OK cannot be used again.
"""

import json
import os
import queue
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import zmq

from speech import say, told

CALLS, SIGNALS = ("ipc://" + os.path.join(tempfile.gettempdir(), "bitmask.socket.%d" % n) for n in (0, 1))
PING = b"PING"
OK = b"OK"
TRIES = 3
context = zmq.Context()


def requester(endpoint):
    socket = context.socket(zmq.REQ)
    socket.linger = 0
    socket.connect(endpoint)
    return socket


class Signaler(threading.Thread):
    """Works off a queue, one signal at a time."""

    def __init__(self):
        super().__init__(daemon=True)
        self.signals = queue.Queue()

    def run(self):
        socket = requester(SIGNALS)
        while True:
            signal = self.signals.get()
            socket.send(signal)
            socket.recv()
            say(signalled=json.loads(signal))

    def signal(self, name, data=None):
        # As older pyzmq writes it; calls come with blanks.
        self.signals.put(json.dumps({"signal": name, "data": data}, separators=(",", ":")).encode())


class Backend:
    def __init__(self):
        self.pool = ThreadPoolExecutor()
        self.signaler = Signaler()
        self.signaler.start()
        self.released = threading.Event()

    def serve(self):
        socket = context.socket(zmq.REP)
        socket.bind(CALLS)
        os.chmod(CALLS[len("ipc://") :], 0o600)
        say(bound=CALLS)
        while True:
            request = socket.recv()
            socket.send(OK)
            say(received=request.decode())
            if request == PING:
                continue
            try:
                call = json.loads(request)
            except ValueError:
                say(broken=request.decode())
                threading.Event().wait()
            method = getattr(self, call["api_method"], None)
            if method is not None:
                self.pool.submit(method, **call["arguments"])

    def hold(self, name):
        """Stands for what takes its time: ends once `release` was called."""
        self.released.wait()
        self.signaler.signal("hold_ok", name)

    def release(self):
        self.released.set()

    def get_stored_data(self, data):
        self.signaler.signal("stored_data", data)

    def soledad_bootstrap(self, uuid):
        self.signaler.signal("soledad_bootstrap_failed", {"uuid": uuid})

    def user_login(self, user):
        self.signaler.signal("user_login_error", "no such user: %s" % user)

    def eip_start(self):
        self.signaler.signal("backend_bad_call")


class SignalListener(threading.Thread):
    def run(self):
        socket = context.socket(zmq.REP)
        socket.bind(SIGNALS)
        while True:
            signal = json.loads(socket.recv())
            socket.send(OK)
            # Data that is false is handed on as none at all.
            say(signal=signal["signal"], **({"data": signal["data"]} if signal["data"] else {}))


class Proxy:
    """Calls one after the other, with a thread of its own for it."""

    def __init__(self, poll_ms, idle_ms):
        self.poll_ms = poll_ms
        self.idle_ms = idle_ms
        self.requests = queue.Queue()

    def work(self):
        socket = requester(CALLS)
        while True:
            try:
                request = self.requests.get(timeout=self.idle_ms / 1000)
            except queue.Empty:
                request = PING
            try:
                socket.send(request)
            except zmq.ZMQError as error:
                say(stuck=error.strerror, waiting=self.requests.qsize())
                return
            if any(socket.poll(self.poll_ms) for _ in range(TRIES)):
                say(sent=request.decode(), answer=socket.recv().decode())
            else:
                say(offline=request.decode())


def frontend(poll_ms, idle_ms):
    SignalListener(daemon=True).start()
    proxy = Proxy(int(poll_ms), int(idle_ms))
    threading.Thread(target=proxy.work, daemon=True).start()
    for call in told():
        if not isinstance(call, str):
            call = json.dumps({"api_method": call[0], "arguments": call[1]})
        proxy.requests.put(call.encode())


mode, *options = sys.argv[1:]
frontend(*options) if mode == "frontend" else Backend().serve()
sys.stdout.flush()
os._exit(0)
