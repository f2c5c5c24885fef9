"""Queues between REQ clients and workers that were longest idle: the load balancing broker (simple pirate), whose workers are
REQs that say when they are ready, and the paranoid pirate, whose workers are DEALERs with heartbeats both ways."""

import time
from collections import OrderedDict

import zmq

from stage import Once, bound, end_with_stdin, event, play, say, socket

READY = b"\x01"
HEARTBEAT = b"\x02"
INTERVAL = 0.3
LIVENESS = 6


def simple_queue(frontend=None, backend=None):
    end_with_stdin()
    front = bound(socket(zmq.ROUTER), frontend)
    back = bound(socket(zmq.ROUTER), backend)
    idle = []
    poller = zmq.Poller()
    poller.register(back, zmq.POLLIN)
    while True:
        # Clients wait in their sockets while nobody could serve them.
        if idle:
            poller.register(front, zmq.POLLIN)
        elif front in poller:
            poller.unregister(front)
        ready = dict(poller.poll())
        if back in ready:
            worker, _, *rest = back.recv_multipart()
            idle.append(worker)
            if rest == [READY]:
                event("ready", worker)
            else:
                front.send_multipart(rest)
        if front in ready:
            back.send_multipart([idle.pop(0), b"", *front.recv_multipart()])


def simple_worker(endpoint, name):
    end_with_stdin()
    req = socket(zmq.REQ, name)
    req.connect(endpoint)
    req.send(READY)
    while True:
        client, _, *question = req.recv_multipart()
        say(served=question[0].decode())
        req.send_multipart([client, b"", name.encode(), *question])


def paranoid_queue(frontend=None, backend=None):
    end_with_stdin()
    front = bound(socket(zmq.ROUTER), frontend)
    back = bound(socket(zmq.ROUTER, router_handover=1), backend)
    known = set()
    idle = OrderedDict()
    next_beat = time.monotonic() + INTERVAL
    while True:
        poller = zmq.Poller()
        poller.register(back, zmq.POLLIN)
        if idle:
            poller.register(front, zmq.POLLIN)
        ready = dict(poller.poll(INTERVAL * 1000))
        if back in ready:
            worker, *rest = back.recv_multipart()
            if rest == [READY] and worker not in known:
                known.add(worker)
                event("ready", worker)
            if worker in known:
                idle.pop(worker, None)
                idle[worker] = time.monotonic() + INTERVAL * LIVENESS
            if len(rest) > 1:
                front.send_multipart(rest)
        if front in ready:
            worker, _ = idle.popitem(last=False)
            back.send_multipart([worker, *front.recv_multipart()])
        now = time.monotonic()
        if now >= next_beat:
            for worker in idle:
                back.send_multipart([worker, HEARTBEAT])
            next_beat = now + INTERVAL
        for worker in [worker for worker, until in idle.items() if until < now]:
            del idle[worker]
            known.discard(worker)
            event("expired", worker)


def paranoid_worker(endpoint, name):
    end_with_stdin()
    tell = Once()
    while True:
        dealer = socket(zmq.DEALER, name)
        dealer.connect(endpoint)
        dealer.send(READY)
        heard = time.monotonic()
        next_beat = heard + INTERVAL
        while time.monotonic() - heard < INTERVAL * LIVENESS:
            if dealer.poll(INTERVAL * 1000):
                heard = time.monotonic()
                tell("in touch")
                frames = dealer.recv_multipart()
                if len(frames) > 1:
                    client, _, *question = frames
                    dealer.send_multipart([client, b"", name.encode(), *question])
            if time.monotonic() >= next_beat:
                dealer.send(HEARTBEAT)
                next_beat = time.monotonic() + INTERVAL
        tell("connecting again")
        dealer.close()


if __name__ == "__main__":
    play(
        {
            "simple_queue": simple_queue,
            "simple_worker": simple_worker,
            "paranoid_queue": paranoid_queue,
            "paranoid_worker": paranoid_worker,
        }
    )
