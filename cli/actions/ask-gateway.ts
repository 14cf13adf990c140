/** @module "Who accessed this, when and why?", asked of the running gateway, and its answer as a table. */
import colors from 'picocolors'
import { CliError } from '../errors.ts'
import type { Output } from '../terminal/output.ts'
import { shortHex } from '../terminal/output.ts'

const QUESTION = `query Who($where: AccessWhere, $first: Int, $after: String) {
  accessRecords(where: $where, first: $first, after: $after) {
    nodes {
      id
      who { address }
      what { filter }
      match action outcome denialReason
      when { first last count countIsLowerBound }
      why { id right lawfulBasis grantor { address } until endedAt }
      proof { sequence transaction block { number } recorder { id } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`

export interface WhoRow {
  id: string
  who: { address: string } | null
  what: { filter: string } | null
  match: 'CERTAIN' | 'POSSIBLE' | null
  action: string
  outcome: string
  denialReason: string | null
  when: { first: string; last: string; count: number; countIsLowerBound: boolean }
  why: { id: string; right: string; lawfulBasis: string; grantor: { address: string }; endedAt: string | null } | null
  proof: { sequence: string; transaction: string; block: { number: string }; recorder: { id: string } }
}

export interface WhoQuestion {
  gateway: string
  topic: string
  /** ISO times. */
  from?: string
  to?: string
  /** The newest so many. */
  first: number
}

/** Resolves with the rows, newest first. Rejects GATEWAY_UNREACHABLE, or the gateway's code. */
export async function askWho({ gateway, topic, from, to, first }: WhoQuestion): Promise<WhoRow[]> {
  const where = { topic, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
  const { accessRecords } = await askGateway<{ accessRecords: { nodes: WhoRow[] } }>(gateway, QUESTION, {
    where,
    first,
  })
  return accessRecords.nodes
}

/** Resolves once the gateway's history holds the block. */
export async function untilIndexed(gateway: string, block: number): Promise<void> {
  const end = Date.now() + 30_000
  while (Date.now() < end) {
    const answer = await askGateway<{ status: { indexed: { number: string } | null } }>(
      gateway,
      '{ status { indexed { number } } }',
      {},
    )
    if (Number(answer.status.indexed?.number ?? -1) >= block) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new CliError('HISTORY_BEHIND', 'The gateway’s history does not catch up. See: npx flytrap status')
}

async function askGateway<T>(gateway: string, query: string, variables: object): Promise<T> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ query, variables })
  const response = await fetch(`${gateway}/graphql`, { method: 'POST', headers, body }).catch((cause: unknown) => {
    throw new CliError('GATEWAY_UNREACHABLE', `The gateway ${gateway} does not answer. Start it with: npx flytrap up`, {
      cause,
    })
  })
  const { data, errors } = (await response.json()) as {
    data?: T
    errors?: { message: string; extensions?: { code?: string } }[]
  }
  const [error] = errors ?? []
  if (error !== undefined) throw new CliError(error.extensions?.code ?? 'FAILED', error.message)
  return data as T
}

/** Draws the rows. `nameOf` gives the home's own name of an account, where it has one. */
export function showWho(
  rows: readonly WhoRow[],
  output: Output,
  nameOf: (address: string) => string | undefined,
): void {
  const person = (address: string): string => nameOf(address) ?? shortHex(address)
  const lines = rows.map((row) => [
    row.when.first.replace('T', ' ').replace('Z', ''),
    row.who === null ? '—' : person(row.who.address),
    row.action,
    `${row.when.countIsLowerBound ? '≥' : ''}${row.when.count}`,
    row.outcome === 'ALLOWED' ? 'allowed' : `denied: ${row.denialReason}`,
    row.what === null ? '—' : row.what.filter,
    whyOf(row, person),
    `#${row.proof.sequence} in block ${row.proof.block.number}`,
  ])
  output.table(['when (UTC)', 'who', 'did', 'times', 'outcome', 'topic', 'why', 'proof'], lines)
  const possible = rows.filter(({ match }) => match === 'POSSIBLE').length
  if (possible > 0)
    output.line(
      colors.dim(
        `  ${possible} of these cannot be narrowed to it from the chain alone: a report’s evidence tells the concrete name.`,
      ),
    )
}

function whyOf({ why, what, outcome }: WhoRow, person: (address: string) => string): string {
  if (why === null) return outcome === 'ALLOWED' && what !== null ? 'owner' : '—'
  const ended = why.endedAt === null ? '' : ', since ended'
  return `grant ${why.id} by ${person(why.grantor.address)} (${why.lawfulBasis.toLowerCase().replaceAll('_', ' ')}${ended})`
}
