#!/usr/bin/env node
// The entry runs on any Node: it hands over to the Node 24 that npm installed, or says what is missing.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major > 22 || (major === 22 && minor >= 18)) {
  keepCompiled()
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

// Half of a command's time is compiling what it loads. What was compiled is kept beside the code it came from, where only
// those can write who could change the code itself; where nobody can, each command compiles anew. Workers and children
// learn of it by the environment.
function keepCompiled() {
  process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'flytrap')
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE)
}
