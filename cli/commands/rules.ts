/** @module `flytrap rules check | show | reload`: what is captured, what is abuse, what is in force. */
import { resolve } from 'node:path'
import colors from 'picocolors'
import { type GlobalOptions, openContext, readDeployment } from '../context.ts'
import { askUp } from '../up/control.ts'
import { loadRules, rulesPath } from '../up/rules.ts'

interface InForce {
  hash: string
  seq: number
  document: object
}

/** Reads a file as a reload would, and changes nothing. Throws RulesError with every problem. */
export function check(file: string | undefined, options: GlobalOptions): void {
  const { home, output } = openContext(options)
  const path = file === undefined ? rulesPath(home) : resolve(file)
  const embedded = readDeployment(home)?.embedded ?? true
  const { hash } = loadRules(home, { embedded, file: path })
  output.line(`${colors.green('✓')} ${path} can be used; its hash is ${hash}`)
  output.result({ file: path, hash })
}

export async function show(options: GlobalOptions): Promise<void> {
  const { home, output } = openContext(options)
  const { hash, seq, document } = await askUp<InForce>(home, 'rules')
  output.line(`In force since POLICY record ${seq}, SHA-256 ${hash}\n\n${JSON.stringify(document, null, 2)}`)
  output.result({ hash, seq, document })
}

export async function reload(options: GlobalOptions): Promise<void> {
  const { home, output } = openContext(options)
  const { hash, seq } = await askUp<InForce>(home, 'rules-reload')
  output.line(`${colors.green('✓')} in force now, as POLICY record ${seq}, SHA-256 ${hash}`)
  output.result({ hash, seq })
}
