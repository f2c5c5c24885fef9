"""Clone: a server that keeps a table, and clients with copies of it. A client subscribes, asks for a snapshot, and goes on with
the updates behind it; it pushes its own updates to the server, which numbers them. Values may end after a time."""

import time

import zmq

from stage import Commands, bound, end_with_stdin, event, play, say, socket

HUGZ = b"HUGZ"
GET = b"ICANHAZ?"
END = b"KTHXBAI"


def number(value):
    return value.to_bytes(8, "big")


def server(snapshot=None, publisher=None, collector=None):
    end_with_stdin()
    router = bound(socket(zmq.ROUTER), snapshot)
    pub = bound(socket(zmq.PUB), publisher)
    pull = bound(socket(zmq.PULL), collector)
    table = {}
    ends = {}
    sequence = 0
    poller = zmq.Poller()
    poller.register(router, zmq.POLLIN)
    poller.register(pull, zmq.POLLIN)

    def publish(key, value):
        nonlocal sequence
        sequence += 1
        if value:
            table[key] = (sequence, value)
        else:
            table.pop(key, None)
        pub.send_multipart([key, number(sequence), value])
        event("publishes", sequence, key, value)

    while True:
        ready = dict(poller.poll(100))
        if pull in ready:
            key, ttl_ms, value = pull.recv_multipart()
            ends.pop(key, None)
            if ttl_ms:
                ends[key] = time.monotonic() + int(ttl_ms) / 1000
            publish(key, value)
        if router in ready:
            who, what, subtree = router.recv_multipart()
            if what == GET:
                for key, (at, value) in sorted(table.items()):
                    if key.startswith(subtree):
                        router.send_multipart([who, key, number(at), value])
                router.send_multipart([who, END, number(sequence), subtree])
        for key in [key for key, until in ends.items() if until <= time.monotonic()]:
            del ends[key]
            publish(key, b"")
        pub.send_multipart([HUGZ, number(sequence), b""])


def client(snapshot, publisher, collector, subtree=""):
    commands = Commands()
    sub = socket(zmq.SUB)
    sub.subscribe(subtree.encode())
    sub.subscribe(HUGZ)
    sub.connect(publisher)
    dealer = socket(zmq.DEALER)
    dealer.connect(snapshot)
    push = socket(zmq.PUSH)
    push.connect(collector)
    # From here on no update is missed.
    while sub.recv_multipart()[0] != HUGZ:
        pass
    dealer.send_multipart([GET, subtree.encode()])
    table = {}
    while True:
        key, at, value = dealer.recv_multipart()
        if key == END:
            sequence = int.from_bytes(at, "big")
            break
        table[key] = value
    event("snapshot", sequence, state(table))
    say(sequence=sequence)
    poller = zmq.Poller()
    poller.register(commands.fileno(), zmq.POLLIN)
    poller.register(sub, zmq.POLLIN)
    while True:
        ready = dict(poller.poll())
        if sub in ready:
            key, at, value = sub.recv_multipart()
            if key == HUGZ or int.from_bytes(at, "big") <= sequence:
                continue
            sequence = int.from_bytes(at, "big")
            if value:
                table[key] = value
            else:
                table.pop(key, None)
            event("update", sequence, key, value)
            say(sequence=sequence)
        if commands.fileno() in ready:
            for command in commands.read():
                if "set" in command:
                    key, value = command["set"]
                    ttl_ms = str(command.get("ttlMs", "")).encode()
                    push.send_multipart([key.encode(), ttl_ms, value.encode()])
                else:
                    event("state", sequence, state(table))


def state(table):
    return {key.decode(): value.decode() for key, value in sorted(table.items())}


if __name__ == "__main__":
    play({"server": server, "client": client})
