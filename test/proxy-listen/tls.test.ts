/** TLS and the keys of client certificates, each met by a client that is not ours. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ensureDevelopmentCertificate } from '../../cli/tls/development-certificate.ts'
import { keccak256, toHex } from '../../domain/bytes.ts'
import type { ListenError } from '../../proxy/listen/errors.ts'
import { readCertificate } from '../../proxy/listen/tls/read-certificate.ts'
import { issueCertificate } from '../../reports/sign/issue-certificate.ts'
import {
  clientCertificate,
  type EchoListener,
  KEY_KINDS,
  openEcho,
  type ServerFiles,
  serverFiles,
} from '../support/listener.ts'
import { hasTool } from '../support/tools.ts'

let files: ServerFiles
let it: EchoListener

beforeAll(async () => {
  files = serverFiles()
  it = await openEcho({ kind: 'mqtts', certificate: files })
})
afterEach(() => it.accepted.splice(0))
afterAll(async () => {
  await it.close()
  files.remove()
})

async function handshake(options: ConnectionOptions = {}, listener = it): Promise<TLSSocket> {
  const ca = readFileSync(files.caFile)
  const socket = connect({ host: '127.0.0.1', port: listener.port, servername: 'localhost', ca, ...options })
  socket.on('error', () => {})
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  return socket
}

async function echoed(socket: TLSSocket, text: string): Promise<string> {
  socket.write(text)
  return String((await once(socket, 'data'))[0])
}

describe('openssl s_client', () => {
  const isHere = hasTool('openssl', 'openssl')

  /** Says `input` once shaken hands, and hangs up a little later: the tool buffers what it tells. */
  function openssl(args: readonly string[], input = ''): Promise<string> {
    const all = ['s_client', '-connect', `127.0.0.1:${it.port}`, '-CAfile', files.caFile, ...args]
    const child = spawn('openssl', all)
    let text = ''
    const read = (chunk: Buffer): void => {
      text += chunk
      if (!/Verify return code/.test(text) || child.stdin.writableEnded) return
      if (input === '') return void child.stdin.end()
      child.stdin.write(input)
      setTimeout(() => child.stdin.end('Q\n'), 150)
    }
    child.stdin.on('error', () => {})
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    return new Promise((resolve) => child.once('close', () => resolve(text)))
  }

  test.skipIf(!isHere).each([
    ['-tls1_2', 'TLSv1.2'],
    ['-tls1_3', 'TLSv1.3'],
  ])('is served with %s, and trusts the home’s authority', async (option, version) => {
    const text = await openssl([option, '-verify_return_error', '-verify_ip', '127.0.0.1'])
    expect(text).toContain(version)
    expect(text).toContain('Verify return code: 0 (ok)')
  })

  test.skipIf(!isHere).each([
    ['TLS 1.1', ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0']],
    ['a cipher without forward secrecy', ['-tls1_2', '-cipher', 'AES128-GCM-SHA256']],
    ['a cipher without authenticated encryption', ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA']],
    ['a protocol inside that is not MQTT', ['-alpn', 'http/1.1']],
  ])('is refused with %s', async (_name, args) => {
    const text = await openssl(args)
    expect(text).toMatch(/alert (protocol version|handshake failure|no application protocol)|no protocols available/)
    expect(it.accepted).toEqual([])
  })

  test.skipIf(!isHere)('may not renegotiate', async () => {
    const text = await openssl(['-tls1_2', '-verify_return_error'], 'R\n')
    expect(text).toContain('RENEGOTIATING')
    expect(text).toContain('no renegotiation')
  })

  test.skipIf(!isHere)('gets tickets that allow no early data, which could be replayed', async () => {
    const text = await openssl(['-tls1_3'], 'echo\n')
    expect(text).toMatch(/Max Early Data: 0\n/)
  })
})

