/** @module Sends hostile queries to a gateway while somebody else goes on asking, and says what both met. */
import { hostileBody, seeded } from './hostile-queries.ts'

export interface Campaign {
  queries: number
  /** How many got which answer: `200`, or the first error's code. */
  answers: Record<string, number>
  /** What should never be: a failure of ours, or words from inside. */
  bad: string[]
  /** Milliseconds of the slowest, and of the other's slowest. */
  slowest: number
  othersSlowest: number
  othersAsked: number
}

export interface CampaignOptions {
  url: string
  seed: number
  queries: number
  onProgress?: (done: number) => void
}

const AT_ONCE = 8
const INSIDE = /SQLITE|node_modules|\.ts:\d|at Object\.|Cannot read prop|undefined is not|ECONNREFUSED/

export async function fuzzQueries({ url, seed, queries, onProgress }: CampaignOptions): Promise<Campaign> {
  const random = seeded(seed)
  const seen: Campaign = { queries, answers: {}, bad: [], slowest: 0, othersSlowest: 0, othersAsked: 0 }
  const other = askOn(url, seen)
  let sent = 0
  const send = async (): Promise<void> => {
    while (sent < queries) {
      sent += 1
      if (sent % 500 === 0) onProgress?.(sent)
      await one(url, hostileBody(random), seen)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, send))
  await other.stop()
  return seen
}

async function one(url: string, body: string, seen: Campaign): Promise<void> {
  const startedAt = performance.now()
  const { status, text } = await post(url, body)
  seen.slowest = Math.max(seen.slowest, performance.now() - startedAt)
  const code = codeIn(text) ?? String(status)
  seen.answers[code] = (seen.answers[code] ?? 0) + 1
  if (code === 'INTERNAL_SERVER_ERROR' || INSIDE.test(text) || codeIn(text) === 'NOT_JSON') {
    seen.bad.push(`${code}: ${body.slice(0, 400)} → ${text.slice(0, 400)}`)
  }
}

/** Somebody with a small question, again and again. */
function askOn(url: string, seen: Campaign): { stop(): Promise<void> } {
  let isOver = false
  const asking = (async () => {
    while (!isOver) {
      const startedAt = performance.now()
      const { text } = await post(url, JSON.stringify({ query: '{ status { chainId } }' }))
      if (!text.includes('"chainId"')) seen.bad.push(`another’s question got: ${text.slice(0, 200)}`)
      seen.othersSlowest = Math.max(seen.othersSlowest, performance.now() - startedAt)
      seen.othersAsked += 1
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })()
  return {
    async stop() {
      isOver = true
      await asking
    },
  }
}

async function post(url: string, body: string): Promise<{ status: number; text: string }> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body })
  return { status: response.status, text: await response.text() }
}

function codeIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { errors?: { extensions?: { code?: string } }[] }).errors?.[0]?.extensions?.code
  } catch {
    return 'NOT_JSON'
  }
}
