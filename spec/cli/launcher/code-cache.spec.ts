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

describe('cacheDirectory', () => {
  it('is below the cache directory of the user', () => {
    const home = join(top, 'home')
    const caches = join(top, 'caches')
    mkdirSync(home)
    mkdirSync(caches)
    expect(cacheDirectory({ HOME: home })).toBe(join(home, '.cache/windlass'))
    expect(cacheDirectory({ HOME: home, XDG_CACHE_HOME: caches })).toBe(join(caches, 'windlass'))
    expect(cacheDirectory({ HOME: home, XDG_CACHE_HOME: '' })).toBe(join(home, '.cache/windlass'))
    expect(cacheDirectory({ HOME: home, WINDLASS_CODE_CACHE: join(top, 'own') })).toBe(join(top, 'own'))
  })

  it('is undefined without an absolute home directory and if the cache is disabled', () => {
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
  ])('is undefined if the home or the cache directory is %s', (_, path) => {
    const directory = path()
    expect(cacheDirectory({ HOME: directory })).toBeUndefined()
    expect(cacheDirectory({ HOME: top, XDG_CACHE_HOME: directory })).toBeUndefined()
  })

  it.skipIf(!asRoot)('is not in the home of another user, who could create a link there', () => {
    chownSync(top, 1234, 1234)
    expect(cacheDirectory({ HOME: top })).toBeUndefined()
    expect(cacheDirectory({ HOME: '/', XDG_CACHE_HOME: top })).toBeUndefined()
  })
})

/** Directories that another user owns or can replace. */
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

/** Returns every path below `top` with the content of each file. */
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

  it('reads what was stored under the same key, from files of this user only', () => {
    expect(cache().read()).toBeUndefined()
    cache().store(code, 0)
    expect(cache().read()).toEqual(code)
    expect(cache('build 2').read()).toBeUndefined()
    expect([statSync(directory()).mode & 0o777, statSync(file()).mode & 0o777]).toEqual([0o700, 0o600])
    cache('build 2').store(Buffer.from('other'), 0)
    expect(cache().read()).toBeUndefined()
    expect(cache('build 2').read()).toEqual(Buffer.from('other'))
  })

  it('is written by the first four runs, and again after V8 has rejected it', () => {
    for (let run = 1; run <= 4; run++) {
      const one = cache()
      one.read()
      expect(one.shouldStore(0), `run ${run}`).toBe(true)
      one.store(Buffer.from(`${run}`), 0)
    }
    const fifth = cache()
    expect(fifth.read()).toEqual(Buffer.from('4'))
    expect(fifth.shouldStore(0)).toBe(false)
    fifth.reject()
    expect(fifth.shouldStore(0)).toBe(true)
    fifth.store(code, 0)
    const next = cache()
    expect([next.read(), next.shouldStore(0)]).toEqual([code, true])
  })

  it('is written by a later run too that did much more than the last one that wrote it', () => {
    for (let run = 1; run <= 4; run++) {
      const one = cache()
      one.read()
      one.store(Buffer.from(`${run}`), 100)
    }
    const later = cache()
    later.read()
    expect([later.shouldStore(150), later.shouldStore(151)]).toEqual([false, true])
    later.store(Buffer.from('more'), 400.4)
    const next = cache()
    expect(next.read()).toEqual(Buffer.from('more'))
    expect([next.shouldStore(600), next.shouldStore(601)]).toEqual([false, true])
  })

  it('keeps what is stored if a later run has less, unless V8 has rejected it', () => {
    const open = () => new CodeCache(join(top, 'cache'), 'use', 'key')
    open().store(Buffer.from('much code'), 0)
    const second = open()
    expect(second.read()?.toString()).toBe('much code')
    second.store(Buffer.from('less'), 0)
    expect(open().read()?.toString()).toBe('much code')
    const third = open()
    third.read()
    third.store(Buffer.from('even more code'), 0)
    expect(open().read()?.toString()).toBe('even more code')
    const rejecting = open()
    rejecting.read()
    rejecting.reject()
    rejecting.store(Buffer.from('new'), 0)
    expect(open().read()?.toString()).toBe('new')
  })

  it('ignores a file that is damaged, truncated, empty, a link or a directory', () => {
    cache().store(code, 0)
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

  it('ignores a file that other users could have written', () => {
    cache().store(code, 0)
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

  it.skipIf(!asRoot).each(placesOfOthers)('%s: neither reads nor stores a cache', (_, prepare) => {
    const own = join(top, 'own')
    mkdirSync(own, { mode: 0o700 })
    new CodeCache(own, 'pull', 'build 1').store(code, 0)
    expect(new CodeCache(own, 'pull', 'build 1').read()).toEqual(code)
    const directory = prepare(top, own)
    const before = listed(top)
    const planted = new CodeCache(directory, 'pull', 'build 1')
    expect(planted.read()).toBeUndefined()
    planted.store(Buffer.from('new'), 0)
    expect(listed(top)).toEqual(before)
  })

  it.each(['/proc/1/x', '/proc/1/x/y/z', '/proc/windlass', '/proc/self/x', '/sys/windlass/x', '/dev/null/x'])(
    'gives up where no directory can be made: %s',
    (directory) => {
      // In a separate process, because a read that never ends would block this one.
      const { status, signal, stderr } = spawnSync(
        process.execPath,
        [
          '--import',
          'tsx',
          '--eval',
          `import(${JSON.stringify(codeCache)}).then(({ CodeCache }) =>
            new CodeCache(${JSON.stringify(directory)}, 'pull', 'build 1').store(Buffer.from('code'), 0))`,
        ],
        { timeout: 10_000, killSignal: 'SIGKILL', encoding: 'utf8' },
      )
      expect([status, signal, stderr]).toEqual([0, null, ''])
      expect(existsSync(directory)).toBe(false)
    },
  )

  it('follows links that belong to this user or root, such as /home', () => {
    mkdirSync(join(top, 'real'), { mode: 0o700 })
    symlinkSync('real', join(top, 'link'))
    const linked = new CodeCache(join(top, 'link/windlass'), 'pull', 'build 1')
    linked.store(code, 0)
    expect(linked.read()).toEqual(code)
  })

  it('does not write through a link in place of its new file', () => {
    cache().store(Buffer.from('first'), 0)
    const victim = join(top, 'victim')
    writeFileSync(victim, 'as it was')
    const next = `${file()}.new`
    for (const stand of [() => symlinkSync(victim, next), () => execFileSync('mkfifo', [next])]) {
      stand()
      cache().store(code, 0)
      expect(readFileSync(victim, 'utf8')).toBe('as it was')
      expect(existsSync(next)).toBe(false)
    }
    expect(cache().read()).toEqual(code)
  })

  it('stores nothing, without an error, where other users or nobody can write', () => {
    mkdirSync(directory(), { recursive: true })
    chmodSync(directory(), 0o777)
    cache().store(code, 0)
    expect(cache().read()).toBeUndefined()
    rmSync(directory(), { recursive: true })
    writeFileSync(directory(), 'a file')
    cache().store(code, 0)
    expect(cache().read()).toBeUndefined()
  })
})
