/** @module What a person says of a device before its user name and password are made. */
import { type Html, html } from '../html.ts'
import { checkClientId, MAX_DAYS } from './credential.ts'
import { Field, Form, Tick, textOf } from './fields.ts'
import type { Place } from './place.ts'
import { Trouble } from './trouble.ts'

export interface CredentialWish {
  clientId: string
  days: number
  byNewKey: boolean
  /** What the device dials. */
  url: URL
}

interface CredentialFormProps {
  place: Place
  onWish: (wish: CredentialWish) => void
  onTrouble: (error: unknown) => void
}

export function CredentialForm({ place, onWish, onTrouble }: CredentialFormProps): Html {
  const { mqtts, mqtt, wss, ws } = place.devices
  const known = [mqtts, mqtt, wss, ws].filter((url) => typeof url === 'string')
  const read = (data: FormData): void => {
    try {
      onWish(wishOf(data))
    } catch (error) {
      onTrouble(error)
    }
  }
  return html`<section class="card"><h2>A user name and password for a device</h2>
    <p>For any MQTT client that takes a user name and a password. It acts as your account, under one client id alone, until it expires.</p>
    <${Form} submit="Make it" onData=${read}>
      <${Field} label="Client id" name="client-id" required placeholder="kitchen-sensor-1" help="What the device calls itself. It must not tell of a person: logs and evidence hold it." />
      <${Field} label="Days that it lasts" name="days" type="number" min="1" max=${String(MAX_DAYS)} value="30" required />
      <div class="field"><label for="url">What the device dials</label>
        <input id="url" name="url" list="known-urls" required defaultValue=${known[0] ?? ''} placeholder="mqtts://broker.example:8883" spellcheck=${false} autocomplete="off" />
        <datalist id="known-urls">${known.map((url) => html`<option key=${url} value=${url} />`)}</datalist></div>
      <fieldset><legend>Signed by</legend>
        <${Tick} type="radio" name="signer" value="wallet" checked label="Your wallet: costs nothing. You end it by its id." />
        <${Tick} type="radio" name="signer" value="key" label="A new device key, made in this page: one transaction. You end the key alone, and contract accounts can use it." />
      </fieldset>
    <//></section>`
}

/** Throws Trouble. */
function wishOf(data: FormData): CredentialWish {
  const days = Number(textOf(data, 'days'))
  if (!(days >= 1 && days <= MAX_DAYS)) throw new Trouble(`It lasts 1 to ${MAX_DAYS} days.`)
  return {
    clientId: checkClientId(textOf(data, 'client-id')),
    days,
    byNewKey: data.get('signer') === 'key',
    url: urlOf(textOf(data, 'url')),
  }
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^(mqtts?|wss?):$/.test(url.protocol) && url.hostname !== '') return url
  throw new Trouble(
    'What the device dials is an address such as mqtts://broker.example:8883, or wss://broker.example/mqtt.',
  )
}
