/**
 * @module A worker thread that answers calls: one message out, one back, matched by number, since a long answer lets
 * short ones pass. Its death fails every call, for good.
 */
import { type MessagePort, Worker } from 'node:worker_threads'
import { RecordsError } from './port.ts'

export interface WorkerCalls<Request, Response> {
  /** Resolves with the worker's answer. Rejects with the worker's error, or once it died. */
  call(request: Request): Promise<Response>
  end(): Promise<void>
}

interface Call<Request> {
  id: number
  request: Request
}

/** `errorCode` is a RecordsErrorCode where it has one. */
type Answer<Response> =
  | { id: number; ok: true; value: Response }
  | { id: number; ok: false; error: string; errorCode?: string }

interface Caller<Response> {
  resolve: (value: Response) => void
  reject: (error: Error) => void
}

/**
 * V8 lets the young generation of a busy thread grow to three times as much, after minutes, for nothing: as many entries a
 * second pass with this, or with half of it.
 */
const YOUNG_GENERATION_MIB = 24

/** Starts the worker of `url` with `data`. */
export function startWorker<Request, Response>(url: URL, data: unknown): WorkerCalls<Request, Response> {
  const worker = new Worker(url, {
    workerData: data,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
  })
  const waiting = new Map<number, Caller<Response>>()
  let lastId = 0
  let dead: Error | undefined

  worker.on('message', (answer: Answer<Response>) => {
    const caller = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (answer.ok) caller?.resolve(answer.value)
    else caller?.reject(Object.assign(new Error(answer.error), { code: answer.errorCode }))
  })
  const die = (error: Error): void => {
    dead ??= error
    const callers = [...waiting.values()]
    waiting.clear()
    for (const { reject } of callers) reject(dead)
  }
  worker.on('error', die)
  worker.on('exit', (code) => die(new Error(`the worker ended with ${code}`)))

  return {
    call: (request) =>
      new Promise((resolve, reject) => {
        if (dead !== undefined) return reject(dead)
        const id = ++lastId
        waiting.set(id, { resolve, reject })
        worker.postMessage({ id, request } satisfies Call<Request>)
      }),
    async end() {
      await worker.terminate()
    },
  }
}

/** The worker's side. What `handle` returns at once is answered at once; what it promises, when it is there. */
export function answerCalls<Request>(port: MessagePort | null, handle: (request: Request) => unknown): void {
  port?.on('message', ({ id, request }: Call<Request>) => {
    const answer = (value: unknown): void => port.postMessage({ id, ok: true, value } satisfies Answer<unknown>)
    const refuse = (error: unknown): void => port.postMessage({ id, ok: false, ...told(error) })
    try {
      const value = handle(request)
      if (value instanceof Promise) value.then(answer, refuse)
      else answer(value)
    } catch (error) {
      refuse(error)
    }
  })
}

/** A code of another library is told in words: callers go by ours alone. */
function told(error: unknown): { error: string; errorCode?: string } {
  const { message, code } = error as Error & { code?: string }
  if (error instanceof RecordsError) return { error: message, errorCode: error.code }
  return { error: code === undefined ? message : `${code}: ${message}` }
}

/**
 * Runs long work in slices, so that what others wait for passes between them: each `yield` must leave everything whole.
 */
export async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
    await new Promise((resolve) => setImmediate(resolve))
  }
}
