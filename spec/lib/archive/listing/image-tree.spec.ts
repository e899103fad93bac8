import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FlatTree } from '../../../../lib/archive/listing/flat-tree.js'
import { ImageTree, type LocatedFile } from '../../../../lib/archive/listing/image-tree.js'
import { IndexedLayer } from '../../../../lib/archive/listing/indexed-layer.js'
import { lookUp } from '../../../../lib/archive/listing/look-up.js'
import { requireFile, resolvePath } from '../../../../lib/archive/listing/resolve-path.js'
import { asWindlassError } from '../../../../lib/errors.js'
import { defaultLimits } from '../../../../lib/limits.js'
import {
  acceptable,
  type CountedLayer,
  knownLayer,
  tarLayer,
} from '../../../support/archive/listed-layers.js'
import { layers as randomLayers, path as randomPath } from '../../../support/archive/random-layers.js'
import { directory, file, hardlink, type Made, symlink, whiteout } from '../../../support/archive/scratch.js'

type Answer = { readonly layer: number; readonly ordinal: number } | { readonly code: string }

const failed = (error: unknown): Answer => ({ code: asWindlassError(error).code })

/** The right answer: which entry of which layer is at `path` after all layers are listed. */
function exact(tree: FlatTree, path: string): Answer {
  try {
    const { leaf } = requireFile(resolvePath(tree, path), path)
    return { layer: leaf.layer, ordinal: leaf.ordinal }
  } catch (error) {
    return failed(error)
  }
}

const found = (image: ImageTree, path: string): Promise<Answer> =>
  image.find(path).then(({ layer, ordinal }) => ({ layer, ordinal }), failed)

const bytesOf = async (image: ImageTree, file: LocatedFile, verify = false): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of image.content(file, { verify })) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1')
}

const of = (
  ...layers: readonly (readonly Made[])[]
): { image: ImageTree; parts: readonly CountedLayer[] } => {
  const parts = layers.map((entries) => tarLayer(entries))
  return {
    parts,
    image: new ImageTree(
      parts.map(({ reader }) => reader),
      defaultLimits,
    ),
  }
}

const read = async (path: string, ...layers: readonly (readonly Made[])[]): Promise<string> => {
  const { image } = of(...layers)
  return bytesOf(image, await image.find(path))
}

const large = 900_000
const big = (path: string): Made => file(path, 'x'.repeat(large))
/** The archive, with one byte changed in the content of its last file. */
const wrongEnd = (entries: readonly Made[]): Buffer => {
  const blob = Buffer.from(tarLayer(entries).blob)
  blob[blob.length - 1_600] = 0x7a
  return blob
}
const dirs = (...paths: readonly string[]): Made[] => paths.map((path) => directory(path))

