import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { remove } from '../../../../lib/archive/rootfs/remove-tree.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

/** The error of `unlink`: for directories, which POSIX lets it fail with EPERM, and for one path. */
const system = vi.hoisted(() => ({ ofDirectories: '', refused: '' }))
vi.mock('node:fs', async (original) => {
  const real = await original<{ unlinkSync(path: Buffer): void }>()
  const failure = (code: string): Error => Object.assign(new Error(code), { code, errno: -1 })
  return {
    ...real,
    unlinkSync: (path: Buffer) => {
      if (path.toString() === system.refused) throw failure('EPERM')
      try {
        real.unlinkSync(path)
      } catch (error) {
        throw system.ofDirectories !== '' && (error as { code?: string }).code === 'EISDIR'
          ? failure(system.ofDirectories)
          : error
      }
    },
  }
})

describe('the removal of a path', () => {
  const directory = temporaryDirectory()
  afterEach(() => void Object.assign(system, { ofDirectories: '', refused: '' }))
  const at = (name: string): string => join(directory, name)
  const treeAt = (name: string): string => {
    mkdirSync(join(at(name), 'a', 'b'), { recursive: true })
    for (const path of ['f', 'a/f', 'a/b/f']) writeFileSync(join(at(name), path), '')
    symlinkSync('/', join(at(name), 'a', 'link'))
    return at(name)
  }

  it('removes a file, a link and a tree, and says whether there was one', () => {
    writeFileSync(at('file'), '')
    symlinkSync('file', at('link'))
    expect(remove(at('link'))).toBe(true)
    expect(existsSync(at('file'))).toBe(true)
    for (const path of [at('file'), treeAt('tree')]) {
      expect(remove(path)).toBe(true)
      expect(existsSync(path)).toBe(false)
      expect(remove(path)).toBe(false)
    }
    for (const code of ['EPERM', 'EISDIR']) {
      system.ofDirectories = code
      expect(remove(treeAt('tree'))).toBe(true)
      expect(existsSync(at('tree'))).toBe(false)
    }
  })

  it('does not take a link that must not be removed for the directory that it leads to', () => {
    const kept = treeAt('kept')
    symlinkSync('kept', at('immutable'))
    system.refused = at('immutable')
    expect(() => remove(at('immutable'))).toThrow('EPERM')
    const tree = treeAt('other')
    symlinkSync(kept, join(tree, 'immutable'))
    system.refused = join(tree, 'immutable')
    expect(() => remove(tree)).toThrow('EPERM')
    expect(readdirSync(kept).sort()).toEqual(['a', 'f'])
  })
})
