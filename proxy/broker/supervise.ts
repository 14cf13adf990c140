/** @module A child that must run: started again when it ends by itself, more patiently each time, until it is stopped. */
import type { ChildProcess } from 'node:child_process'
import type { Logger } from 'pino'

export interface SuperviseOptions {
  /** Resolves once the child serves. */
  start(): Promise<ChildProcess>
  log: Logger
}

export interface Supervised {
  readonly pid: number | undefined
  readonly restarts: number
  stop(): Promise<void>
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000
/** A child that lived this long has earned quick restarts again. */
const STEADY_MS = 60_000

/** Rejects with the first start's error: who cannot start at all is not started again. */
export async function supervise({ start, log }: SuperviseOptions): Promise<Supervised> {
  let isStopped = false
  let pause = FIRST_PAUSE_MS
  let restarts = 0
  let timer: NodeJS.Timeout | undefined
  let starting: Promise<void> | undefined
  let child = await start()
  let ended = watch(child, Date.now())

  function watch(running: ChildProcess, startedAt: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        resolve()
        if (isStopped) return
        if (Date.now() - startedAt > STEADY_MS) pause = FIRST_PAUSE_MS
        log.error(
          { exitCode: running.exitCode, signal: running.signalCode, pause },
          'it ended by itself: started again',
        )
        again()
      }
      if (running.exitCode !== null || running.signalCode !== null) end()
      else running.once('exit', end)
    })
  }

  function again(): void {
    timer = setTimeout(() => {
      starting = restart()
    }, pause)
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
  }

  async function restart(): Promise<void> {
    restarts++
    try {
      child = await start()
      ended = watch(child, Date.now())
    } catch (error) {
      log.error({ err: error, pause }, 'it does not start: tried again')
      if (!isStopped) again()
    }
  }

  return {
    get pid() {
      return child.pid
    },
    get restarts() {
      return restarts
    },
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await starting // a child that is just coming up must not outlive us
      child.kill('SIGTERM')
      const hard = setTimeout(() => child.kill('SIGKILL'), 3_000)
      await ended
      clearTimeout(hard)
    },
  }
}
