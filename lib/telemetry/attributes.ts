/** Attributes of spans and metrics. The names without `windlass.` are those of the semantic conventions of OpenTelemetry. */
import type { Attributes } from '@opentelemetry/api'
import type { RequestEvent } from '../events/index.js'

/** Returns the attributes of an image: its name without tag and digest, and its tag. */
export function imageAttributes(reference: string): Attributes {
  const [name = reference, digest] = reference.split('@', 2)
  const [, repository = name, tag] = /^(.*?)(?::([\w.-]+))?$/.exec(name) ?? []
  return {
    'container.image.name': repository,
    ...(tag !== undefined && { 'container.image.tags': [tag] }),
    ...(digest !== undefined && { 'oci.manifest.digest': digest }),
  }
}

/** Returns the attributes that the spans and the metric of requests share. */
export function requestAttributes({ method, url, status, error }: RequestEvent): Attributes {
  const { hostname, port, protocol } = new URL(url)
  const failure = error ?? (status !== undefined && status >= 400 ? String(status) : undefined)
  return {
    'http.request.method': method,
    'server.address': hostname.replace(/^\[|\]$/g, ''),
    'server.port': port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    ...(status !== undefined && { 'http.response.status_code': status }),
    ...(failure !== undefined && { 'error.type': failure }),
  }
}
