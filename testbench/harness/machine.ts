/** Provides layers with every kind of entry, writes them as an OCI layout, and runs commands as different users. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildImage, type LayerEntry, opaque, whiteout } from '../../lib/testing/images/index.js'
import type { CommandOutput } from './small-disk.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** File capabilities of version 2: `cap_net_raw`, permitted and effective. */
const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex')

/** Two layers with entries that an ordinary user cannot create or read without special care. */
export const layersOfEveryKind: readonly (readonly LayerEntry[])[] = [
  [
    { path: 'etc/' },
    { path: 'etc/passwd', content: 'root' },
    { path: 'etc/shadow', content: 'secret', mode: 0, gid: 42 },
    { path: 'closed/', mode: 0 },
    { path: 'closed/file', content: 'f', mode: 0, xattrs: { 'user.closed': 'x' } },
    { path: 'closed/deep/', mode: 0o311 },
    { path: 'closed/deep/file', content: 'g', mode: 0o200 },
    { path: 'write-only/', mode: 0o222 },
    { path: 'write-only/x', content: 'x', mode: 0o111 },
    { path: 'home/u/', uid: 1000, gid: 1000, mode: 0o2750 },
    { path: 'home/u/file', uid: 1000, gid: 1000, mode: 0o600 },
    { path: 'bin/su', content: 'su', mode: 0o4755 },
    { path: 'bin/games', content: 'games', mode: 0o4711, uid: 5, gid: 6 },
    { path: 'bin/mail', content: 'mail', mode: 0o2755, gid: 7 },
    { path: 'bin/ping', content: 'ping', xattrs: { 'security.capability': capability } },
    { path: 'plain', content: 'plain', xattrs: { 'user.k': 'v' }, mtime: '1600000000.123456789' },
    { path: 'dev/' },
    { path: 'dev/null', type: 'character-device', device: { major: 1, minor: 3 }, mode: 0o666 },
    { path: 'dev/also-null', type: 'link', linkTarget: 'dev/null' },
    { path: 'dev/sda', type: 'block-device', device: { major: 8, minor: 0 }, mode: 0o660, gid: 6 },
    { path: 'fifo', type: 'fifo' },
    { path: 'link', type: 'symlink', linkTarget: 'plain', uid: 9, gid: 9 },
    { path: 'same', type: 'link', linkTarget: 'plain' },
    { path: 'old/', mode: 0o700 },
    { path: 'old/file', content: 'old' },
  ],
  [
    whiteout('plain'),
    opaque('old'),
    { path: 'etc/new', content: 'new' },
    { path: 'not/listed/file', content: 'file' },
  ],
]

export interface Layout {
  /** `oci:DIR:x`. */
  readonly name: string
  /** DiffIDs of the layers, base first. */
  readonly diffIDs: readonly string[]
}

/** Writes an image as an OCI layout into the new directory `directory`. */
export function writeLayout(directory: string, layers: readonly (readonly LayerEntry[])[]): Layout {
  const image = buildImage({ layers: layers.map((entries) => ({ entries })) })
  const { digest, size, mediaType, bytes } = image.manifest
  mkdirSync(join(directory, 'blobs/sha256'), { recursive: true })
  for (const [name, blob] of [...image.blobs, [digest, bytes] as const])
    writeFileSync(join(directory, 'blobs', name.replace(':', '/')), blob)
  writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const annotations = { 'org.opencontainers.image.ref.name': 'x' }
  const manifests = [{ mediaType, digest, size, annotations }]
  writeFileSync(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
  return { name: `oci:${directory}:x`, diffIDs: image.layers.map(({ diffID }) => diffID) }
}

/** Makes a directory that every user may use. */
export function openDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'windlass-machine-'))
  chmodSync(path, 0o777)
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export interface RunOptions {
  /** Prefix of the command, such as `setpriv …`. */
  readonly as?: readonly string[]
  readonly umask?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs the built command. Does not throw for an exit code. */
export function windlassAs(
  { as = [], umask = '022', env = {} }: RunOptions,
  ...args: readonly string[]
): CommandOutput {
  const script = `umask ${umask}; exec "$@"`
  const command = [...as, process.execPath, join(root, 'dist/cli/main.js'), ...args]
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script, 'sh', ...command], {
    cwd: '/',
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
  })
  return { exit: status, stdout, stderr }
}

export const platform = ['--platform', 'linux/amd64'] as const

/** Command prefix for a user and group that no test image uses. */
export const ordinaryUser = ['setpriv', '--reuid', '1234', '--regid', '1234', '--clear-groups'] as const

export const isRoot = process.getuid?.() === 0

/** Users as which this process can run the command, each with its command prefix. */
export const availableUsers: readonly (readonly [string, readonly string[]])[] = isRoot
  ? [
      ['root', []],
      ['an ordinary user', ordinaryUser],
    ]
  : [['this user', []]]
