/** Runs one catalogued fault through a real puller, and collects everything that is not as it must be. */
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { cp, readFile, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { inspect } from 'node:util'
import { WindlassError } from '../../lib/errors.js'
import type { PullEvent } from '../../lib/events/index.js'
import { violationsOf } from '../../testbench/events/violations.js'
import { imageOf } from '../support/workbench.js'
import { putImage } from '../../lib/testing/images/index.js'
import {
  type CataloguedFault,
  type FaultScene,
  startFaultScene,
  startRegistry,
} from '../../lib/testing/registry/index.js'
import { type Windlass, open } from '../../puller/index.js'

/** In memory where there is such a place: syncing a disk that others write to takes seconds. */
const place = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'windlass-faults-'))

export interface Ran {
  /** `image`, `tags` or the code of the error. */
  readonly gave: string
  /** The error's message, if there was one. */
  readonly message: string
  readonly spent: ReturnType<FaultScene['traffic']>
  readonly milliseconds: number
  /** Each sentence is something wrong. */
  readonly wrong: readonly string[]
}

/** A store that holds an image from before, for all runs to begin with. */
export async function prepareStore(): Promise<string> {
  const store = join(place, 'before')
  const registry = await startRegistry()
  await putImage(registry, 'team/earlier', 'v1', imageOf(['earlier']))
  const puller = await open({ store, credentials: {} })
  await puller.pull(`${registry.host}/team/earlier:v1`, { unpack: false, platform: 'linux/amd64' }).done
  await puller.close()
  await registry.close()
  return store
}

export const removeStores = (): void => rmSync(place, { recursive: true, force: true })

let runs = 0

export async function runFault(fault: CataloguedFault, earlier: string): Promise<Ran> {
  const store = join(place, String(++runs))
  await cp(earlier, store, { recursive: true, verbatimSymlinks: true })
  const before = await contentsOf(store)
  const scene = await startFaultScene(fault)
  const puller = await pullerFor(scene, store)
  const wrong: string[] = []
  try {
    const begun = performance.now()
    const { gave, message, texts, events } = await act(scene, puller)
    const milliseconds = performance.now() - begun
    const spent = scene.traffic()
    if (gave !== fault.outcome) wrong.push(`gave ${gave} in place of ${fault.outcome}: ${message}`)
    wrong.push(...scene.findings())
    if (events.length > 0) wrong.push(...violationsOf(events))
    wrong.push(...told(texts, scene))
    if (gave === 'image') wrong.push(...(await lacks(store, scene)))
    else wrong.push(...(await changes(before, store, scene)))
    wrong.push(...(await secretsIn(store, scene)))
    if (fault.setting.trusted !== false && fault.moment !== 'tls')
      wrong.push(...(await afterwards(scene, puller, store)))
    return { gave, message, spent, milliseconds, wrong }
  } finally {
    await puller.close()
    await scene.close()
    rmSync(store, { recursive: true, force: true })
  }
}

const pullerFor = ({ fault, registry, login, ca }: FaultScene, store: string): Promise<Windlass> =>
  open({
    store,
    ...{ retries: 3, retryDelay: 5, stallTimeout: fault.silent ? 400 : 20_000, maxUnpacks: 1 },
    credentials: { [registry.host]: login },
    ...(ca !== undefined && { ca }),
  })

const wanted = { unpack: false, platform: 'linux/amd64' } as const

interface Acted {
  readonly gave: string
  readonly message: string
  /** All that a log or a terminal could show of it. */
  readonly texts: readonly string[]
  readonly events: readonly PullEvent[]
}

async function act({ fault, reference, registry, repository }: FaultScene, puller: Windlass): Promise<Acted> {
  const texts: string[] = []
  const events: PullEvent[] = []
  try {
    if (fault.action === 'tags') {
      for await (const tag of puller.tags(`${registry.host}/${repository}`)) texts.push(tag)
      return { gave: 'tags', message: '', texts, events }
    }
    const pull = puller.pull(reference, wanted)
    pull.events.subscribe((event) => {
      events.push(event)
      texts.push(JSON.stringify(event))
    })
    await pull.done.finally(() => pull.closed())
    return { gave: 'image', message: '', texts, events }
  } catch (error) {
    texts.push(inspect(error, { depth: 10, showHidden: true, getters: true }), JSON.stringify(error))
    return {
      gave: error instanceof WindlassError ? error.code : String(error),
      message: error instanceof Error ? error.message : '',
      ...{ texts, events },
    }
  }
}

