/** The explained requests of the demo. */
import { describe, expect, it } from 'vitest'
import { requestTable } from '../../../cli/demo/requests.js'

const request = (kind: string, status: number, reference = '', method = 'GET') =>
  ({ kind, status, reference, method }) as Parameters<typeof requestTable>[0][number]
const digest = `sha256:${'a'.repeat(64)}`

describe('the requests of the demo', () => {
  it('are explained by what came before', () => {
    const text = requestTable(
      [
        request('ping', 401),
        request('manifest', 401, '1.0'),
        request('token', 200),
        request('blob', 401, digest),
        request('token', 200),
        request('blob', 200, digest),
        request('blob', 206, digest),
        request('manifest', 200, '1.0', 'HEAD'),
      ],
      new Map([[digest, 'layer 1']]),
    )
    const lines = text.split('\n').map((line) => line.split(/ {2,}/).slice(-2))
    expect(lines.slice(1, -1)).toEqual([
      ['ping', 'asks for the kind of authentication'],
      ['manifest 1.0', 'refused: a token is required'],
      ['token', 'a token for this repository'],
      [`layer 1 ${'a'.repeat(12)}`, 'refused: the token has expired'],
      ['token', 'a new token, shared by all requests'],
      [`layer 1 ${'a'.repeat(12)}`, 'verified during the download'],
      [`layer 1 ${'a'.repeat(12)}`, 'the rest of the blob'],
      ['200', 'manifest 1.0'],
    ])
  })
})
