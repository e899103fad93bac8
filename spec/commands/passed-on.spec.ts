/** Each option of a command reaches the library, and without the options, the library decides. */
import { Command } from 'commander'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { defineExport } from '../../cli/commands/archives/export.js'
import { defineImport } from '../../cli/commands/archives/import.js'
import { defineCat } from '../../cli/commands/cat.js'
import { defineCopy } from '../../cli/commands/copy.js'
import { defineCollect } from '../../cli/commands/gc.js'
import type { Define } from '../../cli/commands/index.js'
import { defineInspect } from '../../cli/commands/inspect.js'
import { defineList } from '../../cli/commands/ls.js'
import { definePlan } from '../../cli/commands/plan.js'
import { definePull } from '../../cli/commands/pull.js'
import { defineBundle } from '../../cli/commands/runtime/bundle.js'
import { defineMount } from '../../cli/commands/runtime/mount.js'
import { defineUsage } from '../../cli/commands/store/du.js'
import { defineHistory } from '../../cli/commands/store/history.js'
import { defineLease } from '../../cli/commands/store/lease.js'
import { defineSync } from '../../cli/commands/sync/sync.js'
import { defineTags } from '../../cli/commands/tags.js'
import { definePolicy } from '../../cli/commands/trust/policy.js'
import { defineReferrers } from '../../cli/commands/trust/referrers.js'
import { defineUnpack } from '../../cli/commands/unpack.js'
import { defineVerify } from '../../cli/commands/verify.js'
import { Messages } from '../../cli/terminal/messages.js'
import { Windlass } from '../../puller/index.js'
import { StoredContent } from '../../puller/stored-content.js'
import { Leases } from '../../puller/store/leases.js'
import { Artifacts } from '../../puller/trust/artifacts.js'
import { TestTerminal } from '../support/cli/test-terminal.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const store = temporaryDirectory()

/** Ends a command as soon as it has called the library. */
const seen = new Error('seen')

/** Runs a command up to its call of a method of the library. Returns the arguments of the call. */
async function called(define: Define, owner: object, method: string, argv: readonly string[], stdin = '') {
  const spy = vi.spyOn(owner as Record<string, () => unknown>, method).mockImplementation(() => {
    throw seen
  })
  const terminal = new TestTerminal({ stdin })
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined })
  define(command, Object.assign(terminal, { messages: new Messages(terminal.stderr) }))
  await expect(command.parseAsync([...argv], { from: 'user' })).rejects.toBe(seen)
  expect(spy).toHaveBeenCalledTimes(1)
  return spy.mock.calls[0] as readonly unknown[]
}

const { prototype: library } = Windlass
const { prototype: content } = StoredContent
const signal = expect.any(AbortSignal) as AbortSignal
const callback = expect.any(Function) as () => unknown
const platform = 'linux/arm64'
const flag = ['--platform', platform]
const at = ['--store', store]

afterEach(() => {
  vi.restoreAllMocks()
})

type Row = readonly [
  define: Define,
  owner: object,
  method: string,
  calls: readonly (readonly [argv: readonly string[], ...expected: readonly unknown[]])[],
]