describe('the key of a client certificate', () => {
  test.each(['P-256', 'P-384', 'Ed25519'] as const)('of kind %s is a device address', async (kind) => {
    const { cert, key, publicKey } = clientCertificate(kind)
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = await handshake({ cert, key, minVersion: version, maxVersion: version })
      expect(await echoed(socket, 'hello')).toBe('hello')
      socket.destroy()
    }
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    const device = toHex(keccak256(Buffer.concat([Buffer.from('flytrap-spki'), spki])).subarray(12))
    expect(it.accepted.map((one) => one.device)).toEqual([device, device])
  })

  test.each(['RSA', 'P-521'] as const)('of kind %s is none, with a reason', async (kind) => {
    const { cert, key } = clientCertificate(kind)
    const socket = await handshake({ cert, key })
    await echoed(socket, 'hello')
    expect(it.accepted).toHaveLength(1)
    expect(it.accepted[0]).not.toHaveProperty('device')
    expect(it.accepted[0]?.refusedKey).toMatch(/P-256, P-384 and Ed25519 serve/)
    socket.destroy()
  })

  test('is taken from an expired certificate too: dates and names in it are hints', async () => {
    const { cert, key } = clientCertificate('P-256', -60)
    const socket = await handshake({ cert, key })
    await echoed(socket, 'hello')
    expect(it.accepted[0]?.device).toMatch(/^0x[0-9a-f]{40}$/)
    socket.destroy()
  })

  test('is not at hand for whoever shows another’s certificate', async () => {
    const { cert } = clientCertificate('P-256')
    const { key } = clientCertificate('P-256')
    await expect(handshake({ cert, key })).rejects.toThrow()
    expect(it.accepted).toEqual([])
  })

  test('is not asked of those who have none', async () => {
    const socket = await handshake()
    await echoed(socket, 'hello')
    expect(it.accepted[0]).not.toHaveProperty('device')
    expect(it.accepted[0]?.listener).toMatchObject({ isEncrypted: true, acceptsCredentials: true })
    socket.destroy()
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('stands in a resumed session of %s too', async (version) => {
    const { cert, key } = clientCertificate('P-256')
    const versions = { minVersion: version, maxVersion: version }
    const first = await handshake({ cert, key, ...versions })
    const session = version === 'TLSv1.3' ? once(first, 'session').then(([ticket]) => ticket) : first.getSession()
    await echoed(first, 'hello')
    const resumed = await handshake({ session: (await session) as Buffer, ...versions })
    expect(resumed.isSessionReused()).toBe(true)
    await echoed(resumed, 'hello')
    const [one, two] = it.accepted
    expect(one?.device).toMatch(/^0x[0-9a-f]{40}$/)
    expect(two?.device).toBe(one?.device)
    first.destroy()
    resumed.destroy()
  })

  test('of a session that had none is none, whatever certificate comes with the resumption', async () => {
    const first = await handshake()
    const [session] = (await Promise.all([once(first, 'session'), echoed(first, 'hello')]))[0]
    const { cert, key } = clientCertificate('P-256')
    const resumed = await handshake({ session, cert, key })
    await echoed(resumed, 'hello')
    expect(it.accepted.map(({ device }) => device)).toEqual([undefined, undefined])
    first.destroy()
    resumed.destroy()
  })
})

describe('a handshake that does not end', () => {
  test('is ended by the deadline, and holds a place until then', async () => {
    const slow = await openEcho(
      { kind: 'mqtts', certificate: files },
      { connectTimeoutMs: 300, unauthenticatedPerAddress: 1 },
    )
    const half = createConnection(slow.port, '127.0.0.1')
    await once(half, 'connect')
    half.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])) // a ClientHello begins
    const second = createConnection(slow.port, '127.0.0.1')
      .on('error', () => {})
      .resume()
    await once(second, 'close')
    await once(half.resume(), 'close')
    expect(slow.stats()).toEqual({ 'accept:unauthenticatedPerAddress': 1, 'accept:timeout': 1 })
    const third = await handshake({}, slow)
    expect(await echoed(third, 'hello')).toBe('hello')
    third.destroy()
    await slow.close()
  })

  test('with bytes that are no TLS is refused and counted', async () => {
    const socket = createConnection(it.port, '127.0.0.1')
      .on('error', () => {})
      .resume()
    socket.write('\x10\x0c\x00\x04MQTT\x05\x02\x00\x3c\x00')
    await once(socket, 'close')
    expect(it.stats()['accept:TLS handshake']).toBeGreaterThan(0)
    expect(it.accepted).toEqual([])
  })

  test('is ended when the listener closes', async () => {
    const closing = await openEcho({ kind: 'mqtts', certificate: files })
    const half = createConnection(closing.port, '127.0.0.1')
      .on('error', () => {})
      .resume()
    await once(half, 'connect')
    half.write(Buffer.from([0x16]))
    await new Promise((resolve) => setTimeout(resolve, 20))
    await Promise.all([once(half, 'close'), closing.close()])
    expect(closing.accepted).toEqual([])
  })
})

