/** @module Re-authentication as a device does it on a live connection (MQTT 5 section 4.12.1). */
import type { MqttClient } from 'mqtt'
import mqttPacket, { type IAuthPacket } from 'mqtt-packet'
import { encodeChallengeAnswer, parseChallenge } from '../../domain/login-bytes.ts'
import { AUTHENTICATION_METHOD, loginDigest } from '../../domain/typed-data.ts'
import type { Account } from './chain.ts'
import { signDigest, type TestProxy } from './mqtt.ts'

interface Renewal {
  account: Pick<Account, 'address'>
  clientId: string
  /** Who signs. */
  key: Account['key']
  method?: string
}

/** Begins a renewal, answers the challenge with `key`, and resolves with how the proxy ended it. */
export function renewOn(
  it: TestProxy,
  client: MqttClient,
  { account, clientId, key, method = AUTHENTICATION_METHOD }: Renewal,
): Promise<string> {
  return new Promise((resolve) => {
    const onDisconnect = (packet: { reasonCode?: number }): void => resolve(`DISCONNECT ${packet.reasonCode}`)
    client.once('disconnect', onDisconnect)
    client.handleAuth = (packet, done) => {
      if (packet.reasonCode === 0) {
        client.off('disconnect', onDisconnect)
        return resolve('AUTH 0')
      }
      const challenge = parseChallenge(packet.properties?.authenticationData ?? new Uint8Array())
      if (challenge === undefined) throw new Error('no challenge')
      const login = { wallet: account.address, clientId, audience: 'localhost', ...challenge }
      const signature = signDigest(key, loginDigest(it.deployment, login))
      const authenticationData = Buffer.from(encodeChallengeAnswer(signature, 'localhost'))
      const properties = { authenticationMethod: AUTHENTICATION_METHOD, authenticationData }
      done(undefined, { cmd: 'auth', reasonCode: 0x18, properties })
    }
    const begin: IAuthPacket = { cmd: 'auth', reasonCode: 0x19, properties: { authenticationMethod: method } }
    client.stream.write(mqttPacket.generate(begin, { protocolVersion: 5 }))
  })
}
