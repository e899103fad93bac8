/**
 * The operations of the API of `windlass serve`: method, path, parameters, body, response and statuses of each. The server makes its
 * routes from this table, and the OpenAPI document describes it, so that they cannot differ.
 */
import * as t from 'io-ts'
import {
  LimitChange,
  PastPull,
  PullChange,
  PullOrder,
  PullRecord,
  RemovedName,
  ServerInfo,
  ServerLimits,
  StoredFiles,
  StoredImages,
  TaskOrder,
  TaskRecord,
  WatchedPull,
} from './shapes.js'

/** A parameter of the query or a header. Its value is a string. */
export interface Parameter {
  readonly summary: string
  readonly required?: true
}

/** One operation. */
export interface Operation {
  readonly method: 'get' | 'post' | 'patch' | 'delete'
  /** Path below `/api/v1`. A parameter stands in braces. */
  readonly path: string
  readonly summary: string
  readonly query?: Readonly<Record<string, Parameter>>
  readonly headers?: Readonly<Record<string, Parameter>>
  /** Codec of the body, which is JSON. */
  readonly body?: t.Mixed
  /** Status of success (200). */
  readonly status?: 200 | 201 | 202
  /** Codec of the response, which is JSON; `messages` for a stream of server-sent events. */
  readonly response: t.Mixed | 'messages'
  /** Statuses of the failures that are particular to the operation. */
  readonly failures?: readonly (400 | 404 | 409 | 502 | 503)[]
}

/** The operations by their names. */
export const operations = {
  getInfo: {
    method: 'get',
    path: '/info',
    summary: 'Returns facts about the server that do not change while it runs.',
    response: ServerInfo,
  },
  describeApi: {
    method: 'get',
    path: '/openapi.json',
    summary: 'Returns this document.',
    response: t.UnknownRecord,
  },
  listPulls: {
    method: 'get',
    path: '/pulls',
    summary: 'Lists the running pulls and those that ended lately, in the order of their start.',
    response: t.array(PullRecord),
  },
  startPull: {
    method: 'post',
    path: '/pulls',
    summary: 'Starts a pull.',
    body: PullOrder,
    status: 201,
    response: PullRecord,
    failures: [400],
  },
  clearPulls: {
    method: 'post',
    path: '/pulls/clear',
    summary: 'Removes ended pulls from the list; the history keeps them. Returns the others.',
    response: t.array(PullRecord),
  },
  getPull: {
    method: 'get',
    path: '/pulls/{id}',
    summary: 'Returns one pull with the events that rebuild its state.',
    response: WatchedPull,
    failures: [404],
  },
  changePull: {
    method: 'patch',
    path: '/pulls/{id}',
    summary: 'Pauses or resumes a running pull, or changes its priority.',
    body: PullChange,
    response: PullRecord,
    failures: [400, 404, 409],
  },
  cancelPull: {
    method: 'post',
    path: '/pulls/{id}/cancel',
    summary: 'Cancels a running pull. What was received is kept.',
    response: PullRecord,
    failures: [404, 409],
  },
  pullAgain: {
    method: 'post',
    path: '/pulls/{id}/again',
    summary: 'Starts a pull again that failed, was cancelled or was interrupted.',
    status: 201,
    response: PullRecord,
    failures: [400, 404],
  },
  retryNow: {
    method: 'post',
    path: '/pulls/{id}/retry-now',
    summary: 'Starts the next attempt at the layers of a pull that wait for a retry.',
    response: PullRecord,
    failures: [404, 409],
  },
  getLimits: {
    method: 'get',
    path: '/limits',
    summary: 'Returns the limits of the server.',
    response: ServerLimits,
  },
  setLimits: {
    method: 'patch',
    path: '/limits',
    summary: 'Changes some of the limits, also for running pulls.',
    body: LimitChange,
    response: ServerLimits,
    failures: [400],
  },
  watch: {
    method: 'get',
    path: '/events',
    summary: 'Streams the messages of the server: first the whole state, then what changes it.',
    query: { pull: { summary: 'Id of the only pull to watch (all).' } },
    headers: {
      'last-event-id': { summary: 'Id of the last message that was received: the stream goes on after it.' },
    },
    response: 'messages',
    failures: [404, 503],
  },
  listImages: {
    method: 'get',
    path: '/images',
    summary: 'Lists the images of the store, and what they share.',
    response: StoredImages,
  },
  removeImage: {
    method: 'delete',
    path: '/images',
    summary: 'Removes a name of an image that no running pull uses.',
    query: { image: { summary: 'Name of the image, its digest, or its entry.', required: true } },
    response: RemovedName,
    failures: [400, 404, 409],
  },
  listFiles: {
    method: 'get',
    path: '/images/files',
    summary: 'Lists the files of an image.',
    query: {
      image: { summary: 'Name of the image, or its entry.', required: true },
      path: { summary: 'Directory (`/`).' },
      find: { summary: 'Lists all files below the directory whose path contains this text.' },
    },
    response: StoredFiles,
    failures: [400, 404, 502],
  },
  listTasks: {
    method: 'get',
    path: '/tasks',
    summary: 'Lists the running operation on the store and those that ended lately.',
    response: t.array(TaskRecord),
  },
  startTask: {
    method: 'post',
    path: '/tasks',
    summary: 'Starts to remove content that nothing needs, or to verify the store.',
    body: TaskOrder,
    status: 202,
    response: TaskRecord,
    failures: [400],
  },
  getTask: {
    method: 'get',
    path: '/tasks/{id}',
    summary: 'Returns an operation on the store.',
    response: TaskRecord,
    failures: [404],
  },
  listHistory: {
    method: 'get',
    path: '/history',
    summary: 'Lists the past pulls, latest first.',
    response: t.array(PastPull),
  },
} as const satisfies Record<string, Operation>

/** Name of an operation. */
export type OperationId = keyof typeof operations
