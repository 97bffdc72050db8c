// Socket.IO's room emit; WebSocket transport only, no compression. A line on standard input is a cue.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Server } from "socket.io";

const web = createServer();
const server = new Server(web, { transports: ["websocket"], perMessageDeflate: false });
server.on("connection", (viewer) => viewer.join("show"));
web.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => console.log(web.address().port));
createInterface({ input: process.stdin })
  .on("line", (cue) => server.to("show").emit("cue", JSON.parse(cue)))
  .on("close", () => process.exit());
