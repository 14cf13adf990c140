/** @module Everything that a paged question has, page by page. */
import type { Page } from './port.ts'

const PAGE = 1_000

export async function* everyPage<T extends { cursor: bigint }>(
  ask: (page: Page) => Promise<T[]>,
  block: number,
): AsyncGenerator<T[]> {
  for (let before: bigint | undefined; ; ) {
    const page = await ask({ first: PAGE, block, ...(before === undefined ? {} : { before }) })
    yield page
    if (page.length < PAGE) return
    before = page.at(-1)?.cursor
  }
}
