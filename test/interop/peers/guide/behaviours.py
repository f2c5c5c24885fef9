"""Behaviours of libzmq's sockets as pyzmq documents them, one function each, which returns what a program can see of it.

Told {"case": name}, it answers {"value": {"result": ...}}. Where a socket connects it says {"value": {"link": endpoint}} first,
and is told {"endpoint": ...}: the same one, or that of a tap before it. Told {}, it answers what there is.
"""

import hashlib
import json
import os
import socket as sockets
import sys
import threading
import time

import zmq
from zmq.auth.thread import ThreadAuthenticator
from zmq.utils.monitor import recv_monitor_message

WAIT_MS = 20_000
EVENTS = {
    getattr(zmq, name): name[6:]
    for name in dir(zmq)
    if name.startswith("EVENT_") and not name.startswith("EVENT_ALL")
}

printing = threading.Lock()


def say(**line):
    with printing:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def ask():
    line = sys.stdin.readline()
    if not line:
        os._exit(0)
    return json.loads(line)


def link(endpoint):
    say(value={"link": endpoint})
    return ask()["endpoint"]


class Play:
    """The sockets of one case, closed at its end."""

    def __init__(self):
        self.context = zmq.Context()
        self.context.max_sockets = 4096
        self.ends = []

    def socket(self, kind, **options):
        made = self.context.socket(kind)
        made.linger = 0
        made.rcvtimeo = made.sndtimeo = WAIT_MS
        for name, value in options.items():
            made.setsockopt(getattr(zmq, name.upper()), value)
        return made

    def bound(self, kind, endpoint="tcp://127.0.0.1:*", **options):
        made = self.socket(kind, **options)
        while True:
            try:
                made.bind(endpoint)
                return made
            except zmq.ZMQError as error:  # The port of a closed socket is free a moment later.
                if error.errno not in (zmq.EADDRINUSE, zmq.EAGAIN):
                    raise
                time.sleep(0.005)

    def connected(self, kind, server, **options):
        made = self.socket(kind, **options)
        made.connect(link(endpoint(server)))
        return made

    def watched(self, made):
        """The names of its monitor's events, in order, as they come. To be stopped before the socket closes."""
        events = Events(made)
        self.ends.append(events.stop)
        return events

    def watched_client(self, kind, server, **options):
        """Connects to an endpoint, watched from the beginning."""
        made = self.socket(kind, **options)
        events = self.watched(made)
        made.connect(link(server))
        return made, events

    def end(self):
        for end in self.ends:
            end()
        self.context.destroy(linger=0)


class Events:
    def __init__(self, made):
        self.names = []
        self.details = []
        self.changed = threading.Condition()
        self.made = made
        self.monitor = made.get_monitor_socket()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                told = recv_monitor_message(self.monitor)
            except zmq.ZMQError:
                return
            with self.changed:
                self.names.append(EVENTS[told["event"]])
                self.details.append(told)
                self.changed.notify_all()
            if told["event"] == zmq.EVENT_MONITOR_STOPPED:
                return

    def until(self, name, count=1):
        with self.changed:
            if not self.changed.wait_for(lambda: self.names.count(name) >= count, WAIT_MS / 1000):
                raise TimeoutError(f"no {name} among {self.names}")

    def stop(self):
        if self.thread.is_alive():
            self.made.disable_monitor()
            self.thread.join()


def endpoint(made):
    return made.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode()


def error_of(act):
    try:
        act()
    except zmq.ZMQError as error:
        return {zmq.EAGAIN: "EAGAIN", zmq.EFSM: "EFSM", zmq.EHOSTUNREACH: "EHOSTUNREACH"}.get(
            error.errno, zmq.strerror(error.errno)
        )
    return None


def until(holds, seconds=WAIT_MS / 1000):
    end = time.monotonic() + seconds
    while True:
        value = holds()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError("it did not come to hold")
        time.sleep(0.005)


def gone(made):
    """Closes a socket that listens, and waits until nobody is let in any more."""
    host, _, port = endpoint(made).rpartition("/")[2].rpartition(":")
    made.close()

    def refuses():
        with sockets.socket() as visitor:
            return visitor.connect_ex((host, int(port))) != 0

    until(refuses)


def texts(messages):
    return [[frame.decode() for frame in frames] for frames in messages]


