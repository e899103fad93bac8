import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expandTemplates } from '../../../lib/sync/list-templates.js'

const values = {
  env: (name: string) => (name === 'USER' ? 'jane' : undefined),
  file: (path: string) => (path === '/token' ? ' secret\n' : undefined),
}
const expand = (text: string): string => expandTemplates(text, values)

describe('the templates of a regsync file', () => {
  it('are replaced by variables, and by files without the white space around them', () => {
    expect(expand('{{env "USER"}}:{{- file `/token` -}}')).toBe('jane:secret')
  })

  it.each([
    ['{{env "NO"}}', 'the variable NO is not set'],
    ['{{file "/no"}}', 'the file /no cannot be read'],
    ['{{.Sync.Source}}', 'the template {{.Sync.Source}} is not supported'],
    ['{{env "A" | lower}}', 'is not supported'],
  ])('fail in %s', (text, problem) => {
    expect(() => expand(text)).toThrow(problem)
  })

  it('leave text without templates as it is', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('{{')),
        (text) => expand(text) === text,
      ),
    )
  })
})
