/** @module Topics whose terms say sealed: what either view says of them counts, so that a change bites at once. */
import type { ContractView } from '../../domain/contract-state.ts'
import { mustSeal } from '../../domain/sealing.ts'
import { View } from '../../domain/view.ts'
import type { ProxyContext } from '../context.ts'

export function sealByTerms({ chain, journal }: Pick<ProxyContext, 'chain' | 'journal'>): void {
  journal.sealWhere(({ action, account }, name) => {
    const { newest, confirmed } = chain.views
    const asked = { action, account, name }
    return mustSeal(newest, asked) || (confirmed !== newest && mustSeal(confirmed, asked))
  })
  let known = versionOf(chain.views.newest)
  chain.onHead.push(() => {
    const version = versionOf(chain.views.newest)
    if (version === known) return
    known = version
    journal.closeAll() // what was opened publicly must not go on so
  })
}

const versionOf = (view: ContractView): number => (view instanceof View ? view.sealedVersion : 0)
