"""Pyblish's two programs, each a server of the other's calls, with Python's own xmlrpc: a host and its GUI.

  pyblish.py host              serves /pyblish on a free port
  pyblish.py gui               serves / and /RPC2 on a free port
  pyblish.py plain             serves function(a, b), echo, slow and types on a free port, with keep-alive

Each calls others as it is told on stdin, [url, method, arguments…], over one connection per url, and says the result,
fault or error.
"""

import sys
import threading
import time
import xmlrpc.client
from socketserver import ThreadingMixIn
from xmlrpc.server import SimpleXMLRPCRequestHandler, SimpleXMLRPCServer

from speech import say, told


class Server(ThreadingMixIn, SimpleXMLRPCServer):
    daemon_threads = True


class HostHandler(SimpleXMLRPCRequestHandler):
    rpc_paths = ("/pyblish",)


class KeptHandler(SimpleXMLRPCRequestHandler):
    protocol_version = "HTTP/1.1"


class Host:
    def __init__(self):
        self.requests = 0

    def _dispatch(self, method, params):
        self.requests += 1
        if method.startswith("_") or not hasattr(self, method):
            raise Exception('method "%s" is not supported' % method)
        return getattr(self, method)(*params)

    def ping(self):
        return {"message": "Hello, whomever you are"}

    def stats(self):
        return {"totalRequestCount": self.requests}

    def reset(self):
        self.requests = 0

    def context(self):
        return {"name": "Context", "id": "context-id", "data": {"user": "me"}, "children": [self.instance()]}

    def instance(self):
        return {"name": "hero", "id": "hero-id", "data": {"family": "rig"}, "children": []}

    def discover(self):
        return [
            {"name": name, "id": name + "-id", "order": order, "families": ["rig"], "hosts": ["*"], "type": "Plugin"}
            for name, order in (("CollectRig", 0.0), ("ValidateRig", 1.0))
        ]

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

    def emit(self, signal, kwargs):
        raise ValueError("no such signal: %s" % signal)


class Gui:
    def show(self, port, settings=None):
        return None

    def hide(self):
        return None

    def ping(self):
        return {"message": "Hello, whomever you are"}

    def heartbeat(self, port):
        return None

    def find_available_port(self, start=9001):
        return start


class Plain:
    def function(self, a, b):
        return a + b

    def echo(self, value):
        return value

    def slow(self, seconds):
        time.sleep(seconds)
        return seconds

    def text(self, size):
        return "x" * size

    def types(self):
        return {
            "nil": None,
            "base64": xmlrpc.client.Binary(b"\x00\xff\n"),
            "date": xmlrpc.client.DateTime("20260102T03:04:05"),
            "int": -5,
            "double": 2.5,
            "boolean": True,
            "string": "a<&>\u017e",
            "array": [1, [2.0, []]],
        }


def serve(instance, handler):
    server = Server(("127.0.0.1", 0), handler, allow_none=True, logRequests=False)
    server.register_instance(instance)
    server.register_introspection_functions()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path = "/pyblish" if handler is HostHandler else ""
    say(bound="http://127.0.0.1:%d%s" % (server.server_address[1], path))


def answer(proxies, url, method, args):
    proxy = proxies.setdefault(url, xmlrpc.client.ServerProxy(url, allow_none=True))
    try:
        return {"value": getattr(proxy, method)(*args)}
    except xmlrpc.client.Fault as fault:
        return {"fault": [fault.faultCode, fault.faultString]}
    except xmlrpc.client.ProtocolError as error:
        return {"error": [error.errcode, error.errmsg]}


ROLES = {
    "host": (Host(), HostHandler),
    "gui": (Gui(), SimpleXMLRPCRequestHandler),
    "plain": (Plain(), KeptHandler),
}
serve(*ROLES[sys.argv[1]])
proxies = {}
for url, method, *args in told():
    say(called=method, **answer(proxies, url, method, args))
