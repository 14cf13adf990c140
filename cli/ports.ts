/** @module Which port to listen on: one that was asked for or none; otherwise the next free one. */
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { CliError } from './errors.ts'

export interface PortRequest {
  /** As configured; undefined: not asked for. */
  wanted: number | undefined
  /** The setting's name, for the refusal. */
  setting: string
  usual: number
  host: string
}

const TRIES = 100

/** Resolves with a free port. Rejects PORT_TAKEN when the one that was asked for is in use. */
export async function pickPort({ wanted, setting, usual, host }: PortRequest): Promise<number> {
  if (wanted === 0) return pickAny({ setting, host })
  if (wanted !== undefined) {
    const port = await tryPort(host, wanted)
    if (port !== undefined) return port
    const remedy = `Free it, set ${setting} to another, or to 0 for any.`
    throw new CliError('PORT_TAKEN', `Port ${wanted}, which ${setting} asks for, is in use on ${host}. ${remedy}`)
  }
  for (let port = usual; port < usual + TRIES; port++) {
    if ((await tryPort(host, port)) !== undefined) return port
  }
  throw new CliError(
    'PORT_TAKEN',
    `No port from ${usual} to ${usual + TRIES - 1} is free on ${host}. Set ${setting} to one.`,
  )
}

/**
 * Any free port, from below those that systems give to outgoing connections: between our look and the moment that the
 * part listens, nobody takes it by chance.
 */
async function pickAny({ setting, host }: { setting: string; host: string }): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const port = await tryPort(host, randomInt(20_000, 32_000))
    if (port !== undefined) return port
  }
  throw new CliError('PORT_TAKEN', `No port is free on ${host}. Set ${setting} to one that is.`)
}

function tryPort(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port))
    })
  })
}
