/** Accepts pushes of blobs to the embedded registry (distribution spec, "Pushing Blobs"). */
import { randomUUID } from 'node:crypto'
import { algorithmOf, digestOf, isDigest } from '../../image/digest/digest.js'
import { answer, problem, type Answer } from './answer.js'
import type { Contents } from './contents.js'
import type { RequestLogEntry } from './request-log.js'

/** The open uploads of a registry. */
export class Uploads {
  readonly #contents: Contents
  readonly #open = new Map<string, readonly Buffer[]>()

  constructor(contents: Contents) {
    this.#contents = contents
  }

  /** Number of uploads that are neither completed nor cancelled. */
  get open(): number {
    return this.#open.size
  }

  /** Returns the response to a request for an upload with the given body. */
  respond(request: RequestLogEntry, body: Buffer): Answer {
    const { method, repository, reference: id } = request
    const query = new URLSearchParams(/\?(.*)$/s.exec(request.url)?.[1])
    if (method === 'POST' && id === '') return this.#start(repository, query)
    const parts = this.#open.get(id)
    if (parts === undefined) return problem(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry')
    switch (method) {
      case 'GET':
        return this.#state(204, repository, id)
      case 'PATCH':
        return this.#append(request, body, totalLength(parts))
      case 'PUT':
        return this.#finish(request, body, query.get('digest') ?? '')
      case 'DELETE':
        this.#open.delete(id)
        return answer(204)
      default:
        return problem(405, 'UNSUPPORTED', 'the operation is unsupported')
    }
  }

  #start(repository: string, query: URLSearchParams): Answer {
    const mount = query.get('mount')
    if (mount !== null && this.#contents.blobOf(query.get('from') ?? '', mount) !== undefined)
      return this.#created(repository, mount)
    const id = randomUUID()
    this.#open.set(id, [])
    return this.#state(202, repository, id)
  }

  #append({ repository, reference: id, headers }: RequestLogEntry, body: Buffer, size: number): Answer {
    const [, from] = /^(\d+)-\d+$/.exec(headers['content-range'] ?? '') ?? []
    if (from !== undefined && Number(from) !== size)
      return problem(416, 'BLOB_UPLOAD_INVALID', `the upload has ${size} bytes`)
    this.#open.set(id, [...(this.#open.get(id) ?? []), body])
    return this.#state(202, repository, id)
  }

  #finish({ repository, reference: id }: RequestLogEntry, body: Buffer, digest: string): Answer {
    const bytes = Buffer.concat([...(this.#open.get(id) ?? []), body])
    this.#open.delete(id)
    if (!isDigest(digest) || digestOf(bytes, algorithmOf(digest)) !== digest)
      return problem(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content')
    this.#contents.putBlob(bytes, algorithmOf(digest))
    return this.#created(repository, digest)
  }

  #created(repository: string, digest: string): Answer {
    this.#contents.addBlob(repository, digest)
    return answer(201, { location: `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest })
  }

  #state(status: number, repository: string, id: string): Answer {
    const last = Math.max(0, totalLength(this.#open.get(id) ?? []) - 1)
    return answer(status, {
      location: `/v2/${repository}/blobs/uploads/${id}`,
      range: `0-${last}`,
      'docker-upload-uuid': id,
    })
  }
}

const totalLength = (parts: readonly Buffer[]): number => parts.reduce((sum, { length }) => sum + length, 0)
