import { spawnSync } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromHex, keccak256, sha256, toHex } from '../../domain/bytes.ts'
import { foldHead, seedHead } from '../../domain/head.ts'
import { type MadeReport, makeReport } from '../../reports/make-report.ts'
import { remakeReport } from '../../reports/remake.ts'
import { renderReport } from '../../reports/render/render-report.ts'
import { selfSign } from '../../reports/sign/certificate.ts'
import { openFileSigner } from '../../reports/sign/file-signer.ts'
import { sealPdf } from '../../reports/sign/seal.ts'
import type { Signer } from '../../reports/sign/signer.ts'
import { FINDINGS, type FindingName } from '../../reports/verify/findings.ts'
import type { Attachment } from '../../reports/verify/format/report.ts'
import { type VerifyOptions, verifyReport } from '../../reports/verify/verify-report.ts'
import { freePort } from '../support/chain.ts'
import { compiled, forge } from '../support/forge-report.ts'
import { type Story, tellKitchenStory } from '../support/kitchen-story.ts'
import { hasTool } from '../support/tools.ts'

let story: Story
let made: MadeReport
let honest: Attachment
let rpcUrl: string
/** Every finding that some test below has seen fail. */
const seenFailing = new Set<FindingName>()

beforeAll(async () => {
  story = await tellKitchenStory()
  made = await makeReport(story.order())
  honest = await compiled(story.order())
  rpcUrl = story.it.chain.url
})
afterAll(() => story.stop())

async function failing(pdf: Uint8Array, options: VerifyOptions = { remake: remakeReport }): Promise<FindingName[]> {
  const verdict = await verifyReport(pdf, options)
  const names = verdict.findings.filter(({ status }) => status === 'failed').map(({ name }) => name)
  for (const name of names) seenFailing.add(name)
  expect(verdict.exitCode).toBe(names.length > 0 ? 1 : verdict.exitCode)
  return names
}

const forged = (change: (attachment: Attachment) => void): Promise<Buffer> => forge(honest, change, story.order())

describe('a report for an account', () => {
  const viewer = () => ({
    account: story.dashboard.address,
    mayOpen: async ({ account }: { account: string }) => account === story.dashboard.address,
  })

  test('is verified like any other, and says how much is withheld from whom', async () => {
    const { pdf } = await makeReport({ ...story.order(), viewer: viewer() })
    const verdict = await verifyReport(pdf, { remake: remakeReport, rpcUrl, strict: true })
    expect(verdict).toMatchObject({ result: 'VERIFIED', exitCode: 0 })
    const { text } = verdict.findings.find(({ name }) => name === 'leaves') ?? {}
    expect(text).toMatch(new RegExp(`[1-9]\\d* are withheld from ${story.dashboard.address}`))
  })

  test('is not made by who may see all: nothing is withheld from the operator', async () => {
    const theirs = await compiled({ ...story.order(), viewer: viewer() })
    const change = ({ bundle, report }: Attachment): void => {
      delete bundle.viewer
      report.viewer = 'OPERATOR'
    }
    expect(await failing(await forge(theirs, change, story.order()))).toContain('leaves')
  })

  test('says in its pages for whom its evidence was opened', async () => {
    const theirs = await compiled({ ...story.order(), viewer: viewer() })
    const change = ({ report }: Attachment): void => {
      report.viewer = story.stranger.address
    }
    expect(await failing(await forge(theirs, change, story.order()))).toContain('evidence-digest')
  })
})

