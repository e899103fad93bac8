/** Makes a store that contains every kind of object, and the registry from which it was pulled. */
import { buildImage, buildIndex, putImage, whiteout } from '../../lib/testing/images/index.js'
import { type TestRegistry, startRegistry } from '../../lib/testing/registry/index.js'
import { type PullOptions, open } from '../../puller/index.js'
import { putSchema1, repository as schema1Repository } from '../../testbench/registries/schema1-registry.js'

const base = {
  entries: [
    { path: 'etc/', mtime: 1_000 },
    { path: 'etc/os', content: 'base '.repeat(300) },
  ],
}

/** A layer with every kind of entry. */
const allEntryTypes = {
  entries: [
    { path: 'bin', type: 'directory', mode: 0o1777, uid: 7, gid: 8, mtime: '1600000000.123456789' },
    { path: 'bin/tool', content: 'x'.repeat(5_000), mode: 0o4755, mtime: '1500000000.000000001' },
    { path: 'bin/same', type: 'link', linkTarget: 'bin/tool' },
    { path: 'bin/empty', content: '' },
    { path: 'caps', content: 'c', xattrs: { 'user.note': 'a note', 'security.capability': capability() } },
    { path: 'sh', type: 'symlink', linkTarget: '../bin/tool' },
    { path: 'n\u00e4me', content: 'latin1', mtime: '-5.5' },
    { path: 'pipe', type: 'fifo', mode: 0o600 },
    { path: 'null', type: 'character-device', device: { major: 1, minor: 3 } },
    { path: 'disk', type: 'block-device', device: { major: 259, minor: 70_000 } },
    whiteout('etc/os'),
  ],
} as const

/** Returns a `security.capability` of version 2 (linux/capability.h) with cap_net_raw permitted and effective. */
function capability(): Buffer {
  const bytes = Buffer.alloc(20)
  bytes.writeUInt32LE(0x02000001, 0)
  bytes.writeUInt32LE(1 << 13, 4)
  return bytes
}

const arm = { os: 'linux', architecture: 'arm64' }
const named = (name: string) => ({ entries: [{ path: name, content: `this is ${name}` }] })

export interface FlipStore {
  readonly registry: TestRegistry
  readonly directory: string
  /** Options with which each image was pulled, by name. */
  readonly images: ReadonlyMap<string, PullOptions>
}

export async function makeFlipStore(directory: string): Promise<FlipStore> {
  const registry = await startRegistry()
  const index = buildIndex([
    buildImage({ layers: [base, named('amd')] }),
    buildImage({ layers: [base, named('arm')], platform: arm }),
  ])
  const plain = { ...named('plain'), compression: 'none' } as const
  await putImage(registry, 'team/docker', '1', buildImage({ format: 'docker', layers: [base, named('app')] }))
  await putImage(
    registry,
    'team/oci',
    '1',
    buildImage({ layers: [base, allEntryTypes, plain], annotations: { a: 'b' } }),
  )
  await putImage(registry, 'team/zstd', '1', buildImage({ layers: [base, named('z')], compression: 'zstd' }))
  await putImage(registry, 'team/all', '1', index)
  await putImage(registry, 'team/one', '1', index)
  putSchema1(registry)
  const amd64: PullOptions = { platform: 'linux/amd64' }
  const images = new Map<string, PullOptions>([
    [`${registry.host}/team/docker:1`, amd64],
    [`${registry.host}/team/oci:1`, amd64],
    [`${registry.host}/team/zstd:1`, { ...amd64, unpack: false }],
    [`${registry.host}/team/one:1`, { platform: 'linux/arm64' }],
    [`${registry.host}/${schema1Repository}:latest`, amd64],
  ])
  const puller = await open({ store: directory })
  try {
    for (const [name, options] of images) await puller.pull(name, options).done
    // The same layers in the other whiteout form.
    await puller.pull(`${registry.host}/team/oci:1`, { ...amd64, whiteouts: 'aufs' }).done
    const all = `${registry.host}/team/all:1`
    await puller.pullAllPlatforms(all).done
    return { registry, directory, images: new Map([...images, [all, amd64]]) }
  } finally {
    await puller.close()
  }
}
