/**
 * @module The ready questions, in a regulator's words, about what this gateway holds: each answers as it stands, and can be
 * edited. A test runs them on the demo's data.
 */

/** What the questions are about: found in the history, so that no answer is empty. */
export interface Subject {
  /** A concrete topic name. */
  topic: string
  /** An account that accessed it. */
  wallet: string
  /** ISO times of the month of its last access. */
  from: string
  to: string
  /** How people call that month. */
  month: string
  /** ISO: up to when something can be said. */
  now: string
}

/** Finds a subject: the latest access that a grant allowed. */
export const SUBJECT_QUERY = `query Subject {
  accessRecords(first: 1, where: { outcome: ALLOWED, action: DELIVER }) { ...Access }
  other: accessRecords(first: 1, where: { outcome: ALLOWED, action: PUBLISH }) { ...Access }
}
fragment Access on AccessRecordConnection { nodes { who { address } what { filter } when { last } } }`

interface Access {
  who: { address: string } | null
  what: { filter: string } | null
  when: { last: string }
}

/** Returns the subject of an answer to {@link SUBJECT_QUERY}; the usual example where the history has none yet. */
export function subjectOf(
  answer: { accessRecords: { nodes: Access[] }; other: { nodes: Access[] } } | undefined,
  now: Date,
): Subject {
  const [access] = [...(answer?.accessRecords.nodes ?? []), ...(answer?.other.nodes ?? [])]
  const last = access === undefined ? now : new Date(access.when.last)
  const [from, to] = [0, 1].map((more) => Date.UTC(last.getUTCFullYear(), last.getUTCMonth() + more)) as [
    number,
    number,
  ]
  return {
    topic: access?.what?.filter ?? 'home/kitchen/temperature',
    wallet: access?.who?.address ?? '0x0000000000000000000000000000000000000001',
    from: iso(from),
    to: iso(to - 1_000),
    month: last.toLocaleString('en', { month: 'long', timeZone: 'UTC' }),
    now: iso(now.getTime()),
  }
}

const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')

/** Returns the questions, each the text of one tab. */
export function questionsAbout({ topic, wallet, from, to, month, now }: Subject): string[] {
  const name = JSON.stringify(topic)
  return [
    `# Who accessed ${topic},
# when and why?
query WhoAccessed {
  accessRecords(where: { topic: ${name} }, first: 20) {
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
      evidence { status reason }
    }
    pageInfo { hasNextPage endCursor }
    asOf { number time }
  }
}
`,
    `# Who read this topic in ${month}?
query WhoReadIt {
  accessRecords(
    where: {
      topic: ${name}
      action: DELIVER
      from: "${from}"
      to: "${to}"
    }
  ) {
    nodes {
      who { address }
      when { first last count countIsLowerBound }
      outcome
      why { id lawfulBasis }
    }
  }
}
`,
    `# Why was this wallet allowed?
# Sign in to read the purpose in words.
query WhyAllowed {
  accessRecords(
    where: { account: "${wallet}", outcome: ALLOWED }
    first: 10
  ) {
    nodes {
      action
      what { filter owner { address } }
      when { first last count }
      why {
        id
        right
        lawfulBasis
        purpose { commitment status text }
        grantor { address }
        since
        until
        endedAt
        endedBy { address }
      }
    }
  }
}
`,
    `# Who was refused, and for which reason?
query WhoWasRefused {
  accessRecords(where: { topic: ${name}, outcome: DENIED }) {
    nodes {
      who { address }
      match
      action
      denialReason
      when { first last count }
      proof { block { number time } }
    }
  }
}
`,
    `# What could a stolen key have read,
# and what was it used for?
query StolenKey {
  reachable: accessRights(account: "${wallet}") {
    topic { filter }
    right
    grant { id since until }
  }
  everGranted: grants(where: { grantee: "${wallet}" }) {
    nodes { id right topic { filter } since until endedAt }
  }
  accessed: accessRecords(where: { account: "${wallet}" }) {
    nodes { action outcome what { filter } when { first last count } }
    pageInfo { hasNextPage }
  }
}
`,
    `# Is anything missing?
# Complete: every recorder has proven that
# it wrote all it decided in the period.
query IsAnythingMissing {
  completeness(from: "${from}", to: "${to < now ? to : now}") {
    complete
    through
    verdict
    recorders {
      served
      complete
      needed
      recorder { id address state through nextSequence head }
    }
  }
  status { indexed { number hash time } lag trouble }
}
`,
    `# Who may access this topic now?
query WhoMay {
  accessRights(topic: ${name}) {
    account { address }
    right
    topic { filter }
    grant { id lawfulBasis since until }
  }
}
`,
    `# Who could access it earlier?
# asOf answers anything as it was then.
query WhoCould {
  status { indexed { number time } }
  accessRights(topic: ${name}, asOf: { time: "${now}" }) {
    account { address }
    right
    grant { id since until endedAt }
  }
}
`,
    `# What rests on a contract
# (GDPR Art. 6(1)(b))?
query OnWhichBasis {
  accessRecords(where: { lawfulBasis: CONTRACT }) {
    nodes {
      who { address }
      action
      what { filter }
      when { first count }
      why { id grantor { address } }
    }
  }
}
`,
    `# What did the owner grant, to whom, and
# what became of it?
query WhatWasGranted {
  topic(filter: ${name}) {
    filter
    owner { address }
    registeredAt
    registeredBy { address }
    grants {
      nodes {
        id
        right
        grantee { address }
        lawfulBasis
        since
        until
        endedAt
        endedBy { address }
      }
    }
  }
}
`,
    `# Which rules were in force?
# Every change of the operator's rules is a
# record; topicId is their SHA-256.
query WhichRules {
  accessRecords(where: { action: POLICY }) {
    nodes {
      topicId
      when { first }
      proof { recorder { id address } sequence }
    }
  }
}
`,
    `# Prove it to me:
# docs/proofs.md checks this without us.
query ProveIt {
  accessRecords(where: { topic: ${name} }, first: 1) {
    nodes {
      id
      proof {
        record
        position
        sequence
        transaction
        block { number hash time }
        batch { firstSequence count recordsHash recordBytes evidenceRoot through builtAt }
        head
        recorder { id address head }
      }
      evidence { status inclusion { leaf position size path } }
    }
  }
}
`,
    `# Which reports were issued?
# A report whose hash stands on chain was not
# made later: its id is the file's SHA-256.
query WhichReports {
  reports(first: 20) {
    nodes { id kind issuer { address } issuedAt block transaction }
    asOf { number time }
  }
}
`,
    `# Who keeps the log, and how far is it?
query WhoKeepsTheLog {
  recorders {
    id
    address
    state
    addedAt
    nextSequence
    through
    batches(first: 3) { nodes { firstSequence count builtAt block { number } } }
  }
  status { chainId contract totals { accessRecords recorders } }
}
`,
  ]
}
