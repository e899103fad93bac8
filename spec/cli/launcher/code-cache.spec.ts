import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { cacheDirectory, CodeCache } from '../../../cli/launcher/code-cache.js'

const codeCache = new URL('../../../cli/launcher/code-cache.ts', import.meta.url).href
const asRoot = process.geteuid?.() === 0
const code = Buffer.from('what V8 made')

let top: string

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'windlass-code-'))
  onTestFinished(() => rmSync(top, { recursive: true, force: true }))
})

describe('where the code of V8 is kept', () => {
  it('is below the directory for caches, which is the user’s', () => {
    const home = join(top, 'home')
    const caches = join(top, 'caches')
    mkdirSync(home)
    mkdirSync(caches)
    expect(cacheDirectory({ HOME: home })).toBe(join(home, '.cache/windlass'))
    expect(cacheDirectory({ HOME: home, XDG_CACHE_HOME: caches })).toBe(join(caches, 'windlass'))
    expect(cacheDirectory({ HOME: home, XDG_CACHE_HOME: '' })).toBe(join(home, '.cache/windlass'))
    expect(cacheDirectory({ HOME: home, WINDLASS_CODE_CACHE: join(top, 'own') })).toBe(join(top, 'own'))
  })

  it('is nowhere where nobody says, where it is switched off, and where the home is missing', () => {
    expect(cacheDirectory({})).toBeUndefined()
    expect(cacheDirectory({ HOME: 'home' })).toBeUndefined()
    expect(cacheDirectory({ HOME: join(top, 'absent') })).toBeUndefined()
    for (const own of ['0', '', 'relative'])
      expect(cacheDirectory({ HOME: top, WINDLASS_CODE_CACHE: own })).toBeUndefined()
  })

  it.each([
    [
      'a link that leads to itself',
      () => {
        symlinkSync('loop', join(top, 'loop'))
        return join(top, 'loop')
      },
    ],
    ['a name that is too long', () => join(top, 'x'.repeat(300))],
    ['a path that is too long', () => join(top, 'x/'.repeat(3_000))],
    [
      'below a file',
      () => {
        writeFileSync(join(top, 'file'), '')
        return join(top, 'file/caches')
      },
    ],
  ])('is nowhere where the home or the directory for caches is %s', (_, path) => {
    const directory = path()
    expect(cacheDirectory({ HOME: directory })).toBeUndefined()
    expect(cacheDirectory({ HOME: top, XDG_CACHE_HOME: directory })).toBeUndefined()
  })

  it.skipIf(!asRoot)('is not in the home of another user, who could put a link there', () => {
    chownSync(top, 1234, 1234)
    expect(cacheDirectory({ HOME: top })).toBeUndefined()
    expect(cacheDirectory({ HOME: '/', XDG_CACHE_HOME: top })).toBeUndefined()
  })
})

/** Directories that another user made, or could put another in place of, with the code of this user somewhere. */
const placesOfOthers: readonly (readonly [string, (top: string, own: string) => string])[] = [
  [
    'a link of another user in a sticky directory',
    (top, own) => {
      mkdirSync(join(top, 'shared'))
      chmodSync(join(top, 'shared'), 0o1777)
      symlinkSync(own, join(top, 'shared/windlass'))
      lchownSync(join(top, 'shared/windlass'), 1234, 1234)
      return join(top, 'shared/windlass')
    },
  ],
  [
    'below a link of another user',
    (top) => {
      mkdirSync(join(top, 'shared'))
      chmodSync(join(top, 'shared'), 0o1777)
      symlinkSync('..', join(top, 'shared/way'))
      lchownSync(join(top, 'shared/way'), 1234, 1234)
      return join(top, 'shared/way/own')
    },
  ],
  [
    'a link, though of this user',
    (top, own) => {
      symlinkSync(own, join(top, 'link'))
      return join(top, 'link')
    },
  ],
  [
    'below a directory that others can write to',
    (top, own) => {
      mkdirSync(join(top, 'open'))
      renameSync(own, join(top, 'open/own'))
      chmodSync(join(top, 'open'), 0o777)
      return join(top, 'open/own')
    },
  ],
  [
    'below a directory that a group can write to',
    (top, own) => {
      mkdirSync(join(top, 'open'))
      renameSync(own, join(top, 'open/own'))
      chmodSync(join(top, 'open'), 0o770)
      return join(top, 'open/own')
    },
  ],
  [
    'below a directory of another user',
    (top, own) => {
      mkdirSync(join(top, 'theirs'))
      renameSync(own, join(top, 'theirs/own'))
      chownSync(join(top, 'theirs'), 1234, 1234)
      return join(top, 'theirs/own')
    },
  ],
  [
    'a new directory below one of another user',
    (top) => {
      mkdirSync(join(top, 'theirs'))
      chownSync(join(top, 'theirs'), 1234, 1234)
      return join(top, 'theirs/new/windlass')
    },
  ],
  [
    'of another user',
    (_, own) => {
      chownSync(own, 1234, 1234)
      return own
    },
  ],
  [
    'that others can write to',
    (_, own) => {
      chmodSync(own, 0o1777)
      return own
    },
  ],
]

