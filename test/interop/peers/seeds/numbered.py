"""Numbered messages for bridges, and who takes them.

  numbered.py send <dealer> <first> <count> <window>
                               sends the numbers in order to a REP, as many at once as the window says, checks that each is
                               answered with status 200 in order, and says how many
  numbered.py serve <rep> <file>
                               binds a REP; appends each message as a line to the file, which begins with a line "start" for
                               each process, and only then replies
"""

import json
import os
import sys
import time

import zmq

from speech import bind, say

OK = b'{"status_code": 200, "status_message": "OK"}'


def send(endpoint, first, count, window):
    socket = zmq.Context.instance().socket(zmq.DEALER)
    socket.linger = 0
    socket.sndhwm = socket.rcvhwm = 0
    socket.connect(endpoint)
    end = int(first) + int(count)
    sent = answered = int(first)
    while answered < end:
        while sent < end and sent - answered < int(window):
            socket.send_multipart([b"", b"%d" % sent, b"\xff\xfe", b""])
            sent += 1
        _, reply = socket.recv_multipart()
        if json.loads(reply)["status_code"] != 200:
            raise SystemExit("number %d was answered with %r" % (answered, reply))
        answered += 1
        if answered % 1000 == 0:
            say(answered=answered)
    say(answered=answered, all=True)


def serve(endpoint, path):
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    socket = zmq.Context.instance().socket(zmq.REP)
    socket.linger = 0
    while True:
        try:
            bind(socket, endpoint)
            break
        except zmq.ZMQError:
            # That of the process before is free a moment later.
            time.sleep(0.01)
    os.write(log, b"start\n")
    while True:
        number, binary, empty = socket.recv_multipart()
        if binary != b"\xff\xfe" or empty != b"":
            raise SystemExit("number %r came with other frames" % number)
        os.write(log, number + b"\n")
        socket.send(OK)
        if number.endswith(b"99"):
            say(taken=int(number))


mode, *arguments = sys.argv[1:]
{"send": send, "serve": serve}[mode](*arguments)
