/** @module What can be exported, and which fields a row has: one question a connection, asked page by page. */

export interface Exported {
  /** The name of its argument type for conditions, if it takes any. */
  where?: string
  /** Fields of a row, in the order of the columns; deeper ones with dots. */
  columns: readonly string[]
}

const RECORD = [
  'id',
  'when.first',
  'when.last',
  'when.count',
  'when.countIsLowerBound',
  'who.address',
  'action',
  'outcome',
  'denialReason',
  'what.filter',
  'topicId',
  'match',
  'sealed',
  'why.id',
  'why.right',
  'why.lawfulBasis',
  'why.grantor.address',
  'why.since',
  'why.until',
  'proof.recorder.id',
  'proof.sequence',
  'proof.transaction',
  'proof.block.number',
  'proof.block.hash',
] as const

/** For who is signed in and asks for it: showing it is recorded, page by page. */
export const EVIDENCE = ['evidence.status', 'evidence.text', 'evidence.salt'] as const

export const CONNECTIONS: Readonly<Record<string, Exported>> = {
  accessRecords: { where: 'AccessWhere', columns: RECORD },
  topics: {
    where: 'TopicWhere',
    columns: ['id', 'filter', 'owner.address', 'registeredAt', 'registeredBy.address'],
  },
  grants: {
    where: 'GrantWhere',
    columns: [
      'id',
      'right',
      'topic.filter',
      'grantee.address',
      'grantor.address',
      'lawfulBasis',
      'purpose.commitment',
      'since',
      'until',
      'endedAt',
      'endedBy.address',
    ],
  },
  payments: {
    where: 'PaymentWhere',
    columns: ['id', 'at', 'account.address', 'topic.filter', 'income', 'amount', 'transaction'],
  },
  reports: { columns: ['id', 'kind', 'issuer.address', 'issuedAt', 'transaction'] },
}

/** Returns the question for one page. */
export function questionFor(name: string, { where, columns }: Exported): string {
  const given = where === undefined ? '' : `$where: ${where}, `
  const passed = where === undefined ? '' : 'where: $where, '
  return `query Export(${given}$first: Int, $after: String, $asOf: AsOf) {
    ${name}(${passed}first: $first, after: $after, asOf: $asOf) {
      nodes { ${selection(columns)} } pageInfo { hasNextPage endCursor } } }`
}

function selection(columns: readonly string[]): string {
  const below = new Map<string, string[]>()
  for (const column of columns) {
    const [head = '', ...rest] = column.split('.')
    const list = below.get(head) ?? []
    if (rest.length > 0) list.push(rest.join('.'))
    below.set(head, list)
  }
  return [...below].map(([head, list]) => (list.length === 0 ? head : `${head} { ${selection(list)} }`)).join(' ')
}
