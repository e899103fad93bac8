import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { decompress } from 'fzstd'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOf } from '../../../../lib/image/digest/digest.js'
import { mediaTypes } from '../../../../lib/image/documents/media-types.js'
import { storedZstd } from '../../../../lib/testing/images/compress.js'
import {
  buildImage,
  buildIndex,
  byteString,
  opaque,
  packDirectory,
  packEntries,
  putImage,
  tinyImage,
  whiteout,
} from '../../../../lib/testing/images/index.js'

let work: string
beforeAll(async () => (work = await mkdtemp(path.join(tmpdir(), 'windlass-images-'))))
afterAll(() => rm(work, { recursive: true }))

/** Returns the lines that GNU tar lists for an archive, in latin1. */
const list = (tar: Buffer): string[] =>
  execFileSync('tar', ['--list', '--verbose', '--numeric-owner', '--utc', '--quoting-style=escape'], {
    input: tar,
  })
    .toString('latin1')
    .trimEnd()
    .split('\n')

interface Manifest {
  mediaType: string
  config: object
  layers: object[]
  manifests: { platform?: object }[]
}

interface Config {
  config: object
  rootfs: { diff_ids: string[] }
  history: { created_by: string }[]
}

const manifestOf = ({ manifest }: { manifest: { bytes: Buffer } }): Manifest =>
  JSON.parse(manifest.bytes.toString()) as Manifest

const configOf = ({ config }: { config: { bytes: Buffer } }): Config =>
  JSON.parse(config.bytes.toString()) as Config

describe('packEntries', () => {
  it('writes entries that GNU tar lists correctly', () => {
    const lines = list(
      packEntries([
        { path: 'bin', type: 'directory', mode: 0o1777 },
        { path: 'bin/su', content: 'abc', mode: 0o4755, uid: 1, gid: 2, mtime: 86_400 },
        { path: 'bin/link', type: 'link', linkTarget: 'bin/su' },
        { path: 'sh', type: 'symlink', linkTarget: '/bin/su' },
        { path: 'null', type: 'character-device', device: { major: 1, minor: 3 } },
        { path: 'disk', type: 'block-device', device: { major: 8, minor: 0 } },
        { path: 'pipe', type: 'fifo' },
      ]),
    )
    expect(lines.map((line) => line.replace(/ +/g, ' '))).toEqual([
      'drwxrwxrwt 0/0 0 1970-01-01 00:00 bin/',
      '-rwsr-xr-x 1/2 3 1970-01-02 00:00 bin/su',
      'hrw-r--r-- 0/0 0 1970-01-01 00:00 bin/link link to bin/su',
      'lrwxrwxrwx 0/0 0 1970-01-01 00:00 sh -> /bin/su',
      'crw-r--r-- 0/0 1,3 1970-01-01 00:00 null',
      'brw-r--r-- 0/0 8,0 1970-01-01 00:00 disk',
      'prw-r--r-- 0/0 0 1970-01-01 00:00 pipe',
    ])
  })

  it('supports long names, names that are not UTF-8, large owners and link targets', () => {
    const deep = `${'d/'.repeat(120)}end`
    const lines = list(
      packEntries([
        { path: deep, uid: 3_000_000_000, gid: 2_097_152 },
        { path: 'raw-\xff\xfe', content: 'x' },
        { path: byteString('größe'), type: 'symlink', linkTarget: `/${'t'.repeat(200)}` },
      ]),
    )
    expect(lines[0]).toContain('3000000000/2097152')
    expect(lines[0]).toContain(deep)
    expect(lines[1]).toContain('raw-\\377\\376')
    expect(lines[2]).toContain(`-> /${'t'.repeat(200)}`)
  })

  it('writes times with fractions and binary attributes as pax records', () => {
    const tar = packEntries([
      {
        path: 'f',
        mtime: '1700000000.123456789',
        xattrs: { 'security.capability': Buffer.from([1, 0, 0, 2, 255]), 'user.a': 'b' },
        pax: { 'WINDLASS.x': 'y' },
      },
    ]).toString('latin1')
    expect(tar).toContain('30 mtime=1700000000.123456789\n')
    expect(tar).toContain('SCHILY.xattr.security.capability=\x01\x00\x00\x02\xff\n')
    expect(tar).toContain('25 SCHILY.xattr.user.a=b\n')
    expect(tar).toContain('16 WINDLASS.x=y\n')
    expect(tar.startsWith('PaxHeaders.0/f')).toBe(true)
  })

  it('includes the digits of the length in the length of a pax record', () => {
    for (const length of [80, 85, 88, 89, 90, 95, 985, 989, 990, 991]) {
      const tar = packEntries([{ path: 'f', pax: { k: 'v'.repeat(length) } }]).toString('latin1')
      const record = /(\d+) k=v+\n/.exec(tar)!
      expect(record[0].length).toBe(Number(record[1]))
    }
  })

  it('names whiteouts as the image specification requires', () => {
    expect([whiteout('a/b'), whiteout('top'), whiteout('a/dir/'), opaque('a/')].map((e) => e.path)).toEqual([
      'a/.wh.b',
      '.wh.top',
      'a/.wh.dir',
      'a/.wh..wh..opq',
    ])
  })
})

