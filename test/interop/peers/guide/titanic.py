"""Titanic: questions for a service of Majordomo's that are kept in files until somebody answers them, whoever dies meanwhile."""

import json
import os
import threading
import time
import uuid

from lazyPirate import ask
from majordomo import CLIENT, serve
from stage import end_with_stdin, event, play, say, told

TIMEOUT_MS = 30_000
RETRY_MS = 2_000


class Store:
    def __init__(self, folder):
        self.folder = folder

    def path(self, ticket, kind):
        return os.path.join(self.folder, f"{ticket}.{kind}")

    def write(self, ticket, kind, frames):
        path = self.path(ticket, kind)
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump([frame.decode() for frame in frames], file)
        os.rename(path + ".new", path)

    def read(self, ticket, kind):
        try:
            with open(self.path(ticket, kind), encoding="utf-8") as file:
                return [frame.encode() for frame in json.load(file)]
        except FileNotFoundError:
            return None

    def remove(self, ticket):
        for kind in ("question", "answer"):
            if os.path.exists(self.path(ticket, kind)):
                os.remove(self.path(ticket, kind))

    def waiting(self):
        tickets = {name.partition(".")[0] for name in os.listdir(self.folder) if name.endswith(".question")}
        return sorted(ticket for ticket in tickets if not os.path.exists(self.path(ticket, "answer")))


def titanic(endpoint, folder):
    end_with_stdin()
    store = Store(folder)

    def request(question):
        ticket = uuid.uuid4().hex
        store.write(ticket, "question", question)
        return [b"200", ticket.encode()]

    def reply(question):
        ticket = question[0].decode()
        answer = store.read(ticket, "answer")
        if answer is not None:
            return [b"200", *answer]
        return [b"400" if store.read(ticket, "question") is None else b"300"]

    def close(question):
        store.remove(question[0].decode())
        return [b"200"]

    for service, answer in (("request", request), ("reply", reply), ("close", close)):
        args = (endpoint, f"titanic.{service}", answer, lambda *_: None)
        threading.Thread(target=serve, args=args, daemon=True).start()
    while True:
        for ticket in store.waiting():
            service, *body = store.read(ticket, "question")
            found = ask(endpoint, [CLIENT, b"mmi.service", service], TIMEOUT_MS, 1)
            if found is not None and found[-1] == b"200":
                _, _, *answer = ask(endpoint, [CLIENT, service, *body], TIMEOUT_MS, 1)
                store.write(ticket, "answer", answer)
        time.sleep(0.05)


def client(endpoint):
    ticket = None

    def call(service, *frames):
        _, _, *answer = ask(endpoint, [CLIENT, b"titanic." + service, *frames], RETRY_MS, 20)
        return answer

    for command in told():
        if "request" in command:
            code, ticket = call(b"request", *(part.encode() for part in command["request"]))
            event("accepted", code)
        elif command["do"] == "fetch":
            while (answer := call(b"reply", ticket))[0] == b"300":
                say(pending=True)
                time.sleep(0.1)
            event("fetched", *answer)
        else:
            event("closed", *call(b"close", ticket))


if __name__ == "__main__":
    play({"titanic": titanic, "client": client})
