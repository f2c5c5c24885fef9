"""A small service for `zmq-tap run`: a REP that takes a method and JSON arguments as frames and answers with JSON. A single frame of JSON is JSON-RPC, and divides.

Arguments: none, `curve <secret certificate>`, or `plain <user> <password>`. Prints its endpoint.
"""

import json
import sys
import time

import zmq
import zmq.auth
from zmq.auth.thread import ThreadAuthenticator


def answer(method, args):
    if method == "add":
        return {"sum": args[0] + args[1], "of": args}
    if method == "login":
        return {"token": {"id": 7, "text": "t0k"}}
    if method == "show":
        return {"shown": args}
    raise ValueError(method)


def answer_json_rpc(request):
    envelope = {"jsonrpc": "2.0", "id": request["id"]}
    try:
        left, right = request["params"]
        return {**envelope, "result": {"quotient": left / right}}
    except ZeroDivisionError as error:
        return {**envelope, "error": {"code": -32000, "message": str(error)}}


def main():
    context = zmq.Context()
    server = context.socket(zmq.REP)
    server.linger = 0
    mode = sys.argv[1] if len(sys.argv) > 1 else "null"
    if mode != "null":
        authenticator = ThreadAuthenticator(context)
        authenticator.start()
        if mode == "plain":
            authenticator.configure_plain(domain="*", passwords={sys.argv[2]: sys.argv[3]})
            server.plain_server = True
        else:
            authenticator.configure_curve(domain="*", location=zmq.auth.CURVE_ALLOW_ANY)
            server.curve_publickey, server.curve_secretkey = zmq.auth.load_certificate(sys.argv[2])
            server.curve_server = True
    server.bind("tcp://127.0.0.1:*")
    print(server.last_endpoint.decode(), flush=True)
    while True:
        method, *frames = server.recv_multipart()
        if method.startswith(b"{"):
            server.send(json.dumps(answer_json_rpc(json.loads(method))).encode())
            continue
        if method == b"sleep":
            time.sleep(float(frames[0]))
            server.send(b"late")
        elif method == b"bytes":
            server.send_multipart([b"\xff\x00", b"plain text"])
        else:
            server.send(json.dumps(answer(method.decode(), [json.loads(frame) for frame in frames])).encode())


main()
