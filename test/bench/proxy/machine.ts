/** @module Programs that the benchmark needs, processes that it starts, and what the kernel knows of them. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const here = import.meta.dirname
const NGINX_STREAM = '/usr/lib/nginx/modules/ngx_stream_module.so'

/** Returns what is missing, as a line that can be pasted; undefined: nothing. */
export function missingPrograms(): string | undefined {
  const packages = [
    ['cc', 'gcc'],
    ['mosquitto', 'mosquitto'],
    ['nginx', 'nginx libnginx-mod-stream'],
    ['haproxy', 'haproxy'],
  ].flatMap(([program = '', name = '']) => (findProgram(program) === undefined ? [name] : []))
  if (findProgram('nginx') !== undefined && !existsSync(NGINX_STREAM)) packages.push('libnginx-mod-stream')
  return packages.length === 0 ? undefined : `apt-get install --no-install-recommends ${packages.join(' ')}`
}

export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/** Compiles the load generator and the sink into `dir`. */
export async function compileTools(dir: string): Promise<{ load: string; sink: string }> {
  const build = async (name: string): Promise<string> => {
    const binary = join(dir, name)
    await run('cc', ['-O2', '-Wall', '-o', binary, join(here, `${name}.c`)])
    return binary
  }
  return { load: await build('load'), sink: await build('sink') }
}

export interface Started {
  child: ChildProcess
  pid: number
  /** Its first line of output. */
  firstLine: Promise<string>
  stop(): Promise<void>
}

/** Starts a program with as many open files as may be had. */
export function start(program: string, args: string[], env: Record<string, string> = {}): Started {
  const script = `ulimit -n ${FILES} 2>/dev/null || ulimit -n $(ulimit -Hn); exec "$@"`
  const child = spawn('sh', ['-c', script, 'sh', program, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  running.add(child)
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      running.delete(child)
      resolve()
    })
  })
  const firstLine = new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}`)))
  })
  firstLine.catch(() => {})
  return {
    child,
    pid: child.pid ?? 0,
    firstLine,
    async stop() {
      child.kill('SIGTERM')
      const hard = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await exited
      clearTimeout(hard)
    },
  }
}

const FILES = 65_536

/** What is started ends with us, however we end. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** How many files a process that is started here may open. */
export const fileLimit = (): number =>
  Number(
    execFileSync('sh', ['-c', `ulimit -n ${FILES} 2>/dev/null || ulimit -n $(ulimit -Hn); ulimit -n`], {
      encoding: 'utf8',
    }),
  )

export async function untilListening(port: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const isUp = await new Promise<boolean>((resolve) => {
      const probe = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
      probe.once('connect', () => probe.destroy())
    })
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nothing listens on ${port}`)
}

/** Microseconds of processor time that a process has used, threads and direct children included. */
export function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  const own = (Number(fields[11]) + Number(fields[12])) * 10_000
  return own + children.reduce((sum, child) => sum + processorTime(Number(child)), 0)
}

/** Bytes in memory. */
export function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

export function describeMachine(): string {
  const version = (program: string, args: string[]): string => {
    try {
      return execFileSync('sh', ['-c', `"$0" "$@" 2>&1 | head -1`, program, ...args], { encoding: 'utf8' }).trim()
    } catch {
      return `${program}, version unknown`
    }
  }
  const memory = Math.round(totalmem() / 2 ** 30)
  return [
    `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${memory} GiB, Linux ${release()}`,
    `Node ${process.versions.node}`,
    version(findProgram('mosquitto') ?? '', ['-h']),
    version(findProgram('nginx') ?? '', ['-v']),
    version(findProgram('haproxy') ?? '', ['-v']).split(' 20')[0],
  ].join('; ')
}

export const configOfNginx = (dir: string, places: readonly { port: number; to: number }[]): string => `
load_module ${NGINX_STREAM};
daemon off;
worker_processes 1;
worker_rlimit_nofile 65536;
pid ${dir}/nginx.pid;
error_log /dev/null crit;
events { worker_connections 32768; }
stream {
${places.map(({ port, to }) => `  server { listen 127.0.0.1:${port}; proxy_pass 127.0.0.1:${to}; proxy_buffer_size 64k; tcp_nodelay on; }`).join('\n')}
}
`

export const configOfHaproxy = (places: readonly { port: number; to: number }[]): string => `
global
  nbthread 1
  maxconn 4096
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
${places.map(({ port, to }) => `listen to-${to}\n  bind 127.0.0.1:${port}\n  server one 127.0.0.1:${to}`).join('\n')}
`
