/** Configures got. Its redirects, retries and decompression are disabled; docs/decisions/0015 says why. */
import {
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
} from 'node:http'
import { request as requestHttps } from 'node:https'
import got, { type Got } from 'got'
import type { Timeouts } from '../policy/timeouts.js'

/** Returns the client for all requests. got processes these options once, and not for each request. */
export const createClient = (
  {
    insecureTls = false,
    userAgent = 'windlass',
  }: { readonly insecureTls?: boolean; readonly userAgent?: string },
  { lookup, connect, secureConnect }: Timeouts,
): Got =>
  got.extend({
    headers: { 'user-agent': userAgent, 'accept-encoding': 'identity' },
    https: { rejectUnauthorized: !insecureTls },
    timeout: { lookup, connect, secureConnect },
    decompress: false,
    followRedirect: false,
    throwHttpErrors: false,
    retry: { limit: 0 },
  })

/** Sends a request of got with the lenient parser of Node. */
export function requestLeniently(
  url: URL,
  options: RequestOptions,
  onResponse?: (response: IncomingMessage) => void,
): ClientRequest {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  return request(url, { ...options, insecureHTTPParser: true }, onResponse)
}
