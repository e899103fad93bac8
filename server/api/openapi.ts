/** Makes the OpenAPI document of the API from its operations and codecs (OpenAPI Specification 3.1.1). */
import type { Mixed } from 'io-ts'
import { ServerMessage } from '../../lib/api/messages.js'
import { type Operation, type Parameter, operations } from '../../lib/api/operations.js'
import * as shapes from '../../lib/api/shapes.js'
import { type JsonSchema, jsonSchema } from '../../lib/codec/json-schema.js'
import { PullEvent } from '../../lib/events/index.js'

/** Codecs that the document names, each with what it describes. The others are written out where they are used. */
const named: Readonly<Record<string, readonly [codec: Mixed, description: string]>> = {
  ApiFailure: [shapes.ApiFailure, 'Body of every response that is an error.'],
  Holder: [shapes.Holder, 'What holds the line up; null if nothing does.'],
  LimitChange: [shapes.LimitChange, 'A change of the limits. Null removes the limit on the rate.'],
  LineSample: [shapes.LineSample, 'Rates of the whole server at one moment, in bytes per second.'],
  PastPull: [shapes.PastPull, 'A pull that has ended, as the history keeps it.'],
  PullChange: [shapes.PullChange, 'A change of a running pull.'],
  PullEvent: [PullEvent, 'An event of a pull, as `windlass pull --progress json` writes it.'],
  PullOrder: [shapes.PullOrder, 'A request to pull an image.'],
  PullProgress: [shapes.PullProgress, 'How far a pull is. Counts are compressed bytes.'],
  PullRecord: [shapes.PullRecord, 'One pull of the server.'],
  PullSample: [shapes.PullSample, 'Rates of one pull at one moment, in bytes per second.'],
  RemovedName: [shapes.RemovedName, 'A name that was removed.'],
  ServerInfo: [shapes.ServerInfo, 'Facts about the server.'],
  ServerLimits: [shapes.ServerLimits, 'The limits of the server. Null: no limit on the rate.'],
  ServerMessage: [ServerMessage, 'A message that a watcher receives, as the data of a server-sent event.'],
  StoredFile: [shapes.StoredFile, 'A file of an image, as a container sees it.'],
  StoredFiles: [shapes.StoredFiles, 'A part of the files of an image.'],
  StoredImage: [shapes.StoredImage, 'An image in the store.'],
  StoredImages: [shapes.StoredImages, 'The images of the store, and what they share.'],
  StoredLayer: [shapes.StoredLayer, 'A layer of an image in the store.'],
  TaskOrder: [shapes.TaskOrder, 'A request to start an operation on the store.'],
  TaskRecord: [shapes.TaskRecord, 'An operation on the store that takes a while.'],
  WatchedPull: [shapes.WatchedPull, 'A pull with what a late watcher needs.'],
}

const names = new Map(Object.entries(named).map(([name, [codec]]) => [codec, name]))
const nameOf = (codec: Mixed): string | undefined => names.get(codec)

/** Returns the schema of a codec, or a reference to it. */
function schemaOf(codec: Mixed): JsonSchema {
  const name = nameOf(codec)
  return name === undefined ? jsonSchema(codec, nameOf) : { $ref: `#/components/schemas/${name}` }
}

/** Returns the document. `version`: that of Windlass. */
export function openApiDocument(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [operationId, operation] of Object.entries<Operation>(operations))
    (paths[operation.path] ??= {})[operation.method] = operationObject(operationId, operation)
  return {
    openapi: '3.1.1',
    info: {
      title: 'The API of windlass serve',
      version,
      description:
        'Starts, watches and steers pulls of container images. Times are milliseconds since 1970 on the clock of the ' +
        'server, sizes are bytes.',
    },
    servers: [{ url: `/api/${shapes.apiVersion}` }],
    security: [{ token: [] }, {}],
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'The token that `windlass serve` printed. A unix socket needs none.',
        },
      },
      responses: { Failure: { description: 'The request failed.', content: json(shapes.ApiFailure) } },
      schemas: Object.fromEntries(
        Object.entries(named).map(([name, [codec, description]]) => [
          name,
          { description, ...jsonSchema(codec, nameOf) },
        ]),
      ),
    },
  }
}

const json = (codec: Mixed): Record<string, unknown> => ({ 'application/json': { schema: schemaOf(codec) } })

function operationObject(operationId: string, operation: Operation): Record<string, unknown> {
  const { path, summary, query = {}, headers = {}, body, status = 200, response, failures = [] } = operation
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const parameters = [
    ...inPath.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...Object.entries(query).map(([name, parameter]) => parameterObject(name, 'query', parameter)),
    ...Object.entries(headers).map(([name, parameter]) => parameterObject(name, 'header', parameter)),
  ]
  const failure = { $ref: '#/components/responses/Failure' }
  return {
    operationId,
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: json(body) } }),
    responses: {
      [status]: response === 'messages' ? messages : { description: 'Success.', content: json(response) },
      ...Object.fromEntries(failures.map((each) => [each, failure])),
      // The token, the host, the rate, the size of the body; the store.
      default: failure,
    },
  }
}

const parameterObject = (name: string, place: string, { summary, required }: Parameter): object => ({
  name,
  in: place,
  description: summary,
  ...(required && { required }),
  schema: { type: 'string' },
})

/** OpenAPI 3.1 describes the items of a stream only in words. */
const messages = {
  description:
    'Server-sent events. The data of each is a ServerMessage as JSON; its id is for `Last-Event-ID`. The stream ends with the server.',
  content: { 'text/event-stream': { schema: { type: 'string' } } },
}