/** Every path below `top`, with what each file holds. */
const listed = (top: string): readonly string[] =>
  readdirSync(top, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .map(
      (entry) =>
        join(entry.parentPath, entry.name) +
        (entry.isFile() ? ` ${readFileSync(join(entry.parentPath, entry.name)).toString('hex')}` : ''),
    )
    .sort()

describe('CodeCache', () => {
  const directory = (): string => join(top, 'a/b')
  const file = (): string => join(directory(), 'pull')
  const cache = (key = 'build 1'): CodeCache => new CodeCache(directory(), 'pull', key)

  it('reads what was kept under the same key, in files of this user alone', () => {
    expect(cache().read()).toBeUndefined()
    cache().keep(code)
    expect(cache().read()).toEqual(code)
    expect(cache('build 2').read()).toBeUndefined()
    expect([statSync(directory()).mode & 0o777, statSync(file()).mode & 0o777]).toEqual([0o700, 0o600])
    cache('build 2').keep(Buffer.from('other'))
    expect(cache().read()).toBeUndefined()
    expect(cache('build 2').read()).toEqual(Buffer.from('other'))
  })

  it('lets the first four runs add to it, and those after V8 took another’s', () => {
    for (let run = 1; run <= 4; run++) {
      const one = cache()
      one.read()
      expect(one.isOpen, `run ${run}`).toBe(true)
      one.keep(Buffer.from(`${run}`))
    }
    const fifth = cache()
    expect(fifth.read()).toEqual(Buffer.from('4'))
    expect(fifth.isOpen).toBe(false)
    fifth.reject()
    expect(fifth.isOpen).toBe(true)
    fifth.keep(code)
    const next = cache()
    expect([next.read(), next.isOpen]).toEqual([code, true])
  })

  it('reads nothing that is damaged, cut off, empty, a link or a directory', () => {
    cache().keep(code)
    const whole = readFileSync(file())
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole)
      damaged[at]! ^= 1
      writeFileSync(file(), damaged)
      expect(cache().read(), `byte ${at}`).toBeUndefined()
      writeFileSync(file(), whole.subarray(0, at))
      expect(cache().read(), `length ${at}`).toBeUndefined()
    }
    writeFileSync(join(top, 'elsewhere'), whole)
    rmSync(file())
    symlinkSync(join(top, 'elsewhere'), file())
    expect(cache().read()).toBeUndefined()
    rmSync(file())
    mkdirSync(file())
    expect(cache().read()).toBeUndefined()
  })

  it('reads nothing that others could have written', () => {
    cache().keep(code)
    chmodSync(file(), 0o620)
    expect(cache().read()).toBeUndefined()
    chmodSync(file(), 0o602)
    expect(cache().read()).toBeUndefined()
    chmodSync(file(), 0o644)
    expect(cache().read()).toEqual(code)
    if (!asRoot) return
    chownSync(file(), 1234, 0)
    expect(cache().read()).toBeUndefined()
  })

  it.skipIf(!asRoot).each(placesOfOthers)('%s: believes nothing there, and keeps nothing', (_, prepare) => {
    const own = join(top, 'own')
    mkdirSync(own, { mode: 0o700 })
    new CodeCache(own, 'pull', 'build 1').keep(code)
    expect(new CodeCache(own, 'pull', 'build 1').read()).toEqual(code)
    const directory = prepare(top, own)
    const before = listed(top)
    const planted = new CodeCache(directory, 'pull', 'build 1')
    expect(planted.read()).toBeUndefined()
    planted.keep(Buffer.from('new'))
    expect(listed(top)).toEqual(before)
  })

  it.each(['/proc/1/x', '/proc/1/x/y/z', '/proc/windlass', '/proc/self/x', '/sys/windlass/x', '/dev/null/x'])(
    'gives up where no directory can be made: %s',
    (directory) => {
      // In a process of its own: one that does not end would take this one with it.
      const { status, signal, stderr } = spawnSync(
        process.execPath,
        [
          '--import',
          'tsx',
          '--eval',
          `import(${JSON.stringify(codeCache)}).then(({ CodeCache }) =>
            new CodeCache(${JSON.stringify(directory)}, 'pull', 'build 1').keep(Buffer.from('code')))`,
        ],
        { timeout: 10_000, killSignal: 'SIGKILL', encoding: 'utf8' },
      )
      expect([status, signal, stderr]).toEqual([0, null, ''])
      expect(existsSync(directory)).toBe(false)
    },
  )

  it('follows links of this user and of root, as /home may be one', () => {
    mkdirSync(join(top, 'real'), { mode: 0o700 })
    symlinkSync('real', join(top, 'link'))
    const linked = new CodeCache(join(top, 'link/windlass'), 'pull', 'build 1')
    linked.keep(code)
    expect(linked.read()).toEqual(code)
  })

  it('writes through nothing that stands in the place of its new file', () => {
    cache().keep(Buffer.from('first'))
    const victim = join(top, 'victim')
    writeFileSync(victim, 'as it was')
    const next = `${file()}.new`
    for (const stand of [() => symlinkSync(victim, next), () => execFileSync('mkfifo', [next])]) {
      stand()
      cache().keep(code)
      expect(readFileSync(victim, 'utf8')).toBe('as it was')
      expect(existsSync(next)).toBe(false)
    }
    expect(cache().read()).toEqual(code)
  })

  it('keeps nothing where others can write, or nobody can, and says nothing of it', () => {
    mkdirSync(directory(), { recursive: true })
    chmodSync(directory(), 0o777)
    cache().keep(code)
    expect(cache().read()).toBeUndefined()
    rmSync(directory(), { recursive: true })
    writeFileSync(directory(), 'a file')
    cache().keep(code)
    expect(cache().read()).toBeUndefined()
  })
})
