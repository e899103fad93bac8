/**
 * The same commands of the docker client against a real dockerd and against the server: their output is the same. Both speak version
 * 1.41 of the API, that of Debian's dockerd. Not compared: sizes, where layers lie, and the words of three errors that later versions
 * of dockerd changed.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BuiltImage, buildImage, buildIndex, putImage } from '../../../lib/testing/images/index.js'
import { startRegistry, type TestRegistry } from '../../../lib/testing/registry/index.js'
import { open } from '../../../puller/index.js'
import { type Dockerd, startDockerd } from '../../../testbench/docker/dockerd.js'
import { type Distribution, startDistribution } from '../../../testbench/harness/distribution.js'
import { type DockerServer, startDockerServer } from '../../support/docker-server.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

/** Output of a command. */
interface Output {
  readonly exit: number
  readonly out: string
  readonly err: string
}

/** Sizes of small images: dockerd counts the bytes of files, the server those of the archive of a layer. */
const sizes = /"?\b[\d.]+ ?[kM]?B\b"?/g

const imageOf = (name: string, architecture = 'amd64', created = '2024-05-06T07:08:09Z'): BuiltImage =>
  buildImage({
    layers: [
      { entries: [{ path: 'base', content: 'base'.repeat(3_000) }], createdBy: 'FROM base' },
      { entries: [{ path: name, content: name.repeat(10_000) }], createdBy: `COPY ${name}` },
    ],
    platform: { os: 'linux', architecture },
    config: {
      created,
      config: {
        ...{ Cmd: ['/bin/sh'], Entrypoint: ['/entry'], Env: ['PATH=/bin', 'A=b'], Labels: { a: 'b' } },
        ...{ WorkingDir: '/srv', User: '1000', ExposedPorts: { '80/tcp': {} }, Volumes: { '/data': {} } },
        StopSignal: 'SIGTERM',
      },
    },
  })

const one = imageOf('one', 'amd64', '2024-05-06T07:08:10Z')
const two = imageOf('two', 'amd64', '2024-05-06T07:08:11Z')
const multi = imageOf('m', 'amd64', '2024-05-06T07:08:12Z')

const dockerd = process.getuid?.() === 0 ? await startDockerd() : 'dockerd needs root'
if (typeof dockerd === 'string') process.stderr.write(`\nSKIPPED: dockerd: ${dockerd}\n`)

