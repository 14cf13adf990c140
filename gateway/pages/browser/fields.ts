/** @module Form fields with their label, help and trouble tied together for screen readers; and what they read. */
import { getAddress } from 'ethers'
import { FOREVER } from '../../../domain/amounts.ts'
import type { Address } from '../../../domain/bytes.ts'
import { type Content, type Html, html } from '../html.ts'
import { Trouble } from './trouble.ts'

interface FieldProps {
  label: string
  name: string
  type?: string
  /** At first: what the person types stays through every redrawing. */
  value?: string
  help?: string
  required?: boolean
  placeholder?: string
  min?: string
  max?: string
}

export function Field({ label, name, type = 'text', value, help, ...more }: FieldProps): Html {
  const described = help === undefined ? {} : { 'aria-describedby': `${name}-help` }
  return html`<div class="field">
    <label for=${name}>${label}</label>
    <input id=${name} name=${name} type=${type} autocomplete="off" spellcheck=${false}
      defaultValue=${value} ...${described} ...${more} />
    ${help !== undefined && html`<p class="help" id=${`${name}-help`}>${help}</p>`}
  </div>`
}

export function Tick({
  label,
  name,
  checked = false,
  value = 'on',
  type = 'checkbox',
}: {
  label: Content
  name: string
  checked?: boolean
  value?: string
  type?: string
}): Html {
  return html`<label class="tick"><input type=${type} name=${name} value=${value} defaultChecked=${checked} /> ${label}</label>`
}

/** Hands over what the form holds; nothing leaves the page by itself. */
export function Form({
  onData,
  submit,
  children,
}: {
  onData: (data: FormData) => void
  submit: string
  children?: Content
}): Html {
  const send = (event: Event): void => {
    event.preventDefault()
    onData(new FormData(event.currentTarget as HTMLFormElement))
  }
  return html`<form onSubmit=${send}>${children}<div class="buttons"><button class="primary" type="submit">${submit}</button></div></form>`
}

export const textOf = (data: FormData, name: string): string => String(data.get(name) ?? '').trim()

/** Throws Trouble. A checksum that does not fit is a typing mistake. */
export function accountOf(data: FormData, name: string): Address {
  const text = textOf(data, name)
  try {
    if (/^0x[0-9a-fA-F]{40}$/.test(text)) return getAddress(text).toLowerCase() as Address
  } catch {
    // told below
  }
  throw new Trouble('An account is 0x and 40 hex digits, as its wallet shows it. Copy it from there whole.')
}

/** A date is meant to its end, UTC; without one it is for ever. Throws Trouble. */
export function untilOf(data: FormData, name: string): number {
  if (data.get(`${name}-kind`) === 'forever') return FOREVER
  const end = Date.parse(`${textOf(data, name)}T00:00:00Z`) / 1_000 + 86_400
  if (Number.isNaN(end)) throw new Trouble('Choose the last day on which it counts, or “for ever”.')
  return end
}

export function Until({ name, days = 30 }: { name: string; days?: number }): Html {
  const day = new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
  return html`<fieldset>
    <legend>Until when?</legend>
    <${Tick} type="radio" name=${`${name}-kind`} value="date" checked label="To the end of a day (UTC)" />
    <${Field} label="Last day" name=${name} type="date" value=${day} />
    <${Tick} type="radio" name=${`${name}-kind`} value="forever" label="For ever, until somebody ends it" />
  </fieldset>`
}
