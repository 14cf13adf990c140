/** @module Whose PROXY headers count: load balancers, named by network. Anybody else's word on an address is worth nothing. */
import { BlockList, isIP } from 'node:net'
import { plainAddress } from '../../address.ts'

export class TrustedSenders {
  readonly #networks = new BlockList()
  readonly isEmpty: boolean

  /** Takes addresses and networks, `10.0.0.5` or `10.0.0.0/24`. Throws RangeError, naming what is none. */
  constructor(networks: readonly string[]) {
    this.isEmpty = networks.length === 0
    for (const text of networks) this.#add(text)
  }

  includes(address: string): boolean {
    const family = isIP(address)
    return family !== 0 && this.#networks.check(address, family === 4 ? 'ipv4' : 'ipv6')
  }

  #add(text: string): void {
    const [address = '', length, ...more] = text.split('/')
    const family = isIP(address)
    const bits = family === 4 ? 32 : 128
    const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN
    // A network of all addresses would let anybody choose his own.
    const isNetwork = family !== 0 && more.length === 0 && prefix >= 1 && prefix <= bits && !address.includes('%')
    if (!isNetwork || plainAddress(address) !== address) {
      throw new RangeError(`${JSON.stringify(text)} is no address and no network such as 10.0.0.0/24`)
    }
    this.#networks.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
  }
}
