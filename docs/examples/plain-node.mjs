// Publishes with nothing but Node: MQTT 5 by hand over TLS, by credential.
// Usage: node plain-node.mjs DEVICE_JSON CA_FILE HOST PORT TOPIC MESSAGE
// DEVICE_JSON is what `npx flytrap device credential … --json` printed.
import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'

const [deviceFile, caFile, host, port, topic, message] = process.argv.slice(2)
const { clientId, username, password } = JSON.parse(readFileSync(deviceFile, 'utf8'))

const text = (value) => {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
}

/** Fixed header and body; the length takes seven bits a byte, the lowest first. */
function packet(firstByte, ...parts) {
  const body = Buffer.concat(parts)
  const length = []
  for (let rest = body.length; ; rest >>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest)
    if (rest <= 127) break
  }
  return Buffer.concat([Buffer.from([firstByte, ...length]), body])
}

const NO_PROPERTIES = Buffer.from([0])
const KEEP_ALIVE = Buffer.from([0, 60])
/** User name, password, clean start. */
const FLAGS = Buffer.from([5, 0xc2])
const login = packet(
  0x10,
  text('MQTT'),
  FLAGS,
  KEEP_ALIVE,
  NO_PROPERTIES,
  text(clientId),
  text(username),
  text(password),
)
/** QoS 1, packet id 1. */
const publish = packet(0x32, text(topic), Buffer.from([0, 1]), NO_PROPERTIES, Buffer.from(message))
const disconnect = Buffer.from([0xe0, 0])

const socket = connect({ host, port: Number(port), servername: host, ca: readFileSync(caFile) }, () =>
  socket.write(login),
)
const end = (code, line) => {
  process.exitCode = code
  process.stdout.write(`${line}\n`)
  socket.end(disconnect)
}
let kept = Buffer.alloc(0)
socket.on('data', (chunk) => {
  kept = Buffer.concat([kept, chunk])
  // What comes here is shorter than 128 bytes a packet: one byte of length.
  while (kept.length > 1 && kept.length >= 2 + kept[1]) {
    const [kind, body] = [kept[0] >> 4, kept.subarray(2, 2 + kept[1])]
    kept = kept.subarray(2 + kept[1])
    if (kind === 2 && body[1] !== 0) end(1, `refused: CONNACK 0x${body[1].toString(16)}`)
    if (kind === 2 && body[1] === 0) socket.write(publish)
    // 0x10: nobody listens, yet accepted.
    if (kind === 4) end((body[2] ?? 0) < 0x80 ? 0 : 1, `PUBACK 0x${(body[2] ?? 0).toString(16)}`)
  }
})
socket.on('error', (error) => end(1, error.message))
