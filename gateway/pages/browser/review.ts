/** @module The sheet before a signature: what it does, what stays for ever, what it costs; then what came of it. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { showAboutEth, showEth, showGas, showGwei } from '../../../domain/amounts.ts'
import { subjectOf } from '../../../domain/contract-calls.ts'
import { type Html, html } from '../html.ts'
import { Facts, Notice } from '../parts.ts'
import { carryOut, type Plan, type Price, priceOf } from './plan.ts'
import type { Session } from './session.ts'
import { inWords } from './trouble.ts'

type Stage =
  | { at: 'pricing' }
  | { at: 'ready'; price: Price }
  | { at: 'signing' }
  | { at: 'done'; block: number }
  | { at: 'refused'; why: string }

interface ReviewProps {
  session: Session
  plan: Plan
  /** `block` is where it was mined; undefined when it was not. */
  onClose: (block: number | undefined) => void
}

export function Review({ session, plan, onClose }: ReviewProps): Html {
  const sheet = useRef<HTMLDialogElement>(null)
  const [stage, setStage] = useState<Stage>({ at: 'pricing' })
  const about = { sender: session.account, filter: plan.filter ?? subjectOf(plan.call).filter }
  const refuse = (error: unknown): void => setStage({ at: 'refused', why: inWords(error, about) })
  useEffect(() => {
    sheet.current?.showModal()
    priceOf(session, plan).then((price) => setStage({ at: 'ready', price }), refuse)
  }, [])
  const sign = (price: Price): void => {
    setStage({ at: 'signing' })
    carryOut(session, plan, price).then((block) => setStage({ at: 'done', block }), refuse)
  }
  const close = (): void => onClose(stage.at === 'done' ? stage.block : undefined)
  const keepOpen = (event: Event): void => {
    event.preventDefault()
    if (stage.at !== 'signing') close()
  }
  return html`<dialog ref=${sheet} class="review" aria-labelledby="review-title" onCancel=${keepOpen}>
    <h2 id="review-title">${plan.what}</h2>
    <${Facts} of=${[...plan.facts, ...costs(stage)]} />
    <p><strong>On chain for ever:</strong> ${plan.forever}</p>
    ${(plan.warnings ?? []).map((text) => html`<${Notice} kind="warn" key=${text}>${text}<//>`)}
    <${Outcome} stage=${stage} plan=${plan} />
    <div class="buttons">
      ${stage.at === 'ready' && html`<button class="primary" onClick=${() => sign(stage.price)}>Sign in the wallet</button>`}
      <button disabled=${stage.at === 'signing'} onClick=${close}>${stage.at === 'done' ? 'Close' : 'Do nothing'}</button>
    </div>
  </dialog>`
}

function costs(stage: Stage): [string, string][] {
  if (stage.at !== 'ready') return []
  const { pays, gas, gasCost, gasPrice } = stage.price
  return [
    ['You pay', pays === 0n ? 'nothing but gas' : showEth(pays)],
    ['Gas', `about ${showAboutEth(gasCost)}, at most ${showGas(gas)} gas at ${showGwei(gasPrice)}`],
  ]
}

function Outcome({ stage, plan }: { stage: Stage; plan: Plan }): Html | null {
  switch (stage.at) {
    case 'pricing':
      return html`<${Notice} kind="info">Asking the chain what it costs …<//>`
    case 'signing':
      return html`<${Notice} kind="info">Waiting for your wallet, and then for the next block …<//>`
    case 'done':
      return html`<${Notice} kind="good">✓ ${plan.done} It stands in block ${stage.block}.<//>`
    case 'refused':
      return html`<${Notice} kind="error">${stage.why}<//>`
    case 'ready':
      return null
  }
}
