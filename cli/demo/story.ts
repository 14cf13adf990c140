/**
 * @module The story that a new home tells once: every line of it happens, with real devices, before it is printed. How
 * far it was told is kept in the home, so that a start in the middle goes on, and the next one has nothing to tell.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { MqttClient } from 'mqtt'
import colors from 'picocolors'
import { createFailoverRpc } from '../../contracts/rpc/failover.ts'
import { createSender } from '../../contracts/rpc/transact.ts'
import { toHex } from '../../domain/bytes.ts'
import { grantOf, registration, revocationOf } from '../../domain/contract-calls.ts'
import { LawfulBasis, Right } from '../../domain/enums.ts'
import { remakeReport } from '../../reports/remake.ts'
import { verifyReport } from '../../reports/verify/verify-report.ts'
import { anchoringBy, type Issuing } from '../actions/anchoring.ts'
import { askWho, showWho, untilIndexed } from '../actions/ask-gateway.ts'
import { sendCall } from '../actions/contract-calls.ts'
import { ownerOf } from '../actions/contract-reads.ts'
import { preparePurpose } from '../actions/purposes.ts'
import { reportOf, showVerdict, writeTopicReport } from '../actions/topic-report.ts'
import type { SavedDeployment } from '../context.ts'
import { readJson, writeJson } from '../home/files.ts'
import type { Home } from '../home/home.ts'
import { findOrMakeKey, listKeys, type NamedKey } from '../home/keys.ts'
import type { Output } from '../terminal/output.ts'
import { connectBySigning, connectWithCredential } from './device.ts'

/** The running system, as the story uses it: from within `up`, or from another process. */
export interface StoryPlace {
  /** Null: the listener is off, and the story cannot be told. */
  mqtt: string | null
  gateway: string
  rpcUrl: string
  deployment: SavedDeployment
  flush(): Promise<{ records: number; through: number }>
  issuing: Issuing
  /** The block whose state decides at the proxy. */
  viewBlock(): Promise<number>
}

export interface Story {
  home: Home
  /** Where the evidence store is. */
  evidence: string
  running: StoryPlace
  output: Output
  isEnding: () => boolean
  /** Tell it although it was told before. */
  again?: boolean
}

const TOPIC = 'home/kitchen/temperature'
const DAYS_30 = 30 * 86_400

/** Never rejects: a story that fails says so, and the service goes on. */
export async function tellStory(story: Story): Promise<void> {
  const { home, output, isEnding } = story
  if (story.running.deployment.embedded === false) return output.line('The story is told on the embedded chain only.')
  const isTold = (readJson(home.path('story.json')) as { told?: boolean } | undefined)?.told === true
  if (isTold && story.again !== true) return showKept(home, output)
  const clients: MqttClient[] = []
  try {
    await tell(story, clients)
    writeJson(home.path('story.json'), { told: true })
    showNext(output)
  } catch (error) {
    if (!isEnding())
      output.line(
        colors.red(
          `\nThe story stopped: ${(error as Error).message}\nThe service goes on; the next start tells it again.`,
        ),
      )
  } finally {
    for (const client of clients) client.end(true)
  }
}

async function tell(story: Story, clients: MqttClient[]): Promise<void> {
  const { home, running, output } = story
  const { deployment, mqtt: url } = running
  if (url === null) throw new Error('its devices speak plain MQTT, which FLYTRAP_MQTT_PORT=off turns off')
  const keys = {
    owner: findOrMakeKey(home, 'owner'),
    thermostat: findOrMakeKey(home, 'thermostat'),
    dashboard: findOrMakeKey(home, 'dashboard'),
    stranger: findOrMakeKey(home, 'stranger'),
  }
  output.line(colors.bold('A short story, as it happens'))
  await setUp(story, keys)
  await untilViewHas(story)

  const device = (key: NamedKey, clientId: string) => ({ url, deployment, key, clientId })
  const thermostat = await connectWithCredential(device(keys.thermostat, 'thermostat-1'))
  const dashboard = await connectBySigning(device(keys.dashboard, 'dashboard-1'))
  const stranger = await connectWithCredential(device(keys.stranger, 'stranger-1'))
  clients.push(thermostat, dashboard, stranger)
  for (const client of clients) client.on('error', () => {})

  const received: string[] = []
  dashboard.on('message', (_topic, payload) => received.push(payload.toString()))
  await dashboard.subscribeAsync(TOPIC, { qos: 1 })
  await thermostat.publishAsync(TOPIC, '21.5 °C', { qos: 1 })
  await until(async () => received.length > 0)
  step(
    output,
    `the thermostat publishes ${colors.cyan(TOPIC)}; the dashboard receives ${colors.bold(received[0] ?? '')}`,
  )

  const refusal = await stranger.subscribeAsync(TOPIC, { qos: 1 }).catch((error: unknown) => error)
  step(output, `a stranger subscribes and is refused: ${colors.red(reasonOf(refusal))}`)

  await revoke(story, keys)
  await thermostat.publishAsync(TOPIC, '22.0 °C', { qos: 1 })
  await pause(1_000)
  if (received.length !== 1) throw new Error('the dashboard received something after its grant was revoked')
  step(
    output,
    'the owner revokes the dashboard’s grant; the thermostat publishes 22.0 °C, the dashboard’s live subscription stays quiet',
  )

  await showProof(story)
}

