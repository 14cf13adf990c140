/** @module The page of an account's devices: user names and passwords for them, and the keys that sign in for it. */
import { useState } from 'preact/hooks'
import type { Address } from '../../../domain/bytes.ts'
import { type Html, html } from '../html.ts'
import { Hex, Table, Time } from '../parts.ts'
import { startApp } from './app.ts'
import { makeCredential, makeDeviceKey } from './credential.ts'
import { CredentialForm, type CredentialWish } from './credential-form.ts'
import { CredentialShown, type ShownCredential } from './credential-shown.ts'
import { authorizePlan, endCredentialPlan, endDevicePlan } from './device-plans.ts'
import { accountOf, Field, Form, textOf, Until, untilOf } from './fields.ts'
import { type ReadView, readView } from './read-view.ts'
import type { Session } from './session.ts'
import { useActing, useLoaded } from './use-work.ts'

function Devices({ session }: { session: Session }): Html {
  const [shown, setShown] = useState<ShownCredential>()
  const { value, notice, reload } = useLoaded(session, (onProgress) => readView(session, onProgress))
  const { review, sheet, attempt } = useActing(session, reload)
  const make = (wish: CredentialWish): void => {
    if (!wish.byNewKey) return attempt(async () => setShown({ made: await makeCredential(session, wish), ...wish }))
    const key = makeDeviceKey()
    // The key has to be known on chain before anything that it signed counts.
    const afterwards = (): void =>
      attempt(async () => setShown({ made: await makeCredential(session, { ...wish, key }), key, ...wish }))
    const until = Math.floor(Date.now() / 1_000) + wish.days * 86_400
    review(() => ({ ...authorizePlan(key.address, until), afterwards }))
  }
  const authorize = (data: FormData): void =>
    review(() => authorizePlan(accountOf(data, 'device'), untilOf(data, 'until')))
  return html`${sheet}
    ${
      shown === undefined
        ? html`<${CredentialForm} place=${session.place} onWish=${make} onTrouble=${(error: unknown) => attempt(() => Promise.reject(error))} />`
        : html`<${CredentialShown} shown=${shown} onForget=${() => setShown(undefined)} />`
    }
    <section class="card"><h2>Keys that sign in for you</h2>${notice}
      ${
        value !== undefined &&
        html`<${Table} caption="Your device keys" head=${['Key', 'Until', '']} rows=${devicesOf(
          value,
          session.account,
        ).map(([device, until]) => [
          html`<${Hex} value=${device} />`,
          html`<${Time} at=${until} />`,
          html`<button aria-label=${`End it: the key ${device}`} onClick=${() => review(() => endDevicePlan(device))}>End it</button>`,
        ])} empty="None. A device that can sign holds a key of its own: let it sign in for you below. Your wallet always can." />`
      }
      <${Form} submit="Look at it first" onData=${authorize}>
        <${Field} label="Address of a key that the device made itself" name="device" required placeholder="0x…" />
        <${Until} name="until" days=${365} />
      <//></section>
    <section class="card"><h2>End a user name and password before its time</h2>
      <${Form} submit="Look at it first" onData=${(data: FormData) => review(() => endCredentialPlan(textOf(data, 'credential')))}>
        <${Field} label="The credential’s id" name="credential" required placeholder="0x…" help="It stands in the device’s file, as “id”." />
      <//></section>`
}

const devicesOf = ({ view, time }: ReadView, account: Address): [Address, number][] =>
  view.snapshot().devices.flatMap(([pair, until]) => {
    const [owner, device] = pair.split(':')
    return owner === account && until > time ? [[device as Address, until] as [Address, number]] : []
  })

startApp(Devices)
