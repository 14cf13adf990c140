/** @module What each part of `up` is given to start with. */
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import type { Home } from '../home/home.ts'

export interface StartOptions {
  home: Home
  config: Config
  log: Logger
  /** How many, each beyond the first in a process of its own. */
  proxies: number
  /** Tells people what is being started. */
  progress: (what: string) => void
  /** Tells of a part that ended by itself. */
  onLost: (what: string, then: 'ends' | 'goes on' | 'restarted') => void
}
