/** Filters of lists and of `prune`: the parameter `filters`, JSON of one of two forms. */
import * as t from 'io-ts'
import { DockerError } from './failure.js'
import { type DockerImage, repoTagsOf } from './docker-images.js'
import { createdOf } from './image-shapes.js'

const Filters = t.union([
  t.record(t.string, t.array(t.string)),
  t.record(t.string, t.record(t.string, t.boolean)),
])

/** Filters by name. */
export type Filters = ReadonlyMap<string, readonly string[]>

/**
 * Reads filters.
 * @param known the names that the request accepts
 * @throws DockerError 400
 */
export function filtersOf(text: string | undefined, known: readonly string[]): Filters {
  if (text === undefined || text === '') return new Map()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new DockerError(400, 'invalid filter')
  }
  const decoded = Filters.decode(value)
  if (decoded._tag === 'Left') throw new DockerError(400, 'invalid filter')
  const filters = new Map(
    Object.entries<FilterValues>(decoded.right).map(([name, values]) => [name, valuesOf(values)] as const),
  )
  for (const name of filters.keys())
    if (!known.includes(name)) throw new DockerError(400, `invalid filter '${name}'`)
  return filters
}

/** Reports whether an image passes `filters`. `all`: all images, for the filters that name one. */
export function passes(
  found: DockerImage,
  filters: Filters,
  all: readonly DockerImage[],
  now = Date.now(),
): boolean {
  const has = (name: string, test: (value: string) => boolean): boolean => {
    const values = filters.get(name)
    return values === undefined || values.length === 0 || values.some(test)
  }
  const every = (name: string, test: (value: string) => boolean): boolean =>
    filters.get(name)?.every(test) ?? true
  const created = createdOf(found.image)
  const dangling = repoTagsOf(found).length === 0
  return (
    has('dangling', (value) => isTrue(value) === dangling) &&
    every('label', (value) => hasLabel(found, value)) &&
    every('label!', (value) => !hasLabel(found, value)) &&
    has('reference', (pattern) => found.names.some((name) => isMatch(pattern, name))) &&
    every('before', (name) => created < createdOfNamed(name, all)) &&
    every('since', (name) => created > createdOfNamed(name, all)) &&
    every('until', (value) => created < untilOf(value, now))
  )
}

/** Returns the image with those of its names that match the filter `reference`: a list shows no others. */
export function withMatchingNames(found: DockerImage, filters: Filters): DockerImage {
  const patterns = filters.get('reference') ?? []
  if (patterns.length === 0) return found
  return { ...found, names: found.names.filter((name) => patterns.some((pattern) => isMatch(pattern, name))) }
}

type FilterValues = readonly string[] | Readonly<Record<string, boolean>>

/** The second form is that of API versions before 1.22, which clients still send. */
const valuesOf = (values: FilterValues): readonly string[] =>
  isList(values) ? values : Object.entries(values).flatMap(([value, isOn]) => (isOn ? [value] : []))

const isList = (values: unknown): values is readonly string[] => Array.isArray(values)

const isTrue = (value: string): boolean => {
  if (['1', 'true', 'True', 'TRUE', 't', 'T'].includes(value)) return true
  if (['0', 'false', 'False', 'FALSE', 'f', 'F'].includes(value)) return false
  throw new DockerError(400, "invalid filter 'dangling=" + value + "'")
}

function hasLabel({ image }: DockerImage, text: string): boolean {
  const [name = '', value] = text.split(/=(.*)/s, 2)
  const labels = image.config.config?.Labels ?? {}
  return Object.hasOwn(labels, name) && (value === undefined || labels[name] === value)
}

function isMatch(pattern: string, { reference }: DockerImage['names'][number]): boolean {
  const expression = new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
      .replace(/\*/g, '[^/]*')
      .replace(/\?/g, '[^/]')}$`,
  )
  const familiar = reference.familiar()
  const repository = familiar.replace(/@.*$/s, '').replace(/:[^/:]*$/, '')
  return [familiar, repository, reference.toString(), reference.name].some((name) => expression.test(name))
}

function createdOfNamed(name: string, all: readonly DockerImage[]): number {
  const found = all.find(
    (each) =>
      each.id === name ||
      each.id.startsWith(`sha256:${name}`) ||
      each.names.some((own) => isMatch(name, own)),
  )
  if (!found) throw new DockerError(404, `No such image: ${name}`)
  return createdOf(found.image)
}

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 }

/** Returns the time of `until` in seconds since 1970: a time, or a duration before now such as `24h` or `1h30m`. */
function untilOf(text: string, now: number): number {
  if (/^(?:\d+(?:\.\d+)?[smh])+$/.test(text)) {
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([smh])/g)]
    return now / 1_000 - parts.reduce((total, [, count, unit]) => total + Number(count) * seconds[unit!]!, 0)
  }
  const time = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Date.parse(text) / 1_000
  if (!Number.isFinite(time)) throw new DockerError(400, `invalid filter 'until=${text}'`)
  return time
}
