/** Defines the codec of the option `hosts`. */
import type { HostConfiguration } from '../../lib/registry/index.js'
import { codec } from './option-codecs.js'

/** An object with the methods of `HostConfiguration`, or false. */
export const hostsCodec = codec(
  'a host configuration (with the methods hostsOf and tlsOf) or false',
  (value): value is HostConfiguration | false =>
    value === false ||
    (typeof value === 'object' &&
      value !== null &&
      ['hostsOf', 'tlsOf'].every((name) => typeof (value as Record<string, unknown>)[name] === 'function')),
)
