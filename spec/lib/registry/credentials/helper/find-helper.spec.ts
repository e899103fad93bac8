import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findProgram, isHelperName } from '../../../../../lib/registry/credentials/helper/find-helper.js'

describe('the program of a helper', () => {
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'windlass-'))
    for (const name of ['one', 'two']) await mkdir(join(directory, name))
    await writeFile(join(directory, 'one', 'text'), '', { mode: 0o644 })
    await writeFile(join(directory, 'two', 'text'), '', { mode: 0o755 })
    await symlink('text', join(directory, 'two', 'link'))
    await mkdir(join(directory, 'one', 'link'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  it('is the first executable file in the absolute directories of PATH', async () => {
    const path = `.::${directory}/none:${directory}/one:${directory}/two`
    expect(await findProgram('text', path)).toBe(join(directory, 'two', 'text'))
    expect(await findProgram('link', path)).toBe(join(directory, 'two', 'link'))
    expect(await findProgram('other', path)).toBeUndefined()
    expect(await findProgram('text', relative('', join(directory, 'two')))).toBeUndefined()
  })

  it.each(['pass', 'secretservice', 'ecr-login', 'desktop.exe', 'dev-containers-0a1b'])(
    'may be named %s',
    (name) => {
      expect(isHelperName(name)).toBe(true)
    },
  )

  it.each(['', '.', '..', '../x', 'a/b', 'a\\b', '-x', 'a b', 'a\0b', 'a;b', 'x'.repeat(101)])(
    'may not be named %j',
    (name) => {
      expect(isHelperName(name)).toBe(false)
    },
  )
})
