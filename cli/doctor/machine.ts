/** @module The machine that FlyTrap runs on: disk, files that only their owner may read, certificates, ports, open files. */
import { X509Certificate } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import type { Config } from '../config.ts'
import type { Home } from '../home/home.ts'
import { pickPort } from '../ports.ts'
import { quoted } from '../terminal/output.ts'
import { warnOfFewFiles } from '../up/warnings.ts'
import { failed, type Line, ok, warning } from './line.ts'

const GIB = 2 ** 30
const OTHERS = 0o077
const DAY_MS = 86_400_000
const SOON_DAYS = 14

export async function judgeDisk(home: Home, minFree: number): Promise<Line> {
  const disk = await statfs(home.dir)
  const free = disk.bavail * disk.bsize
  const what = `${(free / GIB).toFixed(1)} GiB free; below ${(minFree / GIB).toFixed(1)} GiB nobody is let in`
  const remedy = `Free some, see what takes it: du -sh ${quoted(home.path('*'))}`
  if (free < minFree) return failed('disk', what, remedy)
  return free < 2 * minFree ? warning('disk', what, remedy) : ok('disk', what)
}

/** Secrets of the home: whoever reads one acts as us. */
export function judgeSecrets(home: Home): Line {
  const folders = ['.', 'keys', 'tls', 'report'].map((name) => home.path(name)).filter((dir) => existsSync(dir))
  const secrets = folders.flatMap((dir) =>
    readdirSync(dir)
      .filter((file) => /\.key$|^ban-keys\.json$/.test(file))
      .map((file) => `${dir}/${file}`),
  )
  const open = secrets.filter((path) => (statSync(path).mode & OTHERS) !== 0)
  if (open.length === 0) return ok('secrets', `${secrets.length} files that only their owner may read`)
  return failed('secrets', `others may read ${open.length} of them`, `chmod 600 ${open.map(quoted).join(' ')}`)
}

export function judgeCertificate(home: Home, config: Config): Line {
  const own = config.FLYTRAP_TLS_CERT_FILE
  const path = own ?? home.path('tls', 'server.pem')
  if (!existsSync(path)) {
    if (own === undefined) return ok('certificate', 'none: no listener speaks TLS')
    return failed('certificate', `${path} is not there`, 'Set FLYTRAP_TLS_CERT_FILE to where it is.')
  }
  try {
    const days = Math.floor((Date.parse(new X509Certificate(readFileSync(path)).validTo) - Date.now()) / DAY_MS)
    const remedy =
      own === undefined ? 'npx flytrap up  (makes a new one)' : `Renew ${path}: it is taken without a restart.`
    if (days < 0) return failed('certificate', `${path} ended ${-days} days ago`, remedy)
    return days < SOON_DAYS
      ? warning('certificate', `${path} ends in ${days} days`, remedy)
      : ok('certificate', `good for ${days} days`)
  } catch (error) {
    return failed('certificate', `${path}: ${(error as Error).message}`, 'It must be a PEM file.')
  }
}

export function judgeOpenFiles(connections: number): Line {
  const [few] = warnOfFewFiles(connections)
  return few === undefined
    ? ok('open files', `enough for ${connections} connections`)
    : warning('open files', few, 'See above.')
}

const LISTENERS = ['FLYTRAP_MQTT_PORT', 'FLYTRAP_MQTTS_PORT', 'FLYTRAP_WS_PORT', 'FLYTRAP_WSS_PORT'] as const
const PORTS = [...LISTENERS, 'FLYTRAP_GATEWAY_PORT', 'FLYTRAP_METRICS_PORT'] as const

/** Before a start: what is asked for by number must be free. */
export async function judgePorts(config: Config): Promise<Line> {
  const taken: string[] = []
  for (const setting of PORTS) {
    const wanted = config[setting]
    if (typeof wanted !== 'number' || wanted === 0) continue
    await pickPort({ setting, wanted, usual: wanted, host: config.FLYTRAP_HOST }).catch((error: Error) => {
      taken.push(error.message)
    })
  }
  if (taken.length === 0) return ok('ports', 'those that are asked for are free')
  return failed('ports', taken.join(' '), 'See who has them: ss -ltnp')
}
