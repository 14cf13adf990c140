// Logs in with MQTT.js by signing what the proxy asks (MQTT 5 enhanced authentication): no password, no clock.
// Usage: node mqttjs-enhanced.mjs KEY_FILE DEPLOYMENT_JSON CA_FILE URL CLIENT_ID TOPIC MESSAGE [OWNER_WALLET]
// KEY_FILE holds 0x and 64 hex digits: the owner wallet's key, or that of its device. DEPLOYMENT_JSON has chainId and
// contract, and lies in the home.
import { readFileSync } from 'node:fs'
import { Wallet } from 'ethers'
import mqtt from 'mqtt'

const [keyFile, deploymentFile, caFile, url, clientId, topic, message, owner] = process.argv.slice(2)
const signer = new Wallet(readFileSync(keyFile, 'utf8').trim())
const { chainId, contract } = JSON.parse(readFileSync(deploymentFile, 'utf8'))

const METHOD = 'flytrap-eip712'
const domain = { name: 'FlyTrap', version: '1', chainId, verifyingContract: contract }
const types = {
  Login: [
    { name: 'wallet', type: 'address' },
    { name: 'clientId', type: 'string' },
    { name: 'audience', type: 'string' },
    { name: 'nonce', type: 'bytes32' },
    { name: 'expiresAt', type: 'uint64' },
  ],
}
const wallet = owner ?? signer.address
// The host name that we dialled: whoever sits in between under another name cannot use the signature.
const audience = new URL(url).hostname

/** The challenge is nonce 32 ‖ expiresAt u64; the answer is u16 length ‖ signature ‖ audience. */
async function answer(challenge) {
  const nonce = `0x${challenge.subarray(0, 32).toString('hex')}`
  const login = { wallet, clientId, audience, nonce, expiresAt: challenge.readBigUInt64BE(32) }
  const signature = Buffer.from((await signer.signTypedData(domain, types, login)).slice(2), 'hex')
  return Buffer.concat([Buffer.from([0, signature.length]), signature, Buffer.from(audience)])
}

const client = mqtt.connect(url, {
  protocolVersion: 5,
  clientId,
  username: wallet,
  properties: { authenticationMethod: METHOD },
  ca: readFileSync(caFile),
  reconnectPeriod: 0,
})
client.handleAuth = async ({ properties }, done) => {
  const authenticationData = await answer(properties.authenticationData)
  done(undefined, { cmd: 'auth', reasonCode: 0x18, properties: { authenticationMethod: METHOD, authenticationData } })
}
try {
  await new Promise((resolve, reject) => client.once('connect', resolve).once('error', reject))
  const received = new Promise((resolve) => client.once('message', (name, payload) => resolve(`${name} ${payload}`)))
  await client.subscribeAsync(topic, { qos: 1 })
  await client.publishAsync(topic, message, { qos: 1 })
  process.stdout.write(`${await received}\n`)
  await client.endAsync()
} catch (error) {
  process.stderr.write(`refused: ${error.message} (${error.code})\n`)
  process.exit(1)
}
