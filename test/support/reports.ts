/** @module Reports as a signed-in account asks a gateway for them, and gets them. */
import type { Answer, TestGateway } from './gateway.ts'

export const REPORT_FIELDS = `id kind status topic from to requestedAt startedAt finishedAt ahead progress { stage done total }
  result { url size sha256 from to block { number hash time } complete rows notNarrowed open withheld erased notAvailable }
  anchoring { state block transaction at reason } failure { code message }`

export const REQUEST = `mutation($input: ReportInput!) { requestReport(input: $input) { ${REPORT_FIELDS} } }`

export interface Asking {
  gateway: TestGateway
  token: string
}

export const request = ({ gateway, token }: Asking, topicAccess: object): Promise<Answer> =>
  gateway.as(token).ask(REQUEST, { input: { topicAccess } })

/** Resolves with the report once it is done, or failed. */
export async function finished({ gateway, token }: Asking, id: string): Promise<Answer['data']> {
  for (;;) {
    const { data } = await gateway.as(token).ask(`query($id: ID!) { report(id: $id) { ${REPORT_FIELDS} } }`, { id })
    if (!['QUEUED', 'RUNNING'].includes(data.report.status)) return data.report
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Resolves with where its hash stands, once the history has it. */
export async function anchored({ gateway, token }: Asking, id: string): Promise<Answer['data']> {
  for (;;) {
    const { anchoring } = await finished({ gateway, token }, id)
    if (anchoring?.state === 'ANCHORED') return anchoring
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Asks for it, and waits. Throws with the refusal. */
export async function made(asking: Asking, topicAccess: object): Promise<Answer['data']> {
  const { data, errors } = await request(asking, topicAccess)
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return finished(asking, data.requestReport.id)
}

export const download = ({ gateway, token }: Asking, url: string): Promise<Response> =>
  fetch(`${gateway.url}${url}`, token === '' ? {} : { headers: { authorization: `Bearer ${token}` } })

export async function codeOf(response: Response): Promise<[number, string]> {
  const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] }
  return [response.status, errors[0]?.extensions.code ?? '']
}
