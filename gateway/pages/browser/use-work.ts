/** @module What a page loads and acts on: loaded anew after each deed, its trouble in words. */
import { useEffect, useState } from 'preact/hooks'
import { type Html, html } from '../html.ts'
import { Notice } from '../parts.ts'
import type { Plan } from './plan.ts'
import { Review } from './review.ts'
import type { Session } from './session.ts'
import { inWords } from './trouble.ts'

export interface Loaded<T> {
  value: T | undefined
  /** Says how far it is, or why it failed; null once it is there. */
  notice: Html | null
  reload(): void
}

export function useLoaded<T>(session: Session, load: (onProgress: (part: number) => void) => Promise<T>): Loaded<T> {
  const [value, setValue] = useState<T>()
  const [why, setWhy] = useState<string>()
  const [part, setPart] = useState(0)
  const [round, setRound] = useState(0)
  useEffect(() => {
    let isCurrent = true
    const show = (found: T): void => {
      setValue(() => found)
      setWhy(undefined)
    }
    load(setPart).then(
      (found) => isCurrent && show(found),
      (error: unknown) => isCurrent && setWhy(inWords(error, { sender: session.account })),
    )
    return () => {
      isCurrent = false
    }
  }, [round])
  const reading = html`<${Notice} kind="info">Reading the contract through your wallet … ${Math.round(part * 100)} %<//>`
  const notice = why !== undefined ? html`<${Notice} kind="error">${why}<//>` : value === undefined ? reading : null
  return { value, notice, reload: () => setRound(round + 1) }
}

export interface Acting {
  /** Shows the plan's sheet; the person decides. Shows why where no plan can be made. */
  review(make: () => Plan | Promise<Plan>): void
  /** Does what needs no transaction; shows why where it fails. */
  attempt(work: () => Promise<void>): void
  sheet: Html | null
}

export function useActing(session: Session, onMined: () => void): Acting {
  const [plan, setPlan] = useState<Plan>()
  const [why, setWhy] = useState<string>()
  const attempt = (work: () => Promise<void>): void => {
    setWhy(undefined)
    work().catch((error: unknown) => setWhy(inWords(error, { sender: session.account })))
  }
  const close = (block: number | undefined): void => {
    setPlan(undefined)
    if (block === undefined) return
    onMined()
    plan?.afterwards?.()
  }
  const sheet =
    plan !== undefined
      ? html`<${Review} session=${session} plan=${plan} onClose=${close} />`
      : why !== undefined
        ? html`<${Notice} kind="error">${why}<//>`
        : null
  return { review: (make) => attempt(async () => setPlan(await make())), attempt, sheet }
}
