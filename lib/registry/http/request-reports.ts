/** Reports requests when they have ended. */
import { asWindlassError } from '../../errors.js'
import type { HostRole, RequestReport } from '../../image/source.js'
import { printableUrl } from '../headers/printable-url.js'
import type { Body } from './body.js'

/** Receives a report of each request. Must not throw. */
export type ReceiveReport = (report: RequestReport) => void

/** What a report says of the request. */
export interface ReportedRequest {
  readonly url: URL
  readonly method?: string
  readonly role?: HostRole
}

/**
 * Calls `receive` when the body of the response of `sent` has ended, or when `sent` rejects, unless `isRepeated` says that the request
 * is sent again at once. Returns `sent`.
 */
export async function reportRequest<R extends { readonly status: number; readonly body: Body }>(
  sent: Promise<R>,
  { url, method = 'GET', role = 'registry' }: ReportedRequest,
  receive: ReceiveReport,
  isRepeated: (error: unknown) => boolean,
): Promise<R> {
  const startedAt = performance.now()
  const report = (received: number, failure: unknown, status?: number): void =>
    receive({
      ...{ method, url: printableUrl(url), role, received },
      duration: Math.round(performance.now() - startedAt),
      ...(status !== undefined && { status }),
      ...(failure !== null && { error: asWindlassError(failure).code }),
    })
  try {
    const response = await sent
    const { body, status } = response
    const end = (): void => report(body.received, body.errored, status)
    // The body may be closed already, for example by a signal that aborted.
    if (body.closed) end()
    else body.once('close', end)
    return response
  } catch (error) {
    if (!isRepeated(error)) report(0, error)
    throw error
  }
}