async function setUp(
  { evidence, running }: Story,
  keys: Record<'owner' | 'thermostat' | 'dashboard', NamedKey>,
): Promise<void> {
  const { deployment, rpcUrl } = running
  const rpc = createFailoverRpc(rpcUrl)
  const place = { rpc, contract: deployment.contract }
  const sender = createSender(rpc, keys.owner.key)
  for (const filter of ['home', TOPIC]) {
    if ((await ownerOf(place, filter)) === undefined)
      await sendCall(place, sender, registration(filter, keys.owner.address))
  }
  const until = Math.floor(Date.now() / 1_000) + DAYS_30
  const grant = async (key: NamedKey, rights: number, text: string): Promise<void> => {
    const purpose = preparePurpose(evidence, { filter: TOPIC, account: key.address }, text)
    await purpose.keep()
    const grantee = { filter: TOPIC, account: key.address, rights, until }
    const order = { ...grantee, basis: LawfulBasis.CONTRACT, purpose: purpose.commitment }
    await sendCall(place, sender, grantOf(order))
  }
  await grant(keys.thermostat, Right.PUBLISH, 'Measure the kitchen’s temperature')
  await grant(keys.dashboard, Right.SUBSCRIBE, 'Show the kitchen’s temperature')
}

async function revoke(story: Story, keys: Record<'owner' | 'dashboard', NamedKey>): Promise<void> {
  const { deployment, rpcUrl } = story.running
  const rpc = createFailoverRpc(rpcUrl)
  const order = { filter: TOPIC, account: keys.dashboard.address, rights: Right.SUBSCRIBE }
  await sendCall({ rpc, contract: deployment.contract }, createSender(rpc, keys.owner.key), revocationOf(order))
  await untilViewHas(story)
}

async function showProof({ home, evidence, running, output }: Story): Promise<void> {
  const { deployment, rpcUrl, gateway } = running
  const rpc = createFailoverRpc(rpcUrl)
  const { records: count, through } = await running.flush()
  const block = Number(await rpc.request<string>('eth_blockNumber'))
  const time = new Date(through * 1_000).toISOString().slice(11, 19)
  step(
    output,
    `the records are on chain: ${count} of them, up to block ${block}; nothing before ${time} UTC is missing`,
  )

  await untilIndexed(gateway, block)
  output.line(`\n  ${colors.bold(`Who accessed ${TOPIC}, when and why?`)} ${colors.dim(`(${gateway}/graphql)`)}\n`)
  const names = new Map(listKeys(home).map(({ name, address }) => [address as string, name]))
  showWho(await askWho({ gateway, topic: TOPIC, first: 20 }), output, (address) => names.get(address.toLowerCase()))

  const file = join(
    home.dir,
    'reports',
    `topic-access-${toHex(crypto.getRandomValues(new Uint8Array(4))).slice(2)}.pdf`,
  )
  mkdirSync(home.path('reports'), { recursive: true, mode: 0o700 })
  const anchoring = anchoringBy(running.issuing)
  const made = await writeTopicReport({ home, evidence, rpc, deployment, topicFilter: TOPIC, file, anchoring })
  output.line('')
  step(output, `a signed report lies in ${colors.cyan(file)}`)
  const issued = await anchoring.settled(reportOf(made))
  if (issued.state === 'SIGNED') output.line(`  ${colors.yellow('–')} its hash is not anchored yet: ${issued.reason}`)
  else step(output, `its hash is anchored in block ${issued.block}: nobody can say that it was made later`)
  output.line(`\n  ${colors.bold('flytrap verify --rpc')} ${colors.dim('doubts it line by line:')}\n`)
  const verdict = await verifyReport(made.pdf, { rpcUrl, remake: remakeReport })
  showVerdict(verdict, output)
  if (verdict.result === 'FAILED') throw new Error('the report does not verify')
}

/** The decision follows the chain within one poll. */
async function untilViewHas({ running }: Story): Promise<void> {
  const height = Number(await createFailoverRpc(running.rpcUrl).request<string>('eth_blockNumber'))
  await until(async () => (await running.viewBlock()) >= height)
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error('what should have happened did not within 15 seconds')
    await pause(20)
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const step = (output: Output, text: string): void => output.line(`  ${colors.green('✓')} ${text}`)

function reasonOf(refusal: unknown): string {
  const { packet } = refusal as { packet?: { granted?: number[]; properties?: { reasonString?: string } } }
  const code = packet?.granted?.[0]
  if (code === undefined) throw new Error('the stranger was not refused')
  return `0x${code.toString(16)} Not authorized, ${packet?.properties?.reasonString ?? 'no reason given'}`
}

function showKept(home: Home, output: Output): void {
  output.line(`The story was told before; its records and its report are kept in ${home.path('reports')}.`)
  showNext(output)
}

function showNext(output: Output): void {
  output.line(`\n${colors.bold('What next?')} In another terminal:\n`)
  const hints = [
    ['npx flytrap who home/kitchen/temperature', 'who accessed it, when and why'],
    ['npx flytrap wallet new phone', 'a key for a device of yours'],
    ['npx flytrap grant home/kitchen/temperature phone --subscribe --until 30d --basis consent', 'a right for it'],
    ['npx flytrap device credential --as phone --client-id phone-1', 'its user name and password'],
    ['npx flytrap report topic-access --topic home/kitchen/temperature', 'a signed PDF'],
    [
      'npx flytrap topic register weather --subscribe-price 0.01',
      'something to sell; docs/owners.md leads on to the payout',
    ],
    ['npx flytrap status', 'what is recorded, what waits'],
  ]
  for (const [command = '', what = ''] of hints) output.line(`  ${colors.cyan(command)}\n      ${colors.dim(what)}`)
  output.line(`\n${colors.dim('It keeps running. Ctrl-C ends it.')}`)
}