def count(made, number):
    return [made.recv_multipart() for _ in range(number)]


# ---- Waiting


def poll(play):
    """poll() says what can be done now, for several sockets, and ends in its time where nothing can."""
    pull = play.bound(zmq.PULL)
    idle = play.bound(zmq.PULL)
    push = play.connected(zmq.PUSH, pull)
    poller = zmq.Poller()
    poller.register(pull, zmq.POLLIN)
    poller.register(idle, zmq.POLLIN)
    told = {"nothing yet": len(poller.poll(0))}
    told["may send"] = push.poll(WAIT_MS, zmq.POLLOUT)
    push.send(b"a")
    told["readable"] = [made is pull for made, _ in poller.poll(WAIT_MS)]
    told["again"] = pull.poll(0)
    pull.recv()
    told["read"] = pull.poll(0)
    return told


def no_block(play):
    """NOBLOCK fails with EAGAIN where a call would wait; a call out of turn fails with EFSM."""
    pull = play.bound(zmq.PULL)
    rep = play.bound(zmq.REP)
    req = play.connected(zmq.REQ, rep)
    told = {
        "nothing to read": error_of(lambda: pull.recv(zmq.NOBLOCK)),
        "nobody to send to": error_of(lambda: play.bound(zmq.PUSH).send(b"", zmq.NOBLOCK)),
        "answer before the question": error_of(lambda: rep.send(b"")),
    }
    req.send(b"q")
    told["second question"] = error_of(lambda: req.send(b"q"))
    rep.recv()
    told["reads before it answers"] = error_of(rep.recv)
    rep.send(b"a")
    told["answer"] = req.recv().decode()
    pull.rcvtimeo = 20
    told["in its time"] = error_of(pull.recv)
    return told


def back_pressure(play):
    """A sender whose receiver does not read is held up, and nothing is lost when it goes on. How much is under way differs."""
    pull = play.bound(zmq.PULL, rcvhwm=5)
    push = play.connected(zmq.PUSH, pull, sndhwm=5)
    sent = 0
    while push.poll(700, zmq.POLLOUT):
        push.send(sent.to_bytes(8, "big") + b"x" * 100_000)
        sent += 1
    told = {"held up": error_of(lambda: push.send(b"", zmq.NOBLOCK))}
    told["in order"] = [int.from_bytes(frames[0][:8], "big") for frames in count(pull, sent)] == list(range(sent))
    told["nothing more"] = error_of(lambda: pull.recv(zmq.NOBLOCK))
    push.send(b"goes on")
    told["then"] = pull.recv().decode()
    return {**told, "differs": {"under way": sent}}


def no_drop(play):
    """An XPUB with NODROP says EAGAIN to a slow subscriber rather than to lose anything."""
    xpub = play.bound(zmq.XPUB, sndhwm=5, xpub_nodrop=1)
    sub = play.connected(zmq.SUB, xpub, rcvhwm=5, subscribe=b"")
    xpub.recv()
    sent = 0
    while xpub.poll(0, zmq.POLLOUT) and error_of(
        lambda: xpub.send(sent.to_bytes(8, "big") + b"x" * 100_000, zmq.NOBLOCK)
    ) is None:
        sent += 1
        time.sleep(0.002)
    numbers = [int.from_bytes(frames[0][:8], "big") for frames in count(sub, sent)]
    return {"in order": numbers == list(range(sent)), "was held up": sent > 5, "differs": {"under way": sent}}


def linger(play):
    """What a closed socket still has is sent with LINGER, and dropped without."""
    pull = play.bound(zmq.PULL)
    for value, number in ((-1, 2000), (5000, 3000)):
        push = play.connected(zmq.PUSH, pull)
        push.linger = value
        for at in range(number):
            push.send(b"%d" % at)
        push.close()
    told = {"arrived": sorted({frames[0] for frames in count(pull, 5000)})[-1].decode()}
    nowhere = play.bound(zmq.PULL)
    target = endpoint(nowhere)
    where = link(target)
    gone(nowhere)
    push = play.socket(zmq.PUSH)
    push.connect(where)
    push.send(b"dropped")
    push.close(linger=0)
    late = play.bound(zmq.PULL, target)
    other = play.socket(zmq.PUSH)
    other.connect(where)
    other.send(b"kept")
    told["first of the late one"] = late.recv().decode()
    return told


