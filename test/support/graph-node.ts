/**
 * @module The real Graph Node from npm, over a PostgreSQL and a chain: it indexes our build, unchanged but for address and
 * start block, and answers on a port of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { freePort } from './chain.ts'

export interface TestGraphNode {
  /** The GraphQL endpoint of the subgraph. */
  url: string
  /** The process, for its memory. */
  pid: number
  ask<T>(query: string, variables?: object): Promise<T>
  /** What it said of late, for a failure's message. */
  lastWords(): string
  stop(): Promise<void>
}

export interface GraphNodeOptions {
  binary: string
  /** A database of its own. */
  postgresUrl: string
  rpcUrl: string
  contract: `0x${string}`
  startBlock: number
  env?: Record<string, string>
}

/** Returns where npm put Graph Node; undefined where it has none. Throws where CI=true and it is missing. */
export function findGraphNode(): string | undefined {
  const name = `@graphprotocol/gnd-${process.platform}-${process.arch}`
  const binary = resolve(import.meta.dirname, '../../node_modules', name, 'bin/gnd')
  if (existsSync(binary)) return binary
  if (process.env.CI === 'true') throw new Error(`${name} is missing: npm ci installs it`)
  process.stderr.write(`\nSKIPPED: ${name} is missing: run npm ci without --omit=optional\n\n`)
  return undefined
}

export async function startGraphNode(options: GraphNodeOptions): Promise<TestGraphNode> {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-graph-node-'))
  const ipfs = await startEmptyIpfs()
  const [http, index, admin, metrics] = [await freePort(), await freePort(), await freePort(), await freePort()]
  copyBuild(dir, options)
  const ports = ['--http-port', http, '--index-node-port', index, '--admin-port', admin, '--metrics-port', metrics]
  const places = ['--postgres-url', options.postgresUrl, '--ethereum-rpc', `localhost:${options.rpcUrl}`]
  const ipfsUrl = `http://127.0.0.1:${(ipfs.address() as AddressInfo).port}`
  const args = ['dev', '--manifests', './subgraph.yaml', '--ipfs', ipfsUrl, ...places, ...ports.map(String)]
  const child = spawn(options.binary, args, { cwd: dir, env: { ...process.env, ...SETTINGS, ...options.env } })
  const lastWords = keepLastWords(child)
  const exited = new Promise<void>((done) => child.once('exit', () => done()))
  const url = `http://127.0.0.1:${http}/subgraphs/name/subgraph-0/`
  const ask = (query: string, variables = {}) => askGraph(url, query, variables)
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL') // its database is thrown away
    await exited
    ipfs.closeAllConnections()
    ipfs.close()
    rmSync(dir, { recursive: true, force: true })
  }
  await answering(ask, child).catch(async (cause: unknown) => {
    await stop()
    throw new Error(`Graph Node does not answer: ${lastWords()}`, { cause })
  })
  return { url, pid: child.pid ?? 0, ask: ask as TestGraphNode['ask'], lastWords, stop }
}

/** No ETHEREUM_REORG_THRESHOLD: `gnd` sets it to 10 itself, whatever it is told (gnd/src/main.rs). */
const SETTINGS = {
  ETHEREUM_POLLING_INTERVAL: '100',
  GRAPH_LOG: 'info',
  RUST_BACKTRACE: '0',
}

/** The build as it is; where the contract stands is said in the manifest. */
function copyBuild(dir: string, { contract, startBlock }: GraphNodeOptions): void {
  const build = resolve(import.meta.dirname, '../../subgraph/build')
  cpSync(build, join(dir, 'build'), { recursive: true })
  const manifest = parseDocument(readFileSync(join(build, 'subgraph.yaml'), 'utf8'))
  manifest.setIn(['dataSources', 0, 'source', 'address'], contract)
  manifest.setIn(['dataSources', 0, 'source', 'startBlock'], startBlock)
  writeFileSync(join(dir, 'build', 'subgraph.yaml'), manifest.toString())
  writeFileSync(join(dir, 'subgraph.yaml'), manifest.toString())
}

/** It will not start without an IPFS node, and asks it for nothing that the disk does not give. */
async function startEmptyIpfs(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.url?.startsWith('/api/v0/version')) response.end('{"Version":"0.0.0"}')
      else response.writeHead(request.method === 'HEAD' ? 200 : 404).end()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return server
}

function keepLastWords(child: ChildProcess): () => string {
  let words = ''
  const keep = (chunk: Buffer): void => {
    words = (words + chunk).slice(-4_000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  return () => words
}

async function answering(ask: (query: string) => Promise<unknown>, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    const isUp = await ask('{ _meta { block { number } } }').then(
      () => true,
      () => false,
    )
    if (isUp) return
    await new Promise((done) => setTimeout(done, 100))
  }
}

async function askGraph(url: string, query: string, variables: object): Promise<unknown> {
  const body = JSON.stringify({ query, variables })
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const { data, errors } = (await response.json()) as { data?: unknown; errors?: { message: string }[] }
  if (errors !== undefined) throw new Error(errors.map(({ message }) => message).join('; '))
  return data
}
