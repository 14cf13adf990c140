/** @module The small things that every page shows: addresses and hashes, filters, times, facts, notices. Pure. */
import { getAddress } from 'ethers'
import { FOREVER } from '../../domain/amounts.ts'
import { visible } from '../../reports/texts/visible.ts'
import { type Content, type Html, html } from './html.ts'

/**
 * An address or a hash: short for the eye, whole for the ear, the title, and whoever copies it. The button stays hidden
 * where no script runs.
 */
export function Hex({ value, href, plain = false }: { value: string; href?: string; plain?: boolean }): Html {
  const whole = /^0x[0-9a-fA-F]{40}$/.test(value) ? getAddress(value) : value
  const short = whole.length > 14 ? `${whole.slice(0, 8)}…${whole.slice(-6)}` : whole
  const shown = html`<span aria-hidden="true">${short}</span><span class="unseen">${whole}</span>`
  return html`<span class="hex" title=${whole}>${href === undefined ? shown : html`<a href=${href}>${shown}</a>`}${
    plain
      ? null
      : html`<button type="button" class="copy" data-copy=${whole} hidden aria-label=${`Copy ${whole}`}>copy</button>`
  }</span>`
}

/** A registered filter or a name: anybody may have chosen it, so what could steer or hide is shown as its code point. */
export function Filter({ value, href }: { value: string; href?: string }): Html {
  const text = html`<bdi class="filter">${visible(value)}</bdi>`
  return html`${href === undefined ? text : html`<a href=${href}>${text}</a>`}${
    isConfusable(value) ? html` <span class="badge warn">holds characters that can look like others</span>` : null
  }`
}

/** Beyond ASCII and Latin letters: what is written as \u{…}. */
const isConfusable = (text: string): boolean => visible(text).includes('\\u{')

/** Unix seconds, or an ISO time of the API. */
export function Time({ at }: { at: number | string | null }): Html {
  if (at === null || at === FOREVER) return html`<span>for ever</span>`
  const iso = typeof at === 'number' ? new Date(at * 1_000).toISOString().replace('.000Z', 'Z') : at
  return html`<time datetime=${iso}>${iso.slice(0, 19).replace('T', ' ')} UTC</time>`
}

export function Facts({ of }: { of: readonly (readonly [label: string, value: Content])[] }): Html {
  return html`<dl class="facts">
    ${of.map(([label, value]) => html`<div key=${label}><dt>${label}</dt><dd>${value}</dd></div>`)}
  </dl>`
}

/** `error` is read out at once; all else when there is time for it. */
export function Notice({ kind, children }: { kind: 'error' | 'warn' | 'good' | 'info'; children?: Content }): Html {
  return html`<div class=${`notice ${kind}`} role=${kind === 'error' ? 'alert' : 'status'}>${children}</div>`
}

interface TableOptions {
  caption: string
  head: readonly string[]
  rows: readonly (readonly Content[])[]
  /** What to do where there is nothing. */
  empty: Content
}

/** On narrow screens each cell bears its column's name. */
export function Table({ caption, head, rows, empty }: TableOptions): Html {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`
  return html`<table>
    <caption class="unseen">${caption}</caption>
    <thead><tr>${head.map((name) => html`<th scope="col" key=${name}>${name}</th>`)}</tr></thead>
    <tbody>${rows.map(
      (row, i) =>
        html`<tr key=${i}>${row.map((cell, column) => html`<td key=${column} data-label=${head[column]}>${cell}</td>`)}</tr>`,
    )}</tbody>
  </table>`
}
