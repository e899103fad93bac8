/** Logins of Windlass, Docker, Podman and Skopeo: what one saves, the others use, in files and in a credential helper. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectExit, runWindlass } from '../../testbench/harness/command-line.js'
import { describeReal } from '../../testbench/harness/components.js'
import {
  startDistribution,
  type Distribution,
  type RegistryAuth,
} from '../../testbench/harness/distribution.js'
import { bash, runTool } from '../../testbench/harness/run-tool.js'
import { pushOptions, skopeo } from '../../testbench/harness/skopeo.js'
import { workspace, type Workspace } from '../../testbench/harness/workspace.js'
import { pushedImages } from '../../testbench/images/pushed.js'

type Env = Readonly<Record<string, string>>

/** Directories of a user who has logged in nowhere. */
async function homeOf({
  path,
}: Workspace): Promise<{ readonly HOME: string; readonly XDG_RUNTIME_DIR: string }> {
  const env = { HOME: path('home'), XDG_RUNTIME_DIR: path('run') }
  for (const directory of [...Object.values(env), `${env.HOME}/.docker`])
    await mkdir(directory, { recursive: true, mode: 0o700 })
  return env
}

const against = (auth: RegistryAuth) => () => {
  let registry: Distribution
  beforeAll(async () => {
    const pushed = await pushedImages()
    registry = await startDistribution({ auth })
    const target = `docker://${registry.host}/team/app:1`
    const source = `oci:${pushed.base.directory}/oci:oci-plain`
    await skopeo(['copy', '-q', ...pushOptions(registry), source, target])
  }, 300_000)
  afterAll(() => registry.stop())

  const user = () => registry.credentials ?? { username: '', password: '' }
  const login = (env: Env, ...more: string[]) =>
    runWindlass(['login', '--username', user().username, '--password-stdin', ...more, registry.host], {
      ...{ env, input: user().password },
    })
  const tags = async (env: Env, exit: number) =>
    expectExit(await runWindlass(['tags', `${registry.host}/team/app`], { env }), exit)
  const listed = (env: Env, ...more: string[]) =>
    runTool('skopeo', ['list-tags', '--tls-verify=false', ...more, `docker://${registry.host}/team/app`], {
      env,
    })
  const toolLogin = (tool: 'docker' | 'podman' | 'skopeo', env: Env, ...more: string[]) =>
    runTool(tool, ['login', ...more, '--username', user().username, '--password-stdin', registry.host], {
      env: { ...env, DOCKER_HOST: 'unix:///nonexistent' },
      input: user().password,
    })
  const dockerReads = (env: Env) =>
    runTool('docker', ['manifest', 'inspect', '--insecure', `${registry.host}/team/app:1`], { env })

  it('saves in the file of Docker what docker, podman and skopeo use, until it is removed', async () => {
    const env = await homeOf(await workspace())
    await tags(env, 3)
    const file = `${env.HOME}/.docker/config.json`
    expectExit(await login(env), 0, `Logged in to ${registry.host} as ${user().username}: saved in ${file}\n`)
    await tags(env, 0)
    await dockerReads(env)
    await listed(env)
    expect((await runTool('podman', ['login', '--get-login', registry.host], { env })).toString()).toContain(
      user().username,
    )
    expectExit(await runWindlass(['login', '--get', registry.host], { env }), 0, `${user().username}\n`)
    expectExit(
      await runWindlass(['logout', registry.host], { env }),
      0,
      `Logged out of ${registry.host}: removed from ${file}\n`,
    )
    await tags(env, 3)
    await expect(listed(env)).rejects.toThrow()
    expectExit(await runWindlass(['login', '--get', registry.host], { env }), 3)
  })

  it('reads, replaces and removes what docker login and podman login saved', async () => {
    for (const [tool, more] of [
      ['docker', []],
      ['podman', ['--tls-verify=false']],
      ['skopeo', ['--tls-verify=false']],
    ] as const) {
      const space = await workspace()
      const env = await homeOf(space)
      const other = { 'other.example': { auth: 'dTpw' } }
      // With a login in its file, docker does not look for a credential helper of the machine.
      if (tool === 'docker')
        await writeFile(`${env.HOME}/.docker/config.json`, JSON.stringify({ auths: other }))
      await toolLogin(tool, env, ...more)
      await tags(env, 0)
      const again = await login(env)
      expectExit(again, 0)
      const file =
        tool === 'docker' ? `${env.HOME}/.docker/config.json` : `${env.XDG_RUNTIME_DIR}/containers/auth.json`
      expect(again.stdout).toContain(`saved in ${file}`)
      await listed(env)
      expectExit(await runWindlass(['logout', registry.host], { env }), 0)
      expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ auths: tool === 'docker' ? other : {} })
      await tags(env, 3)
    }
  })

  it('saves in a named file what podman and skopeo use, and keeps what is in it', async () => {
    const { path } = await workspace()
    const file = path('auth.json')
    await writeFile(file, '{"auths":{"other.example":{"auth":"dTpw"}},"credHelpers":{"x.example":"none"}}')
    expectExit(await login({}, '--authfile', file), 0)
    await listed({}, '--authfile', file)
    await runTool('podman', ['login', '--get-login', '--authfile', file, registry.host])
    await runTool('podman', ['logout', '--authfile', file, registry.host])
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      auths: { 'other.example': { auth: 'dTpw' } },
      credHelpers: { 'x.example': 'none' },
    })
  })

  it('saves nothing if the registry refuses the login', async () => {
    const env = await homeOf(await workspace())
    const refused = await runWindlass(['login', '--username', 'x', '--password-stdin', registry.host], {
      ...{ env, input: 'wrong-pl4nted' },
    })
    expectExit(refused, 3)
    expect(refused.stderr).not.toContain('pl4nted')
    await expect(readFile(`${env.HOME}/.docker/config.json`)).rejects.toThrow('ENOENT')
  })

  it('asks on a terminal, which does not show the password', async () => {
    const space = await workspace()
    const env = await homeOf(space)
    await writeFile(space.path('keys'), `${user().username}\r${user().password}\r`)
    const command = `${process.execPath} dist/cli/main.js login ${registry.host}`
    const shown = await runTool(
      'bash',
      [
        '-c',
        `(sleep 4; head -c ${user().username.length + 1} '${space.path('keys')}'; sleep 1
        tail -c ${user().password.length + 1} '${space.path('keys')}'; sleep 4) | script -qec '${command}' /dev/null`,
      ],
      { env },
    )
    expect(shown.toString()).toContain(`Logged in to ${registry.host} as ${user().username}`)
    expect(shown.toString()).toContain('Password: ')
    expect(shown.toString()).not.toContain(user().password)
    await tags(env, 0)
  })

  it('shares the logins in the helper docker-credential-pass with docker', async () => {
    const space = await workspace()
    const env = { ...(await homeOf(space)), GNUPGHOME: space.path('home/gnupg') }
    const script = `mkdir -m 700 '${env.GNUPGHOME}'
      gpg --batch --quiet --passphrase '' --quick-generate-key windlass-test default default never
      pass init windlass-test`
    await runTool('bash', ['-euc', script], { env })
    const file = `${env.HOME}/.docker/config.json`
    await writeFile(file, '{"credsStore":"pass"}')
    const saved = await login(env)
    expectExit(saved, 0)
    expect(saved.stdout).toContain(`saved in credential helper pass, named in ${file}`)
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      credsStore: 'pass',
      auths: { [registry.host]: {} },
    })
    await tags(env, 0)
    await dockerReads(env)
    expectExit(await runWindlass(['login', '--get', registry.host], { env }), 0, `${user().username}\n`)
    expectExit(await runWindlass(['logout', registry.host], { env }), 0)
    await expect(dockerReads(env)).rejects.toThrow()
    await tags(env, 3)
    await toolLogin('docker', env)
    await tags(env, 0)
    await runTool('docker', ['logout', registry.host], { env })
    await tags(env, 3)
    await bash('/', `GNUPGHOME='${env.GNUPGHOME}' gpgconf --kill all`)
  })
}

for (const auth of ['basic', 'token'] as const)
  describeReal(`logins of several tools at docker-registry (${auth})`, against(auth))
