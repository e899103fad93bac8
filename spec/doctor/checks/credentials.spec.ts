import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { checkCredentials } from '../../../doctor/checks/credentials.js'
import { findingsOf, told } from '../../support/examination.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const directory = temporaryDirectory()
const file = path.join(directory, 'auth.json')

const found = async (content: string, env: Record<string, string> = {}): Promise<string[]> => {
  writeFileSync(file, content)
  return told(await findingsOf(checkCredentials, '/s', { env: { REGISTRY_AUTH_FILE: file, ...env } }))
}

it('names what a file has, and never a secret', async () => {
  const auths = { 'quay.io': { auth: 'c2VjcmV0' }, 'ghcr.io/team': { auth: 'c2VjcmV0' } }
  expect(await found(JSON.stringify({ auths, credsStore: 'pass' }))).toEqual([
    `ok The file "${file}" (REGISTRY_AUTH_FILE) has credentials for "quay.io", "ghcr.io/team" and the credential helper "pass".`,
  ])
  expect(await found('{}')).toEqual([`ok The file "${file}" (REGISTRY_AUTH_FILE) has no credentials.`])
  expect(await found('{"auths": "c2VjcmV0"')).toEqual([
    `problem The credentials file "${file}" (REGISTRY_AUTH_FILE) is not a JSON object.`,
  ])
  expect(await found('{}', { REGISTRY_AUTH_FILE: '/nonexistent' })).toEqual([
    'note The credentials file "/nonexistent" (REGISTRY_AUTH_FILE) does not exist.',
  ])
  expect(await found('{}', { REGISTRY_AUTH_FILE: directory })).toEqual([
    expect.stringMatching(/^problem .* cannot be read: it is a directory\.$/),
  ])
})
