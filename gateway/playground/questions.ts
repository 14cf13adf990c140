/** @module The ready questions: each answers on the demo's data, and can be edited. A test runs them. */
export const QUESTIONS = [
  `# Who accessed home/kitchen/temperature,
# when and why?
query WhoAccessed {
  accessRecords(
    where: { topic: "home/kitchen/temperature" }
    first: 20
  ) {
    nodes {
      who { address }
      what { filter }
      match
      action
      outcome
      denialReason
      when { first last count }
      why {
        id
        right
        lawfulBasis
        grantor { address }
        since
        until
        endedAt
      }
      proof {
        recorder { id }
        sequence
        transaction
        block { number hash }
        head
      }
      evidence { status }
    }
    pageInfo { hasNextPage endCursor }
    asOf { number time }
  }
}
`,
  `# Who may access what, now?
# Ask for one topic: (topic: "home/kitchen")
query WhoMay {
  accessRights {
    account { address }
    right
    topic { filter }
    grant {
      id
      lawfulBasis
      purpose { commitment }
      since
      until
    }
  }
}
`,
  `# Is anything missing?
# No recorder can still hold back what
# it decided at or before its \`through\`.
query IsAnythingMissing {
  recorders {
    id
    address
    state
    nextSequence
    through
    head
  }
  status {
    chainId
    contract
    indexed { number hash time }
    lag
    trouble
    totals { accessRecords recorders }
  }
}
`,
]
