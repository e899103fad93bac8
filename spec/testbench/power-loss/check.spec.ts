/** Tests the checker with traces of correct commits, in each of which one thing is wrong. */
import { describe, expect, it } from 'vitest'
import { checkTrace } from '../../../testbench/power-loss/check.js'
import { DirectoryNode, Disk, type DiskNode, Entry, FileNode } from '../../../testbench/power-loss/disk.js'

const store = '/d/store'
const hex = (digit: string): string => digit.repeat(64)
const manifest = hex('a')
const diffID = hex('b')
const blob = hex('c')

interface Tree {
  readonly [name: string]: Tree | string
}

function node(of: Tree | string): DiskNode {
  if (typeof of === 'string') {
    const file = new FileNode()
    file.content = of
    return file
  }
  const directory = new DirectoryNode()
  for (const [name, each] of Object.entries(of)) directory.entries.set(name, new Entry(node(each)))
  return directory
}

const record = JSON.stringify({
  version: 1,
  blobs: [{ digest: `sha256:${blob}` }],
  forms: { overlay: { rootfs: 'rootfs' } },
})
const none = '{"schemaVersion":2,"manifests":[]}'
const naming = `{"manifests":[{"digest":"sha256:${manifest}"}]}`
const empty = {
  'oci-layout': '{}',
  'windlass.json': '{}',
  'index.json': none,
  blobs: { sha256: {} },
  layers: { sha256: {}, 'by-blob': { sha256: {} } },
  staging: { run: {} },
}

/** Checks the trace `steps`. A step without a thread id is a call of thread 7. */
function check(steps: readonly string[], before: Tree = empty) {
  const disk = new Disk()
  disk.root.entries.set('store', new Entry(node(before)))
  const text = steps.map((step) => (/^\d+ /.test(step) ? step : `7 ${step}`)).join('\n')
  return checkTrace(text, { disk, base: '/d', store })
}

const rulesBroken = (steps: readonly string[], before?: Tree): string[] =>
  check(steps, before).violations.map(({ rule, path }) => `${rule} ${path}`)

const quoted = (text: string): string => `"${text.replaceAll('"', '\\"')}", ${text.length}`
const created = (path: string): string =>
  `openat(AT_FDCWD</>, "${store}/${path}", O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0600) = 3<${store}/${path}>`
const written = (path: string, text: string): string =>
  `write(3<${store}/${path}>, ${quoted(text)}) = ${text.length}`
const synced = (path: string): string => `fsync(3<${store}/${path}>) = 0`
const closed = 'close(3) = 0'
const renamed = (from: string, to: string): string => `rename("${store}/${from}", "${store}/${to}") = 0`
const syncedDirectory = (path: string): string[] => {
  const full = path === '' ? store : `${store}/${path}`
  return [
    `openat(AT_FDCWD</>, "${full}", O_RDONLY|O_CLOEXEC|O_DIRECTORY) = 4<${full}>`,
    `fsync(4<${full}>) = 0`,
    'close(4) = 0',
  ]
}
const file = (path: string, text: string): string[] => [
  created(path),
  written(path, text),
  synced(path),
  closed,
]
const publish = (from: string, to: string): string[] => [
  renamed(from, to),
  ...syncedDirectory(to.split('/').slice(0, -1).join('/')),
]
const exit = 'exit_group(0) = ?'

const putBlob = [...file('staging/run/b', '{}'), ...publish('staging/run/b', `blobs/sha256/${manifest}`)]
const putIndex = [...file('staging/run/i', naming), ...publish('staging/run/i', 'index.json')]
const image = [...putBlob, ...putIndex, exit]
const without = (steps: readonly string[], ...gone: readonly string[]): string[] => {
  for (const each of gone) expect(steps).toContain(each)
  return steps.filter((step) => !gone.includes(step))
}

