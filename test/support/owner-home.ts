/** @module A home on a test chain, and the command run in this process on it: quick, and each line of output is caught. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { writeJson, writeWhole } from '../../cli/home/files.ts'
import { main } from '../../cli/main.ts'
import { startTestChain, type TestChain } from './chain.ts'

export interface Said {
  code: number
  stdout: string
  stderr: string
}

export interface OwnerHome {
  chain: TestChain
  dir: string
  /** Runs a command on this home, as people read it. */
  run(...args: string[]): Promise<Said>
  /** Runs it with --json. Returns its lines; throws with its words when it fails. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are judged by what they hold
  json(...args: string[]): Promise<any[]>
  /** Runs it with --json, to be refused. Returns the code and the words. */
  refused(...args: string[]): Promise<{ exit: number; error: string; message: string }>
  /** Makes a key with ETH. Returns its address. */
  wallet(name: string): Promise<`0x${string}`>
  stop(): Promise<void>
}

export async function startOwnerHome(): Promise<OwnerHome> {
  const chain = await startTestChain()
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-owner-'))
  const { chainId, url } = chain.chain
  const { address: contract, deployBlock } = chain.contract
  writeJson(join(dir, 'flytrap.json'), { flytrap: 'home', schema: 1 })
  writeJson(join(dir, 'deployment.json'), { chainId: chainId.toString(), contract, deployBlock, embedded: true })
  writeJson(join(dir, 'run', 'endpoints.json'), { mqtt: 'mqtt://127.0.0.1:1', gateway: 'http://127.0.0.1:1', rpc: url })
  writeWhole(join(dir, 'keys', 'owner.key'), `${chain.owner.key}\n`)
  const run = (...args: string[]): Promise<Said> => runHere([...args, '--home', dir])
  const json: OwnerHome['json'] = async (...args) => {
    const { code, stdout, stderr } = await run(...args, '--json')
    if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
    return linesOf(stdout)
  }
  return {
    chain,
    dir,
    run,
    json,
    async refused(...args) {
      const { code, stderr } = await run(...args, '--json')
      return { exit: code, ...JSON.parse(stderr === '' ? '{}' : stderr) }
    },
    wallet: async (name) => (await json('wallet', 'new', name))[0].address,
    async stop() {
      rmSync(dir, { recursive: true, force: true })
      await chain.stop()
    },
  }
}

/** Commands of one test file run one after another: they share this process's output. */
async function runHere(args: string[]): Promise<Said> {
  let [stdout, stderr] = ['', '']
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    stdout += chunk
    return true
  })
  const err = vi.spyOn(console, 'error').mockImplementation((line) => {
    stderr += `${line}\n`
  })
  const before = process.exitCode
  process.exitCode = 0
  try {
    await main(args)
    return { code: Number(process.exitCode ?? 0), stdout, stderr }
  } finally {
    process.exitCode = before
    out.mockRestore()
    err.mockRestore()
  }
}

const linesOf = (text: string): object[] =>
  text
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
