/** What the scripts of the shells read. */
import { describe, expect, it } from 'vitest'
import { formatReply } from '../../../cli/completion/reply.js'

const values = (...all: readonly string[]): string =>
  formatReply({ kind: 'words', candidates: all.map((value) => ({ value })) })

describe('a reply to a shell', () => {
  it('has a line for each value with its description, without control characters, and then the kind', () => {
    const candidates = [{ value: 'a', description: 'x\u001b[2J\ty' }, { value: 'b' }]
    expect(formatReply({ kind: 'nospace', candidates })).toMatch(
      /^a\tx\\u\{1b\}\[2J\\u\{9\}y\nb\t\n:nospace\n$/,
    )
    expect(formatReply({ kind: 'files', candidates: [] })).toBe(':files\n')
  })

  it('has no value that a shell could take for something else', () => {
    expect(values('a b', 'a\tb', 'a\nb', '$(a)', '`a`', "a'b", ':files', '', 'a;b')).toBe(':words\n')
    expect(values('registry.example:5000/a_b:1.0-x+y@sha256:0', '~/a', 'a=b,c%d')).toMatch(
      /^(\S+\t\n){3}:words/,
    )
  })

  it('has at most a thousand values', () => {
    expect(values(...Array.from({ length: 1_001 }, (_, at) => `v${at}`)).split('\n')).toHaveLength(1_002)
  })
})
