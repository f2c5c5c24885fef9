"""Freelance: a client without a broker that asks all servers at once and takes the first answer to its question; and one that
knows each server by its identity and asks one that has answered its pings."""

import time

import zmq

from stage import bound, end_with_stdin, event, play, say, socket, told


def server(name, endpoint=None):
    """Of the client that asks all: answers with the number of the question."""
    end_with_stdin()
    rep = bound(socket(zmq.REP), endpoint)
    while True:
        number, *question = rep.recv_multipart()
        rep.send_multipart([number, b"OK", *question])
        say(answered=question[0].decode())


def shotgun(endpoints):
    dealer = socket(zmq.DEALER)
    for endpoint in endpoints:
        dealer.connect(endpoint)
    number = 0
    for command in told():
        number += 1
        for _ in endpoints:
            dealer.send_multipart([b"", str(number).encode(), command["ask"].encode()])
        while True:
            _, answered, *answer = dealer.recv_multipart()
            if int(answered) == number:
                break
        event("answer", *answer)


def named_server(name, endpoint=None):
    """Of the client that pings: a ROUTER that goes by its name."""
    end_with_stdin()
    router = bound(socket(zmq.ROUTER, name), endpoint)
    while True:
        who, what, *rest = router.recv_multipart()
        if what == b"PING":
            router.send_multipart([who, b"PONG"])
        else:
            router.send_multipart([who, what, name.encode(), *rest])


def pinging(servers, timeout_ms):
    """Asks the first of the servers, in order, that was heard of within the last second."""
    router = socket(zmq.ROUTER)
    heard = {}
    for name, endpoint in servers:
        router.connect(endpoint)
        heard[name.encode()] = 0

    def ping():
        for name in heard:
            router.send_multipart([name, b"PING"])

    def receive(until):
        """What comes until then; pongs are noted."""
        while (left := until - time.monotonic()) > 0:
            if router.poll(left * 1000):
                name, what, *rest = router.recv_multipart()
                heard[name] = time.monotonic()
                if what != b"PONG":
                    yield what, rest

    number = 0
    for command in told():
        number += 1
        answer = None
        while answer is None:
            # A server that was not connected yet misses its ping: it gets another one.
            ping()
            for _ in receive(time.monotonic() + 0.2):
                pass
            alive = [name for name, at in heard.items() if time.monotonic() - at < 1]
            if not alive:
                continue
            router.send_multipart([alive[0], str(number).encode(), command["ask"].encode()])
            for what, rest in receive(time.monotonic() + timeout_ms / 1000):
                if what == str(number).encode():
                    answer = rest
                    break
            else:
                heard[alive[0]] = 0
        event("answer", *answer)


if __name__ == "__main__":
    play({"server": server, "shotgun": shotgun, "named_server": named_server, "pinging": pinging})
