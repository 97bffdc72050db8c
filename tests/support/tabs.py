"""Chromium as people have it: tabs that go behind another one, are frozen, and come back.

Browser drivers keep every page looking active, so that none is ever hidden; this one leaves pages as they are. It
speaks the browser's own protocol (Chrome DevTools Protocol) over its WebSocket.
"""

import base64
import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect

from benchmarks.skew.screenshots import Box, Seen, card_rules, look_at
from benchmarks.skew.viewer import BOX, BROWSERS, IS_PLAYING, JPEG_QUALITY, STANDS, STYLE, VIDEO

ANSWER_S = 30.0
PATIENCE_S = 60.0
STOP_S = 20.0
ASK_EVERY_S = 0.05
MAX_MESSAGE_BYTES = 1 << 26
OFFLINE = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}

TWO_REFRESHES = "await new Promise((over) => requestAnimationFrame(() => requestAnimationFrame(() => over(0))))"
VIDEO_IF_ANY = VIDEO.replace(".shadowRoot", "?.shadowRoot?")

Told = dict[str, Any]


class Chromium:
    """A browser of its own.

    Args:
        folder: of its own, for its profile.
    """

    def __init__(self, folder: Path) -> None:
        path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
        assert path is not None, "no Chromium found: make test installs one"
        flags = (
            "--headless",
            "--no-sandbox",  # test machines often run as root
            "--autoplay-policy=no-user-gesture-required",
            "--disable-background-networking",
            "--disable-component-update",
            "--remote-debugging-port=0",
            f"--user-data-dir={folder}",
            "--window-size=1000,700",
        )
        self._process = subprocess.Popen([path, *flags, "about:blank"], stderr=subprocess.PIPE, text=True)
        self._open = ExitStack()
        self._changed = threading.Condition()
        self._answers: dict[int, Told] = {}
        self._listeners: dict[str, Callable[[str, Told], None]] = {}
        self._asked = 0
        self._socket = self._connect()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        self._blank = self.ask("Target.createTarget", {"url": "about:blank"})["targetId"]

    def open(self, address: str, script: str = "") -> "Tab":
        """Open a page in a tab in front of every other; ``script`` runs before any of the page's own."""
        target = self.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        tab = Tab(self, target, session)
        tab.ask("Page.enable")
        if script:
            tab.ask("Page.addScriptToEvaluateOnNewDocument", {"source": script})
        tab.ask("Page.navigate", {"url": address})
        return tab

    def put_in_front(self, target: str | None) -> None:
        """Show a tab, and none of the others; None: a blank one."""
        self.ask("Target.activateTarget", {"targetId": target or self._blank})

    def ask(self, method: str, fields: Told | None = None, session: str | None = None) -> Told:
        """Ask the browser something, and return its answer."""
        number = self.send(method, fields, session)
        with self._changed:
            assert self._changed.wait_for(lambda: number in self._answers, ANSWER_S), f"{method} is not answered"
            answer = self._answers.pop(number)
        assert "error" not in answer, (method, answer)
        result: Told = answer["result"]
        return result

    def send(self, method: str, fields: Told | None = None, session: str | None = None) -> int:
        """Tell the browser something; its answer has the number returned."""
        with self._changed:
            self._asked += 1
            number = self._asked
        message = {"id": number, "method": method, "params": fields or {}}
        self._socket.send(json.dumps(message | ({} if session is None else {"sessionId": session})))
        return number

    def listen(self, session: str, listener: Callable[[str, Told], None]) -> None:
        """Call with every event of a tab; on the thread that reads."""
        self._listeners[session] = listener

    def close(self) -> None:
        """End the browser."""
        self.send("Browser.close")
        self._reading.join(STOP_S)
        self._open.close()
        self._process.wait(STOP_S)
        assert self._process.stderr is not None
        self._process.stderr.close()

    def _connect(self) -> ClientConnection:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            listening = re.search(r"DevTools listening on (ws://\S+)", line)
            if listening is not None:
                threading.Thread(target=self._process.stderr.read, daemon=True).start()  # a full pipe would stop it
                return self._open.enter_context(connect(listening[1], max_size=MAX_MESSAGE_BYTES))
        raise AssertionError("the browser does not start")

    def _read(self) -> None:
        with suppress(ConnectionClosedError):  # the browser ends without a farewell
            for text in self._socket:
                self._take(json.loads(text))

    def _take(self, message: Told) -> None:
        if "id" in message:
            with self._changed:
                self._answers[message["id"]] = message
                self._changed.notify_all()
        elif (listener := self._listeners.get(message.get("sessionId", ""))) is not None:
            listener(message["method"], message["params"])


