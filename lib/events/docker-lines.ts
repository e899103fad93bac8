/**
 * Provides `DockerLines`, which translates the events of a pull into the lines that Docker's API sends for `docker pull`: the
 * words of dockerd with its classic image store. Clients of Docker, and `docker-modem`, read them.
 */
import { dockerMessage, familiarName } from './docker-names.js'
import type { LayerEvent, PlannedLayer, PullEvent } from './event.js'
import { dockerProgress } from './docker-progress.js'

/** A line: an object with the names of Docker's `JSONMessage`. */
export interface DockerLine {
  readonly status?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
  /** The bar as text. Deprecated by Docker since version 1.48 of its API, and still read by programs. */
  readonly progress?: string
  /** The first 12 digits of the digest of a layer, or the tag. */
  readonly id?: string
  /** Text of the end of `docker load`. */
  readonly stream?: string
  readonly errorDetail?: { readonly message: string }
  /** The message of `errorDetail`. Deprecated by Docker, and still read by programs. */
  readonly error?: string
}

/** Options of `DockerLines`. */
export interface DockerLinesOptions {
  /** Number of concurrent downloads: later layers are reported as waiting (3, the default of dockerd). */
  readonly downloads?: number
  /** Whether the pull is one of several: then its end is not that of the command, and its failure no line (false). */
  readonly isOneOfMany?: boolean
}

/** What was reported of a layer. */
interface Reported {
  readonly id: string
  last: string
  downloaded: boolean
  /** Time of the next attempt, in milliseconds since 1970; undefined if no attempt is awaited. */
  retryAt?: number | undefined
}

/** Translates the events of one pull. */
export class DockerLines {
  readonly #downloads: number
  readonly #isOneOfMany: boolean
  readonly #layers = new Map<string, Reported>()
  #name = ''
  #platform = ''
  #resolved = false
  /** The lines about layers of an image that the store has: dockerd sends them only if the image itself is new. */
  #held: DockerLine[] = []
  #image: Extract<PullEvent, { type: 'image' }> | undefined

  constructor({ downloads = 3, isOneOfMany = false }: DockerLinesOptions = {}) {
    this.#downloads = downloads
    this.#isOneOfMany = isOneOfMany
  }

  /** Whether a line was made other than that of a failure: after it, a response cannot have another status. */
  get hasBegun(): boolean {
    return this.#resolved
  }

