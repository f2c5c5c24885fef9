"""Publishers and subscribers with something between: espresso (a proxy that can be steered, and a listener to all that it
forwards), and the last value cache, which tells a late subscriber the latest of its topic."""

import threading

import zmq

from stage import bound, end_with_stdin, event, play, say, socket, told


def espresso():
    """Forwards until it is told otherwise: PAUSE, RESUME, TERMINATE. Says how many messages it has seen."""
    front = bound(socket(zmq.XSUB))
    back = bound(socket(zmq.XPUB))
    capture, listener = socket(zmq.PAIR), socket(zmq.PAIR)
    steered, control = socket(zmq.PAIR), socket(zmq.PAIR)
    for (one, other), name in (((capture, listener), "capture"), ((steered, control), "control")):
        one.bind(f"inproc://{name}")
        other.connect(f"inproc://{name}")

    def listen():
        seen = 0
        while True:
            listener.recv_multipart()
            seen += 1
            say(seen=seen)

    def steer():
        for command in told():
            control.send_string(command["do"])
            say(done=command["do"])

    threading.Thread(target=listen, daemon=True).start()
    threading.Thread(target=steer, daemon=True).start()
    zmq.proxy_steerable(front, back, capture, steered)
    event("terminated")
    say(ended=True)
    threading.Event().wait()


def cache():
    end_with_stdin()
    sub = bound(socket(zmq.SUB))
    sub.subscribe(b"")
    back = bound(socket(zmq.XPUB, xpub_verbose=1))
    latest = {}
    poller = zmq.Poller()
    poller.register(sub, zmq.POLLIN)
    poller.register(back, zmq.POLLIN)
    while True:
        ready = dict(poller.poll())
        if sub in ready:
            frames = sub.recv_multipart()
            latest[frames[0]] = frames
            back.send_multipart(frames)
            say(kept=len(latest))
        if back in ready:
            (change,) = back.recv_multipart()
            if change[:1] == b"\1" and change[1:] in latest:
                event("asked again", change[1:])
                back.send_multipart(latest[change[1:]])


def publisher(endpoint, topics):
    """Publishes nothing before so many topics were subscribed."""
    xpub = socket(zmq.XPUB)
    xpub.connect(endpoint)
    event("subscribed", sorted(xpub.recv_multipart()[0].hex() for _ in range(topics)))
    say(heeded=True)
    for command in told():
        for frames in command["publish"]:
            xpub.send_multipart([frame.encode() for frame in frames])


def subscriber(endpoint, topics):
    sub = socket(zmq.SUB)
    for topic in topics:
        sub.subscribe(topic.encode())
    sub.connect(endpoint)
    end_with_stdin()
    while True:
        frames = sub.recv_multipart()
        event("received", *frames)
        say(received=frames[-1].decode())


if __name__ == "__main__":
    play({"espresso": espresso, "cache": cache, "publisher": publisher, "subscriber": subscriber})