describe('an honest report', () => {
  test('passes every finding with a node', async () => {
    const verdict = await verifyReport(made.pdf, { remake: remakeReport, rpcUrl, strict: true })
    expect(verdict.findings.filter(({ status }) => status !== 'passed')).toEqual([])
    expect(verdict).toMatchObject({ result: 'VERIFIED', exitCode: 0 })
  })

  test('is consistent offline, and the verdict says what was not checked', async () => {
    const verdict = await verifyReport(made.pdf, { remake: remakeReport })
    expect(verdict).toMatchObject({ result: 'CONSISTENT', exitCode: 0 })
    expect(verdict.line).toBe('CONSISTENT; signer and chain not checked')
    expect(await verifyReport(made.pdf, { remake: remakeReport, strict: true })).toMatchObject({ exitCode: 1 })
    expect((await verifyReport(made.pdf)).line).toContain('pages')
  })

  test('has its recorders and its signer proven by a block hash alone', async () => {
    const verdict = await verifyReport(made.pdf, { remake: remakeReport, blockHash: made.report.block.hash })
    expect(verdict.line).toBe('CONSISTENT; grant events not checked')
  })

  test('has its signer proven by a trusted certificate', async () => {
    const rootPem = readFileSync(story.signer.certificatePath, 'utf8')
    const verdict = await verifyReport(made.pdf, { remake: remakeReport, rootPem })
    expect(verdict.line).toBe('CONSISTENT; chain not checked')
  })

  test('tells where its hash stands on chain; that it stands nowhere yet fails nothing', async () => {
    const { pdf } = await makeReport(story.order()) // signed with the same bytes: the anchor is the hash's
    const before = await verifyReport(pdf, { remake: remakeReport, rpcUrl, strict: true })
    expect(before).toMatchObject({ result: 'VERIFIED', exitCode: 0, anchor: null })
    expect(await verifyReport(pdf, { remake: remakeReport })).not.toHaveProperty('anchor')
    const hash = toHex(sha256(pdf))
    const { account, id } = story.recorder
    const { blockNumber, transactionHash } = await story.it.call('issueReport', [hash, 1], account.sender)
    const anchor = { block: blockNumber, transaction: transactionHash, recorder: account.address, recorderId: id }
    expect(await verifyReport(pdf, { remake: remakeReport, rpcUrl })).toMatchObject({ result: 'VERIFIED', anchor })
  })

  test('is still consistent when a node cannot be reached, but that does not pass as done', async () => {
    const verdict = await verifyReport(made.pdf, { rpcUrl: `http://127.0.0.1:${await freePort()}` })
    expect(verdict).toMatchObject({ result: 'CONSISTENT', exitCode: 1 })
  })

  test('without evidence or state proof says that these were not checked', async () => {
    const order = story.order()
    const source = { ...order.source, evidence: async () => undefined, proof: async () => undefined }
    const { pdf } = await makeReport({ ...order, source })
    const offline = await verifyReport(pdf, { remake: remakeReport })
    expect(offline.line).toBe('CONSISTENT; signer, evidence trees, evidence leaves and chain not checked')
    const online = await verifyReport(pdf, { remake: remakeReport, rpcUrl })
    expect(online.line).toBe('CONSISTENT; evidence trees and evidence leaves not checked')
  })
})

describe('one changed byte', () => {
  test('anywhere fails', async () => {
    const { pdf } = made
    const contents = pdf.lastIndexOf('/Contents <')
    // Coarsely everywhere; closely where bytes are not under the signature itself. `npm run fuzz -- report` takes more.
    const places = new Set<number>([0, pdf.length - 1])
    for (let at = 0; at < pdf.length; at += 3_989) places.add(at)
    for (let at = contents; at < contents + 2_600; at += 19) places.add(at)
    for (let at = pdf.length - 1_500; at < pdf.length; at += 97) places.add(at)
    const passed: number[] = []
    for (const [i, at] of [...places].entries()) {
      const changed = Buffer.from(pdf)
      changed[at]! ^= i % 2 === 0 ? 0x01 : 0x20
      if ((await verifyReport(changed)).result !== 'FAILED') passed.push(at)
    }
    expect(passed).toEqual([])
  }, 180_000)

  test('fails also when it is cut off or added', async () => {
    expect(await failing(made.pdf.subarray(0, -1))).not.toEqual([])
    expect(await failing(Buffer.concat([made.pdf, Buffer.from('\n')]))).not.toEqual([])
  })
})

