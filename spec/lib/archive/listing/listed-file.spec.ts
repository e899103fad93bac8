import { describe, expect, it } from 'vitest'
import { FlatDirectory } from '../../../../lib/archive/listing/flat-node.js'
import { toListedFile, toListedLeaf, utf8Of } from '../../../../lib/archive/listing/listed-file.js'
import { type Made, device, directory, fifo, file, symlink } from '../../../support/archive/scratch.js'

const listed = (entry: Made, hardlink?: string) => toListedLeaf(entry.path, entry, hardlink, 3)
const bytes = (text: string): string => Buffer.from(text).toString('latin1')

describe('a file that is listed', () => {
  it('has its path as text and as bytes, the layer of its entry, and the attributes that root gets', () => {
    const path = bytes('dir/ü')
    expect(listed(file(path, 'content', { uid: 7, gid: 2 ** 32 - 1, mode: 0o4755, mtime: 5n }))).toEqual({
      ...{ path: '/dir/ü', rawPath: path, type: 'file', size: 7, mode: 0o4755 },
      ...{ uid: 7, gid: 0, mtime: 5n, layer: 3 },
    })
    expect(listed(file('\xff')).path).toBe('/\ufffd')
    expect(utf8Of(path)).toBe('dir/ü')
  })

  it('has a target, a number or the path of its content only if its type has one', () => {
    expect(listed({ ...symlink('l', bytes('ü')), size: 5, mode: 0 })).toMatchObject({
      ...{ linkTarget: 'ü', size: 0, mode: 0o777 },
    })
    expect(listed(device('d', 1, 3))).toMatchObject({
      type: 'character-device',
      device: { major: 1, minor: 3 },
    })
    expect(listed({ ...device('d', 1, 3), type: 'block-device', device: undefined })).toMatchObject({
      device: { major: 0, minor: 0 },
    })
    expect(listed(file('h'), bytes('ä'))).toMatchObject({ hardlink: '/ä' })
    for (const plain of [listed(fifo('p')), listed(file('f'))])
      for (const key of ['linkTarget', 'device', 'hardlink', 'xattrs']) expect(plain).not.toHaveProperty(key)
  })

  it('has the extended attributes that images may set', () => {
    const names = ['user.ü', 'trusted.a', 'security.capability', 'system.posix_acl_access']
    const others = ['security.selinux', 'user.overlay.opaque', 'trusted.overlay.redirect', 'other']
    const xattrs = new Map([...names, ...others].map((name) => [bytes(name), Buffer.from(name)]))
    expect([...listed(file('a', '', { xattrs })).xattrs!.keys()]).toEqual(names)
  })

  it('that is a directory without an entry has fixed attributes and no layer', () => {
    const found = new FlatDirectory(undefined, 'd')
    expect(toListedFile({ path: 'd', directory: found })).toEqual({
      ...{ path: '/d', rawPath: 'd', type: 'directory', mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0n },
      layer: undefined,
    })
    found.setEntry({ ...directory('d', { mode: 0o700, uid: 4 }), size: 9 }, 2)
    expect(toListedFile({ path: 'd', directory: found })).toMatchObject({
      mode: 0o700,
      uid: 4,
      size: 0,
      layer: 2,
    })
  })
})
