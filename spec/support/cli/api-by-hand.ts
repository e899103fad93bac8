/** A server of the API whose answers a test gives, on a unix socket. */
import { createServer, type ServerResponse } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ServerMessage } from '../../../lib/api/messages.js'
import type { PullRecord, WatchedPull } from '../../../lib/api/shapes.js'
import {
  eventVersion,
  type ImageResult,
  type PullEvent,
  type PullEventBody,
} from '../../../lib/events/index.js'

/** An answer with a status and a body of JSON. */
export class Answer {
  constructor(
    readonly status: number,
    readonly body: unknown,
  ) {}
}

/** The answer of the API to a request that fails. */
export const failure = (status: number, code: string, message: string): Answer =>
  new Answer(status, { error: { code, message } })

/** Messages of the server, which stay open until the test ends. */
export class Messages {
  readonly #open = new Set<ServerResponse>()
  readonly #sent: ServerMessage[] = []

  /** Number of connections. */
  get watchers(): number {
    return this.#open.size
  }
  send(...messages: readonly ServerMessage[]): void {
    this.#sent.push(...messages)
    for (const response of this.#open) write(response, messages)
  }
  follow(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    this.#open.add(response)
    response.once('close', () => this.#open.delete(response))
    write(response, this.#sent)
  }
}

const write = (response: ServerResponse, messages: readonly ServerMessage[]): void => {
  for (const message of messages) response.write(`data: ${JSON.stringify(message)}\n\n`)
}

/** Answers by `METHOD path`, below `/api/v1`: JSON, an `Answer`, `Messages`, or a function of the body, which may give a promise, or undefined for none. */
export type Answers = Readonly<Record<string, unknown>>

export interface ApiByHand {
  readonly socket: string
  /** The option that names the server for a command. */
  readonly flags: readonly string[]
  /** Requests in the order of their arrival: `GET /pulls`, with the body if there is one. */
  readonly requests: readonly string[]
}

/** Starts a server, which ends with the test. A request without an answer fails. */
export async function apiByHand(answers: Answers): Promise<ApiByHand> {
  const directory = mkdtempSync(join(tmpdir(), 'wd-'))
  const socket = join(directory, 'api.sock')
  const requests: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const key = `${request.method} ${request.url?.replace('/api/v1', '').replace(/\?.*/, '')}`
      requests.push(body === '' ? key : `${key} ${body}`)
      const found = Object.hasOwn(answers, key)
        ? answers[key]
        : failure(500, 'INTERNAL', `no answer to ${key}`)
      const given: unknown = typeof found === 'function' ? (found as (body: string) => unknown)(body) : found
      void Promise.resolve(given).then((answer) => {
        if (answer instanceof Messages) answer.follow(response)
        else if (answer instanceof Answer) reply(response, answer)
        else if (answer !== undefined) reply(response, new Answer(200, answer))
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    rmSync(directory, { recursive: true, force: true })
  })
  return { socket, requests, flags: ['--host', `unix:${socket}`] }
}

function reply(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

/** A pull as the server lists it. */
export const listedPull = (id: string, more: Partial<PullRecord> = {}): PullRecord => ({
  ...{ id, order: { image: `example.com/${id}:1` }, state: 'running', priority: 0, startedAt: 1 },
  progress: { fraction: 0.429, secondsLeft: 90, fetched: 1_000_000, total: 4_000_000, unpacked: 0 },
  ...more,
})

/** A pull as the server describes it to a watcher. */
export const watchedPull = (id: string, more: Partial<WatchedPull> = {}): WatchedPull => ({
  ...{ ...listedPull(id), events: [], samples: [] },
  ...more,
})

/** The first message to a watcher. */
export const stateOf = (...pulls: readonly WatchedPull[]): ServerMessage => ({
  ...{ type: 'state', at: 1, pulls: [...pulls], samples: [], tasks: [] },
  server: {
    ...{ version: '1', run: 'r', startedAt: 1, store: '/s', platform: 'linux/amd64' },
    ...{ processors: 1, retries: 1, historySize: 1 },
  },
  limits: { maxDownloads: 3, maxUnpacks: 2, bytesPerSecond: null, isAuto: false },
})

/** Makes the events of a pull, numbered from 1. */
export const eventsOfPull = (pull: string, bodies: readonly PullEventBody[]): PullEvent[] =>
  bodies.map((body, at) => ({
    ...{ version: eventVersion, pull, seq: at + 1, time: '2026-01-01T00:00:00.000Z' },
    ...body,
  }))

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`

/** The result of a pull that is done. */
export const imageResult = (name: string): ImageResult => ({
  ...{ name, digest: digest('a'), mediaType: 'm', platform: 'linux/amd64', imageId: digest('b') },
  ...{ size: 1, layers: [digest('c')], status: 'newer' },
})

/** The events of a pull that is done. */
export const doneEvents = (pull: string, name = `example.com/${pull}:1`): PullEvent[] =>
  eventsOfPull(pull, [
    { type: 'start', reference: name, platform: 'linux/amd64' },
    { type: 'image', ...imageResult(name) },
    { type: 'end', outcome: 'done' },
  ])

/** The message with an event. */
export const eventMessage = (event: PullEvent): ServerMessage => ({ type: 'event', event })
