/**
 * @module Asks one Graph Node, with a time and a size limit, and turns its refusals into codes. Graph Node answers errors
 * with HTTP 200 and tells them apart by their words alone.
 */
import type { Logger } from 'pino'
import { GatewayError, type GatewayErrorCode } from '../../errors.ts'

export interface GraphNodeClient {
  /** Rejects GatewayError HISTORY_UNREACHABLE, HISTORY_BEHIND or HISTORY_FAILED; what was said goes to the log alone. */
  ask<T>(query: string, variables: object): Promise<T>
}

const TIMEOUT_MS = 15_000
/** A thousand rows of the widest entity are under 2 MB. */
const MAX_ANSWER_BYTES = 32 << 20
/** It refuses while it takes back what the chain replaced: milliseconds. */
const TRIES = 5
const PAUSE_MS = 100

const SENTENCES = {
  HISTORY_UNREACHABLE: 'The history is kept by a Graph Node that does not answer now. Ask again soon.',
  HISTORY_BEHIND: 'The history does not reach that block yet. `status` tells how far it lags: ask again soon.',
  HISTORY_FAILED: 'Graph Node stopped at an event that it cannot index. The operator finds it in its log.',
} as const satisfies Partial<Record<GatewayErrorCode, string>>

export function graphNodeClient(url: string, log: Logger): GraphNodeClient {
  const refusal = (code: keyof typeof SENTENCES, err: unknown): GatewayError => {
    log.warn({ err, code }, 'Graph Node did not answer')
    return new GatewayError(code, SENTENCES[code])
  }
  return {
    async ask<T>(query: string, variables: object): Promise<T> {
      const body = JSON.stringify({ query, variables })
      for (let left = TRIES; ; left--) {
        const { data, words } = await post(url, body).catch((error: unknown) => {
          throw refusal('HISTORY_UNREACHABLE', error)
        })
        if (words === undefined) return data as T
        if (left === 0 || !/reorganized while/i.test(words)) throw refusal(codeOf(words), words)
        await new Promise((done) => setTimeout(done, PAUSE_MS))
      }
    },
  }
}

function codeOf(words: string): keyof typeof SENTENCES {
  if (/not yet available/.test(words)) return 'HISTORY_BEHIND'
  return /indexing_error/.test(words) ? 'HISTORY_FAILED' : 'HISTORY_UNREACHABLE'
}

/** Resolves with the data, or with what Graph Node says against it. */
async function post(url: string, body: string): Promise<{ data?: unknown; words?: string }> {
  const headers = { 'content-type': 'application/json' }
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  // No redirects: the questions tell who looks at whom.
  const response = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal })
  const answer = JSON.parse(await readBounded(response)) as { data?: unknown; errors?: { message: string }[] }
  if (answer.errors !== undefined) return { words: answer.errors.map(({ message }) => message).join('; ') }
  if (typeof answer.data === 'object' && answer.data !== null) return { data: answer.data }
  throw new Error(`HTTP ${response.status}, and neither data nor errors`)
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