# ---- Publishing


def conflate(play):
    """CONFLATE keeps the latest message only."""
    push = play.bound(zmq.PUSH)
    pull = play.connected(zmq.PULL, push, conflate=1)
    for number in range(200):
        push.send(b"%d" % number)
    last = until(lambda: pull.recv() == b"199")
    return {"the last": last, "nothing more": error_of(lambda: pull.recv(zmq.NOBLOCK))}


def xpub_changes(play):
    """An XPUB hears of each topic's first and last subscriber; of all with VERBOSE and VERBOSER; of none twice in a link."""
    told = {}
    for name, options in (("plain", {}), ("verbose", {"xpub_verbose": 1}), ("verboser", {"xpub_verboser": 1})):
        xpub = play.bound(zmq.XPUB, **options)
        heard = []
        one = play.connected(zmq.SUB, xpub, subscribe=b"a")
        heard.append(xpub.recv())
        two = play.connected(zmq.SUB, xpub, subscribe=b"a")
        two.subscribe(b"second")
        while heard[-1] != b"\1second":
            heard.append(xpub.recv())
        one.unsubscribe(b"a")
        one.subscribe(b"third")
        while heard[-1] != b"\1third":
            heard.append(xpub.recv())
        two.unsubscribe(b"a")
        two.subscribe(b"fourth")
        while heard[-1] != b"\1fourth":
            heard.append(xpub.recv())
        two.close()
        while b"\0fourth" not in heard:
            heard.append(xpub.recv())
        told[name] = [change.decode("latin1") for change in heard]
        for made in (one, xpub):
            made.close()
    return told


def welcome(play):
    """An XPUB's welcome message reaches each new subscriber that asked for its topic, before anything else."""
    xpub = play.bound(zmq.XPUB, xpub_welcome_msg=b"welcome", xpub_verbose=1)
    told = []
    for _ in range(2):
        sub = play.connected(zmq.SUB, xpub, subscribe=b"")
        # A publisher takes note of subscribers while it is used.
        while xpub.recv() != b"\1":
            pass
        told.append(sub.recv().decode())
        sub.close()
    return told


def subscription_counts(play):
    """A topic that was subscribed twice is cancelled by the second unsubscribe; longer topics match as well."""
    xpub = play.bound(zmq.XPUB)
    sub = play.connected(zmq.SUB, xpub)
    for topic in (b"a", b"a", b"ab", b"end"):
        sub.subscribe(topic)

    def hear():
        """What arrives of one of each, up to the last."""
        for topic in (b"a", b"abc", b"b", b"end"):
            xpub.send(topic)
        heard = []
        while heard[-1:] != [b"end"]:
            heard.append(sub.recv())
        return [topic.decode() for topic in heard]

    def settle(mark):
        """Waits until the publisher has heard what was said before."""
        sub.subscribe(mark)
        changes = []
        while changes[-1:] != [b"\1" + mark]:
            changes.append(xpub.recv())
        return [change.decode("latin1") for change in changes]

    told = [settle(b"mark 1"), hear()]
    sub.unsubscribe(b"a")
    told += [settle(b"mark 2"), hear()]
    sub.unsubscribe(b"a")
    told += [settle(b"mark 3"), hear()]
    return told


# ---- Routing


def router_mandatory(play):
    """A ROUTER with MANDATORY says EHOSTUNREACH of a peer that never came, or has left; else it drops silently."""
    router = play.bound(zmq.ROUTER, router_mandatory=1)
    told = {"never came": error_of(lambda: router.send_multipart([b"x", b"to nobody"]))}
    dealer = play.connected(zmq.DEALER, router, identity=b"x")
    dealer.send(b"here")
    told["here"] = texts([router.recv_multipart()])
    told["reached"] = error_of(lambda: router.send_multipart([b"x", b"hello"]))
    told["heard"] = dealer.recv().decode()
    dealer.close()
    told["left"] = until(lambda: error_of(lambda: router.send_multipart([b"x", b"gone?"])))
    # Not by the same name: a ROUTER may still hold that one for a moment, and would ignore its next owner.
    again = play.connected(zmq.DEALER, router, identity=b"y")
    again.send(b"back")
    told["back"] = texts([router.recv_multipart()])
    silent = play.bound(zmq.ROUTER)
    told["without"] = error_of(lambda: silent.send_multipart([b"x", b"to nobody"]))
    return told


