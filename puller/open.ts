/** Provides `open`, which opens a puller. */
import { checkOptions } from './options/check-options.js'
import { openTable } from './options/option-table.js'
import { type OpenOptions, storeDirectory } from './options/options.js'
import { imagePolicy } from './options/policy-options.js'
import { configuredHosts, registriesFor, shortNamesOf } from './options/registries-for.js'
import { Windlass } from './puller.js'

/**
 * Opens a puller. The store is opened, and created if necessary, when an operation first needs it.
 *
 * @throws USAGE for an unknown option or an invalid value
 */
export async function open(options: OpenOptions = {}): Promise<Windlass> {
  checkOptions('open', openTable, options)
  storeDirectory(options) // reports an invalid environment variable early
  await imagePolicy(options.policy) // reports an invalid policy early
  const { hosts = configuredHosts(options) } = options
  const registries = await registriesFor(options, hosts)
  return new Windlass(options, registries, shortNamesOf(options, hosts))
}