describe('certificate and key', () => {
  test('are taken anew without a restart, a bad one loudly refused while the old stays in force', async () => {
    const own = serverFiles()
    const listener = await openEcho({ kind: 'mqtts', certificate: { ...own, pollMs: 20 } })
    const serial = async (): Promise<string> => {
      const socket = await handshake({ ca: readFileSync(own.caFile) }, listener)
      const { serialNumber } = socket.getPeerX509Certificate()!
      socket.destroy()
      return serialNumber
    }
    const before = await serial()
    const live = await handshake({ ca: readFileSync(own.caFile) }, listener)
    copyFileSync(own.keyFile, join(own.dir, 'old.key'))

    writeFileSync(own.keyFile, 'broken')
    expect(() => listener.reload()).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }))
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(await serial()).toBe(before)

    ensureDevelopmentCertificate(own.dir) // a key that does not fit is made anew, with its certificate
    await expect.poll(serial).not.toBe(before)
    expect(await echoed(live, 'still here')).toBe('still here')
    live.destroy()
    await listener.close()
    own.remove()
  })

  const now = Math.floor(Date.now() / 1_000)
  const pem = KEY_KINDS['P-256']().privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const dated = (notBefore: number, notAfter: number): string =>
    issueCertificate({ commonName: 'x', subjectKey: pem, notBefore, notAfter, extensions: [] })
  const good = dated(now - 60, now + 3_600)
  const other = KEY_KINDS['P-256']().privateKey
  const export8 = { type: 'pkcs8', format: 'pem' } as const
  const locked = other.export({ ...export8, cipher: 'aes-256-cbc', passphrase: 'secret' }) as string

  test.each([
    ['CERTIFICATE_UNREADABLE', undefined, pem, /ls -l/],
    ['KEY_UNREADABLE', good, undefined, /ls -l/],
    ['CERTIFICATE_INVALID', 'nothing', pem, /openssl x509/],
    ['CERTIFICATE_INVALID', dated(now + 3_600, now + 7_200), pem, /clock/],
    ['CERTIFICATE_EXPIRED', dated(now - 7_200, now - 3_600), pem, /Renew/],
    ['KEY_INVALID', good, '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', /openssl pkey/],
    ['KEY_ENCRYPTED', good, locked, /openssl pkey -in \S+ -out plain\.key/],
    ['KEY_MISMATCHED', good, other.export(export8) as string, /-pubout/],
  ])('that cannot be used are refused with %s, the file and the remedy', (code, cert, key, remedy) => {
    const [certFile, keyFile] = [join(files.dir, 'bad.pem'), join(files.dir, 'bad.key')]
    if (cert !== undefined) writeFileSync(certFile, cert)
    if (key !== undefined) writeFileSync(keyFile, key)
    const given = {
      certFile: cert === undefined ? '/none/x.pem' : certFile,
      keyFile: key === undefined ? '/none/x.key' : keyFile,
    }
    let refusal: ListenError | undefined
    try {
      readCertificate(given)
    } catch (error) {
      refusal = error as ListenError
    }
    expect(refusal?.code).toBe(code)
    expect(refusal?.message).toMatch(/\/(bad|x)\.(pem|key)/)
    expect(refusal?.message).toMatch(remedy)
  })
})

describe('the development certificate', () => {
  const DAY = 86_400

  test('is kept while it lasts, renewed before its end under the same authority, its keys for their owner alone', () => {
    const own = serverFiles()
    const read = (): string[] => [own.caFile, own.certFile].map((file) => readFileSync(file, 'utf8'))
    const [authority, server] = read()
    const now = Math.floor(Date.now() / 1_000)
    ensureDevelopmentCertificate(own.dir, now + 59 * DAY)
    expect(read()).toEqual([authority, server])
    ensureDevelopmentCertificate(own.dir, now + 61 * DAY)
    const [sameAuthority, renewed] = read()
    expect(sameAuthority).toBe(authority)
    expect(renewed).not.toBe(server)
    own.remove()
  })
})
