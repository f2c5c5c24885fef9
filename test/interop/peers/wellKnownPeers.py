"""Both sides of zerorpc, JSON-RPC 2.0, Majordomo and Locust, as small as their messages allow, asked in JSON lines.

  {"op": "serve", "what": name}                                    starts a server; answers with its endpoint
  {"op": "work", "endpoint", "version", "service"}                 a Majordomo worker; answers when it has said READY
  {"op": "call", "what": name, "endpoint", "method", "args", ...}  calls as a client would; answers with what came back

A server's methods: add(a, b) gives the sum, fail() fails, count(n) gives 0 to n-1.
"""

import json
import os
import sys
import threading
import traceback
import uuid

import msgpack
import zmq

TIMEOUT_MS = 30_000

context = zmq.Context()


def opened(kind, **options):
    socket = context.socket(kind)
    socket.linger = 0
    socket.rcvtimeo = TIMEOUT_MS
    for name, value in options.items():
        setattr(socket, name, value)
    return socket


def connected(kind, endpoint, **options):
    socket = opened(kind, **options)
    socket.connect(endpoint)
    return socket


class Failure(Exception):
    pass


def fail():
    raise ValueError("it was to fail")


METHODS = {"add": lambda a, b: a + b, "fail": fail, "count": lambda n: list(range(n))}


# zerorpc: ROUTER and DEALER, ids as octets, one MessagePack list behind an empty frame.


def pack_event(name, args, **header):
    return msgpack.packb(({"message_id": uuid.uuid4().bytes, "v": 3, **header}, name, args), use_bin_type=True)


def zerorpc_server(socket):
    identity, empty, payload = socket.recv_multipart()
    header, name, args = msgpack.unpackb(payload, raw=False)
    answered = header["message_id"]

    def send(answer, value):
        socket.send_multipart([identity, empty, pack_event(answer, value, response_to=answered)])

    if name in ("_zpc_hb", "_zpc_more"):
        return
    send("_zpc_hb", (0,))
    try:
        value = METHODS[name](*args)
    except KeyError:
        send("ERR", ("NameError", f"no method {name}", ""))
    except Exception as error:
        send("ERR", (type(error).__name__, str(error), "Traceback"))
    else:
        if name == "count":
            for item in value:
                send("STREAM", item)
            send("STREAM_DONE", None)
        else:
            send("OK", (value,))


def zerorpc_call(socket, request):
    call = pack_event(request["method"], tuple(request["args"]))
    identity = msgpack.unpackb(call, raw=False)[0]["message_id"]
    socket.send_multipart([b"", call])
    socket.send_multipart([b"", pack_event("_zpc_more", (10,), response_to=identity)])
    items = []
    while True:
        _, payload = socket.recv_multipart()
        header, name, args = msgpack.unpackb(payload, raw=False)
        assert header["response_to"] == identity
        if name == "OK":
            return args[0]
        if name == "ERR":
            raise Failure(": ".join(args[:2]))
        if name == "STREAM":
            items.append(args)
        if name == "STREAM_DONE":
            return items


# JSON-RPC 2.0: REQ and REP, one frame of JSON.


def json_rpc_answer(request):
    method, params = METHODS.get(request["method"]), request.get("params", [])
    answer = {"jsonrpc": "2.0", "id": request.get("id")}
    if method is None:
        return {**answer, "error": {"code": -32601, "message": "Method not found"}}
    try:
        return {**answer, "result": method(**params) if isinstance(params, dict) else method(*params)}
    except Exception as error:
        return {**answer, "error": {"code": -32000, "message": str(error)}}


def json_rpc_server(socket):
    request = json.loads(socket.recv())
    if isinstance(request, list):
        # In another order, as the specification allows.
        socket.send_json([json_rpc_answer(one) for one in reversed(request) if "id" in one])
    else:
        socket.send_json(json_rpc_answer(request))


def json_rpc_call(socket, request):
    socket.send_json({"jsonrpc": "2.0", "method": request["method"], "params": request["args"], "id": 7})
    answer = socket.recv_json()
    if "error" in answer:
        raise Failure(answer["error"]["message"])
    return answer["result"]


# Majordomo: a broker for both versions, whose workers answer with what they get.


