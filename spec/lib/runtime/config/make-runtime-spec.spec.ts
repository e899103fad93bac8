import { isRight } from 'fp-ts/lib/Either.js'
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ImageConfig } from '../../../../lib/image/index.js'
import { type ContainerOptions, makeRuntimeSpec } from '../../../../lib/runtime/config/make-runtime-spec.js'
import { type RuntimeSpec, RuntimeSpecCodec } from '../../../../lib/runtime/config/runtime-spec.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const imageWith = (config: ImageConfig['config']): ImageConfig => ({
  ...{ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } },
  ...(config && { config }),
})

async function specOf(config: ImageConfig['config'], options: ContainerOptions = {}): Promise<RuntimeSpec> {
  const root = temporaryDirectory()
  for (const name of ['etc', 'full', 'empty']) mkdirSync(join(root, name))
  writeFileSync(join(root, 'full/x'), '')
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:\napp:x:1000:1001::/home/app:\n')
  writeFileSync(join(root, 'etc/group'), 'staff:x:50:app\n')
  const spec = makeRuntimeSpec({ ...imageWith(config), author: 'me' }, root, options)
  expect(isRight(RuntimeSpecCodec.decode(JSON.parse(JSON.stringify(spec))))).toBe(true)
  return spec
}

describe('the config of a container', () => {
  it('runs the entrypoint with the command, or with the given arguments', async () => {
    const config = { Entrypoint: ['/e', 'x'], Cmd: ['c'] }
    expect((await specOf(config)).process.args).toEqual(['/e', 'x', 'c'])
    expect((await specOf(config, { args: ['a', 'b'] })).process.args).toEqual(['/e', 'x', 'a', 'b'])
    expect((await specOf({ Cmd: ['c'] }, { args: ['a'] })).process.args).toEqual(['a'])
    await expect(specOf({})).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('has the environment of the image, and PATH, HOME and TERM', async () => {
    const { process } = await specOf({ Cmd: ['c'], Env: ['A=b'], User: 'app' }, { tty: true })
    expect(process.env).toEqual([expect.stringMatching(/^PATH=/), 'TERM=xterm', 'HOME=/home/app', 'A=b'])
    expect(process.user).toEqual({ uid: 1000, gid: 1001, additionalGids: [50] })
    const own = await specOf({ Cmd: ['c'], Env: ['PATH=/x', 'HOME=/y', 'TERM=z'] }, { tty: true })
    expect(own.process.env).toEqual(['PATH=/x', 'HOME=/y', 'TERM=z'])
    expect(own.process.terminal).toBe(true)
  })

  it('has an absolute working directory', async () => {
    expect((await specOf({ Cmd: ['c'] })).process.cwd).toBe('/')
    expect((await specOf({ Cmd: ['c'], WorkingDir: 'srv/x' })).process.cwd).toBe('/srv/x')
  })

  it('has annotations, of which labels take precedence', async () => {
    const { annotations } = await specOf({
      ...{ Cmd: ['c'], StopSignal: 'SIGQUIT', ExposedPorts: { '80/tcp': {}, '53/udp': {} } },
      Labels: { k: 'v', 'org.opencontainers.image.author': 'label' },
    })
    expect(annotations).toEqual({
      'org.opencontainers.image.os': 'linux',
      'org.opencontainers.image.architecture': 'amd64',
      'org.opencontainers.image.author': 'label',
      'org.opencontainers.image.stopSignal': 'SIGQUIT',
      'org.opencontainers.image.exposedPorts': '80/tcp,53/udp',
      k: 'v',
    })
  })

  it('mounts memory at volumes without content', async () => {
    const { mounts } = await specOf({
      Cmd: ['c'],
      Volumes: { '/full': {}, '/empty': {}, '/none': {}, '/': {} },
    })
    expect(mounts.slice(-2).map(({ destination, type }) => [destination, type])).toEqual([
      ['/empty', 'tmpfs'],
      ['/none', 'tmpfs'],
    ])
  })

  it('has a user namespace for an ordinary user, and warns of another user than root', async () => {
    const warnings: string[] = []
    const { linux, mounts, process } = await specOf(
      { Cmd: ['c'], User: 'app' },
      { rootless: { uid: 1234, gid: 1235 }, onWarning: (code) => warnings.push(code) },
    )
    expect(linux.uidMappings).toEqual([{ containerID: 0, hostID: 1234, size: 1 }])
    expect(linux.gidMappings).toEqual([{ containerID: 0, hostID: 1235, size: 1 }])
    expect(linux.namespaces).toContainEqual({ type: 'user' })
    expect(linux.namespaces).not.toContainEqual({ type: 'network' })
    expect(linux.resources).toBeUndefined()
    expect(mounts.flatMap(({ options = [] }) => options)).not.toContain('gid=5')
    expect(mounts.map(({ type }) => type)).not.toContain('cgroup')
    expect(process.user).toEqual({ uid: 0, gid: 0 })
    expect(warnings).toEqual(['USER_UNMAPPED'])
  })

  it('mounts nothing over the root of an empty image', () => {
    const config = { Cmd: ['c'], Volumes: { '/': {} } }
    const image = imageWith(config)
    const { mounts } = makeRuntimeSpec(image, temporaryDirectory())
    expect(mounts.map(({ destination }) => destination)).not.toContain('/')
  })

  it('warns an ordinary user also if root only loses its additional groups', () => {
    const rootfs = temporaryDirectory()
    mkdirSync(join(rootfs, 'etc'))
    writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n')
    writeFileSync(join(rootfs, 'etc/group'), 'wheel:x:10:root\n')
    const config = { Cmd: ['c'], User: 'root' }
    const image = imageWith(config)
    const warnings: string[] = []
    const { process } = makeRuntimeSpec(image, rootfs, {
      ...{ rootless: { uid: 1, gid: 1 }, onWarning: (code: string) => void warnings.push(code) },
    })
    expect([process.user, warnings]).toEqual([{ uid: 0, gid: 0 }, ['USER_UNMAPPED']])
  })

  it.skipIf(process.getuid?.() !== 0)('gives a volume the mode and the owner of its directory', () => {
    const rootfs = temporaryDirectory()
    mkdirSync(join(rootfs, 'data'))
    chmodSync(join(rootfs, 'data'), 0o1770)
    chownSync(join(rootfs, 'data'), 7, 8)
    const config = { Cmd: ['c'], Volumes: { data: {} } }
    const image = imageWith(config)
    const optionsOf = (options: ContainerOptions) =>
      makeRuntimeSpec(image, rootfs, options)
        .mounts.find(({ destination }) => destination === '/data')!
        .options!.filter((option) => /^(?:mode|uid|gid)=/.test(option))
    expect(optionsOf({})).toEqual(['mode=1770', 'uid=7', 'gid=8'])
    // Its user namespace has only one id.
    expect(optionsOf({ rootless: { uid: 1, gid: 1 } })).toEqual(['mode=1770'])
  })
})
