/**
 * @module The wallets that this browser has, found by EIP-6963, and what they are asked by EIP-1193. What a wallet says of
 * itself is shown as text, never obeyed.
 */

export interface Provider {
  request(request: { method: string; params?: readonly unknown[] }): Promise<unknown>
  on?(event: string, listener: (value: unknown) => void): void
}

export interface Wallet {
  /** Of this page load alone. */
  uuid: string
  name: string
  /** A picture as data URI; empty when it is anything else. */
  icon: string
  /** The wallet's own name for life, in reverse domain notation. */
  rdns: string
  provider: Provider
}

/** Asks all wallets to announce themselves; calls back with the whole list each time it grows. */
export function watchWallets(onChange: (wallets: Wallet[]) => void): () => void {
  const wallets = new Map<string, Wallet>()
  const listen = (event: Event): void => {
    const wallet = walletOf((event as CustomEvent<unknown>).detail)
    if (wallet === undefined || wallets.has(wallet.uuid) || wallets.size >= MOST) return
    wallets.set(wallet.uuid, wallet)
    onChange([...wallets.values()])
  }
  window.addEventListener('eip6963:announceProvider', listen)
  window.dispatchEvent(new Event('eip6963:requestProvider'))
  return () => window.removeEventListener('eip6963:announceProvider', listen)
}

/** Anything on the page can announce. */
const MOST = 20

function walletOf(detail: unknown): Wallet | undefined {
  const { info, provider } = (detail ?? {}) as { info?: Record<string, unknown>; provider?: Provider }
  if (typeof info?.uuid !== 'string' || typeof provider?.request !== 'function') return undefined
  const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 60) : '')
  const icon = typeof info.icon === 'string' && info.icon.startsWith('data:image/') ? info.icon : ''
  return { uuid: info.uuid, name: text(info.name) || 'A wallet without a name', icon, rdns: text(info.rdns), provider }
}
