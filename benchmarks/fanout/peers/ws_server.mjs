// Node's `ws` as its own manual broadcasts: every open client, one send. A line on standard input is a cue.
import { createInterface } from "node:readline";
import WebSocket, { WebSocketServer } from "ws";

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 0,
  backlog: 4096,
  perMessageDeflate: false,
});
server.on("listening", () => console.log(server.address().port));
createInterface({ input: process.stdin })
  .on("line", (cue) => {
    const message = Buffer.from(cue);
    for (const viewer of server.clients) {
      if (viewer.readyState === WebSocket.OPEN) viewer.send(message, { binary: false });
    }
  })
  .on("close", () => process.exit());