def router_handover(play):
    """A second peer with an identity in use is ignored; with HANDOVER it takes over."""
    told = {}
    for name, handover in (("kept", 0), ("handed over", 1)):
        router = play.bound(zmq.ROUTER, router_handover=handover)
        first = play.connected(zmq.DEALER, router, identity=b"same", reconnect_ivl=-1)
        first.send(b"first")
        heard = [router.recv_multipart()]
        second, events = play.watched_client(zmq.DEALER, endpoint(router), identity=b"same", reconnect_ivl=-1)
        events.until("HANDSHAKE_SUCCEEDED")
        second.send(b"second")
        if handover:
            heard.append(router.recv_multipart())
        else:
            first.send(b"first again")
            heard.append(router.recv_multipart())
        router.send_multipart([b"same", b"answer"])
        told[name] = {
            "heard": texts(heard),
            "answered": (second if handover else first).recv().decode(),
            "the other": error_of(lambda: (first if handover else second).recv(zmq.NOBLOCK)),
        }
        events.stop()
        for made in (first, second, router):
            made.close()
    return told


def req_relaxed(play):
    """A REQ with RELAXED and CORRELATE may ask again, and takes only the answer to its last question."""
    router = play.bound(zmq.ROUTER)
    req = play.connected(zmq.REQ, router, req_relaxed=1, req_correlate=1)
    req.send(b"q1")
    first = router.recv_multipart()
    req.send(b"q2")
    second = router.recv_multipart()
    router.send_multipart([*first[:3], b"a1"])
    router.send_multipart([*second[:3], b"a2"])
    told = {"frames": [len(frame) for frame in first[1:]], "questions": [first[3].decode(), second[3].decode()]}
    told["answer"] = req.recv().decode()
    return told


def probe_router(play):
    """PROBE_ROUTER tells a ROUTER of a peer that has not said anything yet."""
    router = play.bound(zmq.ROUTER)
    dealer = play.connected(zmq.DEALER, router, identity=b"quiet", probe_router=1)
    told = texts([router.recv_multipart()])
    router.send_multipart([b"quiet", b"you first"])
    return [told, dealer.recv().decode()]


def connect_routing_id(play):
    """A ROUTER names a peer that it connects to."""
    dealer = play.bound(zmq.DEALER)
    router = play.socket(zmq.ROUTER, connect_routing_id=b"it", router_mandatory=1)
    router.connect(link(endpoint(dealer)))
    until(lambda: error_of(lambda: router.send_multipart([b"it", b"hello"])) is None)
    told = [dealer.recv().decode()]
    dealer.send(b"yes")
    return [*told, *texts([router.recv_multipart()])]


def pair_is_for_two(play):
    """A PAIR that has its peer takes no other; it takes one when the first has left."""
    pair = play.bound(zmq.PAIR)
    first = play.connected(zmq.PAIR, pair)
    first.send(b"one")
    told = [pair.recv().decode()]
    second, events = play.watched_client(zmq.PAIR, endpoint(pair))
    events.until("HANDSHAKE_SUCCEEDED")
    second.send(b"two")
    pair.send(b"for the first")
    told.append(first.recv().decode())
    told.append(error_of(lambda: second.recv(zmq.NOBLOCK)))
    return told


def metadata(play):
    """What a message says of its sender."""
    router = play.bound(zmq.ROUTER)
    dealer = play.connected(zmq.DEALER, router, identity=b"me")
    dealer.send(b"x")
    frames = router.recv_multipart(copy=False)
    told = {name: frames[-1].get(name) for name in ("Socket-Type", "Peer-Address")}
    told["Identity"] = frames[-1].get("Identity")
    return told


# ---- Connecting


def immediate(play):
    """A socket with IMMEDIATE queues nothing for a server that is not there."""
    nowhere = play.bound(zmq.PULL)
    target = endpoint(nowhere)
    where = link(target)
    gone(nowhere)
    push = play.socket(zmq.PUSH, immediate=1)
    push.connect(where)
    told = {"nobody there": error_of(lambda: push.send(b"x", zmq.NOBLOCK))}
    time.sleep(0.3)
    told["still nobody"] = error_of(lambda: push.send(b"x", zmq.NOBLOCK))
    pull = play.bound(zmq.PULL, target)
    push.send(b"there")
    told["arrived"] = pull.recv().decode()
    told["nothing before"] = error_of(lambda: pull.recv(zmq.NOBLOCK))
    return told


