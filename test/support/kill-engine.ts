/** @module Runs an engine in a process of its own and kills it in the midst of its work. */
import { spawn } from 'node:child_process'
import type { EngineOptions } from '../../subgraph/engine/open-engine.ts'

const SCRIPT = new URL('./engine-process.ts', import.meta.url).pathname

/**
 * Kills it `afterMs` after it has told a block at or above `atBlock`. Resolves with the last block that it told, and whether
 * it was killed before it had reached the head.
 */
export function killEngine(
  { log: _log, chainId, ...options }: EngineOptions,
  { atBlock, afterMs = 0 }: { atBlock: number; afterMs?: number },
): Promise<{ block: number; wasAtWork: boolean }> {
  const order = JSON.stringify({ ...options, chainId: Number(chainId) })
  const child = spawn(process.execPath, [SCRIPT, order], { stdio: ['ignore', 'pipe', 'inherit'] })
  let [block, text, isDone] = [-1, '', false]
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk
    const lines = text.split('\n').slice(0, -1)
    block = Number(lines.findLast((line) => line !== 'done') ?? -1)
    isDone = lines.includes('done')
    if (isDone || block >= atBlock) setTimeout(() => child.kill('SIGKILL'), afterMs)
  })
  return new Promise((resolve) => child.once('exit', () => resolve({ block, wasAtWork: !isDone })))
}
