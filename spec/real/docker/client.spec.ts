/** The client of Docker itself, against the server: a session as a user has it. */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type BuiltImage, buildImage, buildIndex, putImage } from '../../../lib/testing/images/index.js'
import { startRegistry, type TestRegistry } from '../../../lib/testing/registry/index.js'
import { describeReal } from '../../../testbench/harness/components.js'
import { skopeo } from '../../../testbench/harness/skopeo.js'
import { type DockerServer, startDockerServer } from '../../support/docker-server.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

interface Output {
  readonly exit: number | null
  readonly out: string
  readonly err: string
}

function run(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
  cwd?: string,
): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { PATH: process.env['PATH'], ...env },
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (data: Buffer) => (out += data.toString()))
    child.stderr.on('data', (data: Buffer) => (err += data.toString()))
    child.on('error', reject)
    child.on('close', (exit) => resolve({ exit, out: out.trim(), err: err.trim() }))
  })
}

const imageOf = (name: string, architecture = 'amd64'): BuiltImage =>
  buildImage({
    layers: [
      { entries: [{ path: 'base', content: 'base' }], createdBy: 'FROM base' },
      { entries: [{ path: name, content: name.repeat(10_000) }], createdBy: `COPY ${name}` },
    ],
    platform: { os: 'linux', architecture },
    config: { created: '2024-05-06T07:08:09Z', config: { Cmd: ['/bin/sh'] } },
  })

