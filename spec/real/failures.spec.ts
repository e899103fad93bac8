/** What is wrong at the registry ends a pull with an error and an exit code of its own, and the store as it was. */
import { createServer, type AddressInfo } from 'node:net'
import { existsSync } from 'node:fs'
import { open, WindlassError } from 'windlass'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compareTrees, describeTree, type TreeEntry } from '../../lib/archive/index.js'
import { expectExit, runWindlass } from '../../testbench/harness/command-line.js'
import { describeReal } from '../../testbench/harness/components.js'
import { startDistribution, type Distribution } from '../../testbench/harness/distribution.js'
import { pushSmallImage, tamper } from '../../testbench/harness/small-image.js'
import { workspace } from '../../testbench/harness/workspace.js'

interface Failing {
  readonly reference: string
  /** Digests that must not be found anywhere in the store. */
  readonly unwanted: readonly string[]
}

const flip = (bytes: Buffer): Buffer => {
  const changed = Buffer.from(bytes)
  const middle = bytes.length >> 1
  changed.writeUInt8(changed.readUInt8(middle) ^ 1, middle)
  return changed
}

const cases: Record<
  string,
  {
    readonly code: string
    readonly exit: number
    readonly make: (registry: Distribution) => Promise<Failing>
  }
> = {
  'a wrong byte in a layer': {
    code: 'DIGEST_MISMATCH',
    exit: 5,
    make: async (registry) => {
      const image = await pushSmallImage(registry, 'wrong/byte', 'wrong byte')
      await tamper(registry, image.layer, flip)
      return { reference: image.reference, unwanted: [image.layer, image.diffId] }
    },
  },
  'a layer that is longer than its manifest says': {
    code: 'SIZE_MISMATCH',
    exit: 5,
    make: async (registry) => {
      const image = await pushSmallImage(registry, 'wrong/size', 'wrong size', { layerSize: -7 })
      return { reference: image.reference, unwanted: [image.layer, image.diffId] }
    },
  },
  'a layer that is shorter than its manifest says': {
    code: 'SIZE_MISMATCH',
    exit: 5,
    make: async (registry) => {
      const image = await pushSmallImage(registry, 'wrong/short', 'wrong, too short', { layerSize: 7 })
      return { reference: image.reference, unwanted: [image.layer, image.diffId] }
    },
  },
  'a layer that is not the config’s diffID': {
    code: 'DIFF_ID_MISMATCH',
    exit: 5,
    make: async (registry) => {
      const diffId = `sha256:${'5'.repeat(64)}`
      const image = await pushSmallImage(registry, 'wrong/diff-id', 'wrong diffID', { diffId })
      return { reference: image.reference, unwanted: [image.layer, diffId] }
    },
  },
  'a manifest that does not match its digest': {
    code: 'DIGEST_MISMATCH',
    exit: 5,
    make: async (registry) => {
      const image = await pushSmallImage(registry, 'wrong/manifest', 'wrong manifest')
      await tamper(registry, image.manifest, (bytes) =>
        Buffer.from(bytes.toString().replace('"schemaVersion":2', '"schemaVersion": 2')),
      )
      return {
        reference: image.reference.replace(':latest', `@${image.manifest}`),
        unwanted: [image.manifest, image.layer],
      }
    },
  },
  'a tag that is not there': {
    code: 'MANIFEST_UNKNOWN',
    exit: 4,
    make: async (registry) => {
      await pushSmallImage(registry, 'right/image', 'right')
      return { reference: `${registry.host}/right/image:missing`, unwanted: [] }
    },
  },
  // The distribution server says the same of a repository as of a tag.
  'a repository that is not there': {
    code: 'MANIFEST_UNKNOWN',
    exit: 4,
    make: async (registry) => ({ reference: `${registry.host}/no/such:latest`, unwanted: [] }),
  },
  'a registry that is not there': {
    code: 'NETWORK',
    exit: 6,
    make: async () => ({ reference: `127.0.0.1:${await closedPort()}/no/registry:latest`, unwanted: [] }),
  },
}

describeReal('a pull fails on', () => {
  let registry: Distribution
  let good: string

  beforeAll(async () => {
    registry = await startDistribution()
    good = (await pushSmallImage(registry, 'good/image', 'good')).reference
  })
  afterAll(() => registry.stop())

  it.each(Object.entries(cases))('%s', async (_title, { code, exit, make }) => {
    const { store } = await workspace()
    const { reference, unwanted } = await make(registry)
    expectExit(await runWindlass(['pull', good, '--store', store, '--plain-http']), 0)
    const before = await settled(store)

    const result = await runWindlass(['pull', reference, '--store', store, '--plain-http', '--retries', '1'])
    expectExit(result, exit, '')
    expect(result.stderr, 'no stack trace').not.toMatch(/^\s+at /m)
    expect(result.stderr.trim()).not.toBe('')
    expectUntouched(before, await settled(store), unwanted)

    const library = await open({ store, plainHttp: true, retries: 1 })
    const pull = library.pull(reference)
    const error: unknown = await pull.done.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    await library.close()
    expect(error).toBeInstanceOf(WindlassError)
    expect(error).toMatchObject({ code, exitCode: exit })
    expectUntouched(before, await settled(store), unwanted)
  })

  it('a name that no reference can be: ends with 2', async () => {
    const { store } = await workspace()
    expectExit(await runWindlass(['pull', 'Not A Name', '--store', store]), 2, '')
    expect(existsSync(store), 'nothing was made for it').toBe(false)
  })
})

/** The store without what is only there to work with: partial downloads and staging, and times of directories. */
const settled = async (store: string): Promise<TreeEntry[]> =>
  (await describeTree(store)).map((entry) => (entry.type === 'directory' ? { ...entry, mtime: 0n } : entry))

const isWorkspace = (path: string): boolean => /^(staging|partial)(\/|$)|(^|\/)[^/]*\.?lock(s|$)/.test(path)

function expectUntouched(before: TreeEntry[], after: TreeEntry[], unwanted: readonly string[]): void {
  const differences = compareTrees(before, after, { except: ({ path }) => isWorkspace(path) })
  // The config of an image whose layer is wrong may have come already: it is whole and verified.
  const changed = differences.filter(
    ({ attribute, left, path }) =>
      !(attribute === 'entry' && left === undefined && path.startsWith('blobs/')),
  )
  expect(changed.map(({ text }) => text)).toEqual([])
  const left = after.filter(({ path }) => path.startsWith('staging/') && path.split('/').length > 2)
  expect(
    left.map(({ path }) => path),
    'staging is swept',
  ).toEqual([])
  for (const digest of unwanted) {
    const hex = digest.slice(digest.indexOf(':') + 1)
    expect(after.filter(({ path }) => path.includes(hex)).map(({ path }) => path)).toEqual([])
  }
}

/** A port where nobody listens: one that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