describe('a tampered document', () => {
  const edit = (find: string, replacement: string): Buffer => {
    const at = made.pdf.lastIndexOf(find)
    expect(at).toBeGreaterThan(0)
    return Buffer.concat([made.pdf.subarray(0, at), Buffer.from(replacement), made.pdf.subarray(at + find.length)])
  }
  const TABLE: [string, FindingName, () => Buffer | Promise<Buffer>][] = [
    ['that is no PDF', 'file', () => Buffer.from('hello')],
    [
      'with an update behind it',
      'file',
      () =>
        Buffer.concat([
          made.pdf,
          Buffer.from('\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Prev 1>>\nstartxref\n1\n%%EOF\n'),
        ]),
    ],
    ['whose range skips bytes', 'byte-range', () => edit('/ByteRange [0 ', '/ByteRange [1 ')],
    ['with bytes in the padding', 'padding', () => edit(`${'0'.repeat(64)}>`, `${'0'.repeat(62)}11>`)],
    ['with one word changed', 'document-digest', () => edit('Evidence bundle: what', 'Evidence bundle: That')],
    [
      'renamed attachment',
      'attachment',
      () =>
        Buffer.from(made.pdf.toString('latin1').replaceAll('flytrap-evidence.json', 'flytrap-evidencf.json'), 'latin1'),
    ],
  ]
  test.each(TABLE)('%s fails %s', async (_, name, tamper) => {
    expect(await failing(await tamper())).toContain(name)
  })

  test('with two signature fields, or none, fails one-signature', async () => {
    const unsigned = Buffer.from(made.pdf.toString('latin1').replaceAll('/FT /Sig', '/FT /Sid'), 'latin1')
    expect(await failing(unsigned)).toContain('one-signature')
  })

  test('whose bundle is not in canonical form fails attachment-canonical', async () => {
    const text = made.pdf.toString('latin1')
    // The same length, so that all offsets stand.
    const twice = text.replace('"from":', '"\\u0066rom":').replace('"clientId":"thermostat-1"', '"clientId":"thermo1"')
    expect(await failing(Buffer.from(twice, 'latin1'))).toContain('attachment-canonical')
  })
})

describe('a signature', () => {
  const seal = async (signer: Signer, signedAt = story.order().signedAt): Promise<Buffer> =>
    sealPdf(await renderReport(honest), signer, signedAt)

  test('by another key than its certificate’s fails signature-value', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const signer = {
      certificate: story.signer.certificate,
      sign: async (bytes: Uint8Array) => sign('sha256', bytes, privateKey),
    }
    expect(await failing(await seal(signer))).toEqual(['signature-value'])
  })

  test('by another certificate than the report names fails certificate-named, and the contract does not know it', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'flytrap-thief-'))
    const thief = openFileSigner({ dir, now: story.signer.notBefore + 86_400 })
    rmSync(dir, { recursive: true })
    expect(await failing(await seal(thief), { remake: remakeReport })).toEqual(['certificate-named'])
    const own = await makeReport({ ...story.order(), signer: thief })
    expect(await failing(own.pdf, { remake: remakeReport, rpcUrl })).toEqual(['signer'])
    const rootPem = readFileSync(story.signer.certificatePath, 'utf8')
    expect(await failing(own.pdf, { remake: remakeReport, rootPem })).toEqual(['signer'])
    expect(await failing(own.pdf, { remake: remakeReport, rootPem: 'no certificate' })).toEqual(['signer'])
  })

  test('dated outside of its certificate fails certificate-dates', async () => {
    expect(await failing(await seal(story.signer, story.signer.notAfter + 1))).toEqual(['certificate-dates'])
  })

  test('whose CMS is damaged fails signature-form, or names another certificate', async () => {
    const { pdf } = made
    const start = pdf.lastIndexOf('/Contents <') + '/Contents <'.length
    const cms = (change: (der: Buffer) => void): Buffer => {
      const der = Buffer.from(pdf.subarray(start, start + 4_000).toString('latin1'), 'hex')
      change(der)
      const changed = Buffer.from(pdf)
      changed.write(der.toString('hex'), start, 'latin1')
      return changed
    }
    expect(await failing(cms((der) => der.writeUInt8(0x31, 0)))).toContain('signature-form')
    const inName = cms((der) => der.write('FlyTrop', der.indexOf('FlyTrap'), 'latin1'))
    expect(await failing(inName)).toContain('signature-form')
    const both = cms((der) => {
      for (let at = der.indexOf('FlyTrap'); at !== -1; at = der.indexOf('FlyTrap')) der.write('FlyTrop', at, 'latin1')
    })
    expect(await failing(both)).toContain('signing-certificate')
  })

  test('by a certificate that is not for signing fails certificate-usage', async () => {
    if (!hasTool('openssl', 'openssl')) return
    const dir = mkdtempSync(join(tmpdir(), 'flytrap-usage-'))
    const [key, cert] = [join(dir, 'k.pem'), join(dir, 'c.pem')]
    const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30']
    spawnSync('openssl', [
      'req',
      '-x509',
      ...ec,
      '-keyout',
      key,
      '-out',
      cert,
      '-subj',
      '/CN=x',
      '-addext',
      'keyUsage=keyEncipherment',
    ])
    const privateKey = createPrivateKey(readFileSync(key))
    const { X509Certificate } = await import('node:crypto')
    const certificate = new X509Certificate(readFileSync(cert)).raw
    rmSync(dir, { recursive: true })
    const signer = { certificate, sign: async (bytes: Uint8Array) => sign('sha256', bytes, privateKey) }
    expect(await failing(await seal(signer, Math.floor(Date.now() / 1_000) + 60))).toContain('certificate-usage')
  })

  test('may be made with RSA', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
    expect(() =>
      selfSign({
        privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        commonName: 'x',
        notBefore: 0,
        notAfter: 1,
      }),
    ).not.toThrow()
  })
})

