import { execFileSync, spawnSync } from 'node:child_process'
import {
  link,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
  open,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contentOf, readArchive, sha256 } from '../../testbench/archives/archive.js'

const runs = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0
const gnuTar = runs('tar', '--version') && execFileSync('tar', ['--version']).includes('GNU tar')
const python = runs('python3', '-c', 'import tarfile')
const bsdtar = runs('bsdtar', '--version')

const deep = `${'d'.repeat(60)}/${'e'.repeat(60)}/${'f'.repeat(120)}`
let root = ''
let tree = ''

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'windlass-tar-'))
  tree = join(root, 'tree')
  await mkdir(join(tree, 'sub'), { recursive: true })
  await writeFile(join(tree, 'empty'), '')
  await writeFile(join(tree, 'sub/hello'), 'hello', { mode: 0o4755 })
  await link(join(tree, 'sub/hello'), join(tree, 'sub/other'))
  await writeFile(join(tree, 'big'), Buffer.alloc(300_001, 'b'))
  await writeFile(join(tree, 'caf\u00e9 \u{1f600}'), 'unicode')
  await symlink('../../outside', join(tree, 'climbs'))
  await symlink('t'.repeat(90), join(tree, 'link'))
  await utimes(join(tree, 'big'), 1, 1234567890.25)
  const holes = await open(join(tree, 'zz-sparse'), 'w')
  for (let i = 0; i < 9; i++) await holes.write(`part ${i}`, i * 200_000)
  await holes.close()
  await truncate(join(tree, 'zz-sparse'), 3_000_000)
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** Everything of the archive against the tree that it was made of. */
async function matchesTree(bytes: Buffer, grain: bigint): Promise<number> {
  const entries = readArchive(bytes)
  for (const entry of entries) {
    const path = Buffer.from(entry.path, 'latin1')
      .toString()
      .replace(/^tree\/?/, '')
    const stats = await lstat(join(tree, path), { bigint: true })
    const expected = stats.isDirectory() ? 'directory' : stats.isSymbolicLink() ? 'symlink' : 'file'
    if (entry.type === 'hardlink') {
      expect(entry.linkTarget).toBe('tree/sub/hello')
      continue
    }
    expect([path, entry.type]).toEqual([path, expected])
    expect([path, entry.uid, entry.gid]).toEqual([path, Number(stats.uid), Number(stats.gid)])
    if (entry.type !== 'symlink') expect([path, entry.mode]).toEqual([path, Number(stats.mode) & 0o7777])
    expect([path, entry.mtime / grain]).toEqual([path, stats.mtimeNs / grain])
    if (entry.type === 'file') {
      expect([path, entry.size]).toEqual([path, Number(stats.size)])
      expect([path, sha256(contentOf(entry))]).toEqual([path, sha256(await readFile(join(tree, path)))])
    }
  }
  return entries.length
}

const second = 1_000_000_000n
const whole = { maxBuffer: 2 ** 28 }

describe.skipIf(!gnuTar)('archives of GNU tar', () => {
  const tar = (...args: string[]): Buffer =>
    execFileSync('tar', ['-C', root, '--sort=name', '-cf', '-', ...args, 'tree'], whole)

  it.each(['v7', 'ustar', 'oldgnu', 'gnu', 'posix'])('of the format %s', async (format) => {
    expect(await matchesTree(tar(`--format=${format}`), format === 'posix' ? 1n : second)).toBe(10)
  })

  it.each([
    ['gnu', []],
    ['oldgnu', []],
    ['posix', ['--sparse-version=0.0']],
    ['posix', ['--sparse-version=0.1']],
    ['posix', ['--sparse-version=1.0']],
  ])('with sparse files, %s %j', async (format, more) => {
    const bytes = tar('-S', `--format=${format}`, ...more)
    expect(readArchive(bytes).find(({ path }) => path === 'tree/zz-sparse')?.sparse).toBe(true)
    expect(await matchesTree(bytes, format === 'posix' ? 1n : second)).toBe(10)
  })

  it.each(['gnu', 'posix'])('with long names and targets, %s', async (format) => {
    const names = join(root, `long-${format}`)
    await mkdir(join(names, 'tree', deep), { recursive: true })
    await symlink(`/${deep}`, join(names, 'tree/link'))
    const bytes = execFileSync('tar', ['-C', names, `--format=${format}`, '-cf', '-', 'tree'], whole)
    const entries = readArchive(bytes)
    expect(entries.map(({ path }) => path)).toContain(`tree/${deep}/`)
    expect(entries.find(({ type }) => type === 'symlink')?.linkTarget).toBe(`/${deep}`)
  })
})

