/** The programs of package.json and scripts/task.mjs, and what the documents say of them. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { isThere, root, textOf } from '../support/source-tree.js'

const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
const groups = Object.keys(scripts).filter((name) => scripts[name] === `node scripts/task.mjs ${name}`)

/** What `npm run GROUP` lists: the names, and the file of each. */
function listed(group: string): Record<string, string> {
  const args = [path.join(root, 'scripts/task.mjs'), group]
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(status).toBe(0)
  const names = [...stdout.matchAll(/^ {2}(\S+) +(\S+)/gm)].map(([, name = '', file = '']) => [name, file])
  return Object.fromEntries(names) as Record<string, string>
}

const files = (folder: string): string[] =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
    path.join(folder, file),
  )

describe('scripts', () => {
  it('fit on a screen', () => {
    expect(Object.keys(scripts).length).toBeLessThanOrEqual(16)
  })

  it.each(groups)('%s names programs that exist', (group) => {
    const names = listed(group)
    expect(Object.keys(names).length).toBeGreaterThan(3)
    expect(Object.values(names).filter((file) => !isThere(file))).toEqual([])
  })

  it('are those that documents and comments name', () => {
    const known = new Set(['test', ...Object.keys(scripts)])
    const names = new Map(groups.map((group) => [group, listed(group)]))
    const sources = ['docs', 'scripts', 'benchmarks', 'testbench'].flatMap(files)
    const texts = [...readdirSync(root), ...sources].filter((file) => /\.(md|ts|mjs)$/.test(file))
    const wrong = texts.flatMap((file) =>
      [...textOf(file).matchAll(/npm run (?!-)([\w:-]+)(?: -- ([\w-]+))?/g)]
        .filter(([, script = '', name]) => {
          if (!known.has(script)) return true
          const group = names.get(script)
          return group !== undefined && name !== undefined && !(name in group)
        })
        .map(([text]) => `${file}: ${text}`),
    )
    expect(wrong).toEqual([])
  })
})