describe('ImageTree.find and content', () => {
  it('finds the file that results from applying all layers in order, for random layers', async () => {
    let early = 0
    await fc.assert(
      fc.asyncProperty(
        randomLayers,
        fc.boolean(),
        fc.array(randomPath, { maxLength: 5 }),
        async (all, tidy, others) => {
          // If layers contain entries of their directories, most paths are found before all layers are read.
          const listed = dirs('a', 'b', 'c', 'd', 'a/a', 'a/b', 'b/a', 'b/b')
          const { layers, tree } = acceptable(tidy ? all.map((entries) => [...listed, ...entries]) : all)
          const image = new ImageTree(layers.map(knownLayer), defaultLimits)
          for (const path of [...tree.entries().map((each) => each.path), ...others])
            expect([path, await found(image, path)]).toEqual([path, exact(tree, path)])
          const topFirst = layers.map((each, at) => new IndexedLayer(knownLayer(each), at === 0)).reverse()
          for (const { path } of tree.entries()) if (await lookUp(topFirst, path)) early++
        },
      ),
      { numRuns: 1_000 },
    )
    expect(early).toBeGreaterThan(300)
  })

  it('reads the same content from archives with verification, or fails because a later entry replaces the file', async () => {
    await fc.assert(
      fc.asyncProperty(randomLayers, async (all) => {
        const { layers, tree } = acceptable(all)
        for (const { path } of tree.entries()) {
          const expected = exact(tree, path)
          const { image, parts } = of(...layers)
          const seen = await image
            .find(path)
            .then((located) => bytesOf(image, located, true))
            .catch((error: unknown) => asWindlassError(error))
          for (const { reader, closed } of parts) {
            await reader.close()
            expect(closed()).toBe(true)
          }
          if (typeof seen !== 'string' && seen.message.includes('a later entry of the layer replaces it'))
            continue
          if ('code' in expected) expect(seen).toMatchObject({ code: expected.code })
          else expect(seen).toBe(`layer ${expected.layer}, entry ${expected.ordinal}`)
        }
      }),
      { numRuns: 200 },
    )
  })

  it.each<[string, readonly Made[]]>([
    ['a file', [file('b', 'new')]],
    ['a directory', [directory('b')]],
    ['a symbolic link that leads nowhere', [symlink('b', 'none')]],
  ])('fails with verification if a later entry of the layer replaces the file by %s', async (_, later) => {
    const { image } = of([...dirs('a'), file('b', 'old'), big('z'), ...later])
    const located = await image.find('b')
    await expect(bytesOf(image, located, true)).rejects.toMatchObject({
      code: 'LAYER_INVALID',
      message: expect.stringContaining('a later entry of the layer replaces it') as string,
    })
  })

  it('reads the file from the top layer that has it, and opens no lower layer', async () => {
    const { image, parts } = of(
      [...dirs('etc'), file('etc/x', 'old')],
      [...dirs('etc'), file('etc/x', 'new'), big('z')],
    )
    const located = await image.find('/etc/x')
    expect(await bytesOf(image, located)).toBe('new')
    expect(located).toMatchObject({ layer: 1, verified: false, file: { path: '/etc/x', size: 3, layer: 1 } })
    expect(parts[0]!.opened()).toBe(0)
    expect(parts[1]!.read()).toBeLessThan(large)
    expect(parts[1]!.opened()).toBe(1)
    expect(parts[1]!.closed()).toBe(true)
  })

  it('fails after verification if a later entry of the same layer replaces the file', async () => {
    const { image } = of([...dirs('etc'), file('etc/x', 'old'), big('z'), file('etc/x', 'new')])
    const located = await image.find('etc/x')
    await expect(bytesOf(image, located, true)).rejects.toMatchObject({
      message: expect.stringContaining('a later entry of the layer replaces it') as string,
    })
    expect(await bytesOf(image, await image.find('etc/x'), true)).toBe('new')
  })

  it('reads the layer once, and only to the end of the file', async () => {
    const { image, parts } = of([...dirs('a'), big('a/1'), big('a/2'), big('a/3'), big('a/4')])
    expect((await bytesOf(image, await image.find('a/2'))).length).toBe(large)
    expect(parts[0]!.opened()).toBe(1)
    expect(parts[0]!.read()).toBeLessThan(3 * large)
    expect(parts[0]!.size).toBeGreaterThan(4 * large)
  })

  it('reads no faster than the consumer', async () => {
    const { image, parts } = of([file('a', 'x'.repeat(5_000_000))])
    for await (const chunk of image.content(await image.find('a'), { verify: false })) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    expect(parts[0]!.read()).toBeLessThan(500_000)
    expect(parts[0]!.closed()).toBe(true)
  })

  it.each<[string, string, string, Made[][]]>([
    ['a link', 'l', 'x', [[file('d/x', 'x'), symlink('l', 'd/x')]]],
    [
      'a link of a link of another layer',
      'l',
      'x',
      [[file('d/x', 'x'), symlink('m', 'd/x')], [symlink('l', '/m')]],
    ],
    [
      'an absolute link, inside the image',
      'd/l',
      'x',
      [[...dirs('d'), symlink('d/l', '/d/x'), file('d/x', 'x')]],
    ],
    [
      'a link that climbs above the root',
      'd/l',
      'x',
      [[...dirs('d'), symlink('d/l', '../../../x'), file('x', 'x')]],
    ],
    [
      'a directory that is a link',
      'lib/x',
      'x',
      [[symlink('lib', 'usr/lib'), ...dirs('usr', 'usr/lib'), file('usr/lib/x', 'x')]],
    ],
    ['a hard link', 'h', 'x', [[file('x', 'x'), hardlink('h', 'x')]]],
    ['a hard link to a file of a lower layer', 'h', 'x', [[file('x', 'x')], [hardlink('h', 'x')]]],
    [
      'a hard link, after its target was replaced',
      'h',
      'x',
      [[file('x', 'x'), hardlink('h', 'x')], [file('x', 'y')]],
    ],
    ['a path with . and ..', '/d/./e/../x', 'x', [[...dirs('d', 'd/e'), file('d/x', 'x')]]],
    [
      '.. after a link, as the kernel has it',
      'l/../x',
      'x',
      [[...dirs('d', 'd/e'), symlink('l', 'd/e'), file('d/x', 'x'), file('x', 'no')]],
    ],
    [
      'a directory below which an upper layer has something, by way of a link',
      'usr/lib/x',
      'new',
      [
        [symlink('lib', 'usr/lib'), ...dirs('usr', 'usr/lib'), file('usr/lib/x', 'old')],
        [file('lib/x', 'new')],
      ],
    ],
    [
      'a file that an upper layer hides by way of a link and brings again',
      'usr/x',
      'new',
      [
        [symlink('l', 'usr'), file('usr/x', 'old')],
        [whiteout('l/.wh.x'), file('usr/x', 'new')],
      ],
    ],
    [
      'the content of a directory that was emptied and filled again',
      'd/x',
      'new',
      [
        [...dirs('d'), file('d/x', 'old')],
        [...dirs('d'), whiteout('d/.wh..wh..opq'), file('d/x', 'new')],
      ],
    ],
    ['an empty file', 'e', '', [[file('e', '')]]],
  ])('is found by %s', async (_how, path, content, layers) => {
    expect(await read(path, ...layers)).toBe(content)
  })

  it.each<[string, string, string, RegExp, Made[][]]>([
    [
      'nothing is there',
      'etc/passwd',
      'FILE_UNKNOWN',
      /has no "\/etc\/passwd": "\/etc" has no "passwd"/,
      [[...dirs('etc'), file('etc/x')]],
    ],
    [
      'a layer took it away',
      'etc/x',
      'FILE_UNKNOWN',
      /"\/etc" has no "x"/,
      [[...dirs('etc'), file('etc/x')], [whiteout('etc/.wh.x')]],
    ],
    [
      'a layer took its directory away',
      'etc/x',
      'FILE_UNKNOWN',
      /"\/" has no "etc"/,
      [[...dirs('etc'), file('etc/x')], [whiteout('.wh.etc')]],
    ],
    [
      'a layer emptied its directory',
      'etc/x',
      'FILE_UNKNOWN',
      /"\/etc" has no "x"/,
      [
        [...dirs('etc'), file('etc/x')],
        [...dirs('etc'), whiteout('etc/.wh..wh..opq')],
      ],
    ],
    ['a file stands in the way', 'x/y', 'FILE_UNKNOWN', /"\/x" is not a directory/, [[file('x')]]],
    [
      'a file took the place of its directory',
      'etc/x',
      'FILE_UNKNOWN',
      /"\/etc" is not a directory/,
      [[...dirs('etc'), file('etc/x')], [file('etc')]],
    ],
    [
      'links lead in a circle',
      'a',
      'FILE_UNKNOWN',
      /more than 40 symlinks.*ELOOP/,
      [[symlink('a', 'b'), symlink('b', 'a')]],
    ],
    ['a link leads nowhere', 'a', 'FILE_UNKNOWN', /"\/" has no "gone"/, [[symlink('a', 'gone')]]],
    ['it is a directory', 'etc', 'NOT_A_FILE', /"\/etc" is a directory/, [dirs('etc')]],
    ['it is the root', '/', 'NOT_A_FILE', /"\/" is a directory/, [dirs('etc')]],
  ])('is refused where %s', async (_why, path, code, message, layers) => {
    await expect(of(...layers).image.find(path)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      exitCode: 4,
    })
  })

  it('verifies the whole layer on request, including the bytes after the file', async () => {
    const entries = [file('a', 'right'), big('z')]
    const lax = new ImageTree([tarLayer(entries, wrongEnd(entries)).reader], defaultLimits)
    expect(await bytesOf(lax, await lax.find('a'))).toBe('right')
    const strict = new ImageTree([tarLayer(entries, wrongEnd(entries)).reader], defaultLimits)
    await expect(bytesOf(strict, await strict.find('a'), true)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    })
  })

  it('reports whether the lookup and the content are verified', async () => {
    const { image } = of([file('a', '1'), hardlink('b', 'a')])
    expect((await image.find('b')).verified).toBe(false)
    const known = new ImageTree([knownLayer([file('a', '1')])], defaultLimits)
    expect((await known.find('a')).verified).toBe(true)
  })
})