describe('a signed but dishonest report', () => {
  const batch = ({ bundle }: Attachment, i: number) => bundle.recorders[0]!.batches[i]!
  /** A consistent lie: the heads folded again over what was changed. */
  const refold = ({ bundle }: Attachment): void => {
    const recorder = bundle.recorders[0]!
    let head = seedHead(BigInt(bundle.deployment.chainId), bundle.deployment.contract, recorder.recorder)
    for (const entry of recorder.batches) {
      if (entry.records !== undefined) entry.recordsHash = toHex(keccak256(fromHex(entry.records)))
      head = foldHead(head, { ...entry, firstSeq: BigInt(entry.firstSeq) })
      entry.head = head
    }
  }
  const row = ({ report }: Attachment, i: number) => report.rows[i]!

  test.each<[string, FindingName, (attachment: Attachment) => void]>([
    ['leaves out a row', 'rows', (a) => a.report.rows.splice(2, 1)],
    ['blames another account', 'rows', (a) => (row(a, 0).account = story.stranger.address)],
    ['calls a refusal allowed', 'rows', (a) => Object.assign(row(a, 3), { outcome: 'ALLOWED', denialReason: null })],
    ['moves a time', 'rows', (a) => (row(a, 1).firstAt -= 60)],
    ['lowers a count', 'rows', (a) => (row(a, 1).count = 1)],
    ['says another name', 'rows', (a) => (row(a, 1).names = [{ name: 'home/kitchen/x', count: 12 }])],
    ['changes a purpose', 'grants', (a) => (a.report.grants[0]!.purpose = `0x${'11'.repeat(32)}`)],
    ['hides that a grant ended', 'grants', (a) => (a.report.grants[1]!.ended = null)],
    ['leaves out a grant', 'grants', (a) => a.report.grants.splice(0, 1)],
    ['counts differently on the first page', 'pages', (a) => (a.report.accounts[0]!.denied = 0)],
    ['names another signer', 'certificate-named', (a) => (a.report.signer.spkiHash = `0x${'22'.repeat(32)}`)],
    [
      'answers another question',
      'evidence-digest',
      (a) => (a.report.question = { ...a.report.question, topicFilter: 'home/#' }),
    ],
    [
      'calls an incomplete period complete',
      'coverage',
      (a) => {
        a.bundle.question.to += 100
        a.report.question.to += 100
      },
    ],
    [
      'ends before the watermark, and says otherwise',
      'coverage',
      (a) => {
        a.bundle.question.to -= 10
        a.report.question.to -= 10
      },
    ],
    ['holds back the records of a batch', 'coverage', (a) => delete batch(a, 1).records],
    [
      'changes a record',
      'record-bytes',
      (a) =>
        (batch(a, 0).records = batch(a, 0).records!.replace(
          story.thermostat.address.slice(2),
          story.stranger.address.slice(2),
        ) as `0x${string}`),
    ],
    [
      'drops a batch',
      'sequences',
      (a) => {
        a.bundle.recorders[0]!.batches.splice(1, 1)
        refold(a)
      },
    ],
    ['changes a batch', 'heads', (a) => (batch(a, 1).evidenceRoot = `0x${'33'.repeat(32)}`)],
    [
      'lowers a watermark',
      'watermarks',
      (a) => {
        batch(a, 1).through = batch(a, 0).through - 1
        refold(a)
      },
    ],
    [
      'dates a record before the watermark that should hold it',
      'watermarks',
      (a) => {
        batch(a, 0).through += 20
        batch(a, 0).builtAt += 20
        refold(a)
      },
    ],
    ['swaps two leaves', 'evidence-trees', (a) => batch(a, 0).leaves!.reverse()],
    ['invents evidence', 'leaves', (a) => (batch(a, 0).evidence![0]!.text = '{"names":[]}')],
    [
      'gives evidence that nothing proves',
      'leaves',
      (a) => {
        delete batch(a, 0).leaves
        batch(a, 0).evidence![0]!.text = '{"names":[]}'
      },
    ],
    ['counts sealed records that are not there', 'sealed', (a) => (a.report.counts.sealed = 3)],
    ['holds back evidence', 'leaves', (a) => batch(a, 0).evidence!.splice(0, 1)],
    [
      'leaves out an event',
      'decisions',
      (a) => {
        const i = a.bundle.logs.findIndex(({ topics }) => topics.length === 4 && topics[3]!.endsWith('02'))
        a.bundle.logs.splice(i, 1)
      },
    ],
    ['reorders events', 'events', (a) => a.bundle.logs.reverse()],
    ['moves a block in time', 'blocks', (a) => (a.bundle.blocks[0]!.timestamp -= 1)],
    [
      'invents a recorder',
      'heads',
      (a) => a.bundle.recorders.push({ recorder: story.stranger.address, id: 2, batches: [] }),
    ],
  ])('that %s fails %s', async (_, name, change) => {
    expect(await failing(await forged(change))).toContain(name)
  })

  test('that leaves out the last batch is caught by the contract’s own state', async () => {
    const pdf = await forged((a) => void a.bundle.recorders[0]!.batches.pop())
    expect(await failing(pdf)).toContain('recorder-state')
    expect(await failing(pdf, { rpcUrl })).toContain('events-on-chain')
  })

  test('that leaves out a grant’s event is caught by a node', async () => {
    const pdf = await forged((a) => void a.bundle.logs.pop())
    expect(await failing(pdf, { rpcUrl })).toContain('events-on-chain')
  })

  test('with a made-up state proof fails recorder-state', async () => {
    const pdf = await forged((a) => {
      for (const slot of a.bundle.proof!.storageProof) slot.proof.pop()
    })
    expect(await failing(pdf)).toContain('recorder-state')
  })

  test('of another block than was given fails recorder-state', async () => {
    expect(await failing(made.pdf, { blockHash: `0x${'44'.repeat(32)}` })).toEqual(['recorder-state'])
  })

  test('of another chain, block or contract fails with a node', async () => {
    const other = `0x${'55'.repeat(20)}` as const
    const pdf = await forged(({ bundle, report }) => {
      for (const { deployment } of [bundle, report]) Object.assign(deployment, { chainId: 1, contract: other })
      bundle.block.hash = `0x${'66'.repeat(32)}`
    })
    const names = await failing(pdf, { rpcUrl })
    for (const name of ['chain-id', 'contract-code', 'block-on-chain'] as const) expect(names).toContain(name)
  })
})

