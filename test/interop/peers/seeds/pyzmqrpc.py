"""A server of functions and its client, as programs with pyzmqrpc (what pyzmqrpc3 comes from) are.

  pyzmqrpc.py server <rep>     binds a REP
  pyzmqrpc.py client <req>…    connects one REQ to all endpoints; sends each JSON object that it is told, says the reply

A request is {"function": name, "parameters": {...}}, a reply {"status_code", "status_message"[, "response_message"]}.
"""

import json
import sys

import zmq

from speech import bind, say, told


def join(first, second="-"):
    return first + ":" + second


def fail():
    raise ValueError("boom")


FUNCTIONS = {"join": join, "fail": fail, "nothing": lambda: None}


def reply_to(text):
    try:
        request = json.loads(text)
    except ValueError as error:
        return status(400, "Incorrectly marshalled function. No JSON: %s" % error)
    if "function" not in request:
        return status(450, "Incorrectly marshalled function. No function name provided.")
    name = request["function"]
    if name not in FUNCTIONS:
        return status(451, "Function '%s' is not implemented" % name)
    try:
        return status(200, "OK", FUNCTIONS[name](**request.get("parameters", {})))
    except Exception as error:
        return status(463, "Exception raised when calling function %s. Exception: %s " % (name, error))


def status(code, message, value=None):
    reply = {"status_code": code, "status_message": message}
    return reply if value is None else {**reply, "response_message": value}


def serve(endpoint):
    socket = zmq.Context.instance().socket(zmq.REP)
    bind(socket, endpoint)
    while True:
        text = socket.recv_string()
        reply = reply_to(text)
        say(received=text, reply=reply)
        socket.send_string(json.dumps(reply))


def call(*endpoints):
    socket = zmq.Context.instance().socket(zmq.REQ)
    socket.linger = 0
    for endpoint in endpoints:
        socket.connect(endpoint)
    for request in told():
        socket.send_string(json.dumps(request))
        say(sent=request, reply=json.loads(socket.recv_string()))


mode, *endpoints = sys.argv[1:]
serve(*endpoints) if mode == "server" else call(*endpoints)
