"""A DEALER that beats, and an echoing ROUTER: what the dealer's monitor says when the server stands still for a while."""

import threading

import zmq
from zmq.utils.monitor import recv_monitor_message

from stage import Once, bound, end_with_stdin, event, play, socket, told

WATCHED = {zmq.EVENT_HANDSHAKE_SUCCEEDED: "HANDSHAKE_SUCCEEDED", zmq.EVENT_DISCONNECTED: "DISCONNECTED"}


def server(endpoint=None):
    end_with_stdin()
    router = bound(socket(zmq.ROUTER), endpoint)
    while True:
        router.send_multipart(router.recv_multipart())


def client(endpoint):
    tell = Once()
    dealer = socket(zmq.DEALER, heartbeat_ivl=200, heartbeat_timeout=1000, handshake_ivl=1000)
    monitor = dealer.get_monitor_socket()

    def watch():
        while True:
            told_event = recv_monitor_message(monitor)["event"]
            if told_event in WATCHED:
                tell("event", WATCHED[told_event])

    threading.Thread(target=watch, daemon=True).start()
    dealer.connect(endpoint)
    for command in told():
        dealer.send(command["ask"].encode())
        answer = dealer.recv_multipart()
        event("answer", *answer)


if __name__ == "__main__":
    play({"server": server, "client": client})
