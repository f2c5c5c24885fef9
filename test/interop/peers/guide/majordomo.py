"""Majordomo (MDP 0.1): a broker of named services, whose workers register and beat, and clients who ask for a service."""

import time
from collections import defaultdict

import zmq

from lazyPirate import ask
from stage import Once, bound, end_with_stdin, event, play, socket, told

CLIENT = b"MDPC01"
WORKER = b"MDPW01"
READY, REQUEST, REPLY, HEARTBEAT, DISCONNECT = (bytes([command]) for command in range(1, 6))
INTERVAL = 0.3
LIVENESS = 6


class Broker:
    def __init__(self, endpoint):
        self.router = bound(socket(zmq.ROUTER), endpoint)
        self.workers = {}  # Who is registered: service, and until when it is believed to live.
        self.requests = defaultdict(list)
        self.idle = defaultdict(list)

    def run(self):
        next_beat = time.monotonic() + INTERVAL
        while True:
            if self.router.poll(INTERVAL * 1000):
                sender, _, header, *rest = self.router.recv_multipart()
                if header == CLIENT:
                    self.client(sender, *rest)
                elif header == WORKER:
                    self.worker(sender, *rest)
            self.purge()
            if time.monotonic() >= next_beat:
                for worker in self.workers:
                    self.tell(worker, HEARTBEAT)
                next_beat = time.monotonic() + INTERVAL

    def tell(self, worker, command, *body):
        self.router.send_multipart([worker, b"", WORKER, command, *body])

    def client(self, client, service, *body):
        if service.startswith(b"mmi."):
            code = b"501"
            if service == b"mmi.service":
                code = b"200" if any(of == body[0] for of, _ in self.workers.values()) else b"404"
            self.router.send_multipart([client, b"", CLIENT, service, code])
            return
        self.requests[service].append((client, body))
        self.dispatch(service)

    def worker(self, worker, command, *body):
        known = self.workers.get(worker)
        if command == READY and known is None:
            (service,) = body
            self.workers[worker] = (service, time.monotonic() + INTERVAL * LIVENESS)
            event("registered", service)
            self.rest(worker, service)
        elif known is None:
            self.tell(worker, DISCONNECT)
        elif command == DISCONNECT:
            self.forget(worker, "left")
        else:
            service, _ = known
            self.workers[worker] = (service, time.monotonic() + INTERVAL * LIVENESS)
            if command == REPLY:
                client, _, *answer = body
                self.router.send_multipart([client, b"", CLIENT, service, *answer])
                self.rest(worker, service)

    def rest(self, worker, service):
        self.idle[service].append(worker)
        self.dispatch(service)

    def dispatch(self, service):
        self.purge()
        while self.idle[service] and self.requests[service]:
            client, body = self.requests[service].pop(0)
            self.tell(self.idle[service].pop(0), REQUEST, client, b"", *body)

    def purge(self):
        now = time.monotonic()
        for worker in [worker for worker, (_, until) in self.workers.items() if until < now]:
            self.forget(worker, "expired")

    def forget(self, worker, why):
        service, _ = self.workers.pop(worker)
        if worker in self.idle[service]:
            self.idle[service].remove(worker)
        event(why, service)


def broker(endpoint=None):
    end_with_stdin()
    Broker(endpoint).run()


def serve(endpoint, service, answer, tell):
    """Works for a service: `answer` makes an answer of a question's frames."""
    while True:
        dealer = socket(zmq.DEALER)
        dealer.connect(endpoint)
        dealer.send_multipart([b"", WORKER, READY, service.encode()])
        heard = time.monotonic()
        next_beat = heard + INTERVAL
        is_wanted = True
        while is_wanted and time.monotonic() - heard < INTERVAL * LIVENESS:
            if dealer.poll(INTERVAL * 1000):
                heard = time.monotonic()
                _, _, command, *rest = dealer.recv_multipart()
                if command == REQUEST:
                    client, _, *question = rest
                    dealer.send_multipart([b"", WORKER, REPLY, client, b"", *answer(question)])
                elif command == DISCONNECT:
                    is_wanted = False
            if time.monotonic() >= next_beat:
                dealer.send_multipart([b"", WORKER, HEARTBEAT])
                next_beat = time.monotonic() + INTERVAL
        tell("connecting again")
        dealer.close()


def worker(endpoint, service, name):
    end_with_stdin()
    serve(endpoint, service, lambda question: [name.encode(), *question], Once())


def client(endpoint, timeout_ms):
    for command in told():
        service, *body = (part.encode() for part in command["ask"])
        answer = ask(endpoint, [CLIENT, service, *body], timeout_ms, 20)
        event("answer", *answer)


if __name__ == "__main__":
    play({"broker": broker, "worker": worker, "client": client})
