/** @module A worker thread that answers calls in order: one message out, one back. Its death fails every call, for good. */
import { Worker } from 'node:worker_threads'

export interface WorkerCalls<Request, Response> {
  /** Resolves with the worker's answer. Rejects with the worker's error, or once it died. */
  call(request: Request): Promise<Response>
  end(): Promise<void>
}

/** What a worker sends back: `errorCode` is a RecordsErrorCode where it has one. */
export type WorkerAnswer<Response> = { ok: true; value: Response } | { ok: false; error: string; errorCode?: string }

/** Starts the worker of `url` with `data`. Answers come in the order of the calls. */
export function startWorker<Request, Response>(url: URL, data: unknown): WorkerCalls<Request, Response> {
  const worker = new Worker(url, { workerData: data })
  const waiting: { resolve: (value: Response) => void; reject: (error: Error) => void }[] = []
  let dead: Error | undefined

  worker.on('message', (answer: WorkerAnswer<Response>) => {
    const caller = waiting.shift()
    if (answer.ok) caller?.resolve(answer.value)
    else caller?.reject(Object.assign(new Error(answer.error), { code: answer.errorCode }))
  })
  const die = (error: Error): void => {
    dead ??= error
    for (const { reject } of waiting.splice(0)) reject(dead)
  }
  worker.on('error', die)
  worker.on('exit', (code) => die(new Error(`the worker ended with ${code}`)))

  return {
    call: (request) =>
      new Promise((resolve, reject) => {
        if (dead !== undefined) return reject(dead)
        waiting.push({ resolve, reject })
        worker.postMessage(request)
      }),
    async end() {
      await worker.terminate()
    },
  }
}
