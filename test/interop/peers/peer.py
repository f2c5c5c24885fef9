"""Sockets of pyzmq driven by JSON lines: one request per line on stdin, answers and monitor events on stdout.

A request is {"id": 1, "socket": "a", "op": "send", ...}; its answer is {"id": 1, "value": ...} or {"id": 1, "error": "..."}.
An event is {"socket": "a", "event": "handshake"}. Frames are base64. Each socket lives in a thread of its own, where its
requests run in order, so that one that waits holds up no other. Ends when stdin does.
"""

import base64
import json
import os
import queue
import sys
import threading
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

import zap

EVENTS = {
    zmq.EVENT_CONNECTED: "connected",
    zmq.EVENT_ACCEPTED: "accepted",
    zmq.EVENT_DISCONNECTED: "disconnected",
    zmq.EVENT_CLOSED: "closed",
    zmq.EVENT_CONNECT_RETRIED: "retried",
    zmq.EVENT_HANDSHAKE_SUCCEEDED: "handshake",
    zmq.EVENT_HANDSHAKE_FAILED_AUTH: "handshake-refused",
    zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL: "handshake-failed",
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL: "handshake-failed",
}

OPTIONS = {
    "identity": zmq.IDENTITY,
    "relaxed": zmq.REQ_RELAXED,
    "correlate": zmq.REQ_CORRELATE,
    "heartbeatMs": zmq.HEARTBEAT_IVL,
    "heartbeatTimeoutMs": zmq.HEARTBEAT_TIMEOUT,
    "heartbeatTtlMs": zmq.HEARTBEAT_TTL,
    "plainServer": zmq.PLAIN_SERVER,
    "plainUser": zmq.PLAIN_USERNAME,
    "plainPassword": zmq.PLAIN_PASSWORD,
    "zapDomain": zmq.ZAP_DOMAIN,
    "curveServer": zmq.CURVE_SERVER,
    "curveServerKey": zmq.CURVE_SERVERKEY,
    "curvePublicKey": zmq.CURVE_PUBLICKEY,
    "curveSecretKey": zmq.CURVE_SECRETKEY,
    "sendHwm": zmq.SNDHWM,
    "receiveHwm": zmq.RCVHWM,
    "lingerMs": zmq.LINGER,
    "handshakeMs": zmq.HANDSHAKE_IVL,
    "reconnectMs": zmq.RECONNECT_IVL,
}

context = zmq.Context()
context.max_sockets = 1000
printing = threading.Lock()


def say(value):
    with printing:
        sys.stdout.write(json.dumps(value) + "\n")
        sys.stdout.flush()


def encode(frames):
    return [base64.b64encode(frame).decode() for frame in frames]


def decode(frames):
    return [base64.b64decode(frame) for frame in frames]


class Closed(Exception):
    pass


