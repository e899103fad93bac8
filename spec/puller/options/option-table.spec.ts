/** Tests that every call validates every option, with invalid values of all kinds. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stage } from '../../../lib/flow/index.js'
import { type Windlass, open } from '../../../puller/index.js'
import { collectTable } from '../../../puller/store/store-options.js'
import * as tables from '../../../puller/options/option-table.js'
import { storeDirectory } from '../../../puller/options/options.js'
import { Workbench } from '../../support/workbench.js'

const bench = new Workbench()

/** The part of an option table's entry that the tests use. */
type AnyEntry = { readonly codec: { readonly name: string; readonly is: (value: unknown) => boolean } }

type Call = (windlass: Windlass, options: object) => unknown

const emptyReport = {
  ...{ outcomes: [], pulled: 0, failed: 0, retryable: 0, duration: 0 },
  bytes: { total: 0, downloaded: 0 },
}

const calls: Readonly<Record<string, readonly [Readonly<Record<string, AnyEntry>>, Call]>> = {
  open: [tables.openTable, (_, options) => open(options)],
  pull: [tables.pullTable, (windlass, options) => windlass.pull('a', options)],
  unpack: [tables.unpackTable, (windlass, options) => windlass.unpack('a', '/nowhere', options)],
  pullAllTags: [tables.pullAllTable, (windlass, options) => windlass.pullAllTags('a', options)],
  pullAllPlatforms: [
    tables.pullPlatformsTable,
    (windlass, options) => windlass.pullAllPlatforms('a', options),
  ],
  pullMany: [tables.pullManyTable, (windlass, options) => windlass.pullMany(['a'], options)],
  retryFailed: [
    tables.retryFailedTable,
    (windlass, options) => windlass.retryFailed({ ...emptyReport }, options),
  ],
  inspect: [tables.inspectTable, (windlass, options) => windlass.inspect('a', options)],
  files: [tables.filesTable, (windlass, options) => windlass.files('a', options)],
  file: [tables.fileTable, (windlass, options) => windlass.file('a', '/b', options)],
  resolve: [tables.signalTable, (windlass, options) => windlass.resolve('a', options)],
  latestOrFirst: [tables.signalTable, (windlass, options) => windlass.latestOrFirst('a', options)],
  tags: [tables.tagsTable, (windlass, options) => windlass.tags('a', options)],
  collect: [collectTable, (windlass, options) => windlass.collect(options)],
  verify: [tables.verifyTable, (windlass, options) => windlass.verify(options)],
  'limits.set': [tables.liveLimitsTable, (windlass, options) => windlass.limits.set(options)],
  close: [tables.closeTable, (windlass, options) => windlass.close(options)],
}

/** Values that most options refuse. Each test skips the values that are valid for the option. */
const wrong: readonly unknown[] = [
  ...[NaN, Infinity, -Infinity, -1, -0.5, 2 ** 31, 2 ** 53, 1e308],
  ...[null, '', 'three', true, 5n, Symbol('x'), () => 1, [], ['a', 5], {}, { aborted: true }, new Date(0)],
  ...['a\0b', 'a\nb', 'overlays', [''], ['a:b/c d'], { layerBytes: -1 }, { 'docker.io': 'me' }],
]

const attempt = async (call: Call, windlass: Windlass, options: object): Promise<unknown> =>
  Promise.resolve()
    .then(() => call(windlass, options))
    .then(
      () => undefined,
      (error: unknown) => error,
    )

