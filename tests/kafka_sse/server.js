'use strict';
// Wikimedia's server code (npm kafka-sse), over a log in memory instead of Kafka. Only the consumer is ours; what goes
// over the wire is theirs. POST /log {topic, messages: [{timestamp, value}]} appends; the port is printed when ready.
const http = require('http');
const Module = require('module');

const LATEST = -1;
const EARLIEST = -2;
const STREAMS = { recentchange: 'mediawiki.recentchange', 'page-undelete': 'mediawiki.page-undelete' };
const CENTRES = ['eqiad', 'codfw'];

const log = new Map();
for (const stream of Object.values(STREAMS)) {
  for (const centre of CENTRES) log.set(`${centre}.${stream}`, []);
}

class Consumer {
  constructor() {
    this.places = [];
  }

  connect(options, done) {
    this._metadata = { topics: [...log.keys()].map((name) => ({ name, partitions: [{ id: 0 }] })) };
    process.nextTick(done, null, this._metadata);
  }

  // As librdkafka: the first offset at that time or later, -1 (the end) where there is none.
  offsetsForTimes(wanted, timeout, done) {
    const answer = wanted.map(({ topic, partition, offset: time }) => {
      return { topic, partition, offset: log.get(topic).findIndex((message) => message.timestamp >= time) };
    });
    (done || timeout)(null, answer);
  }

  assign(wanted) {
    this.places = wanted.map(({ topic, offset }) => {
      if (offset === LATEST) return { topic, next: log.get(topic).length };
      return { topic, next: offset === EARLIEST ? 0 : offset };
    });
  }

  consume(count, done) {
    for (const place of this.places) {
      const message = log.get(place.topic)[place.next];
      if (message !== undefined) {
        const offset = place.next++;
        const { timestamp, value } = message;
        setImmediate(done, null, [
          { topic: place.topic, partition: 0, offset, timestamp, value: Buffer.from(value), key: null },
        ]);
        return;
      }
    }
    setImmediate(done, null, []);
  }

  disconnect(done) {
    this.places = [];
    if (done) setImmediate(done, null, {});
  }

  on() {
    return this;
  }
}

const load = Module._load;
Module._load = function (name, ...others) {
  if (name === 'node-rdkafka') {
    return { KafkaConsumer: Consumer, CODES: { ERRORS: { ERR__PARTITION_EOF: -191, ERR__TIMED_OUT: -185 } } };
  }
  return load.call(this, name, ...others);
};

const kafkaSse = require('kafka-sse');
const logger = require('bunyan').createLogger({ name: 'kafka-sse', level: 'fatal' });

// What Wikimedia's service does with every message before it is sent.
function deserializer(message) {
  const value = JSON.parse(message.value.toString());
  const { topic, partition, offset } = message;
  value.meta = { ...value.meta, topic, partition, offset };
  message.message = value;
  return message;
}

function append(request, response) {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const { topic, messages } = JSON.parse(Buffer.concat(chunks));
    log.get(topic).push(...messages);
    response.end('{}');
  });
}

function stream(request, response) {
  const url = new URL(request.url, 'http://localhost');
  const names = url.pathname.replace('/v2/stream/', '').split(',');
  const streams = names.map((name) => STREAMS[name.replace('mediawiki.', '')]);
  const unknown = names.filter((name, place) => streams[place] === undefined);
  if (unknown.length > 0) {
    response.writeHead(400, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ title: 'Stream Not Found', detail: `Invalid streams: ${unknown}` }));
    return;
  }
  let since = url.searchParams.get('since') || undefined;
  if (since !== undefined) {
    since = Number.isNaN(Number(since)) ? Date.parse(since) : Number(since);
    if (Number.isNaN(since)) {
      response.writeHead(400, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ title: 'Invalid timestamp' }));
      return;
    }
  }
  const topics = [...new Set(streams)].flatMap((name) => CENTRES.map((centre) => `${centre}.${name}`));
  const options = { allowedTopics: topics, useTimestampForId: true, idleDelayMs: 20, deserializer, logger };
  kafkaSse(request, response, topics, options, since);
}

const server = http.createServer((request, response) => {
  if (request.url === '/log') append(request, response);
  else if (request.url === '/cut') {
    response.end('{}', () => server.closeAllConnections());
  } else stream(request, response);
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
