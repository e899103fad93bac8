/** The manual pages, as mandoc and man-db read them. */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandNames } from '../../cli/commands/names.js'
import { root, textOf } from '../support/source-tree.js'

const { man: pages } = JSON.parse(textOf('package.json')) as { man: string[] }
const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined

describe('the manual pages', () => {
  it('are those of the program and of each command', () => {
    const names = pages.map((page) => path.basename(page, '.1'))
    expect(names).toEqual(['windlass', ...commandNames.map((name) => `windlass-${name}`)])
  })

  it.skipIf(!has('mandoc'))('have no warnings', () => {
    const { stdout, stderr } = spawnSync('mandoc', ['-Tlint', '-W', 'warning', ...pages], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(stdout + stderr).toBe('')
  })

  it.skipIf(!has('man'))('say what --help says', () => {
    const shown = (page: string): string => {
      const { stdout } = spawnSync('man', ['-l', page], {
        ...{ cwd: root, encoding: 'utf8' },
        env: { ...process.env, MANWIDTH: '500', LC_ALL: 'C.UTF-8' },
      })
      // man-db justifies lines, and bold letters are overprinted on a terminal only.
      return stdout.replace(/ +/g, ' ')
    }
    const pull = shown('dist/man/windlass-pull.1')
    expect(pull).toMatch(/NAME\n windlass-pull - download, verify and unpack images into the store/)
    expect(pull).toContain('-f, --file <file>')
    expect(pull).toContain('windlass pull --all-platforms busybox:1.36')
    expect(pull).toMatch(/^OUTPUT\n --json print each result as one line of JSON/m)
    expect(shown('dist/man/windlass.1')).toContain('Exit codes: 0 success')
  })
})
