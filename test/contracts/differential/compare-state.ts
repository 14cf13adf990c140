/** @module Every getter of the contract against what the events amount to: they have to suffice to rebuild every bit. */
import { ZERO_ADDRESS } from '../../../domain/bytes.ts'
import { Right } from '../../../domain/enums.ts'
import { anchorOf, type Grant, type Topic, type View } from '../../../domain/view.ts'
import type { Stage } from './deeds.ts'

interface Expectation {
  name: string
  args: readonly unknown[]
  answer: readonly unknown[]
}

/** Returns each getter's answer that differs from the fold. */
export async function compareState(stage: Stage): Promise<{ asked: number; differences: string[] }> {
  const expected = [...topics(stage), ...rights(stage), ...accounts(stage), ...recorders(stage)]
  const answers = await stage.world.ask(expected)
  const differences = expected.flatMap(({ name, args, answer }, i) => {
    const [theirs, ours] = [text(answers[i]), text(answer)]
    return theirs === ours ? [] : [`${name}(${args.join(', ')}): chain ${theirs}, fold ${ours}`]
  })
  return { asked: expected.length, differences }
}

function topics({ view }: Stage): Expectation[] {
  return [...view.topics()].flatMap((topic) => {
    const { filter, topicId, since, proposal } = topic
    const anchor = anchorOf(view, topic)
    return [
      { name: 'topicOf', args: [filter], answer: [anchor?.owner, since, true] },
      { name: 'termsOf', args: [filter], answer: [termsNow(topic, anchor?.since ?? 0)] },
      { name: 'proposalOf', args: [topicId], answer: [proposal?.to ?? ZERO_ADDRESS, proposal?.number ?? 0] },
    ]
  })
}

function termsNow({ terms }: Topic, since: number): unknown[] {
  if (terms === undefined) return [0, 0n, 0n, 0, 0, 0n, false]
  const { offers, publishPrice, subscribePrice, period, countryRule, countries, isSealed, setAt } = terms
  const sale = setAt < since ? [0, 0n, 0n, 0] : [offers, publishPrice, subscribePrice, period]
  return [...sale, countryRule, countries, isSealed]
}

function rights({ view, world }: Stage): Expectation[] {
  return [...view.topics()].flatMap(({ topicId }) =>
    world.accounts.flatMap(({ address }) =>
      [Right.PUBLISH, Right.SUBSCRIBE].flatMap((right) => rightsOf(view, [topicId, address, right], world.time)),
    ),
  )
}

function rightsOf(view: View, args: Parameters<View['grant']>, time: number): Expectation[] {
  const [granted, bought] = [standing(view.grant(...args)), standing(view.bought(...args))]
  const { price, period } = bought?.bought ?? { price: 0n, period: 0 }
  const isRunning = bought !== undefined && bought.until > time
  const unused = period === 0 ? price : (BigInt((bought?.until ?? 0) - time) * price) / BigInt(period)
  return [
    {
      name: 'grantOf',
      args,
      answer: [granted?.grantor ?? ZERO_ADDRESS, granted?.id ?? 0, granted?.until ?? 0, granted?.basis ?? 0],
    },
    { name: 'purchaseOf', args, answer: [bought?.id ?? 0, bought?.until ?? 0, price, period] },
    { name: 'unusedOf', args, answer: [isRunning ? unused : 0n] },
  ]
}

const standing = (grant: Grant | undefined): Grant | undefined => (grant?.endedBy === undefined ? grant : undefined)

function accounts({ view, ledger, world }: Stage): Expectation[] {
  const { fees } = ledger
  const all = world.accounts.map(({ address }) => address)
  const each = all.flatMap((account) => [
    { name: 'creditOf', args: [account], answer: [ledger.credits.get(account) ?? 0n] },
    { name: 'nonces', args: [account], answer: [ledger.nonces.get(account) ?? 0n] },
    { name: 'suspendedUntil', args: [account], answer: [view.suspendedUntil(account)] },
    ...all.map((device) => ({
      name: 'deviceUntil',
      args: [account, device],
      answer: [view.deviceUntil(account, device)],
    })),
    ...[...view.topics()].map((topic) => ({
      name: 'isAuditor',
      args: [account, topic.filter],
      answer: [isAuditor({ view, ledger, world }, account, topic)],
    })),
  ])
  const contract = [
    { name: 'fees', args: [], answer: [Number(fees.share), fees.registrationFee, fees.publishFee] },
    { name: 'paused', args: [], answer: [ledger.isPaused] },
  ]
  return [...each, ...contract]
}

function isAuditor(
  { view, ledger, world }: Pick<Stage, 'view' | 'ledger' | 'world'>,
  account: string,
  topic: Topic,
): boolean {
  const ofAll = ledger.auditors.get(`${account}:0x${'00'.repeat(32)}`)
  const ofTopic = ledger.auditors.get(`${account}:${topic.topicId}`)
  const since = anchorOf(view, topic)?.since ?? 0
  return (ofAll?.until ?? 0) > world.time || ((ofTopic?.until ?? 0) > world.time && (ofTopic?.appointed ?? 0) >= since)
}

function recorders({ ledger, world }: Stage): Expectation[] {
  return world.accounts.flatMap(({ address }) => {
    const known = ledger.recorders.get(address)
    // Before its first batch a recorder's times are those of its block, which no event repeats.
    if (known === undefined || known.nextSeq === 1n) return []
    const { id, state, nextSeq, through, builtAt, head } = known
    return [{ name: 'recorders', args: [address], answer: [id, state, nextSeq, through, builtAt, head] }]
  })
}

/** Tuples come as lists, numbers as number or bigint: compared as text. */
function text(answer: readonly unknown[] | undefined): string {
  return (answer ?? [])
    .flat(2)
    .map((value) => String(value).toLowerCase())
    .join(' ')
}
