/** @module The frame of every owner's page: choose a wallet, come to the right chain, then what the page is for. */
import { getAddress } from 'ethers'
import { type ComponentType, render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Address } from '../../../domain/bytes.ts'
import { type Html, html } from '../html.ts'
import { Hex, Notice } from '../parts.ts'
import { enableCopying } from './copying.ts'
import { chainOf, ensureChain } from './ensure-chain.ts'
import { type Place, readPlace } from './place.ts'
import { type Wallet, watchWallets } from './provider.ts'
import type { Session } from './session.ts'
import { inWords, Trouble } from './trouble.ts'
import { walletRpc } from './wallet-rpc.ts'

export type OwnerPage = ComponentType<{ session: Session }>

export function startApp(page: OwnerPage): void {
  const root = document.getElementById('app')
  if (root === null) return
  const place = readPlace(root)
  root.replaceChildren()
  enableCopying()
  render(html`<${App} place=${place} page=${page} />`, root)
}

/** Which wallet was chosen, by its name for life: asked again without a question on the next page of this tab. */
const CHOSEN = 'flytrap-wallet'

function App({ place, page: Page }: { place: Place; page: OwnerPage }): Html {
  const [wallets, setWallets] = useState<Wallet[]>([])
  const [session, setSession] = useState<Session>()
  const [why, setWhy] = useState<string>()
  const leave = (reason?: string): void => {
    setSession(undefined)
    setWhy(reason)
  }
  const choose = async (wallet: Wallet, isAsked: boolean): Promise<void> => {
    try {
      const found = await connect(wallet, place, isAsked)
      if (found === undefined) return
      sessionStorage.setItem(CHOSEN, wallet.rdns)
      follow(wallet, place, setSession, leave)
      setWhy(undefined)
      setSession(found)
    } catch (error) {
      // Unasked, it was a courtesy: the button to connect stands there all the same.
      if (isAsked) setWhy(inWords(error, { sender: '' }))
    }
  }
  useEffect(
    () =>
      watchWallets((all) => {
        setWallets(all)
        const newest = all.at(-1)
        if (newest !== undefined && newest.rdns === sessionStorage.getItem(CHOSEN)) void choose(newest, false)
      }),
    [],
  )
  if (session === undefined) return html`<${Chooser} wallets=${wallets} why=${why} onChoose=${choose} place=${place} />`
  return html`<p class="signed-in">You act as <${Hex} value=${getAddress(session.account)} />, on chain ${String(place.chainId)}.</p>
    <${Page} key=${session.account} session=${session} />`
}

/** Unasked, only what needs no question to the person: an account that was allowed before, on the right chain. */
async function connect(wallet: Wallet, place: Place, isAsked: boolean): Promise<Session | undefined> {
  const rpc = walletRpc(wallet.provider)
  const accounts = await rpc.request<unknown>(isAsked ? 'eth_requestAccounts' : 'eth_accounts')
  const [account] = Array.isArray(accounts) ? accounts : []
  if (typeof account !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(account)) {
    if (!isAsked) return undefined
    throw new Trouble('The wallet gave no account. Unlock it, allow this page one account, and connect again.')
  }
  if (isAsked) await ensureChain(rpc, place)
  else if ((await chainOf(rpc)) !== place.chainId) return undefined
  return { place, provider: wallet.provider, rpc, account: account.toLowerCase() as Address }
}

const followed = new WeakSet<object>()

/** Another account or chain in the wallet is another session here: nothing is signed as somebody else unseen. */
function follow(
  { provider }: Wallet,
  place: Place,
  setSession: (session: Session) => void,
  leave: (reason?: string) => void,
): void {
  if (followed.has(provider)) return
  followed.add(provider)
  provider.on?.('accountsChanged', (accounts) => {
    const [account] = Array.isArray(accounts) ? (accounts as unknown[]) : []
    if (typeof account !== 'string') return leave('The wallet was locked or disconnected. Connect again.')
    setSession({ place, provider, rpc: walletRpc(provider), account: account.toLowerCase() as Address })
  })
  provider.on?.('chainChanged', (chainId) => {
    if (BigInt(chainId as string) !== place.chainId)
      leave(`The wallet went to another chain. This contract is on chain ${place.chainId}: connect again.`)
  })
}

interface ChooserProps {
  wallets: readonly Wallet[]
  why: string | undefined
  place: Place
  onChoose: (wallet: Wallet, isAsked: boolean) => void
}

function Chooser({ wallets, why, place, onChoose }: ChooserProps): Html {
  return html`<section class="card" aria-labelledby="connect-title">
    <h2 id="connect-title">Connect your wallet</h2>
    <p>What you do here you sign with your own wallet, and it goes from there to the contract
      ${' '}<${Hex} value=${place.contract} /> on chain ${String(place.chainId)}. No key leaves the wallet.</p>
    ${why !== undefined && html`<${Notice} kind="error">${why}<//>`}
    ${
      wallets.length === 0
        ? html`<${Notice} kind="warn">No wallet was found in this browser. Install one as a browser extension (any that announces itself by EIP-6963: MetaMask, Rabby and most others), or open this page in your wallet’s own browser, then load the page again.<//>`
        : html`<div class="buttons">${wallets.map(
            (wallet) => html`<button class="primary" key=${wallet.uuid} onClick=${() => onChoose(wallet, true)}>
              ${wallet.icon !== '' && html`<img src=${wallet.icon} alt="" width="20" height="20" />`} Connect ${wallet.name}
            </button>`,
          )}</div>`
    }
  </section>`
}
