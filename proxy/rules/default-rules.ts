/** @module The flytrap.yaml that a new home gets: DESIGN section 7's, commented; the embedded one for people who look. */

export interface Pace {
  window: string
  every: string
  confirmations: number
  /** Records a minute that newcomers cause, in sum and from one network: gas is free on the embedded chain. */
  newcomers: readonly [sum: number, network: number]
}

export const EMBEDDED_PACE: Pace = { window: '10s', every: '2s', confirmations: 1, newcomers: [600, 300] }
export const PRODUCTION_PACE: Pace = { window: '15m', every: '10s', confirmations: 2, newcomers: [30, 10] }

export const defaultRules = ({ window, every, confirmations, newcomers: [newcomers, ofNetwork] }: Pace): string => `\
# The rules of this FlyTrap. What is left out has the value shown here.
# After a change:  npx flytrap rules check && npx flytrap rules reload      (or send SIGHUP to flytrap up)
# Each start and reload records the SHA-256 of these rules on chain: npx flytrap rules show

# How decisions become records. For each of window and record the first rule that matches and names it counts.
# Rules choose how long equal accesses share one record, and what it shows on chain. Nothing is ever left out.
capture:
  # - { when: { topic: "home/#" }, record: sealed }                       # on chain: only that something happened
  - { when: { action: [publish, deliver] }, window: ${window} }                 # one record per connection, grant and window
  - { when: { proved: false }, window: 1m }                               # attempts that proved no identity, by network
  - { window: 0 }                                                         # all else: a record of its own

# Who is banned, and for how long. A ban on an address stops strangers; who proved himself from there passes.
abuse:
  - { moreThan: 5, of: failed-authentication, consecutive: true, by: [address, clientId], within: 10m, ban: 1h }
  - { moreThan: 50, of: failed-authentication, by: address, within: 10m, ban: 1h }
  - { moreThan: 20, of: denied, by: [wallet, clientId], within: 1m, ban: 10m }
  - { moreThan: 200, of: denied, by: wallet, within: 1m, ban: 10m }

limits:
  connections: 20000             # in sum
  connectionsPerAddress: 200
  unauthenticated: 500           # of them have not proved themselves yet
  unauthenticatedPerAddress: 100
  connectTimeout: 10s            # from accept to CONNACK
  loginsPerAddress: 60           # failed logins a minute that an address may have checked
  newcomersPerMinute: ${`${newcomers}`.padEnd(10)} # records that wallets without any right cause, in sum; beyond it they are refused
  newcomersPerAddress: ${`${ofNetwork}`.padEnd(9)} # the same, from one network
  recordsPerConnection: 120      # a minute; beyond it equal decisions share a record
  maxPacketBytes: 1MiB
  publishPerSecond: 1000         # a connection; beyond it we read slower
  packetsPerSecond: 2000         # of all kinds, beyond publishPerSecond
  viewEntriesPerName: 1000000

anchoring:
  every: ${every}                      # how often records go to the chain
  batch: 500
  heartbeat: 1h
  maxUnanchored: 24h             # no access once a record has waited so long
  spendPerHour: 0.01 ETH
  confirmations: ${confirmations}

storage:
  minFree: 1GiB                  # no access once the disk has less
  retention: 400d
  minimum: 30d

geo:
  overrides: {}                  # such as { "10.20.0.0/16": DE }: where private networks are
`