describe.skipIf(!bsdtar)('archives of bsdtar', () => {
  it.each(['ustar', 'pax', 'gnutar'])('of the format %s', async (format) => {
    const bytes = execFileSync('bsdtar', ['-C', root, `--format=${format}`, '-cf', '-', 'tree'], whole)
    expect(await matchesTree(bytes, format === 'pax' ? 1n : second)).toBe(10)
  })
})

describe.skipIf(!python)("archives of Python's tarfile", () => {
  it.each(['USTAR', 'GNU', 'PAX'])('of the format %s', async (format) => {
    const script = `
import sys, tarfile
with tarfile.open(fileobj=sys.stdout.buffer, mode='w|', format=tarfile.${format}_FORMAT) as t:
    t.add(sys.argv[1], 'tree')
`
    const bytes = execFileSync('python3', ['-c', script, tree], whole)
    expect(await matchesTree(bytes, second)).toBe(10)
  })

  it('reads the same of random entries', () => {
    const script = `
import io, json, random, sys, tarfile
r = random.Random(7)
out, told = io.BytesIO(), []
with tarfile.open(fileobj=out, mode='w', format=tarfile.PAX_FORMAT) as t:
    for i in range(300):
        info = tarfile.TarInfo(''.join(r.choice('ab/\\u00e9\\u4e2d.') for _ in range(r.randint(1, 300))) + str(i))
        info.type = r.choice([tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
        info.mode, info.uid, info.gid = r.randint(0, 0o7777), r.randint(0, 2**32 - 2), r.randint(0, 2**32 - 2)
        info.mtime = r.choice([r.randint(-10**10, 10**11), r.randint(0, 2**31) + 0.5])
        info.linkname = 't' * r.randint(1, 200) if info.issym() or info.islnk() else ''
        info.devmajor, info.devminor = (r.randint(0, 4095), r.randint(0, 2**20 - 1)) if info.isdev() and not info.isfifo() else (0, 0)
        body = r.randbytes(r.randint(0, 2000)) if info.isreg() else b''
        info.size = len(body)
        t.addfile(info, io.BytesIO(body))
        told.append([info.name, info.type.decode(), info.mode, info.uid, info.gid, info.mtime, info.linkname, info.devmajor, info.devminor, body.hex()])
sys.stdout.write(json.dumps([told, out.getvalue().hex()]))
`
    const [told, hex] = JSON.parse(execFileSync('python3', ['-c', script], whole).toString()) as [
      unknown[][],
      string,
    ]
    const flags = {
      file: '0',
      hardlink: '1',
      symlink: '2',
      'character-device': '3',
      'block-device': '4',
      directory: '5',
      fifo: '6',
    }
    const seen = readArchive(Buffer.from(hex, 'hex')).map((entry) => [
      // The slash of a directory is the archive's, not Python's.
      Buffer.from(entry.path, 'latin1')
        .toString()
        .replace(entry.type === 'directory' ? /\/$/ : /$^/, ''),
      flags[entry.type],
      entry.mode,
      entry.uid,
      entry.gid,
      Number(entry.mtime / 1_000_000n) / 1000,
      entry.linkTarget,
      entry.device?.major ?? 0,
      entry.device?.minor ?? 0,
      contentOf(entry).toString('hex'),
    ])
    expect(seen).toEqual(told)
  })
})
