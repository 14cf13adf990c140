/** @module Random deeds by random accounts, most of them such as can succeed: what they may refer to is taken from the fold. */
import type { Hex } from '../../../domain/bytes.ts'
import {
  isWildcard,
  literalAncestry,
  literalPrefix,
  type TopicFilter,
  topicIdOf,
} from '../../../domain/topic-filter.ts'
import { domainOf } from '../../../domain/typed-data.ts'
import { anchorOf, nearestLiteralTopic, type Topic, type View } from '../../../domain/view.ts'
import type { Ledger } from './ledger.ts'
import { randomFilter } from './names.ts'
import type { Chance } from './random.ts'
import type { Deed, World } from './world.ts'

export interface Stage {
  world: World
  view: View
  ledger: Ledger
  chance: Chance
}

type Maker = (stage: Stage) => Deed | Promise<Deed>

const FOREVER = 2 ** 40 - 1
const DAY = 86_400

/** What is done, and how often in relation to the rest. */
const MAKERS: readonly [weight: number, Maker][] = [
  [8, register],
  [4, give],
  [2, redeem],
  [10, setTerms],
  [7, propose],
  [9, accept],
  [18, grant],
  [7, revoke],
  [18, purchase],
  [5, endPurchase],
  [3, withdraw],
  [2, suspend],
  [2, setFees],
  [4, device],
  [1, credential],
  [3, auditor],
  [1, pause],
  [4, record],
]

const TOTAL = MAKERS.reduce((sum, [weight]) => sum + weight, 0)

export function randomDeed(stage: Stage): Deed | Promise<Deed> {
  let at = stage.chance.below(TOTAL)
  for (const [weight, maker] of MAKERS) {
    if (at < weight) return maker(stage)
    at -= weight
  }
  return register(stage)
}

function register({ view, ledger, chance, world }: Stage): Deed {
  const filter = randomFilter(chance)
  const literal = isWildcard(filter) ? literalPrefix(filter as TopicFilter) : literalAncestry(filter)[1]
  const above = literal === undefined ? undefined : nearestLiteralTopic(view, literal)
  return {
    name: 'registerTopic',
    args: [filter],
    ...by(above?.owner, { chance, world }),
    ...pay(ledger.fees.registrationFee),
  }
}

function give({ chance, world }: Stage): Deed {
  const filter = chance.pick(['a', 'b', '/a', '/b', '/', randomFilter(chance)])
  return { name: 'giveTopic', args: [filter, someone({ chance, world })], from: world.accounts[0]!.address }
}

async function redeem({ chance, world, ledger }: Stage): Promise<Deed> {
  const filter = chance.pick(['a', 'b', '/a', '/b', '/', randomFilter(chance)])
  const from = someone({ chance, world })
  const deadline = world.time + chance.pick([0, DAY])
  const types = {
    Registration: [
      { name: 'filter', type: 'string' },
      { name: 'owner', type: 'address' },
      { name: 'deadline', type: 'uint256' },
    ],
  }
  const signature = await sign(world, chance.isLikely(0.8) ? 0 : 1, types, { filter, owner: from, deadline })
  return { name: 'redeemTopic', args: [filter, deadline, signature], from, ...pay(ledger.fees.registrationFee) }
}

function setTerms(stage: Stage): Deed {
  const { chance } = stage
  const topic = someTopic(stage)
  const offers = topic.filter.includes('+') && chance.isLikely(0.9) ? 0 : chance.below(4)
  const rule = chance.isLikely(0.7) ? 0 : 1 + chance.below(2)
  const terms = {
    offers,
    publishPrice: BigInt(chance.pick([0, 7, 1_000_003])),
    subscribePrice: BigInt(chance.pick([0, 11, 999_999])),
    period: chance.pick([0, 600, DAY, DAY]),
    countryRule: rule,
    countries: rule === 0 ? 0n : BigInt(1 + chance.below(2 ** 30)),
    isSealed: chance.isLikely(0.2),
  }
  return { name: 'setTerms', args: [topic.filter, terms], ...byOwner(topic, stage) }
}