describe('ImageTree.list', () => {
  it('lists the files of all layers applied in order, by path', async () => {
    const { image, parts } = of(
      [...dirs('etc'), file('etc/x'), file('etc-a')],
      [file('etc/y'), whiteout('etc/.wh.x')],
    )
    expect((await image.list()).map(({ path }) => path)).toEqual(['/etc', '/etc-a', '/etc/y'])
    expect(parts.every(({ read, size, closed }) => read() === size && closed())).toBe(true)
  })

  it('lists the files below a path, following links', async () => {
    const layers = [
      [...dirs('usr', 'usr/lib'), file('usr/lib/x'), file('usr/libx'), symlink('lib', 'usr/lib')],
    ]
    const { image } = of(...layers)
    for (const path of ['usr/lib', '/lib/', './usr/../lib'])
      expect((await image.list(path)).map((each) => each.path)).toEqual(['/usr/lib/x'])
    expect((await image.list('usr/lib/x')).map((each) => each.path)).toEqual(['/usr/lib/x'])
    const shallow = async (path: string) =>
      (await image.list(path, { recursive: false })).map((each) => each.path)
    expect(await shallow('')).toEqual(['/lib', '/usr'])
    expect(await shallow('usr')).toEqual(['/usr/lib', '/usr/libx'])
    expect(await shallow('/lib/..')).toEqual(['/usr/lib', '/usr/libx'])
    await expect(image.list('nope')).rejects.toMatchObject({ code: 'FILE_UNKNOWN' })
  })

  it('fails with the error of a layer that cannot be unpacked', async () => {
    await expect(of([hardlink('a', 'gone')]).image.list()).rejects.toMatchObject({ code: 'LAYER_INVALID' })
  })

  it('fails if the bytes of a layer differ from the manifest', async () => {
    const entries = [file('a'), big('z')]
    const image = new ImageTree([tarLayer(entries, wrongEnd(entries)).reader], defaultLimits)
    await expect(image.list()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })
})
