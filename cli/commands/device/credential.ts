/** @module `flytrap device credential`: a user name and password for a device that cannot sign. */
import { join } from 'node:path'
import { getAddress } from 'ethers'
import { showTime } from '../../../domain/amounts.ts'
import { MAX_CREDENTIAL_SECONDS } from '../../../domain/typed-data.ts'
import { type Endpoints, openChain, readEndpoints, type SigningOptions, signerOf } from '../../context.ts'
import { makeCredential } from '../../demo/device.ts'
import { usage } from '../../errors.ts'
import { writeWhole } from '../../home/files.ts'
import { addressOf } from '../../home/keys.ts'
import { quoted, visible } from '../../terminal/output.ts'
import { parseUntil } from '../../times.ts'
import type { SignOptions } from './give-signed.ts'
import { revokeCredential } from './revoke-credential.ts'

export interface CredentialOptions extends SigningOptions, SignOptions {
  for?: string
  clientId?: string
  until: string
  /** The id of one to end. */
  revoke?: string
}

export async function credential(options: CredentialOptions): Promise<void> {
  if (options.revoke !== undefined) return revokeCredential(options.revoke, options)
  const { clientId } = options
  if (clientId === undefined) throw usage('Say for which MQTT client: --client-id ID. Or end one: --revoke CREDENTIAL')
  const context = await openChain(options)
  const { home, deployment, output } = context
  const now = Math.floor(Date.now() / 1_000)
  const lifetime = parseUntil(options.until, now) - now
  if (lifetime <= 0 || lifetime > MAX_CREDENTIAL_SECONDS - 300)
    throw usage('A credential lasts at most 90 days: --until 90d.')
  if (clientId === '' || Buffer.byteLength(clientId) > 256) throw usage('--client-id has 1 to 256 bytes.')
  const signer = signerOf(context, options)
  const wallet = options.for === undefined ? signer.address : addressOf(home, options.for)
  const { credential: made, password } = makeCredential({ deployment, wallet, signer: signer.key, clientId, lifetime })
  const username = getAddress(wallet)
  const dir = home.path('devices', made.id.slice(2, 10))
  const words = [...placeOf(readEndpoints(home)), '-V', 'mqttv5', '-i', clientId, '-u', username, '-P', password]
  // A password in a command line stands in every list of processes; Mosquitto's clients read it from here.
  for (const client of ['mosquitto_pub', 'mosquitto_sub']) writeWhole(join(dir, client), `${pairs(words).join('\n')}\n`)
  const example = `XDG_CONFIG_HOME=${quoted(dir)} mosquitto_pub -t TOPIC -m hello -q 1`
  output.line(`username   ${username}`)
  output.line(`password   ${password}`)
  output.line(`clientId   ${visible(clientId)}`)
  output.line(`expiresAt  ${showTime(made.expiresAt)}`)
  output.line(`id         ${made.id}  (ends it: npx flytrap device credential --revoke ${made.id} --as NAME)`)
  output.line(`\nTry it (Debian’s mosquitto-clients; the password is read from a file):\n  ${example}`)
  output.result({ username, password, clientId, expiresAt: made.expiresAt, id: made.id, configDir: dir, example })
}

/** Where the running proxy is dialled: in clear text on this machine, or with the certificate that it has. */
function placeOf(endpoints: Endpoints | undefined): string[] {
  const url = endpoints?.mqtt ?? endpoints?.mqtts ?? 'mqtt://127.0.0.1:1883'
  const { hostname, port, protocol } = new URL(url)
  const caFile = protocol === 'mqtts:' ? (endpoints?.caFile ?? '/etc/ssl/certs/ca-certificates.crt') : undefined
  return ['-h', hostname, '-p', port, ...(caFile === undefined ? [] : ['--cafile', caFile])]
}

const pairs = (words: readonly string[]): string[] =>
  words.flatMap((word, i) => (i % 2 === 0 ? [`${word} ${words[i + 1] ?? ''}`] : []))