describe('the checker of blobs and names', () => {
  it('finds nothing in a correct trace, and counts', () => {
    const { violations, publications, synced: by, powerCuts, exit: code } = check(image)
    expect(violations).toEqual([])
    expect({ publications, by, code }).toEqual({
      publications: [`blobs/sha256/${manifest}`, 'index.json'],
      by: { syncfs: 0, fsync: 2, fdatasync: 0, none: 0 },
      code: 0,
    })
    // Two files are created, written and renamed.
    expect(powerCuts).toBe(6)
  })

  it('finds a file that was never synced', () => {
    expect(rulesBroken(without(image, synced('staging/run/b')))).toContain(`content blobs/sha256/${manifest}`)
    expect(rulesBroken(without(image, synced('staging/run/i')))).toContain('content index.json')
  })

  it('finds a sync before the last write', () => {
    const late = file('staging/run/b', '{}').flatMap((step) =>
      step === synced('staging/run/b') ? [step, written('staging/run/b', ' ')] : [step],
    )
    const steps = [...late, ...publish('staging/run/b', `blobs/sha256/${manifest}`)]
    expect(rulesBroken(steps)).toEqual([`content blobs/sha256/${manifest}`])
  })

  it('finds a sync that failed, and fdatasync after a change of mode', () => {
    const path = `${store}/staging/run/b`
    const other = (...instead: string[]): string[] =>
      image.flatMap((step) => (step === synced('staging/run/b') ? instead : [step]))
    const found = [`content blobs/sha256/${manifest}`]
    expect(rulesBroken(other(`fsync(3<${path}>) = -1 EIO (Input/output error)`))).toEqual(
      expect.arrayContaining(found),
    )
    expect(rulesBroken(other(`fdatasync(3<${path}>) = 0`))).toEqual([])
    expect(rulesBroken(other(`fchmod(3<${path}>, 0644) = 0`, `fdatasync(3<${path}>) = 0`))).toEqual(
      expect.arrayContaining(found),
    )
  })

  it('finds a write of another thread that had not ended when the sync began', () => {
    const path = `${store}/staging/run/b`
    const steps = image.flatMap((step) =>
      step === synced('staging/run/b')
        ? [`8 pwrite64(3<${path}>, "x", 1, 0 <unfinished ...>`, step, '8 <... pwrite64 resumed>) = 1']
        : [step],
    )
    expect(rulesBroken(steps)).toContain(`content blobs/sha256/${manifest}`)
  })

  it('finds a directory that was not synced before a reference to its entry was published', () => {
    const [, ...directory] = publish('staging/run/b', `blobs/sha256/${manifest}`)
    expect(rulesBroken(image.filter((step) => !directory.includes(step) || step === 'close(4) = 0'))).toEqual(
      [`needed blobs/sha256/${manifest}`, `success blobs/sha256/${manifest}`],
    )
  })

  it('finds a directory that was synced before the rename', () => {
    const [rename, ...directory] = publish('staging/run/b', `blobs/sha256/${manifest}`)
    const steps = [...file('staging/run/b', '{}'), ...directory, rename!, ...putIndex]
    expect(rulesBroken(steps)).toEqual([`needed blobs/sha256/${manifest}`])
  })

  it('finds a name that is published before its blob', () => {
    expect(rulesBroken([...putIndex, ...putBlob, exit])).toEqual([`needed blobs/sha256/${manifest}`])
  })

  it('finds a success that is reported before the names are durable', () => {
    expect(rulesBroken([...image.slice(0, -4), exit])).toEqual(['success index.json'])
  })

  it('finds a new directory whose parent was not synced', () => {
    const fresh = { ...empty, blobs: {} }
    const made = `mkdir("${store}/blobs/sha256", 0700) = 0`
    expect(rulesBroken([made, ...image], fresh)).toContain(`needed blobs/sha256/${manifest}`)
    expect(rulesBroken([made, ...syncedDirectory('blobs'), ...image], fresh)).toEqual([])
  })

  it('finds a blob that is removed while an index that refers to it may be on the disk', () => {
    const before = { ...empty, 'index.json': naming, blobs: { sha256: { [manifest]: '{}' } } }
    const remove = [...file('staging/run/i', none), renamed('staging/run/i', 'index.json')]
    const collect = [
      renamed(`blobs/sha256/${manifest}`, 'staging/run/trash'),
      ...syncedDirectory('blobs/sha256'),
    ]
    expect(rulesBroken([...remove, ...collect], before)).toEqual([`needed blobs/sha256/${manifest}`])
    expect(rulesBroken([...remove, ...syncedDirectory(''), ...collect], before)).toEqual([])
  })

  it('refuses a process that uses io_uring, whose operations strace does not show', () => {
    expect(() => check(['io_uring_setup(64, {}) = 5'])).toThrow('io_uring')
  })
})

