"""Binary star: two servers of which one is active. Each tells the other its state; the passive one takes over when the active one
is silent and a client asks it, so that a broken connection between the two alone makes no second active one."""

import time

import zmq

from stage import Commands, bound, event, play, say, socket, told

BEAT = 0.25
SILENT = 1.5


class Server:
    """The state machine; `state` is what it tells its peer."""

    def __init__(self, name):
        self.name = name
        self.peer_until = time.monotonic() + SILENT
        self.become(name)

    def become(self, state):
        self.state = state
        event("state", state)

    def peer_says(self, peer):
        self.peer_until = time.monotonic() + SILENT
        if self.state == "primary":
            if peer == "backup":
                self.become("active")
            elif peer == "active":
                self.become("passive")
        elif self.state == "backup":
            if peer == "active":
                self.become("passive")
        elif self.state == "passive" and peer in ("primary", "backup"):
            # The other one was started anew, so somebody must serve.
            self.become("active")

    def may_serve(self):
        """A client asks."""
        is_alone = time.monotonic() >= self.peer_until
        if self.state in ("primary", "passive") and is_alone:
            self.become("active")
        return self.state == "active"


def server(name, frontend=None, states=None):
    front = bound(socket(zmq.ROUTER), frontend)
    pub = bound(socket(zmq.PUB), states)
    commands = Commands()
    (command,) = commands.read()
    sub = socket(zmq.SUB)
    sub.subscribe(b"")
    sub.connect(command["peer"])
    star = Server(name)
    poller = zmq.Poller()
    poller.register(front, zmq.POLLIN)
    poller.register(sub, zmq.POLLIN)
    poller.register(commands.fileno(), zmq.POLLIN)
    next_beat = 0
    while True:
        if time.monotonic() >= next_beat:
            pub.send_multipart([star.state.encode()])
            next_beat = time.monotonic() + BEAT
        ready = dict(poller.poll(BEAT * 1000))
        if sub in ready:
            star.peer_says(sub.recv_multipart()[0].decode())
        if front in ready:
            who, _, *question = front.recv_multipart()
            if star.may_serve():
                front.send_multipart([who, b"", name.encode(), *question])
        if commands.fileno() in ready:
            commands.read()


def client(endpoints, timeout_ms):
    at = 0
    for command in told():
        question = command["ask"]
        while True:
            req = socket(zmq.REQ)
            req.connect(endpoints[at])
            req.send(question.encode())
            answer = req.recv_multipart() if req.poll(timeout_ms) else None
            req.close()
            if answer is not None:
                event("answer", *answer)
                break
            at = (at + 1) % len(endpoints)
            say(failover=at)


if __name__ == "__main__":
    play({"server": server, "client": client})
