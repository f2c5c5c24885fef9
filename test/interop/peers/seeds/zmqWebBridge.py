"""Programs around ZmqWebBridge, each a mode; the bridge itself is stood for by what it does on its ZeroMQ side.

  zmqWebBridge.py server <rep>      binds a REP; functions by `funcname`, some of which are not authorised
  zmqWebBridge.py client <req>      connects a REQ; calls without kwargs, as the plain client does
  zmqWebBridge.py bridge <dealer>   connects a DEALER; passes on what browsers ask, [identity][][content], as it is told
  zmqWebBridge.py hasty <req> <ms>  likewise, but waits no longer than this for an answer
  zmqWebBridge.py dealer <dealer> <identity>  connects a DEALER; calls a browser, [][call][identity]
  zmqWebBridge.py forwarder <sub>   connects a SUB; reads publications as the bridge does, frame by frame
  zmqWebBridge.py brittle <rep>     binds a REP; answers in three frames, and ends with what is no JSON
  zmqWebBridge.py browser <router>  binds a ROUTER; answers [payload][identity] in place of a browser of that identity
  zmqWebBridge.py publisher <pub>   binds a PUB; calls whoever listens

Those that call are told on stdin what: [identity, content] of a bridge, [function, arguments…] of all others, and
["frames", text…] of a publisher.
"""

import json
import sys

import zmq

from speech import bind, say, told

context = zmq.Context.instance()


class Server:
    authorized_functions = {"echo", "add", "fail", "missing"}

    def echo(self, value):
        return value

    def add(self, a, b=0):
        return a + b

    def secret(self):
        return "never"

    def fail(self):
        raise ValueError("boom")

    def answer(self, request):
        name = request["funcname"]
        if name not in self.authorized_functions:
            return {"status": "error", "error_msg": "unauthorized access"}
        return {"returnval": getattr(self, name)(*request.get("args", []), **request.get("kwargs", {}))}


def server(endpoint):
    socket = context.socket(zmq.REP)
    bind(socket, endpoint)
    while True:
        text = socket.recv_multipart()[0]
        try:
            answer = Server().answer(json.loads(text))
        except Exception:
            answer = {"status": "error", "error_msg": "unknown error"}
        say(received=text.decode(), answer=answer)
        socket.send_json(answer)


def client(endpoint, target=None):
    socket = context.socket(zmq.REQ)
    socket.linger = 0
    socket.connect(endpoint)
    for name, *args in told():
        request = {"funcname": name, "args": args}
        frames = [json.dumps(request).encode()]
        socket.send_multipart(frames if target is None else [*frames, target.encode()])
        # Errors are hidden: only the return value is looked at.
        say(sent=request, returned=json.loads(socket.recv()).get("returnval"))


def hasty(endpoint, timeout_ms):
    socket = context.socket(zmq.REQ)
    socket.linger = 0
    socket.connect(endpoint)
    for name, *args in told():
        try:
            socket.send_json({"funcname": name, "args": args})
        except zmq.ZMQError as error:
            say(stuck=error.strerror)
            continue
        say(returned=socket.recv_json().get("returnval") if socket.poll(int(timeout_ms)) else None)


def dealer(endpoint, target):
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    socket.connect(endpoint)
    for name, *args in told():
        socket.send_multipart([b"", json.dumps({"funcname": name, "args": args}).encode(), target.encode()])
        say(returned=json.loads(socket.recv_multipart()[-1])["returnval"])


def forwarder(endpoint):
    socket = context.socket(zmq.SUB)
    socket.connect(endpoint)
    socket.setsockopt_string(zmq.SUBSCRIBE, "")
    while True:
        say(content=socket.recv().decode())


def brittle(endpoint):
    socket = context.socket(zmq.REP)
    bind(socket, endpoint)
    while True:
        text = socket.recv()
        try:
            request = json.loads(text)
        except ValueError:
            say(broken=text.decode())
            return
        socket.send_multipart([b"progress", b"50 %", json.dumps({"returnval": request["args"]}).encode()])


def bridge(endpoint):
    socket = context.socket(zmq.DEALER)
    socket.connect(endpoint)
    for identity, content in told():
        socket.send_multipart([identity.encode(), b"", content.encode()])
        first, *_, last = socket.recv_multipart()
        say(identity=first.decode(), content=last.decode())


def browser(endpoint):
    socket = context.socket(zmq.ROUTER)
    bind(socket, endpoint)
    while True:
        routing_id, empty, payload, identity = socket.recv_multipart()
        request = json.loads(payload)
        say(browser=identity.decode(), received=request)
        if identity.strip(b"0") == b"":
            # Nobody there has this identity, and nobody is told so.
            continue
        answer = {"returnval": request["args"]}
        socket.send_multipart([routing_id, empty, json.dumps(answer).encode()])


def publisher(endpoint):
    socket = context.socket(zmq.PUB)
    bind(socket, endpoint)
    for name, *args in told():
        if name == "frames":
            socket.send_multipart([frame.encode() for frame in args])
        else:
            socket.send_json({"funcname": name, "args": args})
        say(sent=[name, *args])


MODES = {
    mode.__name__: mode
    for mode in (server, client, hasty, dealer, forwarder, brittle, bridge, browser, publisher)
}
mode, *endpoints = sys.argv[1:]
MODES[mode](*endpoints)
