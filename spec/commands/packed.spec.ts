/** The package as npm packs it, in an empty folder: the demo needs nothing that is not in there. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { linkPackages, pack } from '../support/packed.js'
import { root } from '../support/source-tree.js'

const isRoot = process.getuid?.() === 0

let top: string
let main: string

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'windlass-packed-'))
  chmodSync(top, 0o755)
  const tarball = await pack(root, top, '--ignore-scripts')
  const folder = join(top, 'an empty folder?#%41', 'node_modules')
  mkdirSync(join(folder, 'windlass'), { recursive: true })
  const args = ['-xzf', tarball, '--strip-components=1', '-C', join(folder, 'windlass')]
  expect(spawnSync('tar', args).status).toBe(0)
  linkPackages(folder)
  main = join(folder, 'windlass', 'dist', 'cli', 'main.js')
  spawnSync('chmod', ['-R', 'a-w', folder])
})

afterAll(() => {
  spawnSync('chmod', ['-R', 'u+w', join(top, 'an empty folder?#%41', 'node_modules', 'windlass')])
  rmSync(top, { recursive: true, force: true })
})

interface Place {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: () => string
  /** Before the program, in a shell. */
  readonly shell?: string
}

const PATH = process.env['PATH']

const places: Readonly<Record<string, Place>> = {
  'where it is installed': {},
  'with no variable but PATH': { env: { PATH } },
  'in a directory that is gone': {
    cwd: () => {
      const gone = join(top, 'gone')
      mkdirSync(gone)
      return gone
    },
    shell: 'rmdir "$PWD" &&',
  },
  ...(isRoot && {
    'for a user without a home': {
      env: { PATH },
      shell: 'setpriv --reuid 54321 --regid 54321 --clear-groups',
    },
  }),
  'behind a proxy': {
    env: { ...process.env, HTTP_PROXY: 'http://127.0.0.1:9', ALL_PROXY: 'http://127.0.0.1:9' },
  },
}

describe('windlass demo, from the package alone', () => {
  it.each(Object.keys(places))('works %s', (name) => {
    const { env = process.env, cwd = () => top, shell = '' } = places[name]!
    const { status, stdout, stderr } = spawnSync(
      'sh',
      ['-c', `${shell} "$0" "$1" demo -q`, process.execPath, main],
      {
        env: { ...env, WINDLASS_CODE_CACHE: '0' },
        cwd: cwd(),
        encoding: 'utf8',
      },
    )
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout).toContain('every size, digest and diffID verified.')
  })

  it('says what to do where nothing can be written', () => {
    const { status, stderr } = spawnSync(process.execPath, [main, 'demo'], {
      env: { PATH, TMPDIR: join(top, 'absent'), WINDLASS_CODE_CACHE: '0' },
      encoding: 'utf8',
    })
    expect(status).toBe(7)
    expect(stderr).toContain('TMPDIR')
  })

  it('says that stdin is a directory where a password was to be read from it', () => {
    const command = `"$0" "$1" pull a --store "${join(top, 'none')}" --username me --password-stdin < /`
    const { status, stderr } = spawnSync('sh', ['-c', command, process.execPath, main], {
      env: { PATH, HOME: top, WINDLASS_CODE_CACHE: '0' },
      encoding: 'utf8',
    })
    expect([status, stderr.split('\n')[0]]).toEqual([
      2,
      'windlass: Failed to read the password: stdin is a directory',
    ])
  })

  it.each(['images --store here', 'tags 127.0.0.1:9/a --ca here', 'tags 127.0.0.1:9/a --authfile here'])(
    'takes a relative path in a directory that is gone for what it is: %s',
    (args) => {
      const gone = join(top, 'gone-too')
      mkdirSync(gone)
      const command = `rmdir "$PWD" && "$0" "$1" ${args}`
      const { status, stderr } = spawnSync('sh', ['-c', command, process.execPath, main], {
        ...{ cwd: gone, encoding: 'utf8' },
        env: { PATH, HOME: top, WINDLASS_CODE_CACHE: '0' },
      })
      expect([status, stderr.split('\n')[0]]).toEqual([
        2,
        'windlass: The working directory does not exist any more',
      ])
      expect(() => rmdirSync('/here')).toThrow('ENOENT')
    },
  )
})
