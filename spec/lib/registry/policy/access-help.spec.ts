import { describe, expect, it } from 'vitest'
import { accessHelp, type LoginState } from '../../../../lib/registry/policy/access-help.js'

const quay = { registry: 'quay.io', repository: 'team/app' }
const hub = { registry: 'docker.io', repository: 'library/alpine' }

describe('the help after a refusal by a registry', () => {
  it.each([
    ['none', 'UNAUTHORIZED', 'quay.io requires a login for "team/app"'],
    ['none', 'DENIED', 'quay.io denied anonymous access to "team/app"'],
    ['sent', 'UNAUTHORIZED', 'quay.io rejected the login for "team/app"'],
    ['sent', 'DENIED', 'quay.io denied access to "team/app"'],
    ['withheld', 'UNAUTHORIZED', 'quay.io requires a login for "team/app"'],
    ['withheld', 'DENIED', 'quay.io denied access to "team/app"'],
  ] as const)('with the login %s, for %s: %s', (login, code, sentence) => {
    expect(accessHelp(quay, login).message('quay.io', code)).toBe(sentence)
  })

  it('without a login: asks to check the name, and lists every way to log in', () => {
    const { hint, loginHint, rateLimitHint } = accessHelp(quay, 'none')
    for (const text of [hint, ...loginHint, ...rateLimitHint])
      expect(text).toContain(
        '--username NAME with --password-stdin, --authfile FILE, or “windlass login quay.io” (in code: credentials).',
      )
    expect(hint).toContain('Check the name')
    expect(loginHint).toHaveLength(1)
    expect(accessHelp(hub, 'none').hint).toContain('“windlass login”')
  })

  it.each([
    ['sent', 'Check the user name and password for quay.io'],
    ['withheld', '--plain-http'],
  ] as const)('with a login that was %s: does not mention ways to log in', (login, part) => {
    const { hint, loginHint, rateLimitHint } = accessHelp(quay, login)
    expect(hint).toContain(part)
    expect(hint).not.toContain('--username')
    expect([...loginHint, ...rateLimitHint]).toEqual([])
  })

  it('begins with the reason why there is no login', () => {
    const { hint, loginHint } = accessHelp(quay, 'none', 'The file has no login for it.')
    expect([hint, ...loginHint]).toEqual(['The file has no login for it.', 'The file has no login for it.'])
  })

  it('consists of sentences', () => {
    const states: readonly LoginState[] = ['none', 'sent', 'withheld']
    for (const login of states) expect(accessHelp(hub, login).hint).toMatch(/^[A-Z].*\.$/)
  })
})
