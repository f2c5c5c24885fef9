"""A server of commands and its client, as programs with pyzmqrpc3 are.

  pyzmqrpc3.py server <rep>      binds a REP; with ZMQ_USER and ZMQ_PASSWORD in the environment it asks for them (PLAIN)
  pyzmqrpc3.py client <req>…     connects a REQ to each endpoint; does what it is told on stdin
  pyzmqrpc3.py publisher <pub>   binds a PUB, with the same credentials; publishes what it is told
  pyzmqrpc3.py subscriber <sub>…  connects a SUB to each endpoint, and runs what comes; one that heard nothing for SILENCE_MS
                                 of the environment is made anew

A request is base64(zlib(JSON)) of {"_icmd_": [class name, state]}, a reply plain JSON with a status code. The client is told
["call", class name, state, timeout in ms], ["json", value, timeout], which is zipped as it is, ["text", text, timeout] or
["octets", [frame in hex, …], timeout]; the publisher the same without a timeout. The client says the reply, or that none came; of
several endpoints all replies, and none where one is missing. After a timeout or an error its socket is made anew at the next
call.
"""

import base64
import json
import os
import sys
import time
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


class Unwritable(MoveArm):
    """Its service returns what JSON cannot write."""


class Picky(MoveArm):
    def set_state(self, state):
        raise ValueError("no such state")


class ShutdownServer(MoveArm):
    pass


COMMANDS = {command.__name__: command for command in (MoveArm, Sequence, Unserved, Unwritable, Picky, ShutdownServer)}


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
        self.services["Unwritable"] = lambda command: command

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
        octets = socket.recv()
        try:
            text = octets.decode()
        except UnicodeDecodeError:
            # As in the programs that this stands for, nobody catches it.
            say(broken=octets.hex())
            return
        reply = server.reply_to(text)
        # No reply to a heartbeat there either, nor one that JSON cannot write, so that a REP is stuck for good.
        try:
            written = None if reply is None else json.dumps(reply)
        except TypeError:
            written = None
        if written is None:
            say(received=text, replied=None)
            continue_stuck(socket)
        try:
            socket.send_string(written)
        except zmq.ZMQError as error:
            # More frames of the request are to come, each taken for a command.
            say(unsent=error.strerror)
        say(received=text, replied=reply)
    socket.close()
    if user is not None:
        authenticator.stop()
    context.term()


def continue_stuck(socket):
    """Waits for what a REP that must send first never gets."""
    say(stuck=not socket.poll(1500))
    while True:
        socket.poll()


class Requester:
    """A REQ that is made anew where it did not get a sound reply."""

    def __init__(self, context, endpoint):
        self.context = context
        self.endpoint = endpoint
        self.socket = None
        self.is_doubtful = False

    def send(self, frames):
        # Until now, what was sent over the old one may still be delivered and carried out.
        if self.is_doubtful:
            self.socket.close()
            self.socket = None
            self.is_doubtful = False
        if self.socket is None:
            self.socket = self.context.socket(zmq.REQ)
            self.socket.linger = 0
            show_credentials(self.socket)
            self.socket.connect(self.endpoint)
        self.socket.send_multipart(frames)

    def reply(self, timeout):
        """A sound reply, an error as text, or None where nothing came."""
        if not self.socket.poll(timeout):
            return None
        text = self.socket.recv_string()
        try:
            return json.loads(text)
        except ValueError:
            return "no JSON: " + text


def show_credentials(socket):
    if "ZMQ_USER" in os.environ:
        socket.plain_username = os.environ["ZMQ_USER"].encode()
        socket.plain_password = os.environ["ZMQ_PASSWORD"].encode()


def client(*endpoints):
    context = zmq.Context()
    requesters = [Requester(context, endpoint) for endpoint in endpoints]
    for kind, *what, timeout in told():
        frames = [bytes.fromhex(frame) for frame in what[0]] if kind == "octets" else [text_of(kind, what).encode()]
        sent = frames[0].decode(errors="replace")
        for requester in requesters:
            requester.send(frames)
        replies = [requester.reply(timeout) for requester in requesters]
        for requester, reply in zip(requesters, replies):
            requester.is_doubtful = not isinstance(reply, dict) or reply.get("status_code") != 200
        if None in replies:
            say(sent=sent, timed_out=True)
        else:
            say(sent=sent, reply=replies[0] if len(replies) == 1 else replies)


def text_of(kind, what):
    if kind == "json":
        return zipped(what[0])
    return what[0] if kind == "text" else zipped({KEY: what})


def publisher(endpoint):
    socket = zmq.Context().socket(zmq.PUB)
    socket.sndhwm = 100000
    show_credentials(socket)
    bind(socket, endpoint)
    for kind, *what in told():
        text = text_of(kind, what)
        socket.send_string(text)
        say(published=text)


def subscriber(*endpoints):
    context = zmq.Context()
    silence = float(os.environ.get("SILENCE_MS", "inf")) / 1000
    server = Server()
    poller = zmq.Poller()
    heard = {}

    def subscribe(endpoint):
        socket = context.socket(zmq.SUB)
        socket.linger = 0
        socket.connect(endpoint)
        socket.setsockopt_string(zmq.SUBSCRIBE, "")
        poller.register(socket, zmq.POLLIN)
        heard[socket] = [endpoint, time.monotonic()]

    for endpoint in endpoints:
        subscribe(endpoint)
    while not server.is_stopping:
        for socket, _ in poller.poll(20):
            heard[socket][1] = time.monotonic()
            text = socket.recv_string()
            # Nobody is told of what comes of it.
            say(heard=text, result=server.reply_to(text))
        for socket, (endpoint, since) in list(heard.items()):
            if time.monotonic() - since < silence:
                continue
            poller.unregister(socket)
            socket.close()
            del heard[socket]
            subscribe(endpoint)
            say(recreated=endpoint)


def zipped(value):
    return base64.b64encode(zlib.compress(json.dumps(value).encode())).decode()


mode, *endpoints = sys.argv[1:]
{"server": serve, "client": client, "publisher": publisher, "subscriber": subscriber}[mode](*endpoints)
sys.stdout.flush()
os._exit(0)
