"""XML-RPC documents over ZeroMQ, with Python's own xmlrpc.client; methods and results look like Pyblish's.

  xmlRpc.py server <rep>    binds a REP
  xmlRpc.py client <req>    connects a REQ; calls [method, arguments…] as it is told on stdin, and says the result or fault
"""

import sys
import xmlrpc.client

import zmq

from speech import bind, say, told


class Host:
    def ping(self):
        return {"message": "Hello, whomever you are"}

    def echo(self, value):
        return value

    def nothing(self):
        return None

    def reset(self, strict):
        raise ValueError("cannot reset")

    def process(self, plugin, instance, action):
        failed = plugin["name"] == "ValidateRig"
        error = {"message": "no joints", "fname": "rig.py", "line_number": 7, "func": "process", "exc": "ValueError"}
        return {
            "success": not failed,
            "plugin": plugin,
            "instance": instance,
            "error": error if failed else None,
            "records": [],
            "duration": 0.25,
        }


def respond(document):
    args, method = xmlrpc.client.loads(document)
    say(called=method, args=repr(args))
    try:
        value = getattr(Host(), method)(*args)
    except Exception as error:
        fault = xmlrpc.client.Fault(1, "%s:%s" % (type(error), error))
        return xmlrpc.client.dumps(fault, allow_none=True)
    return xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True)


def server(endpoint):
    socket = zmq.Context.instance().socket(zmq.REP)
    bind(socket, endpoint)
    while True:
        socket.send_string(respond(socket.recv_string()))


def client(endpoint):
    socket = zmq.Context.instance().socket(zmq.REQ)
    socket.linger = 0
    socket.connect(endpoint)
    for method, *args in told():
        socket.send_string(xmlrpc.client.dumps(tuple(args), method, allow_none=True))
        try:
            (value,), _ = xmlrpc.client.loads(socket.recv_string())
            say(sent=[method, *args], value=value)
        except xmlrpc.client.Fault as fault:
            say(sent=[method, *args], fault=[fault.faultCode, fault.faultString])


mode, endpoint = sys.argv[1:]
server(endpoint) if mode == "server" else client(endpoint)