class Worker(threading.Thread):
    def __init__(self, name, kind, options):
        super().__init__(daemon=True)
        self.name_ = name
        self.requests = queue.Queue()
        self.closing = threading.Event()
        self.kind = kind
        self.options = options

    def run(self):
        self.socket = self.new_socket(monitored=True)
        while True:
            request = self.requests.get()
            try:
                value = getattr(self, "op_" + request["op"])(request)
                say({"id": request["id"], "value": value})
            except Closed:
                say({"id": request["id"], "error": "closed"})
            except Exception as error:  # Whatever it is, the test must hear of it.
                say({"id": request["id"], "error": f"{request['op']}: {type(error).__name__}: {error}"})
            if request["op"] == "close":
                return

    def new_socket(self, monitored=False):
        socket = context.socket(getattr(zmq, self.kind))
        socket.linger = 0
        for name, value in self.options.items():
            socket.setsockopt(OPTIONS[name], value.encode() if isinstance(value, str) else int(value))
        if monitored:
            threading.Thread(target=self.watch, args=(socket.get_monitor_socket(),), daemon=True).start()
        return socket

    def watch(self, monitor):
        while True:
            try:
                event = recv_monitor_message(monitor)["event"]
            except zmq.ZMQError:
                return
            if event == zmq.EVENT_MONITOR_STOPPED:
                monitor.close()
                return
            if event in EVENTS:
                say({"socket": self.name_, "event": EVENTS[event]})

    def wait(self, what):
        while not self.closing.is_set():
            if self.socket.poll(50, what):
                return
        raise Closed()

    def receive(self):
        self.wait(zmq.POLLIN)
        return self.socket.recv_multipart()

    def op_open(self, _request):
        return None

    def op_bind(self, request):
        while True:
            try:
                self.socket.bind(request["endpoint"])
                break
            except zmq.ZMQError as error:
                # The I/O thread frees the port of a closed socket a moment after its close(); libzmq 4.3.4 sometimes
                # reports the port in use with another errno.
                if error.errno not in (zmq.EADDRINUSE, zmq.EAGAIN) or self.closing.wait(0.001):
                    raise
        return self.socket.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode()

    def op_connect(self, request):
        if "proxy" in request:
            self.socket.setsockopt(zmq.SOCKS_PROXY, request["proxy"].encode())
        for _ in range(request.get("times", 1)):
            self.socket.connect(request["endpoint"])

    def op_subscribe(self, request):
        self.socket.subscribe(base64.b64decode(request["topic"]))

    def op_unsubscribe(self, request):
        self.socket.unsubscribe(base64.b64decode(request["topic"]))

    def op_send(self, request):
        for message in request["messages"]:
            self.wait(zmq.POLLOUT)
            self.socket.send_multipart(decode(message))

    def op_receive(self, request):
        return [encode(self.receive()) for _ in range(request["count"])]

    def op_echo(self, _request):
        """Sends back what comes, until it is halted or closed."""
        while True:
            try:
                self.socket.send_multipart(self.receive())
            except Closed:
                return

    def op_number(self, request):
        """Sends numbered messages until it is closed or has sent `count`; the number is the last frame's first 8 octets."""
        body = b"." * (request["size"] - 8)
        for number in range(request["count"]):
            self.wait(zmq.POLLOUT)
            self.socket.send(number.to_bytes(8, "big") + body)

    def op_pace(self, request):
        """As `number`, with a pause after each message and never waiting: says how many were accepted when stopped."""
        sent = 0
        while not self.closing.is_set():
            try:
                self.socket.send(sent.to_bytes(8, "big"), zmq.DONTWAIT)
                sent += 1
            except zmq.Again:
                pass
            time.sleep(request["pauseMs"] / 1000)
        return sent

    def op_flood(self, request):
        """Sends until nothing more is accepted for `stallMs`; says how many messages were."""
        body = b"x" * request["size"]
        sent = 0
        while self.socket.poll(request["stallMs"], zmq.POLLOUT):
            self.socket.send(body)
            sent += 1
        return sent

    def op_collect(self, _request):
        """Receives until it is halted; says the numbers that the messages begin with."""
        numbers = []
        while True:
            try:
                numbers.append(int.from_bytes(self.receive()[-1][:8], "big"))
            except Closed:
                return numbers

    def op_discard(self, request):
        """Receives `count` messages."""
        for _ in range(request["count"]):
            self.receive()

    def op_pirate(self, request):
        """Asks `count` times, with a fresh REQ whenever an answer stays out for `timeoutMs`, until all are answered."""
        self.socket.close()
        self.socket = self.new_socket()
        self.socket.connect(request["endpoint"])
        renewed = 0
        answered = 0
        while not self.closing.is_set():
            question = b"%d" % answered
            self.socket.send(question)
            if self.socket.poll(request["timeoutMs"], zmq.POLLIN):
                if self.socket.recv() != question:
                    raise AssertionError("the answer belongs to another question")
                answered += 1
                say({"socket": self.name_, "event": "answered"})
                self.closing.wait(0.005)  # What it says of each answer must not be what keeps the machine busy.
            else:
                renewed += 1
                self.socket.close()
                self.socket = self.new_socket()
                self.socket.connect(request["endpoint"])
        return {"answered": answered, "renewed": renewed}

    def op_close(self, _request):
        self.socket.disable_monitor()
        self.socket.close()


def main():
    workers = {}
    admission = {}
    say({"ready": zmq.zmq_version()})
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "admit":
            if not admission:
                zap.authenticate(context, admission)
            admission.clear()
            admission.update(request["rules"])
            say({"id": request["id"], "value": None})
            continue
        if request["op"] == "passwords":
            zap.authenticate(context, {"passwords": request["passwords"]})
            say({"id": request["id"], "value": None})
            continue
        if request["op"] == "zap":
            zap.authenticate(context, request["rules"])
            say({"id": request["id"], "value": None})
            continue
        if request["op"] == "open":
            worker = Worker(request["socket"], request["type"], request["options"])
            workers[request["socket"]] = worker
            worker.start()
        worker = workers[request["socket"]]
        if request["op"] in ("close", "halt"):
            worker.closing.set()
        if request["op"] == "halt":
            say({"id": request["id"], "value": None})
        else:
            worker.requests.put(request)


main()
# Threads that still wait for messages are of no more use.
os._exit(0)
