/** Tests where a login is saved, found and removed, and that it is checked before. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { TestRegistry } from '../../../lib/testing/registry/index.js'
import { findLogin, logIn, logOut } from '../../../puller/index.js'
import { Workbench } from '../../support/workbench.js'

const user = { username: 'user', password: 'sesame' }
const auth = Buffer.from('user:sesame').toString('base64')

describe('logins', () => {
  const bench = new Workbench()
  let registry: TestRegistry
  let env: Record<string, string>
  let files: Record<'runtime' | 'podman' | 'docker', string>
  beforeEach(async () => {
    registry = await bench.registry({ auth: { kind: 'basic', ...user } })
    env = { HOME: bench.path(), XDG_RUNTIME_DIR: bench.path(), PATH: '/nonexistent' }
    files = {
      runtime: join(env['XDG_RUNTIME_DIR']!, 'containers/auth.json'),
      podman: join(env['HOME']!, '.config/containers/auth.json'),
      docker: join(env['HOME']!, '.docker/config.json'),
    }
  })
  const write = async (path: string, value: unknown): Promise<void> => {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, JSON.stringify(value))
  }
  const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'))

  it('are saved in the file of Docker, with mode and key as Docker has them', async () => {
    expect(await logIn(registry.host, user, { env })).toEqual({ file: files.docker })
    expect(await read(files.docker)).toEqual({ auths: { [registry.host]: { auth } } })
    expect(await findLogin(registry.host, { env })).toEqual({ username: 'user' })
    expect(await logOut(registry.host, { env })).toEqual([{ file: files.docker }])
    expect(await findLogin(registry.host, { env })).toBeUndefined()
  })

  it('are saved in the file of Podman if only that exists, and for a namespace', async () => {
    await write(files.runtime, { auths: {} })
    expect(await logIn(registry.host, user, { env })).toEqual({ file: files.runtime })
    await write(files.docker, {})
    expect(await logIn(`${registry.host}/team`, user, { env })).toEqual({ file: files.runtime })
    expect(await read(files.runtime)).toEqual({
      auths: { [registry.host]: { auth }, [`${registry.host}/team`]: { auth } },
    })
    expect(await logOut(`${registry.host}/team`, { env })).toEqual([{ file: files.runtime }])
    expect(await findLogin(`${registry.host}/team`, { env })).toEqual({ username: 'user' })
  })

  it('are not saved in a file that Docker only reads', async () => {
    await write(join(env['HOME']!, '.dockercfg'), { [registry.host]: { auth: 'b2xkOm9sZA==' } })
    expect(await logIn(registry.host, user, { env })).toEqual({ file: files.docker })
    expect(await findLogin(registry.host, { env })).toEqual({ username: 'user' })
  })

  it('replace the login that would be read first', async () => {
    const old = { auths: { [registry.host]: { auth: 'b2xkOm9sZA==' } } }
    await write(files.docker, {})
    await write(files.podman, old)
    expect(await logIn(registry.host, user, { env })).toEqual({ file: files.podman })
    await write(files.docker, old)
    expect(await logOut(registry.host, { env })).toEqual([{ file: files.podman }, { file: files.docker }])
  })

  it('are saved in the file that an option or a variable names', async () => {
    const [option, own, other] = [bench.path(), bench.path(), join(bench.path(), 'config.json')]
    const variables = { ...env, WINDLASS_AUTHFILE: own, REGISTRY_AUTH_FILE: other }
    expect(await logIn(registry.host, user, { env: variables, authFile: option })).toEqual({ file: option })
    expect(await logIn(registry.host, user, { env: variables })).toEqual({ file: own })
    const named = { ...env, REGISTRY_AUTH_FILE: other }
    expect(await logIn(registry.host, user, { env: named })).toEqual({ file: other })
    expect(await logOut(undefined, { env: named })).toEqual([{ file: other }])
    expect(await logOut(undefined, { env: named })).toEqual([])
    expect(await findLogin(registry.host, { env: variables })).toEqual({ username: 'user' })
  })

  it('are not saved if the registry refuses them, or the name is not one', async () => {
    await expect(logIn(registry.host, { ...user, password: 'no' }, { env })).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    })
    for (const name of ['', 'a b', 'https://u:p@', '../x', 'a/../..'.replace('a', '..')])
      await expect(logIn(name, user, { env })).rejects.toMatchObject({ code: 'REFERENCE_INVALID' })
    await expect(logIn(registry.host, { ...user, username: 'a:b' }, { env })).rejects.toMatchObject({
      code: 'USAGE',
    })
    await expect(read(files.docker)).rejects.toThrow('ENOENT')
  })

  it('are an identity token if the token server issues one', async () => {
    const tokens = await bench.registry()
    tokens.hook(({ kind, headers, url }) => {
      if (kind === 'token')
        return {
          ...{ status: 200, headers: {} },
          body: Buffer.from(
            JSON.stringify({
              token: 'bearer',
              ...(url.includes('offline_token=true') && { refresh_token: 'refresh-me' }),
            }),
          ),
        }
      if (headers['authorization'] === 'Bearer bearer')
        return { status: 200, headers: {}, body: Buffer.from('{}') }
      const challenge = `Bearer realm="${tokens.url}/token",service="test"`
      return { status: 401, headers: { 'www-authenticate': challenge }, body: Buffer.from('{}') }
    })
    await logIn(tokens.host, user, { env })
    expect(await read(files.docker)).toEqual({
      auths: {
        [tokens.host]: { auth: Buffer.from('user:').toString('base64'), identitytoken: 'refresh-me' },
      },
    })
  })

  it('in DOCKER_AUTH_CONFIG and in mounted secrets of Kubernetes are read', async () => {
    const entry = (username: string) => ({ auths: { 'a.example': { username, password: 'p' } } })
    const found = async (more: Record<string, string>) =>
      (await findLogin('a.example', { env: { ...env, ...more } }))?.username
    await write(join(env['HOME']!, '.dockercfg'), entry('old').auths)
    expect(await found({})).toBe('old')
    const mounted = bench.path()
    await write(join(mounted, '.dockercfg'), entry('cfg').auths)
    expect(await found({ DOCKER_CONFIG: mounted })).toBe('cfg')
    await write(join(mounted, '.dockerconfigjson'), {
      auths: { '*.example': { username: 'json', password: 'p' } },
    })
    expect(await found({ DOCKER_CONFIG: mounted })).toBe('json')
    const text = JSON.stringify(entry('variable'))
    expect(await found({ DOCKER_CONFIG: mounted, DOCKER_AUTH_CONFIG: text })).toBe('variable')
    expect(await found({ DOCKER_AUTH_CONFIG: '{"auths":{}}' })).toBe('old')
    const broken = findLogin('a.example', { env: { DOCKER_AUTH_CONFIG: '{"auths": sesame' } })
    await expect(broken).rejects.toMatchObject({
      ...{ code: 'USAGE', message: 'The variable DOCKER_AUTH_CONFIG is not JSON' },
    })
  })
})
