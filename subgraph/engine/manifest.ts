/** @module What graph-cli built: schema, mapping, and which handler each event has. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Interface } from 'ethers'
import { parse } from 'yaml'
import { z } from 'zod'

const Manifest = z.object({
  schema: z.object({ file: z.string() }),
  dataSources: z.tuple([
    z.object({
      source: z.object({ abi: z.string() }),
      mapping: z.object({
        apiVersion: z.literal('0.0.9'),
        file: z.string(),
        abis: z.array(z.object({ name: z.string(), file: z.string() })),
        eventHandlers: z.array(z.object({ event: z.string(), handler: z.string() })),
      }),
    }),
  ]),
})

export interface Build {
  schema: string
  wasm: Uint8Array<ArrayBuffer>
  /** Event name to handler and arguments. */
  handlers: ReadonlyMap<string, { handler: string; inputs: readonly { name: string; type: string }[] }>
}

/** Reads the build folder. Throws with what to do when there is none. */
export function readBuild(dir: string): Build {
  const read = (file: string): Buffer => readFileSync(join(dir, file))
  let manifest: z.infer<typeof Manifest>
  try {
    manifest = Manifest.parse(parse(read('subgraph.yaml').toString()))
  } catch (cause) {
    throw new Error(`There is no subgraph build in ${dir}. Make it with: npm run build`, { cause })
  }
  const { mapping, source } = manifest.dataSources[0]
  const abiFile = mapping.abis.find(({ name }) => name === source.abi)?.file ?? ''
  const abi = new Interface(read(abiFile).toString())
  const handlers = mapping.eventHandlers.map(({ event, handler }) => {
    const name = event.slice(0, event.indexOf('('))
    const inputs = abi.getEvent(name)?.inputs ?? []
    return [name, { handler, inputs: inputs.map((input) => ({ name: input.name, type: input.type })) }] as const
  })
  return {
    schema: read(manifest.schema.file).toString(),
    wasm: Uint8Array.from(read(mapping.file)),
    handlers: new Map(handlers),
  }
}
