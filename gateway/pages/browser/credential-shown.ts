/** @module A credential just made: shown once, saved by the person, kept by nobody. */
import { useEffect, useRef } from 'preact/hooks'
import { type Html, html } from '../html.ts'
import { Facts, Hex, Notice, Time } from '../parts.ts'
import { clientFiles, download } from './client-files.ts'
import type { DeviceKey, MadeCredential } from './credential.ts'

export interface ShownCredential {
  made: MadeCredential
  url: URL
  /** The device key that was made for it. */
  key?: DeviceKey
}

export function CredentialShown({ shown, onForget }: { shown: ShownCredential; onForget: () => void }): Html {
  const { made, url, key } = shown
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return html`<section class="card"><h2 tabindex="-1" ref=${heading}>The device’s user name and password</h2>
    <${Notice} kind="warn"><strong>This is shown once.</strong> Save it now: this page keeps nothing, and nobody can show it again.
      Whoever has it acts as your account under this client id until it expires or you end it.<//>
    <${Facts} of=${[
      ['User name', html`<${Hex} value=${made.username} />`],
      ['Password', html`<code class="secret">${made.password}</code>`],
      ['Client id', html`<bdi>${made.clientId}</bdi>`],
      ['Expires', html`<${Time} at=${made.expiresAt} />`],
      ['Id (ends it)', html`<code>${made.id}</code>`],
    ]} />
    <ul class="files">${clientFiles(made, url).map(
      ({ name, text, use }) =>
        html`<li key=${name}><button class="primary" onClick=${() => download(name, text)}>Download ${name}</button> <span>${use}</span></li>`,
    )}
    ${
      key !== undefined &&
      html`<li><button onClick=${() => download('device.key', `${key.privateKey}\n`)}>Download device.key</button>
        <span>Only for a device that signs for itself. Without it the key is gone when you leave, and the password goes on working.</span></li>`
    }</ul>
    <div class="buttons"><button onClick=${onForget}>I saved it: forget it here</button></div>
  </section>`
}
