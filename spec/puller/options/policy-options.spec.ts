import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { imagePolicy } from '../../../puller/options/policy-options.js'
import { Workbench } from '../../support/workbench.js'
import { ecdsa, pemOf } from '../../support/signing.js'

describe('the option policy', () => {
  const bench = new Workbench()
  afterEach(() => vi.unstubAllEnvs())
  const file = async (type: string, path = bench.path()): Promise<string> => {
    await writeFile(path, JSON.stringify({ default: [{ type }] }))
    return path
  }

  it('is no policy if it is not given', async () => {
    expect(await imagePolicy(undefined)).toBeUndefined()
  })

  it.each([
    {},
    { keys: 'k', file: 'f' },
    { identity: { subject: 's', issuer: 'i' } },
    { keys: 'k', trustRoot: '{}' },
  ])('is refused unless it says one thing: %j', async (options) => {
    await expect(imagePolicy(options)).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('is read once for an object, and again for another one', async () => {
    const options = { file: await file('insecureAcceptAnything') }
    const policy = await imagePolicy(options)
    await writeFile(options.file, 'not JSON')
    expect(await imagePolicy(options)).toBe(policy)
    await expect(imagePolicy({ ...options })).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('is that of keys', async () => {
    expect(await imagePolicy({ keys: pemOf(ecdsa().publicKey) })).toBeDefined()
    await expect(imagePolicy({ keys: 'no key' })).rejects.toMatchObject({
      message: expect.stringContaining('the option policy') as string,
    })
  })

  it('is the file of the user that Podman reads, if that is asked for', async () => {
    const home = bench.path()
    await mkdir(join(home, '.config', 'containers'), { recursive: true })
    vi.stubEnv('HOME', home)
    await file('reject', join(home, '.config', 'containers', 'policy.json'))
    expect(await imagePolicy({ file: 'containers' })).toBeDefined()
    await writeFile(join(home, '.config', 'containers', 'policy.json'), 'not JSON')
    await expect(imagePolicy({ file: 'containers' })).rejects.toMatchObject({
      message: expect.stringContaining(home) as string,
    })
  })

  it('names a file that cannot be read, is no file, or is too large', async () => {
    const directory = bench.path()
    await mkdir(directory)
    for (const path of ['/nonexistent/policy.json', directory])
      await expect(imagePolicy({ file: path })).rejects.toMatchObject({
        ...{ code: 'USAGE', subject: { path }, hint: expect.stringContaining('--policy') as string },
        message: expect.stringContaining(`Failed to read "${path}" for the policy: `) as string,
      })
    const large = bench.path()
    await writeFile(large, ' '.repeat(16 * 1024 * 1024 + 1))
    await expect(imagePolicy({ file: large })).rejects.toThrow('it is too large')
  })
})
