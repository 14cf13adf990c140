// Subscribes, publishes and receives with MQTT.js, by credential; over TCP, TLS or WebSocket, as the URL says.
// Usage: node mqttjs-credential.mjs DEVICE_JSON CA_FILE URL TOPIC MESSAGE
// DEVICE_JSON is what `npx flytrap device credential … --json` printed.
import { readFileSync } from 'node:fs'
import mqtt from 'mqtt'

const [deviceFile, caFile, url, topic, message] = process.argv.slice(2)
const { clientId, username, password } = JSON.parse(readFileSync(deviceFile, 'utf8'))
const ca = readFileSync(caFile)

try {
  const options = { protocolVersion: 5, clientId, username, password, ca, reconnectPeriod: 0 }
  const client = await mqtt.connectAsync(url, options, false) // rejects with CONNACK's code
  const received = new Promise((resolve) => client.once('message', (name, payload) => resolve(`${name} ${payload}`)))
  await client.subscribeAsync(topic, { qos: 1 }) // rejects when the filter is denied
  await client.publishAsync(topic, message, { qos: 1 }) // rejects with PUBACK's code, 135 when denied
  process.stdout.write(`${await received}\n`)
  await client.endAsync()
} catch (error) {
  process.stderr.write(`refused: ${error.message} (${error.code})\n`)
  process.exit(1)
}
