/**
 * Reads the files of regsync, version 1, and the keys that Windlass adds to them: `tags.newest`. Source: the manual of
 * regclient, "regsync". Keys that change which images end up where, and that Windlass lacks, are refused by name; other
 * keys without effect are warnings.
 */
import { asWindlassError } from '../errors.js'
import { checkPullable, parseImageName, parsePlatform } from '../image/index.js'
import { FlagCodec, TextCodec, TextOrTextsCodec, TextsCodec, countCodec, wordCodec } from './list-codecs.js'
import { type KeyRules, type ListDocument, type ListPath } from './list-document.js'
import { type TemplateValues, expandTemplates } from './list-templates.js'
import { readRegsyncHosts } from './regsync-hosts.js'
import { parseRepository, repositoryName, withOurScheme } from './repository-name.js'
import { wholePattern } from './select-tags.js'
import type { SyncEntry, SyncHost, TagFilter } from './sync-list.js'
import { parseVersionRange } from './version-range.js'

const timer = { ignored: 'a sync runs once; start it by a timer.' } as const
const limits = { ignored: 'use --retries and --max-rate; equal images cost only HEAD requests.' } as const

/** Keys that entries have in common with the defaults. */
const sharedKeys: KeyRules = {
  referrers: 'read',
  digestTags: 'read',
  fastCheck: 'read',
  backup: { refused: 'Windlass makes no backups. Copy the images first, or leave the key out' },
  mediaTypes: { refused: 'all kinds of images are copied' },
  referrerFilters: { refused: 'all referrers are copied' },
  referrerSource: { refused: 'referrers are in the repository of the image' },
  referrerTarget: { refused: 'referrers are in the repository of the image' },
  cleanupTags: { refused: 'use --delete, which shows what it will remove' },
  cleanupTagsExclude: { refused: 'use --delete, with filters that do not select the tags to keep' },
  includeExternal: 'read',
  forceRecursive: { ignored: 'an image is copied with all that the target lacks.' },
  referrerSlow: { ignored: 'a registry without the referrers API is asked for the tag in any case.' },
  interval: timer,
  schedule: timer,
  ratelimit: limits,
  hooks: { ignored: 'Windlass runs no hooks; use --json to react to the outcome.' },
}

const defaultKeys: KeyRules = {
  ...sharedKeys,
  parallel: 'read',
  skipDockerConfig: { ignored: 'name the file with logins with --authfile.' },
  userAgent: { ignored: 'requests name Windlass.' },
  blobLimit: { ignored: 'blobs may have any size.' },
  cacheCount: { ignored: 'nothing is cached.' },
  cacheTime: { ignored: 'nothing is cached.' },
}

const entryKeys: KeyRules = {
  source: 'read',
  target: 'read',
  type: 'read',
  tags: 'read',
  tagSets: 'read',
  platform: 'read',
  platforms: {
    refused:
      'an index without some of its images is rejected by most registries; use platform, or copy all of it',
  },
  repos: { refused: 'list the repositories' },
  ...sharedKeys,
}

const tagKeys: KeyRules = { allow: 'read', deny: 'read', semverRange: 'read', newest: 'read' }

const rootKeys: KeyRules = { version: 'read', creds: 'read', defaults: 'read', sync: 'read' }

/** What a file of regsync states. */
export interface RegsyncList {
  readonly entries: readonly SyncEntry[]
  readonly hosts: readonly SyncHost[]
  readonly parallel?: number
}

/** Values that the options of the caller state for entries that do not state them. */
export interface RegsyncSettings {
  readonly platform?: string
  readonly referrers?: boolean
  readonly templates: TemplateValues
}

/** Reads the file. @throws USAGE, with the line and the key, for a value that is invalid or not supported */
export function readRegsyncList(document: ListDocument, settings: RegsyncSettings): RegsyncList {
  const root = document.fields(document.content, [], rootKeys)
  const version = root['version']
  if (version !== undefined && version !== '1')
    throw document.fault(['version'], 'only version 1 is supported')
  const defaults = document.fields(root['defaults'] ?? {}, ['defaults'], defaultKeys)
  const parallel = defaults['parallel']
  const entries = list(document, root['sync'], ['sync']).map((value, at) =>
    new EntryReader(document, settings, defaults, ['sync', at], value).read(),
  )
  const hosts = readRegsyncHosts(document, list(document, root['creds'] ?? [], ['creds']), settings.templates)
  return {
    ...{ entries, hosts },
    // regsync takes 0 to mean one after another.
    ...(parallel !== undefined && {
      parallel: Math.max(1, document.decode(countCodec(0), parallel, ['defaults', 'parallel'])),
    }),
  }
}

function list(document: ListDocument, value: unknown, path: ListPath): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[]
  throw document.fault(path, value === undefined ? 'it is missing' : 'it must be a list')
}

/** Reads one entry of `sync`. */
class EntryReader {
  readonly #document: ListDocument
  readonly #settings: RegsyncSettings
  readonly #path: ListPath
  readonly #fields: Readonly<Record<string, unknown>>
  readonly #own: Readonly<Record<string, unknown>>

