/** Offers names of images: those in the store, layouts and archives on disk, and the tags of a repository in its registry. */
import { listedImages } from '../../puller/names/listed-images.js'
import { openOptions, type Settings } from '../setup/settings.js'
import type { Terminal } from '../terminal/terminal.js'
import { localPrefixes } from '../../lib/image/reference/image-name.js'
import { pathsBelow } from './paths.js'
import type { Candidate, Reply } from './reply.js'

/** What the names depend on. */
export interface ImageContext {
  /** The options on the command line, before the word. */
  readonly flags: Settings
  readonly terminal: Terminal
  /** Ends requests. */
  readonly signal: AbortSignal
  /** Whether only names in the store are offered. */
  readonly onlyStored: boolean
}

/** Returns what the shell is to offer for an image name that starts with `start`. */
export async function imageNames(start: string, context: ImageContext): Promise<Reply> {
  const { flags, terminal, onlyStored } = context
  const prefix = onlyStored ? undefined : localPrefixes.find((each) => start.startsWith(each))
  const path = start.slice(prefix?.length)
  if (prefix !== undefined && !path.includes(':'))
    return pathsBelow(prefix, path, !prefix.endsWith('-archive:'))
  const stored = storedNames(start, flags, terminal)
  const tagged = onlyStored ? undefined : taggedRepository(start)
  const tags = tagged === undefined ? [] : await registryTags(tagged.repository, context)
  const names = new Map<string, Candidate>(stored.map((each) => [each.value, each]))
  for (const tag of tags) {
    const value = `${tagged?.repository}:${tag}`
    if (tag.startsWith(tagged?.tag ?? '') && !names.has(value)) names.set(value, { value })
  }
  return { kind: 'words', candidates: [...names.values()] }
}

/** Returns repositories of the store that start with `start`. */
export function storedRepositories(start: string, { flags, terminal }: ImageContext): Reply {
  const names = storedNames(start, flags, terminal).map(({ value }) => value.replace(/@.*$|:[^:/]*$/g, ''))
  return { kind: 'words', candidates: [...new Set(names)].map((value) => ({ value })) }
}

/** A name is offered as the user typed it, or in its normalised form if the word is the start of that form only. */
function storedNames(start: string, { store }: Settings, { env }: Terminal): Candidate[] {
  return listedImages(store === undefined ? {} : { store }, env).flatMap(({ name, typed }) => {
    const value = [typed, name].find((each) => each.startsWith(start))
    return value === undefined ? [] : { value, description: 'in the store' }
  })
}

/** Splits `alpine:3.` into repository and tag. Undefined for a word that is no repository with a colon behind it. */
export function taggedRepository(word: string): { repository: string; tag: string } | undefined {
  const [, repository = '', tag = ''] = /^([^@]+):([\w.-]*)$/.exec(word) ?? []
  // localhost:50 and registry.example:50 are the start of a host with a port.
  const isHost = !repository.includes('/') && /[.:]|^localhost$/.test(repository)
  return repository === '' || isHost ? undefined : { repository, tag }
}

/** Returns the tags of a repository: as many as arrive before `signal` aborts, and none if the request fails. */
async function registryTags(
  repository: string,
  { flags, terminal, signal }: ImageContext,
): Promise<readonly string[]> {
  const tags: string[] = []
  try {
    const { open } = await import('../../puller/index.js')
    // A password on stdin is for the command, not for its completion.
    const settings = Object.fromEntries(
      Object.entries(flags).filter(([name]) => name !== 'username' && name !== 'passwordStdin'),
    )
    const windlass = await open(await openOptions(settings, terminal, [], signal))
    try {
      for await (const tag of windlass.tags(repository, { signal })) tags.push(tag)
    } finally {
      void windlass.close()
    }
  } catch {
    // A shell offers nothing rather than an error.
  }
  return tags
}
