"""The zmq examples and the Voisietequi systems, each program a mode. All links but those of the first example are one-way.

  voisietequi.py greeter <rep>                 answers "World from <port>"
  voisietequi.py asker <req>                   sends each text that it is told, one after the other, says the answer
  voisietequi.py weather <pub>                 binds a PUB; publishes "zip number" when told
  voisietequi.py listener <sub>                subscribes to 10001, says each number
  voisietequi.py commander <pub> <pull>        binds both; publishes `topic {"cmd": ...}` when told, says the answers
  voisietequi.py one_command <pub> <pull>      binds both; waits 200 ms, publishes once, takes answers until 200 ms of silence
  voisietequi.py computer <sub> <push> <push>  answers commands at the first, sends a result to the second PUSH
  voisietequi.py first_computer <sub> <push> <push>  likewise in its first edition: another id in every answer
  voisietequi.py saver <pull>                  binds a PULL, says each result
  voisietequi.py mailer <push>                 sends a mail form when told
  voisietequi.py server <pub> <pull>           in production: publishes [name, [arguments], {by name}], takes calls
  voisietequi.py unit <sub> <push>             in production: a computer; configures itself and saves a result
  voisietequi.py fresh_unit <sub> <push>       likewise, with a context and a socket of its own for every result
"""

import json
import random
import sys
import threading
import time

import zmq

from speech import bind, say, told

TOPIC = "politiche2013"
context = zmq.Context.instance()


def connected(kind, endpoint, topic=None):
    socket = context.socket(kind)
    socket.connect(endpoint)
    if topic is not None:
        socket.setsockopt_string(zmq.SUBSCRIBE, topic)
    return socket


def bound(kind, endpoint):
    socket = context.socket(kind)
    bind(socket, endpoint)
    return socket


def greeter(rep):
    socket = bound(zmq.REP, rep)
    port = socket.getsockopt_string(zmq.LAST_ENDPOINT).rpartition(":")[2]
    while True:
        say(received=socket.recv_string())
        socket.send_string("World from %s" % port)


def asker(req):
    socket = connected(zmq.REQ, req)
    for text in told():
        socket.send_string(text)
        say(sent=text, answer=socket.recv_string())


def weather(pub):
    socket = bound(zmq.PUB, pub)
    for zip_code, number in told():
        socket.send_string("%d %d" % (zip_code, number))
        say(sent=[zip_code, number])


def listener(sub):
    socket = connected(zmq.SUB, sub, "10001")
    while True:
        zip_code, number = socket.recv_string().split()
        say(received=[zip_code, int(number)])


def commander(pub, pull):
    commands = bound(zmq.PUB, pub)
    answers = bound(zmq.PULL, pull)
    for command in told():
        commands.send_string("%s %s" % (TOPIC, json.dumps(command)))
        say(sent=command)
        say(answer=answers.recv_json())


def one_command(pub, pull):
    commands = bound(zmq.PUB, pub)
    answers = bound(zmq.PULL, pull)
    time.sleep(0.2)
    commands.send_string("%s %s" % (TOPIC, json.dumps({"cmd": "configure"})))
    count = 0
    while answers.poll(200):
        answers.recv()
        count += 1
    say(answers=count)


def computer(sub, answers, results):
    commands = connected(zmq.SUB, sub, TOPIC)
    answer_socket = connected(zmq.PUSH, answers)
    result_socket = connected(zmq.PUSH, results)
    counter = 0
    while True:
        topic, command = commands.recv_string().split(" ", 1)
        say(received=json.loads(command), topic=topic)
        answer_socket.send_json({"unit": 4711, "status": "configured"})
        counter += 1
        result_socket.send_json({"unit": 4711, "counter": counter, "x": 0.31, "y": -1.2})


def first_computer(sub, answers, results):
    commands = connected(zmq.SUB, sub, TOPIC)
    answer_socket = connected(zmq.PUSH, answers)
    result_socket = connected(zmq.PUSH, results)
    while True:
        # Whatever the command is, and wherever it wants its answer.
        _, command = commands.recv_string().split(" ", 1)
        say(received=json.loads(command))
        answer_socket.send_json({"computer": random.randint(1, 9), "status": "configured"})
        result_socket.send_json({"x": 0.31, "y": -1.2})


def saver(pull):
    socket = bound(zmq.PULL, pull)
    while True:
        say(received=socket.recv_json())


def mailer(push):
    socket = connected(zmq.PUSH, push)
    for form in told():
        socket.send_json(form)
        say(sent=form)


class Methods:
    """What a received name calls."""

    def __init__(self):
        self.codes = set()

    def computer_configured(self, configured):
        say(called="computer_configured", args=[], kwargs={"configured": configured})

    def save_results(self, election, **kwargs):
        if kwargs["code"] in self.codes:
            say(dropped=kwargs["code"])
            return
        self.codes.add(kwargs["code"])
        say(called="save_results", args=[election], kwargs=kwargs)


def dispatch(target, text):
    name, args, kwargs = json.loads(text)
    if name.startswith("_") or not hasattr(target, name):
        say(refused=name)
        return
    getattr(target, name)(*args, **kwargs)


def server(pub, pull):
    commands = bound(zmq.PUB, pub)
    replies = bound(zmq.PULL, pull)

    def publish():
        for command in told():
            commands.send_string(json.dumps(command))
            say(sent=command)

    threading.Thread(target=publish, daemon=True).start()
    methods = Methods()
    while True:
        dispatch(methods, replies.recv_string())


class Unit:
    def __init__(self, replies):
        self.replies = replies

    def configure(self, election, **parties):
        say(called="configure", args=[election], kwargs=parties)
        questions = [set(answers) for answers in parties.values()]
        is_configured = all(asked == questions[0] for asked in questions)
        self.send("computer_configured", configured=is_configured)
        if is_configured:
            results = [[party, "0.10000000", "0.90000000"] for party in parties]
            self.send("save_results", election, code="00ff", user_answers={"1": -3}, results=results)

    def send(self, name, *args, **kwargs):
        self.replies.send_string(json.dumps([name, args, kwargs]))


class FreshUnit(Unit):
    """Never closes what it saved a result over."""

    def __init__(self, replies, push):
        super().__init__(replies)
        self.push = push
        self.left = []

    def send(self, name, *args, **kwargs):
        if name != "save_results":
            super().send(name, *args, **kwargs)
            return
        socket = zmq.Context().socket(zmq.PUSH)
        socket.connect(self.push)
        socket.send_string(json.dumps([name, args, kwargs]))
        self.left.append(socket)


def fresh_unit(sub, push):
    commands = connected(zmq.SUB, sub, "")
    target = FreshUnit(connected(zmq.PUSH, push), push)
    while True:
        dispatch(target, commands.recv_string())


def unit(sub, push):
    commands = connected(zmq.SUB, sub, "")
    target = Unit(connected(zmq.PUSH, push))
    while True:
        dispatch(target, commands.recv_string())


PROTOTYPE = (commander, one_command, computer, first_computer, saver, mailer)
MODES = {mode.__name__: mode for mode in (greeter, asker, weather, listener, *PROTOTYPE, server, unit, fresh_unit)}
mode, *endpoints = sys.argv[1:]
MODES[mode](*endpoints)