  constructor(
    document: ListDocument,
    settings: RegsyncSettings,
    defaults: Readonly<Record<string, unknown>>,
    path: ListPath,
    value: unknown,
  ) {
    this.#document = document
    this.#settings = settings
    this.#path = path
    this.#own = document.fields(value, path, entryKeys)
    this.#fields = { ...defaults, ...this.#own }
  }

  read(): SyncEntry {
    const type = this.#document.decode(wordCodec('repository', 'image', 'registry'), this.#own['type'], [
      ...this.#path,
      'type',
    ])
    if (type === 'registry')
      throw this.#document.fault(
        [...this.#path, 'type'],
        'Windlass does not list the repositories of a registry',
        'Write an entry with “type: repository” for each repository.',
      )
    if (this.#flag('includeExternal'))
      throw this.#document.fault(this.#at('includeExternal'), 'layers of other publishers are not copied')
    return type === 'image' ? this.#images() : this.#repository()
  }

  #images(): SyncEntry {
    for (const key of ['tags', 'tagSets'])
      if (this.#own[key] !== undefined)
        throw this.#document.fault(this.#at(key), 'an entry with “type: image” has one tag')
    const [from, to] = [this.#name('source', checkImage), this.#name('target', checkImage)]
    return { kind: 'images', images: [{ from, to }], ...this.#common() }
  }

  #repository(): SyncEntry {
    const [source, target] = [this.#repositoryName('source'), this.#repositoryName('target')]
    const sets = this.#own['tagSets']
    const filters = [
      ...(sets === undefined ? [] : list(this.#document, sets, this.#at('tagSets'))).map((set, at) =>
        this.#filter(set, [...this.#at('tagSets'), at]),
      ),
      ...(this.#own['tags'] === undefined ? [] : [this.#filter(this.#own['tags'], this.#at('tags'))]),
    ]
    return { kind: 'repository', source, target, filters, ...this.#common() }
  }

  #filter(value: unknown, path: ListPath): TagFilter {
    const fields = this.#document.fields(value, path, tagKeys)
    const patterns = (key: 'allow' | 'deny'): readonly string[] =>
      this.#document.decode(TextsCodec, fields[key] ?? [], [...path, key]).map((text, at) => {
        try {
          return wholePattern(text)
        } catch {
          throw this.#document.fault(
            [...path, key, at],
            'it is not a regular expression that Windlass can use',
          )
        }
      })
    const semverRange = this.#document.decode(TextOrTextsCodec, fields['semverRange'] ?? [], [
      ...path,
      'semverRange',
    ])
    const wrong = semverRange.findIndex((range) => parseVersionRange(range) === undefined)
    if (wrong >= 0)
      throw this.#document.fault(
        [...path, 'semverRange', wrong],
        'it is not a range of versions, such as “>=1.2 <2”',
      )
    const newest = fields['newest']
    return {
      ...{ allow: patterns('allow'), deny: patterns('deny'), semverRange },
      ...(newest !== undefined && {
        newest: this.#document.decode(countCodec(1), newest, [...path, 'newest']),
      }),
    }
  }

  #common() {
    const { platform = this.#settings.platform } = this.#platform()
    return {
      line: this.#document.lineOf(this.#path),
      allPlatforms: platform === undefined,
      ...(platform !== undefined && { platform }),
      // The tags that name a digest are those of cosign, which travel with the other referrers.
      referrers: this.#flag('referrers') || this.#flag('digestTags') || (this.#settings.referrers ?? false),
      fastCheck: this.#flag('fastCheck'),
    }
  }

  #platform(): { readonly platform?: string } {
    if (this.#own['platform'] === undefined) return {}
    const platform = this.#document.decode(TextCodec, this.#own['platform'], this.#at('platform'))
    this.#attempt('platform', () => parsePlatform(platform))
    return { platform }
  }

  #name(key: 'source' | 'target', check: (name: string) => unknown): string {
    const text = this.#document.decode(TextCodec, this.#own[key], this.#at(key))
    return this.#attempt(key, () => {
      const name = withOurScheme(expandTemplates(text, this.#settings.templates))
      check(name)
      return name
    })
  }

  #repositoryName(key: 'source' | 'target'): string {
    return repositoryName(parseRepository(this.#name(key, parseRepository)))
  }

  #flag(key: string): boolean {
    const value = this.#fields[key]
    return value !== undefined && this.#document.decode(FlagCodec, value, this.#at(key))
  }

  /** Runs `work`, whose error is that of the value of `key`. */
  #attempt<A>(key: string, work: () => A): A {
    try {
      return work()
    } catch (error) {
      const { message, hint } = asWindlassError(error)
      throw this.#document.fault(this.#at(key), message, hint)
    }
  }

  /** Path of a key of this entry, or of the defaults if only they have it. */
  #at(key: string): ListPath {
    return this.#own[key] === undefined && this.#fields[key] !== undefined
      ? ['defaults', key]
      : [...this.#path, key]
  }
}

function checkImage(name: string): void {
  const named = parseImageName(name)
  if (named.kind === 'registry') checkPullable(named.reference)
}