const rows: readonly Row[] = [
  [
    ...([defineUnpack, library, 'unpack'] as const),
    [
      [['a', 'd', ...at], 'a', 'd', { signal }],
      [['a', 'd', ...flag, ...at], 'a', 'd', { signal, platform }],
    ],
  ],
  [
    ...([defineBundle, library, 'bundle'] as const),
    [
      [['a', 'd', ...at], 'a', 'd', { signal }],
      [['a', 'd', ...flag, ...at, '--', '-x', 'y'], 'a', 'd', { signal, platform, args: ['-x', 'y'] }],
      [['a', 'd', '--user', '1:2', ...at], 'a', 'd', { signal, user: '1:2' }],
      [['a', 'd', '--hostname', 'h', ...at], 'a', 'd', { signal, hostname: 'h' }],
      [['a', 'd', '-t', ...at], 'a', 'd', { signal, tty: true }],
      [['a', 'd', '--rootless', ...at], 'a', 'd', { signal, rootless: true }],
      [['a', 'd', '--mount', ...at], 'a', 'd', { signal, mount: true }],
    ],
  ],
  [
    ...([defineMount, library, 'mount'] as const),
    [
      [['a', 'd', ...at], 'a', 'd', { signal, onPull: callback }],
      [['a', 'd', ...flag, ...at], 'a', 'd', { signal, platform, onPull: callback }],
      [['a', 'd', '--rw', ...at], 'a', 'd', { signal, writable: true, onPull: callback }],
      [['a', 'd', '--changes', 'c', ...at], 'a', 'd', { signal, changes: 'c', onPull: callback }],
      [['a', 'd', '--method', 'link', ...at], 'a', 'd', { signal, method: 'link', onPull: callback }],
    ],
  ],
  [
    ...([definePlan, library, 'plan'] as const),
    [
      [['a', ...at], 'a', { signal, unpack: true, discardBlobs: false }],
      [['a', ...at, ...flag, '--no-unpack'], 'a', { signal, platform, unpack: false, discardBlobs: false }],
      [['a', ...at, '--discard-blobs'], 'a', { signal, unpack: true, discardBlobs: true }],
    ],
  ],
  [
    ...([defineInspect, library, 'inspect'] as const),
    [
      [['a', ...at], 'a', { signal, manifestOnly: false, tags: true }],
      [['a', ...at, ...flag, '--no-tags'], 'a', { signal, platform, manifestOnly: false, tags: false }],
      [['a', ...at, '--raw'], 'a', { signal, manifestOnly: true, tags: false }],
      [['a', ...at, '--config'], 'a', { signal, manifestOnly: false, tags: false }],
      [['a', ...at, '--format', '{{.Digest}}'], 'a', { signal, manifestOnly: false, tags: false }],
      [['a', ...at, '--format', '{{.RepoTags}}'], 'a', { signal, manifestOnly: false, tags: true }],
    ],
  ],
  [
    ...([defineList, library, 'files'] as const),
    [
      [['a', ...at], 'a', { signal, path: '', recursive: false, onWarning: callback }],
      [['a', '/p', '-R', ...at], 'a', { signal, path: '/p', recursive: true, onWarning: callback }],
      [['a', ...flag, ...at], 'a', { signal, platform, path: '', recursive: false, onWarning: callback }],
    ],
  ],
  [
    ...([defineCat, library, 'file'] as const),
    [
      [['a', '/p', ...at], 'a', '/p', { signal, verify: false, onWarning: callback }],
      [['a', '/p', '--verify', ...at], 'a', '/p', { signal, verify: true, onWarning: callback }],
      [['a', '/p', ...flag, ...at], 'a', '/p', { signal, platform, verify: false, onWarning: callback }],
    ],
  ],
  [
    ...([defineHistory, library, 'history'] as const),
    [
      [['a', ...at], 'a', { signal }],
      [['a', ...flag, ...at], 'a', { signal, platform }],
    ],
  ],
  [...([defineTags, library, 'tags'] as const), [[['a'], 'a', { signal, onWarning: callback }]]],
  [
    ...([defineCopy, library, 'copy'] as const),
    [
      [['a', 'b'], 'a', 'b', { signal }],
      [['a', 'b', ...flag], 'a', 'b', { signal, platform }],
      [['a', 'b', '--all-platforms'], 'a', 'b', { signal, allPlatforms: true }],
      [['a', 'b', '--referrers'], 'a', 'b', { signal, referrers: true }],
    ],
  ],
  [
    ...([defineExport, content, 'export'] as const),
    [
      [['a', 'b', ...at], ['a', 'b'], { signal, allPlatforms: false }],
      [['a', ...flag, ...at], ['a'], { signal, platform, allPlatforms: false }],
      [['a', '--all-platforms', ...at], ['a'], { signal, allPlatforms: true }],
    ],
  ],
  [
    ...([defineExport, content, 'exportFile'] as const),
    [[['a', '-o', 'f', '--all-platforms', ...at], 'f', ['a'], { signal, allPlatforms: true }]],
  ],
  [
    ...([defineImport, content, 'load'] as const),
    [
      [at, expect.anything() as object, { signal, onPull: callback }],
      [[...at, ...flag], expect.anything() as object, { signal, platform, onPull: callback }],
    ],
  ],
  [
    ...([defineVerify, library, 'verify'] as const),
    [
      [at, { signal, repair: false }],
      [['--repair', ...at], { signal, repair: true }],
    ],
  ],
  [
    ...([defineCollect, library, 'collect'] as const),
    [
      [at, { dryRun: false }],
      [['--dry-run', '--unused-for', '1h', ...at], { dryRun: true, unusedFor: 3_600_000 }],
      [['--keep-storage', '1K', ...at], { dryRun: false, keepStorage: 1_024 }],
    ],
  ],
  [...([defineUsage, library, 'usage'] as const), [[at, { signal }]]],
  [
    ...([defineLease, Leases.prototype, 'add'] as const),
    [
      [['add', 'a', '--owner', 'o', ...at], 'a', { signal, owner: 'o', duration: 86_400_000 }],
      [['add', 'a', '--owner', 'o', '--for', 'none', ...at], 'a', { signal, owner: 'o' }],
    ],
  ],
  [
    ...([definePolicy, Artifacts.prototype, 'check'] as const),
    [
      [['check', 'a'], 'a', { signal, onWarning: callback }],
      [['check', 'a', ...flag], 'a', { signal, platform, onWarning: callback }],
    ],
  ],
  [
    ...([defineReferrers, Artifacts.prototype, 'list'] as const),
    [
      [['a'], 'a', { signal, onWarning: callback }],
      [['a', ...flag], 'a', { signal, platform, onWarning: callback }],
      [['a', '--all-platforms'], 'a', { signal, allPlatforms: true, onWarning: callback }],
      [['a', '--artifact-type', 't'], 'a', { signal, artifactType: 't', onWarning: callback }],
      [['a', '--fetch', 'sbom'], 'a', { signal, fetch: callback, onWarning: callback }],
    ],
  ],
  [
    ...([definePull, library, 'pullMany'] as const),
    [
      [['a', 'b', ...at], ['a', 'b'], { signal, unpack: true, failFast: false, concurrency: undefined }],
      [['a', ...flag, '--no-unpack', ...at], ['a'], { signal, platform, unpack: false, failFast: false }],
      [['a', '--fail-fast', ...at], ['a'], { signal, unpack: true, failFast: true }],
      [['a', '--concurrency', '7', ...at], ['a'], { signal, unpack: true, failFast: false, concurrency: 7 }],
      [
        ['a', '--whiteouts', 'aufs', '--discard-blobs', ...at],
        ['a'],
        { signal, unpack: true, failFast: false, whiteouts: 'aufs', discardBlobs: true },
      ],
    ],
  ],
]