def without_immediate(play):
    """Without it, what is sent before the server is there waits for it."""
    nowhere = play.bound(zmq.PULL)
    target = endpoint(nowhere)
    where = link(target)
    gone(nowhere)
    push = play.socket(zmq.PUSH)
    push.connect(where)
    for number in range(50):
        push.send(b"%d" % number)
    pull = play.bound(zmq.PULL, target)
    return [int(frames[0]) for frames in count(pull, 50)]


def server_restarts(play):
    """The client of a server that goes is told, connects again by itself, and goes on."""
    rep = play.bound(zmq.REP)
    target = endpoint(rep)
    server = play.watched(rep)
    req, client = play.watched_client(zmq.REQ, target)

    def talk(with_rep):
        req.send(b"q")
        with_rep.recv()
        with_rep.send(b"a")
        return req.recv().decode()

    told = {"before": talk(rep)}
    server.stop()
    rep.close()
    client.until("CONNECT_RETRIED", 3)
    rep = play.bound(zmq.REP, target)
    server = play.watched(rep)
    told["after"] = talk(rep)
    told["client"] = client_story(client.names)
    client.stop()
    req.close()
    server.until("DISCONNECTED")
    told["server"] = list(server.names)
    return told


def client_story(names):
    """Events of a client's monitor, with all tries of one wait as one. Of a try that was let in and sent away again: where."""
    story = []
    for name in names:
        if name in ("CONNECT_DELAYED", "CONNECT_RETRIED", "CLOSED"):
            name = "tries"
        if story[-1:] != [name]:
            story.append(name)
    return story


def no_reconnect(play):
    """RECONNECT_IVL -1 makes a client stay away once its server has gone."""
    rep = play.bound(zmq.REP)
    target = endpoint(rep)
    _, events = play.watched_client(zmq.REQ, target, reconnect_ivl=-1)
    events.until("HANDSHAKE_SUCCEEDED")
    rep.close()
    events.until("DISCONNECTED")
    rep = play.bound(zmq.REP, target)
    time.sleep(0.5)
    return [events.names.count("CONNECTED"), "CONNECT_RETRIED" in events.names, rep.poll(0)]


def disconnect(play):
    """A socket that disconnects is gone at once, and may come back."""
    router = play.bound(zmq.ROUTER, router_mandatory=1)
    where = link(endpoint(router))
    dealer = play.socket(zmq.DEALER)
    dealer.connect(where)
    dealer.send(b"1")
    who, first = router.recv_multipart()
    told = [first.decode()]
    dealer.disconnect(where)
    # A socket ends its connections while it is used.
    told.append(until(lambda: dealer.poll(0) or error_of(lambda: router.send_multipart([who, b"?"]))))
    dealer.connect(where)
    dealer.send(b"2")
    return [*told, router.recv_multipart()[1].decode()]


def message_too_long(play):
    """A server with MAXMSGSIZE ends the connection of who sends more, and serves it when it comes back."""
    pull = play.bound(zmq.PULL, maxmsgsize=1000)
    push, events = play.watched_client(zmq.PUSH, endpoint(pull))
    push.send(b"x" * 1000)
    told = [len(pull.recv())]
    push.send(b"x" * 1001)
    events.until("DISCONNECTED")
    events.until("HANDSHAKE_SUCCEEDED", 2)
    push.send(b"x" * 10)
    told.append(len(pull.recv()))
    return told


def handshake_time(play):
    """A client gives up on a server that accepts and says nothing, and tries again."""
    silent = sockets.create_server(("127.0.0.1", 0))
    play.ends.append(silent.close)
    _, events = play.watched_client(zmq.PUSH, f"tcp://127.0.0.1:{silent.getsockname()[1]}", handshake_ivl=300)
    events.until("CONNECT_RETRIED")
    return client_story(events.names)[:4]


