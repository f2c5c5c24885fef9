"""A server of commands and its client, as programs with pyzmqrpc3 are.

  pyzmqrpc3.py server <rep>    binds a REP; with ZMQ_USER and ZMQ_PASSWORD in the environment it asks for them (PLAIN)
  pyzmqrpc3.py client <req>    connects a REQ; does what it is told on stdin

A request is base64(zlib(JSON)) of {"_icmd_": [class name, state]}, a reply plain JSON with a status code. The client is told
["call", class name, state, timeout in ms] or ["text", text, timeout]; it says the reply, or that none came, and takes a fresh
socket at the next call after a timeout or an error.

  pyzmqrpc3.py publisher <pub>         binds a PUB, and publishes what a client is told to call, without a timeout
  pyzmqrpc3.py subscriber <sub>...     connects a SUB to each, and runs what comes; says when it heard nothing for long
"""

import base64
import json
import os
import sys
import zlib

import zmq
from zmq.auth.thread import ThreadAuthenticator

from speech import bind, say, told

KEY = "_icmd_"
HEARTBEAT = "zmq_sub_heartbeat"


class MoveArm:
    def __init__(self):
        self.state = None

    def set_state(self, state):
        self.state = state


class Sequence(MoveArm):
    pass


class Unserved(MoveArm):
    pass


class ShutdownServer(MoveArm):
    pass


COMMANDS = {command.__name__: command for command in (MoveArm, Sequence, Unserved, ShutdownServer)}


def hook(value):
    """Makes commands of objects with the key, innermost first."""
    if KEY not in value:
        return value
    name, state = value[KEY]
    command = COMMANDS[name]()
    command.set_state(state=state)
    return command


def move(command):
    if command.state["mm"] < 0:
        raise ValueError("boom")
    return "%(axis)s:%(mm)s" % command.state


def run_sequence(command):
    return [move(step) for step in command.state["steps"]]


class Server:
    def __init__(self):
        self.is_stopping = False
        self.services = {"MoveArm": move, "Sequence": run_sequence, "ShutdownServer": self.stop}

    def stop(self, command):
        self.is_stopping = True

    def reply_to(self, text):
        if text == HEARTBEAT:
            return None
        try:
            command = json.loads(zlib.decompress(base64.b64decode(text)), object_hook=hook)
        except Exception as error:
            return status(400, "Incorrectly marshalled command. Exception: %s" % error)
        name = type(command).__name__
        if name not in self.services:
            return status(451, "No service is registered for %s" % name)
        try:
            value = self.services[name](command)
        except Exception as error:
            return status(463, "Exception raised when calling service %sService. Exception: %s " % (name, error))
        say(done=name)
        return status(200, "OK", value)


def status(code, message, value=None):
    reply = {"status_code": code, "status_message": message}
    return reply if value is None else {**reply, "response_message": value}


def serve(endpoint):
    context = zmq.Context()
    socket = context.socket(zmq.REP)
    socket.linger = 1000
    user = os.environ.get("ZMQ_USER")
    if user is not None:
        authenticator = ThreadAuthenticator(context)
        authenticator.start()
        authenticator.configure_plain(domain="*", passwords={user: os.environ["ZMQ_PASSWORD"]})
        socket.plain_server = True
    bind(socket, endpoint)
    server = Server()
    while not server.is_stopping:
        text = socket.recv_string()
        reply = server.reply_to(text)
        say(received=text, replied=reply)
        # As in the programs that this stands for: no reply to a heartbeat, so a REP that got one is stuck for good.
        if reply is None:
            continue_stuck(socket)
        socket.send_string(json.dumps(reply))
    socket.close()
    if user is not None:
        authenticator.stop()
    context.term()


def continue_stuck(socket):
    """Waits for what a REP that must send first never gets."""
    say(stuck=not socket.poll(1500))
    while True:
        socket.poll()


def call(endpoint):
    context = zmq.Context()
    socket = None
    for kind, *what, timeout in told():
        if socket is None:
            socket = context.socket(zmq.REQ)
            socket.linger = 0
            if "ZMQ_USER" in os.environ:
                socket.plain_username = os.environ["ZMQ_USER"].encode()
                socket.plain_password = os.environ["ZMQ_PASSWORD"].encode()
            socket.connect(endpoint)
        text = what[0] if kind == "text" else zipped({KEY: what})
        socket.send_string(text)
        if not socket.poll(timeout):
            say(sent=text, timed_out=True)
            socket.close()
            socket = None
            continue
        reply = json.loads(socket.recv_string())
        say(sent=text, reply=reply)
        if reply["status_code"] != 200:
            socket.close()
            socket = None


def zipped(value):
    return base64.b64encode(zlib.compress(json.dumps(value).encode())).decode()


def publish(endpoint):
    socket = zmq.Context.instance().socket(zmq.PUB)
    socket.sndhwm = 100000
    bind(socket, endpoint)
    for kind, *what in told():
        text = what[0] if kind == "text" else zipped({KEY: what})
        socket.send_string(text)
        say(published=text)


def subscribe(endpoints):
    poller = zmq.Poller()
    for endpoint in endpoints:
        socket = zmq.Context.instance().socket(zmq.SUB)
        socket.setsockopt_string(zmq.SUBSCRIBE, "")
        socket.connect(endpoint)
        poller.register(socket, zmq.POLLIN)
    server = Server()
    while not server.is_stopping:
        for socket, _ in poller.poll():
            text = socket.recv_string()
            # Nothing is ever sent back.
            say(heard=text, result=server.reply_to(text))


mode, *endpoints = sys.argv[1:]
if mode == "subscriber":
    subscribe(endpoints)
else:
    {"server": serve, "client": call, "publisher": publish}[mode](endpoints[0])
sys.stdout.flush()
os._exit(0)