class Broker:
    def __init__(self):
        self.workers = {}

    def __call__(self, socket):
        sender, *frames = socket.recv_multipart()
        if frames[0] == b"":
            frames = frames[1:]
        protocol, *rest = frames
        old = protocol.endswith(b"01")
        if protocol in (b"MDPC01", b"MDPC02"):
            service, *body = rest if old else rest[1:]
            self.request(socket, sender, service, body, old)
        elif rest[0] == b"\x01":
            self.workers[rest[1]] = (sender, old)
            socket.send_multipart(self.to_worker(sender, old, [b"\x04" if old else b"\x05"]))
        elif rest[0] == (b"\x03" if old else b"\x04"):
            client, _, *body = rest[1:]
            client, service, is_old = self.waiting
            self.reply(socket, client, service, body, is_old)

    def request(self, socket, client, service, body, old):
        if service.startswith(b"mmi."):
            code = b"501" if service != b"mmi.service" else b"200" if body[0] in self.workers else b"404"
            self.reply(socket, client, service, [code], old)
            return
        self.waiting = client, service, old
        worker, old_worker = self.workers[service]
        socket.send_multipart(self.to_worker(worker, old_worker, [b"\x02", client, b"", *body]))

    def to_worker(self, worker, old, frames):
        return [worker, b"", b"MDPW01", *frames] if old else [worker, b"MDPW02", *frames]

    def reply(self, socket, client, service, body, old):
        name = [b"", b"MDPC01"] if old else [b"MDPC02", b"\x03"]
        socket.send_multipart([client, *name, service, *body])


def majordomo_worker(socket, version):
    name = [b"", b"MDPW01"] if version == "0.1" else [b"MDPW02"]
    reply = b"\x03" if version == "0.1" else b"\x04"

    def answer():
        frames = socket.recv_multipart()[len(name) :]
        if frames[0] == b"\x02":
            socket.send_multipart([*name, reply, *frames[1:]])

    return answer


def work(request):
    socket = connected(zmq.DEALER, request["endpoint"])
    name = [b"", b"MDPW01"] if request["version"] == "0.1" else [b"MDPW02"]
    socket.send_multipart([*name, b"\x01", request["service"].encode()])
    socket.recv_multipart()  # The broker's heartbeat.
    run(majordomo_worker(socket, request["version"]), socket)


def majordomo_call(socket, request):
    socket.send_multipart([b"MDPC01", request["method"].encode(), *(arg.encode() for arg in request["args"])])
    protocol, service, *body = socket.recv_multipart()
    assert protocol == b"MDPC01"
    return [frame.decode() for frame in body]


# Locust: a master that takes workers in, unless they are too old to have a version.


def locust_server(socket):
    identity, payload = socket.recv_multipart()
    kind, data, node = msgpack.unpackb(payload, raw=False, strict_map_key=False)
    if kind == "client_ready":
        answer = ["quit", None, node] if data is None else ["ack", {"index": 0}, node]
        socket.send_multipart([identity, msgpack.packb(answer)])
        if data is not None:
            socket.send_multipart([identity, msgpack.packb(["spawn", {"user_classes_count": {"User": 1}}, node])])
    elif kind == "heartbeat":
        socket.send_multipart([identity, msgpack.packb(["heartbeat", None, node])])


def locust_call(socket, request):
    def send(kind, data):
        socket.send(msgpack.packb([kind, data, "w1"]))

    send("client_ready", request["args"][0])
    kind, data, _ = msgpack.unpackb(socket.recv(), raw=False)
    if kind == "quit":
        raise Failure("the master said quit")
    send("stats", {"user_count": 1, "stats": [{"response_times": {12: 3}}]})
    send("exception", {"msg": "boom", "traceback": "…"})
    send("heartbeat", {"state": "ready"})
    return data


def run(serve, socket):
    def loop():
        try:
            while True:
                try:
                    serve()
                except zmq.Again:
                    pass  # Nobody has asked for a while.
        except BaseException:
            # Whoever waits for an answer must not wait for ever.
            traceback.print_exc()
            os._exit(1)

    threading.Thread(target=loop, daemon=True).start()


SERVERS = {
    "zerorpc": (zmq.ROUTER, lambda: zerorpc_server),
    "json-rpc": (zmq.REP, lambda: json_rpc_server),
    "majordomo": (zmq.ROUTER, Broker),
    "locust": (zmq.ROUTER, lambda: locust_server),
}
CALLS = {
    "zerorpc": (zmq.DEALER, zerorpc_call),
    "json-rpc": (zmq.REQ, json_rpc_call),
    "majordomo": (zmq.REQ, majordomo_call),
    "locust": (zmq.DEALER, locust_call),
}


def serve(request):
    kind, make = SERVERS[request["what"]]
    socket = opened(kind)
    socket.bind("tcp://127.0.0.1:*")
    endpoint = socket.last_endpoint.decode().rstrip("\0")
    answer = make()
    run(lambda: answer(socket), socket)
    return endpoint


def call(request):
    kind, ask = CALLS[request["what"]]
    socket = connected(kind, request["endpoint"])
    # What was sent last must be through before the socket goes.
    socket.linger = TIMEOUT_MS
    try:
        return {"value": ask(socket, request)}
    except Failure as failure:
        return {"failure": str(failure)}
    finally:
        socket.close()


OPERATIONS = {"serve": serve, "work": work, "call": call}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"value": OPERATIONS[request["op"]](request)}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
# The threads hold sockets, which nobody else may close.
os._exit(0)
