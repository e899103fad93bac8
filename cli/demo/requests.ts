/** Formats the requests that the registry of the demo received as a table with explanations. */
import type { RequestLogEntry } from '../../lib/testing/index.js'
import { shortDigest } from '../render/layer-status.js'
import { table } from '../render/table.js'

/** The fields of a logged request that the table shows. */
export type SeenRequest = Pick<RequestLogEntry, 'kind' | 'method' | 'reference' | 'status'>

/**
 * Formats requests as a table.
 * @param names labels by digest, such as `config` or `layer 1`
 */
export function requestTable(
  requests: readonly SeenRequest[],
  names: ReadonlyMap<string, string> = new Map(),
): string {
  let tokens = 0
  const rows = requests.map((request, index) => {
    if (request.kind === 'token') tokens++
    const { method, status, kind, reference } = request
    const what = reference.includes(':') ? shortDigest(reference) : reference
    const name = names.get(reference) ?? kind
    return [`${index + 1}`, method, `${status ?? '-'}`, `${name} ${what}`.trim(), explain(request, tokens)]
  })
  return table(['#', '', '', 'request', ''], rows)
}

function explain({ kind, status, method }: SeenRequest, tokens: number): string {
  if (kind === 'token')
    return tokens === 1 ? 'a token for this repository' : 'a new token, shared by all requests'
  if (kind === 'ping') return 'asks for the kind of authentication'
  if (status === 401) return tokens === 0 ? 'refused: a token is required' : 'refused: the token has expired'
  if (kind === 'blob' && method === 'GET')
    return status === 206 ? 'the rest of the blob' : 'verified during the download'
  return ''
}