describe.runIf(typeof dockerd !== 'string')('the client of Docker', () => {
  const home = temporaryDirectory()
  let registry: Distribution
  let secret: TestRegistry
  let server: DockerServer

  beforeAll(async () => {
    server = await startDockerServer()
    secret = await startRegistry({ auth: { kind: 'basic', username: 'u', password: 'p' } })
    registry = await startDistribution()
    await putImage(server.registry, 'team/app', '1', one)
    await putImage(server.registry, 'team/app', '2', two)
    await putImage(server.registry, 'team/multi', 'latest', buildIndex([multi, imageOf('m', 'arm64')]))
    await putImage(secret, 'team/app', '1', one)
    const windlass = await open({ store: join(home, 'store') })
    for (const name of ['team/app:1', 'team/app:2', 'team/multi:latest'])
      await windlass.copy(`${server.registry.host}/${name}`, `${registry.host}/${name}`, {
        allPlatforms: true,
      }).done
    await windlass.close()
    for (const side of ['dockerd', 'windlass']) {
      mkdirSync(join(home, side))
      // With a login in its file, docker does not look for a credential helper of the machine.
      writeFileSync(join(home, side, 'config.json'), '{"auths":{"other.example":{"auth":"dTpw"}}}')
    }
  })
  afterAll(async () => {
    await (dockerd as Dockerd).stop()
    await server[Symbol.asyncDispose]()
    await secret.close()
    await registry.stop()
  })

  const docker = (side: 'dockerd' | 'windlass', args: readonly string[]): Promise<Output> =>
    new Promise((resolve) => {
      const socket = side === 'dockerd' ? (dockerd as Dockerd).socket : server.socket
      const config = join(home, side)
      const env = {
        PATH: process.env['PATH'],
        HOME: config,
        DOCKER_CONFIG: config,
        DOCKER_HOST: `unix://${socket}`,
      }
      execFile(
        'docker',
        args,
        { env: { ...env, LC_ALL: 'C', DOCKER_API_VERSION: '1.41' } },
        (error, out, err) =>
          resolve({ exit: error ? Number(error.code) : 0, out, err: err.replaceAll(config, 'HOME') }),
      )
    })
  /** Puts the names of hosts into arguments: a title cannot have them, for a port is another in every run. */
  const withHosts = (words: string): string[] =>
    words
      .split(' ')
      .map((word) =>
        word
          .replace('REGISTRY', registry.host)
          .replace('SECRET', secret.host)
          .replace('ID-1', one.config.digest.slice(7, 19))
          .replace('ID-2', two.config.digest.slice(7, 19)),
      )
  const both = async (
    words: string,
    plain = (text: string): string => text,
    ends: 'well' | 'with an error' | 'as it may' = 'well',
  ): Promise<void> => {
    const args = withHosts(words)
    const [expected, actual] = await Promise.all([docker('dockerd', args), docker('windlass', args)])
    const shown = ({ exit, out, err }: Output): Output => ({ exit, out: plain(out), err })
    // A client that cannot be started would fail in the same way on both sides.
    if (ends === 'well') expect(expected).toMatchObject({ exit: 0 })
    else if (ends === 'with an error') expect(expected).toMatchObject({ exit: 1 })
    else expect(expected.exit).toBeLessThanOrEqual(1)
    expect(shown(actual)).toEqual(shown(expected))
  }
  /** Layers are fetched at the same time: their lines come in any order, and a fast one is not seen verifying. */
  const sorted = (text: string): string =>
    text
      .split('\n')
      .filter((line) => !/Verifying Checksum$|Waiting$/.test(line))
      .sort()
      .join('\n')
  const withoutSizes = (text: string): string => text.replaceAll(sizes, 'SIZE')

  it.each([
    'pull REGISTRY/team/app:1',
    'pull REGISTRY/team/app:1',
    'pull REGISTRY/team/app:2',
    'pull -q REGISTRY/team/app:2',
    'pull --platform linux/amd64 REGISTRY/team/app:1',
    'pull -a REGISTRY/team/app',
    'pull REGISTRY/team/multi',
  ])('says after “%s” what it says with dockerd', (words) => both(words, sorted))

  it.each([
    'pull REGISTRY/team/app:none',
    'pull REGISTRY/team/none',
    'pull REGISTRY/team/app:1:2',
    'pull --platform linux/s390x REGISTRY/team/multi',
    'history nope:1',
    'tag nope:1 x:1',
    'tag REGISTRY/team/app:1 Upper:1',
    'rmi nope:1',
    'login -u u -p wrong SECRET',
  ])('says after “%s” why it fails, as with dockerd', (words) => both(words, undefined, 'with an error'))

  it.each([
    'images --format {{.Repository}}|{{.Tag}}|{{.ID}}|{{.CreatedAt}}',
    'images -q --no-trunc',
    'images --digests --format {{.Repository}}|{{.Tag}}|{{.ID}}|{{.Digest}}',
    'images REGISTRY/team/app --format {{.Tag}}',
    'images REGISTRY/team/app:1 --format {{.Tag}}',
    'images --filter label=a=b -q',
    'images --filter dangling=true -q',
    'images --filter before=REGISTRY/team/app:2 -q',
    'images --filter reference=*/team/*:1 --format {{.Tag}}',
    'history --no-trunc --format {{.ID}}|{{.CreatedAt}}|{{.Comment}}|{{.Size}} REGISTRY/team/app:1',
    'history -q REGISTRY/team/app:2',
    'system df --format {{.Type}}|{{.TotalCount}}|{{.Active}}',
  ])('shows with “%s” what dockerd has', (words) => both(words, withoutSizes))

  it('inspects an image as dockerd does, but for where it lies', async () => {
    const args = withHosts('image inspect REGISTRY/team/app:1')
    const [expected, actual] = (await Promise.all([docker('dockerd', args), docker('windlass', args)])).map(
      ({ out }) => (JSON.parse(out) as Record<string, unknown>[])[0]!,
    )
    const left = { GraphDriver: 0, Size: 0, VirtualSize: 0 }
    expect({ ...actual, ...left }).toEqual({ ...expected, ...left })
  })

  it.each([
    'tag REGISTRY/team/app:1 REGISTRY/team/app:again',
    'images REGISTRY/team/app:again -q',
    'rmi ID-1',
    'rmi REGISTRY/team/app:again',
    'rmi ID-2',
    'rmi REGISTRY/team/app:1',
    'image prune -f',
    'image prune -a -f',
    'images -q',
  ])('does with “%s” what dockerd does', (words) =>
    both(words, (text) => withoutSizes(text).split('\n').sort().join('\n'), 'as it may'),
  )

  it('logs in, and pulls with that login', async () => {
    await both('login -u u -p p SECRET')
    await both('pull -q SECRET/team/app:1')
  })
})