function propose(stage: Stage): Deed {
  const topic = someTopic(stage)
  const to = stage.chance.isLikely(0.15) ? (`0x${'00'.repeat(20)}` as Hex) : someone(stage)
  return { name: 'proposeTransfer', args: [topic.topicId, to], ...byOwner(topic, stage) }
}

/** Often the number that stands; sometimes one that stood before, as a slow buyer would send it. */
function accept(stage: Stage): Deed {
  const proposed = [...stage.view.topics()].filter(({ proposal }) => proposal !== undefined)
  const topic = proposed.length === 0 ? someTopic(stage) : stage.chance.pick(proposed)
  const number = (topic.proposal?.number ?? 1) - (stage.chance.isLikely(0.1) ? 1 : 0)
  return { name: 'acceptTransfer', args: [topic.topicId, number], ...by(topic.proposal?.to, stage) }
}

function grant(stage: Stage): Deed {
  const { chance, world, ledger } = stage
  const topic = someTopic(stage)
  const rights = 1 + chance.below(3)
  const until = chance.isLikely(0.2) ? FOREVER : world.time + chance.pick([0, 60, 600, DAY])
  const args = [topic.filter, someone(stage), rights, until, 1 + chance.below(6), `0x${'00'.repeat(32)}`]
  return { name: 'grant', args, ...byOwner(topic, stage), ...pay((rights & 1) === 0 ? 0n : ledger.fees.publishFee) }
}

function revoke(stage: Stage): Deed {
  const [topic, account] = [someTopic(stage), someone(stage)]
  const actor = stage.chance.isLikely(0.5) ? byOwner(topic, stage) : by(account, stage)
  return { name: 'revoke', args: [topic.filter, account, 1 + stage.chance.below(3)], ...actor }
}

function purchase(stage: Stage): Deed {
  const { chance, view, world, ledger } = stage
  const onSale = [...view.topics()].filter(({ terms }) => (terms?.offers ?? 0) !== 0)
  const topic = onSale.length === 0 ? someTopic(stage) : chance.pick(onSale)
  const offers = topic.terms?.offers ?? 0
  const rights = chance.isLikely(0.9) && offers !== 0 ? chance.pick([1, 2, 3].filter((r) => (r & ~offers) === 0)) : 3
  const price =
    ((rights & 1) === 0 ? 0n : (topic.terms?.publishPrice ?? 0n) + ledger.fees.publishFee) +
    ((rights & 2) === 0 ? 0n : (topic.terms?.subscribePrice ?? 0n))
  const minUntil = chance.isLikely(0.8) ? 0 : world.time + DAY
  return {
    name: 'purchase',
    args: [topic.filter, rights, minUntil, `0x${'11'.repeat(32)}`],
    from: someone(stage),
    ...pay(price),
  }
}

function endPurchase(stage: Stage): Deed {
  const [topic, account] = [someTopic(stage), someone(stage)]
  const actor = stage.chance.isLikely(0.6) ? byOwner(topic, stage) : by(account, stage)
  return { name: 'endPurchase', args: [topic.filter, account, 1 + stage.chance.below(3)], ...actor, ...pay(1_000_000n) }
}

function withdraw(stage: Stage): Deed {
  if (stage.chance.isLikely(0.2)) return { name: 'withdrawTo', args: [someone(stage)], from: someone(stage) }
  return { name: 'withdraw', args: [someone(stage)], from: someone(stage) }
}

function suspend({ chance, world }: Stage): Deed {
  const args = [someone({ chance, world }), chance.pick([0, world.time + 300])]
  return { name: 'suspend', args, ...by(world.accounts[0]!.address, { chance, world }) }
}

function setFees({ chance, world }: Stage): Deed {
  const args = [chance.pick([0, 250, 1_000, 1_001]), BigInt(chance.pick([0, 5])), BigInt(chance.pick([0, 3]))]
  return { name: 'setFees', args, ...by(world.accounts[0]!.address, { chance, world }) }
}

