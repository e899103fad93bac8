/** Builds the API pages, and looks for every public name in them. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { PublicNames, entryPoints } from '../support/public-names.js'
import { root } from '../support/source-tree.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

describe('the API pages', () => {
  let pages: string

  beforeAll(() => {
    pages = temporaryDirectory()
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/api-pages.mjs', pages], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(`${stdout}${stderr}`).not.toMatch(/\[(warning|error)\]/)
    expect(status).toBe(0)
  }, 240_000)

  it.each(Object.keys(entryPoints))('have a page for %s', (name) => {
    expect(existsSync(path.join(pages, 'modules', `${name.replaceAll('/', '_')}.html`))).toBe(true)
  })

  it('have a page for every public name', () => {
    const files = readdirSync(pages, { recursive: true, encoding: 'utf8' })
    const described = new Set(files.map((file) => /\/windlass(?:_\w+)?\.(\w+)\.html$/.exec(file)?.[1]))
    const names = new PublicNames()
    const all = Object.values(entryPoints).flatMap((file) => names.exportsOf(file).map(({ name }) => name))
    expect(all.filter((name) => !described.has(name))).toEqual([])
  })

  it('have the guide', () => {
    expect(readdirSync(path.join(pages, 'documents')).length).toBeGreaterThan(8)
  })
})
