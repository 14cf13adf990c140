/**
 * @module Host names of brokers, resolved once for many dials: getaddrinfo runs on four threads that all of Node shares,
 * and a thousand devices a second would wait for them. What was known before serves when the resolver fails.
 */
import { type LookupAddress, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'

/** getaddrinfo tells no time to live. */
const FRESH_MS = 30_000

interface Known {
  addresses: LookupAddress[]
  until: number
}

export class HostCache {
  readonly #known = new Map<string, Known>()
  readonly #waiting = new Map<string, Promise<LookupAddress[]>>()

  /** What `net.connect` takes as its `lookup`. */
  readonly lookup: LookupFunction = (hostname, options, done) => {
    this.#resolve(hostname).then(
      (addresses) => {
        const fit = addresses.filter(({ family }) => !options.family || options.family === family)
        const [first] = fit
        if (first === undefined) done(Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' }), '')
        else if (options.all === true) done(null, fit)
        else done(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => done(error, ''),
    )
  }

  /** A dial failed: the name may have moved. */
  forget(hostname: string): void {
    const known = this.#known.get(hostname)
    if (known !== undefined) known.until = 0
  }

  #resolve(hostname: string): Promise<LookupAddress[]> {
    const known = this.#known.get(hostname)
    if (known !== undefined && performance.now() < known.until) return Promise.resolve(known.addresses)
    const waiting = this.#waiting.get(hostname) ?? this.#ask(hostname, known)
    this.#waiting.set(hostname, waiting)
    return waiting
  }

  async #ask(hostname: string, known: Known | undefined): Promise<LookupAddress[]> {
    try {
      const addresses = await lookUp(hostname)
      this.#known.set(hostname, { addresses, until: performance.now() + FRESH_MS })
      return addresses
    } catch (error) {
      if (known === undefined) throw error
      return known.addresses
    } finally {
      this.#waiting.delete(hostname)
    }
  }
}

function lookUp(hostname: string): Promise<LookupAddress[]> {
  const family = isIP(hostname)
  if (family !== 0) return Promise.resolve([{ address: hostname, family }])
  return new Promise((resolve, reject) =>
    lookup(hostname, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses))),
  )
}
