import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DirectoryLayer } from '../../../../lib/archive/listing/directory-layer.js'
import { openPaths } from '../../../support/open-paths.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

describe('a layer in the tree to which it was unpacked', () => {
  const directory = temporaryDirectory()
  let count = 0
  const treeWith = (names: readonly string[]): string => {
    const tree = join(directory, String(count++))
    mkdirSync(join(tree, 'd'), { recursive: true })
    for (const name of names) writeFileSync(join(tree, name), `in ${name}`)
    return tree
  }
  const readAll = async (layer: DirectoryLayer): Promise<string[]> => {
    while (!layer.complete) await layer.advance()
    return layer.entries.map(({ path }) => path)
  }
  const contentOf = async (layer: DirectoryLayer, path: string): Promise<string> => {
    const ordinal = layer.entries.findIndex((entry) => entry.path === path)
    const chunks: Buffer[] = []
    for await (const chunk of layer.content(ordinal).read({ verify: true })) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  }

  it('has its entries and their content, without what it does not list', async () => {
    const tree = treeWith(['a', 'd/b'])
    const layer = new DirectoryLayer(tree, ['.', 'd'])
    expect(await readAll(layer)).toEqual(['a', 'd/b'])
    expect(await readAll(new DirectoryLayer(tree))).toEqual(['.', 'a', 'd', 'd/b'])
    expect(await contentOf(layer, 'd/b')).toBe('in d/b')
    expect([layer.verified, layer.content(0).verified]).toEqual([false, false])
    expect(openPaths().filter((path) => path.startsWith(tree))).toEqual([])
  })

  it('is read in parts, so that other work goes on, and not after its end', async () => {
    const layer = new DirectoryLayer(treeWith(Array.from({ length: 1_200 }, (_, at) => String(at))))
    await layer.advance()
    expect(layer.entries.length).toBeLessThan(600)
    expect((await readAll(layer)).length).toBe(1_202)
    await layer.advance()
    expect(layer.entries.length).toBe(1_202)
  })

  it('is not read on after it is closed', async () => {
    const layer = new DirectoryLayer(treeWith(Array.from({ length: 1_200 }, (_, at) => String(at))))
    await layer.advance()
    const { length } = layer.entries
    await layer.close()
    await layer.advance()
    expect([layer.entries.length, layer.complete]).toEqual([length, true])
  })

  it('does not follow a link or wait for a FIFO that took the place of a file, and names the file', async () => {
    const tree = treeWith(['a', 'b', 'c'])
    const layer = new DirectoryLayer(tree)
    await readAll(layer)
    renameSync(join(tree, 'a'), join(tree, 'moved'))
    symlinkSync('moved', join(tree, 'a'))
    await expect(contentOf(layer, 'a')).rejects.toMatchObject({
      code: 'LAYER_INVALID',
      message: expect.stringContaining('"a"') as string,
    })
    rmSync(join(tree, 'b'))
    execFileSync('mkfifo', [join(tree, 'b')])
    expect(await contentOf(layer, 'b')).toBe('')
    rmSync(join(tree, 'c'))
    await expect(contentOf(layer, 'c')).rejects.toMatchObject({
      code: 'STORE_IO',
      message: expect.stringMatching(/^Unpacking "c" failed: ENOENT/) as string,
    })
  })

  it('closes a file whose reader stops', async () => {
    const tree = treeWith(['a'])
    const layer = new DirectoryLayer(tree)
    await readAll(layer)
    const ordinal = layer.entries.findIndex(({ path }) => path === 'a')
    for await (const chunk of layer.content(ordinal).read({ verify: false })) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    expect(openPaths()).not.toContain(join(tree, 'a'))
  })
})
