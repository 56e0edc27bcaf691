// node get.js PORT HOST TCPPORT PATH: fetches a page through a SIMCom A7600 and writes the answer to standard output.
//
//     atsock sim a7600 --tcp 5555 --host example.com=127.0.0.1:18000
//     node get.js socket://127.0.0.1:5555 example.com 80 /
//
// PORT may be a serial device, too, when npm's package `serialport` is installed.

'use strict';

const net = require('node:net');

const ANSWER_MS = 10000;
const OPEN_MS = 120000;

function openPort(url) {
  const match = /^socket:\/\/(.+):(\d+)$/.exec(url);
  if (match) return net.connect(Number(match[2]), match[1]).setNoDelay(true);
  const { SerialPort } = require('serialport');
  return new SerialPort({ path: url, baudRate: 115200 });
}

class Modem {
  constructor(port) {
    this.port = port;
    this.buffer = Buffer.alloc(0);
    this.wake = () => {};
    this.closed = false; // +IPCLOSE has come
    port.on('data', (data) => {
      this.buffer = Buffer.concat([this.buffer, data]);
      this.wake();
    });
    port.on('error', (error) => fail(error.message));
    port.on('close', () => this.ended || fail('the port is gone'));
  }

  // Resolves when more bytes have come.
  more(ms) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the module does not answer')), ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async bytes(count, ms = ANSWER_MS) {
    while (this.buffer.length < count) await this.more(ms);
    const taken = this.buffer.subarray(0, count);
    this.buffer = this.buffer.subarray(count);
    return taken;
  }

  // The next line that is not empty; unsolicited ones are looked at here.
  async line(ms = ANSWER_MS) {
    for (;;) {
      const end = this.buffer.indexOf('\r\n');
      if (end < 0) {
        await this.more(ms);
        continue;
      }
      const text = (await this.bytes(end + 2)).toString('latin1').trim();
      if (text.startsWith('+IPCLOSE: 0')) this.closed = true;
      if (text) return text;
    }
  }

  async waitFor(start, ms = ANSWER_MS) {
    for (;;) {
      const text = await this.line(ms);
      if (text.startsWith(start)) return text;
      if (/ERROR/.test(text)) throw new Error(text);
    }
  }

  async command(text, ms = ANSWER_MS) {
    this.port.write(`${text}\r`);
    await this.waitFor('OK', ms);
  }

  async send(data) {
    this.port.write(`AT+CIPSEND=0,${data.length}\r`);
    while (!this.buffer.includes('>')) await this.more(ANSWER_MS);
    this.buffer = this.buffer.subarray(this.buffer.indexOf('>') + 1);
    this.port.write(data);
    await this.waitFor('+CIPSEND: 0,');
  }

  // What has come by now; empty when nothing has.
  async read() {
    this.port.write('AT+CIPRXGET=4,0\r');
    const waiting = Number((await this.waitFor('+CIPRXGET: 4,0,')).split(',')[2]);
    await this.waitFor('OK');
    if (!waiting) return Buffer.alloc(0);
    this.port.write('AT+CIPRXGET=2,0,1500\r');
    const count = Number((await this.waitFor('+CIPRXGET: 2,0,')).split(',')[2]);
    const data = await this.bytes(count);
    await this.waitFor('OK');
    return data;
  }

  end() {
    this.ended = true;
    this.port.end();
  }
}

function fail(text) {
  console.error(`get: ${text}`);
  process.exit(1);
}

async function main([url, host, tcpPort, path]) {
  if (!path) fail('node get.js PORT HOST TCPPORT PATH');
  const modem = new Modem(openPort(url));
  await modem.command('ATE0');
  await modem.command('AT+CGDCONT=1,"IP","internet"');
  await modem.command('AT+CIPRXGET=1'); // the module keeps what comes until it is read
  await modem.command('AT+NETOPEN');
  await modem.waitFor('+NETOPEN: 0', OPEN_MS);
  await modem.command(`AT+CIPOPEN=0,"TCP","${host}",${tcpPort}`, OPEN_MS);
  const opened = await modem.waitFor('+CIPOPEN: 0,', OPEN_MS);
  if (opened !== '+CIPOPEN: 0,0') fail(`the connection is refused: ${opened}`);
  await modem.send(Buffer.from(`GET ${path} HTTP/1.0\r\nHost: ${host}\r\n\r\n`));
  for (;;) {
    const wasClosed = modem.closed; // before the module was asked what it has
    const data = await modem.read();
    process.stdout.write(data);
    if (!data.length && wasClosed) break;
    if (!data.length && !modem.closed) await modem.line(OPEN_MS); // +CIPRXGET: 1,0 or +IPCLOSE
  }
  modem.end();
}

main(process.argv.slice(2)).catch((error) => fail(error.message));
