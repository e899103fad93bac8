import { describe, expect, it } from 'vitest'
import { parseDockerEntry } from '../../../../lib/registry/credentials/docker-entry.js'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('an entry of a credentials file', () => {
  it.each([
    [{ auth: base64('user:a:b:c') }, 'user:a:b:c'],
    [{ auth: base64('user:') }, 'user:'],
    [{ auth: base64('user:sesame\0\0') }, 'user:sesame'],
    [{ auth: base64('user:sesame'), username: 'other', password: 'other' }, 'user:sesame'],
    [{ username: 'user', password: 'a:b' }, 'user:a:b'],
  ])('%j logs in as %j: the name ends at the first colon', (entry, login) => {
    expect(parseDockerEntry(entry).credential?.basic()).toBe(`Basic ${base64(login)}`)
  })
})