describe('packDirectory', () => {
  it('packs files owned by root, with the same bytes each time', async () => {
    const root = path.join(work, 'tree')
    await mkdir(path.join(root, 'sub'), { recursive: true })
    await writeFile(path.join(root, 'sub', 'file'), 'x', { mode: 0o700 })
    await writeFile(path.join(root, 'skipped'), '')
    await symlink('sub/file', path.join(root, 'link'))
    const options = { under: 'opt/app', ignore: (name: string) => name.endsWith('skipped') }
    const tar = await packDirectory(root, options)
    expect(list(tar).map((line) => line.replace(/ +/g, ' '))).toEqual([
      'drwxr-xr-x 0/0 0 1970-01-01 00:00 opt/app/',
      'lrwxr-xr-x 0/0 0 1970-01-01 00:00 opt/app/link -> sub/file',
      'drwxr-xr-x 0/0 0 1970-01-01 00:00 opt/app/sub/',
      '-rwxr-xr-x 0/0 1 1970-01-01 00:00 opt/app/sub/file',
    ])
    expect(await packDirectory(root, options)).toEqual(tar)
  })
})

describe('buildImage', () => {
  it.each(['oci', 'docker'] as const)('builds consistent digests and sizes in the format %s', (format) => {
    const image = buildImage({
      format,
      platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
      layers: [
        { entries: [{ path: 'a', content: 'a' }] },
        { entries: [whiteout('a')], compression: 'none', createdBy: 'rm a' },
        { entries: [{ path: 'z', content: 'z' }], compression: 'zstd' },
      ],
    })
    const manifest = manifestOf(image)
    const config = configOf(image)
    expect(manifest.mediaType).toBe(image.manifest.mediaType)
    expect(manifest.config).toEqual({
      mediaType: image.config.mediaType,
      size: image.config.bytes.length,
      digest: digestOf(image.config.bytes),
    })
    expect(image.manifest.digest).toBe(digestOf(image.manifest.bytes))
    for (const [index, layer] of image.layers.entries()) {
      const blob = image.blobs.get(layer.digest)!
      expect(manifest.layers[index]).toEqual({
        mediaType: layer.mediaType,
        size: blob.length,
        digest: digestOf(blob),
      })
      expect(config.rootfs.diff_ids[index]).toBe(digestOf(layer.tar))
    }
    expect(image.layers.map(({ mediaType }) => mediaType.split(/[.+]/).at(-1))).toEqual([
      'gzip',
      'tar',
      'zstd',
    ])
    expect(gunzipSync(image.layers[0]!.bytes)).toEqual(image.layers[0]!.tar)
    expect(image.layers[1]!.bytes).toEqual(image.layers[1]!.tar)
    expect(Buffer.from(decompress(image.layers[2]!.bytes))).toEqual(image.layers[2]!.tar)
    expect(config).toMatchObject({ os: 'linux', architecture: 'arm64', variant: 'v8' })
    expect(config.history[1]?.created_by).toBe('rm a')
  })

  it('accepts valid and invalid members of the config', () => {
    const image = tinyImage({ config: { config: { Cmd: ['/x'] }, rootfs: { type: 'layers', diff_ids: [] } } })
    const config = configOf(image)
    expect(config.config).toEqual({ Cmd: ['/x'] })
    expect(config.rootfs.diff_ids).toEqual([])
  })

  it('builds the same bytes each time, and a small default image', () => {
    expect(tinyImage().manifest.digest).toBe(tinyImage().manifest.digest)
    expect([...tinyImage().blobs.values()].reduce((sum, bytes) => sum + bytes.length, 0)).toBeLessThan(1024)
  })

  it('writes content of any length as raw zstd blocks', () => {
    for (const length of [0, 1, 128 * 1024 - 1, 128 * 1024, 128 * 1024 + 1, 300_000]) {
      const bytes = Buffer.alloc(length, 'windlass')
      expect(Buffer.from(decompress(storedZstd(bytes))).equals(bytes)).toBe(true)
    }
  })
})

describe('buildIndex and putImage', () => {
  it('puts blobs first, then child manifests by digest, then the tagged manifest', async () => {
    const arm = tinyImage({ platform: { os: 'linux', architecture: 'arm64' } })
    const index = buildIndex([tinyImage(), buildIndex([arm], { format: 'docker' })])
    const { manifests } = manifestOf(index)
    expect(manifests.map((child) => child.platform)).toEqual([
      { os: 'linux', architecture: 'amd64' },
      undefined,
    ])
    const put: string[] = []
    await putImage(
      {
        putBlob: (bytes) => put.push(`blob ${bytes.length > 0}`),
        putManifest: (repository, name, bytes, mediaType) =>
          put.push(
            `${repository} ${name.startsWith('sha256:') ? name === digestOf(bytes) : name} ${mediaType}`,
          ),
      },
      'team/app',
      '1.0',
      index,
    )
    expect(put).toEqual([
      'blob true',
      'blob true',
      `team/app true ${mediaTypes.ociManifest}`,
      'blob true',
      'blob true',
      `team/app true ${mediaTypes.ociManifest}`,
      `team/app true ${mediaTypes.dockerManifestList}`,
      `team/app 1.0 ${mediaTypes.ociIndex}`,
    ])
  })
})

const hasSkopeo = spawnSync('skopeo', ['--version']).status === 0

describe.skipIf(!hasSkopeo)('skopeo', () => {
  it.each(['oci', 'docker'] as const)('reads a %s image laid out as a directory', async (format) => {
    const image = tinyImage({ format, compression: 'gzip' })
    const directory = await mkdtemp(path.join(work, 'dir-'))
    await writeFile(path.join(directory, 'version'), 'Directory Transport Version: 1.1\n')
    await writeFile(path.join(directory, 'manifest.json'), image.manifest.bytes)
    for (const [digest, bytes] of image.blobs) await writeFile(path.join(directory, digest.slice(7)), bytes)
    const inspected = JSON.parse(execFileSync('skopeo', ['inspect', `dir:${directory}`]).toString())
    expect(inspected).toMatchObject({
      Digest: image.manifest.digest,
      Architecture: 'amd64',
      Layers: [image.layers[0]!.digest],
    })
  })
})