describe('the options of every call', () => {
  it.each(Object.keys(calls))('%s refuses an invalid value and names the option', async (name) => {
    const windlass = await bench.puller()
    const [table, call] = calls[name]!
    for (const [option, { codec }] of Object.entries(table))
      for (const value of wrong.filter((each) => !codec.is(each))) {
        const error = await attempt(call, windlass, { [option]: value })
        expect(error, `${option}: ${String(value)}`).toMatchObject({
          code: 'USAGE',
          exitCode: 2,
          message: expect.stringMatching(
            `^The option ${option} of ${name} must be ${codec.name.replace(/[{}()[\]]/g, '\\$&')}`,
          ),
        })
      }
  })

  it.each(Object.keys(calls))(
    '%s refuses an option that does not exist, and lists those that do',
    async (name) => {
      const windlass = await bench.puller()
      const [table, call] = calls[name]!
      await fc.assert(
        fc.asyncProperty(fc.string(), fc.anything(), async (option, value) => {
          fc.pre(!Object.hasOwn(table, option) && option !== '__proto__')
          const error = await attempt(call, windlass, { [option]: value })
          expect(error).toMatchObject({
            code: 'USAGE',
            hint: expect.stringContaining(Object.keys(table).join(', ')),
          })
        }),
        { numRuns: 30 },
      )
      expect(await attempt(call, windlass, { constructor: 1 })).toMatchObject({ code: 'USAGE' })
    },
  )

  it.each(Object.keys(calls))('%s refuses options that are not an object', async (name) => {
    const windlass = await bench.puller()
    for (const options of [null, 5, 'store', [], true, new Map(), Object.create({ store: 'x' })])
      expect(await attempt(calls[name]![1], windlass, options as object)).toMatchObject({ code: 'USAGE' })
  })

  it('every option that takes a number refuses NaN, negative numbers and values of other types', () => {
    for (const [table] of Object.values(calls))
      for (const [option, { codec }] of Object.entries(table)) {
        if (!codec.is(1)) continue
        for (const value of [NaN, Infinity, -Infinity, -1, '1', 1n, true])
          expect(codec.is(value), `${option}: ${String(value)}`).toBe(
            option === 'bytesPerSecond' && value === Infinity, // no limit
          )
      }
    for (const option of ['maxDownloads', 'maxUnpacks', 'bytesPerSecond', 'retries', 'stallTimeout'] as const)
      expect(tables.openTable[option].codec.is(0), option).toBe(false)
    for (const option of ['stallTimeout', 'retryDelay'] as const) {
      expect(tables.openTable[option].codec.is(2 ** 31 - 1), option).toBe(true)
      expect(tables.openTable[option].codec.is(2 ** 31), option).toBe(false)
    }
    for (const option of ['maxDownloads', 'maxUnpacks'] as const) {
      expect(tables.openTable[option].codec.is(1_000), option).toBe(true)
      expect(tables.openTable[option].codec.is(2 ** 53 - 1), option).toBe(false)
    }
    const { trustedRealms, foreignHosts } = tables.openTable
    expect(trustedRealms.codec.is(['https://auth.example:5001'])).toBe(true)
    for (const wrong of ['http://u:p@h', 'http://h/path?q', 'ftp://h', 'h'])
      expect(trustedRealms.codec.is([wrong]), wrong).toBe(false)
    expect(foreignHosts.codec.is(['*'])).toBe(false)
  })

  it('every default is a valid value of its option', () => {
    for (const [table] of Object.values(calls))
      for (const [option, entry] of Object.entries<AnyEntry & { readonly default?: unknown }>(table))
        if (entry.default !== undefined) expect(entry.codec.is(entry.default), option).toBe(true)
  })

  it('an option with the value undefined counts as not given', async () => {
    const none = Object.fromEntries(Object.keys(tables.openTable).map((option) => [option, undefined]))
    await (await open({ ...none, store: bench.path() })).close()
  })

  it('errors do not contain secret values', async () => {
    for (const credentials of [
      { 'docker.io': { username: '', password: 'hunter2' } },
      'me:hunter2',
      ['hunter2'],
    ])
      await expect(open({ credentials } as never)).rejects.toSatisfy(
        (error: Error) => !error.message.includes('hunter2'),
      )
    await expect(open({ trustedRealms: ['ftp://me:hunter2@auth.lan'] })).rejects.toSatisfy(
      (error: Error) => !error.message.includes('hunter2'),
    )
  })

  it('an argument that is not a string causes USAGE, not an internal error', async () => {
    const windlass = await bench.puller()
    const given = 5 as unknown as string
    for (const call of [
      () => windlass.pull(given),
      () => windlass.unpack('a', given),
      () => windlass.unpack('a', ''),
      () => windlass.pullAllTags(given),
      () => windlass.pullAllPlatforms(given),
      () => windlass.inspect(given),
      () => windlass.resolve(given),
      () => windlass.latestOrFirst(given),
      () => windlass.tags(given),
      () => windlass.remove(given),
    ])
      expect(await attempt(call, windlass, {})).toMatchObject({ code: 'USAGE' })
  })
})

describe('the policy of `open`', () => {
  const identity = { subject: 'me', issuer: /https:.*/ }

  it.each([{}, { file: '/p' }, { keys: 'PEM' }, { identity, trustRoot: '{}' }, { file: undefined }])(
    'may be %j',
    (value) => {
      expect(tables.openTable.policy.codec.is(value)).toBe(true)
    },
  )

  it.each([
    'text',
    { file: 7 },
    { keys: '' },
    { trustRoot: {} },
    { rule: 'accept' },
    { identity: 'me' },
    { identity: { subject: 'me' } },
    { identity: { issuer: 'https://a' } },
    { identity: { subject: 'me', issuer: '' } },
  ])('must not be %j', (value) => {
    expect(tables.openTable.policy.codec.is(value)).toBe(false)
  })
})

describe('the variables that the library reads', () => {
  it('WINDLASS_STORE must be a path; an empty value counts as not set', () => {
    const value = 'a\0b'
    expect(storeDirectory({}, { WINDLASS_STORE: '' })).toBe(storeDirectory({}, {}))
    expect(() => storeDirectory({}, { WINDLASS_STORE: value })).toThrow(
      /^The variable WINDLASS_STORE must be a path/,
    )
    expect(storeDirectory({ store: '/own' }, { WINDLASS_STORE: value })).toBe('/own')
  })

  it('a relative or empty XDG_DATA_HOME is ignored', () => {
    const standard = storeDirectory({}, {})
    expect(storeDirectory({}, { XDG_DATA_HOME: '' })).toBe(standard)
    expect(storeDirectory({}, { XDG_DATA_HOME: 'data' })).toBe(standard)
    expect(storeDirectory({}, { XDG_DATA_HOME: '/data' })).toBe('/data/windlass')
  })
})

describe('close and closed with a stage that never ends', () => {
  it('reject after `within` with the name of the stage, and continue to close', async () => {
    const registry = await bench.registry()
    const windlass = await open({ store: bench.path() })
    let answer = (): void => undefined
    let begun = (): void => undefined
    const asked = new Promise<void>((resolve) => (begun = resolve))
    const silent = stage(
      () => {
        begun()
        return new Promise<never>((_, reject) => (answer = () => reject(new Error('late'))))
      },
      { name: 'silent-stage' },
    )
    const pull = windlass.pull(`${registry.host}/team/app:1`, {
      stages: (bound) => ({ ...bound, resolve: silent }),
    })
    await asked
    await expect(pull.closed({ within: 200 })).rejects.toThrow(/Still running after 200 ms: .*silent-stage/)
    pull.cancel()
    await expect(pull.done).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(pull.closed({ within: 50 })).rejects.toThrow(/silent-stage/)
    await expect(windlass.close({ within: 50 })).rejects.toThrow(/silent-stage/)
    answer()
    await pull.closed({ within: 5_000 })
    await windlass.close()
  })
})
