/** @module When `up` ends: asked to, or because a part is lost without which nothing works. */

/** What follows when a part ended by itself. */
const LOST = {
  ends: ' ended by itself. Everything ends now; start again with: npx flytrap up',
  'goes on':
    ' ended by itself. Accesses go on while the view is fresh, records wait on disk. Start again with: npx flytrap up',
  restarted: '',
}

export interface Ended {
  /** Resolves at Ctrl-C, SIGTERM, or when a part is lost without which nothing works. */
  asked: Promise<void>
  isAsked: () => boolean
  lose(what: string, then: keyof typeof LOST): void
}

export function untilAsked(): Ended {
  let ask: () => void = () => {}
  let isAsked = false
  const asked = new Promise<void>((resolve) => {
    ask = () => {
      // Asked twice: whoever waits may stop waiting.
      if (isAsked) process.exit(130)
      isAsked = true
      resolve()
    }
  })
  process.on('SIGINT', () => ask())
  process.on('SIGTERM', () => ask())
  return {
    asked,
    isAsked: () => isAsked,
    lose(what, then) {
      if (isAsked) return
      console.error(`\n✗ ${what}${LOST[then]}`)
      if (then !== 'ends') return
      process.exitCode = 1
      ask()
    },
  }
}
