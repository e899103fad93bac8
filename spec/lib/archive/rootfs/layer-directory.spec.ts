/** Reads a stored tree as the entries of the layer that it was unpacked from. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  ftruncateSync,
  closeSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readLayerDirectory, type TarEntry } from '../../../../lib/archive/index.js'
import { makeNode, setXattr, systemCallsAvailable } from '../../../../lib/system/index.js'
import { scratch } from '../../../support/archive/scratch.js'

const asRoot = process.geteuid?.() === 0

/** Reads the tree at `root`: its entries, and the length and offset of each chunk of content. */
function readTree(root: string, implied?: readonly string[]) {
  const entries: TarEntry[] = []
  const data: string[] = []
  const steps = readLayerDirectory(
    root,
    {
      entry: (entry) => void entries.push(entry),
      data: (chunk, offset) => void data.push(`${entries.at(-1)!.path} ${chunk.length} at ${offset}`),
      end: () => undefined,
    },
    implied,
  )
  while (steps.next().done !== true);
  return { entries, data, paths: entries.map(({ path, type }) => `${path} ${type}`) }
}

describe('readLayerDirectory', () => {
  it('reads a file with several names once, with a hard link for each further name', async () => {
    const { root } = await scratch()
    writeFileSync(join(root, 'a'), 'content')
    linkSync(join(root, 'a'), join(root, 'b'))
    mkdirSync(join(root, 'd'))
    linkSync(join(root, 'a'), join(root, 'd/c'))
    const { entries, data, paths } = readTree(root)
    expect(paths).toEqual(['. directory', 'a file', 'b hardlink', 'd directory', 'd/c hardlink'])
    expect(entries.filter(({ type }) => type === 'hardlink').map(({ linkTarget }) => linkTarget)).toEqual([
      'a',
      'a',
    ])
    expect(data).toEqual(['a 7 at 0'])
  })

  it('omits implied directories', async () => {
    const { root } = await scratch()
    mkdirSync(join(root, 'd/below'), { recursive: true })
    symlinkSync('nowhere', join(root, 'd/below/link'))
    expect(readTree(root, ['.', 'd']).paths).toEqual(['d/below directory', 'd/below/link symlink'])
    expect(readTree(root).paths).toHaveLength(4)
  })

  it('passes no data for holes of a file', async () => {
    const { root } = await scratch()
    const fd = openSync(join(root, 'sparse'), 'w')
    writeSync(fd, 'x', 5 * 2 ** 20)
    ftruncateSync(fd, 8 * 2 ** 20)
    closeSync(fd)
    writeFileSync(join(root, 'zeros'), Buffer.alloc(2 ** 20))
    const { entries, data } = readTree(root)
    expect(entries.find(({ path }) => path === 'sparse')).toMatchObject({ sparse: true, size: 8 * 2 ** 20 })
    expect(data).toEqual([`sparse ${2 ** 20} at ${5 * 2 ** 20}`, `zeros ${2 ** 20} at 0`])
  })

  it.runIf(asRoot && systemCallsAvailable())(
    'has whiteouts as every other layer has them, and no mark of overlayfs',
    async () => {
      const { root } = await scratch()
      mkdirSync(join(root, 'd'))
      makeNode(Buffer.from(join(root, 'd/gone')), 0o020000, 0, 0)
      makeNode(Buffer.from(join(root, 'null')), 0o020666, 1, 3)
      setXattr(Buffer.from(join(root, 'd')), 'trusted.overlay.opaque', Buffer.from('y'))
      const { entries, paths } = readTree(root)
      expect(paths).toEqual([
        '. directory',
        'd directory',
        'd/.wh..wh..opq file',
        'd/.wh.gone file',
        'null character-device',
      ])
      expect([...entries[1]!.xattrs.keys()]).toEqual([])
      expect(entries.at(-1)!.device).toEqual({ major: 1, minor: 3 })
    },
  )

  it.runIf(asRoot && systemCallsAvailable())('has all bits of the numbers of devices', async () => {
    const { root } = await scratch()
    const numbers = [
      { major: 0xff, minor: 0xff },
      { major: 0xfff, minor: 0x100 },
      { major: 259, minor: 0xfffff },
    ]
    for (const [at, { major, minor }] of numbers.entries())
      makeNode(Buffer.from(join(root, `device${at}`)), 0o060600, major, minor)
    const { entries } = readTree(root)
    expect(entries.slice(1).map(({ type, device }) => ({ type, device }))).toEqual(
      numbers.map((device) => ({ type: 'block-device', device })),
    )
  })

  it.runIf(asRoot && systemCallsAvailable())(
    'has the attributes of the layer, and not those of the host',
    async () => {
      const { root } = await scratch()
      const path = join(root, 'a')
      writeFileSync(path, 'x')
      const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex')
      for (const name of ['user.own', 'security.capability']) setXattr(Buffer.from(path), name, capability)
      setXattr(Buffer.from(path), 'security.windlass', Buffer.from('host'))
      chmodSync(path, 0o4711)
      lutimesSync(path, 7, 7)
      const entry = readTree(root).entries.at(-1)!
      expect(entry).toMatchObject({ path: 'a', mode: 0o4711, mtime: 7_000_000_000n })
      expect([...entry.xattrs.keys()].sort()).toEqual(['security.capability', 'user.own'])
    },
  )

  it.runIf(asRoot)('reads the owner, the mode and the time of everything', async () => {
    const { root } = await scratch()
    writeFileSync(join(root, 'a'), '')
    chmodSync(join(root, 'a'), 0o4711)
    chownSync(join(root, 'a'), 1_000, 2_000)
    chmodSync(join(root, 'a'), 0o4711)
    lutimesSync(join(root, 'a'), 1, 1_234)
    expect(readTree(root).entries.find(({ path }) => path === 'a')).toMatchObject({
      ...{ uid: 1_000, gid: 2_000, mode: 0o4711, mtime: 1_234_000_000_000n, size: 0 },
    })
  })
})

describe('a stored tree that changes while it is read', () => {
  it('is not left through a link that takes the place of a file, and no FIFO is waited for', async () => {
    const { root } = await scratch()
    const path = join(root, 'a')
    /** The content of the file, which `change` replaces after its entry was passed on. */
    const read = (change: () => void): string => {
      rmSync(path, { force: true })
      writeFileSync(path, 'content')
      let content = ''
      const handler = {
        entry: ({ type }: TarEntry) => {
          if (type === 'file') change()
        },
        data: (chunk: Buffer) => void (content += chunk.toString()),
        end: () => undefined,
      }
      for (const step of readLayerDirectory(root, handler)) expect(step).toBeUndefined()
      return content
    }
    expect(read(() => undefined)).toBe('content')
    expect(() =>
      read(() => {
        rmSync(path)
        symlinkSync('/etc/passwd', path)
      }),
    ).toThrow('ELOOP')
    expect(() =>
      read(() => {
        rmSync(path)
        execFileSync('mkfifo', [path])
      }),
    ).toThrow('ESPIPE')
  })
})
