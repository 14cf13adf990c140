#!/usr/bin/env node
// The entry runs on any Node: it hands over to the Node 24 that npm installed, or says what is missing.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major > 22 || (major === 22 && minor >= 18)) {
  const { main } = await import('../main.ts')
  await main()
} else {
  const node = packagedNode()
  if (node === undefined) {
    console.error(
      `flytrap needs Node 22.18 or newer; this is ${process.versions.node}, and npm brought no newer one along.`,
    )
    console.error('Run `npm ci` without --omit=optional, or install Node 24.')
    process.exit(1)
  }
  const child = spawn(node, [process.argv[1], ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)))
}

function packagedNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  try {
    const require = createRequire(import.meta.url)
    const folder = dirname(require.resolve(`node-${platform}-${process.arch}/package.json`))
    return [join(folder, 'bin', 'node'), join(folder, 'bin', 'node.exe')].find((file) => existsSync(file))
  } catch {
    return undefined
  }
}
