/** @module Settings of a made credential as files for MQTT clients: no password has to stand in a command line. Pure. */
import type { MadeCredential } from './credential.ts'

export interface ClientFile {
  name: string
  text: string
  /** How it is used. */
  use: string
}

/** `url` is what the device dials: mqtt, mqtts, ws or wss. */
export function clientFiles(made: MadeCredential, url: URL): ClientFile[] {
  const json = { url: url.href, protocolVersion: 5, ...made }
  const files = [
    {
      name: 'flytrap-device.json',
      text: `${JSON.stringify(json, null, 2)}\n`,
      use: 'For MQTT.js and programs of your own: mqtt.connect(settings.url, settings).',
    },
  ]
  if (!/^mqtts?:$/.test(url.protocol)) return files
  return [
    {
      name: 'mosquitto_pub',
      text: mosquitto(made, url),
      use: 'For Mosquitto’s clients: keep it in a folder of its own, a copy named mosquitto_sub beside it, and run: XDG_CONFIG_HOME=FOLDER mosquitto_pub -t TOPIC -m hello',
    },
    ...files,
  ]
}

function mosquitto({ username, password, clientId }: MadeCredential, url: URL): string {
  const isEncrypted = url.protocol === 'mqtts:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const lines = [
    `-h ${host}`,
    `-p ${url.port || (isEncrypted ? 8_883 : 1_883)}`,
    ...(isEncrypted ? ['--cafile /etc/ssl/certs/ca-certificates.crt'] : []),
    '-V mqttv5',
    `-i ${clientId}`,
    `-u ${username}`,
    `-P ${password}`,
  ]
  return `${lines.join('\n')}\n`
}

/** Hands a text to the person as a file. */
export function download(name: string, text: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
