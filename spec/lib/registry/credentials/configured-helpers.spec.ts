import { describe, expect, it } from 'vitest'
import { configuredHelpers } from '../../../../lib/registry/credentials/configured-helpers.js'
import { Credential, byRegistry } from '../../../../lib/registry/index.js'
import { temporaryHelpers } from '../../../support/credential-helpers.js'
import { failure } from '../../../support/failure.js'

const repository = { registry: 'quay.io', repository: 'team/app' }
const ofFile = Credential.password('file', 'secret of the file')

describe('the helpers that registries.conf lists', () => {
  const helpers = temporaryHelpers()
  const warnings: string[] = []
  const onWarning = (code: string): void => void warnings.push(code)

  const credentials = (list: readonly string[]) =>
    configuredHelpers({
      list: () => list,
      files: byRegistry([['quay.io', ofFile]]),
      env: { PATH: `${helpers.bin}:${process.env['PATH'] ?? ''}` },
    })
  const used = async (...list: readonly string[]) =>
    (await credentials(list).for(repository, { onWarning }))?.username

  it('are asked in order, and the files at their place in the list', async () => {
    await helpers.add('none', {})
    await helpers.add('first', { 'quay.io': ['first', 'a'] })
    await helpers.add('second', { 'quay.io': ['second', 'b'] })
    expect(await used('none', 'second', 'first')).toBe('second')
    expect(await used('none', 'containers-auth.json', 'first')).toBe('file')
    expect(await used('first', 'containers-auth.json')).toBe('first')
    expect(await helpers.calls('none')).toEqual(['get quay.io', 'get quay.io'])
  })

  it('come before the files if the list does not name these', async () => {
    await helpers.add('none', {})
    expect(await used('none')).toBe('file')
    expect(await used()).toBe('file')
  })

  it('are passed over with a warning if they fail, and named if there is no login then', async () => {
    await helpers.addScript('broken', 'echo "the keyring is locked"; exit 2')
    warnings.length = 0
    expect(await used('broken', 'absent')).toBe('file')
    expect(warnings).toEqual(['credential-helper-failed', 'credential-helper-failed'])
    const other = { ...repository, registry: 'other.example' }
    const broken = credentials(['broken'])
    expect(await broken.for(other)).toBeUndefined()
    expect(await broken.why?.(other)).toContain('docker-credential-broken')
  })

  it('are named as the reason only if they failed in the last lookup', async () => {
    await helpers.addScript('broken', 'echo "the keyring is locked"; exit 2')
    const list = ['broken']
    const source = configuredHelpers({
      list: () => list,
      files: byRegistry([]),
      env: { PATH: `${helpers.bin}:${process.env['PATH'] ?? ''}` },
    })
    await source.for(repository)
    expect(await source.why?.(repository)).toContain('docker-credential-broken')
    list.length = 0
    await source.for(repository)
    expect(await source.why?.(repository)).toBeUndefined()
  })

  it('are not asked after the user has cancelled', async () => {
    await helpers.addScript('slow', 'sleep 5')
    const signal = AbortSignal.timeout(50)
    expect(await failure(credentials(['slow']).for(repository, { signal }))).toMatchObject({
      code: 'CANCELLED',
    })
  })
})
