/** Makes the routes of the API from the table of its operations. */
import type { Hono } from 'hono'
import { type Context } from 'hono'
import type { Mixed, TypeOf } from 'io-ts'
import { type Operation, type OperationId, type Parameter, operations } from '../../lib/api/operations.js'
import { readBody, readQuery } from './read-body.js'

type PathParameter<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathParameter<Rest>
  : never

type QueryOf<O> = O extends { readonly query: infer Q }
  ? { readonly [Name in keyof Q]: Q[Name] extends { readonly required: true } ? string : string | undefined }
  : object

type BodyOf<O> = O extends { readonly body: infer B extends Mixed } ? TypeOf<B> : undefined

type ResponseOf<O> = O extends { readonly response: infer R extends Mixed } ? TypeOf<R> : Response

/** A request for the operation `O`. */
export interface Call<O extends Operation> {
  readonly params: { readonly [Name in PathParameter<O['path']>]: string }
  readonly query: QueryOf<O>
  readonly body: BodyOf<O>
  readonly context: Context
}

/** Answers the requests for `O`: returns what is sent as JSON, or a whole response. */
export type Handler<O extends Operation> = (
  call: Call<O>,
) => ResponseOf<O> | Response | Promise<ResponseOf<O> | Response>

/** A handler for each operation. */
export type Handlers = { readonly [Id in OperationId]: Handler<(typeof operations)[Id]> }

/** Adds a route for each operation to `routes`. */
export function addOperations(routes: Hono, handlers: Handlers): void {
  for (const id of Object.keys(operations) as OperationId[]) {
    const operation: Operation = operations[id]
    // The type of `Handlers` relates each handler to its operation.
    const handle = handlers[id] as unknown as (call: AnyCall) => unknown
    const path = operation.path.replace(/\{(\w+)\}/g, ':$1')
    routes.on(operation.method.toUpperCase(), path, async (context) => {
      const result = await handle({
        params: context.req.param(),
        query: readQuery(context, operation.query ?? noParameters),
        body: operation.body && (await readBody(context, operation.body)),
        context,
      })
      return result instanceof Response ? result : context.json(result, operation.status ?? 200)
    })
  }
}

interface AnyCall {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | undefined>>
  readonly body: unknown
  readonly context: Context
}

const noParameters: Readonly<Record<string, Parameter>> = {}