describeReal('the client of Docker', () => {
  const home = temporaryDirectory()
  const image = imageOf('one')
  let server: DockerServer
  let secret: TestRegistry
  let env: Record<string, string>
  beforeAll(async () => {
    server = await startDockerServer()
    secret = await startRegistry({ auth: { kind: 'basic', username: 'u', password: 'p' } })
    env = {
      DOCKER_HOST: `unix://${server.socket}`,
      DOCKER_CONFIG: join(home, 'config'),
      HOME: home,
      LC_ALL: 'C',
    }
    mkdirSync(env['DOCKER_CONFIG']!)
    // With a login in its file, docker does not look for a credential helper of the machine.
    writeFileSync(join(env['DOCKER_CONFIG']!, 'config.json'), '{"auths":{"other.example":{"auth":"dTpw"}}}')
    await putImage(server.registry, 'team/app', '1', image)
    await putImage(server.registry, 'team/app', '2', imageOf('two'))
    await putImage(server.registry, 'team/multi', 'latest', buildIndex([imageOf('m'), imageOf('m', 'arm64')]))
    await putImage(secret, 'team/app', '1', image)
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await secret.close()
  })
  const docker = (...args: readonly string[]): Promise<Output> => run('docker', args, env)
  const name = (): string => `${server.registry.host}/team/app`
  const format = '{{.Repository}}:{{.Tag}}'

  it('asks for the version and the info', async () => {
    expect(await docker('version', '--format', '{{.Server.Version}}')).toMatchObject({
      exit: 0,
      out: '1.2.3',
    })
    const { exit, out } = await docker('info')
    expect(exit).toBe(0)
    expect(out).toContain('Storage Driver: windlass')
  })

  it('pulls an image, and again when it is up to date', async () => {
    const { exit, out } = await docker('pull', `${name()}:1`)
    expect(exit).toBe(0)
    expect(out.split('\n')[0]).toBe('1: Pulling from team/app')
    expect(out.split('\n').slice(-3)).toEqual([
      `Digest: ${image.manifest.digest}`,
      `Status: Downloaded newer image for ${name()}:1`,
      `${name()}:1`,
    ])
    expect((await docker('pull', `${name()}:1`)).out).toContain(`Status: Image is up to date for ${name()}:1`)
    expect(await docker('pull', '-q', `${name()}:1`)).toMatchObject({ exit: 0, out: `${name()}:1` })
  })

  it('draws its own progress bars on a terminal', async () => {
    const big = buildImage({
      layers: [
        {
          entries: [
            { path: 'big', content: Buffer.from(Array.from({ length: 2e6 }, (_, at) => (at * at) % 255)) },
          ],
        },
      ],
      compression: 'none',
    })
    const slow = await startRegistry({ bytesPerSecond: 1_500_000 })
    try {
      await putImage(slow, 'team/big', '1', big)
      const { exit, out } = await run(
        'script',
        ['-qec', `stty cols 160 && docker pull ${slow.host}/team/big:1`, '/dev/null'],
        {
          ...env,
          TERM: 'xterm',
        },
      )
      expect(exit).toBe(0)
      expect(out).toMatch(/: Downloading \[=+> *\] +[\d.]+[kM]B\/2[\d.]*MB/)
      expect(out).toMatch(/: Pull complete/)
    } finally {
      await slow.close()
    }
  })

  it('pulls by digest, all tags, and for a platform', async () => {
    expect(await docker('pull', `${name()}@${image.manifest.digest}`)).toMatchObject({ exit: 0 })
    const all = await docker('pull', '-a', name())
    expect(all).toMatchObject({ exit: 0 })
    expect(all.out).toContain('2: Pulling from team/app')
    const multi = `${server.registry.host}/team/multi`
    expect(await docker('pull', '--platform', 'linux/arm64', multi)).toMatchObject({ exit: 0 })
    expect((await docker('image', 'inspect', '-f', '{{.Architecture}}', multi)).out).toBe('arm64')
    const none = await docker('pull', '--platform', 'linux/s390x', multi)
    expect(none.exit).toBe(1)
    expect(none.err + none.out).toContain('no matching manifest for linux/s390x')
  })

  it('reports what is not there as dockerd does', async () => {
    const missing = await docker('pull', `${name()}:nope`)
    expect(missing).toMatchObject({
      exit: 1,
      err: `Error response from daemon: manifest for ${name()}:nope not found: manifest unknown: manifest unknown`,
    })
    expect((await docker('inspect', 'nope')).err).toContain('No such object: nope')
    expect((await docker('image', 'inspect', 'nope')).err).toMatch(/No such image: nope/)
  })

  it('lists images, shows a history, names and removes', async () => {
    const images = (await docker('images', '--format', format)).out.split('\n')
    expect(images).toEqual(expect.arrayContaining([`${name()}:1`, `${name()}:2`]))
    expect((await docker('images', '--digests')).out).toContain(image.manifest.digest)
    expect((await docker('images', '--tree')).out).toContain(`${name()}:1`)
    expect((await docker('history', '--format', '{{.CreatedBy}}', `${name()}:1`)).out.split('\n')).toEqual([
      'COPY one',
      'FROM base',
    ])
    expect((await docker('inspect', '-f', '{{.Id}}', `${name()}:1`)).out).toBe(image.config.digest)
    expect(await docker('tag', `${name()}:1`, 'mine/app:x')).toMatchObject({ exit: 0 })
    expect((await docker('rmi', 'mine/app:x')).out).toBe('Untagged: mine/app:x')
    expect((await docker('rmi', `${name()}:2`)).out).toMatch(/Untagged: .*\nDeleted: sha256:/s)
  })

  it('logs in, and pulls with that login only', async () => {
    const pull = (): Promise<Output> => docker('pull', '-q', `${secret.host}/team/app:1`)
    expect((await pull()).err).toContain("repository does not exist or may require 'docker login'")
    expect((await docker('login', '-u', 'u', '-p', 'wrong', secret.host)).exit).toBe(1)
    expect((await docker('login', '-u', 'u', '-p', 'p', secret.host)).out).toContain('Login Succeeded')
    expect(await pull()).toMatchObject({ exit: 0 })
    expect(await docker('logout', secret.host)).toMatchObject({ exit: 0 })
    expect((await pull()).exit).toBe(1)
  })

  it('saves an archive that it loads again, and that skopeo reads', async () => {
    const archive = join(home, 'a.tar')
    expect(await docker('save', '-o', archive, `${name()}:1`)).toMatchObject({ exit: 0 })
    const inspected = JSON.parse(await skopeo(['inspect', `oci-archive:${archive}`])) as { Digest: string }
    expect(inspected.Digest).toBe(image.manifest.digest)
    const older = join(home, 'older.tar')
    await skopeo(['copy', `docker-archive:${archive}`, `docker-archive:${older}:older/app:1`])
    await docker('rmi', '-f', image.config.digest)
    expect((await docker('load', '-i', archive)).out).toBe(`Loaded image: ${name()}:1`)
    expect((await docker('load', '-i', older)).out).toBe('Loaded image: older/app:1')
    expect((await docker('image', 'inspect', '-f', '{{.Id}}', 'older/app:1')).out).toBe(image.config.digest)
    writeFileSync(join(home, 'bad.tar'), readFileSync(archive).subarray(0, 2_000))
    expect((await docker('load', '-i', join(home, 'bad.tar'))).err).toContain(
      'Failed to read images from the archive',
    )
  })

  it('frees space, and says what takes it', async () => {
    expect(await docker('system', 'df')).toMatchObject({ exit: 0 })
    expect((await docker('system', 'df', '-v')).exit).toBe(0)
    expect((await docker('image', 'prune', '-f')).out).toContain('Total reclaimed space:')
    expect((await docker('system', 'prune', '-af')).exit).toBe(0)
    expect((await docker('images', '-q')).out).toBe('')
  })

  it('is told what the server is when it wants a container', async () => {
    const { exit, err } = await docker('run', '--rm', `${name()}:1`)
    expect(exit).not.toBe(0)
    expect(err).toContain('This server is Windlass: it pulls and keeps images and runs no containers')
    expect((await docker('ps', '-q')).out).toBe('')
  })

  it('of Compose pulls the images of all services', async () => {
    writeFileSync(
      join(home, 'docker-compose.yml'),
      JSON.stringify({
        version: '3',
        services: { one: { image: `${name()}:1` }, two: { image: `${name()}:2` } },
      }),
    )
    const { exit, err } = await run('docker-compose', ['pull'], env, home)
    expect({ exit, err }).toMatchObject({ exit: 0 })
    const images = (await docker('images', '--format', format)).out.split('\n')
    expect(images.sort()).toEqual([`${name()}:1`, `${name()}:2`])
  })
})
