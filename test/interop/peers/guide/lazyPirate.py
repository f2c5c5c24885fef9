"""Lazy pirate: a client that throws its REQ away when an answer stays out, and asks again with a fresh one."""

import zmq

from stage import Once, bound, end_with_stdin, event, play, say, socket, told


def server(endpoint=None, name="server"):
    end_with_stdin()
    tell = Once()
    rep = bound(socket(zmq.REP), endpoint)
    while True:
        question = rep.recv_multipart()
        tell("asked", *question)
        rep.send_multipart([name.encode(), *question])


def ask(endpoint, question, timeout_ms, retries):
    """The answer, or `None` when all tries are used up."""
    for attempt in range(retries):
        req = socket(zmq.REQ)
        try:
            req.connect(endpoint)
            req.send_multipart(question)
            if req.poll(timeout_ms):
                return req.recv_multipart()
        finally:
            req.close()
        say(retrying=attempt + 1)
    return None


def client(endpoint, timeout_ms, retries=20):
    for command in told():
        question = command["ask"]
        answer = ask(endpoint, [question.encode()], timeout_ms, command.get("retries", retries))
        if answer is None:
            event("abandoned", question)
        else:
            event("answer", *answer)


if __name__ == "__main__":
    play({"server": server, "client": client})
