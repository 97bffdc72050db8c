"""Starts ``showrunner`` processes quickly, one after the other, for tests that kill many.

Loading the product's modules takes seconds on a busy machine, serving again after a crash a fraction of one. This
process loads them once and forks: each child is a process in a group of its own that runs the command line from its
beginning, exactly as the installed command does after its imports.

Speaks lines of JSON: ``{"arguments": […], "output": FILE, "environment": {…}}`` → ``{"pid": …}``;
``{"ended": PID}`` → ``{"ended": …}``;
``{"reap": PID}`` → ``{"status": …}``.
"""

import contextlib
import json
import os
import sys


def main() -> None:
    """Serve requests until the input ends."""
    import showrunner.checkout_process  # what the command line loads when it needs it
    import showrunner.demo  # noqa: F401 - the same
    from showrunner.cli import app

    print(json.dumps({"ready": True}), flush=True)  # noqa: T201 - the answer
    for line in sys.stdin:
        asked = json.loads(line)
        if "reap" in asked:
            answer = {"status": os.waitstatus_to_exitcode(os.waitpid(asked["reap"], 0)[1])}
        elif "ended" in asked:
            found = os.waitid(os.P_PID, asked["ended"], os.WEXITED | os.WNOHANG | os.WNOWAIT)
            answer = {"ended": found is not None}
        else:
            pid = os.fork()
            if pid == 0:
                os.setpgid(0, 0)
                _become(asked["output"])
                os.environ.update(asked.get("environment", {}))
                try:
                    app(asked["arguments"])
                finally:
                    os._exit(1)
            # Here and in the child, whichever comes first: who reads the answer may kill the group at once.
            with contextlib.suppress(PermissionError):  # the child has it done and gone on
                os.setpgid(pid, pid)
            answer = {"pid": pid}
        print(json.dumps(answer), flush=True)  # noqa: T201 - the answer


def _become(output: str) -> None:
    """Leave the starter's input and output behind."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number, descriptor in ((0, nothing), (1, written), (2, written)):
        os.dup2(descriptor, number)


if __name__ == "__main__":
    main()