async function device(stage: Stage): Promise<Deed> {
  const { chance, world, ledger } = stage
  const signer = chance.below(world.accounts.length)
  const [owner, device] = [world.accounts[signer]!.address, someone(stage)]
  const until = chance.pick([0, world.time + 300, FOREVER])
  if (chance.isLikely(0.6)) return { name: 'authorizeDevice', args: [device, until], from: owner }
  const nonce = (ledger.nonces.get(owner) ?? 0n) - (chance.isLikely(0.1) ? 1n : 0n)
  const deadline = world.time + DAY
  const types = {
    DeviceAuthorization: [
      { name: 'owner', type: 'address' },
      { name: 'device', type: 'address' },
      { name: 'until', type: 'uint40' },
      { name: 'nonce', type: 'uint256' },
      { name: 'deadline', type: 'uint256' },
    ],
  }
  const message = { owner, device, until, nonce: nonce < 0n ? 0n : nonce, deadline }
  const signature = await sign(world, signer, types, message)
  return { name: 'authorizeDeviceBySig', args: [owner, device, until, deadline, signature], from: someone(stage) }
}

function credential(stage: Stage): Deed {
  const id = `0x${stage.chance
    .below(2 ** 30)
    .toString(16)
    .padStart(32, '0')}`
  return { name: 'revokeCredential', args: [id], from: someone(stage) }
}

function auditor(stage: Stage): Deed {
  const { chance, world } = stage
  const until = chance.pick([0, world.time + 300, FOREVER])
  if (chance.isLikely(0.3)) {
    return { name: 'setAuditor', args: [someone(stage), '', until], ...by(world.accounts[0]!.address, stage) }
  }
  const topic = someTopic(stage)
  return { name: 'setAuditor', args: [someone(stage), topic.filter, until], ...byOwner(topic, stage) }
}

function pause({ chance, world, ledger }: Stage): Deed {
  // Paused one time in six: little can be tried meanwhile.
  const isPaused = ledger.isPaused || chance.isLikely(0.8)
  return { name: isPaused ? 'unpause' : 'pause', args: [], ...by(world.accounts[0]!.address, { chance, world }) }
}

/** Batches, heartbeats and resends by accounts that may or may not be recorders. */
function record(stage: Stage): Deed {
  const { chance, world, ledger } = stage
  const owner = world.accounts[0]!.address
  if (chance.isLikely(0.1)) {
    // To retire or to stop is final, and there are few accounts.
    const name = chance.isLikely(0.05) ? chance.pick(['retireRecorder', 'stopRecorder']) : 'addRecorder'
    return { name, args: [someone(stage)], ...by(owner, stage) }
  }
  const from = someone(stage)
  const known = ledger.recorders.get(from)
  const count = chance.pick([0, 1, 3])
  const records = `0x${'5a'.repeat(72 * count)}`
  const firstSeq = (known?.nextSeq ?? 1n) + (chance.isLikely(0.1) ? 1n : 0n)
  const through = chance.pick([known?.through ?? 0, world.time, world.time])
  return { name: 'recordBatch', args: [firstSeq, records, `0x${'22'.repeat(32)}`, through, world.time], from }
}

type Cast = Pick<Stage, 'chance' | 'world'>

const someone = ({ chance, world }: Cast): Hex => chance.pick(world.accounts).address

function someTopic({ view, chance }: Stage): Topic {
  const filter = randomFilter(chance)
  const topics = [...view.topics()]
  if (topics.length === 0 || chance.isLikely(0.03)) return { topicId: topicIdOf(filter), filter, since: 0 } as Topic
  return chance.pick(topics)
}

/** By the one who may, but for one in ten. */
function by(account: Hex | undefined, cast: Cast): { from: Hex } {
  return { from: account === undefined || cast.chance.isLikely(0.1) ? someone(cast) : account }
}

const byOwner = (topic: Topic, stage: Stage): { from: Hex } => by(anchorOf(stage.view, topic)?.owner, stage)

const pay = (value: bigint): { value: bigint } => ({ value })

type Fields = Record<string, { name: string; type: string }[]>

function sign(world: World, signer: number, types: Fields, message: Record<string, unknown>): Promise<string> {
  const domain = domainOf({ chainId: 31_337n, contract: world.contract })
  return world.accounts[signer]!.wallet.signTypedData(domain, types, message)
}
