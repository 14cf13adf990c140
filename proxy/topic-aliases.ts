/**
 * @module The topic aliases of one direction (MQTT 5 section 3.3.2.3.4): as the sender set them, and as the receiver last
 * learnt them. They differ once a packet that set one was refused.
 */
import { type CachedDecision, UNDECIDED } from './decision-cache.ts'

/** What we offer at most, and take at most: each may hold a topic name. */
export const MAX_TOPIC_ALIASES = 32

export class TopicAliases {
  readonly #set: (CachedDecision | undefined)[] = []
  readonly #learnt: (CachedDecision | undefined)[] = []

  /** The sender gave name and alias. */
  set(alias: number, name: CachedDecision): void {
    this.#set[alias] = name
  }

  /** What the sender means by the alias alone; undefined: it never said. */
  meaning(alias: number): CachedDecision | undefined {
    return this.#set[alias]
  }

  /** The packet goes on with name and alias. */
  learn(alias: number, name: CachedDecision): void {
    this.#learnt[alias] = name
  }

  /** What the names mean stays; whether they are allowed is decided anew. */
  undecide(): void {
    for (const name of [...this.#set, ...this.#learnt]) if (name !== undefined) name.epoch = UNDECIDED
  }

  isLearnt(alias: number, { topicName }: CachedDecision): boolean {
    return this.#learnt[alias]?.topicName === topicName
  }
}
