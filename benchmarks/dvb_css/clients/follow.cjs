// Follows a show with the BBC's dvbcss-protocols: follow.cjs CII_URL SELECTOR STEM SECONDS UTC_LESS_MONOTONIC_NS LATENCY_MS
// Prints one line a sample: how far its wall clock and its timeline are from the truth, in milliseconds.
// The truth is at hand: client and server are on one machine, so they have one monotonic clock.
'use strict';
const dgram = require('node:dgram');
const clocks = require('dvbcss-clocks');
const { CII, TimelineSynchronisation, WallClock } = require('dvbcss-protocols');
const WebSocket = require('ws');

const SAMPLE_EVERY_MS = 250;
const [ciiUrl, selector, stem, seconds, utcLessMonotonic, latency] = process.argv.slice(2);
const utcLessMonotonicNs = BigInt(utcLessMonotonic);

// The clock of another machine: as fine as this one's, but set differently and running faster, by what quartz may.
const AHEAD_NS = 987_654_321_000_000;
const FASTER_PPM = 50;
class OtherClock extends clocks.DateNowClock {
  constructor() {
    super({ tickRate: 1_000_000_000, maxFreqErrorPpm: FASTER_PPM });
  }
  now() {
    return Number(process.hrtime.bigint()) * (1 + FASTER_PPM / 1e6) + AHEAD_NS;
  }
}

const local = new OtherClock();
const wallClock = new clocks.CorrelatedClock(local, { tickRate: 1_000_000_000 });
wallClock.availabilityFlag = false;
let timelineClock = null;

const cii = CII.createCIIClient(new WebSocket(ciiUrl));
cii.on('change', (information) => {
  if (timelineClock !== null) return;
  const offered = information.timelines.find(({ timelineSelector }) => timelineSelector === selector);
  if (offered === undefined) throw new Error(`${selector} is not offered`);
  const tickRate = offered.unitsPerSecond / offered.unitsPerTick;
  timelineClock = new clocks.CorrelatedClock(wallClock, { tickRate });
  const { hostname, port } = new URL(information.wcUrl);
  const udp = dgram.createSocket('udp4');
  udp.bind(() => {
    WallClock.createBinaryUdpClient(udp, wallClock, { dest: { address: hostname, port: Number(port) } });
    const options = { contentIdStem: stem, timelineSelector: selector, tickRate };
    TimelineSynchronisation.createTSClient(new WebSocket(information.tsUrl), timelineClock, options);
    setInterval(sample, SAMPLE_EVERY_MS);
    setTimeout(() => process.exit(0), Number(seconds) * 1000);
  });
});

function sample() {
  if (!wallClock.isAvailable() || !timelineClock.isAvailable()) return;
  const before = process.hrtime.bigint();
  const wall = wallClock.now();
  const timeline = timelineClock.now();
  const truth = (before + process.hrtime.bigint()) / 2n;
  const shown = Number(truth + utcLessMonotonicNs - BigInt(latency) * 1_000_000n) / 1e6;
  const believed = (timeline / timelineClock.tickRate) * 1000;
  process.stdout.write(`${(wall - Number(truth)) / 1e6} ${believed - shown}\n`);
}
