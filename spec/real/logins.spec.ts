/** What logins of real tools leave on disk is what Windlass reads, and sends where those tools would. */
import { mkdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectExit, runWindlass } from '../../testbench/harness/command-line.js'
import { describeReal } from '../../testbench/harness/components.js'
import {
  startDistribution,
  type Distribution,
  type RegistryAuth,
} from '../../testbench/harness/distribution.js'
import { runTool } from '../../testbench/harness/run-tool.js'
import { pushOptions, skopeo } from '../../testbench/harness/skopeo.js'
import { workspace } from '../../testbench/harness/workspace.js'
import { pushedImages, type PushedImages } from '../../testbench/images/pushed.js'

const against = (auth: RegistryAuth) => () => {
  let pushed: PushedImages
  let registry: Distribution
  const tags = (repository: string, env: Readonly<Record<string, string>>, ...more: string[]) =>
    runWindlass(['tags', ...more, `${registry.host}/${repository}`], { env })

  beforeAll(async () => {
    pushed = await pushedImages()
    registry = await startDistribution({ auth })
    const from = `oci:${pushed.base.directory}/oci:oci-plain`
    for (const repository of ['team/app', 'other/app'])
      await skopeo([
        'copy',
        '-q',
        ...pushOptions(registry),
        from,
        `docker://${registry.host}/${repository}:1`,
      ])
  }, 300_000)
  afterAll(() => registry.stop())

  /** `skopeo login` for `key`, which writes `authFile` or, without one, where `env` says. */
  async function login(key: string, env: Readonly<Record<string, string>>, authFile?: string): Promise<void> {
    const { username = '', password = '' } = registry.credentials ?? {}
    const place = authFile === undefined ? [] : ['--authfile', authFile]
    const args = ['login', '--tls-verify=false', ...place, '--username', username, '--password-stdin', key]
    await runTool('skopeo', args, { input: password, env })
  }

  it('reads what skopeo login leaves at its usual place, and no more once skopeo has logged out', async () => {
    const { path } = await workspace()
    const env = { XDG_RUNTIME_DIR: path('runtime') }
    await mkdir(path('runtime'))
    expectExit(await tags('team/app', env), 3)
    await login(registry.host, env)
    expectExit(await tags('team/app', env), 0, '1\n')
    await runTool('skopeo', ['logout', registry.host], { env })
    expectExit(await tags('team/app', env), 3)
  })

  it('sends the credentials of a namespace to its repositories alone', async () => {
    const { path } = await workspace()
    const file = path('auth.json')
    await login(`${registry.host}/team`, {}, file)
    expect(Object.keys((JSON.parse(await readFile(file, 'utf8')) as { auths: object }).auths)).toEqual([
      `${registry.host}/team`,
    ])
    for (const [env, more] of [
      [{ REGISTRY_AUTH_FILE: file }, []],
      [{ WINDLASS_AUTHFILE: file }, []],
      [{}, ['--authfile', file]],
    ] as const) {
      expectExit(await tags('team/app', env, ...more), 0, '1\n')
      const refused = await tags('other/app', env, ...more)
      expectExit(refused, 3)
      expect(refused.stderr).toContain(`has credentials for "${registry.host}/team", but none for`)
    }
  })

  it('goes on where a file that the environment names is not there, and not where one is typed', async () => {
    const { path } = await workspace()
    const { username = '', password = '' } = registry.credentials ?? {}
    const named = ['tags', '--username', username, '--password-stdin', `${registry.host}/team/app`]
    for (const name of ['WINDLASS_AUTHFILE', 'REGISTRY_AUTH_FILE']) {
      const env = { [name]: path('none') }
      expectExit(await runWindlass(named, { env, input: password }), 0, '1\n')
    }
    const typed = await runWindlass([...named, '--authfile', path('none')], { input: password })
    expectExit(typed, 2)
    expect(typed.stderr).toContain(path('none'))
  })
}

for (const auth of ['basic', 'token'] as const)
  describeReal(`logins at docker-registry (${auth})`, against(auth))
