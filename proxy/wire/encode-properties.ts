/**
 * @module Properties back to bytes, in the order in which they were read: User Properties keep theirs and their
 * duplicates, which a library that groups them by key loses. [MQTT-3.1.3-10] [MQTT-3.3.2-18]
 */
import type { Buffer } from 'node:buffer'
import { PROPERTY_TABLE, type Properties, type PropertyKind, USER_PROPERTY } from './properties.ts'
import { Writer } from './writer.ts'

const BY_NAME = new Map([...PROPERTY_TABLE].map(([id, { name, kind }]) => [name as string, { id, kind }]))

/** Writes the property length and all properties. Throws on what has no encoding: our mistake, never a device's. */
export function writeProperties(to: Writer, properties: Properties): void {
  const part = new Writer()
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue
    if (name === 'userProperties') writeUserProperties(part, value)
    else writeProperty(part, name, value)
  }
  to.part(part)
}

function writeProperty(part: Writer, name: string, value: unknown): void {
  const known = BY_NAME.get(name)
  if (known === undefined) throw new TypeError(`no property is called ${name}`)
  // Only Subscription Identifiers come as a list. [MQTT-3.3.4-3]
  for (const one of Array.isArray(value) ? value : [value]) {
    part.varint(known.id)
    writeValue(part, known.kind, one)
  }
}

function writeUserProperties(part: Writer, pairs: [string, string][]): void {
  for (const [key, value] of pairs) part.varint(USER_PROPERTY).text(key).text(value)
}

function writeValue(part: Writer, kind: PropertyKind, value: unknown): void {
  switch (kind) {
    case 'bit':
      part.u8(value as number)
      return
    case 'flag':
      part.u8(value === true ? 1 : 0)
      return
    case 'u16':
    case 'positive16':
    case 'alias':
      part.u16(value as number)
      return
    case 'u32':
    case 'positive32':
      part.u32(value as number)
      return
    case 'identifier':
      part.varint(value as number)
      return
    case 'text':
      part.text(value as string)
      return
    case 'binary':
      part.binary(value as Buffer)
      return
  }
}
