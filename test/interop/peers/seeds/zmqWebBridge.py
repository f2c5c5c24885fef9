"""Programs around ZmqWebBridge, each a mode; the bridge itself is stood for by what it does on its ZeroMQ side.

  zmqWebBridge.py server <rep>      binds a REP; functions by `funcname`, some of which are not authorised
  zmqWebBridge.py client <req>      connects a REQ; calls without kwargs, as the plain client does
  zmqWebBridge.py bridge <dealer>   connects a DEALER; passes on what browsers ask, [identity][][content], as it is told
  zmqWebBridge.py browser <router>  binds a ROUTER; answers [payload][identity] in place of a browser of that identity
  zmqWebBridge.py publisher <pub>   binds a PUB; calls whoever listens

All but the server and the browser are told on stdin what to call: [function, arguments…] of a client or publisher,
[identity, content] of a bridge.
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
        answer = {"returnval": request["args"]}
        socket.send_multipart([routing_id, empty, json.dumps(answer).encode()])


def publisher(endpoint):
    socket = context.socket(zmq.PUB)
    bind(socket, endpoint)
    for name, *args in told():
        socket.send_json({"funcname": name, "args": args})
        say(sent=[name, *args])


MODES = {mode.__name__: mode for mode in (server, client, bridge, browser, publisher)}
mode, *endpoints = sys.argv[1:]
MODES[mode](*endpoints)
