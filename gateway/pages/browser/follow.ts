/** @module Follows what is under way: takes that part of the page anew until it is over. Without it a link does. */
const EVERY_MS = 2_000

export function followProgress(): void {
  const part = document.querySelector<HTMLElement>('[data-refresh]')
  if (part !== null) setTimeout(() => void refresh(part), EVERY_MS)
}

/** The part itself stays, so that a screen reader tells what changes in it. */
async function refresh(part: HTMLElement): Promise<void> {
  const response = await fetch(location.href).catch(() => undefined) // away: asked again
  const text = response?.ok ? await response.text() : undefined
  if (text !== undefined) {
    const next = new DOMParser().parseFromString(text, 'text/html').getElementById(part.id)
    if (next === null) return location.reload() // signed out meanwhile
    if (part.innerHTML !== next.innerHTML) part.replaceChildren(...next.childNodes)
    if (next.dataset.refresh === undefined) delete part.dataset.refresh
  }
  followProgress()
}