describe('a hostile document', () => {
  test('gets a verdict, whatever it is', async () => {
    const nested = `%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n${'['.repeat(200_000)}\nstartxref\n9\n%%EOF\n`
    const loop =
      '%PDF-1.7\n1 0 obj\n1 0 R\nendobj\nxref\n0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer\n<</Root 1 0 R>>\nstartxref\n30\n%%EOF\n'
    for (const text of [
      '',
      '%PDF-1.7\n',
      nested,
      loop,
      'x'.repeat(100_000),
      '%PDF-1.7\nstartxref\n9999999999\n%%EOF\n',
    ]) {
      expect(await failing(Buffer.from(text, 'latin1'))).toEqual(['file'])
    }
  })

  test('costs no more than its length', async () => {
    const objects = Array.from({ length: 20_000 }, (_, i) => `${i + 1} 0 obj (${'('.repeat(80)}`)
    const body = `%PDF-1.7\n${objects.join('')}`
    let offset = 9
    const entries = objects.map((text) => {
      const entry = `${String(offset).padStart(10, '0')} 00000 n \n`
      offset += text.length
      return entry
    })
    const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries.join('')}trailer\n<</Root 1 0 R>>`
    const started = performance.now()
    expect(await failing(Buffer.from(`${body}${table}\nstartxref\n${body.length}\n%%EOF\n`))).toEqual(['file'])
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  test('with a bundle of the wrong kind gets a verdict', async () => {
    for (const spoil of [
      (a: Attachment) => Object.assign(a.bundle, { extra: 1 }),
      (a: Attachment) => (a.bundle.recorders[0]!.batches[0]!.firstSeq = -1),
      (a: Attachment) => Object.assign(a.report.rows[0]!, { seq: '1' }),
    ]) {
      expect(await failing(await forged(spoil as (a: Attachment) => void))).toContain('attachment')
    }
  })
})

test('every finding has been seen to fail', () => {
  const never = (Object.keys(FINDINGS) as FindingName[]).filter((name) => !seenFailing.has(name))
  expect(never).toEqual([])
})