class Tab:
    """A tab with a page in it; every ``script`` sees the page's video element, if it has one, as ``v``."""

    def __init__(self, browser: Chromium, target: str, session: str) -> None:
        self._browser = browser
        self._target = target
        self._session = session
        self._box: Box | None = None
        self._shots: list[tuple[float, str]] = []
        browser.listen(session, self._heard)

    def ask(self, method: str, fields: Told | None = None) -> Told:
        """Ask the browser something about this tab."""
        return self._browser.ask(method, fields, self._session)

    def run(self, script: str) -> Any:
        """Run a script in the page, and return what it comes to."""
        expression = f"(async () => {{ const v = {VIDEO_IF_ANY}; return {script}; }})()"
        fields = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        answer = self.ask("Runtime.evaluate", fields)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until a script comes to something."""
        until_s = time.monotonic() + PATIENCE_S
        while not self.run(script):
            assert time.monotonic() < until_s, f"never: {script}"
            time.sleep(ASK_EVERY_S)

    def until_playing(self) -> None:
        """Wait until the page's picture moves."""
        self.until(f"({IS_PLAYING})()")

    def until_it_stands(self) -> None:
        """Wait until the page's picture has nothing left to play."""
        self.until(f"({STANDS})()")

    def go_behind(self) -> None:
        """Have another tab in front: this one is hidden."""
        self._browser.put_in_front(None)
        self.until("document.visibilityState === 'hidden'")

    def come_back(self) -> None:
        """Be the tab in front again."""
        self._browser.put_in_front(self._target)
        self.until("document.visibilityState === 'visible'")

    def freeze(self) -> None:
        """Stand still altogether, as browsers make tabs that have been hidden for long."""
        self.ask("Page.setWebLifecycleState", {"state": "frozen"})

    def thaw(self) -> None:
        """Go on after ``freeze``."""
        self.ask("Page.setWebLifecycleState", {"state": "active"})

    def lose_the_network(self, *, lost: bool = True) -> None:
        """Reach nobody any more, until told otherwise."""
        self.ask("Network.enable")
        self.ask("Network.emulateNetworkConditions", OFFLINE | {"offline": lost})

    def close(self) -> None:
        """Close it."""
        self._browser.ask("Target.closeTarget", {"targetId": self._target})

    # ------------------------------------------------------------ screenshots, as fast as the browser takes them

    def film(self, looks: tuple[str, ...]) -> None:
        """Begin to take screenshots of a viewer's page, its cards numbered as in ``looks``."""
        self.run(f"({STYLE})({json.dumps(card_rules(looks))})")
        self._box = Box(*self.run(f"({BOX})()"))
        self.run(TWO_REFRESHES)  # until the numbers are painted
        self.ask("Page.stopScreencast")
        self._shots = []
        self.ask("Page.startScreencast", {"format": "jpeg", "quality": JPEG_QUALITY, "everyNthFrame": 1})

    def filmed(self) -> list[Seen]:
        """Take no more, and return what all of them show, in the order they were taken."""
        self.ask("Page.stopScreencast")
        box = self._box
        assert box is not None, "film first"
        shots, self._shots = sorted(self._shots), []
        return [look_at(shot_s, base64.b64decode(data), box) for shot_s, data in shots]

    def _heard(self, event: str, told: Told) -> None:
        if event == "Page.screencastFrame":
            self._browser.send("Page.screencastFrameAck", {"sessionId": told["sessionId"]}, self._session)
            self._shots.append((told["metadata"]["timestamp"], told["data"]))
