/** Tests from where a puller takes credentials, when it reads them, and to which registries it sends them. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { putImage } from '../../../lib/testing/images/index.js'
import { problem } from '../../../lib/testing/registry/index.js'
import { credentialsFor } from '../../../puller/options/credentials.js'
import type { OpenOptions } from '../../../puller/index.js'
import { Workbench, imageOf } from '../../support/workbench.js'
import {
  blobRequests,
  eventsOf,
  largeImage,
  layerEvents,
  until,
  wanted,
  warnings,
} from '../../support/watching.js'

const basicOf = (user: string): string => `Basic ${Buffer.from(`${user}:sesame`).toString('base64')}`
const asked = { registry: 'registry.example', repository: 'team/app' }

describe('credentials', () => {
  const bench = new Workbench()
  afterEach(() => vi.unstubAllEnvs())

  /** Writes a credentials file with the user name `user` for each key. */
  async function file(
    user: string,
    path = bench.path(),
    keys: readonly string[] = [asked.registry],
  ): Promise<string> {
    await mkdir(dirname(path), { recursive: true })
    const auths = Object.fromEntries(keys.map((key) => [key, { username: user, password: 'sesame' }]))
    await writeFile(path, JSON.stringify({ auths }))
    return path
  }

  async function userOf(options: OpenOptions, env: NodeJS.ProcessEnv): Promise<string | undefined> {
    const basic = (await (await credentialsFor(options, env)).for(asked))?.basic()
    return basic && Buffer.from(basic.slice('Basic '.length), 'base64').toString().split(':')[0]
  }

  it('come from the options, else from authFile, else from WINDLASS_AUTHFILE, else from REGISTRY_AUTH_FILE (S0-79)', async () => {
    const env = {
      WINDLASS_AUTHFILE: await file('windlass'),
      REGISTRY_AUTH_FILE: await file('registry'),
    }
    const authFile = await file('told')
    const credentials = { [asked.registry]: { username: 'option', password: 'sesame' } }
    expect(await userOf({ credentials, authFile }, env)).toBe('option')
    expect(await userOf({ authFile }, env)).toBe('told')
    expect(await userOf({}, env)).toBe('windlass')
    expect(await userOf({}, { ...env, WINDLASS_AUTHFILE: '' })).toBe('registry')
  })

  it('come from the first login file that has credentials for the repository', async () => {
    const [runtime, config, docker] = [bench.path(), bench.path(), bench.path()]
    const env = { XDG_RUNTIME_DIR: runtime, XDG_CONFIG_HOME: config, DOCKER_CONFIG: docker }
    expect(await userOf({}, env)).toBeUndefined()
    await file('docker', join(docker, 'config.json'))
    expect(await userOf({}, env)).toBe('docker')
    await file('config', join(config, 'containers', 'auth.json'))
    expect(await userOf({}, env)).toBe('config')
    const podman = join(runtime, 'containers', 'auth.json')
    await file('runtime', podman)
    expect(await userOf({}, env)).toBe('runtime')
    await file('runtime', podman, [`${asked.registry}/other`])
    expect(await userOf({}, env)).toBe('config')
  })

  it('are empty if the file that an environment variable names does not exist; no other file is read', async () => {
    const docker = bench.path()
    await file('docker', join(docker, 'config.json'))
    for (const name of ['WINDLASS_AUTHFILE', 'REGISTRY_AUTH_FILE']) {
      const env = { [name]: bench.path(), DOCKER_CONFIG: docker }
      expect(await userOf({}, env)).toBeUndefined()
      expect(await (await credentialsFor({}, env)).why?.(asked)).toContain(`${name} names`)
    }
  })

  it('require that authFile exists, even if the options have credentials', async () => {
    const authFile = bench.path()
    const credentials = { [asked.registry]: { username: 'option', password: 'sesame' } }
    await expect(bench.puller({ authFile, credentials })).rejects.toMatchObject({
      ...{ code: 'USAGE', message: expect.stringContaining(authFile), subject: { path: authFile } },
    })
  })

  it('for a namespace are sent only to that namespace; the longest matching key applies', async () => {
    const credentials = {
      'registry.example/team': { username: 'team', password: 'sesame' },
      'registry.example/team/app': { username: 'app', password: 'sesame' },
    }
    const all = await credentialsFor({ credentials }, { REGISTRY_AUTH_FILE: bench.path() })
    const sent = async (repository: string) => (await all.for({ ...asked, repository }))?.basic()
    expect(await sent('team/app')).toBe(basicOf('app'))
    expect(await sent('team/tool')).toBe(basicOf('team'))
    expect(await sent('other/app')).toBeUndefined()
  })

  it('are not read by operations without a registry', async () => {
    const broken = bench.path()
    await writeFile(broken, 'not JSON')
    const registry = await bench.registry()
    const credentials = { [registry.host]: { username: 'user', password: 'sesame' } }
    await putImage(registry, 'team/app', '1', imageOf(['a']))
    const name = `${registry.host}/team/app:1`
    vi.stubEnv('REGISTRY_AUTH_FILE', broken)
    const [given, other] = [await bench.puller({ credentials }), await bench.puller()]
    await given.pull(name, wanted).done
    expect(await other.images()).toEqual([])
    const before = registry.requests.length
    await expect(other.pull(name, wanted).done).rejects.toMatchObject({
      ...{ code: 'USAGE', message: expect.stringContaining(broken) },
    })
    await expect(other.inspect(name, wanted)).rejects.toMatchObject({ code: 'USAGE' })
    await expect(
      other.tags(`${registry.host}/team/app`)[Symbol.asyncIterator]().next(),
    ).rejects.toMatchObject({ code: 'USAGE' })
    expect(registry.requests).toHaveLength(before)
  })

  it('of another registry that cannot be read cause a warning, and the pull continues', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', imageOf(['a']))
    const authFile = bench.path()
    await writeFile(authFile, JSON.stringify({ auths: { 'other.example': 'sesame' } }))
    const puller = await bench.puller({ authFile })
    const pull = puller.pull(`${registry.host}/team/app:1`, wanted)
    const events = eventsOf(pull)
    await pull.done
    expect(warnings(events)).toMatchObject([
      { code: 'credentials-ignored', message: expect.stringContaining('"other.example"') },
    ])
    expect(JSON.stringify(events)).not.toContain('sesame')
  })

  it('of a later login are used by the next pull', async () => {
    const registry = await bench.registry({ auth: { kind: 'basic', username: 'user', password: 'sesame' } })
    await putImage(registry, 'team/app', '1', imageOf(['a']))
    const path = bench.path()
    vi.stubEnv('REGISTRY_AUTH_FILE', path)
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    await expect(puller.pull(name, wanted).done).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await file('user', path, [registry.host])
    expect(await puller.pull(name, wanted).done).toMatchObject({ status: 'newer' })
  })

  it('are not used to fetch a layer for a pull without credentials that needs the same layer at the same time', async () => {
    const registry = await bench.registry({ bytesPerSecond: 300_000 })
    const image = largeImage(240_000)
    const { digest } = image.layers[0]!
    for (const repository of ['private/app', 'public/app']) await putImage(registry, repository, '1', image)
    registry.hook(({ reference, headers }) =>
      reference !== digest || headers['authorization'] === basicOf('user')
        ? undefined
        : problem(401, 'UNAUTHORIZED', 'who?', { 'www-authenticate': 'Basic realm="x"' }),
    )
    const authFile = await file('user', undefined, [`${registry.host}/private`])
    const puller = await bench.puller({ authFile })
    const mayRead = puller.pull(`${registry.host}/private/app:1`, wanted)
    const seen = eventsOf(mayRead)
    await until(() => layerEvents(seen, digest).some(({ current }) => current >= 30_000))
    const mayNot = puller.pull(`${registry.host}/public/app:1`, wanted)
    const heard = eventsOf(mayNot)
    await until(() => heard.some(({ type }) => type === 'plan'))
    mayRead.cancel()
    await expect(mayRead.done).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(mayNot.done).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    const sent = blobRequests(registry, digest).map(({ repository, headers }) => [
      ...[repository, headers['authorization']],
    ])
    expect(sent).toEqual([
      ['private/app', basicOf('user')],
      ['public/app', undefined],
    ])
  })
})
