"""Types a line into a shell on a terminal of its own, and prints all that the terminal showed.

Arguments: what the shell shows when it takes input, what it shows when it is done, the line, and the shell's command.
"""

import os
import pty
import select
import signal
import sys

TIMEOUT_S = 60


def main() -> int:
    ready, done, line, *command = sys.argv[1:]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    seen = b""
    typed = False
    try:
        while not (typed and done.encode() in seen):
            readable, _, _ = select.select([terminal], [], [], TIMEOUT_S)
            if not readable:
                break
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                break
            if not typed and ready.encode() in seen:
                os.write(terminal, line.encode())
                typed = True
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    sys.stdout.buffer.write(seen)
    return 0 if done.encode() in seen else 1


sys.exit(main())