  /** Returns the lines for `event`, which may be none. */
  linesOf(event: PullEvent): readonly DockerLine[] {
    switch (event.type) {
      case 'start':
        this.#name = event.reference
        this.#platform = event.platform
        return []
      case 'manifest':
        if (this.#resolved) return []
        this.#resolved = true
        return [pullingFrom(this.#name)]
      case 'plan':
        return this.#planned(event.layers)
      case 'layer':
        return this.#layer(event, Date.parse(event.time))
      case 'image':
        this.#image = event
        return []
      case 'end':
        return this.#ended(event)
      default:
        return []
    }
  }

  /** Returns the lines that the passing of time makes: the seconds until the next attempts. `now`: milliseconds since 1970. */
  linesAt(now: number): readonly DockerLine[] {
    const waiting = [...this.#layers.values()].filter(({ retryAt }) => retryAt !== undefined)
    return waiting.flatMap((layer) => this.#say(layer, retryingIn(layer.retryAt! - now)))
  }

  #planned(layers: readonly PlannedLayer[]): readonly DockerLine[] {
    const lines: DockerLine[] = []
    const missing: Reported[] = []
    for (const { digest, action } of layers) {
      if (this.#layers.has(digest)) continue
      const layer: Reported = { id: idOf(digest), last: '', downloaded: action === 'exists' }
      this.#layers.set(digest, layer)
      if (action !== 'exists') missing.push(layer)
      lines.push(...this.#say(layer, action === 'exists' ? 'Already exists' : 'Pulling fs layer'))
    }
    for (const layer of missing.slice(this.#downloads)) lines.push(...this.#say(layer, 'Waiting'))
    if (missing.length > 0) return lines
    this.#held = lines
    return []
  }

  #layer({ digest, status, current, total, retryIn }: LayerEvent, at: number): readonly DockerLine[] {
    const layer = this.#layers.get(digest) ?? { id: idOf(digest), last: '', downloaded: false }
    this.#layers.set(digest, layer)
    layer.retryAt = status === 'retrying' ? at + (retryIn ?? 0) : undefined
    switch (status) {
      case 'downloading':
        return [counted('Downloading', layer, current, total)]
      case 'retrying':
        return this.#say(layer, retryingIn(retryIn ?? 0))
      case 'verifying':
        return this.#say(layer, 'Verifying Checksum')
      case 'downloaded':
        return this.#completed(layer)
      case 'extracting':
        return [...this.#completed(layer), counted('Extracting', layer, current, total)]
      case 'complete':
        if (layer.last === 'Already exists') return []
        return [...this.#completed(layer), ...this.#say(layer, 'Pull complete')]
      case 'exists':
        layer.downloaded = true
        return this.#say(layer, 'Already exists')
      default:
        return []
    }
  }

  #completed(layer: Reported): readonly DockerLine[] {
    if (layer.downloaded) return []
    layer.downloaded = true
    return this.#say(layer, 'Download complete')
  }

  /** Returns a line with `status`, unless it was the last one of the layer. */
  #say(layer: Reported, status: string): readonly DockerLine[] {
    if (layer.last === status) return []
    layer.last = status
    return [{ status, progressDetail: {}, id: layer.id }]
  }

  #ended({ outcome, error }: Extract<PullEvent, { type: 'end' }>): readonly DockerLine[] {
    if (outcome !== 'done' || !this.#image) {
      if (this.#isOneOfMany) return []
      const message = error
        ? dockerMessage(error, this.#name, this.#platform)
        : 'The pull ended without a result'
      return [{ errorDetail: { message }, error: message }]
    }
    const { digest, status } = this.#image
    const lines = [...(status === 'newer' ? this.#held : []), { status: `Digest: ${digest}` }]
    return this.#isOneOfMany ? lines : [...lines, statusLine(this.#name, status === 'newer')]
  }
}

/** Returns the last line of a pull. `name`: the normalised name of the image or the repository. */
export const statusLine = (name: string, isNewer: boolean): DockerLine => ({
  status: `Status: ${isNewer ? 'Downloaded newer image for' : 'Image is up to date for'} ${familiarName(name)}`,
})

/** Returns the wire form of a line. */
export const encodeDockerLine = (line: DockerLine): string => `${JSON.stringify(line)}\r\n`

/** Reports whether a later line of the same layer makes `line` superfluous: it only counts bytes. */
export const isCount = ({ progressDetail }: DockerLine): boolean => progressDetail?.total !== undefined

function pullingFrom(name: string): DockerLine {
  const { path, tag, digest } = partsOf(name)
  return { status: `Pulling from ${path}`, id: digest === undefined ? tag : name }
}

function partsOf(name: string): { path: string; tag: string; digest: string | undefined } {
  const [named = '', digest] = name.split('@', 2)
  const [, path = named, tag = 'latest'] = /^[^/]+\/(.+?)(?::([^/:]+))?$/.exec(named) ?? []
  return { path, tag, digest }
}

function counted(status: string, layer: Reported, current: number, total: number): DockerLine {
  layer.last = status
  const progress = dockerProgress(current, total)
  return { status, progressDetail: { current, total }, ...(progress !== '' && { progress }), id: layer.id }
}

function retryingIn(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1_000))
  return `Retrying in ${seconds} second${seconds === 1 ? '' : 's'}`
}

const idOf = (digest: string): string => digest.slice(digest.indexOf(':') + 1).slice(0, 12)
