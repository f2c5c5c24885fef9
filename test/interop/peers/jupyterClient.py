"""A real kernel and a real client of Jupyter, asked in JSON lines.

  {"op": "kernel", "transport": "tcp"}   starts a kernel, on tcp or ipc; answers with its connection file
  {"op": "connect", "file": path}        a client of that connection file; answers when the kernel has answered it
  {"op": "execute", "code": text}        answers with {"reply": content, "msg_id", "published": [[msg_type, content]...]}
  {"op": "beats"}                        waits for a heartbeat; answers whether the kernel's heart beats
"""

import json
import os
import sys
import time

from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

TIMEOUT = 60

manager = None
client = None


def kernel(request):
    global manager
    # As a Jupyter server starts its kernels: with a file of its choice, beside which ipc sockets are.
    file = os.path.join(os.environ["JUPYTER_RUNTIME_DIR"], "kernel-1.json")
    manager = KernelManager(kernel_name="python3", transport=request["transport"], connection_file=file)
    manager.start_kernel()
    ready = manager.blocking_client()
    ready.start_channels()
    ready.wait_for_ready(timeout=TIMEOUT)
    ready.stop_channels()
    return manager.connection_file


def connect(request):
    global client
    client = BlockingKernelClient()
    client.load_connection_file(request["file"])
    client.start_channels()
    client.wait_for_ready(timeout=TIMEOUT)
    return None


def execute(request):
    published = []
    # Otherwise a kernel that has just met an error answers the next cell with "aborted" when it comes at once, as in a
    # replay.
    msg_id = client.execute(request["code"], stop_on_error=False)
    while True:
        message = client.get_iopub_msg(timeout=TIMEOUT)
        if message["parent_header"].get("msg_id") != msg_id:
            continue
        published.append([message["msg_type"], message["content"]])
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            break
    while True:
        reply = client.get_shell_msg(timeout=TIMEOUT)
        if reply["parent_header"].get("msg_id") == msg_id:
            return {"msg_id": msg_id, "reply": reply["content"], "published": published}


def beats(_request):
    # The channel beats once a second, and begins paused.
    client.hb_channel.unpause()
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        time.sleep(0.1)
        if client.hb_channel.is_beating() and client.hb_channel._running:
            return True
    return False


OPERATIONS = {"kernel": kernel, "connect": connect, "execute": execute, "beats": beats}

try:
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"value": OPERATIONS[request["op"]](request)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer, default=str), flush=True)
finally:
    if client is not None:
        client.stop_channels()
    if manager is not None:
        manager.shutdown_kernel(now=True)