/** Escapes for a terminal but the colours that nobody asked for here, and marks that turn the direction of text. */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

function told(texts: readonly string[], scene: FaultScene): readonly string[] {
  const all = texts.join('\n')
  return [
    ...scene
      .secrets()
      .flatMap((secret) => (all.includes(secret) ? ['a secret stands in an event or an error'] : [])),
    ...(steering.test(all) ? ['an event or an error steers the terminal'] : []),
  ]
}

/** Digests of the files of a store, by path; without what belongs to a run. */
async function contentsOf(store: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(store, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(store, join(entry.parentPath, entry.name)))
    .filter((path) => !/^(?:staging|partial)\//.test(path))
  return new Map(
    await Promise.all(files.map(async (path) => [path, await hashOf(join(store, path))] as const)),
  )
}

const hashOf = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')

/** What a failure changed: nothing but bytes that can be gone on with, and verified blobs that no name leads to yet. */
async function changes(
  before: ReadonlyMap<string, string>,
  store: string,
  scene: FaultScene,
): Promise<readonly string[]> {
  const after = await contentsOf(store)
  const whole = new Set([...scene.image.blobs.keys()].map((digest) => digest.slice('sha256:'.length)))
  return [
    ...[...before].flatMap(([path, hash]) => (after.get(path) === hash ? [] : [`${path} was changed`])),
    ...[...after].flatMap(([path, hash]) =>
      before.has(path) || (path === `blobs/sha256/${hash}` && whole.has(hash)) ? [] : [`${path} was left`],
    ),
    ...(await leftovers(store, scene)),
  ]
}

/** What stands in the places for what is not finished. */
async function leftovers(store: string, { image }: FaultScene): Promise<readonly string[]> {
  const layers = new Set(image.layers.map(({ digest }) => digest.slice('sha256:'.length)))
  const filesIn = async (directory: string): Promise<string[]> =>
    existsSync(join(store, directory)) ? readdir(join(store, directory), { recursive: true }) : []
  const staged = (await filesIn('staging')).filter(
    (path) => !/^[^/]+(?:\/(?:lock|holds)(?:\/.*)?)?$/.test(path),
  )
  const partial = (await filesIn('partial')).filter(
    (path) => /\/.*[0-9a-f]{64}/.test(path) || /^[^/]+\/[^/]+$/.test(path),
  )
  return [
    ...staged.map((path) => `staging/${path} was left`),
    ...partial
      .filter((path) => ![...layers].some((hex) => path.includes(hex)))
      .map((path) => `partial/${path} is of no layer`),
  ]
}

/** The bytes that a pull must have brought. */
async function lacks(store: string, { digests, reference }: FaultScene): Promise<readonly string[]> {
  const missing = await Promise.all(
    digests().map(async (digest) => {
      const hex = digest.slice('sha256:'.length)
      const hash = await hashOf(join(store, 'blobs', 'sha256', hex)).catch(() => 'missing')
      return hash === hex ? [] : [`the blob ${digest} of ${reference} is ${hash}`]
    }),
  )
  return missing.flat()
}

async function secretsIn(store: string, scene: FaultScene): Promise<readonly string[]> {
  const entries = await readdir(store, { recursive: true, withFileTypes: true })
  const secrets = scene.secrets()
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const bytes = await readFile(join(entry.parentPath, entry.name))
        return secrets.some((secret) => bytes.includes(secret)) ? [`${entry.name} holds a secret`] : []
      }),
  )
  return found.flat()
}

/** Once the fault is over, the same puller and the same store bring the right image. */
async function afterwards(scene: FaultScene, puller: Windlass, store: string): Promise<readonly string[]> {
  scene.endFault()
  try {
    await puller.pull(scene.reference, wanted).done
    return await lacks(store, scene)
  } catch (error) {
    return [`the pull after it failed: ${error instanceof Error ? error.message : String(error)}`]
  }
}
