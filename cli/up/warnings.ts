/** @module What is set up so that it works and is still not well: said at start and by `status`. */
import { readFileSync } from 'node:fs'
import type { Shortfall } from '../../domain/view.ts'
import { probeAnonymousLogin } from '../../proxy/broker/probe.ts'
import { type BrokerTarget, nameOf } from '../../proxy/broker/target.ts'

/** Returns a line for each broker that devices could reach around the proxy, or of which that is not known. */
export async function warnOfOpenBrokers(targets: readonly BrokerTarget[]): Promise<string[]> {
  const logins = await Promise.all(targets.map((target) => probeAnonymousLogin(target)))
  return targets.flatMap((target, i) => {
    if (logins[i] === 'refused') return []
    if (logins[i] === 'unreachable') {
      return [`The broker ${nameOf(target)} does not answer: whether it lets in anybody is not known.`]
    }
    const remedy = 'Make it demand a login (Mosquitto: allow_anonymous false), and let only the proxy reach it.'
    return [
      `The broker ${nameOf(target)} lets in anybody, around the proxy: nothing is denied or recorded there. ${remedy}`,
    ]
  })
}

/** A device and its twin at the broker. */
const FILES_PER_CONNECTION = 2
/** Databases, logs, listeners, the chain. */
const OWN_FILES = 200

/** Returns how many connections there can be: as the rules say, or fewer where the system allows too few open files. */
export function mostConnections(connections: number, allowed = openFilesAllowed()): number {
  if (allowed === undefined) return connections
  return Math.min(connections, Math.max(0, Math.floor((allowed - OWN_FILES) / FILES_PER_CONNECTION)))
}

/** Returns a line when the system allows fewer open files than `connections`, which somebody asked for, need. */
export function warnOfFewFiles(connections: number, allowed = openFilesAllowed()): string[] {
  const needed = connections * FILES_PER_CONNECTION + OWN_FILES
  const devices = mostConnections(connections, allowed)
  if (devices === connections) return []
  const remedy = `Raise it before the start: ulimit -n ${needed} (systemd: LimitNOFILE=${needed}), or lower limits.connections.`
  return [`This process may open ${allowed} files, enough for ${devices} of ${connections} connections. ${remedy}`]
}

/** Linux alone tells. */
function openFilesAllowed(): number | undefined {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
    return line === null ? undefined : Number(line[1])
  } catch {
    return undefined
  }
}

/** Returns a line for each first-level name under which the view has no room left. */
export function warnOfShortfalls(shortfalls: readonly Shortfall[]): string[] {
  return shortfalls.map(({ name, topics, rights }) => {
    const shown = JSON.stringify(name)
    const what =
      topics > 0
        ? `${topics} topics under ${shown} found no room: the name is closed, nothing under it may be accessed.`
        : `${rights} rights under ${shown} found no room: they do not count. All else there goes on.`
    const remedy = 'If its owner means well, raise limits.viewEntriesPerName in flytrap.yaml: npx flytrap rules reload'
    return `${what} ${remedy}`
  })
}
