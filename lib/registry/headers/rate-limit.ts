/**
 * Parses the headers by which a registry says how many requests it still allows:
 *
 * - `RateLimit-Limit: 100;w=21600` and `RateLimit-Remaining: 76;w=21600`, with `Docker-RateLimit-Source` (Docker Hub),
 *   and `RateLimit-Reset` in seconds (draft-ietf-httpapi-ratelimit-headers-03);
 * - `RateLimit: limit=100, remaining=76, reset=50` (draft 07);
 * - `RateLimit: "default";r=76;t=50` and `RateLimit-Policy: "default";q=100;w=60` (draft 10).
 */
import type { IncomingHttpHeaders } from 'node:http'
import { printable } from '../../codec/printable.js'
import type { RateLimit } from '../../image/source.js'

/** Returns the limit of which least remains; undefined if the headers state none, or none that is valid. */
export function parseRateLimit(headers: IncomingHttpHeaders): RateLimit | undefined {
  const source = headerOf(headers, 'docker-ratelimit-source')
  const found = separateHeaders(headers) ?? draft07(headers) ?? draft10(headers)
  if (!found) return undefined
  return { ...found, ...(source !== undefined && { source: printable(source, 100) }) }
}

function separateHeaders(headers: IncomingHttpHeaders): RateLimit | undefined {
  const left = least(itemsOf(headerOf(headers, 'ratelimit-remaining')), ({ value }) => numberOf(value))
  if (!left) return undefined
  const windows = itemsOf(headerOf(headers, 'ratelimit-limit'))
  const limit =
    windows.find(({ parameters }) => parameters.get('w') === left.item.parameters.get('w')) ?? windows[0]
  return rateLimit({
    remaining: left.number,
    limit: numberOf(limit?.value),
    window: numberOf(left.item.parameters.get('w') ?? limit?.parameters.get('w')),
    reset: numberOf(itemsOf(headerOf(headers, 'ratelimit-reset'))[0]?.value),
  })
}

function draft07(headers: IncomingHttpHeaders): RateLimit | undefined {
  const fields = new Map(
    itemsOf(headerOf(headers, 'ratelimit')).flatMap(({ value }) => {
      const [, name, number] = /^(limit|remaining|reset)=(\d+)$/.exec(value) ?? []
      return name === undefined || number === undefined ? [] : [[name, number] as const]
    }),
  )
  const policy = itemsOf(headerOf(headers, 'ratelimit-policy'))[0]
  return rateLimit({
    remaining: numberOf(fields.get('remaining')),
    limit: numberOf(fields.get('limit')) ?? numberOf(policy?.value),
    window: numberOf(policy?.parameters.get('w')),
    reset: numberOf(fields.get('reset')),
  })
}

function draft10(headers: IncomingHttpHeaders): RateLimit | undefined {
  const left = least(itemsOf(headerOf(headers, 'ratelimit')), ({ parameters }) =>
    numberOf(parameters.get('r')),
  )
  if (!left) return undefined
  const policy = itemsOf(headerOf(headers, 'ratelimit-policy')).find(({ value }) => value === left.item.value)
  return rateLimit({
    remaining: left.number,
    limit: numberOf(policy?.parameters.get('q')),
    window: numberOf(policy?.parameters.get('w')),
    reset: numberOf(left.item.parameters.get('t')),
  })
}

/** A member of a list of structured fields (RFC 9651): a value with parameters. */
interface Item {
  readonly value: string
  readonly parameters: ReadonlyMap<string, string>
}

/** Maximum length of a header and maximum number of its members. Longer headers are cut. */
const maxLength = 1_000
const maxItems = 10

/** Returns the members of a list. Names in quotes with commas or semicolons are not supported, since no registry sends them. */
const itemsOf = (header: string | undefined): readonly Item[] =>
  (header ?? '')
    .slice(0, maxLength)
    .split(',')
    .slice(0, maxItems)
    .map((text) => {
      const [value = '', ...parameters] = text.split(';').map((part) => part.trim())
      return {
        value,
        parameters: new Map(
          parameters.map((each) => {
            const [name = '', number = ''] = each.split('=')
            return [name.trim(), number.trim()] as const
          }),
        ),
      }
    })

function least(
  items: readonly Item[],
  count: (item: Item) => number | undefined,
): { readonly item: Item; readonly number: number } | undefined {
  const counted = items.flatMap((item) => {
    const number = count(item)
    return number === undefined ? [] : [{ item, number }]
  })
  return counted.sort((a, b) => a.number - b.number)[0]
}

const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined

const headerOf = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name]
  return Array.isArray(value) ? value.join(',') : value
}

function rateLimit({
  remaining,
  limit,
  window,
  reset,
}: Readonly<Record<'remaining' | 'limit' | 'window' | 'reset', number | undefined>>): RateLimit | undefined {
  if (remaining === undefined) return undefined
  return {
    remaining,
    ...(limit !== undefined && { limit }),
    ...(window !== undefined && { window }),
    ...(reset !== undefined && { reset }),
  }
}