describe('the checker of layers', () => {
  const tree = 'staging/run/l'
  const root = `3<${store}/${tree}>`
  const pointer = [
    ...file('staging/run/p', `sha256:${diffID}`),
    ...publish('staging/run/p', `layers/by-blob/sha256/${blob}`),
  ]
  const unpack = [
    `mkdir("${store}/${tree}", 0700) = 0`,
    `mkdir("${store}/${tree}/rootfs", 0755) = 0`,
    created(`${tree}/rootfs/f`),
    written(`${tree}/rootfs/f`, 'content'),
    closed,
    `utimensat(AT_FDCWD</>, "${store}/${tree}/rootfs", [], AT_SYMLINK_NOFOLLOW) = 0`,
  ]
  const sync = [
    `openat(AT_FDCWD</>, "${store}/${tree}", O_RDONLY|O_CLOEXEC) = ${root}`,
    `syncfs(${root}) = 0`,
    closed,
  ]
  const commit = [
    ...file(`${tree}/layer.json`, record),
    ...syncedDirectory(tree),
    ...publish(tree, `layers/sha256/${diffID}`),
  ]
  const layer = `layer layers/sha256/${diffID}`

  it('finds nothing in a correct trace', () => {
    const { violations, synced: by } = check([...unpack, ...sync, ...pointer, ...commit, exit])
    expect(violations).toEqual([])
    expect(by).toEqual({ syncfs: 2, fsync: 3, fdatasync: 0, none: 0 })
  })

  it('finds a tree that was not synced, or that was changed after the sync', () => {
    expect(rulesBroken([...unpack, ...pointer, ...commit])).toEqual([layer])
    const late = `chmod("${store}/${tree}/rootfs", 0700) = 0`
    expect(rulesBroken([...unpack, ...sync, late, ...pointer, ...commit])).toEqual([layer])
  })

  it('finds a layer whose record is not synced or missing', () => {
    const [, , recordSync] = file(`${tree}/layer.json`, record)
    expect(rulesBroken(without([...unpack, ...sync, ...pointer, ...commit], recordSync!))).toContain(
      `content layers/sha256/${diffID}/layer.json`,
    )
    const bare = [...unpack, ...sync, ...pointer, ...publish(tree, `layers/sha256/${diffID}`)]
    expect(rulesBroken(bare)).toEqual([layer])
  })

  it('finds a layer that is published before its pointer', () => {
    expect(rulesBroken([...unpack, ...sync, ...commit, ...pointer])).toEqual([
      `pointer layers/by-blob/sha256/${blob}`,
    ])
  })

  it('finds a tree that is deleted before its removal from the store is durable', () => {
    const before = {
      ...empty,
      layers: {
        sha256: { [diffID]: { 'layer.json': record, rootfs: { f: 'content' } } },
        'by-blob': { sha256: { [blob]: `sha256:${diffID}` } },
      },
    }
    const moved = renamed(`layers/sha256/${diffID}`, 'staging/run/trash')
    const removed = `unlink("${store}/staging/run/trash/rootfs/f") = 0`
    expect(rulesBroken([moved, removed], before)).toEqual([layer])
    expect(rulesBroken([moved, ...syncedDirectory('layers/sha256'), removed], before)).toEqual([])
  })
})