describe.each(rows.map((row) => ({ method: row[2], row })))('a command calls `$method`', ({ row }) => {
  const [define, owner, method, calls] = row
  it.each(calls)('for %j with these options and no others', async (...[argv, ...expected]) => {
    expect(await called(define, owner, method, argv as readonly string[])).toEqual(expected)
  })
})

describe('the options of `windlass sync`', () => {
  const list = 'sync: [{ source: quay.io/a/b:1, target: quay.io/c/d:1, type: image }]'
  const plan = {
    ...{ items: [], warnings: [] },
    counts: { copy: 1, replace: 0, referrers: 0, delete: 0, equal: 0, failed: 0 },
  }

  it.each([
    [[], { signal }],
    [['--delete'], { signal, delete: true }],
  ])('reach the plan: %j', async (argv, options) => {
    const [, given] = await called(defineSync, library, 'planSync', ['-', ...argv], list)
    expect(given).toEqual(options)
  })

  it.each([
    [[], '', { signal }],
    [['--fail-fast'], '', { signal, failFast: true }],
    [['--concurrency', '7'], 'defaults: { parallel: 5 }', { signal, concurrency: 7 }],
    [[], 'defaults: { parallel: 5 }', { signal, concurrency: 5 }],
  ])('reach the sync: %j with the list %j', async (argv, more, options) => {
    const planned = vi.spyOn(library, 'planSync').mockResolvedValue(plan)
    onTestFinished(() => {
      planned.mockRestore()
    })
    const text = `${more}\n${list}`
    expect(await called(defineSync, library, 'sync', ['-', ...argv], text)).toEqual([plan, options])
  })
})
