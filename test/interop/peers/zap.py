"""A ZAP handler (RFC 27) for tests: authenticate(context, rules) answers every request of this process until it ends.

The rules are a dictionary. All that are there must hold, and whoever breaks one is answered with "status":
  "allowAny": true            any credentials will do
  "keys": ["<Z85>", ...]      CURVE clients with these public keys
  "passwords": {user: word}   PLAIN users
  "addresses": ["127.0.0.1"]  clients from these addresses, whatever the mechanism
  "status": "400"             answer to the others: 300 (try again later), 400 (refused) or 500 (the handler failed)
"""

import threading

import zmq
from zmq.utils import z85


def is_allowed(rules, address, mechanism, credentials):
    if "addresses" in rules and address.decode() not in rules["addresses"]:
        return False
    if rules.get("allowAny"):
        return True
    if mechanism == b"CURVE":
        return z85.encode(credentials[0]).decode() in rules.get("keys", [])
    if mechanism == b"PLAIN":
        user, password = (part.decode() for part in credentials)
        return rules.get("passwords", {}).get(user) == password
    return mechanism == b"NULL" and "addresses" in rules


def authenticate(context, rules):
    handler = context.socket(zmq.REP)
    handler.bind("inproc://zeromq.zap.01")

    def serve():
        while True:
            version, request, _domain, address, _identity, mechanism, *credentials = handler.recv_multipart()
            if is_allowed(rules, address, mechanism, credentials):
                status, reason = b"200", b"OK"
            else:
                status, reason = rules.get("status", "400").encode(), b"No"
            handler.send_multipart([version, request, status, reason, b"somebody", b""])

    threading.Thread(target=serve, daemon=True).start()