def plain_refused(play):
    """A password that the server does not know is refused with status 400, once and for all; the right one is let in."""
    auth = ThreadAuthenticator(play.context)
    auth.start()
    play.ends.append(auth.stop)
    auth.configure_plain(domain="*", passwords={"admin": "secret"})
    pull = play.bound(zmq.PULL, plain_server=1)
    told = {}
    for password in (b"wrong", b"secret"):
        options = {"plain_username": b"admin", "plain_password": password}
        push, events = play.watched_client(zmq.PUSH, endpoint(pull), **options)
        if password == b"secret":
            push.send(b"let in")
            told["let in"] = pull.recv().decode()
        else:
            events.until("HANDSHAKE_FAILED_AUTH")
            (refused,) = (each for each in events.details if each["event"] == zmq.EVENT_HANDSHAKE_FAILED_AUTH)
            told["refused"] = refused["value"]
            time.sleep(0.5)
            told["tries"] = events.names.count("CONNECTED")
        events.stop()
        push.close()
    return told


# ---- Messages


def many_frames(play):
    """A message of 2,000 frames arrives whole, with each empty one."""
    pull = play.bound(zmq.PULL)
    push = play.connected(zmq.PUSH, pull)
    push.send_multipart([b"x" * (number % 300) for number in range(2000)])
    return [len(frame) for frame in pull.recv_multipart()]


def large_messages(play):
    """Messages of up to 64 MiB arrive as they were."""
    pull = play.bound(zmq.PULL)
    push = play.connected(zmq.PUSH, pull)
    told = []
    for size in (0, 255, 256, 8192, 1 << 20, 64 << 20):
        sent = hashlib.sha256(str(size).encode()).digest() * (size // 32) + b"." * (size % 32)
        push.send(sent, copy=False)
        told.append(hashlib.sha256(pull.recv()).hexdigest() == hashlib.sha256(sent).hexdigest())
    return told


def proxy(play):
    """A proxy that can be steered forwards, pauses, goes on, counts, and ends."""
    front = play.bound(zmq.ROUTER)
    back = play.bound(zmq.DEALER)
    control, steered = play.socket(zmq.PAIR), play.socket(zmq.PAIR)
    steered.bind("inproc://steer")
    control.connect("inproc://steer")
    running = threading.Thread(target=zmq.proxy_steerable, args=(front, back, None, steered), daemon=True)
    req = play.connected(zmq.REQ, front)
    rep = play.connected(zmq.REP, back)
    running.start()

    def talk():
        req.send(b"question")
        rep.recv()
        rep.send(b"answer")
        return req.recv().decode()

    told = [talk() for _ in range(3)]
    control.send(b"PAUSE")
    req.send(b"question")
    told.append(rep.poll(300))
    control.send(b"RESUME")
    told.append(rep.recv().decode())
    rep.send(b"answer")
    told.append(req.recv().decode())
    control.send(b"STATISTICS")
    told.append([int.from_bytes(frame, "little") for frame in control.recv_multipart()])
    control.send(b"TERMINATE")
    running.join()
    return told


def stream(play):
    """STREAM sockets, which speak no ZMTP, get each other's octets."""
    server = play.bound(zmq.STREAM)
    client = play.connected(zmq.STREAM, server)
    peer, hello = client.recv_multipart()
    visitor, greeting = server.recv_multipart()
    told = [hello.decode(), greeting.decode()]
    client.send_multipart([peer, b"GET / HTTP/1.0\r\n\r\n"])
    told.append(server.recv_multipart()[1].decode())
    server.send_multipart([visitor, b"HTTP/1.0 200 OK\r\n\r\n"])
    told.append(client.recv_multipart()[1].decode())
    return told


CASES = {
    case.__name__: case
    for case in (
        poll,
        no_block,
        back_pressure,
        no_drop,
        linger,
        conflate,
        xpub_changes,
        welcome,
        subscription_counts,
        router_mandatory,
        router_handover,
        req_relaxed,
        probe_router,
        connect_routing_id,
        pair_is_for_two,
        metadata,
        immediate,
        without_immediate,
        server_restarts,
        no_reconnect,
        disconnect,
        message_too_long,
        handshake_time,
        plain_refused,
        many_frames,
        large_messages,
        proxy,
        stream,
    )
}


def main():
    while True:
        case = ask().get("case")
        if case is None:
            say(value={"cases": list(CASES), "draft": zmq.has("draft")})
            continue
        play = Play()
        try:
            say(value={"result": CASES[case](play)})
        except Exception as error:  # Whatever it is, the test must hear of it.
            say(error=f"{case}: {type(error).__name__}: {error}")
        play.end()


main()
