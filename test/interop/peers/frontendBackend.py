"""A front end and a back end as two programs that call each other over two CURVE links.

  frontendBackend.py certificates                      makes the certificate folder anew
  frontendBackend.py backend  <calls> <signals>        serves calls at the first address, sends signals to the second
  frontendBackend.py frontend <calls> <signals>        calls at the first address, listens for signals at the second

Calls: the front end's REQ to the back end's REP, {"api_method": name, "arguments": {...}}, or the octets PING. Signals: the
back end's REQ to the front end's REP, {"signal": name, "data": value}. Everything is acknowledged with the octets OK before
it is looked at. The folder stands in the current directory. Each program says what it sends and receives, one JSON line each.
"""

import json
import os
import queue
import shutil
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import zmq
import zmq.auth
from zmq.auth.thread import ThreadAuthenticator

CERTIFICATES = "zmq_certificates"
PING = b"PING"
OK = b"OK"

printing = threading.Lock()


def say(link, direction, octets):
    with printing:
        print(json.dumps({"link": link, direction: octets.decode()}), flush=True)


def make_certificates():
    shutil.rmtree(CERTIFICATES, ignore_errors=True)
    os.mkdir(CERTIFICATES, 0o700)
    for name in ("frontend", "backend"):
        zmq.auth.create_certificates(CERTIFICATES, name)


def load(name):
    """Both halves of a pair; clients read the same file though they need the public half only."""
    return zmq.auth.load_certificate(os.path.join(CERTIFICATES, name + ".key_secret"))


class Server(threading.Thread):
    """A REP that lets in whoever knows its public key and comes from this machine."""

    LINK = None
    ADDRESS = None
    CERTIFICATE = None

    def __init__(self):
        super().__init__(daemon=True)
        self.context = zmq.Context()
        self.authenticator = ThreadAuthenticator(self.context)
        self.authenticator.start()
        self.authenticator.allow("127.0.0.1")
        self.authenticator.configure_curve(domain="*", location=zmq.auth.CURVE_ALLOW_ANY)
        self.socket = self.context.socket(zmq.REP)
        self.socket.curve_publickey, self.socket.curve_secretkey = load(self.CERTIFICATE)
        self.socket.curve_server = True
        self.socket.bind(self.ADDRESS)
        self.is_stopping = False

    def run(self):
        while not self.is_stopping:
            request = self.socket.recv()
            say(self.LINK, "received", request)
            say(self.LINK, "sent", OK)
            self.socket.send(OK)
            if request != PING:
                self.handle(json.loads(request))
        self.socket.close(linger=5000)

    def stop(self):
        """Waits until the last acknowledgement is out."""
        self.join()
        self.authenticator.stop()
        self.context.term()

    def handle(self, request):
        raise NotImplementedError


class Client(threading.Thread):
    """A REQ that works off a queue, one request at a time, and sends PING when it has been idle for a while."""

    LINK = None
    ADDRESS = None
    SERVER_CERTIFICATE = None
    IDLE_SECONDS = None
    POLL_MS = 4000
    TRIES = 3

    def __init__(self):
        super().__init__(daemon=True)
        self.context = zmq.Context()
        self.requests = queue.Queue()
        self.socket = self.context.socket(zmq.REQ)
        self.socket.linger = 0
        self.socket.rcvtimeo = 1000
        self.socket.curve_publickey, self.socket.curve_secretkey = zmq.curve_keypair()
        self.socket.curve_serverkey, _ = load(self.SERVER_CERTIFICATE)
        self.socket.connect(self.ADDRESS)

    def run(self):
        while True:
            try:
                request = self.requests.get(timeout=self.IDLE_SECONDS)
            except queue.Empty:
                self.ask(PING)
                continue
            self.ask(request)
            self.requests.task_done()

    def ask(self, request):
        say(self.LINK, "sent", request)
        self.socket.send(request)
        for _ in range(self.TRIES):
            if self.socket.poll(self.POLL_MS):
                say(self.LINK, "received", self.socket.recv())
                return
        # As in the programs that this stands for: a strict REQ cannot ask again after this.
        sys.stderr.write(f"{self.LINK}: no answer, offline\n")
        os._exit(1)


class Signaler(Client):
    LINK = "signals"
    ADDRESS = "tcp://localhost:5667"
    SERVER_CERTIFICATE = "frontend"

    def signal(self, name, data=None):
        self.requests.put(json.dumps({"signal": name, "data": data}).encode())


class Backend(Server):
    LINK = "calls"
    ADDRESS = "tcp://127.0.0.1:5556"
    CERTIFICATE = "backend"

    def __init__(self):
        super().__init__()
        self.pool = ThreadPoolExecutor()
        self.signaler = Signaler()
        self.signaler.start()

    def handle(self, request):
        if request["api_method"] == "stop":
            self.is_stopping = True
            return
        # Nobody is told of a method that does not exist, nor of one that raises.
        if hasattr(self, request["api_method"]):
            self.pool.submit(getattr(self, request["api_method"]), **request["arguments"])

    def add(self, a, b):
        self.signaler.signal("add_result", a + b)

    def reset(self):
        self.signaler.signal("reset_ok")

    def get_stored_data(self):
        self.signaler.signal("stored_data", "Some words, not all of them ASCII: žluťoučký kůň")

    def blocking_method(self, data, delay):
        if not isinstance(data, str):
            raise TypeError("data must be text")
        time.sleep(delay)
        self.signaler.signal("blocking_method_ok")

    def twice_01(self):
        self.signaler.signal("twice_signal")

    twice_02 = twice_01

    def eip_start(self):
        """As the LEAP client's back end says that it was called too early."""
        self.signaler.signal("backend_bad_call", "no provider loaded")


class BackendProxy(Client):
    LINK = "calls"
    ADDRESS = "tcp://localhost:5556"
    SERVER_CERTIFICATE = "backend"
    IDLE_SECONDS = 2

    def call(self, method, **arguments):
        self.requests.put(json.dumps({"api_method": method, "arguments": arguments}).encode())

    def ping(self):
        self.requests.put(PING)


class Frontend(Server):
    LINK = "signals"
    ADDRESS = "tcp://127.0.0.1:5667"
    CERTIFICATE = "frontend"

    def __init__(self):
        super().__init__()
        self.signals = queue.Queue()

    def handle(self, request):
        self.signals.put(request["signal"])


def run_backend():
    backend = Backend()
    backend.start()
    backend.stop()
    backend.pool.shutdown()
    backend.signaler.requests.join()


def run_frontend():
    frontend = Frontend()
    frontend.start()
    backend = BackendProxy()
    backend.start()
    backend.ping()
    backend.call("add", a=2, b=2)
    backend.call("reset")
    backend.call("get_stored_data")
    backend.call("blocking_method", data="blöcking", delay=0.1)
    backend.call("twice_01")
    backend.call("twice_02")
    backend.call("no_such_method")
    backend.call("blocking_method", data=5, delay=0)
    backend.call("eip_start")
    for _ in range(7):
        frontend.signals.get()
    backend.call("stop")
    backend.requests.join()


def main():
    mode, *addresses = sys.argv[1:]
    if mode == "certificates":
        make_certificates()
        return
    calls, signals = addresses
    # The only things that a tap asks of the programs: where they listen and connect.
    Backend.ADDRESS = BackendProxy.ADDRESS = calls
    Frontend.ADDRESS = Signaler.ADDRESS = signals
    run_backend() if mode == "backend" else run_frontend()


main()
sys.stdout.flush()
# Threads that still listen are of no more use.
os._exit(0)
